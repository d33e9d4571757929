"""Proves that suites run at once where they may, that what they did is told in their order, and that none outlives the run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from closing_lines import Count
from running import ROOT, Outcome, run_suite
from scheduling import Steps, next_to_start, run_all
from suites import BUILD, SUITES, Suite

SECONDS = 60


def row(name: str, code: str = "", **fields: object) -> Suite:
    """A suite whose only command is a Python program, with {folder} filled in."""
    plain = {"library": False, "timeout": SECONDS, **fields}
    return Suite(name, "", (), (code,), **plain)  # type: ignore[arg-type]


def waits_for(name: str, begun: str) -> str:
    """A program that says it has begun, and ends well once the other one has."""
    return (
        f"import pathlib, time; here = pathlib.Path({{folder!r}})\n"
        f"(here / {begun!r}).touch()\n"
        f"while not (here / {name!r}).exists(): time.sleep(0.01)\n"
    )


# A program that fails if another one of its kind runs.
ONE_AT_A_TIME = (
    "import pathlib, time; lock = pathlib.Path({folder!r}) / 'lock'\n"
    "lock.touch(exist_ok=False); time.sleep(0.3); lock.unlink()\n"
)

# A program whose child, in the same group, writes its own number and would outlive it.
WITH_A_CHILD = (
    "import pathlib, subprocess, sys, time\n"
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
    "part = pathlib.Path({folder!r}) / 'part'; part.write_text(str(child.pid))\n"
    "part.rename(part.with_name('child')); time.sleep(600)\n"
)

# The runner itself; its rows are the programs in a folder, of which those named uses_... use the library that build.py makes.
RUNNER = """\
import signal, sys; sys.path.insert(0, "tests")
from pathlib import Path
import suites
here = Path(sys.argv.pop(1))
rows = {
    path.stem: suites.Suite(path.stem, "", (), ("{python} " + str(path),), library="uses" in path.stem)
    for path in sorted(here.glob("*.py"))
}
suites.BUILD = rows.get("build", suites.BUILD)
import run
run.SUITES, run.LOGS = list(rows.values()), here
signal.signal(signal.SIGINT, signal.default_int_handler)
run.program()
"""


def runs(process: int) -> bool:
    """Whether the process runs: one that has ended and was not waited for does not."""
    try:
        state = Path(f"/proc/{process}/stat").read_text(encoding="utf-8")
    except OSError:
        return False
    return state.rpartition(")")[2].split()[0] != "Z"


class InAFolder(unittest.TestCase):
    def setUp(self) -> None:
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = Path(holder.name)

    def start(self, suite: Suite) -> Steps[Outcome]:
        code = suite.commands[0].format(folder=str(self.folder))
        log = self.folder / f"{suite.name}.log"
        return run_suite(suite, [[sys.executable, "-c", code]], os.environ, log)

    def runner(self, **programs: str) -> subprocess.Popen[str]:
        """The runner, started with these programs as its suites."""
        for name, code in programs.items():
            text = code.format(folder=str(self.folder))
            (self.folder / f"{name}.py").write_text(text, encoding="utf-8")
        return subprocess.Popen(
            [sys.executable, "-c", RUNNER, str(self.folder), "--jobs", "2"],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run_suites(self, suites: Sequence[Suite], jobs: int) -> dict[str, Outcome]:
        return {one.suite.name: one for one in run_all(suites, self.start, jobs)}

    def assert_all_passed(self, outcomes: dict[str, Outcome]) -> None:
        for outcome in outcomes.values():
            self.assertEqual(outcome.count, Count(passed=1), outcome.how)

    def wait_for(self, name: str) -> Path:
        path = self.folder / name
        until = time.monotonic() + SECONDS
        while not path.exists():
            self.assertLess(time.monotonic(), until, f"{name} does not appear")
            time.sleep(0.01)
        return path

    def assert_ends(self, process: int) -> None:
        until = time.monotonic() + SECONDS
        while runs(process):
            self.assertLess(time.monotonic(), until, f"{process} goes on")
            time.sleep(0.01)


class Scheduling(InAFolder):
    def test_two_suites_run_at_once(self) -> None:
        pair = [row("a", waits_for("b", "a")), row("b", waits_for("a", "b"))]
        self.assert_all_passed(self.run_suites(pair, jobs=2))

    def test_with_one_job_no_two_suites_run_at_once(self) -> None:
        suites = [row(name, ONE_AT_A_TIME) for name in "abc"]
        self.assert_all_passed(self.run_suites(suites, jobs=1))

    def test_suites_that_hold_the_same_thing_run_one_after_another(self) -> None:
        suites = [row(name, ONE_AT_A_TIME, holds=("thing",)) for name in "abc"]
        self.assert_all_passed(self.run_suites(suites, jobs=3))

    def test_nothing_runs_beside_a_suite_that_measures(self) -> None:
        suites = [
            row("a", ONE_AT_A_TIME, alone=True),
            row("b", ONE_AT_A_TIME),
            row("c", ONE_AT_A_TIME, alone=True),
        ]
        self.assert_all_passed(self.run_suites(suites, jobs=3))

    def test_a_suite_that_measures_comes_after_those_that_share(self) -> None:
        alone, shares = row("alone", alone=True), row("shares")
        self.assertEqual(next_to_start([alone, shares], [], 2), shares)
        self.assertIsNone(next_to_start([alone], [shares], 2))
        self.assertEqual(next_to_start([alone], [], 2), alone)

    def test_a_suite_that_waits_for_a_thing_lets_the_next_one_go_first(self) -> None:
        holder, waiter = row("a", holds=("thing",)), row("b", holds=("thing",))
        free = row("c")
        self.assertEqual(next_to_start([waiter, free], [holder], 2), free)

    def test_what_uses_the_library_waits_until_it_is_built(self) -> None:
        user, other = row("a", library=True), row("b")
        self.assertEqual(next_to_start([user, BUILD, other], [], 3), BUILD)
        self.assertEqual(next_to_start([user, other], [BUILD], 3), other)
        self.assertIsNone(next_to_start([user], [BUILD], 3))
        self.assertEqual(next_to_start([user], [other], 3), user)

    def test_a_failed_suite_does_not_end_the_others(self) -> None:
        suites = [row("a", "raise SystemExit(3)"), row("b"), row("c")]
        outcomes = self.run_suites(suites, jobs=2)
        self.assertEqual(outcomes.pop("a").count, Count(failed=1))
        self.assertEqual(sorted(outcomes), ["b", "c"])
        self.assert_all_passed(outcomes)


class Status(InAFolder):
    def test_a_suite_that_takes_too_long_is_stopped_with_its_whole_group(self) -> None:
        slow = row("slow", WITH_A_CHILD, timeout=1)
        steps = self.start(slow)
        next(steps)
        child = int(self.wait_for("child").read_text())
        with self.assertRaises(StopIteration) as end:
            while True:
                next(steps)
        self.assertIn("took too long", end.exception.value.how)
        self.assert_ends(child)

    def test_a_run_that_is_left_stops_every_suite_with_its_whole_group(self) -> None:
        outcomes = run_all([row("slow", WITH_A_CHILD), row("fast")], self.start, jobs=2)
        self.assertEqual(next(outcomes).suite.name, "fast")
        child = int(self.wait_for("child").read_text())
        outcomes.close()  # type: ignore[attr-defined]
        self.assert_ends(child)

    def test_a_signal_to_the_runner_ends_its_suites_and_itself(self) -> None:
        codes = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 129}
        for number, code in codes.items():
            with self.subTest(number.name):
                runner = self.runner(slow=WITH_A_CHILD)
                child = int(self.wait_for("child").read_text())
                (self.folder / "child").unlink()
                runner.send_signal(number)
                said, _ = runner.communicate(timeout=SECONDS)
                self.assertEqual(runner.returncode, code, said)
                self.assert_ends(child)


class Telling(InAFolder):
    def lines(self, code: int, **programs: str) -> list[str]:
        """What the runner says, which must end with this code."""
        runner = self.runner(**programs)
        said, _ = runner.communicate(timeout=SECONDS)
        self.assertEqual(runner.returncode, code, said)
        return said.splitlines()

    def test_the_table_has_the_order_of_the_rows_whatever_ended_first(self) -> None:
        late = waits_for("b.log.ended", "a.begun") + "time.sleep(0.5)"
        soon = "import pathlib; (pathlib.Path({folder!r}) / 'b.log.ended').touch()"
        lines = self.lines(0, a=late, b=soon)
        ended = [line.split(":")[0] for line in lines if ": 1 passed, 0" in line]
        self.assertEqual(ended, ["b", "a"])
        rows = [line.split()[0] for line in lines if " | ran " in line]
        self.assertEqual(rows, ["suite", "a", "b"])
        self.assertEqual(lines[-1], "2 passed, 0 failed, 0 skipped")

    def test_what_uses_the_library_fails_and_is_not_run_if_it_cannot_be_built(
        self,
    ) -> None:
        lines = self.lines(1, build="raise SystemExit(1)", other="", uses_it="")
        [row] = [line for line in lines if line.startswith("uses_it ")]
        self.assertIn("not run: no library", row)
        self.assertEqual(lines[-1], "1 passed, 2 failed, 0 skipped")


class Rows(unittest.TestCase):
    def test_every_suite_has_a_name_of_its_own(self) -> None:
        names = [suite.name for suite in SUITES]
        self.assertEqual(len(names), len(set(names)))


if __name__ == "__main__":
    unittest.main()
