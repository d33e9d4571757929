"""Proves that the sanitizers and valgrind are on: each reports the mistakes that are planted for it, and nothing else."""

from __future__ import annotations

import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from c_program import BUILD, ROOT, build, installed, run
from sanitizer import SANITIZERS, environment, library, program

# Crates, and one object of ring's C, that a request goes through.
INSTRUMENTED = {"matrix_capi", "tokio", "hyper", "reqwest", "rustls", "curve25519"}
STANDARD = {"core", "alloc", "std"}


class Reports(unittest.TestCase):
    """What the tools share: how a planted mistake ends."""

    command: list[str]
    env: dict[str, str] | None = None

    def ends(self, mistake: str) -> tuple[int, str]:
        ended = subprocess.run(
            [*self.command, mistake],
            cwd=ROOT,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=300,
            check=False,
        )
        return ended.returncode, ended.stdout

    def silent(self) -> None:
        self.assertEqual((0, "made it\n"), self.ends("nothing"))

    def reported(self, mistake: str, words: str) -> None:
        code, output = self.ends(mistake)
        self.assertNotEqual(0, code, output)
        self.assertIn(words, output)


def instrumented(name: str, symbol: str) -> set[str]:
    """The crates, and the objects of ring's, of a static library that call the sanitizer."""
    lines = run(
        ["nm", "--print-file-name", "--undefined-only", library(name)]
    ).splitlines()
    members = {
        line.split(":")[1] for line in lines if line.split()[-1].startswith(symbol)
    }
    return {member.rsplit("-", 1)[-1].split(".")[0] for member in members} | {
        member.split("-")[0] for member in members
    }


class Address(Reports):
    @classmethod
    def setUpClass(cls) -> None:
        cls.command = [
            str(program("address", ["tests/sanitizers/planted.c"], ["-DPLANTED_BUGS"]))
        ]
        cls.env = environment(SANITIZERS["address"])

    def test_a_program_without_a_mistake_is_silent(self) -> None:
        self.silent()

    def test_an_overflow_in_the_library_is_reported(self) -> None:
        self.reported("rust_overflow", "AddressSanitizer: heap-buffer-overflow")

    def test_a_use_after_free_in_the_library_is_reported(self) -> None:
        self.reported("rust_use_after_free", "AddressSanitizer: heap-use-after-free")

    def test_a_use_of_a_freed_object_is_reported(self) -> None:
        self.reported("freed_object", "AddressSanitizer: heap-use-after-free")

    def test_a_leak_in_the_library_is_reported(self) -> None:
        self.reported("rust_leak", "LeakSanitizer: detected memory leaks")

    def test_a_lost_object_is_reported(self) -> None:
        self.reported("lost_object", "LeakSanitizer: detected memory leaks")

    def test_undefined_behaviour_in_the_library_is_noticed_by_the_checks_of_std(
        self,
    ) -> None:
        self.reported("rust_undefined", "unsafe precondition(s) violated")

    def test_an_overflow_in_c_is_reported(self) -> None:
        self.reported("overflow", "AddressSanitizer: heap-buffer-overflow")

    def test_undefined_behaviour_in_c_is_reported(self) -> None:
        self.reported("undefined", "runtime error: signed integer overflow")

    def test_every_crate_is_instrumented(self) -> None:
        self.assertLessEqual(
            INSTRUMENTED, instrumented("address", "__asan_report_load")
        )


class Thread(Reports):
    @classmethod
    def setUpClass(cls) -> None:
        sanitizer = SANITIZERS["thread"]
        made = program("thread", ["tests/sanitizers/planted.c"], ["-DPLANTED_BUGS"])
        cls.command = [*sanitizer.wrapper, str(made)]
        cls.env = environment(sanitizer)

    def test_a_program_without_a_mistake_is_silent(self) -> None:
        self.silent()

    def test_a_race_in_the_library_is_reported(self) -> None:
        self.reported("rust_race", "ThreadSanitizer: data race")

    def test_a_race_of_the_library_with_std_is_reported(self) -> None:
        self.reported("rust_race_with_std", "ThreadSanitizer: data race")

    def test_a_race_in_c_is_reported(self) -> None:
        self.reported("race", "ThreadSanitizer: data race")

    def test_every_crate_and_the_standard_library_is_instrumented(self) -> None:
        self.assertLessEqual(
            INSTRUMENTED | STANDARD, instrumented("thread", "__tsan_func_entry")
        )


class Memcheck(Reports):
    """Valgrind looks at the library as it is shipped, so the mistakes are the program's."""

    @classmethod
    def setUpClass(cls) -> None:
        made = BUILD / "sanitize" / "planted-shipped"
        build("static", made, [ROOT / "tests/sanitizers/planted.c"])
        cls.command = [
            "valgrind",
            "--quiet",
            "--error-exitcode=99",
            "--leak-check=full",
        ]
        cls.command += ["--errors-for-leak-kinds=definite", str(made)]

    def test_a_program_without_a_mistake_is_silent(self) -> None:
        self.silent()

    def test_a_use_of_a_freed_object_is_reported(self) -> None:
        self.reported("freed_object", "Invalid write of size")

    def test_a_lost_object_is_reported(self) -> None:
        self.reported("lost_object", "definitely lost")

    def test_an_overflow_in_c_is_reported(self) -> None:
        self.reported("overflow", "Invalid read of size")

    def test_a_leak_in_c_is_reported(self) -> None:
        self.reported("leak", "definitely lost")

    def test_a_use_of_uninitialised_memory_in_c_is_reported(self) -> None:
        self.reported("uninitialised", "depends on uninitialised value")


class Shipped(unittest.TestCase):
    def test_no_planted_bug_is_in_a_library_that_is_shipped(self) -> None:
        for name in ("libmatrix_capi.a", "libmatrix_capi.so"):
            # Bytes, because not every nm can read every object that link-time optimisation left.
            shipped = (installed() / "lib" / name).read_bytes()
            self.assertIn(b"mx_version", shipped)
            self.assertNotIn(b"mx_planted", shipped)


if __name__ == "__main__":
    unittest.main()
