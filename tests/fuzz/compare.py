"""The differential fuzzer: the same plain call on the stdlib and on rsock; class, message and result must agree."""

from __future__ import annotations

import contextlib
import gc
import os
import re
import shutil
import socket as stock
import tempfile
import time

import rsock
import values

# Differences by design, which the README and tests/conformance/known_differences.toml name.
BY_DESIGN = [
    re.compile(
        r"(getaddrinfo|gethostby\w+|getfqdn|create_\w+|connect\w*|bind|send\w+).*(\\ud800|\u00e9{9}|x{100}|\\x00)"
    ),
    re.compile(r"inet_aton\('1\.2\.3\.4 x'"),
    re.compile(r"if_indextoname\(\d{10,}"),
]
VOLATILE = {
    "fileno",
    "detach",
    "dup",
    "accept",
    "_accept",
    "makefile",
    "fromfd",
    "socketpair",
    "sendfile",
    "_sendfile_use_sendfile",
}
VOLATILE |= {
    "_sendfile_use_send",
    "create_connection",
    "create_server",
    "getsockopt",
    "gethostname",
    "_check_sendfile_params",
}
NUMBER_IS_STALE = "herror: "
"""Stock reads the number of this error where no call of this one has put it."""
PLACE = re.compile(r"0x[0-9a-f]{6,}")
PORT = re.compile(r"(\('127\.0\.0\.1', )\d+\)")
MSG_TRUNC = 0x20


def outcome(call, arguments):
    """Call, and give what came of it in words."""
    try:
        result = call(*arguments)
    except RecursionError:
        return None
    except BaseException as error:
        return f"{type(error).__name__}: {error}"
    if isinstance(result, (stock.socket, rsock.socket)):
        result.close()
        return "a socket"
    return f"returns {result!r}"


def words(text):
    """Take out of an outcome what names the module, or a place in memory."""
    text = text.replace("rsock", "socket").replace("_socket", "socket")
    return PORT.sub(r"\1port)", PLACE.sub("0x", text))


def fresh(arguments):
    """Copy what a call may write to."""
    return [bytearray(one) if isinstance(one, bytearray) else one for one in arguments]


def shows_heap(name, arguments):
    """Return whether stock answers memory that it never wrote: there is nothing to compare with."""
    return name.startswith("recv") and any(isinstance(one, int) and one & MSG_TRUNC for one in arguments[1:])


def run(rng, seconds, isolated):
    """Compare until the time is up, each module in a folder of its own for the names that it binds."""
    folders = {module: tempfile.mkdtemp() for module in (stock, rsock)}
    try:
        compare(rng, seconds, isolated, folders)
    finally:
        for folder in folders.values():
            shutil.rmtree(folder)


def compare(rng, seconds, isolated, folders):
    """Call and compare."""
    names = [one for one in values.functions(stock) if one not in VOLATILE and hasattr(rsock, one)]
    members = [one for one in values.methods(stock.socket) if one not in VOLATILE]
    end = time.monotonic() + seconds
    calls = 0
    while time.monotonic() < end:
        calls += 1
        method = rng.random() < 0.6
        name = rng.choice(members if method else names)
        arguments = values.sane(rng, name) if rng.random() < 0.3 else []
        arguments += [values.plain(rng) for _ in range(rng.randrange(5 - len(arguments)))]
        if any(isinstance(one, memoryview) for one in arguments) or shows_heap(name, arguments):
            continue
        if name in values.RESOLVING | values.CONNECTING and not values.may_resolve(arguments, isolated):
            continue
        seed = rng.random()
        results = []
        for module in (stock, rsock):
            os.chdir(folders[module])
            if method:
                rng_pair = type(rng)(seed)
                one, other = values.pair(module, rng_pair)
                results.append(outcome(getattr(one, name), fresh(arguments)))
                for sock in (one, other):
                    with contextlib.suppress(OSError):
                        sock.close()
            else:
                results.append(outcome(getattr(module, name), fresh(arguments)))
        gc.collect(0)
        if None in results or all(one.startswith(NUMBER_IS_STALE) for one in results):
            continue
        theirs, ours = map(words, results)
        shown = f"{name}({', '.join(map(repr, arguments))})"
        if theirs != ours and not any(one.search(shown) for one in BY_DESIGN):
            print(f"{shown[:160]}\n    stock: {theirs[:200]}\n    rsock: {ours[:200]}".replace("\n", " | "))
    print(f"calls {calls}")
