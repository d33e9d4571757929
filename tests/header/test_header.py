"""Proves that the C header compiles alone everywhere and says exactly what the shared library exports."""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from c_header import functions
from c_program import ROOT, STRICT, exported, installed, run

HEADER = ROOT / "include" / "matrix_capi.h"
LANGUAGES = {"c99": "c", "c11": "c", "c17": "c", "c++17": "c++"}
COMPILERS = {
    "gcc": {"c": "gcc", "c++": "g++"},
    "clang": {"c": "clang", "c++": "clang++"},
}


def declared() -> set[str]:
    """The functions that the header declares."""
    return set(functions(HEADER.read_text(encoding="utf-8")))


class Compiles(unittest.TestCase):
    def compile_alone(self, family: str, standard: str) -> None:
        compiler = COMPILERS[family][LANGUAGES[standard]]
        if shutil.which(compiler) is None:
            self.skipTest(f"no {compiler}")
        for header in sorted((ROOT / "include").glob("*.h")):
            with tempfile.TemporaryDirectory() as folder:
                source = Path(folder) / "alone"
                twice = f'#include "{header.name}"\n' * 2
                source.write_text(twice, encoding="utf-8")
                flags = [
                    "-fsyntax-only",
                    f"-std={standard}",
                    *STRICT,
                    f"-I{header.parent}",
                ]
                run([compiler, *flags, "-x", LANGUAGES[standard], source])


def add_compiler_tests() -> None:
    for family in COMPILERS:
        for standard in LANGUAGES:

            def test(
                self: Compiles, family: str = family, standard: str = standard
            ) -> None:
                self.compile_alone(family, standard)

            named = (
                f"test_the_header_compiles_alone_and_twice_as_{standard}_in_{family}"
            )
            setattr(Compiles, named.replace("+", "p"), test)


add_compiler_tests()


class Library(unittest.TestCase):
    def test_the_shared_library_exports_every_function_of_the_header_and_nothing_else(
        self,
    ) -> None:
        self.assertIn("mx_version", declared())
        self.assertEqual(declared(), exported())

    def test_every_exported_name_begins_with_mx(self) -> None:
        self.assertEqual(
            [name for name in exported() if not name.startswith("mx_")], []
        )

    def test_the_name_that_programs_record_is_the_one_that_is_installed(self) -> None:
        library = installed() / "lib" / "libmatrix_capi.so"
        dynamic = run(["readelf", "-d", library])
        names = re.findall(r"\(SONAME\).*\[(.*)\]", dynamic)
        self.assertRegex(" ".join(names), r"^libmatrix_capi\.so\.\d+$")
        self.assertEqual((library.parent / names[0]).resolve(), library.resolve())

    def test_the_shared_library_stays_loaded_after_dlclose(self) -> None:
        dynamic = run(["readelf", "-d", installed() / "lib" / "libmatrix_capi.so"])
        self.assertRegex(dynamic, r"\(FLAGS_1\).*\bNODELETE\b")


if __name__ == "__main__":
    unittest.main()
