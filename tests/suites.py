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
    # Whether it uses the release library: then that is built before, and installed into {build}/prefix.
    library: bool = True
    # Whether nothing may run beside it, because it measures.
    alone: bool = False
    # What no two suites can use at once, by any name.
    holds: tuple[str, ...] = ()


BUILD = Suite(
    "build",
    "the release libraries, installed for the other suites",
    ("cargo", "make"),
    ("make install PREFIX={build}/prefix",),
    library=False,
)

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
    BUILD,
    Suite(
        "lint",
        "formatting, lints and types of the Rust and the Python",
        ("cargo", "git", "venv"),
        (
            "cargo fmt --check",
            "cargo clippy --locked --quiet --all-targets -- -D warnings",
            "cargo fmt --check --manifest-path fuzz/Cargo.toml",
            "cargo clippy --quiet --locked --manifest-path fuzz/Cargo.toml --target-dir {build}/fuzz/target --no-default-features --all-targets -- -D warnings",
            "cargo fmt --check --manifest-path tests/models/Cargo.toml",
            "cargo clippy --quiet --locked --manifest-path tests/models/Cargo.toml --target-dir {build}/models --all-targets -- -D warnings",
            "{venv}/bin/ruff check .",
            "{venv}/bin/ruff format --check --exclude *.md .",
            "sh tests/check_types.sh {venv}/bin/mypy",
        ),
        library=False,
        holds=("target/debug", "build/fuzz", "build/models"),
    ),
    Suite(
        "runner",
        "the counting of tests, and the running of suites at once",
        (),
        (
            "{python} -m unittest -v tests/test_closing_lines.py tests/test_scheduling.py",
        ),
        library=False,
    ),
    Suite(
        "rust",
        "unit tests, and the contracts through the extern functions",
        ("cargo",),
        ("cargo test --locked --no-fail-fast",),
        library=False,
        holds=("target/debug",),
    ),
    Suite(
        "supply",
        "crates, packages and plugins: licences, sources, versions, pins, and why each is there",
        ("cargo", "git"),
        ("{python} -m unittest discover -v tests/supply",),
        library=False,
    ),
    Suite(
        "msrv",
        "the library compiles with the oldest Rust that is promised",
        ("cargo",),
        ("sh tests/msrv.sh",),
        library=False,
        holds=("debian",),
    ),
    Suite(
        "fuzz-replay",
        "the fuzz targets over their seeds and over what they found, without a fuzzer",
        ("cargo",),
        (
            "cargo test --locked --manifest-path fuzz/Cargo.toml --target-dir {build}/fuzz/target --no-default-features --no-fail-fast",
        ),
        library=False,
        holds=("build/fuzz",),
    ),
    Suite(
        "loom",
        "every order of events on completions, cancelling, the queue, closing and log lines",
        ("cargo",),
        (
            "cargo test --locked --manifest-path tests/models/Cargo.toml --target-dir {build}/models engine::models -- --nocapture",
        ),
        library=False,
        holds=("build/models",),
    ),
    Suite(
        "scripted",
        "the scripted server itself",
        ("venv",),
        ("{venv}/bin/python -m pytest -p no:cacheprovider tests/scripted",),
        library=False,
    ),
    Suite(
        "header",
        "the C header and what the shared library exports",
        ("cargo", "git", "make", "gcc", "nm", "readelf"),
        ("{python} -m unittest discover -v tests/header",),
        holds=("target/debug",),
    ),
    Suite(
        "abi",
        "the library's symbols and the header's constants are those that abi/ lists",
        ("cargo", "make", "nm"),
        ("{python} -m unittest discover -v tests/abi",),
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
            "{python} tests/c_program.py static {build}/contract-valgrind tests/c/*.c",
            "env MX_TEST_SLOW=1 valgrind --fair-sched=try --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite {build}/contract-valgrind {python} tests/scripted/server.py",
        ),
    ),
    Suite(
        "secrets",
        "no secret stays in memory after an operation",
        ("cargo", "make", "cc", "gcore", "venv"),
        ("{venv}/bin/python -m pytest -p no:cacheprovider tests/secrets",),
    ),
    Suite(
        "hostile",
        "no server leads a secret, or a person, where they may not go",
        ("cargo", "make", "venv"),
        ("{venv}/bin/python -m pytest -p no:cacheprovider tests/hostile",),
    ),
    Suite(
        "soak",
        "seconds of calls against a faulty server, and 10,000 calls at once: `make soak` takes minutes",
        ("cargo", "make", "cc"),
        ("{python} tests/soak/soak.py --seconds 5",),
    ),
    Suite(
        "lifecycle",
        "how processes load, fork, exec and end with the library in them",
        ("cargo", "make", "cc", "c++"),
        ("{python} -m unittest discover -v tests/lifecycle",),
    ),
    Suite(
        "budget",
        "what a request, the library and a client cost, against benches/budget.toml",
        ("cargo", "make", "cc", "valgrind", "strip"),
        ("{python} benches/budget.py",),
        alone=True,
    ),
    Suite(
        "sanitizers",
        "the sanitizers and valgrind report the bugs that are planted for them",
        (*SANITIZER, "cargo", "make", "cc", "nm", "valgrind"),
        ("{python} -m unittest discover -v tests/sanitizers",),
        holds=("target/sanitize",),
    ),
    Suite(
        "c-asan",
        "no memory error, leak or undefined behaviour in the C contracts",
        SANITIZER,
        ("{python} tests/sanitizers/sanitizer.py address c",),
        library=False,
        holds=("target/sanitize",),
    ),
    Suite(
        "c-tsan",
        "no data race in the C contracts",
        SANITIZER,
        ("{python} tests/sanitizers/sanitizer.py thread c",),
        library=False,
        holds=("target/sanitize",),
    ),
    Suite(
        "homeserver",
        "the library against a real Synapse",
        ("cargo", "make", "venv"),
        ("{venv}/bin/python -m pytest -p no:cacheprovider tests/homeserver",),
    ),
    Suite(
        "faults",
        "the table of faults: the network's, TLS's, and what a process is short of",
        ("cargo", "make", "cc", "venv"),
        ("{venv}/bin/python -m pytest -p no:cacheprovider tests/faults",),
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
        ("sh bindings/python/test.sh",),
    ),
    Suite(
        "cpp",
        "the C++ header, its examples and its README's, by g++ and clang++, with sanitizers",
        ("cargo", "make", "cmake", "g++", "venv"),
        ("sh tests/cpp/test.sh",),
    ),
    Suite(
        "swift",
        "the Swift package and its README's examples, under Swift 6",
        ("cargo", "make", "venv"),
        ("sh bindings/swift/test.sh",),
        holds=("debian",),
    ),
    Suite(
        "kotlin",
        "the Kotlin binding, from Java too, its jar and its README's examples",
        ("cargo", "make", "venv", "javac", "mvn"),
        ("sh bindings/kotlin/test.sh",),
    ),
    Suite(
        "generated",
        "the generated parts of the bindings say what the library says",
        ("cargo", "make"),
        (
            "env PYTHONPATH=bindings {python} -m generate --check {release}/libmatrix_capi.so",
        ),
    ),
    Suite(
        "install",
        "the installed tree, by pkg-config and by CMake",
        ("cargo", "make", "cc", "pkg-config", "cmake", "readelf"),
        ("{python} -m unittest discover -v tests/install",),
        holds=("target/debug",),
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
