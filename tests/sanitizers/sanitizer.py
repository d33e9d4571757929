"""Builds and runs the tests under a sanitizer that sees the Rust code as well as the C.

    python3 tests/sanitizers/sanitizer.py address|thread c|rust

"c" is the C contract suite with the static library, "rust" is `cargo test`. "address" looks for memory errors and leaks, and
for undefined behaviour in the C; "thread" for data races, with the standard library rebuilt so that it is seen into. Both
need a compiler that takes unstable flags without being a nightly, its standard library's source, and a clang with its
runtime: on Debian the packages rustc-web, cargo-web, rust-web-src, clang-19, lld-19 and libclang-rt-19-dev.
"""

from __future__ import annotations

import functools
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from c_program import BUILD, ROOT, STRICT, CommandFailed, run

RUSTC = "/usr/bin/rustc"
CARGO = "/usr/bin/cargo"
CLANG = "clang-19"
# For both sanitizers, so that what runs on the host, such as build.rs and what it needs, is built once.
TARGET = ROOT / "target" / "sanitize"


@dataclass(frozen=True)
class Sanitizer:
    """How rustc and clang name it, how the C is compiled, what else cargo is told, and how programs run."""

    name: str
    c_flags: tuple[str, ...]
    cargo_flags: tuple[str, ...] = ()
    wrapper: tuple[str, ...] = ()
    options: dict[str, str] = field(default_factory=dict)


SANITIZERS = {
    "address": Sanitizer(
        "address",
        ("-fsanitize=address,undefined", "-fno-sanitize-recover=all"),
        options={
            "ASAN_OPTIONS": "detect_stack_use_after_return=1:strict_string_checks=1",
            "UBSAN_OPTIONS": "print_stacktrace=1",
            # What a forked child leaks, it leaks on purpose.
            "MX_TEST_LEAKS": "1",
        },
    ),
    "thread": Sanitizer(
        "thread",
        ("-fsanitize=thread",),
        cargo_flags=("-Zbuild-std",),
        # The runtime does not know every layout that a randomised address space can have.
        wrapper=("setarch", "-R"),
        # Forking many times is very slow under it, hence fewer rounds.
        options={"TSAN_OPTIONS": "die_after_fork=0", "MX_TEST_SLOW": "1"},
    ),
}


@functools.cache
def host() -> str:
    """The target for which rustc builds by itself."""
    match = re.search(r"^host: (.*)$", run([RUSTC, "-vV"]), re.MULTILINE)
    if match is None:
        raise CommandFailed(f"{RUSTC} does not say its host")
    return match[1]


def environment(sanitizer: Sanitizer) -> dict[str, str]:
    """For cargo, and for the programs that it runs."""
    target = host().replace("-", "_")
    link = ("-fuse-ld=lld", f"-fsanitize={sanitizer.name}", "-lm")
    rust_flags = [
        f"-Zsanitizer={sanitizer.name}",
        "-Zexternal-clangrt",
        "-Cforce-frame-pointers=yes",
        f"-Clinker={CLANG}",
        *(f"-Clink-arg={flag}" for flag in link),
        "--cfg planted_bugs",
    ]
    options = {
        name: f"{value}:external_symbolizer_path={shutil.which('addr2line') or ''}"
        if name.endswith("SAN_OPTIONS")
        else value
        for name, value in sanitizer.options.items()
    }
    return {
        **os.environ,
        **options,
        "RUSTC": RUSTC,
        "RUSTC_BOOTSTRAP": "1",
        "RUSTFLAGS": " ".join(rust_flags),
        "CARGO_TARGET_DIR": str(TARGET),
        "CARGO_PROFILE_DEV_DEBUG": "line-tables-only",
        "CARGO_PROFILE_DEV_OPT_LEVEL": "1",
        # ring's C is instrumented, too.
        f"CC_{target}": CLANG,
        f"CFLAGS_{target}": f"-fsanitize={sanitizer.name} -fno-omit-frame-pointer",
    }


def cargo(sanitizer: Sanitizer, *words: str) -> None:
    """Run cargo with the sanitizer, in the sight of the user."""
    command = [*sanitizer.wrapper, CARGO, *words, *sanitizer.cargo_flags]
    command += ["--target", host()]
    ended = subprocess.run(
        command,
        cwd=ROOT,
        env=environment(sanitizer),
        stdin=subprocess.DEVNULL,
        check=False,
    )
    if ended.returncode != 0:
        raise CommandFailed(f"{shlex.join(command)} ended with {ended.returncode}")


@functools.cache
def library(name: str) -> Path:
    """Build the static library with a sanitizer."""
    cargo(SANITIZERS[name], "build", "--lib")
    return TARGET / host() / "debug" / "libmatrix_capi.a"


def program(
    name: str, source_names: Iterable[str], defines: Iterable[str] = ()
) -> Path:
    """Build a C program with a sanitizer and the library; leave it alone if it is newer than all it is made of."""
    sources = [path for word in source_names for path in sorted(ROOT.glob(word))]
    made = BUILD / "sanitize" / f"{sources[0].parent.name}-{name}"
    archive = library(name)
    parts = [*sources, *ROOT.glob("tests/c/*.h"), *ROOT.glob("include/*.h")]
    newest = max(part.stat().st_mtime for part in [*parts, archive, Path(__file__)])
    if made.exists() and made.stat().st_mtime > newest:
        return made
    made.parent.mkdir(parents=True, exist_ok=True)
    command: list[str | Path] = [CLANG, "-std=c99", "-g1", "-O1", *STRICT, *defines]
    command += ["-fno-omit-frame-pointer", "-pthread", "-fuse-ld=lld"]
    command += [*SANITIZERS[name].c_flags, f"-I{ROOT / 'include'}", *sources, archive]
    run([*command, "-lgcc_s", "-lm", "-ldl", "-o", made])
    return made


def without_leaks(sanitizer: Sanitizer) -> Sanitizer:
    """The Rust tests give the library callbacks that live for ever; leaks are looked for in the C contracts."""
    asan = sanitizer.options.get("ASAN_OPTIONS", "") + ":detect_leaks=0"
    return replace(sanitizer, options={**sanitizer.options, "ASAN_OPTIONS": asan})


def main() -> int:
    if len(sys.argv) != 3 or sys.argv[1] not in SANITIZERS:
        print(__doc__, file=sys.stderr)
        return 2
    sanitizer = SANITIZERS[sys.argv[1]]
    try:
        if sys.argv[2] == "rust":
            cargo(without_leaks(sanitizer), "test", "--no-fail-fast")
            return 0
        suite = program(sanitizer.name, ["tests/c/*.c"])
    except CommandFailed as failure:
        print(failure, file=sys.stderr)
        return 1
    command = [
        *sanitizer.wrapper,
        str(suite),
        sys.executable,
        "tests/scripted/server.py",
    ]
    return subprocess.run(
        command, cwd=ROOT, env=environment(sanitizer), check=False
    ).returncode


if __name__ == "__main__":
    sys.exit(main())
