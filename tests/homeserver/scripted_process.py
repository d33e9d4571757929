"""Runs the scripted server of tests/scripted for answers that no Synapse gives, such as those of other homeservers."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loopback import HOST, Browser

if TYPE_CHECKING:
    from certificates import Certificates
    from typing_extensions import Self

PROGRAM = Path(__file__).resolve().parent.parent / "scripted" / "server.py"


class ScriptedServer:
    """One server with any number of scripts, each at a base URL of its own. Use it as a context manager.

    With certificates it serves the same scripts over TLS, too."""

    def __init__(self, certificates: Certificates | None = None) -> None:
        self._tls: list[str] = []
        if certificates:
            self._tls = ["--tls", str(certificates.cert), str(certificates.key)]

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, str(PROGRAM), *self._tls],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout
        ready = json.loads(self._process.stdout.readline())
        self.port: int = ready["port"]
        self.tls_port: int = ready.get("tls_port", 0)
        self._root = f"http://{HOST}:{self.port}"
        return self

    def __exit__(self, *_: object) -> None:
        # It ends when its standard input does.
        self._process.communicate(timeout=60)

    def base_url(self, name: str) -> str:
        return f"{self._root}/{name}"

    def tls_base_url(self, name: str) -> str:
        return f"https://{HOST}:{self.tls_port}/{name}"

    def script(self, name: str, *replies: dict[str, Any]) -> str:
        """Answer the n-th request at the base URL, which is given back, with the n-th reply."""
        body = json.dumps(replies).encode()
        answer = Browser().request("PUT", f"{self._root}/_control/{name}", body)
        assert answer.status == 200, answer.text
        return self.base_url(name)

    def requests(self, name: str) -> list[dict[str, Any]]:
        answer = Browser().request("GET", f"{self._root}/_control/{name}")
        found: list[dict[str, Any]] = answer.json["requests"]
        return found
