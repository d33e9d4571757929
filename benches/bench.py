"""Measures this library beside libcurl, a bare epoll client and aiohttp, and prints one table with a row for each goal.

    python3 benches/bench.py [--quick] [--all] [--write] [GOAL...]

With names of goals, those alone. --write puts the table into docs/performance.md and draws its pictures.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

from goals import GOALS, Figures, Goal
from lab import AIOHTTP, CURL, KEPT, NLOHMANN, OURS, RAW, YYJSON, C, Lab
from plot import chart
from programs import BENCHES, ROOT, CommandFailed, replace_parts

PEERS = (CURL, KEPT, RAW, AIOHTTP, NLOHMANN, YYJSON, C)
PAGE = ROOT / "docs" / "performance.md"
IN_FLIGHT = (1, 4, 16, 64, 256, 1000, 4000, 10_000)
HELD = (100, 1000, 10_000)


def cells(goal: Goal, figures: Figures) -> list[str]:
    """One row of the table."""
    unit = f" {goal.unit}" if goal.unit else ""
    peers = [name for name in PEERS if name in figures]
    theirs = [f"{name} {figures[name]:,.{goal.digits}f}" for name in peers]
    ratios = [f"{figures[OURS] / figures[name]:.2f}" for name in peers if name != C]
    judged = goal.limit is not None or goal.against
    met = ("yes" if goal.met(figures) else "**no**") if judged else ""
    return [
        goal.title,
        goal.wanted(),
        f"{figures[OURS]:,.{goal.digits}f}{unit}",
        ", ".join(theirs),
        ", ".join(ratios),
        met,
        f"`{goal.name}`",
    ]


HEADINGS = ["goal", "wanted", "ours", "peers", "ours / peer", "met", "alone"]


def table(rows: list[list[str]]) -> str:
    """The rows as Markdown."""
    lines = [HEADINGS, ["---"] * len(HEADINGS), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def growth(lab: Lab) -> tuple[str, dict[Path, str]]:
    """How cost grows with the requests in flight: a table, and the pictures."""
    lines = [
        "| in flight | CPU per request, ours | libcurl | raw |\n|---|---|---|---|\n"
    ]
    cpu: dict[str, list[tuple[float, float]]] = {}
    for in_flight in IN_FLIGHT:
        seen = {name: one["cpu_us"] for name, one in lab.load(in_flight).items()}
        for name, value in seen.items():
            cpu.setdefault(name, []).append((in_flight, value))
        values = " | ".join(f"{seen[name]:.1f} µs" for name in (OURS, CURL, RAW))
        lines.append(f"| {in_flight:,} | {values} |\n")
    lines.append(
        "\n| held at once | memory per request, ours | libcurl | raw |\n|---|---|---|---|\n"
    )
    memory: dict[str, list[tuple[float, float]]] = {}
    for held in HELD:
        seen = {name: one["peak_kb"] for name, one in lab.memory(held).items()}
        for name, value in seen.items():
            memory.setdefault(name, []).append((held, max(value * held / 1000, 0.01)))
        values = " | ".join(f"{seen[name]:.1f} KB" for name in (OURS, CURL, RAW))
        lines.append(f"| {held:,} | {values} |\n")
    pictures = {
        PAGE.parent / "performance-cpu.svg": chart(
            "CPU per request", "requests in flight", "µs", cpu
        ),
        PAGE.parent / "performance-memory.svg": chart(
            "Memory that requests in flight take", "requests in flight", "MB", memory
        ),
    }
    return "".join(lines), pictures


def measure(lab: Lab, chosen: list[Goal]) -> list[list[str]]:
    rows = []
    for goal in chosen:
        row = cells(goal, goal.measure(lab))
        print(" | ".join(cell for cell in row if cell), flush=True)
        rows.append(row)
    return rows


def main() -> int:
    names = [goal.name for goal in GOALS]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("goals", nargs="*", metavar="GOAL", help=", ".join(names))
    parser.add_argument(
        "--quick",
        action="store_true",
        help="fewer requests, fewer repeats, no second build",
    )
    parser.add_argument(
        "--all", action="store_true", help="the Kotlin binding, too: needs Maven, a JDK"
    )
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    if unknown := set(arguments.goals) - set(names):
        parser.error(f"no goal {', '.join(sorted(unknown))}: {', '.join(names)}")
    chosen = [goal for goal in GOALS if goal.name in (arguments.goals or names)]
    if not arguments.goals and not arguments.all:
        chosen = [goal for goal in chosen if not goal.slow]
    if arguments.quick:
        chosen = [goal for goal in chosen if goal.name != "size-small"]
    # What the make that started us was told is not for the makes that we start.
    for name in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL"):
        os.environ.pop(name, None)
    began = time.monotonic()
    lab = Lab(repeats=2 if arguments.quick else 5, quick=arguments.quick)
    try:
        subprocess.run([BENCHES / "needs.sh"], stdout=subprocess.DEVNULL, check=True)
        with lab.stack:
            rows = measure(lab, chosen)
            machine = f"{lab.machine()}; {time.strftime('%Y-%m-%d', time.gmtime())}.\n"
            grown, pictures = growth(lab) if not arguments.goals else ("", {})
    except (CommandFailed, subprocess.CalledProcessError) as failure:
        print(failure, file=sys.stderr)
        return 1
    print(f"\n{machine}\n{table(rows)}\n{grown}")
    print("One alone: python3 benches/bench.py NAME, with the name of the last column.")
    if arguments.write and not arguments.goals:
        parts = {"machine": machine, "table": table(rows), "growth": grown}
        replace_parts(PAGE, parts)
        for path, picture in pictures.items():
            path.write_text(picture, encoding="utf-8")
    missed = sum("**no**" in row for row in rows)
    seconds = time.monotonic() - began
    print(f"{len(rows)} rows, {missed} of them not met, in {seconds:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
