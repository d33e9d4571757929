"""Runs every suite that this machine can run, and ends with a table and one line of totals.

    python3 tests/run.py [--list] [--jobs N] [--only NAME...] [--write]

--write puts the table of a whole run in which nothing failed into docs/testing.md. A suite is one row of tests/suites.py. Its log is build/test-logs/NAME.log. REQUIRE_ALL=1 makes a skipped suite a failure.
Two suites run at once where there are two cores; the release library is built before those that use it.
The last line is "N passed, N failed, N skipped": single tests, added up from what the runners themselves say; a suite whose
runner says nothing counts as one test, and so does a skipped suite.
"""

from __future__ import annotations

import argparse
import glob
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time

from closing_lines import Count
from generated_part import replace_parts
from running import ROOT, Outcome, run_suite
from scheduling import Steps, run_all
from suites import BUILD, SUITES, Suite

LOGS = ROOT / "build" / "test-logs"
TAIL = 60
PAGE = ROOT / "docs" / "testing.md"

# Of the make that started us: not for the makes that suites start. HOMESERVER and EMAIL would lead tests off loopback.
NOT_INHERITED = (
    "MAKEFLAGS",
    "MFLAGS",
    "MAKELEVEL",
    "MAKEOVERRIDES",
    "HOMESERVER",
    "EMAIL",
)


class Places:
    """What stands for {release}, {venv} and so on in a suite's commands."""

    def __init__(self) -> None:
        target = os.environ.get("CARGO_TARGET_DIR", "target")
        self.known = {
            "python": sys.executable,
            "build": str(ROOT / "build"),
            "release": str(ROOT / target / "release"),
        }
        self.venv_missing = ""

    def lacks(self, need: str) -> str:
        """Why the need is not met; empty if it is."""
        if need == "venv":
            return self.lacks_venv()
        if "/" in need:
            return "" if glob.glob(need) else f"no {need}"
        return "" if shutil.which(need) else f"no {need}"

    def lacks_venv(self) -> str:
        if "venv" not in self.known and not self.venv_missing:
            made = subprocess.run(
                ["tests/homeserver/venv.sh"],
                cwd=ROOT,
                env=environment(),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
            )
            if made.returncode == 0:
                self.known["venv"] = made.stdout.splitlines()[-1]
            else:
                words = made.stderr.strip().splitlines() or ["venv.sh failed"]
                self.venv_missing = f"no virtual environment: {words[-1]}"
        return self.venv_missing

    def fill_in(self, command: str) -> list[str]:
        return [word.format(**self.known) for word in shlex.split(command)]


def environment(suite: Suite | None = None) -> dict[str, str]:
    kept = {
        name: value for name, value in os.environ.items() if name not in NOT_INHERITED
    }
    if suite and suite.library:
        kept["MATRIX_CAPI_PREFIX"] = str(ROOT / "build" / "prefix")
    return kept


class Suites:
    """Starts suites on this machine, or says why one is not run."""

    def __init__(self, places: Places, require_all: bool) -> None:
        self.places = places
        self.require_all = require_all
        self.is_built = True

    def start(self, suite: Suite) -> Steps[Outcome]:
        started = time.monotonic()
        missing = [reason for reason in map(self.places.lacks, suite.needs) if reason]
        if missing:
            outcome = self.skipped(suite, missing, time.monotonic() - started)
        elif suite.library and not self.is_built:
            outcome = Outcome(suite, Count(failed=1), 0, how="not run: no library")
        else:
            print(f"{suite.name} ...", flush=True)
            commands = [self.places.fill_in(command) for command in suite.commands]
            log = LOGS / f"{suite.name}.log"
            outcome = yield from run_suite(suite, commands, environment(suite), log)
        if suite is BUILD:
            self.is_built = outcome.count.passed > 0
        return outcome

    def skipped(self, suite: Suite, missing: list[str], seconds: float) -> Outcome:
        counted = Count(failed=1) if self.require_all else Count(skipped=1)
        how = "skipped: " + ", ".join(missing)
        return Outcome(suite, counted, seconds, how=how)


def report(outcome: Outcome) -> None:
    c = outcome.count
    verdict = "ok" if outcome.how == "ran" else outcome.how
    if c.failed:
        verdict = "FAILED" if outcome.how == "ran" else f"FAILED, {outcome.how}"
    print(
        f"{outcome.suite.name}: {c.passed} passed, {c.failed} failed, {c.skipped} skipped in {outcome.seconds:.1f} s: {verdict}"
    )
    if c.failed and outcome.log:
        lines = outcome.log.read_text(encoding="utf-8", errors="replace").splitlines()
        print(f"    the end of {os.path.relpath(outcome.log, ROOT)}:")
        for line in lines[-TAIL:]:
            print(f"    | {line}")
    sys.stdout.flush()


def table(outcomes: list[Outcome]) -> None:
    rows = [
        (
            "suite",
            "ran / skipped and why",
            "passed",
            "failed",
            "skipped",
            "seconds",
            "cpu",
        )
    ]
    for outcome in outcomes:
        c = outcome.count
        numbers = (
            str(c.passed),
            str(c.failed),
            str(c.skipped),
            f"{outcome.seconds:.1f}",
            f"{outcome.cpu:.1f}",
        )
        rows.append((outcome.suite.name, outcome.how, *numbers))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    print()
    for row in rows:
        cells = [
            text.ljust(width) if column < 2 else text.rjust(width)
            for column, (text, width) in enumerate(zip(row, widths))
        ]
        print(" | ".join(cells))
    print()


def write(outcomes: list[Outcome], total: Count, seconds: float) -> None:
    """Put the table into the page: the suites, their tests that passed and their seconds."""
    lines = ["| suite | what it proves | tests | skipped | seconds |\n"]
    lines.append("|---|---|--:|--:|--:|\n")
    for outcome in outcomes:
        suite, c = outcome.suite, outcome.count
        cells = f"`{suite.name}` | {suite.about} | {c.passed} | {c.skipped}"
        lines.append(f"| {cells} | {outcome.seconds:.0f} |\n")
    cells = f"| all | | {total.passed:,} | {total.skipped} | {seconds:.0f} |\n"
    when = time.strftime("%Y-%m-%d", time.gmtime())
    machine = f"{os.cpu_count()} processors, {os.uname().machine}; {when}.\n"
    replace_parts(PAGE, {"suites": "".join([*lines, cells, "\n", machine])})


def main() -> int:
    names = [suite.name for suite in SUITES]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--list", action="store_true", help="list the suites")
    parser.add_argument(
        "--jobs", type=int, default=min(os.cpu_count() or 1, 2), metavar="N"
    )
    parser.add_argument("--only", nargs="+", choices=names, metavar="NAME")
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    if arguments.write and arguments.only:
        parser.error("--write is for a run of all suites")
    if arguments.list:
        for suite in SUITES:
            print(f"{suite.name:20} {suite.about}")
        return 0

    started = time.monotonic()
    LOGS.mkdir(parents=True, exist_ok=True)
    chosen = [one for one in SUITES if not arguments.only or one.name in arguments.only]
    if any(suite.library for suite in chosen) and BUILD not in chosen:
        chosen.insert(0, BUILD)
    suites = Suites(Places(), os.environ.get("REQUIRE_ALL") == "1")
    outcomes = []
    for outcome in run_all(chosen, suites.start, max(arguments.jobs, 1)):
        report(outcome)
        outcomes.append(outcome)
    outcomes.sort(key=lambda outcome: chosen.index(outcome.suite))
    total = sum((outcome.count for outcome in outcomes), Count())
    table(outcomes)
    if arguments.write:
        if total.failed:
            print(f"Nothing is written into {PAGE.name}: a suite failed")
        else:
            write(outcomes, total, time.monotonic() - started)
    print(f"{total.passed} passed, {total.failed} failed, {total.skipped} skipped")
    return 1 if total.failed else 0


def program() -> None:
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda caught, _: sys.exit(128 + caught))
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    program()
