"""Starts the scripted server for its own tests."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import pytest
from raw_client import message, talk

SERVER = Path(__file__).with_name("server.py")


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with subprocess.Popen(
        [sys.executable, str(SERVER)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdout is not None and server.stdin is not None
        yield json.loads(server.stdout.readline())["port"]
        server.stdin.close()
        assert server.wait(timeout=30) == 0


@pytest.fixture
def control(port: int, request: pytest.FixtureRequest) -> Iterator[Callable[..., Any]]:
    """control(replies) writes the test's script, control() reads what it was asked."""
    name = request.node.name

    def ask(replies: object | None = None) -> Any:
        method = "GET" if replies is None else "PUT"
        body = "" if replies is None else json.dumps(replies)
        answer = talk(port, message(method, f"/_control/{name}", body))
        head, _, rest = answer.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 "), answer
        return json.loads(rest)

    yield ask
    talk(port, message("DELETE", f"/_control/{name}"))


@pytest.fixture
def get(port: int, request: pytest.FixtureRequest) -> Callable[[], bytes]:
    """Sends one GET to the test's script and reads until the server closes or is quiet."""
    return lambda: talk(port, message("GET", f"/{request.node.name}/path"))
