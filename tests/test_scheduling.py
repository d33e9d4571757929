"""Proves what a user of the runner notices: what runs at once, what is told at the end, and that nothing outlives the run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from running import ROOT
from scheduling import next_to_start
from suites import BUILD, SUITES, Suite

SECONDS = 60

# The runner, with one suite for each program in the folder that it is given; build.py stands for the library's build.
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
run.SUITES, run.LOGS, run.PAGE = list(rows.values()), here, here / "page.md"
signal.signal(signal.SIGINT, signal.default_int_handler)
run.program()
"""

# Writes the number of a child that would outlive it.
WITH_A_CHILD = (
    "import pathlib, subprocess, sys, time\n"
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
    "part = pathlib.Path({folder!r}) / 'part'; part.write_text(str(child.pid))\n"
    "part.rename(part.with_name('child')); time.sleep(600)\n"
)


def waits_for(other: str, begun: str) -> str:
    """A program that says it has begun, and ends once the other one has begun."""
    return (
        "import pathlib, time; here = pathlib.Path({folder!r})\n"
        f"(here / {begun!r}).touch()\n"
        f"while not (here / {other!r}).exists(): time.sleep(0.01)\n"
    )


def runs(process: int) -> bool:
    """False for a process that has ended, even if nobody has waited for it."""
    try:
        state = Path(f"/proc/{process}/stat").read_text(encoding="utf-8")
    except OSError:
        return False
    return state.rpartition(")")[2].split()[0] != "Z"


class Runner(unittest.TestCase):
    def setUp(self) -> None:
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = Path(holder.name)

    def start(self, *options: str, **programs: str) -> subprocess.Popen[str]:
        for name, code in programs.items():
            text = code.format(folder=str(self.folder))
            (self.folder / f"{name}.py").write_text(text, encoding="utf-8")
        return subprocess.Popen(
            [sys.executable, "-c", RUNNER, str(self.folder), "--jobs", "2", *options],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, "REQUIRE_ALL": "0"},
            text=True,
        )

    def lines(self, code: int, *options: str, **programs: str) -> list[str]:
        """What the runner says, which must end with this code."""
        said, _ = (runner := self.start(*options, **programs)).communicate(
            timeout=SECONDS
        )
        self.assertEqual(runner.returncode, code, said)
        return said.splitlines()

    def wait_until_gone(self, process: int) -> None:
        until = time.monotonic() + SECONDS
        while runs(process):
            self.assertLess(time.monotonic(), until, f"{process} goes on")
            time.sleep(0.01)

    def test_two_suites_run_at_once(self) -> None:
        lines = self.lines(0, a=waits_for("b", "a"), b=waits_for("a", "b"))
        self.assertEqual(lines[-1], "2 passed, 0 failed, 0 skipped")

    def test_a_failed_suite_shows_its_log_and_does_not_stop_the_others(self) -> None:
        lines = self.lines(1, a="raise SystemExit('why it failed')", b="", c="")
        self.assertIn("    | why it failed", lines)
        self.assertEqual(lines[-1], "2 passed, 1 failed, 0 skipped")

    def test_what_uses_the_library_fails_and_is_not_run_if_it_cannot_be_built(
        self,
    ) -> None:
        lines = self.lines(1, build="raise SystemExit(1)", other="", uses_it="")
        [row] = [line for line in lines if line.startswith("uses_it ")]
        self.assertIn("not run: no library", row)
        self.assertEqual(lines[-1], "1 passed, 2 failed, 0 skipped")

    def test_write_puts_the_table_into_the_page_if_nothing_failed(self) -> None:
        marks = "<!-- suites: written by make test -->\n{}<!-- end of suites -->\n"
        page = self.folder / "page.md"
        page.write_text(marks.format("before\n"), encoding="utf-8")
        self.lines(1, "--write", a="", b="raise SystemExit(1)")
        self.assertEqual(page.read_text(encoding="utf-8"), marks.format("before\n"))
        self.lines(0, "--write", a="", b="")
        self.assertRegex(
            page.read_text(encoding="utf-8"),
            r"(?s)written by .*\n\| `b` \|  \| 1 \| 0 \| \d+ \|\n\| all \| \| 2 .*<!-- end",
        )

    def test_a_signal_ends_the_runner_and_all_that_its_suites_started(self) -> None:
        for number, code in {signal.SIGINT: 130, signal.SIGTERM: 143}.items():
            with self.subTest(number.name):
                runner = self.start(slow=WITH_A_CHILD)
                until = time.monotonic() + SECONDS
                while not (path := self.folder / "child").exists():
                    self.assertLess(time.monotonic(), until, "it does not start")
                    time.sleep(0.01)
                child = int(path.read_text(encoding="utf-8"))
                path.unlink()
                runner.send_signal(number)
                said, _ = runner.communicate(timeout=SECONDS)
                self.assertEqual(runner.returncode, code, said)
                self.wait_until_gone(child)


class Order(unittest.TestCase):
    def test_a_suite_that_measures_runs_alone_and_last(self) -> None:
        alone = Suite("alone", "", (), (), library=False, alone=True)
        shares = Suite("shares", "", (), (), library=False)
        self.assertEqual(next_to_start([alone, shares], [], 2), shares)
        self.assertIsNone(next_to_start([alone], [shares], 2))
        self.assertEqual(next_to_start([alone], [], 2), alone)

    def test_suites_that_hold_the_same_thing_or_need_the_library_wait(self) -> None:
        holder = Suite("a", "", (), (), library=False, holds=("thing",))
        waiter = Suite("b", "", (), (), library=False, holds=("thing",))
        user = Suite("c", "", (), ())
        self.assertIsNone(next_to_start([waiter], [holder], 2))
        self.assertIsNone(next_to_start([user], [BUILD], 2))
        self.assertEqual(next_to_start([waiter, user], [holder], 2), user)

    def test_every_suite_has_a_name_of_its_own(self) -> None:
        names = [suite.name for suite in SUITES]
        self.assertEqual(len(names), len(set(names)))


if __name__ == "__main__":
    unittest.main()
