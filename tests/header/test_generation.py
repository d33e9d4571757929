"""Proves that a build keeps the committed header true, leaves a true one alone, and refuses panic = "abort"."""

from __future__ import annotations

import os
import shutil
import stat
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from c_program import BUILD, ROOT, CommandFailed, installed, run

# One fixed place, so that cargo's cache does not grow with every run.
COPY = BUILD / "source-copy"
HEADER = COPY / "include" / "matrix_capi.h"
TARGET = ROOT / os.environ.get("CARGO_TARGET_DIR", "target")
CHECK = ["cargo", "check", "--locked", "--lib", "--target-dir", str(TARGET)]

# Root writes where permissions forbid it by these two capabilities; without them it is like anyone.
OBEDIENT = "--bounding-set=-dac_override,-dac_read_search"


def set_writable(folder: Path, writable: bool) -> None:
    for path in [folder, *folder.rglob("*")]:
        mode = path.stat().st_mode
        path.chmod(mode | stat.S_IWUSR if writable else mode & ~0o222)


def as_one_who_obeys_permissions(command: list[str]) -> list[str]:
    if os.geteuid() != 0:
        return command
    if shutil.which("setpriv") is None:
        raise unittest.SkipTest(
            "root ignores permissions, and there is no setpriv to make it obey"
        )
    obedient = ["setpriv", OBEDIENT, "--inh-caps=-dac_override,-dac_read_search"]
    try:
        run([*obedient, "true"])
    except CommandFailed as failure:
        raise unittest.SkipTest(f"root ignores permissions: {failure}") from failure
    return [*obedient, *command]


class Generation(unittest.TestCase):
    def setUp(self) -> None:
        self.remove_copy()
        self.addCleanup(self.remove_copy)
        COPY.mkdir(parents=True)
        for name in ("Cargo.toml", "Cargo.lock", "build.rs"):
            shutil.copy(ROOT / name, COPY)
        for name in ("abi", "src", "include"):
            shutil.copytree(ROOT / name, COPY / name)

    def remove_copy(self) -> None:
        if COPY.exists():
            set_writable(COPY, True)
            shutil.rmtree(COPY)

    def make_stale(self) -> bytes:
        fresh = HEADER.read_bytes()
        HEADER.write_bytes(fresh.replace(b"mx_version(void)", b"mx_old_name(void)"))
        self.assertNotEqual(HEADER.read_bytes(), fresh)
        return fresh

    def test_a_build_rewrites_a_stale_header_to_the_committed_one(self) -> None:
        fresh = self.make_stale()
        run(CHECK, cwd=COPY)
        self.assertEqual(HEADER.read_bytes(), fresh)

    def test_a_build_does_not_touch_a_header_that_is_true(self) -> None:
        before = HEADER.stat()
        run(CHECK, cwd=COPY)
        after = HEADER.stat()
        self.assertEqual(
            (before.st_ino, before.st_mtime_ns, before.st_ctime_ns),
            (after.st_ino, after.st_mtime_ns, after.st_ctime_ns),
        )

    def test_a_read_only_source_tree_builds(self) -> None:
        set_writable(COPY, False)
        run(as_one_who_obeys_permissions(CHECK), cwd=COPY)

    def test_a_read_only_source_tree_with_a_stale_header_says_so(self) -> None:
        self.make_stale()
        set_writable(COPY, False)
        with self.assertRaisesRegex(CommandFailed, "is stale and cannot be written"):
            run(as_one_who_obeys_permissions(CHECK), cwd=COPY)

    def test_building_with_panic_abort_is_a_compile_error_that_says_why(self) -> None:
        with self.assertRaisesRegex(
            CommandFailed, 'must be built with panic = "unwind"'
        ):
            run(CHECK, cwd=COPY, env={"CARGO_PROFILE_DEV_PANIC": "abort"})


class Committed(unittest.TestCase):
    def test_the_committed_header_is_the_one_that_the_build_makes(self) -> None:
        status = ["git", "-c", f"safe.directory={ROOT}", "status", "--porcelain", "--"]
        try:
            changed = run([*status, "src/ffi", "build.rs"])
        except CommandFailed as failure:
            raise unittest.SkipTest("not a git clone") from failure
        if changed:
            self.skipTest(
                "src/ffi has changes that are not committed, so the header may, too"
            )
        installed()
        self.assertEqual(run([*status, "include"]), "")


if __name__ == "__main__":
    unittest.main()
