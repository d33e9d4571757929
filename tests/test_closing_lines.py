"""Proves that the totals of `make test` are what the runners said."""

from __future__ import annotations

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from closing_lines import Count, count

LOGS = {
    "test result: FAILED. 4 passed; 1 failed; 2 ignored; 0 measured; 0 filtered out; finished in 2s": Count(
        4, 1, 2
    ),
    "= 2 passed, 1 deselected, 1 xfailed, 1 xpassed, 2 errors, 1 warning in 62.50s (0:01:02) =": Count(
        2, 3, 1
    ),
    "3 passed in 0.10s": Count(3),
    "Ran 9 tests in 0.003s\n\nFAILED (failures=1, errors=1, skipped=2)": Count(5, 2, 2),
    "Ran 1 test in 0.001s\n\nOK": Count(1),
    "1 passed, 2 failed, 3 skipped": Count(1, 2, 3),
    "so 2 passed, 0 failed was printed\nOK\ntest a ... ok": Count(),
}


class ClosingLines(unittest.TestCase):
    def test_each_runner_is_understood(self) -> None:
        for log, said in LOGS.items():
            with self.subTest(log):
                self.assertEqual(count(log), said)

    def test_the_runners_of_one_log_are_added_up(self) -> None:
        self.assertEqual(count("\n".join(LOGS)), sum(LOGS.values(), Count()))


if __name__ == "__main__":
    unittest.main()
