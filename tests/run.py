"""Runs every suite that this machine can run, and ends with a table and one line of totals.

    python3 tests/run.py [--list] [--only NAME...]

A suite is one row of tests/suites.py. Its log is build/test-logs/NAME.log. REQUIRE_ALL=1 makes a skipped suite a failure.
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
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from closing_lines import Count, count
from suites import SUITES, Suite

ROOT = Path(__file__).resolve().parent.parent
LOGS = ROOT / "build" / "test-logs"
TAIL = 60

# Of the make that started us: not for the makes that suites start. HOMESERVER and EMAIL would lead tests off loopback.
NOT_INHERITED = (
    "MAKEFLAGS",
    "MFLAGS",
    "MAKELEVEL",
    "MAKEOVERRIDES",
    "HOMESERVER",
    "EMAIL",
)


@dataclass
class Outcome:
    suite: Suite
    count: Count
    seconds: float
    how: str = "ran"
    log: Path | None = field(default=None)


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


def environment() -> dict[str, str]:
    return {
        name: value for name, value in os.environ.items() if name not in NOT_INHERITED
    }


def run_command(words: list[str], log: IO[bytes], seconds: float) -> str:
    """Run one command to its end; say what went wrong, or nothing."""
    log.write(f"$ {shlex.join(words)}\n".encode())
    log.flush()
    try:
        process = subprocess.Popen(
            words,
            cwd=ROOT,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError as error:
        return str(error)
    try:
        code = process.wait(timeout=max(seconds, 1))
    except BaseException as error:
        # The whole group, so that no server that a suite started is left behind.
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        if isinstance(error, subprocess.TimeoutExpired):
            return "took too long and was stopped"
        raise
    return "" if code == 0 else f"{Path(words[0]).name} ended with {code}"


def run_suite(suite: Suite, places: Places, require_all: bool) -> Outcome:
    started = time.monotonic()
    missing = [reason for reason in map(places.lacks, suite.needs) if reason]
    if missing:
        reason = "skipped: " + ", ".join(missing)
        counted = Count(failed=1) if require_all else Count(skipped=1)
        return Outcome(suite, counted, time.monotonic() - started, reason)

    path = LOGS / f"{suite.name}.log"
    wrong = ""
    with path.open("wb") as log:
        for command in suite.commands:
            left = suite.timeout - (time.monotonic() - started)
            wrong = run_command(places.fill_in(command), log, left)
            if wrong:
                log.write(f"{wrong}\n".encode())
                break
    counted = count(path.read_text(encoding="utf-8", errors="replace"))
    how = "ran"
    if wrong and counted.failed == 0:
        counted += Count(failed=1)
        how = f"ran: {wrong}"
    if counted == Count():
        counted = Count(passed=1)
    return Outcome(suite, counted, time.monotonic() - started, how, path)


def report(outcome: Outcome) -> None:
    c = outcome.count
    verdict = "FAILED" if c.failed else "ok" if outcome.how == "ran" else outcome.how
    print(
        f"{c.passed} passed, {c.failed} failed, {c.skipped} skipped in {outcome.seconds:.1f} s: {verdict}"
    )
    if c.failed and outcome.log:
        lines = outcome.log.read_text(encoding="utf-8", errors="replace").splitlines()
        print(f"    the end of {outcome.log.relative_to(ROOT)}:")
        for line in lines[-TAIL:]:
            print(f"    | {line}")
    sys.stdout.flush()


def table(outcomes: list[Outcome]) -> None:
    rows = [
        ("suite", "ran / skipped and why", "passed", "failed", "skipped", "seconds")
    ]
    for outcome in outcomes:
        c = outcome.count
        numbers = (
            str(c.passed),
            str(c.failed),
            str(c.skipped),
            f"{outcome.seconds:.1f}",
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


def main() -> int:
    names = [suite.name for suite in SUITES]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--list", action="store_true", help="list the suites")
    parser.add_argument("--only", nargs="+", choices=names, metavar="NAME")
    arguments = parser.parse_args()
    if arguments.list:
        for suite in SUITES:
            print(f"{suite.name:20} {suite.about}")
        return 0

    LOGS.mkdir(parents=True, exist_ok=True)
    require_all = os.environ.get("REQUIRE_ALL") == "1"
    places = Places()
    outcomes = []
    total = Count()
    for suite in SUITES:
        if arguments.only and suite.name not in arguments.only:
            continue
        print(f"{suite.name}: ", end="", flush=True)
        outcomes.append(run_suite(suite, places, require_all))
        report(outcomes[-1])
        total += outcomes[-1].count
    table(outcomes)
    print(f"{total.passed} passed, {total.failed} failed, {total.skipped} skipped")
    return 1 if total.failed else 0


if __name__ == "__main__":
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda caught, _: sys.exit(128 + caught))
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
