"""Counts the unsafe sites of src/ and holds them against UNSAFE.md.

A site is a block, an `impl`, a function or an `extern` block that is marked
unsafe. The first two do something and need a `// SAFETY:` argument each; the
others only declare what their callers must keep, and do nothing themselves. Fails
for a file with sites that UNSAFE.md has no row for, for a row whose file has
none, and for a file with fewer arguments than it needs.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
DOES = re.compile(r"\bunsafe\s+(?:\{|impl\b)")
DECLARES = re.compile(r"\bunsafe\s+(?:fn\b|extern\s+\"[^\"]*\"\s+(?:fn\s+\w|\{))|#\[unsafe\(")
ARGUMENT = re.compile(r"// SAFETY:")
ROW = re.compile(r"^\|\s*`(src/[^`]+\.rs)`", re.MULTILINE)


class Count(NamedTuple):
    """What one file has."""

    does: int
    declares: int
    arguments: int

    @property
    def sites(self) -> int:
        """All of them."""
        return self.does + self.declares


def count(source: str) -> Count:
    """Count the sites and the arguments of one file's text."""
    lines = source.splitlines()
    code = [line.split("//", 1)[0] for line in lines]
    return Count(
        does=sum(len(DOES.findall(line)) for line in code),
        declares=sum(len(DECLARES.findall(line)) for line in code),
        arguments=sum(bool(ARGUMENT.search(line)) for line in lines),
    )


def faults(counts: dict[str, Count], listed: set[str]) -> list[str]:
    """Say what is wrong, one line for each fault."""
    found = []
    for name, row in counts.items():
        if row.sites and name not in listed:
            found.append(f"{name} has unsafe code and no row in UNSAFE.md")
        if row.does > row.arguments:
            found.append(f"{name} has {row.does} unsafe blocks and {row.arguments} arguments")
    found += [
        f"UNSAFE.md lists {name}, which has no unsafe code"
        for name in sorted(listed)
        if not (name in counts and counts[name].sites)
    ]
    return found


def main() -> int:
    """Print the table; return 1 where something is wrong."""
    counts = {
        path.relative_to(ROOT).as_posix(): count(path.read_text(encoding="utf-8"))
        for path in sorted((ROOT / "src").rglob("*.rs"))
    }
    text = (ROOT / "UNSAFE.md").read_text(encoding="utf-8")
    wrong = faults(counts, set(ROW.findall(text)))
    used = {name: row for name, row in counts.items() if row.sites}
    total = Count(*map(sum, zip(*used.values(), strict=True)))
    print(f"{'file':27} {'sites':>6} {'blocks':>7} {'declared':>9} {'arguments':>10}")
    windows = Count(*map(sum, zip((0, 0, 0), *(row for name, row in used.items() if "/windows/" in name), strict=True)))
    sums = [(f"{len(used)} of {len(counts)} files", total), ("- for Windows alone", windows)]
    for name, row in [*used.items(), *sums]:
        print(f"{name:27} {row.sites:6} {row.does:7} {row.declares:9} {row.arguments:10}")
    for line in wrong:
        print(line, file=sys.stderr)
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
