"""Proves that a phone number is added to an account by the code of a text message, with a real identity server."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from abi import Answer, generate_client_secret
from capi import Client, Library
from homeserver import Homeserver
from identity_server import IdentityServer
from people import Person, new_person


@pytest.fixture(scope="module")
def identity_server() -> Iterator[IdentityServer]:
    with IdentityServer() as running:
        yield running


@pytest.fixture(scope="module")
def phone_homeserver(identity_server: IdentityServer) -> Iterator[Homeserver]:
    with Homeserver(identity_server.synapse_config) as running:
        yield running


@pytest.fixture
def owner(phone_homeserver: Homeserver) -> Person:
    return new_person(phone_homeserver)


@pytest.fixture
def client(phone_homeserver: Homeserver, library: Library, owner: Person) -> Client:
    """A client in which the person is logged in."""
    login = phone_homeserver.login(owner.user_id, owner.password).json
    token = login["access_token"]
    return library.client(phone_homeserver.base_url, access_token=token)


def ask_for_a_code(client: Client, secret: str, phone_number: str) -> dict[str, Any]:
    fields = {
        "client_secret": secret,
        "country": "GB",
        "phone_number": phone_number,
        "send_attempt": 1,
    }
    answer = client.call("requestTokenTo3PIDMSISDN", fields)
    assert answer.status == "MX_OK", answer
    asked: dict[str, Any] = answer.json()
    return asked


def code(identity_server: IdentityServer, number: str) -> str:
    [text] = identity_server.operator.wait(number)
    found = re.fullmatch(r"Your code is (\d+)", text)
    assert found
    return found[1]


def by_password(owner: Person, challenge: Answer) -> dict[str, Any]:
    return {
        "type": "m.login.password",
        "session": challenge.json()["session"],
        "identifier": {"type": "m.id.user", "user": owner.user_id},
        "password": owner.password,
    }


def test_a_number_is_added_by_the_code_of_its_text(
    identity_server: IdentityServer, client: Client, owner: Person
) -> None:
    secret = generate_client_secret()
    asked = ask_for_a_code(client, secret, "07700 900123")
    typed = code(identity_server, "447700900123")
    where = (asked["submit_url"], asked["sid"], secret)

    wrong = client.submit_token(*where, f"{typed}0")
    assert wrong.status == "MX_ERR_MATRIX"
    assert wrong.http_status == 400
    assert client.submit_token(*where, typed).status == "MX_OK"

    fields: dict[str, Any] = {"client_secret": secret, "sid": asked["sid"]}
    challenge = client.call("add3PID", fields)
    assert (challenge.status, challenge.http_status) == ("MX_ERR_MATRIX", 401)
    flows = [flow["stages"] for flow in challenge.json()["flows"]]
    assert ["m.login.password"] in flows
    fields["auth"] = by_password(owner, challenge)
    assert client.call("add3PID", fields).status == "MX_OK"

    listed = client.call("getAccount3PIDs").json()["threepids"]
    assert [t["address"] for t in listed if t["medium"] == "msisdn"] == ["447700900123"]


def test_a_number_without_the_code_is_not_added(
    identity_server: IdentityServer, client: Client, owner: Person
) -> None:
    secret = generate_client_secret()
    asked = ask_for_a_code(client, secret, "07700 900124")
    assert code(identity_server, "447700900124")
    fields: dict[str, Any] = {"client_secret": secret, "sid": asked["sid"]}
    challenge = client.call("add3PID", fields)
    fields["auth"] = by_password(owner, challenge)
    refused = client.call("add3PID", fields)
    assert (refused.status, refused.http_status) == ("MX_ERR_MATRIX", 400)
    [listed] = client.call("getAccount3PIDs").json()["threepids"]
    assert listed["address"] == owner.email


def test_a_server_without_an_identity_server_takes_no_number(
    homeserver: Homeserver, library: Library
) -> None:
    fields = {
        "client_secret": generate_client_secret(),
        "country": "GB",
        "phone_number": "07700 900125",
        "send_attempt": 1,
    }
    answer = library.client(homeserver.base_url).call(
        "requestTokenTo3PIDMSISDN", fields
    )
    assert (answer.status, answer.http_status) == ("MX_ERR_MATRIX", 400)


def test_synapse_resets_no_password_by_text(client: Client) -> None:
    fields = {
        "client_secret": generate_client_secret(),
        "country": "GB",
        "phone_number": "07700 900126",
        "send_attempt": 1,
    }
    answer = client.call("requestTokenToResetPasswordMSISDN", fields)
    assert answer.status == "MX_ERR_MATRIX"
    assert (answer.http_status, answer.errcode) == (404, "M_UNRECOGNIZED")
