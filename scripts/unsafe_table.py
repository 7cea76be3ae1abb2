"""Counts the unsafe sites of src/ and holds them against UNSAFE.md.

A site is a block, a function, an `impl` or an `extern` block that is marked
unsafe; each needs its argument: a `// SAFETY:` comment, or a `# Safety` section
for a function. Fails for a file with sites that UNSAFE.md has no row for, for a
row whose file has none, and for a file with more sites than arguments.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
SITE = re.compile(r"\bunsafe\s+(?:\{|fn\b|impl\b|extern\b)|#\[unsafe\(")
FUNCTION_TYPE = re.compile(r"\bunsafe\s+extern\s+\"[^\"]*\"\s+fn\s*\(")
ARGUMENT = re.compile(r"//[/!]?\s*(?:SAFETY:|# Safety)")
ROW = re.compile(r"^\|\s*`(src/[^`]+\.rs)`", re.MULTILINE)


class Count(NamedTuple):
    """What one file has."""

    sites: int
    arguments: int


def count(source: str) -> Count:
    """Count the sites and the arguments of one file's text."""
    sites = arguments = 0
    for line in source.splitlines():
        if ARGUMENT.search(line):
            arguments += 1
        code = FUNCTION_TYPE.sub("", line.split("//", 1)[0])
        sites += len(SITE.findall(code))
    return Count(sites, arguments)


def faults(counts: dict[str, Count], listed: set[str]) -> list[str]:
    """Say what is wrong, one line for each fault."""
    found = []
    for name, (sites, arguments) in counts.items():
        if sites and name not in listed:
            found.append(f"{name} has unsafe code and no row in UNSAFE.md")
        if sites > arguments:
            found.append(f"{name} has {sites} unsafe sites and {arguments} arguments")
    found += [
        f"UNSAFE.md lists {name}, which has no unsafe code"
        for name in sorted(listed)
        if not counts.get(name, Count(0, 0)).sites
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
    print(f"{'file':32} {'unsafe sites':>12} {'arguments':>10}")
    for name, row in used.items():
        print(f"{name:32} {row.sites:12} {row.arguments:10}")
    total = sum(row.sites for row in used.values())
    reasons = sum(row.arguments for row in used.values())
    print(f"{f'{len(used)} of {len(counts)} files':32} {total:12} {reasons:10}")
    for line in wrong:
        print(line, file=sys.stderr)
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
