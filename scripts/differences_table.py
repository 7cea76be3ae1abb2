"""Writes docs/differences.md from tests/known_differences.toml: what rsock does otherwise, and why.

`--check` only says whether the page is up to date. What is written there is held true by
tests/test_known_differences.py.
"""

from __future__ import annotations

import sys
from pathlib import Path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parent.parent
LIST = ROOT / "tests" / "known_differences.toml"
PAGE = ROOT / "docs" / "differences.md"
HEAD = """# What rsock does otherwise, on purpose

Written by `scripts/differences_table.py` from `tests/known_differences.toml`, which has the
code that shows each difference. `tests/test_known_differences.py` runs it over both modules
and fails for a difference that no longer exists. Everything else that differs is a fault.

| | what | stock | rsock | why |
|---|---|---|---|---|
"""


def page() -> str:
    """The whole page."""
    rows = []
    for name, one in tomllib.loads(LIST.read_text(encoding="utf-8")).items():
        stock = f"`{one['stock']}`" if "stock" in one else "varies"
        what = one["what"] + (f" (before {one['before']})" if "before" in one else "")
        rows.append(f"| {name} | {what} | {stock} | `{one['rsock']}` | {one['why']} |\n")
    return HEAD + "".join(rows)


def main(arguments: list[str]) -> int:
    if "--check" in arguments:
        fresh = PAGE.exists() and PAGE.read_text(encoding="utf-8") == page()
        if not fresh:
            print("docs/differences.md is out of date: run scripts/differences_table.py", file=sys.stderr)
        return int(not fresh)
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
