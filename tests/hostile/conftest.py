"""What the tests of hostile servers share: public names on loopback, and a client that trusts them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from capi import Client, Library
from internet import Internet

# Whatever a public server may name. The first is the homeserver.
NAMES = ["hs.example", "other.example", "auth.example"]
HOMESERVER = f"https://{NAMES[0]}"
TOKEN = "bearer.of.the.account"


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Internet]:
    with Internet(tmp_path_factory.mktemp("keys"), NAMES) as started:
        yield started


@pytest.fixture
def internet(running: Internet) -> Internet:
    """Of which nobody has asked anything yet."""
    running.proxy.asked_for.clear()
    running.proxy.heads.clear()
    running.trap.connections = 0
    return running


@pytest.fixture
def library() -> Iterator[Library]:
    with Library() as used:
        yield used


@pytest.fixture
def client(library: Library, internet: Internet) -> Client:
    """A client of the public homeserver, with an access token, all of whose connections the proxy sees."""
    return library.client(
        HOMESERVER,
        proxy=internet.proxy_url,
        add_root_pem=internet.authority.ca.read_text(),
        access_token=TOKEN,
    )
