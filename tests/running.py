"""Runs one suite: its commands one after another, each in a process group that is stopped whole, into one log."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from closing_lines import Count, count
from scheduling import Steps
from suites import Suite

ROOT = Path(__file__).resolve().parent.parent
STOP_SECONDS = 10


@dataclass
class Outcome:
    suite: Suite
    count: Count
    seconds: float
    # What its programs computed, as far as they were waited for; the rest of its time it waited, or others computed.
    cpu: float = 0
    how: str = "ran"
    log: Path | None = None


def run_suite(
    suite: Suite,
    commands: Iterable[list[str]],
    environment: Mapping[str, str],
    path: Path,
) -> Steps[Outcome]:
    """Run a suite's commands until one fails, and count the tests in their log."""
    started = time.monotonic()
    wrong = ""
    cpu = 0.0
    with path.open("wb") as log:
        for words in commands:
            left = suite.timeout - (time.monotonic() - started)
            wrong, used = yield from run_command(words, environment, log, left)
            cpu += used
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
    return Outcome(suite, counted, time.monotonic() - started, cpu, how, path)


def run_command(
    words: list[str], environment: Mapping[str, str], log: IO[bytes], seconds: float
) -> Steps[tuple[str, float]]:
    """Run one command to its end; say what went wrong, or nothing, and its CPU seconds."""
    log.write(f"$ {shlex.join(words)}\n".encode())
    log.flush()
    try:
        process = subprocess.Popen(
            words,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError as error:
        return str(error), 0
    until = time.monotonic() + max(seconds, 1)
    try:
        while (used := cpu_seconds_once_ended(process)) is None:
            if time.monotonic() > until:
                return "took too long and was stopped", 0
            yield
    finally:
        stop(process)
    code = process.returncode
    return "" if code == 0 else f"{Path(words[0]).name} ended with {code}", used


def cpu_seconds_once_ended(process: subprocess.Popen[bytes]) -> float | None:
    """Like poll, but gives what the process and those that it waited for have computed."""
    ended, status, used = os.wait4(process.pid, os.WNOHANG)
    if ended == 0:
        return None
    process.returncode = os.waitstatus_to_exitcode(status)
    return used.ru_utime + used.ru_stime


def stop(process: subprocess.Popen[bytes]) -> None:
    """Stop a process that still runs with its whole group, so that no server that a suite started is left behind."""
    if process.returncode is not None:
        return
    os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(timeout=STOP_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
