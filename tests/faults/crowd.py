"""Runs many cases at once, each on a client and a door of its own, and judges each by its row of the table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from abi import Answer
from capi import Client, Library
from fates import UNHARMED, Fate
from loopback import HOST
from reply import Reply
from tcp_proxy import Door, TcpProxy

Json = dict[str, Any]

# Calls in flight at once.
CROWD = 256

HARMLESS = "requestTokenToResetPasswordEmail"
UNSAFE = "login"
PARAMS: Mapping[str, Json] = {
    HARMLESS: {
        "client_secret": "monkeys_are_GREAT.0",
        "email": "alice@example.test",
        "send_attempt": 1,
    },
    UNSAFE: {
        "type": "m.login.password",
        "identifier": {"type": "m.id.user", "user": "alice-in-chains"},
        "password": "correct horse battery",
    },
}
# An answer that suits each of the operations here.
ANSWER: Json = {
    "json": {
        "sid": "a1",
        "access_token": "syt_a_token_of_hers",
        "user_id": "@alice:localhost",
        "versions": ["v1.11"],
    }
}


@dataclass(frozen=True)
class Expected:
    """What may come of a fault. What is not said is not looked at."""

    statuses: tuple[str, ...]
    # How often the library says that it tries again.
    retries: tuple[int, ...]
    # How many whole requests the server gets.
    requests: tuple[int, ...] | None = None
    # How many connections are made.
    connections: tuple[int, ...] | None = None
    http_status: int | None = None
    # In the message; one of several where "|" stands between them.
    says: str = ""


@dataclass(frozen=True)
class Case:
    """A row: a fault, an operation, and what is expected of it."""

    fault: str
    operation: str
    expected: Expected
    # Of the first connections, and of every later one.
    fates: tuple[Fate, ...] = ()
    later: Fate = UNHARMED
    options: Mapping[str, Any] = field(default_factory=dict)
    replies: tuple[Json, ...] = (ANSWER,)
    more_params: Mapping[str, Any] = field(default_factory=dict)
    # "open", or a door where nobody listens: "refused", "backlog full".
    door: str = "open"
    # Of the crowd's servers, "" being the plain one. The others are asked by https.
    server: str = ""

    def __str__(self) -> str:
        return f"{self.fault}, {self.operation}"


def whole_answer(reply: Json) -> bytes:
    """All the bytes of a reply."""
    return b"".join(Reply.parse(reply).pieces(b""))


class Crowd:
    """Cases on the scripted server, and on servers by TLS, of which "good" is the one to be trusted by that root."""

    def __init__(
        self,
        library: Library,
        proxy: TcpProxy,
        servers: Mapping[str, int] | None = None,
        root_pem: str = "",
    ) -> None:
        self._library = library
        self._proxy = proxy
        self._servers = {"": proxy.scripted_port, **(servers or {})}
        self._root_pem = root_pem
        self._number = 0

    def run(self, cases: Iterable[Case]) -> list[str]:
        """Run every case; say what is wrong, one line a case."""
        wrong = []
        left = list(cases)
        while batch := left[:CROWD]:
            del left[:CROWD]
            begun = [self._begin(case) for case in batch]
            ended = [self._end(running) for running in begun]
            retries = Counter(self._repeated())
            for running, answer, got, again in ended:
                next_one = running.client.wait(again)
                found = _judge(running.case.expected, answer, retries[running.op], *got)
                if running.case.server:
                    found += _told(running.door, PARAMS[running.case.operation])
                if next_one.status != "MX_OK":
                    found.append(f"next: {next_one.status}: {next_one.message}")
                if found:
                    what = "; ".join(found)
                    wrong.append(f"{running.case}: {what} ({answer.message})")
                running.client.close()
        return wrong

    def lengths(self, case: Case) -> tuple[int, int, int]:
        """How many bytes an unharmed call has: its request, its answer's head, the whole answer."""
        running = self._begin(case)
        assert running.client.wait(running.op).status == "MX_OK"
        running.client.close()
        reply = whole_answer(case.replies[0])
        assert running.door.answered == [len(reply)]
        return len(running.door.asked[0]), reply.index(b"\r\n\r\n") + 4, len(reply)

    def tls_lengths(self, case: Case) -> tuple[int, int]:
        """How many bytes the server of an unharmed call sends: in its first flight, and in all."""
        running = self._begin(case)
        assert running.client.wait(running.op).status == "MX_OK"
        running.client.close()
        return running.door.first_flight, running.door.answered[0]

    def _begin(self, case: Case) -> _Running:
        self._number += 1
        # All of one length, so that every request has as many bytes as the others of its kind.
        name = f"case-{self._number:06}"
        self._proxy.script(name, *case.replies)
        upstream = self._servers[case.server]
        if case.door == "open":
            door = self._proxy.door(upstream, case.fates, case.later)
        else:
            door = self._proxy.shut_door(upstream, case.door == "backlog full")
        options = {"retry_delay_ms": 1, **case.options}
        if case.server:
            options.setdefault("add_root_pem", self._root_pem)
        scheme = "https" if case.server else "http"
        url = f"{scheme}://{HOST}:{door.port:05}/{name}"
        client = self._library.client(url, **options)
        params = {**PARAMS[case.operation], **case.more_params}
        return _Running(case, name, door, client, client.start(case.operation, params))

    def _end(self, running: _Running) -> tuple[_Running, Answer, tuple[int, int], int]:
        """Wait for the answer. The fault is over then, and the same client's next request begins."""
        answer = running.client.wait(running.op)
        requests = len(self._proxy.requests(running.name))
        connections = running.door.connections
        self._proxy.heal(running.door)
        if running.case.server:
            running.door.upstream = self._servers["good"]
        self._proxy.script(running.name, ANSWER)
        got = (requests, connections)
        return running, answer, got, running.client.start("getVersions")

    def _repeated(self) -> Iterator[int]:
        """The call of each retry, as the log tells it."""
        for line in self._library.log:
            call, _, what = line.partition(": ")
            if what.startswith("trying again"):
                yield int(call.removeprefix("op "))


@dataclass(frozen=True)
class _Running:
    case: Case
    name: str
    door: Door
    client: Client
    op: int


def _told(door: Door, params: Json) -> list[str]:
    """What went through a door that must not: by TLS nobody on the way can read it."""
    texts = [value for value in params.values() if isinstance(value, str)]
    readable = [
        text for text in texts for asked in door.asked if text.encode() in asked
    ]
    return [f"{text!r} was sent in the clear" for text in readable]


def _judge(
    expected: Expected,
    answer: Answer,
    retries: int,
    requests: int,
    connections: int,
) -> list[str]:
    found = []
    if answer.status not in expected.statuses:
        found.append(f"{answer.status}, not {' or '.join(expected.statuses)}")
    if retries not in expected.retries:
        found.append(f"{retries} retries, not {expected.retries}")
    if expected.requests is not None and requests not in expected.requests:
        found.append(f"{requests} requests, not {expected.requests}")
    if expected.connections is not None and connections not in expected.connections:
        found.append(f"{connections} connections, not {expected.connections}")
    if expected.http_status not in (None, answer.http_status):
        found.append(f"HTTP {answer.http_status}, not {expected.http_status}")
    if not any(words in answer.message for words in expected.says.split("|")):
        found.append(f"no word of {expected.says!r}")
    return found
