"""The goals: what is measured, and how good it must be. To add one, add a row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from lab import (
    CURL,
    KEPT,
    NLOHMANN,
    OURS,
    WALKED,
    YYJSON,
    C,
    Lab,
    Measured,
)

Figures = dict[str, float]
"""By client."""


@dataclass(frozen=True)
class Goal:
    """A row of the table: the most that we may have, and the most of what a peer has; at least, if more is better."""

    name: str
    title: str
    unit: str
    measure: Callable[[Lab], Figures]
    limit: float | None = None
    against: Mapping[str, float] = field(default_factory=dict)
    more_is_better: bool = False
    digits: int = 1
    slow: bool = False
    """Builds what takes minutes the first time: measured when it is named, or with --all."""

    def wanted(self) -> str:
        sign = "≥" if self.more_is_better else "≤"
        parts = [] if self.limit is None else [f"{sign} {self.limit:,.10g}"]
        parts += [f"{sign} {share:g} × {peer}" for peer, share in self.against.items()]
        return ", ".join(parts) or "written down"

    def met(self, figures: Figures) -> bool:
        ours = figures[OURS]
        limits = [] if self.limit is None else [self.limit]
        limits += [figures[peer] * share for peer, share in self.against.items()]
        if self.more_is_better:
            return all(ours >= limit for limit in limits)
        return all(ours <= limit for limit in limits)


def of(measured: Mapping[str, Measured], key: str) -> Figures:
    return {client: figures[key] for client, figures in measured.items()}


def cpu(in_flight: int) -> Callable[[Lab], Figures]:
    return lambda lab: of(lab.load(in_flight), "cpu_us")


def start(how: str) -> Callable[[Lab], Figures]:
    return lambda lab: {
        client: us / 1000 for client, us in of(lab.start(how), "start_us").items()
    }


def tls(what: str, key: str) -> Callable[[Lab], Figures]:
    return lambda lab: of(lab.tls_load(what), key)


def beyond_c(measured: dict[str, Measured]) -> Figures:
    """What a binding's call takes beyond the same call from C."""
    cpu = of(measured, "cpu_us")
    return {OURS: cpu[OURS] - cpu[C], C: cpu[C]}


def kotlin(lab: Lab) -> Figures:
    return beyond_c(lab.kotlin())


def swift(lab: Lab) -> Figures:
    return beyond_c(lab.swift())


def megabytes(profile: str) -> Callable[[Lab], Figures]:
    return lambda lab: {OURS: lab.size(profile) / 1e6}


def got(lab: Lab) -> Figures:
    """A large answer that nobody looks into."""
    cpu = of(lab.large_cpu(), "cpu_ms")
    return {OURS: cpu[OURS], CURL: cpu[CURL], KEPT: cpu[KEPT]}


def walked(measured: dict[str, Measured], key: str) -> Figures:
    """A large answer of which everything is looked into."""
    figures = of(measured, key)
    return {
        OURS: figures[WALKED],
        NLOHMANN: figures[NLOHMANN],
        YYJSON: figures[YYJSON],
    }


def needed(lab: Lab) -> Figures:
    """How many libraries are needed besides libc, libm and libgcc_s."""
    allowed = {"libc", "libm", "libgcc_s"}
    return {OURS: len(set(lab.needed().split(", ")) - allowed)}


GOALS = (
    Goal(
        "instructions",
        "user-space instructions per request, 64 in flight",
        "",
        lambda lab: of(lab.instructions(), "count"),
        against={CURL: 1.0},
        digits=0,
    ),
    Goal("cpu-1", "CPU per request, 1 in flight", "µs", cpu(1)),
    Goal(
        "p50-1",
        "median time of a request, 1 in flight",
        "µs",
        lambda lab: of(lab.load(1), "p50_us"),
    ),
    Goal(
        "cpu-64",
        "CPU per request, 64 in flight",
        "µs",
        cpu(64),
        against={CURL: 1.0},
    ),
    Goal(
        "cpu-1000",
        "CPU per request, 1,000 in flight",
        "µs",
        cpu(1000),
        against={CURL: 1.0},
    ),
    Goal(
        "memory",
        "memory per request in flight, 10,000 at once",
        "KB",
        lambda lab: of(lab.memory(10_000), "peak_kb"),
    ),
    Goal(
        "memory-after",
        "memory above the start, 2 s after those are done",
        "MB",
        lambda lab: of(lab.memory(10_000), "after_mb"),
    ),
    Goal(
        "memory-after-trim",
        "the same with mx_client_options_set_malloc_trim",
        "MB",
        lambda lab: {OURS: lab.trimmed()["after_mb"]},
        limit=10,
    ),
    Goal(
        "threads",
        "threads of an idle client",
        "",
        lambda lab: {OURS: lab.caller()["threads"]},
        limit=2,
        digits=0,
    ),
    Goal(
        "idle",
        "resident memory that an idle client adds, the library's own pages included",
        "MB",
        lambda lab: {OURS: lab.caller()["idle_kb"] / 1000},
        digits=2,
    ),
    Goal(
        "idle-own",
        "of that, memory which no other process can share",
        "MB",
        lambda lab: {OURS: lab.caller()["own_kb"] / 1000},
        digits=2,
    ),
    Goal(
        "submit",
        "submitting one request to an idle library, from the caller's side",
        "µs",
        lambda lab: {OURS: lab.caller()["submit_us"]},
        digits=2,
    ),
    Goal(
        "submit-many",
        "the same, 50 submitted at once",
        "µs",
        lambda lab: {OURS: lab.caller()["submit_many_us"]},
        limit=5,
        digits=2,
    ),
    Goal(
        "start-http",
        "process start to first answer, http",
        "ms",
        start("http"),
        limit=2.2,
        digits=2,
    ),
    Goal(
        "start-own-ca",
        "the same, https with an authority of one's own",
        "ms",
        start("own CA"),
        limit=3.5,
        digits=2,
    ),
    Goal(
        "start-system",
        "the same, https with the system's roots",
        "ms",
        start("system roots"),
        limit=9,
        against={CURL: 0.15},
        digits=2,
    ),
    Goal(
        "handshakes",
        "CPU per request, https, each on a new connection (TLS 1.3, resumed)",
        "µs",
        tls("handshakes", "cpu_us"),
        digits=0,
    ),
    Goal(
        "handshakes-per-second",
        "such requests per second, 16 in flight",
        "",
        tls("handshakes", "per_second"),
        more_is_better=True,
        digits=0,
    ),
    Goal(
        "tls-cpu",
        "CPU per answer of 1 MB over https",
        "µs",
        tls("megabytes", "cpu_us"),
        digits=0,
    ),
    Goal(
        "tls-megabytes",
        "such megabytes per second, 8 in flight (this library checks the JSON)",
        "",
        tls("megabytes", "per_second"),
        more_is_better=True,
        digits=0,
    ),
    Goal(
        "large",
        "CPU per answer of 10.7 MB that is checked and not looked into (libcurl: bytes counted)",
        "ms",
        got,
        against={CURL: 6.5},
    ),
    Goal(
        "large-walk",
        "CPU per answer of 10.7 MB of which every value is looked at",
        "ms",
        lambda lab: walked(lab.large_cpu(), "cpu_ms"),
        against={NLOHMANN: 0.5, YYJSON: 4.5},
    ),
    Goal(
        "large-memory",
        "memory at its peak beyond that body, not looked into",
        "MB",
        lambda lab: {OURS: lab.large_memory()[OURS]["beyond_1"]},
        limit=4,
    ),
    Goal(
        "large-memory-chunked",
        "the same, chunked, beyond twice the body",
        "MB",
        lambda lab: {OURS: lab.large_memory("--chunked")[OURS]["beyond_2"]},
        limit=4,
    ),
    Goal(
        "large-walk-memory",
        "memory at its peak, every value looked at, in bodies",
        "",
        lambda lab: walked(lab.large_memory(), "bodies"),
        limit=3,
        digits=2,
    ),
    Goal(
        "strings-pointer",
        "CPU to get 20,000 strings and read them by JSON pointers, beside that for 5,000",
        "×",
        lambda lab: {OURS: lab.strings("pointer")},
        limit=5,
    ),
    Goal(
        "strings-walk",
        "the same, by walking over them",
        "×",
        lambda lab: {OURS: lab.strings("walk")},
        limit=5,
    ),
    Goal(
        "size",
        "libmatrix_capi.so, stripped",
        "MB",
        megabytes("release"),
        digits=2,
    ),
    Goal(
        "size-small",
        "the same, built with PROFILE=small",
        "MB",
        megabytes("small"),
        digits=2,
    ),
    Goal(
        "needed",
        "libraries it needs besides libc, libm and libgcc_s",
        "",
        needed,
        limit=0,
        digits=0,
    ),
    Goal(
        "python",
        "Python: asyncio calls per second, 64 at a time",
        "",
        lambda lab: of(lab.python(), "per_second"),
        more_is_better=True,
        digits=0,
    ),
    Goal(
        "kotlin",
        "Kotlin: CPU that a call takes on a warm JVM beyond the same call from C",
        "µs",
        kotlin,
        limit=30,
        slow=True,
    ),
    Goal(
        "swift",
        "Swift: CPU that a call takes beyond the same call from C",
        "µs",
        swift,
        limit=10,
        slow=True,
    ),
)
