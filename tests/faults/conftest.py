"""What the tests of faults share: the library, the proxy with its scripted server, one Synapse, and an eye on what is left."""

from __future__ import annotations

import os
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent.parent
sys.path += [str(TESTS), str(TESTS / "homeserver"), str(TESTS / "scripted")]

from capi import Library
from homeserver import Homeserver
from left_over import descriptors, threads
from tcp_proxy import TcpProxy

PROXIES = ("http_proxy", "https_proxy", "all_proxy")


@pytest.fixture(scope="session", autouse=True)
def surroundings() -> None:
    """Loopback alone, whatever the machine says; and descriptors for a crowd of clients."""
    if not sys.platform.startswith("linux"):
        pytest.skip("these faults are made by Linux's means")
    for name in PROXIES:
        os.environ.pop(name, None)
        os.environ.pop(name.upper(), None)
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


@pytest.fixture(scope="session")
def homeserver() -> Iterator[Homeserver]:
    with Homeserver() as running:
        yield running


@pytest.fixture
def nothing_left() -> Iterator[None]:
    """Of a test: no thread of the library, and not one descriptor more than before."""
    before = descriptors()
    yield
    assert threads() == []
    deadline = time.monotonic() + 10
    while extra := descriptors() - before:
        assert time.monotonic() < deadline, extra
        time.sleep(0.01)


@pytest.fixture
def proxy(nothing_left: None) -> Iterator[TcpProxy]:
    with TcpProxy() as running:
        yield running


@pytest.fixture
def library(proxy: TcpProxy) -> Iterator[Library]:
    """Freed before the proxy ends: after every test each call has had one result, and no object is left."""
    with Library() as used:
        yield used


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    terminalreporter.write_line(f"{TcpProxy.doors_made} connections with a fault")
