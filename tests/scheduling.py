"""Decides which suites run at once, and ends them all when the run ends."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from typing import TypeVar

from suites import BUILD, Suite

TICK_SECONDS = 0.05

T = TypeVar("T")

# Runs one suite: it yields while the suite's programs run, is closed to stop them, and returns what came of it.
Steps = Generator[None, None, T]


def run_all(
    suites: Iterable[Suite], start: Callable[[Suite], Steps[T]], jobs: int
) -> Iterator[T]:
    """Run suites, at most so many at once, and give what came of each as soon as it ends."""
    waiting = list(suites)
    running: list[tuple[Suite, Steps[T]]] = []
    try:
        while waiting or running:
            while suite := next_to_start(waiting, [one for one, _ in running], jobs):
                waiting.remove(suite)
                running.append((suite, start(suite)))
            for one in list(running):
                try:
                    next(one[1])
                except StopIteration as end:
                    running.remove(one)
                    yield end.value
            time.sleep(TICK_SECONDS)
    finally:
        for _, steps in running:
            steps.close()


def next_to_start(
    waiting: Sequence[Suite], running: Sequence[Suite], jobs: int
) -> Suite | None:
    """The first suite that can run beside those that run; those that run alone come last."""
    if len(running) >= jobs:
        return None
    is_built = BUILD not in (*waiting, *running)
    held = {thing for suite in running for thing in suite.holds}
    for suite in sorted(waiting, key=lambda one: one.alone):
        if (
            held.isdisjoint(suite.holds)
            and (is_built or not suite.library)
            and not (suite.alone and running)
        ):
            return suite
    return None
