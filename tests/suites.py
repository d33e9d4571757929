"""The suites that `make test` runs: to add one, add a row."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Suite:
    """A row: what it proves, what it needs (programs, patterns of paths, "venv" for the Python environment with Synapse),
    its commands.

    Commands run one after another from the project's root until one fails. {python} is the Python that runs this,
    {venv} the environment, {build} the folder for what tests build, {release} where the release libraries are.
    """

    name: str
    about: str
    needs: tuple[str, ...]
    commands: tuple[str, ...]
    timeout: float = 1800


# What builds the library under a sanitizer: see tests/sanitizers/sanitizer.py.
SANITIZER = (
    "/usr/bin/cargo",
    "/usr/bin/rustc",
    "/usr/lib/rustlib/src/rust/library/std/Cargo.toml",
    "/usr/lib/llvm-19/lib/clang/19/lib/linux/libclang_rt.tsan-*.a",
    "/usr/lib/llvm-19/bin/ld.lld",
    "clang-19",
    "setarch",
)

SUITES = (
    Suite(
        "lint",
        "formatting, lints and types of the Rust and the Python",
        ("cargo", "git", "venv"),
        (
            "cargo fmt --check",
            "cargo clippy --quiet --all-targets -- -D warnings",
            "{venv}/bin/ruff check .",
            "{venv}/bin/ruff format --check --exclude *.md .",
            "sh tests/check_types.sh {venv}/bin/mypy",
        ),
    ),
    Suite(
        "runner",
        "the counting of tests",
        (),
        ("{python} -m unittest -v tests/test_closing_lines.py",),
    ),
    Suite(
        "rust",
        "unit tests, and the contracts through the extern functions",
        ("cargo",),
        ("cargo test --no-fail-fast",),
    ),
    Suite(
        "scripted",
        "the scripted server itself",
        ("venv",),
        ("{venv}/bin/python -m pytest tests/scripted",),
    ),
    Suite(
        "header",
        "the C header and what the shared library exports",
        ("cargo", "git", "make", "gcc", "nm", "readelf"),
        ("{python} -m unittest discover -v tests/header",),
    ),
    Suite(
        "c-contract-static",
        "the contracts from C, with the static library",
        ("cargo", "make", "cc"),
        (
            "{python} tests/c_program.py static {build}/contract-static tests/c/*.c",
            "{build}/contract-static {python} tests/scripted/server.py",
        ),
    ),
    Suite(
        "c-contract-shared",
        "the contracts from C, with the shared library",
        ("cargo", "make", "cc"),
        (
            "{python} tests/c_program.py shared {build}/contract-shared tests/c/*.c",
            "{build}/contract-shared {python} tests/scripted/server.py",
        ),
    ),
    Suite(
        "c-valgrind",
        "no memory error and no definite leak in the C contracts",
        ("cargo", "make", "cc", "valgrind"),
        (
            "{python} tests/c_program.py static {build}/contract-static tests/c/*.c",
            "env MX_TEST_SLOW=1 valgrind --fair-sched=try --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite {build}/contract-static {python} tests/scripted/server.py",
        ),
    ),
    Suite(
        "sanitizers",
        "the sanitizers and valgrind report the bugs that are planted for them",
        (*SANITIZER, "cargo", "make", "cc", "nm", "valgrind"),
        ("{python} -m unittest discover -v tests/sanitizers",),
    ),
    Suite(
        "c-asan",
        "no memory error, leak or undefined behaviour in the C contracts",
        SANITIZER,
        ("{python} tests/sanitizers/sanitizer.py address c",),
    ),
    Suite(
        "c-tsan",
        "no data race in the C contracts",
        SANITIZER,
        ("{python} tests/sanitizers/sanitizer.py thread c",),
    ),
    Suite(
        "homeserver",
        "the library against a real Synapse",
        ("cargo", "make", "venv"),
        ("make build", "{venv}/bin/python -m pytest tests/homeserver"),
    ),
    Suite(
        "python-smoke",
        "the queue from Python, by ctypes alone",
        ("cargo", "make"),
        ("{python} -m unittest discover -v tests/python",),
    ),
    Suite(
        "python",
        "the Python binding, its wheel and its README's examples",
        ("cargo", "make", "venv"),
        ("make build", "sh bindings/python/test.sh"),
    ),
    Suite(
        "cpp",
        "the C++ header, its examples and its README's, by both compilers, with sanitizers",
        ("cargo", "make", "cmake", "g++", "clang++", "venv"),
        ("make build", "sh tests/cpp/test.sh"),
    ),
    Suite(
        "swift",
        "the Swift package and its README's examples, under Swift 6",
        ("cargo", "make", "venv"),
        ("make build", "sh bindings/swift/test.sh"),
    ),
    Suite(
        "kotlin",
        "the Kotlin binding, from Java too, its jar and its README's examples",
        ("cargo", "make", "venv", "javac", "mvn"),
        ("make build", "sh bindings/kotlin/test.sh"),
    ),
    Suite(
        "generated",
        "the generated parts of the bindings say what the library says",
        ("cargo", "make"),
        (
            "make build",
            "env PYTHONPATH=bindings {python} -m generate --check {release}/libmatrix_capi.so",
        ),
    ),
    Suite(
        "install",
        "the installed tree, by pkg-config and by CMake",
        ("cargo", "make", "cc", "pkg-config", "cmake", "readelf"),
        ("{python} -m unittest discover -v tests/install",),
    ),
    Suite(
        "docs",
        "every code block of README.md and docs/",
        ("cargo", "make", "cc"),
        ("{python} -m unittest discover -v tests/docs",),
    ),
    Suite(
        "demo",
        "make demo, as a newcomer runs it",
        ("cargo", "make", "cc", "venv"),
        ("make demo",),
    ),
)
