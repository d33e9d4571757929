"""What the tests of the Python binding share: the servers, the event loops, and a count of what is left behind."""

from __future__ import annotations

import asyncio
import gc
import os
import sys
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any, Callable, TypeVar

import pytest
from scripts import ROOT, Server, running

T = TypeVar("T")
Run = Callable[[Coroutine[Any, Any, T]], T]

SUFFIX = "dylib" if sys.platform == "darwin" else "so"
TARGET = ROOT / os.environ.get("CARGO_TARGET_DIR", "target")
os.environ.setdefault(
    "MATRIX_CAPI_LIBRARY", str(TARGET / "release" / f"libmatrix_capi.{SUFFIX}")
)
# Resolved, because the emitters' package finds the project by its own place.
sys.path.insert(0, str(ROOT / "bindings"))
# A proxy of the machine has no business between these tests and loopback.
for name in ("http_proxy", "https_proxy", "all_proxy"):
    os.environ.pop(name, None)
    os.environ.pop(name.upper(), None)

import matrix_capi
import uvloop
from homeserver import Homeserver


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with running() as started:
        yield started


@pytest.fixture(scope="session")
def homeserver() -> Iterator[Homeserver]:
    with Homeserver() as started:
        yield started


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    """After each test every native object has been freed."""
    yield
    gc.collect()
    assert matrix_capi.debug_live_objects() == 0


def run_asyncio(main: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(main)


def run_uvloop(main: Coroutine[Any, Any, T]) -> T:
    loop = uvloop.new_event_loop()
    try:
        return loop.run_until_complete(main)
    finally:
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()


@pytest.fixture(params=[run_asyncio, run_uvloop], ids=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Run[Any]:
    """Runs a coroutine in a new event loop of each kind."""
    runner: Run[Any] = request.param
    return runner


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Says the totals as test.sh must end, where pytest was told (-qq) not to say its own."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or config.get_verbosity() >= -1:
        return
    counts = {name: len(reports) for name, reports in reporter.stats.items()}
    failed = counts.get("failed", 0) + counts.get("error", 0)
    skipped = counts.get("skipped", 0) + counts.get("xfailed", 0)
    print(f"{counts.get('passed', 0)} passed, {failed} failed, {skipped} skipped")


@pytest.fixture
def package() -> Path:
    """The folder from which the package can be imported."""
    return ROOT / "bindings" / "python"
