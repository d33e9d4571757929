"""What the server was told to answer, and what it was asked so far."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Callable
from urllib.parse import urlsplit

from reply import Reply


@dataclass(frozen=True)
class Request:
    """One request as it was received."""

    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes
    connection: int

    @property
    def segments(self) -> tuple[str, str, str]:
        """The first segment of the path, the rest of the path, and the query."""
        # A proxy is sent the whole URL.
        absolute = not self.target.startswith("/")
        path, _, query = self.target.partition("?")
        if absolute:
            path = urlsplit(path).path
        name, slash, rest = path.lstrip("/").partition("/")
        return name, slash + rest, query

    def as_json(self) -> dict[str, object]:
        _, path, query = self.segments
        return {
            "method": self.method,
            "target": self.target,
            "path": path,
            "query": query,
            "headers": self.headers,
            "body": self.body.decode("utf-8", "replace"),
            "connection": self.connection,
        }


@dataclass
class Script:
    """The replies of one name, and the requests that came for them."""

    replies: list[Reply]
    requests: list[Request] = field(default_factory=list)
    closed_early: int = 0
    # Ends each request that is being answered.
    open: dict[int, Callable[[], None]] = field(default_factory=dict)

    def take(self, request: Request) -> Reply:
        """Remembers the request and says how to answer it."""
        self.requests.append(request)
        return self.replies[min(len(self.requests), len(self.replies)) - 1]

    def as_json(self) -> dict[str, object]:
        return {
            "requests": [request.as_json() for request in self.requests],
            "open": len(self.open),
            "closed_early": self.closed_early,
        }


class Scripts:
    """All scripts by name, and the control requests that change them."""

    def __init__(self) -> None:
        self.by_name: dict[str, Script] = {}

    def find(self, name: str) -> Script | None:
        return self.by_name.get(name)

    def control(self, request: Request) -> Reply:
        name = request.segments[1].strip("/")
        if request.method == "PUT":
            return self._put(name, request.body)
        script = self.by_name.get(name)
        if script is None:
            return no_script(name)
        if request.method == "GET":
            return Reply.parse({"json": script.as_json()})
        if request.method == "DELETE":
            self._forget(name)
            return Reply.parse({"json": {}})
        return Reply.parse({"status": 405, "body": "PUT, GET or DELETE\n"})

    def _put(self, name: str, body: bytes) -> Reply:
        try:
            if not name or "/" in name:
                raise ValueError(f"a script's name is one path segment, not {name!r}")
            replies = json.loads(body)
            if not isinstance(replies, list) or not replies:
                raise ValueError("a script is a list of replies, at least one")
            script = Script([Reply.parse(reply) for reply in replies])
        except (ValueError, TypeError) as error:
            return Reply.parse({"status": 400, "body": f"{error}\n"})
        self._forget(name)
        self.by_name[name] = script
        return Reply.parse({"json": {}})

    def _forget(self, name: str) -> None:
        script = self.by_name.pop(name, None)
        for end in list(script.open.values()) if script else []:
            end()


def no_script(name: str) -> Reply:
    return Reply.parse({"status": 404, "body": f"there is no script {name!r}\n"})
