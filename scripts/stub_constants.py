#!/usr/bin/env python3
"""Write the constants of the built extension into its stub, `python/rsock/_rsock.pyi`.

The stub's last section lists them, a line each, for type checkers and editors. Run it after a change of
`src/consts/`; `--check` only says whether the section is up to date, as `make lint` does.
"""

import sys
from pathlib import Path

STUB = Path(__file__).resolve().parent.parent / "python" / "rsock" / "_rsock.pyi"
MARK = "# Constants of Linux, written by scripts/stub_constants.py.\n"


def section() -> str:
    from rsock import _rsock

    lines = [MARK, 'if sys.platform == "linux":\n']
    for name, value in sorted(vars(_rsock).items()):
        if type(value) in (int, str) and not name.startswith("_"):
            lines.append(f"    {name}: Final[{type(value).__name__}]\n")
    return "".join(lines)


def main(arguments: list[str]) -> int:
    text = STUB.read_text()
    head, mark, _ = text.partition(MARK)
    if not mark:
        print(f"{STUB.name} has no line {MARK!r}", file=sys.stderr)
        return 1
    new = head + section()
    if "--check" in arguments:
        if new != text:
            print("the stub's constants are out of date: run scripts/stub_constants.py", file=sys.stderr)
        return int(new != text)
    STUB.write_text(new)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
