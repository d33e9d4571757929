"""Searches the memory of another process for secrets, whole or in parts, in every form in which they may lie there."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

PAGE = 4096
# A freed block loses its first 16 bytes to the allocator, so that parts count. Any 12 characters in a row are found.
WINDOW, STEP = 8, 4
# What is the same however a secret is escaped: in JSON, in a URL, in a form.
PLAIN_RUN = re.compile(rb"[0-9A-Za-z_-]{12,}")


@dataclass(frozen=True)
class Found:
    """Where a part of a secret lies. The mapping is as /proc names it: [heap], [stack], a file, or nothing."""

    secret: str
    form: str
    mapping: str
    around: bytes


def search(pid: int, secrets: dict[str, str]) -> list[Found]:
    """Look through all memory that the process can write: what a core dump holds of its data."""
    return search_in(_memory(pid), secrets)


def search_in(
    memories: Iterable[tuple[str, bytes]], secrets: dict[str, str]
) -> list[Found]:
    wanted = [
        (name, form, part)
        for name, secret in secrets.items()
        for form, part in _forms(secret.encode())
    ]
    found: dict[tuple[str, str, str], Found] = {}
    for mapping, memory in memories:
        for name, form, part in wanted:
            at = memory.find(part)
            if at >= 0:
                around = memory[max(0, at - 64) : at + 64]
                found.setdefault(
                    (name, form, mapping), Found(name, form, mapping, around)
                )
    return list(found.values())


def _forms(secret: bytes) -> Iterator[tuple[str, bytes]]:
    for run in PLAIN_RUN.findall(secret):
        for part in _parts(run, WINDOW, STEP):
            yield "plain", part
            yield "UTF-16", b"".join(bytes((byte, 0)) for byte in part)
    # As in Proxy-Authorization: Basic. What stands before it shifts it by one of three.
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + secret)[4:-4]
        for part in _parts(encoded, WINDOW + STEP, STEP):
            yield "base64", part


def _parts(text: bytes, length: int, step: int) -> Iterator[bytes]:
    for start in range(0, len(text) - length + 1, step):
        yield text[start : start + length]


def _memory(pid: int) -> Iterator[tuple[str, bytes]]:
    """Writable memory that holds something, in pieces without a page of nothing between."""
    with open(f"/proc/{pid}/maps", encoding="utf-8") as maps:
        lines = maps.readlines()
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in lines:
            words = line.split(maxsplit=5)
            start, end = (int(word, 16) for word in words[0].split("-"))
            if not words[1].startswith("rw"):
                continue
            memory.seek(start)
            content = memory.read(end - start)
            assert len(content) == end - start, line
            for piece in without_empty_pages(content):
                yield words[5].strip() if len(words) > 5 else "", piece


def without_empty_pages(content: bytes) -> Iterator[bytes]:
    """Most of what is mapped was never touched."""
    empty = bytes(PAGE)
    piece_start = 0
    for page in range(0, len(content), PAGE):
        if content[page : page + PAGE] == empty:
            if piece_start < page:
                yield content[piece_start:page]
            piece_start = page + PAGE
    if piece_start < len(content):
        yield content[piece_start:]
