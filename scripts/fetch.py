"""Downloads the files that a manifest names with urllib.request and checks them.

    python scripts/fetch.py URL MANIFEST

MANIFEST is a JSON object of path -> SHA-256. Prints one JSON object: how many
files and bytes came, the seconds that it took to receive them (hashing is not in
it), and the class whose sockets carried them. Knows nothing of rsock: it runs on
whatever the interpreter was started with.
"""

import json
import sys
import time
import urllib.request
from hashlib import sha256
from pathlib import Path


def main():
    """Download everything; exit with the name of a file that came out wrong."""
    url, manifest = sys.argv[1:]
    wanted = json.loads(Path(manifest).read_text(encoding="utf-8"))
    sockets = set()
    received = 0
    seconds = 0.0
    for path, digest in wanted.items():
        start = time.perf_counter()
        with urllib.request.urlopen(f"{url}/{path}", timeout=30) as response:
            kind = type(response.fp.raw._sock)
            body = response.read()
        seconds += time.perf_counter() - start
        sockets.add(f"{kind.__module__}.{kind.__qualname__}")
        received += len(body)
        if sha256(body).hexdigest() != digest:
            sys.exit(f"{path}: the checksum is wrong")
    report = {
        "files": len(wanted),
        "bytes": received,
        "seconds": seconds,
        "sockets": sorted(sockets),
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main()
