"""Finds the code blocks of the documentation, and says by their first line what is done with each.

    ```c            a whole program: compiled without a warning, linked, run; it must end with 0
    ```c libuv      the same, with what pkg-config says of libuv; skipped where that is not installed
    ```cpp Qt5Core  the same in C++17
    ```python       run; ctypes finds libmatrix_capi.so
    ```sh           each `make TARGET` must exist, and the shell must take the syntax
    ```json         must be JSON
    ```rust FILE    an excerpt: its lines stand in that file, one after another, whatever the indentation
    ```text         for readers only; a fence without a language, too

Three of them stand around a program and belong to it:

    ```json answer  before it: what the server answers to each of its requests; without it, one answer suits all
    ```text output  behind it: what it prints
    ```http         behind it: what it sends, each request as its method and target, and its body in a line below

Programs run with HOMESERVER, ACCESS_TOKEN, EMAIL and nothing else to know. A word that is not in this list is an error.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PROGRAMS = {"c", "cpp", "python"}
FENCE = re.compile(r"^( *)```+ *(.*?) *$")


@dataclass(frozen=True)
class Block:
    """One fenced block: where it stands, its language, the words behind that, its text."""

    page: Path
    line: int
    language: str
    words: tuple[str, ...]
    text: str
    # Of a program, by the blocks around it.
    answer: str | None = None
    output: str | None = None
    sent: str | None = None

    @property
    def place(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def pages() -> list[Path]:
    return [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(page: Path) -> list[Block]:
    found = []
    opened: tuple[int, str, list[str]] | None = None
    lines: list[str] = []
    for number, line in enumerate(
        page.read_text(encoding="utf-8").splitlines(), start=1
    ):
        fence = FENCE.match(line)
        if fence and opened is None:
            opened = number, fence[1], fence[2].split()
            lines = []
        elif fence and opened:
            start, indent, words = opened
            text = "".join(f"{one[len(indent) :]}\n" for one in lines)
            language = words[0] if words else "text"
            found.append(Block(page, start, language, tuple(words[1:]), text))
            opened = None
        elif opened:
            lines.append(line)
    if opened:
        raise ValueError(f"{page}:{opened[0]}: the block is not closed")
    return with_surroundings(found)


def with_surroundings(found: list[Block]) -> list[Block]:
    """Gives each program the blocks that belong to it."""
    answer: Block | None = None
    last: int | None = None
    for place, block in enumerate(found):
        kind = (block.language, *block.words)
        if block.language in PROGRAMS:
            if answer:
                found[place] = replace(block, answer=answer.text)
            answer, last = None, place
        elif kind == ("json", "answer"):
            if answer:
                raise ValueError(f"{answer.place}: no program comes behind it")
            answer = block
        elif kind in {("text", "output"), ("http",)}:
            if last is None:
                raise ValueError(f"{block.place}: no program stands before it")
            if block.language == "http":
                found[last] = replace(found[last], sent=block.text)
            else:
                found[last] = replace(found[last], output=block.text)
    if answer:
        raise ValueError(f"{answer.place}: no program comes behind it")
    return found
