"""Turns a scripted reply into the bytes of a response, in the pieces in which they are sent."""

from __future__ import annotations

import base64
import itertools
import json
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

PIECE = 64 * 1024
BODIES = ("json", "body", "body_base64", "repeat", "echo", "raw", "raw_base64")
MEMBERS = {
    *BODIES,
    *("status", "reason", "headers", "framing", "keep_alive"),
    *("delay_ms", "shuffle_ms", "drip_ms", "hang", "cut_after", "cut_by", "accept"),
}


@dataclass(frozen=True)
class Repeated:
    """A body that is made while it is sent, so that a huge one needs no memory."""

    text: bytes
    size: int

    def pieces(self, piece: int) -> Iterator[bytes]:
        whole = self.text * (piece // len(self.text) + 2)
        for start in range(0, self.size, piece):
            offset = start % len(self.text)
            yield whole[offset : offset + min(piece, self.size - start)]


@dataclass(frozen=True)
class Reply:
    """One reply, checked."""

    members: Mapping[str, Any]
    # The whole response, where it is known beforehand and goes out in one go.
    whole: bytes | None = None

    @classmethod
    def parse(cls, reply: object) -> Reply:
        if not isinstance(reply, dict):
            raise TypeError(f"a reply is an object, not {reply!r}")
        unknown = set(reply) - MEMBERS
        if unknown:
            raise ValueError(f"a reply has no {', '.join(sorted(unknown))}")
        if sum(name in reply for name in BODIES) > 1:
            raise ValueError(f"a reply has one of {', '.join(BODIES)}")
        _one_of(reply, "framing", "length", "chunked", "close")
        _one_of(reply, "cut_by", "fin", "reset")
        _one_of(reply, "accept", "reset")
        checked = cls(reply)
        timed = {"delay_ms", "shuffle_ms", "drip_ms", "hang", "cut_after", "accept"}
        if timed & set(reply) or "echo" in reply or "repeat" in reply:
            return checked
        return cls(reply, b"".join(checked.pieces(b"")))

    @property
    def hangs(self) -> bool:
        return bool(self.members.get("hang"))

    @property
    def resets_at_once(self) -> bool:
        return "accept" in self.members

    @property
    def delay(self) -> float:
        """Seconds until the first byte."""
        shuffle: float = random.uniform(0, self.members.get("shuffle_ms", 0))
        delay: float = self.members.get("delay_ms", 0)
        return (delay + shuffle) / 1000

    @property
    def drip(self) -> float | None:
        """Seconds between bytes of the body."""
        drip = self.members.get("drip_ms")
        return None if drip is None else drip / 1000

    @property
    def cut(self) -> int | None:
        cut: int | None = self.members.get("cut_after")
        return cut

    @property
    def cut_by_reset(self) -> bool:
        return self.members.get("cut_by") == "reset"

    @property
    def closes(self) -> bool:
        return (
            self.members.get("keep_alive") is False
            or self.members.get("framing") == "close"
        )

    def pieces(self, request_body: bytes) -> Iterator[bytes]:
        """The response: first its head (nothing, for a raw reply), then the pieces that may drip."""
        piece = PIECE if self.drip is None else 1
        raw = _bytes(self.members, "raw")
        if raw is not None:
            yield b""
            yield from _split(raw, piece)
            return
        body = self._body(request_body)
        size = body.size if isinstance(body, Repeated) else len(body)
        yield self._head(size)
        chunked = self.members.get("framing") == "chunked"
        for part in (
            body.pieces(piece) if isinstance(body, Repeated) else _split(body, piece)
        ):
            yield b"%x\r\n%s\r\n" % (len(part), part) if chunked else part
        if chunked:
            yield b"0\r\n\r\n"

    def _body(self, request_body: bytes) -> bytes | Repeated:
        if "json" in self.members:
            return json.dumps(
                self.members["json"], separators=(",", ":"), ensure_ascii=False
            ).encode()
        if "repeat" in self.members:
            repeat = self.members["repeat"]
            return Repeated(repeat["text"].encode(), repeat["bytes"])
        if self.members.get("echo"):
            asked = json.loads(request_body)
            return json.dumps(
                {"sid": str(asked.get("send_attempt", asked.get("client_secret")))}
            ).encode()
        return _bytes(self.members, "body") or b""

    def _head(self, size: int) -> bytes:
        status = self.members.get("status", 200)
        known = status in HTTPStatus.__members__.values()
        reason = self.members.get(
            "reason", HTTPStatus(status).phrase if known else "Unknown"
        )
        given = self.members.get("headers", {})
        headers = [
            (name, value)
            for name, value in (given.items() if isinstance(given, dict) else given)
        ]
        names = {name.lower() for name, _ in headers}
        if (
            "json" in self.members or "echo" in self.members
        ) and "content-type" not in names:
            headers.append(("content-type", "application/json"))
        framing = self.members.get("framing", "length")
        if framing == "chunked":
            headers.append(("transfer-encoding", "chunked"))
        elif framing == "length" and "content-length" not in names:
            headers.append(("content-length", str(size)))
        if self.closes:
            headers.append(("connection", "close"))
        lines = itertools.chain(
            [f"HTTP/1.1 {status} {reason}"],
            (f"{name}: {value}" for name, value in headers),
        )
        return "\r\n".join([*lines, "", ""]).encode()


def _one_of(reply: Mapping[str, Any], name: str, *values: str) -> None:
    if name in reply and reply[name] not in values:
        raise ValueError(f"{name} is one of {', '.join(values)}, not {reply[name]!r}")


def _bytes(members: Mapping[str, Any], name: str) -> bytes | None:
    if name in members:
        text: str = members[name]
        return text.encode()
    encoded = members.get(f"{name}_base64")
    return None if encoded is None else base64.b64decode(encoded, validate=True)


def _split(data: bytes, piece: int) -> Iterator[bytes]:
    for start in range(0, len(data), piece):
        yield data[start : start + piece]
