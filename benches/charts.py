"""Draws bar charts of one run's ratios as SVG text, on a logarithmic scale.

A bar right of the line is rsock ahead, left of it the stdlib; the tick is the target. It
knows nothing of files. The colours hold on light and on dark pages, and never stand alone:
every bar has its number.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape
from typing import Any

import targets

WIDTH, LEFT, RIGHT, ROW, TOP = 860, 330, 70, 22, 58
AHEAD, BEHIND, INK, PAPER, FAINT = "#2563ab", "#c2571a", "#1f2328", "#ffffff", "#d0d7de"


@dataclass(frozen=True)
class Bar:
    title: str
    ratio: float
    target: float | None


def ticks(low: float, high: float) -> list[float]:
    steps = [0.5, 0.7, 1, 1.5, 2, 3, 5, 10, 20, 50, 100, 200, 500]
    return [step for step in steps if low <= step <= high]


def chart(title: str, subtitle: str, bars: list[Bar]) -> str:
    high = max([2.0, *(bar.ratio for bar in bars), *(bar.target or 1 for bar in bars)]) * 1.15
    low = min([0.8, *(bar.ratio for bar in bars)]) * 0.9
    span = (WIDTH - LEFT - RIGHT) / math.log(high / low)

    def x(value: float) -> float:
        return LEFT + span * math.log(max(value, low) / low)

    height = TOP + ROW * len(bars) + 34
    bottom = TOP + ROW * len(bars)
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        f'width="{WIDTH}" height="{height}" font-family="system-ui, sans-serif" '
        f'font-size="12" fill="{INK}" role="img" aria-label="{escape(title)}">',
        f'<rect width="{WIDTH}" height="{height}" fill="{PAPER}"/>',
        f'<text x="16" y="24" font-size="16" font-weight="600">{escape(title)}</text>',
        f'<text x="16" y="43">{escape(subtitle)}</text>',
    ]
    for step in ticks(low, high):
        colour = INK if step == 1 else FAINT
        out.append(
            f'<line x1="{x(step):.1f}" x2="{x(step):.1f}" y1="{TOP}" y2="{bottom}" stroke="{colour}"/>'
            f'<text x="{x(step):.1f}" y="{bottom + 16}" text-anchor="middle">{step:g}&#215;</text>'
        )
    for index, bar in enumerate(bars):
        y = TOP + ROW * index
        start, end = sorted((x(1), x(bar.ratio)))
        colour = AHEAD if bar.ratio >= 1 else BEHIND
        out.append(f'<text x="{LEFT - 10}" y="{y + 15}" text-anchor="end">{escape(bar.title)}</text>')
        out.append(
            f'<rect x="{start:.1f}" y="{y + 4}" width="{max(end - start, 1):.1f}" height="{ROW - 8}" fill="{colour}"/>'
        )
        if bar.target:
            at = x(bar.target)
            out.append(
                f'<line x1="{at:.1f}" x2="{at:.1f}" y1="{y + 2}" y2="{y + ROW - 2}" stroke="{INK}" stroke-width="2"/>'
            )
        out.append(f'<text x="{WIDTH - 12}" y="{y + 15}" text-anchor="end">{bar.ratio:.2f}&#215;</text>')
    out.append("</svg>\n")
    return "\n".join(out)


def draw(numbers: dict[str, Any]) -> dict[str, str]:
    """The charts of one run: `calls` and `servers`."""
    about = numbers["machine"]
    asked = {item: target.reach for target in targets.TARGETS if target.measure == "ratio" for item in target.items}
    calls = [Bar(row["title"], row["ratio"], asked.get(f"calls.{key}")) for key, row in numbers["calls"].items()]
    servers = [Bar(row["title"], row["ratio"], asked.get(f"servers.{key}")) for key, row in numbers["servers"].items()]
    where = f"CPython {about['python']}, Linux {about['kernel']}, {about['cores']} cores. The black tick is the target."
    return {
        "calls": chart("Stdlib time / rsock time, each call", where, calls),
        "servers": chart("rsock's replies a second / the stdlib's", where, servers),
    }
