"""Threads that the system refuses, as a user who may have so many: a status, no crash, and all is well once there are more."""

from __future__ import annotations

import os
import resource

from abi import Refused
from alone import is_root, must, nothing_left, skip, works
from capi import Library
from crowd import ANSWER
from left_over import threads
from scripted_process import ScriptedServer

# Of nobody else, so that the limit counts this process alone.
USER = 54_321
LARGE = {"json": {**ANSWER["json"], "padding": "x" * 400_000}}


def allow(more: int | None) -> None:
    """So many threads besides this one; or as many as ever."""
    _, hard = resource.getrlimit(resource.RLIMIT_NPROC)
    soft = hard if more is None else 1 + more
    resource.setrlimit(resource.RLIMIT_NPROC, (soft, hard))


def a_client_without_its_threads_is_refused(library: Library, url: str) -> None:
    # The first is for the network, the second for callbacks.
    for more in (0, 1):
        allow(more)
        try:
            library.client(url)
        except Refused as refused:
            status, message = refused.args
            assert status == "MX_ERR_INTERNAL", refused
            assert "threads did not start" in message, refused
        else:
            raise AssertionError(f"a client with {more} threads")
        assert threads() == []
    allow(None)
    works(library.client(url))


def a_name_is_not_resolved_without_a_thread(library: Library, port: int) -> None:
    allow(2)
    client = library.client(f"http://localhost:{port}/well", retry_delay_ms=1)
    # More often than there are turns to resolve names.
    for _ in range(8):
        must(client.call("getVersions"), "MX_ERR_CONNECT", says="no thread to resolve")
    must(client.call("login", {"type": "m.x"}), "MX_ERR_CONNECT", says="no thread")
    allow(None)
    works(client)


def a_large_answer_is_read_without_a_thread(library: Library, url: str) -> None:
    allow(2)
    client = library.client(url)
    for operation, params in (("getVersions", {}), ("login", {"type": "m.x"})):
        must(client.call(operation, params), "MX_OK")
    allow(None)
    works(client)


def main() -> None:
    if not is_root():
        skip("only root can become a user of whom nothing else runs")
    with ScriptedServer() as server:
        url = server.script("well", ANSWER)
        large = server.script("large", LARGE)
        os.setresuid(USER, USER, USER)
        with nothing_left() as library:
            a_client_without_its_threads_is_refused(library, url)
        with nothing_left() as library:
            a_name_is_not_resolved_without_a_thread(library, server.port)
        with nothing_left() as library:
            a_large_answer_is_read_without_a_thread(library, large)


if __name__ == "__main__":
    main()
