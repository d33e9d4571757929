"""Builds the benchmarks' programs, runs the server, and runs clients against it."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

BENCHES = Path(__file__).resolve().parent
ROOT = BENCHES.parent
BUILD = ROOT / "build" / "benches"

sys.path.insert(0, str(ROOT / "tests"))

from c_program import STRICT, CommandFailed, installed, run, system_libraries
from generated_part import replace_parts

__all__ = [
    "BUILD",
    "CommandFailed",
    "build_caller",
    "build_curl",
    "build_large_curl",
    "build_large_ours",
    "build_launch",
    "build_ours",
    "build_raw",
    "build_server",
    "installed",
    "replace_parts",
    "run",
    "run_client",
    "serving",
]

FLAGS = ["-std=c99", "-O2", "-g", *STRICT]


def _compile(
    name: str, sources: Iterable[str | Path], flags: Iterable[str | Path]
) -> Path:
    BUILD.mkdir(parents=True, exist_ok=True)
    program = BUILD / name
    compiler = shlex.split(os.environ.get("CC", "cc"))
    files = [BENCHES / source for source in sources]
    run([*compiler, *FLAGS, *files, "-o", program, *flags])
    return program


def _object(name: str, command: Iterable[str | Path]) -> Path:
    BUILD.mkdir(parents=True, exist_ok=True)
    made = BUILD / f"{name}.o"
    run([*command, "-O2", "-g", "-c", "-o", made])
    return made


def build_server(tls: bool = False) -> Path:
    """The server; with TLS it needs OpenSSL's headers."""
    flags = ["-DWITH_TLS", "-lssl", "-lcrypto"] if tls else []
    name = "server-tls" if tls else "server"
    return _compile(name, ["server.c", "server_peer.c"], flags)


def build_raw() -> Path:
    return _compile("raw", ["raw.c", "measure.c"], [])


def build_curl() -> Path:
    """The client over libcurl, which needs its headers."""
    return _compile("curl", ["curl.c", "measure.c"], ["-lcurl"])


def build_large_curl() -> dict[str, Path]:
    """The clients that get a large answer by libcurl, by what they parse it with."""
    yyjson = Path(run([BENCHES / "needs.sh"]).splitlines()[-1])
    cpp = shlex.split(os.environ.get("CXX", "c++"))
    nlohmann: list[str | Path] = [
        *cpp,
        "-std=c++17",
        *STRICT,
        BENCHES / "large_nlohmann.cpp",
    ]
    # yyjson's own warnings are not ours.
    cc = shlex.split(os.environ.get("CC", "cc"))
    parser: list[str | Path] = [*cc, "-w", yyjson / "yyjson.c"]
    with_yyjson: list[str | Path] = ["large_curl.c", "large_yyjson.c", "measure.c"]
    with_yyjson += [_object("yyjson", parser)]
    with_nlohmann: list[str | Path] = ["large_curl.c", "measure.c"]
    with_nlohmann += [_object("nlohmann", nlohmann)]
    return {
        "yyjson": _compile("large-yyjson", with_yyjson, ["-isystem", yyjson, "-lcurl"]),
        "nlohmann": _compile("large-nlohmann", with_nlohmann, ["-lcurl", "-lstdc++"]),
    }


def build_large_ours() -> Path:
    """The client that gets a large answer by this library."""
    sources = ["large_ours.c", "client.c", "measure.c"]
    return _with_library("large-ours", sources, False)


def build_ours(shared: bool = False) -> Path:
    """The client over this library: the static release library as it is installed, or the shared one."""
    return _with_library("ours", ["ours.c", "client.c", "measure.c"], shared)


def build_caller() -> Path:
    """The program that measures what its caller notices of this library."""
    return _with_library("caller", ["caller.c", "client.c", "measure.c"], False)


def build_launch() -> Path:
    return _compile("launch", ["launch.c", "measure.c"], [])


def _with_library(name: str, sources: Iterable[str], shared: bool) -> Path:
    prefix = installed()
    include, lib = prefix / "include", prefix / "lib"
    flags: list[str | Path]
    if shared:
        name += "-shared"
        flags = [f"-L{lib}", "-lmatrix_capi", f"-Wl,-rpath,{lib}"]
    else:
        flags = [lib / "libmatrix_capi.a", *system_libraries(prefix)]
    return _compile(name, sources, [f"-I{include}", *flags])


@dataclass(frozen=True)
class Seen:
    """What the server saw."""

    connections: int
    requests: int


@dataclass
class Server:
    """A running server; what it saw is known when it has ended."""

    url: str
    seen: Seen | None = None


@contextmanager
def serving(
    program: Path, options: Sequence[str | Path] = (), scheme: str = "http"
) -> Iterator[Server]:
    """Run the server, on a processor of its own where there is more than one."""
    process = subprocess.Popen(
        [program, *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    processors = sorted(os.sched_getaffinity(0))
    if len(processors) > 1:
        os.sched_setaffinity(process.pid, processors[-1:])
    try:
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        if not port:
            raise CommandFailed("the benchmarks' server did not start")
        server = Server(f"{scheme}://127.0.0.1:{port}")
        yield server
    finally:
        # The server ends with its standard input.
        said, _ = process.communicate()
    server.seen = Seen(**json.loads(said))


def run_client(
    client: Path,
    url: str,
    requests: int,
    in_flight: int,
    options: Sequence[str | Path] = (),
    under: Sequence[str | Path] = (),
) -> tuple[dict[str, float], str]:
    """Run a client, on the processors that are not the server's; return what it measured, and its standard error."""
    command = [*under, client, url, str(requests), str(in_flight), *options]
    processors = sorted(os.sched_getaffinity(0))
    ended = subprocess.run(
        [str(word) for word in command],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: os.sched_setaffinity(0, processors[:-1] or processors),
    )
    if ended.returncode != 0:
        raise CommandFailed(
            f"{client.name} ended with {ended.returncode}:\n{ended.stderr}"
        )
    measured: dict[str, float] = json.loads(ended.stdout)
    return measured, ended.stderr
