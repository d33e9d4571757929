"""Finds the code blocks of the documentation, and says by their first line what is done with each.

    ```c            a whole program: compiled without a warning, linked, run; it must end with 0
    ```c libuv      the same, with what pkg-config says of libuv; skipped where that is not installed
    ```cpp Qt5Core  the same in C++17
    ```python       run; ctypes finds libmatrix_capi.so
    ```sh           each `make TARGET` must exist, and the shell must take the syntax
    ```json         must be JSON
    ```rust FILE    an excerpt: its lines stand in that file, one after another, whatever the indentation
    ```text         for readers only; a fence without a language, too

Programs run with HOMESERVER, EMAIL and nothing else to know. A word that is not in this list is an error.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
FENCE = re.compile(r"^( *)```+ *(.*?) *$")


@dataclass(frozen=True)
class Block:
    """One fenced block: where it stands, its language, the words behind that, its text."""

    page: Path
    line: int
    language: str
    words: tuple[str, ...]
    text: str

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
    return found
