"""Writes what repeats in the bindings from the library's own tables: python -m generate LIBRARY.

Each emitter is a module of this package with a function `files(model)` that gives the texts of the
generated files by their path from the project's root. With --check nothing is written, and a stale
file is an error.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path

from generate.model import load

ROOT = Path(__file__).parents[2]
# Every other module of this package.
EMITTERS: tuple[str, ...] = tuple(
    sorted(
        path.stem
        for path in Path(__file__).parent.glob("*.py")
        if path.stem not in ("__init__", "__main__", "model")
    )
)


def main() -> int:
    parser = argparse.ArgumentParser(prog="generate", description=__doc__)
    parser.add_argument("library", type=Path, help="the built shared library")
    parser.add_argument(
        "--check", action="store_true", help="write nothing; fail if stale"
    )
    arguments = parser.parse_args()
    model = load(arguments.library)
    stale = []
    for name in EMITTERS:
        emitter = importlib.import_module(f"generate.{name}")
        for path, text in emitter.files(model).items():
            target = ROOT / path
            if target.is_file() and target.read_text() == text:
                continue
            stale.append(path)
            if not arguments.check:
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(text)
    for path in stale:
        print(f"{path} is stale: make bindings" if arguments.check else f"wrote {path}")
    return 1 if arguments.check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
