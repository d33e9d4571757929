"""Measures one thing of every client that can do it, the clients in turn, as often as asked."""

from __future__ import annotations

import functools
import os
import shutil
import statistics
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TypeVar, cast

import large_answer
from callgrind import per_request
from programs import (
    BENCHES,
    BUILD,
    ROOT,
    CommandFailed,
    build_caller,
    build_curl,
    build_large_curl,
    build_large_ours,
    build_launch,
    build_ours,
    build_raw,
    build_server,
    installed,
    run,
    run_client,
    serving,
)

OURS, CURL, RAW, AIOHTTP, C = "ours", "libcurl", "raw", "aiohttp", "C"
# The clients of a large answer: with its bytes kept, and with all of it looked into.
KEPT, WALKED = "libcurl, bytes kept", "ours, walked"
NLOHMANN, YYJSON = "libcurl and nlohmann", "libcurl and yyjson"
SYSTEM_ROOTS = Path("/etc/ssl/certs/ca-certificates.crt")

Measured = dict[str, float]
Method = TypeVar("Method", bound=Callable[..., object])
Runs = Mapping[str, Callable[[], Measured]]


def kept(method: Method) -> Method:
    """Measures once what several rows show: there is one Lab."""
    known: dict[tuple[object, ...], object] = {}

    @functools.wraps(method)
    def wrapper(lab: Lab, *what: object) -> object:
        if what not in known:
            known[what] = method(lab, *what)
        return known[what]

    return cast("Method", wrapper)


class Lab:
    """The programs, built once, and what was measured with them, which is measured once."""

    def __init__(self, repeats: int, quick: bool) -> None:
        self.repeats, self.quick = repeats, quick
        self.stack = ExitStack()
        self.folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory()))
        self.builders = {OURS: build_ours, CURL: build_curl, RAW: build_raw}

    @functools.cached_property
    def clients(self) -> dict[str, Path]:
        return {name: build() for name, build in self.builders.items()}

    @functools.cached_property
    def shared(self) -> dict[str, Path]:
        """The clients as programs usually link them."""
        return {OURS: build_ours(shared=True), CURL: build_curl()}

    @functools.cached_property
    def launch(self) -> Path:
        return build_launch()

    @functools.cached_property
    def server(self) -> Path:
        return build_server(tls=True)

    def in_turn(self, runs: Runs, repeats: int | None = None) -> dict[str, Measured]:
        """The medians of what each run measured."""
        seen: dict[str, list[Measured]] = {name: [] for name in runs}
        for _ in range(repeats or self.repeats):
            for name, once in runs.items():
                seen[name].append(once())
        return {
            name: {key: statistics.median(one[key] for one in many) for key in many[0]}
            for name, many in seen.items()
        }

    def once(
        self,
        client: Path,
        requests: int,
        in_flight: int,
        options: Sequence[str | Path] = (),
        under: Sequence[str | Path] = (),
        serve: Sequence[str | Path] = (),
    ) -> Measured:
        """One run of a client against a server of its own."""
        scheme = "https" if "--tls" in serve else "http"
        with serving(self.server, serve, scheme) as server:
            measured, _ = run_client(
                client, server.url, requests, in_flight, options, under
            )
        cpu = measured["user_s"] + measured["sys_s"] if "user_s" in measured else 0
        return {**measured, "cpu_us": cpu * 1e6 / requests}

    @kept
    def load(self, in_flight: int) -> dict[str, Measured]:
        """Many requests, so many at a time, over connections that are kept."""
        requests = max(4 * in_flight, 4_000 if in_flight == 1 else 16_000)
        requests = max(4 * in_flight, requests // 4) if self.quick else requests
        options = ["--idle", str(max(in_flight, 128))]
        return self.in_turn(
            {
                name: functools.partial(self.once, path, requests, in_flight, options)
                for name, path in self.clients.items()
            }
        )

    @kept
    def instructions(self) -> dict[str, Measured]:
        return self.in_turn(
            {
                name: lambda path=path: {"count": per_request(path, self.server)}  # type: ignore[misc]
                for name, path in self.clients.items()
            },
            min(self.repeats, 3),
        )

    @kept
    def memory(self, in_flight: int) -> dict[str, Measured]:
        """The server answers nobody until all have asked."""

        def once(path: Path) -> Measured:
            options, serve = ["--settle", "2000"], ["--hold", str(in_flight)]
            seen = self.once(path, in_flight, in_flight, options, serve=serve)
            peak = (seen["rss_peak_kb"] - seen["rss_start_kb"]) / in_flight
            after = (seen["rss_after_kb"] - seen["rss_start_kb"]) / 1000
            return {"peak_kb": peak, "after_mb": after}

        return self.in_turn(
            {
                name: functools.partial(once, path)
                for name, path in self.clients.items()
            },
            min(self.repeats, 3),
        )

    @kept
    def trimmed(self) -> Measured:
        """This library after 10,000 held at once, when it gives memory back to the system."""

        def once() -> Measured:
            options, serve = ["--settle", "2000", "--trim", "yes"], ["--hold", "10000"]
            seen = self.once(self.clients[OURS], 10_000, 10_000, options, serve=serve)
            return {"after_mb": (seen["rss_after_kb"] - seen["rss_start_kb"]) / 1000}

        return self.in_turn({OURS: once}, min(self.repeats, 3))[OURS]

    @kept
    def caller(self) -> Measured:
        caller = build_caller()
        return self.in_turn({OURS: lambda: self.once(caller, 500, 50)})[OURS]

    @functools.cached_property
    def certificates(self) -> tuple[Path, Path, Path]:
        """An authority, a certificate for 127.0.0.1 by it, and its key."""
        names = [self.folder / name for name in ("ca.pem", "cert.pem", "key.pem")]
        ca, certificate, key = names
        ca_key = self.folder / "ca-key.pem"
        new = ["openssl", "req", "-x509", "-newkey", "ec", "-nodes", "-days", "30"]
        new += ["-pkeyopt", "ec_paramgen_curve:P-256"]
        run([*new, "-subj", "/CN=benches", "-keyout", ca_key, "-out", ca])
        of_server: list[str | Path] = [*new, "-subj", "/CN=127.0.0.1"]
        of_server += ["-CA", ca, "-CAkey", ca_key, "-keyout", key, "-out", certificate]
        for extension in (
            "subjectAltName=IP:127.0.0.1",
            "basicConstraints=critical,CA:FALSE",
        ):
            of_server += ["-addext", extension]
        run(of_server)
        return ca, certificate, key

    @property
    def tls(self) -> list[str | Path]:
        _, certificate, key = self.certificates
        return ["--tls", certificate, key]

    @kept
    def start(self, how: str) -> dict[str, Measured]:
        """From exec to the first answer, over http, or https with the authority alone or among the system's."""
        options: dict[str, list[str | Path]] = {OURS: [], CURL: []}
        under: dict[str, list[str | Path]] = {OURS: [], CURL: []}
        serve = [] if how == "http" else self.tls
        if how == "own CA":
            options = {name: ["--ca", self.certificates[0]] for name in options}
        elif how == "system roots":
            # Where no roots are given, this library reads the file that SSL_CERT_FILE names, as OpenSSL's programs do.
            # libcurl has no such variable: it is given the same file by name, in place of the one it has built in.
            roots = self.folder / "roots.pem"
            roots.write_bytes(
                SYSTEM_ROOTS.read_bytes() + self.certificates[0].read_bytes()
            )
            options[CURL] = ["--ca", roots]
            under[OURS] = ["env", "-u", "SSL_CERT_DIR", f"SSL_CERT_FILE={roots}"]
        return self.in_turn(
            {
                name: functools.partial(
                    self.once,
                    path,
                    *(1, 1, options[name], [*under[name], self.launch], serve),
                )
                for name, path in self.shared.items()
            },
            4 * self.repeats,
        )

    @kept
    def tls_load(self, what: str) -> dict[str, Measured]:
        """Requests that each make a connection, or answers of a megabyte over some that are kept."""
        requests, in_flight, idle = {
            "handshakes": (800, 16, 0),
            "megabytes": (200, 8, 128),
        }[what]
        requests = requests // 4 if self.quick else requests
        options: list[str | Path] = ["--ca", self.certificates[0], "--idle", str(idle)]
        serve = self.tls + (["--body", "1000000"] if what == "megabytes" else [])

        def once(path: Path) -> Measured:
            seen = self.once(path, requests, in_flight, options, serve=serve)
            return {**seen, "per_second": requests / seen["wall_s"]}

        return self.in_turn(
            {name: functools.partial(once, self.clients[name]) for name in (OURS, CURL)}
        )

    @functools.cached_property
    def sync(self) -> Path:
        """The body of a large answer."""
        return large_answer.write_sync(self.folder)

    @functools.cached_property
    def large(self) -> dict[str, tuple[Path, str]]:
        """Clients of a large answer, each with what it does with it."""
        curl, ours = build_large_curl(), build_large_ours()
        return {
            OURS: (ours, "nothing"),
            CURL: (curl["yyjson"], "dropped"),
            KEPT: (curl["yyjson"], "kept"),
            WALKED: (ours, "walk"),
            NLOHMANN: (curl["nlohmann"], "walk"),
            YYJSON: (curl["yyjson"], "walk"),
        }

    def get_large(self, name: str, requests: int, *serve: str | Path) -> Measured:
        """One client gets the sync that often."""
        client, look = self.large[name]
        options, serve = ["--look", look], ("--file", self.sync, *serve)
        seen = self.once(client, requests, 1, options, serve=serve)
        return {**seen, "cpu_ms": seen["cpu_us"] / 1000}

    @kept
    def large_cpu(self) -> dict[str, Measured]:
        """CPU of each client, for one answer."""
        requests = 5 if self.quick else 20
        seen = self.in_turn(
            {
                name: functools.partial(self.get_large, name, requests)
                for name in self.large
            }
        )
        if len({seen[name]["seen"] for name in (WALKED, NLOHMANN, YYJSON)}) != 1:
            raise CommandFailed(
                "the clients have not seen the same in the large answer"
            )
        return seen

    @kept
    def large_memory(self, *serve: str) -> dict[str, Measured]:
        """The most memory that each client took for the first answer, in bodies and in MB beyond one or two of them."""
        body = self.sync.stat().st_size / 1e6

        def once(name: str) -> Measured:
            seen = self.get_large(name, 1, *serve)
            peak = (seen["rss_peak_kb"] - seen["rss_start_kb"]) * 1024 / 1e6
            return {
                "bodies": peak / body,
                "beyond_1": peak - body,
                "beyond_2": peak - 2 * body,
            }

        return self.in_turn(
            {name: functools.partial(once, name) for name in self.large}
        )

    @kept
    def strings(self, look: str) -> float:
        """How much more CPU an answer of 20,000 strings takes than one of 5,000."""

        def once(count: int) -> Measured:
            body = large_answer.write_strings(self.folder, count)
            options, serve = ["--look", look], ("--file", body)
            return self.once(self.large[OURS][0], 50, 1, options, serve=serve)

        seen = self.in_turn(
            {str(count): functools.partial(once, count) for count in (5_000, 20_000)}
        )
        return seen["20000"]["cpu_us"] / seen["5000"]["cpu_us"]

    @kept
    def python(self) -> dict[str, Measured]:
        """Calls of asyncio, 64 at a time."""
        python = self.folder / "python"
        python.write_text(
            f"#!/bin/sh\nexec '{ROOT}/build/benches/venv/bin/python' \"$@\"\n"
        )
        python.chmod(0o755)
        library = installed() / "lib" / "libmatrix_capi.so"
        environment: list[str | Path] = [
            "env",
            f"MATRIX_CAPI_LIBRARY={library}",
            f"PYTHONPATH={ROOT / 'bindings/python'}",
        ]

        def once(program: str) -> Measured:
            under = [*environment, python]
            seen = self.once(BENCHES / program, 4000, 64, under=under)
            return {**seen, "per_second": seen["requests"] / seen["wall_s"]}

        return self.in_turn(
            {
                OURS: functools.partial(once, "python_client.py"),
                AIOHTTP: functools.partial(once, "aiohttp_client.py"),
            }
        )

    @kept
    def kotlin(self) -> dict[str, Measured]:
        """The binding on the JVM, warm, beside the C that it calls, 64 in flight; builds the jar."""
        pom = ROOT / "bindings" / "kotlin" / "pom.xml"
        classes, lib = self.folder / "classpath", installed() / "lib"
        build: list[str | Path] = [
            "mvn",
            "--batch-mode",
            "--no-transfer-progress",
            "-q",
            "-f",
            pom,
        ]
        build += ["-DskipTests", f"-Dnative.directory={lib}", "package"]
        build += ["dependency:build-classpath", f"-Dmdep.outputFile={classes}"]
        run(build)
        [jar] = [
            path
            for path in (pom.parent / "target").glob("matrix-capi-*.jar")
            if "sources" not in path.name
        ]
        java: list[str | Path] = ["java", "-cp", f"{jar}:{classes.read_text()}"]
        java += [f"-Dmatrix.capi.library={lib / 'libmatrix_capi.so'}"]

        def once(program: Path, under: list[str | Path]) -> Measured:
            return self.once(program, 30_000, 64, under=under)

        return self.in_turn(
            {
                OURS: functools.partial(once, BENCHES / "KotlinClient.java", java),
                C: functools.partial(once, self.clients[OURS], []),
            },
            min(self.repeats, 3),
        )

    @kept
    def swift(self) -> dict[str, Measured]:
        """The binding, warm, beside the C that it calls, 64 in flight; where no Swift 6 is, in the Debian of the tests."""
        prefix = installed()
        inside: list[str | Path] = []
        if shutil.which("swift") is None:
            debian = run([ROOT / "tests/debian/root.sh"]).splitlines()[-1]
            inside = [ROOT / "tests/debian/in-root.sh", debian, ROOT]
        inside += [
            "env",
            f"HOME={BUILD}",
            f"PKG_CONFIG_PATH={prefix / 'lib/pkgconfig'}",
            f"LD_LIBRARY_PATH={prefix / 'lib'}",
        ]
        scratch = BUILD / "swift-client"
        swift = [*inside, "swift", "build", "-c", "release"]
        # Two packages in folders of one name are one to Swift: this one is not called "swift".
        swift += ["--package-path", BENCHES / "swift-client", "--scratch-path", scratch]
        run(swift)

        def once(program: Path, under: list[str | Path]) -> Measured:
            return self.once(program, 30_000, 64, under=under)

        return self.in_turn(
            {
                OURS: functools.partial(once, scratch / "release/SwiftClient", inside),
                C: functools.partial(once, self.clients[OURS], []),
            },
            min(self.repeats, 3),
        )

    def size(self, profile: str) -> float:
        """Bytes of the stripped shared library that this profile makes."""
        run(["make", "build", f"PROFILE={profile}"])
        target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
        stripped = self.folder / "stripped.so"
        run(["strip", "-o", stripped, target / profile / "libmatrix_capi.so"])
        return stripped.stat().st_size

    def needed(self) -> str:
        """The libraries that the shared library needs, without the loader."""
        said = run(["readelf", "-d", installed() / "lib" / "libmatrix_capi.so"])
        names = [
            line.split("[")[1].rstrip("]\n")
            for line in said.splitlines()
            if "(NEEDED)" in line
        ]
        return ", ".join(
            sorted(name.split(".so")[0] for name in names if not name.startswith("ld-"))
        )

    def machine(self) -> str:
        """What this machine is, for the table's heading."""
        model = "unknown processor"
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                model = line.split(":")[1].strip()
                break
        processors = len(os.sched_getaffinity(0))
        system = os.uname()
        curl = run(["curl-config", "--version"]).strip()
        rustc = run(["rustc", "--version"]).split(" (")[0]
        return f"{model}, {processors} processors, {system.sysname} {system.release} {system.machine}, {rustc}, {curl}"
