"""Draws a chart with two logarithmic axes as an SVG that is readable on a light and on a dark page."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

WIDTH, HEIGHT = 720, 420
LEFT, RIGHT, TOP, BOTTOM = 70, 130, 40, 55
STYLE = """
  text { font: 13px sans-serif; fill: #222 }
  .title { font-size: 15px; font-weight: bold }
  .grid { stroke: #888; stroke-opacity: 0.3 }
  .line { fill: none; stroke-width: 2.5 }
  .a { stroke: #0b66c3; fill: #0b66c3 } .b { stroke: #c2410c; fill: #c2410c } .c { stroke: #5f6b76; fill: #5f6b76 }
  .line.a, .line.b, .line.c { fill: none }
  text.a, text.b, text.c { stroke: none }
  @media (prefers-color-scheme: dark) {
    text { fill: #ddd }
    .a { stroke: #6cb6ff; fill: #6cb6ff } .b { stroke: #ff9b5e; fill: #ff9b5e } .c { stroke: #a9b4be; fill: #a9b4be }
  }
"""

Points = Sequence[tuple[float, float]]


class Axis:
    """Where values lie between two ends, and which of them are written beside the axis."""

    def __init__(self, values: Sequence[float], begin: float, end: float) -> None:
        low, high = math.log10(min(values)), math.log10(max(values))
        margin = (high - low) * 0.06 or 0.5
        self.low, self.high = low - margin, high + margin
        self.begin, self.end = begin, end

    def __call__(self, value: float) -> float:
        share = (math.log10(value) - self.low) / (self.high - self.low)
        return self.begin + share * (self.end - self.begin)

    def ticks(self) -> list[float]:
        powers = range(math.floor(self.low), math.ceil(self.high) + 1)
        # Powers of ten are enough for a long axis; a short one has what lies between them, too.
        steps = (1,) if self.high - self.low > 2.5 else (1, 2, 5)
        ticks = [step * 10.0**power for power in powers for step in steps]
        return [tick for tick in ticks if self.low <= math.log10(tick) <= self.high]


def chart(title: str, x_label: str, y_label: str, series: Mapping[str, Points]) -> str:
    """One line for each series, named at its right end."""
    points = [point for line in series.values() for point in line]
    x = Axis([point[0] for point in points], LEFT, WIDTH - RIGHT)
    y = Axis([point[1] for point in points], HEIGHT - BOTTOM, TOP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
        f"<title>{escape(title)}</title><style>{STYLE}</style>",
        _text(LEFT, 22, title, "title", "start"),
        _text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 12, x_label),
        f'<text text-anchor="middle" transform="translate(18 {(TOP + HEIGHT - BOTTOM) / 2:.0f}) rotate(-90)">{escape(y_label)}</text>',
    ]
    for tick in x.ticks():
        parts.append(_line(x(tick), TOP, x(tick), HEIGHT - BOTTOM))
        parts.append(_text(x(tick), HEIGHT - BOTTOM + 20, f"{tick:,.10g}"))
    for tick in y.ticks():
        parts.append(_line(LEFT, y(tick), WIDTH - RIGHT, y(tick)))
        parts.append(_text(LEFT - 8, y(tick) + 4, f"{tick:,.10g}", "", "end"))
    names = _apart({name: y(line[-1][1]) for name, line in series.items()})
    for kind, (name, line) in zip("abc", series.items()):
        path = " ".join(f"{x(a):.1f},{y(b):.1f}" for a, b in line)
        parts.append(f'<polyline class="line {kind}" points="{path}"/>')
        for a, b in line:
            parts.append(
                f'<circle class="{kind}" cx="{x(a):.1f}" cy="{y(b):.1f}" r="3"/>'
            )
        parts.append(_text(WIDTH - RIGHT + 10, names[name] + 4, name, kind, "start"))
    return "\n".join([*parts, "</svg>", ""])


def _apart(places: Mapping[str, float]) -> dict[str, float]:
    """Moves names down until none lies on another."""
    moved: dict[str, float] = {}
    least = -math.inf
    for name, place in sorted(places.items(), key=lambda item: item[1]):
        moved[name] = least = max(place, least + 16)
    return moved


def _line(x1: float, y1: float, x2: float, y2: float) -> str:
    return (
        f'<line class="grid" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'
    )


def _text(x: float, y: float, text: str, kind: str = "", anchor: str = "middle") -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'
