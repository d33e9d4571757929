"""Fails when a request costs more instructions, the library more bytes or a client more threads than benches/budget.toml allows.

    python3 benches/budget.py [--write]

--write sets the budget of this architecture to what is measured now. A figure that has fallen by more than the slack is
told, so that the budget can follow it down.
"""

from __future__ import annotations

import argparse
import configparser
import os
import platform
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from callgrind import per_request
from programs import (
    CommandFailed,
    build_ours,
    build_server,
    installed,
    run,
    run_client,
    serving,
)

BUDGET = Path(__file__).resolve().parent / "budget.toml"
HEAD = """\
# What one request, the shared library and a client may cost: benches/budget.py says how much more passes.
# Written by `python3 benches/budget.py --write`, a table for each architecture.
"""


class Programs:
    """What is measured, built once."""

    def __init__(self) -> None:
        self.library = installed() / "lib" / "libmatrix_capi.so"
        self.client, self.server = build_ours(), build_server()

    def threads(self) -> float:
        with serving(self.server) as server:
            measured, _ = run_client(self.client, server.url, 64, 64)
        return measured["threads"] - 1  # The program has one of its own.

    def stripped_bytes(self) -> float:
        with tempfile.TemporaryDirectory() as folder:
            stripped = Path(folder) / "stripped.so"
            run(["strip", "-o", stripped, self.library])
            return stripped.stat().st_size

    def instructions_with_64_in_flight(self) -> float:
        return per_request(self.client, self.server, 64)

    def instructions_with_1_in_flight(self) -> float:
        with undisturbed():
            return per_request(self.client, self.server, 1)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Goes before other processes, where the system lets us: a thread that is late finds other things ready."""
    before = os.sched_getscheduler(0)
    with suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    try:
        yield
    finally:
        os.sched_setscheduler(0, before, os.sched_param(0))


@dataclass(frozen=True)
class Kind:
    """A figure, and how much more than its budget passes: in percent, and at most."""

    measure: Callable[[Programs], float]
    slack: float = 3
    most: float = float("inf")
    # Another compiler, C library or processor makes other instructions of the same source.
    slack_elsewhere: float = 10

    @property
    def name(self) -> str:
        return self.measure.__name__

    def room(self, budget: float, elsewhere: bool) -> float:
        if elsewhere:
            return budget * self.slack_elsewhere / 100
        return min(budget * self.slack / 100, self.most)


KINDS = (
    Kind(Programs.threads, slack_elsewhere=3),
    Kind(Programs.stripped_bytes),
    # How many answers come at once, and so are handled at once, depends on how busy the machine is.
    Kind(Programs.instructions_with_64_in_flight, slack=5),
    # Here everything happens in one order. 3 % would hide a thousand instructions.
    Kind(Programs.instructions_with_1_in_flight, most=800),
)
REPEATS = 3


def settled(kind: Kind, programs: Programs, allowed: range | None = None) -> float:
    """The first measurement in the allowed range, or the least of some: being disturbed only costs."""
    figures: list[float] = []
    while len(figures) < REPEATS:
        figures.append(kind.measure(programs))
        if allowed is not None and round(figures[-1]) in allowed:
            return figures[-1]
    return min(figures)


def taken_with() -> str:
    """What the figures depend on besides the source."""
    rustc, _, _ = run(["rustc", "--version"]).partition(" (")
    # memchr and the C library choose their loops by it, and valgrind shows them the processor's own.
    flags = Path("/proc/cpuinfo").read_text(encoding="utf-8").split()
    wide = " with AVX2" if "avx2" in flags else ""
    libc = " ".join(platform.libc_ver())
    valgrind = run(["valgrind", "--version"]).strip()
    return f"{rustc}, {libc}, {valgrind}{wide}"


def read() -> configparser.ConfigParser:
    """The tables. Python reads TOML from 3.11 on only; of what this file uses, the older format is the same."""
    budget = configparser.ConfigParser()
    budget.read(BUDGET, encoding="utf-8")
    return budget


def write(budget: configparser.ConfigParser, architecture: str) -> None:
    programs = Programs()
    figures = {kind.name: str(round(settled(kind, programs))) for kind in KINDS}
    budget[architecture] = {"taken_with": f'"{taken_with()}"', **figures}
    text = HEAD
    for name in budget.sections():
        text += f"\n[{name}]\n"
        text += "".join(f"{key} = {value}\n" for key, value in budget[name].items())
    BUDGET.write_text(text, encoding="utf-8")
    print(text, end="")


def check(table: configparser.SectionProxy) -> int:
    """Compares with one table, and returns how many figures are over it."""
    before, now = table["taken_with"].strip('"'), taken_with()
    elsewhere = before != now
    if elsewhere:
        print(f"The budget was taken with {before}.")
        print(f"This is {now}: more slack is given.")
    over = 0
    programs = Programs()
    for kind in KINDS:
        budget = int(table[kind.name])
        room = kind.room(budget, elsewhere)
        allowed = range(round(budget - room), round(budget + room) + 1)
        figure = settled(kind, programs, allowed)
        change = f"{figure:,.0f}, budget {budget:,} ± {room:,.0f}"
        if round(figure) >= allowed.stop:
            over += 1
            print(f"{kind.name}: {change}: OVER BUDGET by {figure - budget:,.0f}")
        elif round(figure) < allowed.start:
            print(f"{kind.name}: {change}: less by {budget - figure:,.0f};")
            print("    lower the budget: python3 benches/budget.py --write")
        else:
            print(f"{kind.name}: {change}: within budget")
        sys.stdout.flush()
    return over


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    architecture, budget = platform.machine(), read()
    try:
        if arguments.write:
            write(budget, architecture)
            return 0
        if architecture not in budget:
            print(f"There is no budget for {architecture}: budget.py --write makes one")
            failed = int(os.environ.get("REQUIRE_ALL") == "1")
            print(f"0 passed, {failed} failed, {1 - failed} skipped")
            return failed
        over = check(budget[architecture])
    except CommandFailed as failure:
        print(failure, file=sys.stderr)
        return 1
    print(f"{len(KINDS) - over} passed, {over} failed, 0 skipped")
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
