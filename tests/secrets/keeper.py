"""Drives secret_keeper.c, the application in these tests: it makes the secrets, uses the library, and wipes what is its own."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from memory import Found, search

if TYPE_CHECKING:
    from typing_extensions import Self

# Its own environment: this one may name proxies.
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LANG": "C"}


class Keeper:
    """One process of the program. Use it as a context manager."""

    def __init__(self, program: Path) -> None:
        self._process = subprocess.Popen(
            [program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            env=ENVIRONMENT,
        )
        # What the program made, or what a server will tell it.
        self.secrets: dict[str, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.close()
        self._process.stdout.close()
        try:
            self._process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def do(self, *words: str) -> str:
        """Have a command obeyed; its answer. The commands are described in the program."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write("\t".join(words).encode() + b"\n")
        answer = b""
        while not answer.endswith(b"\n"):
            byte = self._process.stdout.read(1)
            assert byte, f"it ended at {words}: {answer!r}"
            answer += byte
        return answer[:-1].decode()

    def ok(self, *words: str) -> None:
        status = self.do(*words)
        assert status == "MX_OK", (words, status)

    def make(self, *names: str) -> None:
        for name in names:
            self.secrets[name] = self.do("secret", name)

    def ends(self, status: str) -> None:
        """Wait for the result, wiping before what the program itself still has."""
        self.do("wipe")
        assert self.do("wait") == status

    def free(self, *objects: str) -> None:
        for name in objects:
            self.do("free", name)

    def free_all(self) -> None:
        self.free("result", "request", "reset", "client", "queue", "options")
        self.do("wipe")

    def search(self) -> list[Found]:
        return search(self._process.pid, self.secrets)

    def found(self) -> set[str]:
        """The names of the secrets of which some part is in memory."""
        return {found.secret for found in self.search()}

    @property
    def pid(self) -> int:
        return self._process.pid
