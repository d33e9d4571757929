"""A reverse proxy on loopback that passes HTTP on to a homeserver, and breaks the exchanges that a test chooses.

    with CuttingProxy(homeserver.base_url) as proxy:
        proxy.cut("lose the reply", path="/account/password", nth=2)

A fate is for one request: the n-th from then on whose path ends so, counted from 1. All others pass unharmed.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
import urllib.parse
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesParser
from functools import partial
from typing import TYPE_CHECKING, BinaryIO, Callable

from certificates import Certificates
from loopback import HOST

if TYPE_CHECKING:
    from typing_extensions import Self

# What can become of an exchange. A cut closes the client's connection.
FATES = {
    "lose the request": "cut before the server hears of it",
    "lose the reply": "cut once the server's whole answer is here, before a byte of it is passed on",
    "break the reply": "cut after so many bytes of the answer",
    "swallow": "neither passed on nor answered; the connection stays open",
}


@dataclass(frozen=True)
class Request:
    """A request that reached the proxy."""

    method: str
    path: str
    headers: Message
    body: bytes


@dataclass
class _Rule:
    fate: str
    path: str
    nth: int
    after: int


class CuttingProxy:
    """Stands before one server, with TLS of its own where it is given certificates or a context. Use it as a context manager."""

    def __init__(
        self, upstream: str, tls: Certificates | ssl.SSLContext | None = None
    ) -> None:
        url = urllib.parse.urlsplit(upstream)
        if url.scheme != "http" or url.port is None:
            raise ValueError(f"not http with a port: {upstream}")
        self._upstream = (HOST, url.port)
        self._scheme = "https" if tls else "http"
        self._tls = _context(tls) if isinstance(tls, Certificates) else tls
        self._requests: list[Request] = []
        self._rules: list[_Rule] = []
        self._changed = threading.Condition()
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._stopping = False

    def __enter__(self) -> Self:
        self._listener = socket.create_server((HOST, 0))
        self._begin(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._stopping = True
            for connection in [self._listener, *self._open]:
                _cut(connection)
        # The accepting thread is the first; once it has ended, no thread is added.
        for thread in self._threads:
            thread.join()

    @property
    def base_url(self) -> str:
        return f"{self._scheme}://{HOST}:{self._listener.getsockname()[1]}"

    def cut(self, fate: str, path: str = "", nth: int = 1, after: int = 0) -> None:
        """Choose a request's fate. `after` is for "break the reply": so many bytes are passed on."""
        if fate not in FATES:
            raise ValueError(f"unknown fate {fate!r}: one of {', '.join(FATES)}")
        with self._changed:
            self._rules.append(_Rule(fate, path, nth, after))

    def requests(self, path: str = "") -> list[Request]:
        """The requests so far whose path ends so, whatever became of them."""
        with self._changed:
            return [r for r in self._requests if r.path.endswith(path)]

    def wait(self, path: str = "", count: int = 1, seconds: float = 60) -> None:
        """Return as soon as so many requests have come."""
        deadline = time.monotonic() + seconds
        with self._changed:
            while len([r for r in self._requests if r.path.endswith(path)]) < count:
                if not self._changed.wait(deadline - time.monotonic()):
                    raise TimeoutError(f"no {count} requests for {path!r} came")

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self._begin(partial(self._serve, client))

    def _begin(self, target: Callable[[], None]) -> None:
        thread = threading.Thread(target=target)
        self._threads.append(thread)
        thread.start()

    def _serve(self, client: socket.socket) -> None:
        server = socket.create_connection(self._upstream)
        with client, server:
            try:
                if self._tls:
                    client = self._tls.wrap_socket(client, server_side=True)
                self._hold(client, server)
                self._exchange(client, server)
            except OSError:
                pass
            finally:
                _cut(client)
                with self._changed:
                    self._open -= {client, server}

    def _hold(self, *connections: socket.socket) -> None:
        with self._changed:
            if self._stopping:
                raise OSError("stopping")
            self._open.update(connections)

    def _exchange(self, client: socket.socket, server: socket.socket) -> None:
        with client.makefile("rb") as asked, server.makefile("rb") as answered:
            while raw := _message(asked, for_request=True):
                rule = self._record(raw)
                fate = rule.fate if rule else ""
                if fate == "lose the request":
                    return
                if fate == "swallow":
                    asked.read(1)
                    return
                server.sendall(raw)
                reply = _message(answered, for_request=False)
                if rule and fate == "break the reply":
                    reply = reply[: rule.after]
                if fate != "lose the reply":
                    client.sendall(reply)
                if fate:
                    return

    def _record(self, raw: bytes) -> _Rule | None:
        """Count the request, and say which fate is its own."""
        line, _, rest = raw.partition(b"\r\n")
        head, _, body = rest.partition(b"\r\n\r\n")
        method, target, _ = line.decode().split(" ")
        path = target.partition("?")[0]
        headers = BytesParser().parsebytes(head, headersonly=True)
        with self._changed:
            self._requests.append(Request(method, path, headers, body))
            self._changed.notify_all()
            mine = None
            for rule in [r for r in self._rules if path.endswith(r.path)]:
                rule.nth -= 1
                if rule.nth == 0:
                    self._rules.remove(rule)
                    mine = mine or rule
            return mine


def _message(stream: BinaryIO, for_request: bool) -> bytes:
    """One whole HTTP/1.1 message as it came; empty if the stream ends before it."""
    first = stream.readline()
    lines = [first]
    while lines[-1] not in (b"\r\n", b""):
        lines.append(stream.readline())
    if lines[-1] == b"":
        return b""
    headers = BytesParser().parsebytes(b"".join(lines[1:]), headersonly=True)
    head = b"".join(lines)
    if "chunked" in headers.get("transfer-encoding", ""):
        return head + _chunks(stream)
    without_body = for_request or first.split()[1] in (b"204", b"304")
    length = headers.get("content-length", "0" if without_body else None)
    return head + (stream.read() if length is None else stream.read(int(length)))


def _chunks(stream: BinaryIO) -> bytes:
    found = b""
    while True:
        size = stream.readline()
        chunk = stream.read(int(size.partition(b";")[0], 16) + 2)
        found += size + chunk
        if chunk == b"\r\n":
            return found


def _context(certificates: Certificates) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.cert, certificates.key)
    return context


def _cut(connection: socket.socket) -> None:
    """Wake whoever waits for the connection, which close alone does not, and close it."""
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    connection.close()
