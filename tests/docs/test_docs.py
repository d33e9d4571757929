"""Proves that the code in the documentation works and that its links lead somewhere; blocks.py has the rules."""

from __future__ import annotations

import json
import re
import shutil
import sys
import tempfile
import unittest
import urllib.request
from pathlib import Path
from typing import Any

sys.path[:0] = [
    str(Path(__file__).resolve().parent),
    str(Path(__file__).resolve().parents[1]),
]

from blocks import ROOT, Block, blocks, pages
from c_program import CommandFailed, build, installed, run
from scripted_server import scripted_server

SECONDS = 60

# One answer that suits every operation the pages call, late enough to be cancelled.
ANSWER: dict[str, Any] = {
    "json": {"versions": ["v1.11"], "sid": "a.session"},
    "delay_ms": 20,
}

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

    def run_program(self, block: Block, command: list[str | Path]) -> None:
        answer: dict[str, Any] = ANSWER
        if block.answer is not None:
            kind = {"content-type": "application/json"}
            answer = {"body": block.answer, "headers": kind}
        with scripted_server(answer) as url:
            env = {
                "HOMESERVER": url,
                "ACCESS_TOKEN": "syt_alice",
                "EMAIL": "alice@example.org",
                "LD_LIBRARY_PATH": str(installed() / "lib"),
                "PYTHONPATH": str(ROOT / "bindings" / "python"),
            }
            printed = run(command, cwd=self.folder, env=env, timeout=SECONDS)
            sent = requests_to(url)
        if block.output is not None:
            self.assertEqual(printed, block.output)
        if block.sent is not None:
            self.assertEqual(sent, block.sent)

    def compile_and_run(self, block: Block, name: str, flags: list[str]) -> None:
        words = block.words
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
        source = self.write(block, name)
        build("shared", self.folder / "program", [source], flags)
        self.run_program(block, [self.folder / "program"])

    def check_c(self, block: Block) -> None:
        # gnu11: pages show POSIX and Linux functions, and the atomics of C11.
        self.compile_and_run(block, "program.c", ["-std=gnu11"])

    def check_cpp(self, block: Block) -> None:
        self.compile_and_run(block, "program.cpp", ["-fPIC"])

    def check_python(self, block: Block) -> None:
        self.assertEqual(block.words, ())
        self.run_program(block, [sys.executable, self.write(block, "program.py")])

    def check_sh(self, block: Block) -> None:
        self.assertEqual(block.words, ())
        run(["sh", "-n", self.write(block, "lines.sh")])
        for target in re.findall(
            r"^(?:\w+=\S* )*make ([a-z]+)", block.text, re.MULTILINE
        ):
            run(["make", "--dry-run", target])

    def check_json(self, block: Block) -> None:
        self.assertIn(block.words, {(), ("answer",)})
        json.loads(block.text)

    def check_rust(self, block: Block) -> None:
        self.assertEqual(len(block.words), 1, f"{block.place}: which file is it from?")
        source = (ROOT / block.words[0]).read_text(encoding="utf-8")
        self.assertIn(without_indentation(block.text), without_indentation(source))

    def check_text(self, block: Block) -> None:
        """What a program prints is compared where it runs."""
        self.assertIn(block.words, {(), ("output",)})

    def check_http(self, block: Block) -> None:
        """The program before it compares it."""
        self.assertEqual(block.words, ())

    def check_links(self, page: Path) -> None:
        links = [one for one in LINK.findall(page.read_text("utf-8")) if ":" not in one]
        missing = [one for one in links if not (page.parent / one).exists()]
        self.assertEqual(missing, [])


def requests_to(url: str) -> str:
    """What came to the scripted server, as pages show it."""
    control = "/_control/".join(url.rsplit("/", 1))
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(control, timeout=SECONDS) as answer:
        requests = json.load(answer)["requests"]
    text = ""
    for request in requests:
        query = f"?{request['query']}" if request["query"] else ""
        text += f"{request['method']} {request['path']}{query}\n"
        text += f"{request['body']}\n" if request["body"] else ""
    return text


def without_indentation(text: str) -> str:
    return "".join(f"{line.strip()}\n" for line in text.strip().splitlines())


def add_tests() -> None:
    for page in pages():
        named = re.sub(r"\W+", "_", str(page.relative_to(ROOT)))

        def links(self: Documentation, page: Path = page) -> None:
            self.check_links(page)

        setattr(Documentation, f"test_every_link_of_{named}_leads_to_a_file", links)
        for block in blocks(page):

            def works(self: Documentation, block: Block = block) -> None:
                self.check(block)

            setattr(Documentation, f"test_{named}_line_{block.line}_works", works)


add_tests()

if __name__ == "__main__":
    unittest.main()
