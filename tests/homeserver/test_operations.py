"""Proves the operations around a reset on a real homeserver, by their names: what it offers, logging in, logging out."""

from __future__ import annotations

from typing import Any

from capi import Client, Library
from cutting_proxy import CuttingProxy
from homeserver import Homeserver
from people import Person


def credentials(user: str, password: str) -> dict[str, Any]:
    identifier = {"type": "m.id.user", "user": user}
    return {
        "type": "m.login.password",
        "identifier": identifier,
        "password": password,
    }


def test_versions_are_those_of_the_server(
    homeserver: Homeserver, client: Client
) -> None:
    answer = client.call("getVersions")
    assert answer.status == "MX_OK"
    theirs = homeserver.request("GET", "/_matrix/client/versions").json
    assert answer.json() == theirs
    assert "v1.11" in answer.json()["versions"]


def test_the_well_known_document_names_the_homeserver(
    homeserver: Homeserver, client: Client
) -> None:
    answer = client.call("getWellknown")
    assert answer.status == "MX_OK"
    assert answer.json()["m.homeserver"]["base_url"] == f"{homeserver.base_url}/"


def test_the_login_flows_hold_the_password(client: Client) -> None:
    answer = client.call("getLoginFlows")
    assert answer.status == "MX_OK"
    assert {"type": "m.login.password"} in answer.json()["flows"]


def test_without_oauth_there_is_no_auth_metadata(client: Client) -> None:
    answer = client.call("getAuthMetadata")
    assert answer.status == "MX_ERR_MATRIX"
    assert (answer.http_status, answer.errcode) == (404, "M_UNRECOGNIZED")


def test_a_person_logs_in_is_known_and_logs_out(client: Client, person: Person) -> None:
    login = client.call("login", credentials(person.user_id, person.password))
    assert login.status == "MX_OK"
    assert login.json()["user_id"] == person.user_id

    client.set_access_token(login.json()["access_token"])
    owner = client.call("getTokenOwner")
    assert owner.status == "MX_OK"
    assert owner.json()["user_id"] == person.user_id

    assert client.call("logout").status == "MX_OK"
    dead = client.call("getTokenOwner")
    assert dead.status == "MX_ERR_MATRIX"
    assert (dead.http_status, dead.errcode) == (401, "M_UNKNOWN_TOKEN")


def test_the_capabilities_say_that_the_password_can_be_changed(
    homeserver: Homeserver, client: Client, person: Person
) -> None:
    login = homeserver.login(person.user_id, person.password).json
    client.set_access_token(login["access_token"])
    answer = client.call("getCapabilities")
    assert answer.status == "MX_OK"
    assert answer.json()["capabilities"]["m.change_password"]["enabled"] is True


def test_a_wrong_password_is_forbidden(client: Client, person: Person) -> None:
    answer = client.call("login", credentials(person.user_id, "a.wrong.one"))
    assert answer.status == "MX_ERR_MATRIX"
    assert (answer.http_status, answer.errcode) == (403, "M_FORBIDDEN")


def test_an_operation_that_needs_a_token_is_not_sent_without_one(
    homeserver: Homeserver, library: Library
) -> None:
    with CuttingProxy(homeserver.base_url) as proxy:
        answer = library.client(proxy.base_url).call("getTokenOwner")
        assert (answer.status, answer.http_status) == ("MX_ERR_INVALID_ARGUMENT", 0)
        assert "access_token" in answer.message
        assert proxy.requests() == []


def test_the_log_names_every_operation_and_tells_nothing_private(
    homeserver: Homeserver, person: Person
) -> None:
    with Library() as library:
        client = library.client(homeserver.base_url)
        login = client.call("login", credentials(person.user_id, person.password))
        client.set_access_token(login.json()["access_token"])
        client.request_token_to_reset_password_email("a.secret", person.email, 1)
        client.call("getTokenOwner")
        client.call("logout")
        assert library.secrets >= {
            "a.secret",
            person.password,
            login.json()["access_token"],
        }
        assert library.personal >= {person.email, person.user_id}
    operations = (
        "login",
        "requestTokenToResetPasswordEmail",
        "getTokenOwner",
        "logout",
    )
    for operation in operations:
        assert any(operation in line for line in library.log), library.log
