"""Turns the newest raw results of each Python into tables and charts, all by program.

Writes charts to results/*.svg and replaces what stands between the markers in the README
and in docs/benchmarks.md; every row is shown, the slower ones too. It measures nothing.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import charts
import choices
import harness
import targets

ROOT = harness.HERE.parent
BEGIN, END = "<!-- bench:begin -->", "<!-- bench:end -->"
Numbers = dict[str, Any]


def newest() -> list[Numbers]:
    """The last run of each Python, oldest Python first."""
    found: dict[str, Numbers] = {}
    for path in sorted(harness.RESULTS.glob("*.json")):
        numbers = json.loads(path.read_text())
        about = numbers["machine"]
        version = ".".join(about["python"].split(".")[:2])
        if version not in found or found[version]["machine"]["date"] <= about["date"]:
            found[version] = numbers
    return [found[version] for version in sorted(found, key=lambda v: [int(n) for n in v.split(".")])]


def short(numbers: Numbers) -> str:
    return ".".join(numbers["machine"]["python"].split(".")[:2])


def table(head: list[str], rows: list[list[str]]) -> str:
    align = ["---"] + ["---:"] * (len(head) - 1)
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, align, *rows])


def machine(numbers: Numbers) -> str:
    about = numbers["machine"]
    return (
        f"CPython {about['python']}, rsock {about.get('rsock', '?')} at `{about['commit'][:10]}`, "
        f"{about['cores']} cores ({about['cpu']}), Linux {about['kernel']}, {about['libc']}, "
        f"{about['rustc']}, {about['date']}"
    )


def target_table(runs: list[Numbers]) -> str:
    judged = [targets.judge(numbers) for numbers in runs]
    rows = []
    for verdicts in zip(*judged, strict=True):
        seen = [f"{verdict.seen} {'✓' if verdict.reached else '✗'}" for verdict in verdicts]
        rows.append([verdicts[0].target.work, verdicts[0].asked, *seen])
    return table(["work", "target", *(short(numbers) for numbers in runs)], rows)


def call_table(numbers: Numbers) -> str:
    rows = []
    for row in numbers["calls"].values():
        stock, ours = (clocks["cpu"] for clocks in row["ns"].values())
        bare = f"{row['bare']['cpu']:.0f}" if row["bare"] else ""
        keeps = f"{row['keeps']:.2f}" if row["keeps"] is not None else ""
        rows.append([row["title"], f"{stock:.0f}", f"{ours:.0f}", bare, f"{row['ratio']:.2f}", keeps])
    return table(["ns, CPU time", "stdlib", "rsock", "bare calls", "ratio", "keeps"], rows)


def choice_table(runs: list[Numbers]) -> str:
    rows = []
    for choice in choices.CHOICES:
        what = choice.what
        for item in choice.items:
            rows.append([what, choices.command(item), *(choices.shown(numbers, item) for numbers in runs)])
            what = ""
    return table(["what was chosen", "command", *(short(numbers) for numbers in runs)], rows)


def server_table(numbers: Numbers) -> str:
    head = ["server", "", "replies/s", "CPU µs a reply", "p50 ms", "p99 ms", "busy thread's share", "ratio"]
    rows = []
    for row in numbers["servers"].values():
        for name, run in row["chosen"].items():
            share = f"{run['busy_share']:.0%}" if row["busy"] else ""
            ratio = f"{row['ratio']:.2f}" if name == list(row["chosen"])[1] else ""
            rows.append(
                [
                    row["title"],
                    name,
                    f"{run['rate']:,.0f}",
                    f"{run['cpu_per_reply_ns'] / 1e3:.1f}",
                    f"{run['p50_ns'] / 1e6:.2f}",
                    f"{run['p99_ns'] / 1e6:.2f}",
                    share,
                    ratio,
                ]
            )
    return table(head, rows)


def growth_table(numbers: Numbers) -> str:
    growth = numbers["growth"]
    lists = [
        ("selectors server, {:,} connections: replies/s", growth["connections"]),
        ("{:,} B there and back, recv: trips/s", [row for row in growth["sizes"] if not row["into"]]),
        ("{:,} B there and back, recv_into: trips/s", [row for row in growth["sizes"] if row["into"]]),
        ("send + recv in {} threads: pairs/s", growth["threads"]),
    ]
    rows = []
    for title, points in lists:
        for point in points:
            stock, ours = point["values"].values()
            rows.append([title.format(point["at"]), f"{stock:,.0f}", f"{ours:,.0f}", f"{ours / stock:.2f}"])
    stock, ours = growth["memory"].values()
    for title, key in (("an idle socket, B", "bytes_each"), ("10,000 idle sockets, KiB", "idle_kib")):
        rows.append([title, f"{stock[key]:,.0f}", f"{ours[key]:,.0f}", f"{stock[key] / ours[key]:.2f}"])
    return table(["growth", "stdlib", "rsock", "ratio"], rows)


def startup_table(numbers: Numbers) -> str:
    row = numbers["startup"]["import"]
    rows = []
    for name, times in row["ns"].items():
        cells = [f"{times[kind]['cpu'] / 1e6:.2f}" for kind in ("best", "median")]
        rows.append([f"import {name}", *cells, str(times["modules"])])
    return table(["ms, CPU time", "best", "median", "modules loaded"], rows)


def replace_between(path: Path, text: str) -> None:
    """Puts the text between the markers; a file without them is left alone, and said."""
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"# Benchmarks\n\n{BEGIN}\n{END}\n")
    old = path.read_text()
    if BEGIN not in old or END not in old:
        print(f"{path.relative_to(ROOT)} has no markers {BEGIN} {END}: left as it is")
        return
    head, rest = old.split(BEGIN, 1)
    tail = rest.split(END, 1)[1]
    path.write_text(f"{head}{BEGIN}\n{text}\n{END}{tail}")
    print(f"wrote {path.relative_to(ROOT)}")


def section(numbers: Numbers, prefix: str) -> str:
    version = short(numbers)
    quick = " (a quick run)" if numbers["quick"] else ""
    return "\n\n".join(
        [
            f"## Python {version}{quick}",
            machine(numbers),
            f"![Each call on Python {version}]({prefix}calls-{version}.svg)",
            call_table(numbers),
            f"![Servers on Python {version}]({prefix}servers-{version}.svg)",
            server_table(numbers),
            growth_table(numbers),
            startup_table(numbers),
        ]
    )


def main() -> None:
    runs = newest()
    if not runs:
        raise SystemExit("no results: run benches/run.py first")
    for numbers in runs:
        for name, svg in charts.draw(numbers).items():
            (harness.RESULTS / f"{name}-{short(numbers)}.svg").write_text(svg)
    legend = (
        "ratio: stdlib time / rsock time, or rsock's rate / the stdlib's. keeps: the share of the stdlib's "
        "overhead above bare system calls that rsock still has. ✓ reached, ✗ missed."
    )
    judged = f"{legend}\n\n{target_table(runs)}"
    about = "\n\n".join(machine(numbers) for numbers in runs)
    more = (
        "[`docs/benchmarks.md`](docs/benchmarks.md) has every row, latencies, growth, memory, and what each "
        "choice of the design bought."
    )
    shown = short(runs[-1])
    chart = f"![rsock beside the stdlib on Python {shown}](benches/results/calls-{shown}.svg)"
    replace_between(ROOT / "README.md", f"\n{chart}\n\n{judged}\n\n{more}\n\n{about}\n")
    sections = [section(numbers, "../benches/results/") for numbers in runs]
    bought = (
        "## What each choice bought\n\n"
        "Stdlib → rsock, and the ratio, in the rows that show it.\n\n" + choice_table(runs)
    )
    replace_between(ROOT / "docs" / "benchmarks.md", "\n" + "\n\n".join([judged, bought, *sections]) + "\n")


if __name__ == "__main__":
    main()
