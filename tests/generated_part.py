"""Replaces the parts of a page that a program writes: each lies between two comments that name it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path


def replace_parts(page: Path, parts: Mapping[str, str]) -> None:
    """Write each part below its `<!-- NAME: written by COMMAND -->` and above its `<!-- end of NAME -->`."""
    text = page.read_text(encoding="utf-8")
    for name, part in parts.items():
        begin, end = rf"<!-- {name}: written by .*? -->\n", f"<!-- end of {name} -->"
        match = re.search(f"({begin}).*?{end}", text, re.DOTALL)
        if match is None:
            raise ValueError(f"{page.name} has no place for the {name}")
        text = text[: match.end(1)] + part + text[match.end() - len(end) :]
    page.write_text(text, encoding="utf-8")
