"""Proves that C projects find an installed library by pkg-config and by CMake, wherever the tree lies."""

from __future__ import annotations

import os
import re
import shutil
import socket
import sys
import tempfile
import unittest
from collections.abc import Iterable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from c_program import ROOT, STRICT, CommandFailed, run, system_libraries, version

EXAMPLE = ROOT / "examples" / "c" / "request_token.c"

PROJECT = """\
cmake_minimum_required(VERSION 3.13)
project(uses_matrix_capi C)
find_package(matrix_capi {version} REQUIRED)
find_package(matrix_capi REQUIRED)
add_executable(app "{source}")
target_link_libraries(app {target})
"""


def closed_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


def dynamic(kind: str, file: Path) -> list[str]:
    """The SONAME or NEEDED entries of a program or library."""
    return re.findall(rf"\({kind}\).*\[(.*)\]", run(["readelf", "-d", file]))


class Tree(unittest.TestCase):
    """Installs into a folder of the class's own; VARIABLES go to make, LIB is where the libraries then lie."""

    VARIABLES: tuple[str, ...] = ("PREFIX={folder}/tree",)
    LIB = "tree/lib"
    folder: Path
    lib: Path

    @classmethod
    def setUpClass(cls) -> None:
        cls.folder = Path(tempfile.mkdtemp(prefix="matrix-capi-install-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.make("install")
        cls.lib = cls.folder / cls.LIB

    @classmethod
    def make(cls, target: str) -> None:
        run(["make", target, *(one.format(folder=cls.folder) for one in cls.VARIABLES)])

    def setUp(self) -> None:
        self.work = Path(tempfile.mkdtemp(prefix="matrix-capi-use-"))
        self.addCleanup(shutil.rmtree, self.work)

    def pkg_config(self, *words: str) -> list[str]:
        env = {"PKG_CONFIG_PATH": str(self.lib / "pkgconfig")}
        return run(["pkg-config", *words, "matrix-capi"], env=env).split()

    def by_pkg_config(self, libraries: Iterable[str]) -> Path:
        program = self.work / "app"
        compiler = [os.environ.get("CC", "cc"), "-std=c99", *STRICT]
        cflags = self.pkg_config("--cflags")
        run([*compiler, *cflags, EXAMPLE, "-o", program, *libraries])
        return program

    def by_cmake(self, target: str, version: str = "") -> Path:
        text = PROJECT.format(source=EXAMPLE, target=target, version=version)
        (self.work / "CMakeLists.txt").write_text(text, encoding="utf-8")
        build = self.work / "build"
        package = self.lib / "cmake" / "matrix_capi"
        run(["cmake", "-S", self.work, "-B", build, f"-Dmatrix_capi_DIR={package}"])
        run(["cmake", "--build", build])
        return build / "app"

    def assert_runs(self, program: Path, *needed: str) -> None:
        ours = [name for name in dynamic("NEEDED", program) if "matrix" in name]
        self.assertEqual(ours, list(needed))
        self.assertIn("usage: request_token", run([program], expect=2))
        nowhere = f"http://127.0.0.1:{closed_port()}"
        ended = run([program, nowhere, "alice@example.org"], expect=1)
        self.assertIn("MX_ERR_CONNECT", ended)


class Uses(Tree):
    """The four ways to use a tree."""

    def soname(self) -> str:
        [name] = dynamic("SONAME", self.lib / "libmatrix_capi.so")
        return name

    def test_a_program_built_by_pkg_config_uses_the_shared_library(self) -> None:
        libraries = [*self.pkg_config("--libs"), f"-Wl,-rpath,{self.lib}"]
        self.assert_runs(self.by_pkg_config(libraries), self.soname())

    def test_a_program_built_by_pkg_config_holds_the_static_library(self) -> None:
        words = self.pkg_config("--static", "--libs")
        self.assertIn("-lmatrix_capi", words)
        static = {"-lmatrix_capi": "-l:libmatrix_capi.a"}
        self.assert_runs(self.by_pkg_config(static.get(word, word) for word in words))

    def test_a_program_built_by_cmake_uses_the_shared_library(self) -> None:
        self.assert_runs(self.by_cmake("matrix_capi::matrix_capi"), self.soname())

    def test_a_program_built_by_cmake_holds_the_static_library(self) -> None:
        self.assert_runs(self.by_cmake("matrix_capi::static"))


class InPrefix(Uses):
    pass


class InDestdir(Uses):
    """As packagers install: the prefix is not where the tree lies now."""

    VARIABLES = ("PREFIX=/opt/matrix", "DESTDIR={folder}/stage")
    LIB = "stage/opt/matrix/lib"


class InMultiarch(Uses):
    VARIABLES = ("PREFIX={folder}/tree", "LIBDIR={folder}/tree/lib/some-linux-gnu")
    LIB = "tree/lib/some-linux-gnu"


class Moved(Uses):
    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        (cls.folder / "tree").rename(cls.folder / "elsewhere")
        cls.lib = cls.folder / "elsewhere" / "lib"


# Of itself it is no tree, so the loader must not find it.
del Uses


class Package(Tree):
    def test_the_tree_holds_what_a_c_project_expects(self) -> None:
        tree = self.folder / "tree"
        found = {
            str(path.relative_to(tree)) for path in tree.rglob("*") if not path.is_dir()
        }
        [soname] = dynamic("SONAME", self.lib / "libmatrix_capi.so")
        self.assertEqual(
            found,
            {
                *(f"include/{header.name}" for header in (ROOT / "include").iterdir()),
                "lib/libmatrix_capi.a",
                "lib/libmatrix_capi.so",
                f"lib/{soname}",
                f"lib/libmatrix_capi.so.{version()}",
                "lib/pkgconfig/matrix-capi.pc",
                "lib/cmake/matrix_capi/matrix_capi-config.cmake",
                "lib/cmake/matrix_capi/matrix_capi-config-version.cmake",
                "share/doc/matrix-capi/LICENSE-APACHE",
                "share/doc/matrix-capi/LICENSE-MIT",
            },
        )

    def test_the_shared_library_is_reached_by_links_within_its_folder(self) -> None:
        [soname] = dynamic("SONAME", self.lib / "libmatrix_capi.so")
        self.assertEqual(os.readlink(self.lib / "libmatrix_capi.so"), soname)
        full = f"libmatrix_capi.so.{version()}"
        self.assertEqual(os.readlink(self.lib / soname), full)

    def test_no_installed_text_names_the_prefix(self) -> None:
        for path in [*self.lib.rglob("*.pc"), *self.lib.rglob("*.cmake")]:
            text = path.read_text(encoding="utf-8")
            self.assertNotIn(str(self.folder), text)
            self.assertNotRegex(text, r"@\w+@")

    def test_pkg_config_knows_the_version(self) -> None:
        self.assertEqual(self.pkg_config("--modversion"), [version()])

    def test_the_package_names_every_system_library_that_rustc_asks_for(self) -> None:
        command = ["cargo", "rustc", "--locked", "--lib", "--crate-type", "staticlib"]
        said = run([*command, "--", "--print", "native-static-libs"])
        asked = re.findall(r"native-static-libs: (.*)", said)
        self.assertTrue(asked, said)
        package = system_libraries(self.folder / "tree")
        self.assertEqual(set(asked[-1].split()) - set(package), set())

    def test_cmake_takes_a_version_that_was_asked_for(self) -> None:
        self.assert_runs(self.by_cmake("matrix_capi::static", version()))

    def test_cmake_takes_a_range_that_holds_the_version(self) -> None:
        self.assert_runs(self.by_cmake("matrix_capi::static", "0.0.1...99"))

    def test_cmake_refuses_a_later_version(self) -> None:
        with self.assertRaisesRegex(CommandFailed, "compatible with requested version"):
            self.by_cmake("matrix_capi::static", "99.0")

    def test_cmake_refuses_a_range_that_ends_before_the_version(self) -> None:
        with self.assertRaisesRegex(CommandFailed, "compatible with requested version"):
            self.by_cmake("matrix_capi::static", f"0.0.1...<{version()}")


class Uninstall(Tree):
    def test_uninstall_removes_what_install_put_there_and_nothing_else(self) -> None:
        other = self.lib / "libother.so"
        other.touch()
        self.make("uninstall")
        left = [path for path in (self.folder / "tree").rglob("*") if not path.is_dir()]
        self.assertEqual(left, [other])

    def test_a_libdir_outside_the_prefix_is_refused(self) -> None:
        command = ["make", "install", "PREFIX=/nowhere/a", "LIBDIR=/nowhere/b"]
        with self.assertRaisesRegex(CommandFailed, "must lie below"):
            run(command)


if __name__ == "__main__":
    unittest.main()
