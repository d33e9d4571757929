"""What a process holds: its descriptors, and the threads of the library in it."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

NAMES = ("mx-io", "mx-callback", "mx-resolver")


def descriptors() -> set[str]:
    """Every open descriptor with what it leads to."""
    found = set()
    for fd in os.listdir("/proc/self/fd"):
        # The one that lists them is gone by now.
        with suppress(FileNotFoundError):
            found.add(f"{fd} {os.readlink(f'/proc/self/fd/{fd}')}")
    return found


def threads() -> list[str]:
    """The library's threads in this process, by name."""
    found = []
    for task in Path("/proc/self/task").iterdir():
        with suppress(OSError):
            found.append((task / "comm").read_text().strip())
    return [name for name in found if name in NAMES]
