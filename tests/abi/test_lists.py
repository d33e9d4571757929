"""Proves that the lists of abi/ say what the library exports and its header defines."""

from __future__ import annotations

import sys
import unittest
from pathlib import Path

sys.path[:0] = [
    str(Path(__file__).resolve().parent),
    str(Path(__file__).resolve().parents[1]),
]

from c_program import exported, version
from lists import CONSTANTS, SYMBOLS, defined, number, read

HINT = "if this is new, run make abi and commit the list; if it is gone, see CONTRIBUTING.md"


class Lists(unittest.TestCase):
    maxDiff = None

    def test_symbols_are_what_the_library_exports(self) -> None:
        self.assertEqual(set(read(SYMBOLS)), exported(), HINT)

    def test_constants_are_what_the_header_defines_with_the_same_values(self) -> None:
        listed = {name: said[0] for name, said in read(CONSTANTS).items()}
        self.assertEqual(listed, defined(), HINT)

    def test_no_entry_is_of_a_version_to_come(self) -> None:
        for name, said in {**read(SYMBOLS), **read(CONSTANTS)}.items():
            self.assertLessEqual(number(said[-1]), number(version()), name)


if __name__ == "__main__":
    unittest.main()
