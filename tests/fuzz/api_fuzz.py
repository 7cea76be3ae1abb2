"""Calls everything that is public with hostile arguments, in a process that may die of it; nothing may crash or hang.

`api_fuzz.py --seconds 30` runs rsock until the time is up, each batch in a process of its own, with the seed that
repeats it; `--module socket` shows what stock makes of the same. `--differential` calls both modules with the same
plain arguments, and prints where class or message of an exception, or the result, is not the same. The processes
have a network namespace of their own where that can be had; elsewhere they resolve literal addresses only.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import fcntl
import os
import random
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve()
sys.path.insert(0, str(HERE.parent))

BATCH_SECONDS = 4
HANG_SECONDS = 30


def isolate():
    """Leave the network for one that has the loopback only, if that is allowed; tell whether it is."""
    new_user, new_net, set_flags, up = 0x10000000, 0x40000000, 0x8914, 1
    libc = ctypes.CDLL(None, use_errno=True)
    if sys.platform != "linux" or (libc.unshare(new_net) and libc.unshare(new_user | new_net)):
        return False
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, set_flags, struct.pack("16sh22x", b"lo", up))
    return True


def run_batch(module, seed, seconds, differential):
    """Be the process of one batch."""
    import faulthandler

    faulthandler.enable()
    faulthandler.dump_traceback_later(HANG_SECONDS, exit=True)
    isolated = isolate()
    rng = random.Random(seed)
    if differential:
        import compare

        compare.run(rng, seconds, isolated)
    else:
        import hostile

        hostile.run(module, rng, seconds, isolated)
    sys.stdout.flush()
    os._exit(0)


def main():
    """Start batches until the time is up."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--seed", type=int, default=None, help="run the one batch of this seed")
    parser.add_argument("--module", default="rsock", choices=["rsock", "socket"])
    parser.add_argument("--differential", action="store_true")
    parser.add_argument("--batch", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.batch:
        run_batch(options.module, options.seed, options.seconds, options.differential)
    first = options.seed if options.seed is not None else int(time.time())
    end = time.monotonic() + options.seconds
    seen, calls, bad = set(), 0, 0
    for seed in range(first, first + 1_000_000):
        left = end - time.monotonic()
        if left <= 0 or (options.seed is not None and seed != first):
            break
        arguments = ["--seed", str(seed), "--module", options.module, "--batch"]
        arguments += ["--seconds", str(min(left, BATCH_SECONDS)), *["--differential"] * options.differential]
        done = subprocess.run(
            [sys.executable, "-W", "ignore", str(HERE), *arguments], capture_output=True, text=True, check=False
        )
        for line in done.stdout.splitlines():
            if line.startswith("calls "):
                calls += int(line.split()[1])
            elif line not in seen:
                seen.add(line)
                print(line, flush=True)
        if done.returncode:
            bad += 1
            print(f"seed {seed}: status {done.returncode}\n{done.stderr[-3000:]}", flush=True)
    print(f"{calls} calls, {bad} crashes, {len(seen)} disagreements")
    return 1 if bad or (options.differential and seen) else 0


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        sys.exit(main())
