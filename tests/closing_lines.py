"""Counts the tests of a suite by the closing lines that its runners print."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Count:
    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __add__(self, other: Count) -> Count:
        return Count(
            self.passed + other.passed,
            self.failed + other.failed,
            self.skipped + other.skipped,
        )


CARGO = re.compile(r"test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored;")
OURS = re.compile(r"(\d+) passed, (\d+) failed(?:, (\d+) skipped)?")
PYTEST = re.compile(r"(?:=+ )?((?:\d+ [a-z]+, )*\d+ [a-z]+) in [\d.]+s\b.*")
UNITTEST_RAN = re.compile(r"Ran (\d+) tests? in [\d.]+s")
UNITTEST_VERDICT = re.compile(r"(?:OK|FAILED)(?: \((.*)\))?")

# What pytest and unittest call a test that neither simply passed nor simply failed.
FAILED = ("failed", "error", "errors", "failures", "unexpected successes", "xpassed")
SKIPPED = ("skipped", "xfailed", "expected failures")


def count(log: str) -> Count:
    """Add up every closing line in a log; an empty count if there is none."""
    total = Count()
    ran = 0
    for line in log.splitlines():
        if match := CARGO.match(line) or OURS.fullmatch(line):
            total += Count(*(int(number or 0) for number in match.groups()))
        elif match := PYTEST.fullmatch(line):
            words = (part.split(" ") for part in match[1].split(", "))
            parts = {name: int(number) for number, name in words}
            total += sort(parts, parts.get("passed", 0))
        elif match := UNITTEST_RAN.fullmatch(line):
            ran = int(match[1])
        elif ran and (match := UNITTEST_VERDICT.fullmatch(line)):
            words = (part.split("=") for part in (match[1] or "").split(", ") if part)
            parts = {name: int(number) for name, number in words}
            total += sort(parts, ran - sum(parts.values()))
            ran = 0
    return total


def sort(parts: dict[str, int], passed: int) -> Count:
    failed = sum(number for name, number in parts.items() if name in FAILED)
    skipped = sum(number for name, number in parts.items() if name in SKIPPED)
    return Count(passed, failed, skipped)
