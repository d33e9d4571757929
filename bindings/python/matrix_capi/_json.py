"""Reads JSON as the library does, so that an answer is the same in every language."""

from __future__ import annotations

import json
import re
from typing import Any

# One escape in a string; the group is half of a surrogate pair without its other half.
_ESCAPE = re.compile(
    r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    r"|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)


def read(body: bytes) -> Any:
    """The value of a JSON text; None if it is none."""
    try:
        text = body.decode()
        if "\\ud" in text or "\\uD" in text:
            text = _ESCAPE.sub(lambda e: "\\ufffd" if e[1] else e[0], text)
        return _parse(text)
    except (ValueError, RecursionError):
        return None


def _parse(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        # Python refuses an integer of thousands of digits, which JSON allows.
        return json.loads(text, parse_int=_number)


def _number(digits: str) -> int | float:
    try:
        return int(digits)
    except ValueError:
        return float(digits)
