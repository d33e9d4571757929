"""Reads licence expressions (SPDX): whether a crate may be used under licences that we accept."""

from __future__ import annotations

import re
from collections.abc import Collection

TOKEN = re.compile(r"[()]|[\w.+-]+(?: WITH [\w.+-]+)?")


def is_allowed(expression: str, accepted: Collection[str]) -> bool:
    """Whether the expression holds with these licences: of OR one side must, of AND both."""
    # Before SPDX, crates wrote a stroke for OR.
    tokens = TOKEN.findall(expression.replace("/", " OR "))

    def choice() -> bool:
        holds = both()
        while tokens and tokens[0] == "OR":
            tokens.pop(0)
            # Not `holds or both()`: the right side must be read whatever the left is.
            holds = both() | holds
        return holds

    def both() -> bool:
        holds = one()
        while tokens and tokens[0] == "AND":
            tokens.pop(0)
            holds = one() & holds
        return holds

    def one() -> bool:
        token = tokens.pop(0)
        if token != "(":
            return token in accepted
        holds = choice()
        tokens.pop(0)
        return holds

    return bool(tokens) and choice() and not tokens
