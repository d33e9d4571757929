"""Soaks the library: minutes of calls against a server full of faults, then ten thousand calls in flight at once.

    python3 tests/soak/soak.py [--seconds N] [--seed N] [--in-flight N]

The seed, which is printed, repeats the server's choices and those of each of the program's threads.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import shlex
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from c_program import BUILD, ROOT, STRICT, CommandFailed, build, run

SOAK = ROOT / "tests" / "soak"
BENCHES = ROOT / "benches"
PROGRAMS = BUILD / "soak"


def compile_server(name: str, sources: Iterable[Path]) -> Path:
    program = PROGRAMS / name
    compiler = shlex.split(os.environ.get("CC", "cc"))
    run([*compiler, "-std=c99", "-O2", *STRICT, *sources, "-o", program])
    return program


@contextlib.contextmanager
def serving(program: Path, *arguments: str) -> Iterator[str]:
    """The server's base URL; it ends with its standard input, and says what it did."""
    with subprocess.Popen(
        [program, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdin and server.stdout
        try:
            yield f"http://127.0.0.1:{server.stdout.readline().strip()}"
        finally:
            server.stdin.close()
            print(f"the server: {server.stdout.read().strip()}", flush=True)


def run_program(program: Path, *arguments: str) -> bool:
    sys.stdout.flush()
    # glibc gives new threads new arenas, up to eight a processor. That growth, while the library's threads end and start
    # anew, is not what is measured here.
    environment = {**os.environ, "MALLOC_ARENA_MAX": "2"}
    ended = subprocess.run(
        [program, *arguments], stdin=subprocess.DEVNULL, env=environment, check=False
    )
    if ended.returncode not in (0, 1):
        print(f"FAIL {program.name} ended with {ended.returncode}")
        print("0 passed, 1 failed")
    return ended.returncode == 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    parser.add_argument("--in-flight", type=int, default=10_000)
    arguments = parser.parse_args()

    PROGRAMS.mkdir(parents=True, exist_ok=True)
    gauges = SOAK / "gauges.c"
    try:
        parts = ("soak.c", "books.c", "places.c", "resets.c", "logs.c")
        soak, flight = PROGRAMS / "soak", PROGRAMS / "flight"
        build("shared", soak, [*(SOAK / part for part in parts), gauges])
        build("shared", flight, [SOAK / "flight.c", gauges])
        faulty = compile_server("server", [SOAK / "server.c", SOAK / "faults.c"])
        patient = compile_server(
            "holding-server", [BENCHES / "server.c", BENCHES / "server_peer.c"]
        )
    except CommandFailed as failure:
        print(failure, file=sys.stderr)
        return 1

    seconds, seed = str(arguments.seconds), str(arguments.seed)
    print(f"{seconds} s of calls, with --seed {seed}")
    with serving(faulty, seed) as url:
        held = run_program(soak, url, seconds, seed)
    in_flight = str(arguments.in_flight)
    print(f"{in_flight} calls in flight at once")
    with serving(patient, "--hold", in_flight) as url:
        held = run_program(flight, url, in_flight) and held
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
