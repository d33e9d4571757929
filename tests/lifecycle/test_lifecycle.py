"""Proves that the library bears how processes load, fork, exec and end.

Each C or C++ file here is a program of several scenes. A scene must end by a number that nothing else ends by, and in time.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from c_program import BUILD, STRICT, build, installed, run
from scripted_server import SECONDS, scripted_server

HERE = Path(__file__).resolve().parent
PROGRAMS = BUILD / "lifecycle"
SCENE = HERE / "scene.c"
LOADED = HERE / "loaded.c"

AS_PROMISED = 7
# What a process ends by whose main thread has ended and whose others then end.
WITHOUT_EXIT = {"and-the-others-end", "and-a-callback-frees-the-last-client"}


@unittest.skipUnless(sys.platform == "linux", "the programs look into Linux's /proc")
class Lifecycle(unittest.TestCase):
    answering: str
    hanging: str
    libraries: dict[str, str]

    @classmethod
    def setUpClass(cls) -> None:
        servers = contextlib.ExitStack()
        cls.addClassCleanup(servers.close)
        versions = {"json": {"versions": ["v1.11"]}}
        cls.answering = servers.enter_context(scripted_server(versions))
        cls.hanging = servers.enter_context(scripted_server({"hang": True}))
        PROGRAMS.mkdir(parents=True, exist_ok=True)
        cls.libraries = {}
        for variable in ("LIBRARY", "OTHER_LIBRARY"):
            copy = PROGRAMS / f"{variable.lower()}.so"
            shutil.copyfile(installed() / "lib" / "libmatrix_capi.so", copy)
            cls.libraries[variable] = str(copy)

    def play(self, program: Path) -> None:
        listed = subprocess.run(
            [program], stdout=subprocess.PIPE, text=True, check=False
        )
        scenes = listed.stdout.split()
        self.assertTrue(scenes)
        for scene in scenes:
            with self.subTest(scene=scene):
                ended = subprocess.run(
                    [program, scene, self.answering, self.hanging],
                    stdin=subprocess.DEVNULL,
                    capture_output=True,
                    text=True,
                    check=False,
                    timeout=SECONDS,
                    env={**os.environ, **self.libraries},
                )
                expected = 0 if scene in WITHOUT_EXIT else AS_PROMISED
                said = ended.stdout + ended.stderr
                self.assertEqual((ended.returncode, said), (expected, ""))

    def play_c(self, name: str, *more: Path, link: str = "shared") -> None:
        program = PROGRAMS / f"{name}-{link}"
        flags = ["-rdynamic"] if link == "static" else []
        build(link, program, [HERE / f"{name}.c", SCENE, *more], flags)
        self.play(program)

    def test_the_library_is_loaded_and_unloaded_a_thousand_times(self) -> None:
        self.play_c("load", LOADED)

    def test_two_copies_live_in_one_process(self) -> None:
        self.play_c("copies", LOADED)

    def test_a_program_with_the_static_library_may_load_the_shared_one(self) -> None:
        self.play_c("copies", LOADED, link="static")

    def test_a_program_executed_with_calls_in_flight_gets_no_descriptor(self) -> None:
        self.play_c("exec")

    def test_the_process_may_be_left_at_any_time(self) -> None:
        self.play_c("leave")

    def test_exit_handlers_and_thread_destructors_may_use_the_library(self) -> None:
        self.play_c("late")

    def test_the_same_with_the_static_library(self) -> None:
        self.play_c("leave", link="static")
        self.play_c("late", link="static")

    def test_the_main_thread_may_end_first(self) -> None:
        self.play_c("main_ends")

    def test_destructors_of_cpp_objects_may_use_and_free_clients(self) -> None:
        program = PROGRAMS / "statics"
        compiled = PROGRAMS / "scene.o"
        compiler = shlex.split(os.environ.get("CC", "cc"))
        include = f"-I{installed() / 'include'}"
        run(
            [*compiler, "-g", "-std=c99", *STRICT, include, "-c", SCENE, "-o", compiled]
        )
        build("shared", program, [HERE / "statics.cpp"], [str(compiled)])
        self.play(program)


if __name__ == "__main__":
    unittest.main()
