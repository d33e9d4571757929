"""Runs the faults that need a process of their own, all at once: what a process is short of, its clock, its signals, its network."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from alone import SKIPPED

# The fault, and the program that is alone_NAME.py.
SCENARIOS = {
    "descriptors": "none left, at any point of a client's making and of a call, and during calls",
    "threads": "none more for this user: for a client, for a name, for a large answer",
    "seccomp": "none more for this process, ever",
    "memory": "little of it, and answers of half a gigabyte",
    "clock": "it jumps by years: timeouts, pauses, Retry-After, certificates",
    "signals": "SIGPIPE that kills, and a thousand interruptions a second",
    "names": "unknown, failing, never answered; dead IPv6 first",
    "ports": "none left for another connection",
}


@pytest.fixture(scope="module")
def programs() -> Iterator[dict[str, subprocess.Popen[str]]]:
    started = {}
    surroundings = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    for name in SCENARIOS:
        program = Path(__file__).with_name(f"alone_{name}.py")
        started[name] = subprocess.Popen(
            [sys.executable, str(program)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=surroundings,
        )
    yield started
    for process in started.values():
        process.kill()
        process.communicate()


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_process_that_is_short_of(
    programs: dict[str, subprocess.Popen[str]], name: str
) -> None:
    said, _ = programs[name].communicate(timeout=170)
    if programs[name].returncode == SKIPPED:
        pytest.skip(said.strip())
    assert programs[name].returncode == 0, said
