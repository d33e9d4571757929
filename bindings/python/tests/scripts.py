"""The scripted server of tests/scripted as these tests use it: a child process and one script for each test."""

from __future__ import annotations

import http.client
import itertools
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
SECONDS = 60


class Server:
    """The running server."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._numbers = itertools.count(1)

    def script(self, *replies: dict[str, Any]) -> Script:
        """A fresh script: the n-th request gets the n-th reply, and the last one repeats."""
        script = Script(self.port, f"script-{next(self._numbers)}")
        script.control("PUT", json.dumps(replies))
        return script


class Script:
    """One script, and what it has been asked."""

    def __init__(self, port: int, name: str) -> None:
        self._port, self._name = port, name
        self.url = f"http://127.0.0.1:{port}/{name}"

    def state(self) -> dict[str, Any]:
        state: dict[str, Any] = json.loads(self.control("GET"))
        return state

    def requests(self) -> list[dict[str, Any]]:
        requests: list[dict[str, Any]] = self.state()["requests"]
        return requests

    def wait(self, requests: int) -> None:
        """Waits until so many requests have arrived."""
        self.wait_for(lambda state: len(state["requests"]) >= requests)

    def wait_for(self, so: Any, seconds: float = SECONDS) -> float:
        """Waits until the script's state is so, and says how long that took."""
        started = time.monotonic()
        while not so(self.state()):
            if time.monotonic() - started > seconds:
                raise AssertionError(f"not within {seconds} s: {self.state()}")
            time.sleep(0.01)
        return time.monotonic() - started

    def control(self, method: str, body: str = "") -> str:
        connection = http.client.HTTPConnection(
            "127.0.0.1", self._port, timeout=SECONDS
        )
        try:
            connection.request(method, f"/_control/{self._name}", body)
            response = connection.getresponse()
            text = response.read().decode()
            assert response.status == 200, text
            return text
        finally:
            connection.close()


@contextmanager
def running() -> Iterator[Server]:
    """Starts the server, and ends it by closing its standard input."""
    with subprocess.Popen(
        [sys.executable, str(ROOT / "tests" / "scripted" / "server.py")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin and process.stdout
        try:
            yield Server(json.loads(process.stdout.readline())["port"])
        finally:
            process.stdin.close()
            process.wait(SECONDS)
