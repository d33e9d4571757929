"""Proves that a program compiled with the header of an earlier version goes on with today's library.

abi/matrix_capi-VERSION.h is the header of that version. abidiff compares the two interfaces by their debug information: not by
the Rust library's, which describes private structs and changes with the compiler, but by that of a C library which defines
each function just as the header declares it. That the header is the library's own is shown by the suite "header".
"""

from __future__ import annotations

import os
import re
import shlex
import sys
import unittest
from pathlib import Path

sys.path[:0] = [
    str(Path(__file__).resolve().parent),
    str(Path(__file__).resolve().parents[1]),
]

from c_header import functions
from c_program import BUILD, ROOT, build, run
from lists import HEADER, later_than

OLDER = sorted((ROOT / "abi").glob("matrix_capi-*.h"))
C_TESTS = sorted((ROOT / "tests" / "c").glob("*.c"))
TABLES = re.compile(r"^const struct test (\w+)\[\]", re.MULTILINE)


def version(header: Path) -> str:
    return header.stem.partition("-")[2]


def folder_of(header: Path) -> Path:
    """A folder of the header's own, in which it has the name by which programs include it."""
    folder = BUILD / "abi" / header.stem
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "matrix_capi.h").write_bytes(header.read_bytes())
    return folder


def interface(header: Path) -> Path:
    """A library with debug information whose functions are those of the header, and do nothing."""
    folder = folder_of(header)
    lines = ["#include <matrix_capi.h>", "#include <stdlib.h>"]
    declared = functions(header.read_text(encoding="utf-8"))
    lines += [f"{how} {{ abort(); }}" for how in declared.values()]
    (folder / "interface.c").write_text("\n".join([*lines, ""]), encoding="utf-8")
    compiler = shlex.split(os.environ.get("CC", "cc"))
    flags = ["-std=c99", "-g", "-O0", "-shared", "-fPIC", f"-I{folder}"]
    library = folder / "interface.so"
    run([*compiler, *flags, folder / "interface.c", "-o", library])
    return library


def contract(header: Path) -> Path:
    """The C contracts, compiled with the header: all files that use nothing newer, the tables of the others being empty."""
    newer = later_than(version(header))
    sources, left_out = [], ""
    for source in C_TESTS:
        text = source.read_text(encoding="utf-8")
        if newer.isdisjoint(re.findall(r"\w+", text)):
            sources.append(source)
        else:
            tables = TABLES.findall(text)
            left_out += "".join(f"const struct test {one}[1];\n" for one in tables)
    folder = folder_of(header)
    stub = folder / "left_out.c"
    stub.write_text(f'#include "harness.h"\n{left_out}', encoding="utf-8")
    program = folder / "contract"
    flags = [f"-I{ROOT / 'tests' / 'c'}"]
    build("shared", program, [*sources, stub], flags, include=folder)
    return program


class OlderHeaders(unittest.TestCase):
    def test_there_is_one(self) -> None:
        self.assertNotEqual(OLDER, [])

    def test_no_function_has_gone_or_takes_or_gives_another_type(self) -> None:
        now = interface(HEADER)
        for header in OLDER:
            with self.subTest(version(header)):
                run(["abidiff", "--no-added-syms", interface(header), now])

    def test_the_c_contracts_compiled_with_it_hold(self) -> None:
        server = ROOT / "tests" / "scripted" / "server.py"
        for header in OLDER:
            with self.subTest(version(header)):
                said = run([contract(header), sys.executable, server])
                print(f"with {header.name}:", said.splitlines()[-1])


if __name__ == "__main__":
    unittest.main()
