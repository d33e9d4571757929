"""Cuts the connection to a real homeserver at bytes of the request and of the answer: one mail, and no login twice."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from abi import Answer
from capi import Client, Library
from crowd import CROWD, HARMLESS, UNSAFE
from fates import UNHARMED, Fate
from homeserver import Homeserver
from loopback import HOST
from offsets import offsets
from people import Person, new_person
from tcp_proxy import Door, TcpProxy

SAMPLE = 29


@dataclass
class Call:
    """One call through a door of its own, known by a name that only it has."""

    fate: Fate
    name: str
    door: Door
    client: Client
    op: int
    answer: Answer | None = None


class Exchange:
    """One operation with one homeserver, over and over."""

    def __init__(
        self, library: Library, proxy: TcpProxy, homeserver: Homeserver, operation: str
    ) -> None:
        self.person: Person = new_person(homeserver)
        self._library = library
        self._proxy = proxy
        self._homeserver = homeserver
        self._operation = operation

    def begin(self, fate: Fate) -> Call:
        upstream = urlsplit(self._homeserver.base_url).port
        assert upstream
        name = secrets.token_hex(16)
        door = self._proxy.door(upstream, [fate])
        client = self._library.client(
            f"http://{HOST}:{door.port:05}", timeout_ms=60_000
        )
        op = client.start(self._operation, self._params(name))
        return Call(fate, name, door, client, op)

    def lengths(self) -> tuple[int, int]:
        """Of a request, and of an answer, in bytes."""
        call = self.begin(UNHARMED)
        assert call.client.wait(call.op).status == "MX_OK"
        call.client.close()
        return len(call.door.asked[0]), call.door.answered[0]

    def run(self, fates: list[Fate]) -> Iterator[Call]:
        """Every call with its answer; the next one on its client has worked."""
        while batch := fates[:CROWD]:
            fates = fates[CROWD:]
            calls = [self.begin(fate) for fate in batch]
            for call in calls:
                call.answer = call.client.wait(call.op)
                again = call.client.call("getVersions")
                assert again.status == "MX_OK", (call, again)
                call.client.close()
            yield from calls

    def _params(self, name: str) -> dict[str, Any]:
        if self._operation == HARMLESS:
            email = self.person.email
            return {"client_secret": name, "email": email, "send_attempt": 1}
        return {
            "type": "m.login.password",
            "identifier": {"type": "m.id.user", "user": self.person.user_id},
            "password": self.person.password,
            "initial_device_display_name": name,
        }


def cuts(exchange: Exchange) -> tuple[list[Fate], int]:
    """At bytes of the request, in order and by a reset, and likewise of the answer; and how long the request is."""
    asked, answered = exchange.lengths()
    fates = [
        Fate(request_bytes=offset, end=end)
        for end in ("fin", "reset")
        for offset in offsets(asked + 1, SAMPLE)
    ]
    # Its length differs by a byte or two from one to the next.
    fates += [
        Fate(answer_bytes=offset, end=end)
        for end in ("fin", "reset")
        for offset in offsets(answered - 4, SAMPLE)
    ]
    return fates, asked


def test_one_mail_comes_wherever_the_connection_is_cut(
    library: Library, proxy: TcpProxy, homeserver: Homeserver
) -> None:
    exchange = Exchange(library, proxy, homeserver, HARMLESS)
    fates, length = cuts(exchange)
    calls = list(exchange.run(fates))
    mails: Counter[str] = Counter()
    for mail in homeserver.mailbox.mails(exchange.person.email):
        [link] = mail.links
        mails.update(parse_qs(urlsplit(link).query)["client_secret"])
    wrong = []
    for call in calls:
        assert call.answer
        # The same attempt again, while Synapse is at work on the first, is another mail to it.
        overtakes = call.fate.request_bytes == length
        sent = (1, 2) if overtakes else (1,)
        if call.answer.status != "MX_OK" or mails[call.name] not in sent:
            wrong.append(f"{call.fate}: {mails[call.name]} mails, {call.answer}")
    assert wrong == []


def test_nobody_is_logged_in_twice_wherever_the_connection_is_cut(
    library: Library, proxy: TcpProxy, homeserver: Homeserver
) -> None:
    exchange = Exchange(library, proxy, homeserver, UNSAFE)
    fates, length = cuts(exchange)
    calls = list(exchange.run(fates))
    logins = devices(homeserver, exchange.person)
    wrong = []
    for call in calls:
        assert call.answer
        expected = {"MX_UNKNOWN_OUTCOME": (0, 1), "MX_OK": (1,)}
        if call.fate.answer_bytes is not None:
            # The server has answered.
            expected = {"MX_UNKNOWN_OUTCOME": (1,), "MX_ERR_BAD_RESPONSE": (1,)}
        elif call.fate.request_bytes and call.fate.request_bytes < length:
            expected = {"MX_UNKNOWN_OUTCOME": (0,)}
        if logins[call.name] not in expected.get(call.answer.status, ()):
            wrong.append(f"{call.fate}: {logins[call.name]} logins, {call.answer}")
    assert wrong == []


def devices(homeserver: Homeserver, person: Person) -> Counter[str]:
    """How many sessions each name has."""
    token = homeserver.login(person.user_id, person.password).json["access_token"]
    path = "/_matrix/client/v3/devices"
    found = homeserver.request("GET", path, token=token).json["devices"]
    return Counter(str(device["display_name"]) for device in found)
