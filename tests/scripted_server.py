"""Runs the scripted server for suites that have no framework but the standard library."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SERVER = Path(__file__).resolve().parent / "scripted" / "server.py"
SECONDS = 60


@contextlib.contextmanager
def scripted_server(*replies: dict[str, Any]) -> Iterator[str]:
    """A base URL on loopback whose n-th request gets the n-th reply; the last one repeats."""
    with subprocess.Popen(
        [sys.executable, str(SERVER)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdin and server.stdout
        try:
            root = f"http://127.0.0.1:{json.loads(server.stdout.readline())['port']}"
            script = json.dumps(replies).encode()
            put = urllib.request.Request(f"{root}/_control/a", script, method="PUT")
            # Not by a proxy that the environment names.
            direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            direct.open(put, timeout=SECONDS).close()
            yield f"{root}/a"
        finally:
            server.stdin.close()
            server.wait(timeout=SECONDS)
