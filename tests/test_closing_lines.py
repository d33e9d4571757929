"""Proves that the totals of `make test` are what the runners said."""

from __future__ import annotations

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from closing_lines import Count, count


class ClosingLines(unittest.TestCase):
    def test_the_results_of_several_cargo_binaries_are_added_up(self) -> None:
        log = (
            "running 3 tests\n"
            "test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s\n"
            "test result: FAILED. 4 passed; 1 failed; 2 ignored; 0 measured; 0 filtered out; finished in 2s\n"
        )
        self.assertEqual(count(log), Count(7, 1, 2))

    def test_a_pytest_line_counts_with_and_without_its_frame(self) -> None:
        log = (
            "==== 1 failed, 12 passed, 2 skipped, 1 warning in 62.50s (0:01:02) ====\n"
            "3 passed in 0.10s\n"
        )
        self.assertEqual(count(log), Count(15, 1, 2))

    def test_a_pytest_error_and_an_unexpected_pass_are_failures(self) -> None:
        log = "== 2 passed, 1 deselected, 1 xfailed, 1 xpassed, 2 errors in 1.00s ==\n"
        self.assertEqual(count(log), Count(2, 3, 1))

    def test_unittest_says_how_many_ran_and_which_of_them_did_not_pass(self) -> None:
        log = (
            "Ran 9 tests in 0.003s\n\nFAILED (failures=1, errors=1, skipped=2)\n"
            "Ran 1 test in 0.001s\n\nOK\n"
        )
        self.assertEqual(count(log), Count(6, 2, 2))

    def test_a_line_of_a_c_program_counts_with_and_without_skipped(self) -> None:
        log = "12 passed, 0 failed\n1 passed, 2 failed, 3 skipped\n"
        self.assertEqual(count(log), Count(13, 2, 3))

    def test_a_sentence_that_only_resembles_a_closing_line_is_not_counted(self) -> None:
        log = "OK\nso 2 passed, 0 failed was printed\ntest a ... ok\nFinished in 3.2s\n"
        self.assertEqual(count(log), Count())


if __name__ == "__main__":
    unittest.main()
