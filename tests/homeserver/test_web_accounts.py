"""Proves that a homeserver whose accounts live with an OAuth provider sends people to the provider's page."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from abi import generate_client_secret
from capi import Client, Library
from cutting_proxy import CuttingProxy
from homeserver import Homeserver
from stand_ins import OAuthProvider


@pytest.fixture(scope="module")
def provider() -> Iterator[OAuthProvider]:
    with OAuthProvider() as running:
        yield running


@pytest.fixture(scope="module")
def oauth_homeserver(provider: OAuthProvider) -> Iterator[Homeserver]:
    with Homeserver(provider.synapse_config) as running:
        yield running


@pytest.fixture
def client(oauth_homeserver: Homeserver, library: Library) -> Client:
    return library.client(oauth_homeserver.base_url)


def test_the_metadata_are_those_of_the_provider(
    client: Client, provider: OAuthProvider
) -> None:
    answer = client.call("getAuthMetadata")
    assert answer.status == "MX_OK"
    assert answer.json() == provider.metadata


def test_the_reset_itself_is_unrecognized(client: Client) -> None:
    fields = {
        "client_secret": generate_client_secret(),
        "email": "alice@example.test",
        "send_attempt": 1,
    }
    answer = client.call("requestTokenToResetPasswordEmail", fields)
    assert answer.status == "MX_ERR_MATRIX"
    assert (answer.http_status, answer.errcode) == (404, "M_UNRECOGNIZED")


def test_a_reset_ends_at_once_with_the_page(
    client: Client, provider: OAuthProvider
) -> None:
    reset = client.password_reset("alice@example.test")
    answer = reset.send()
    assert answer.status == "MX_WEB_REQUIRED"
    page = provider.metadata["account_management_uri"]
    assert answer.json()["account_management_uri"] == page
    assert reset.stage == "NEW"


def test_a_reset_finds_the_page_even_if_the_first_question_for_it_is_lost(
    oauth_homeserver: Homeserver, library: Library, provider: OAuthProvider
) -> None:
    with CuttingProxy(oauth_homeserver.base_url) as proxy:
        proxy.cut("lose the reply", "/auth_metadata")
        client = library.client(proxy.base_url, max_retries=0)
        answer = client.password_reset("alice@example.test").send()
        assert len(proxy.requests("/requestToken")) == 1
    assert answer.status == "MX_WEB_REQUIRED"
    page = provider.metadata["account_management_uri"]
    assert answer.json()["account_management_uri"] == page


def test_discovery_finds_the_page(
    oauth_homeserver: Homeserver, client: Client, provider: OAuthProvider
) -> None:
    answer = client.discover(oauth_homeserver.base_url)
    assert answer.status == "MX_OK"
    found = answer.json()
    assert found["reset"] == "web"
    assert (
        found["account_management_uri"] == provider.metadata["account_management_uri"]
    )
    assert found["issuer"] == provider.url
    assert found["base_url"] == oauth_homeserver.base_url
