"""Which bytes to cut at: all of them for `make faults`, and for `make test` where there are too many a sample."""

from __future__ import annotations

import os

EVERY = os.environ.get("MX_FAULTS") == "all"


def offsets(end: int, step: int) -> list[int]:
    """Those below the end: every one, or every so many and the last three."""
    if EVERY:
        step = 1
    return sorted({*range(0, end, step), *range(max(0, end - 3), end)})
