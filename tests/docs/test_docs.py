"""Proves that the code in the documentation works and that its links lead somewhere; blocks.py has the rules."""

from __future__ import annotations

import json
import re
import shutil
import sys
import tempfile
import unittest
from pathlib import Path

sys.path[:0] = [
    str(Path(__file__).resolve().parent),
    str(Path(__file__).resolve().parents[1]),
]

from blocks import ROOT, Block, blocks, pages
from c_program import CommandFailed, build, installed, run
from scripted_server import scripted_server

SECONDS = 60

# One answer that suits every operation the pages call, late enough to be cancelled.
ANSWER = {"json": {"versions": ["v1.11"], "sid": "a.session"}, "delay_ms": 20}

LINK = re.compile(r"\]\(([^)#\s]+)")


class Documentation(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="matrix-capi-docs-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def check(self, block: Block) -> None:
        check = getattr(self, f"check_{block.language}", None)
        if check is None:
            self.fail(
                f"{block.place}: there is no rule for the language {block.language!r}"
            )
        check(block)

    def write(self, block: Block, name: str) -> Path:
        path = self.folder / name
        path.write_text(block.text, encoding="utf-8")
        return path

    def run_program(self, command: list[str | Path]) -> None:
        with scripted_server(ANSWER) as url:
            env = {
                "HOMESERVER": url,
                "EMAIL": "alice@example.org",
                "LD_LIBRARY_PATH": str(installed() / "lib"),
                "PYTHONPATH": str(ROOT / "bindings" / "python"),
            }
            run(command, cwd=self.folder, env=env, timeout=SECONDS)

    def compile_and_run(
        self, source: Path, words: tuple[str, ...], flags: list[str]
    ) -> None:
        if words:
            if shutil.which("pkg-config") is None:
                self.skipTest("no pkg-config")
            try:
                flags = [
                    *flags,
                    *run(["pkg-config", "--cflags", "--libs", *words]).split(),
                ]
            except CommandFailed:
                self.skipTest(f"{' '.join(words)} is not installed")
        build("shared", self.folder / "program", [source], flags)
        self.run_program([self.folder / "program"])

    def check_c(self, block: Block) -> None:
        # gnu11: pages show POSIX and Linux functions, and the atomics of C11.
        self.compile_and_run(
            self.write(block, "program.c"), block.words, ["-std=gnu11"]
        )

    def check_cpp(self, block: Block) -> None:
        self.compile_and_run(self.write(block, "program.cpp"), block.words, ["-fPIC"])

    def check_python(self, block: Block) -> None:
        self.assertEqual(block.words, ())
        self.run_program([sys.executable, self.write(block, "program.py")])

    def check_sh(self, block: Block) -> None:
        self.assertEqual(block.words, ())
        run(["sh", "-n", self.write(block, "lines.sh")])
        for target in re.findall(
            r"^(?:\w+=\S* )*make ([a-z]+)", block.text, re.MULTILINE
        ):
            run(["make", "--dry-run", target])

    def check_json(self, block: Block) -> None:
        self.assertEqual(block.words, ())
        json.loads(block.text)

    def check_rust(self, block: Block) -> None:
        self.assertEqual(len(block.words), 1, f"{block.place}: which file is it from?")
        source = (ROOT / block.words[0]).read_text(encoding="utf-8")
        self.assertIn(without_indentation(block.text), without_indentation(source))

    def check_text(self, block: Block) -> None:
        self.assertEqual(block.words, ())

    def check_links(self, page: Path) -> None:
        links = [one for one in LINK.findall(page.read_text("utf-8")) if ":" not in one]
        missing = [one for one in links if not (page.parent / one).exists()]
        self.assertEqual(missing, [])


def without_indentation(text: str) -> str:
    return "".join(f"{line.strip()}\n" for line in text.strip().splitlines())


def add_tests() -> None:
    for page in pages():
        named = re.sub(r"\W+", "_", str(page.relative_to(ROOT)))

        def links(self: Documentation, page: Path = page) -> None:
            self.check_links(page)

        setattr(Documentation, f"test_every_link_of_{named}_leads_to_a_file", links)
        for block in blocks(page):
            if block.language == "text":
                continue

            def works(self: Documentation, block: Block = block) -> None:
                self.check(block)

            setattr(Documentation, f"test_{named}_line_{block.line}_works", works)


add_tests()

if __name__ == "__main__":
    unittest.main()
