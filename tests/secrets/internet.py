"""An internet on loopback: a proxy behind which every public name is one scripted server, and which remembers who was asked for.

Whatever a client asks for goes through the proxy, so what it does not list was not connected to.
"""

from __future__ import annotations

import json
import select
import socket
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

import certificates

if TYPE_CHECKING:
    from typing_extensions import Self

SERVER = Path(__file__).resolve().parent.parent / "scripted" / "server.py"
HOST = "127.0.0.1"
SECONDS = 60


class Listener:
    """A port on loopback, each of whose connections a thread serves."""

    def __init__(self) -> None:
        self._socket = socket.create_server((HOST, 0))
        self.port: int = self._socket.getsockname()[1]
        self._open: set[socket.socket] = set()
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def serve(self, connection: socket.socket) -> None:
        """Until the connection is done with."""

    def close(self) -> None:
        # Ends the accept, and below the reads.
        for opened in [self._socket, *self._open]:
            try:
                opened.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        for thread in self._threads:
            thread.join(SECONDS)
        self._socket.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self._open.add(connection)
            thread = threading.Thread(target=self._serve, args=(connection,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            self.serve(connection)
        except OSError:
            pass
        finally:
            self._open.discard(connection)
            connection.close()


class Trap(Listener):
    """Where nobody may come: it counts those who do."""

    def __init__(self) -> None:
        self.connections = 0
        super().__init__()

    def serve(self, connection: socket.socket) -> None:
        self.connections += 1


class Proxy(Listener):
    """Takes every CONNECT to the server's TLS port, and all other requests to its plain one."""

    def __init__(self, port: int, tls_port: int) -> None:
        self.asked_for: list[str] = []
        self.heads: list[str] = []
        self._port, self._tls_port = port, tls_port
        super().__init__()

    def serve(self, connection: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            piece = connection.recv(65536)
            if not piece:
                return
            head += piece
        method, target, _ = head.decode("latin-1").split(" ", 2)
        self.heads.append(head.decode("latin-1"))
        self.asked_for.append(target)
        tunnel = method == "CONNECT"
        with socket.create_connection(
            (HOST, self._tls_port if tunnel else self._port)
        ) as server:
            if tunnel:
                connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            else:
                server.sendall(head)
            self._open.add(server)
            try:
                _carry(connection, server)
            finally:
                self._open.discard(server)


def _carry(one: socket.socket, other: socket.socket) -> None:
    while True:
        for readable in select.select([one, other], [], [])[0]:
            piece = readable.recv(65536)
            if not piece:
                return
            (other if readable is one else one).sendall(piece)


class Internet:
    """The server, the proxy and the trap. Use it as a context manager."""

    def __init__(self, folder: Path, names: list[str]) -> None:
        self.authority = certificates.write(folder, names=names)

    def __enter__(self) -> Self:
        keys = self.authority
        self._server = subprocess.Popen(
            [sys.executable, SERVER, "--tls", keys.cert, keys.key],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._server.stdout
        ready = json.loads(self._server.stdout.readline())
        self.port, self.tls_port = ready["port"], ready["tls_port"]
        self.proxy, self.trap = Proxy(self.port, self.tls_port), Trap()
        self.proxy_url = f"http://{HOST}:{self.proxy.port}"
        return self

    def __exit__(self, *_: object) -> None:
        # It ends when its standard input does.
        self._server.communicate(timeout=SECONDS)
        self.proxy.close()
        self.trap.close()

    def plain(self, name: str) -> str:
        return f"http://{HOST}:{self.port}/{name}"

    def secure(self, name: str) -> str:
        return f"https://{HOST}:{self.tls_port}/{name}"

    def script(self, name: str, *replies: dict[str, Any]) -> None:
        """Answer the n-th request below /NAME, at any of the names, with the n-th reply."""
        self._control("PUT", name, json.dumps(replies).encode())

    def requests(self, name: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._control("GET", name)["requests"]
        return found

    def _control(self, method: str, name: str, body: bytes | None = None) -> Any:
        url = f"http://{HOST}:{self.port}/_control/{name}"
        request = urllib.request.Request(url, body, method=method)
        # Not by a proxy that the environment names.
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with direct.open(request, timeout=SECONDS) as answer:
            return json.load(answer)
