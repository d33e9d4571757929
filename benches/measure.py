"""What the Python clients share: the C clients' command line and line of JSON."""

from __future__ import annotations

import json
import resource
import time
from pathlib import Path

REQUEST_PATH = "/_matrix/client/v3/account/password/email/requestToken"
CLIENT_SECRET = "monkeys_are_GREAT.and-so-are-their-32"
EMAIL = "alice@example.org"


def read_load(arguments: list[str]) -> tuple[str, int, int]:
    if len(arguments) != 4:
        raise SystemExit(f"usage: {arguments[0]} URL REQUESTS IN_FLIGHT")
    return arguments[1], int(arguments[2]), int(arguments[3])


def _status(name: str) -> int:
    """A line of /proc/self/status: VmRSS and VmHWM are in kB."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1])
    return -1


class Measure:
    """Measures this process from here to `end`."""

    def __init__(self, requests: int, in_flight: int) -> None:
        self.requests, self.in_flight = requests, in_flight
        self.latencies: list[int] = []
        self.rss_start = _status("VmRSS")
        self.usage = resource.getrusage(resource.RUSAGE_SELF)
        self.start = self.now()

    @staticmethod
    def now() -> int:
        return time.monotonic_ns()

    def answer(self, began: int) -> None:
        """One request that began at that time has its answer."""
        self.latencies.append(self.now() - began)

    def end(self) -> None:
        wall = self.now() - self.start
        usage = resource.getrusage(resource.RUSAGE_SELF)
        if len(self.latencies) != self.requests:
            raise SystemExit(
                f"{len(self.latencies)} answers to {self.requests} requests"
            )
        self.latencies.sort()

        def percentile(percent: int) -> float:
            return self.latencies[(self.requests - 1) * percent // 100] / 1e3

        line = {
            "requests": self.requests,
            "in_flight": self.in_flight,
            "wall_s": wall / 1e9,
            "user_s": usage.ru_utime - self.usage.ru_utime,
            "sys_s": usage.ru_stime - self.usage.ru_stime,
            "p50_us": percentile(50),
            "p99_us": percentile(99),
            "threads": _status("Threads"),
            "rss_start_kb": self.rss_start,
            "rss_peak_kb": _status("VmHWM"),
            "rss_after_kb": _status("VmRSS"),
        }
        print(json.dumps(line))
