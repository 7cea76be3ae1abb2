"""Makes a file tree of mixed sizes, the same one each time, and its checksums."""

from __future__ import annotations

import json
import random
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

KIB = 1024


def make(folder: Path, mebibytes: int, seed: int = 20) -> dict[str, str]:
    """Fill the folder with about so many mebibytes; return path -> SHA-256.

    Four fifths of the files are small and a few are big, as on a real server: the
    small ones measure connections, the big ones measure throughput.
    """
    source = random.Random(seed)
    left = mebibytes * KIB * KIB
    digests: dict[str, str] = {}
    while left > 0:
        number = len(digests)
        big = source.choice([256 * KIB, KIB * KIB, 8 * KIB * KIB])
        size = big if number % 5 == 4 else source.randrange(1, 64 * KIB)
        body = source.randbytes(min(size, left))
        path = folder / f"part-{number % 7}" / f"file-{number:04}.bin"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
        digests[path.relative_to(folder).as_posix()] = sha256(body).hexdigest()
        left -= len(body)
    return digests


def write_manifest(digests: dict[str, str], path: Path) -> None:
    """Write the checksums in the form that scripts/fetch.py reads."""
    path.write_text(json.dumps(digests), encoding="utf-8")
