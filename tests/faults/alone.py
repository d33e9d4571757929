"""What a scenario that needs a process of its own starts from, and how it ends.

A scenario is a program, alone_NAME.py, which test_alone.py starts with its own paths. It ends with 0 if all was as it
must be, or with SKIPPED after a line that says what is missing.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from abi import Answer
from capi import Client, Library
from left_over import descriptors, threads

SKIPPED = 77


def skip(reason: str) -> NoReturn:
    print(reason)
    sys.exit(SKIPPED)


@contextmanager
def nothing_left() -> Iterator[Library]:
    """The library; after it each call has had one result, and no object, thread or descriptor is left."""
    before = descriptors()
    with Library() as library:
        yield library
    assert threads() == [], threads()
    deadline = time.monotonic() + 10
    while extra := descriptors() - before:
        assert time.monotonic() < deadline, extra
        time.sleep(0.01)


def works(client: Client) -> None:
    """The next request on the same client."""
    must(client.call("getVersions"), "MX_OK")


def must(answer: Answer, *statuses: str, says: str = "") -> None:
    assert answer.status in statuses, answer
    assert says in answer.message, answer


def is_root() -> bool:
    return os.geteuid() == 0
