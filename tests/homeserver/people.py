"""Makes people for tests, each with a name, an address and a password of their own, so that tests on one server do not meet."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from homeserver import Homeserver


@dataclass(frozen=True)
class Person:
    """A user made for one test."""

    user_id: str
    email: str
    password: str


def new_password() -> str:
    return f"New-{secrets.token_hex(8)}"


def mailed_link(homeserver: Homeserver, person: Person, number: int = -1) -> str:
    """The link in a mail that the person got, the last one unless another is named."""
    [link] = homeserver.mailbox.wait(person.email)[number].links
    return link


def new_person(homeserver: Homeserver) -> Person:
    localpart = f"person-{secrets.token_hex(4)}"
    email = f"{localpart}@example.test"
    password = f"Old-{secrets.token_hex(8)}"
    return Person(homeserver.register(localpart, password, email), email, password)
