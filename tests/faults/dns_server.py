"""A DNS server on loopback that knows the names of one test, and fails as it is told."""

from __future__ import annotations

import socket
import struct
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing_extensions import Self

PORT = 53
A, AAAA = 1, 28
SERVFAIL, NXDOMAIN = 2, 3

# What is answered to a name instead of addresses.
FAILURES = {"servfail": SERVFAIL, "nxdomain": NXDOMAIN}


class DnsServer:
    """Answers A and AAAA. A name has addresses, or one of FAILURES, or "silence". Use it as a context manager."""

    def __init__(self, names: Mapping[str, Sequence[str] | str]) -> None:
        self.names = dict(names)
        self.asked: Counter[str] = Counter()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> Self:
        self._socket.bind(("127.0.0.1", PORT))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        # An empty datagram ends the thread.
        self._socket.sendto(b"", ("127.0.0.1", PORT))
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        while True:
            query, client = self._socket.recvfrom(4096)
            if not query:
                return
            name, end = _name(query)
            (kind,) = struct.unpack_from("!H", query, end)
            if kind == A:
                self.asked[name] += 1
            known = self.names.get(name, "nxdomain")
            if known != "silence":
                answer = _answer(query, end + 4, kind, known)
                self._socket.sendto(answer, client)


def _name(query: bytes) -> tuple[str, int]:
    labels = []
    at = 12
    while length := query[at]:
        labels.append(query[at + 1 : at + 1 + length].decode())
        at += 1 + length
    return ".".join(labels).lower(), at + 1


def _answer(query: bytes, end: int, kind: int, known: Sequence[str] | str) -> bytes:
    code = FAILURES[known] if isinstance(known, str) else 0
    records = b""
    count = 0
    for address in () if isinstance(known, str) else known:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        if (kind == AAAA) == (family == socket.AF_INET6):
            data = socket.inet_pton(family, address)
            # The name is the question's; class IN; for a minute.
            head = struct.pack("!HHHIH", 0xC00C, kind, 1, 60, len(data))
            records += head + data
            count += 1
    head = query[:2] + struct.pack("!HHHHH", 0x8580 | code, 1, count, 0, 0)
    return head + query[12:end] + records
