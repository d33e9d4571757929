"""Builds a C program against the library as it is installed.

    python3 tests/c_program.py shared|static PROGRAM SOURCE...     (a SOURCE may be a pattern, such as 'tests/c/*.c')

The header and libraries come from MATRIX_CAPI_PREFIX, or else from `make install` into build/prefix. CC names the compiler.
"""

from __future__ import annotations

import functools
import glob
import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
STRICT = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"]


class CommandFailed(Exception):
    """A command that had to succeed did not; the message holds what it printed."""


def run(
    command: Iterable[str | Path],
    *,
    cwd: Path = ROOT,
    env: Mapping[str, str] | None = None,
    expect: int = 0,
    timeout: float | None = None,
) -> str:
    """Run a command that must end with the expected code; return all that it printed."""
    words = [str(word) for word in command]
    ended = subprocess.run(
        words,
        cwd=cwd,
        env={**os.environ, **(env or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
        timeout=timeout,
    )
    if ended.returncode != expect:
        raise CommandFailed(
            f"{shlex.join(words)} ended with {ended.returncode}:\n{ended.stdout}"
        )
    return ended.stdout


@functools.cache
def installed() -> Path:
    """Where the library is installed: in MATRIX_CAPI_PREFIX, or, built if it is stale, in build/prefix."""
    if "MATRIX_CAPI_PREFIX" in os.environ:
        return Path(os.environ["MATRIX_CAPI_PREFIX"])
    prefix = BUILD / "prefix"
    run(["make", "install", f"PREFIX={prefix}"])
    return prefix


def version() -> str:
    """The library's version, as cargo has it."""
    said = run(["cargo", "metadata", "--locked", "--no-deps", "--format-version", "1"])
    packages = json.loads(said)["packages"]
    found: str = packages[0]["version"]
    return found


def exported() -> set[str]:
    """The symbols that the installed shared library defines for others."""
    library = installed() / "lib" / "libmatrix_capi.so"
    lines = run(["nm", "-D", "--defined-only", library]).splitlines()
    return {line.split()[-1].split("@")[0] for line in lines}


def system_libraries(prefix: Path) -> list[str]:
    """What the installed package says the static library needs."""
    package = (prefix / "lib/pkgconfig/matrix-capi.pc").read_text(encoding="utf-8")
    [line] = [line for line in package.splitlines() if line.startswith("Libs.private:")]
    return line.split()[1:]


def build(
    link: str,
    program: Path,
    sources: Iterable[Path],
    flags: Iterable[str] = (),
) -> None:
    """Compile sources, C99 unless the flags say otherwise, and link them with the shared or the static library."""
    prefix = installed()
    sources = list(sources)
    is_cpp = any(source.suffix == ".cpp" for source in sources)
    compiler = os.environ.get("CXX", "c++") if is_cpp else os.environ.get("CC", "cc")
    # -pthread: what a program under test may take for granted beyond its language is threads.
    command: list[str | Path] = [*shlex.split(compiler), "-g", "-pthread", *STRICT]
    command += [
        "-std=c++17" if is_cpp else "-std=c99",
        f"-I{prefix / 'include'}",
    ]
    command += [*sources, "-o", program]
    if link == "static":
        command += [prefix / "lib" / "libmatrix_capi.a", *system_libraries(prefix)]
    else:
        command += [
            f"-L{prefix / 'lib'}",
            "-lmatrix_capi",
            f"-Wl,-rpath,{prefix / 'lib'}",
        ]
    program.parent.mkdir(parents=True, exist_ok=True)
    run([*command, *flags])


def main() -> int:
    if len(sys.argv) < 4 or sys.argv[1] not in ("shared", "static"):
        print(__doc__, file=sys.stderr)
        return 2
    try:
        sources = [
            Path(name) for word in sys.argv[3:] for name in sorted(glob.glob(word))
        ]
        if not sources:
            raise CommandFailed(f"there is no {' '.join(sys.argv[3:])}")
        build(sys.argv[1], Path(sys.argv[2]), sources)
    except CommandFailed as failure:
        print(failure, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
