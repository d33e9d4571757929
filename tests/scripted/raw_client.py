"""The smallest client that sees every byte of an answer."""

from __future__ import annotations

import socket


def message(method: str, target: str, body: str = "") -> bytes:
    data = body.encode()
    return (
        f"{method} {target} HTTP/1.1\r\nhost: x\r\ncontent-length: {len(data)}\r\n\r\n".encode()
        + data
    )


def connect(port: int) -> socket.socket:
    sock = socket.create_connection(("127.0.0.1", port), timeout=30)
    sock.settimeout(30)
    return sock


def talk(port: int, data: bytes) -> bytes:
    """Sends a request and returns the whole answer, by its framing."""
    with connect(port) as sock:
        sock.sendall(data)
        return receive(sock)


def receive(sock: socket.socket) -> bytes:
    got = b""
    while not is_whole(got):
        more = sock.recv(1 << 16)
        if not more:
            break
        got += more
    return got


def is_whole(answer: bytes) -> bool:
    head, end, body = answer.partition(b"\r\n\r\n")
    if not end:
        return False
    if b"transfer-encoding: chunked" in head:
        return body.endswith(b"0\r\n\r\n")
    length = [
        line for line in head.split(b"\r\n") if line.startswith(b"content-length: ")
    ]
    return bool(length) and len(body) >= int(length[0].split()[1])
