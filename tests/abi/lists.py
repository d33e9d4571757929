"""The lists of what programs may rely on: abi/symbols.txt and abi/constants.txt, each entry with the version that brought it.

python3 tests/abi/lists.py      adds what the built library and its header have besides, as of this version
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from c_header import constants
from c_program import ROOT, exported, version

SYMBOLS = ROOT / "abi" / "symbols.txt"
CONSTANTS = ROOT / "abi" / "constants.txt"
HEADER = ROOT / "include" / "matrix_capi.h"

# What an entry says: of a symbol the version, of a constant the value and the version.
Entries = dict[str, tuple[str, ...]]


def entries(text: str) -> Entries:
    lines = [line.split() for line in text.splitlines() if not line.startswith("#")]
    found: Entries = {}
    for name, *rest in lines:
        if name in found:
            raise ValueError(f"{name} is there twice")
        found[name] = tuple(rest)
    return found


def read(path: Path) -> Entries:
    return entries(path.read_text(encoding="utf-8"))


def number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def defined() -> dict[str, str]:
    """The constants that the header defines, and their values."""
    return constants(HEADER.read_text(encoding="utf-8"))


def add(path: Path, now: Entries) -> None:
    """Add entries, and leave those alone that are there."""
    text = path.read_text(encoding="utf-8")
    head = [line for line in text.splitlines() if line.startswith("#")]
    lines = [" ".join([name, *said]) for name, said in {**now, **entries(text)}.items()]
    path.write_text("\n".join([*head, *sorted(lines), ""]), encoding="utf-8")


def main() -> None:
    now = version()
    add(SYMBOLS, {name: (now,) for name in exported()})
    add(CONSTANTS, {name: (value, now) for name, value in defined().items()})


if __name__ == "__main__":
    main()
