"""What came of the programs, as a table to look at and as a page to keep.

Knows nothing of how a program is run. The page has one section for each version of Python; writing one leaves the
others as they are.
"""

from __future__ import annotations

import ast
import platform
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from projects import Project

HERE = Path(__file__).resolve().parent
MODULES = ("stock", "rsock")
HEAD = """\
# Other people's code on rsock

Written by `make ecosystem ARGS=--write`. Each row is a program of `tests/ecosystem/programs` over a project from
PyPI, pinned in `tests/ecosystem/requirements.txt`, against a server from Debian where it needs one. It was run
unmodified, first on stock Python and then as `python -m rsock`. "ok" means that it ended well, that it said the same
on both, and that no module of the process held the other socket module. The times are of single runs, for the order
of magnitude.
"""


@dataclass
class Row:
    """What came of one project."""

    project: Project
    results: dict[str, str] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    said: dict[str, str] = field(default_factory=dict)

    def failed(self) -> bool:
        """Whether something went wrong; what could not be run has not."""
        return not all(result == "ok" or result.startswith("skipped") for result in self.results.values())

    def result(self, on: str) -> str:
        """Tell what came of the run on one module, and how long it took if it was good."""
        result = self.results[on]
        return f"ok {self.seconds[on]:.1f} s" if result == "ok" else result


def shows(project: Project) -> str:
    """Tell what a program does, in its own words."""
    tree = ast.parse((HERE / "programs" / f"{project.program}.py").read_text(encoding="utf-8"))
    return (ast.get_docstring(tree) or "").partition("\n")[0].rstrip(".")


def table(rows: list[Row], versions: dict[str, str]) -> str:
    """Lay the report out for a terminal."""
    cells = [["project", "version", *MODULES, "what was run"]]
    for row in rows:
        name = row.project.name
        results = [row.result(on).partition(":")[0] for on in MODULES]
        server = f" [{row.project.server}]" if row.project.server else ""
        cells.append([name, versions.get(name.lower(), "-"), *results, shows(row.project) + server])
    widths = [max(len(line[column]) for line in cells) for column in range(4)]
    return "\n".join(
        "  ".join([*(cell.ljust(width) for cell, width in zip(line, widths, strict=False)), line[-1]]) for line in cells
    )


def section(rows: list[Row], versions: dict[str, str], servers: dict[str, str]) -> str:
    """Lay the report out for the page."""
    good = sum(set(row.results.values()) == {"ok"} for row in rows)
    release = ".".join(platform.release().split(".")[:2])
    lines = [
        f"## Python {platform.python_version()}",
        "",
        f"{good} of {len(rows)} rows are good, on Linux {release}, {platform.machine()}.",
        "",
        "| project | version | server | stock | rsock | what was run |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows:
        name, server = row.project.name, row.project.server
        cells = [
            name,
            versions.get(name.lower(), "-"),
            f"{server} {servers.get(server, '')}".strip() if server else "",
            *(row.result(on).replace("|", "\\|").replace("\n", " ") for on in MODULES),
            shows(row.project),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def write(page: Path, text: str) -> None:
    """Put a section into the page, in the place of the one for the same minor version."""
    minor = ".".join(platform.python_version_tuple()[:2])
    old = page.read_text(encoding="utf-8") if page.exists() else ""
    sections = {}
    for one in re.split(r"^(?=## Python )", old, flags=re.MULTILINE):
        if found := re.match(r"## Python (\d+\.\d+)", one):
            sections[found[1]] = one.rstrip() + "\n"
    sections[minor] = text
    ordered = sorted(sections, key=lambda version: [int(part) for part in version.split(".")])
    page.write_text("\n".join([HEAD, *(sections[version] for version in ordered)]), encoding="utf-8")
