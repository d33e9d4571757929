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


def new_person(homeserver: Homeserver) -> Person:
    localpart = f"person-{secrets.token_hex(4)}"
    email = f"{localpart}@example.test"
    password = f"Old-{secrets.token_hex(8)}"
    return Person(homeserver.register(localpart, password, email), email, password)
