"""Proves that the lists of abi/ say what the library exports and its header defines, and that they have only grown."""

from __future__ import annotations

import re
import sys
import unittest
from collections.abc import Iterator
from pathlib import Path

sys.path[:0] = [
    str(Path(__file__).resolve().parent),
    str(Path(__file__).resolve().parents[1]),
]

from c_program import ROOT, CommandFailed, exported, run
from lists import (
    CONSTANTS,
    SYMBOLS,
    Entries,
    defined,
    entries,
    number,
    read,
    this_version,
)

GIT = ["git", "-c", f"safe.directory={ROOT}"]
HINT = "if this is new, run make abi and commit the list; if it is gone, see CONTRIBUTING.md"


def interface(build_script: str) -> str:
    """The number of the binary interface, as build.rs has it."""
    match = re.search(r"^const ABI: u32 = (\d+);$", build_script, flags=re.MULTILINE)
    assert match
    return match[1]


class Lists(unittest.TestCase):
    maxDiff = None

    def test_symbols_are_what_the_library_exports(self) -> None:
        self.assertEqual(set(read(SYMBOLS)), exported(), HINT)

    def test_constants_are_what_the_header_defines_with_the_same_values(self) -> None:
        listed = {name: said[0] for name, said in read(CONSTANTS).items()}
        self.assertEqual(listed, defined(), HINT)

    def test_no_entry_is_of_a_version_to_come(self) -> None:
        for name, said in {**read(SYMBOLS), **read(CONSTANTS)}.items():
            self.assertLessEqual(number(said[-1]), number(this_version()), name)


class History(unittest.TestCase):
    def before(self, path: Path) -> Iterator[tuple[str, Entries]]:
        """The versions of a list in git, as long as the number of the binary interface was today's."""
        name = path.relative_to(ROOT)
        try:
            commits = run([*GIT, "log", "--format=%h", "--", name]).split()
        except CommandFailed as failure:
            raise unittest.SkipTest("not a git clone") from failure
        today = interface((ROOT / "build.rs").read_text(encoding="utf-8"))
        for commit in commits:
            if interface(run([*GIT, "show", f"{commit}:build.rs"])) == today:
                yield commit, entries(run([*GIT, "show", f"{commit}:{name}"]))

    def assert_only_grows(self, path: Path) -> None:
        now = read(path)
        for commit, then in self.before(path):
            for name, said in then.items():
                self.assertEqual(now.get(name), said, f"{name}, as of {commit}")

    def test_no_symbol_has_gone_or_changed_its_version(self) -> None:
        self.assert_only_grows(SYMBOLS)

    def test_no_constant_has_gone_or_changed_its_value(self) -> None:
        self.assert_only_grows(CONSTANTS)


if __name__ == "__main__":
    unittest.main()
