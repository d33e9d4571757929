"""Reads what a C header of ours declares: its functions and its constants."""

from __future__ import annotations

import re

FUNCTION = re.compile(r"\b(\w+)\s*\(")
CONSTANT = re.compile(r"^#define (MX_\w+) (\S.*)$", re.MULTILINE)


def functions(text: str) -> dict[str, str]:
    """The functions that a header declares, and how: on one line, without the semicolon."""
    code = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    code = re.sub(r"^#.*$", "", code, flags=re.MULTILINE).replace('extern "C" {', "")
    found = {}
    for statement in code.split(";"):
        if "typedef" not in statement and (match := FUNCTION.search(statement)):
            found[match[1]] = " ".join(statement.split())
    return found


def constants(text: str) -> dict[str, str]:
    """The constants that a header defines, and their values as it writes them."""
    return dict(CONSTANT.findall(text))
