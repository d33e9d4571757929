"""The whole way against a real Synapse: discovery, the reset in both forms, logging in with the new password."""

from __future__ import annotations

import secrets
from typing import Any

import pytest
from conftest import Run
from homeserver import Homeserver
from matrix_capi import (
    AsyncClient,
    AsyncPasswordReset,
    Client,
    MatrixError,
    PasswordReset,
    Pending,
    Stage,
)
from people import Person, new_person


@pytest.fixture
def person(homeserver: Homeserver) -> Person:
    return new_person(homeserver)


def new_password() -> str:
    return f"New-{secrets.token_hex(8)}"


def confirm(homeserver: Homeserver, person: Person, count: int = 1) -> None:
    """Opens the link in the newest mail and presses the button, as a person would."""
    mail = homeserver.mailbox.wait(person.email, count)[-1]
    assert homeserver.confirm(mail.links[0]).status == 200


def check_changed(homeserver: Homeserver, person: Person, password: str) -> None:
    assert homeserver.login(person.user_id, password).status == 200
    assert homeserver.login(person.user_id, person.password).status == 403


def test_a_password_is_reset(homeserver: Homeserver, person: Person) -> None:
    token = homeserver.login(person.user_id, person.password).json["access_token"]
    password = new_password()
    with Client(homeserver.base_url, access_token="stale") as client:
        reset = PasswordReset(client, person.email)
        with reset:
            reset.send()
            stages = [reset.stage]
            with pytest.raises(Pending):
                reset.finish(password, logout_devices=True)
            confirm(homeserver, person)
            reset.finish(password, logout_devices=True, wait=60)
            stages.append(reset.stage)
    assert stages == [Stage.AWAITS_LINK, Stage.DONE]
    check_changed(homeserver, person, password)
    assert homeserver.whoami(token).status == 401


def test_a_password_is_reset_awaiting(
    homeserver: Homeserver, person: Person, run: Run[Any]
) -> None:
    password = new_password()

    async def main() -> None:
        async with AsyncClient(homeserver.base_url) as client:
            with AsyncPasswordReset(client, person.email) as reset:
                await reset.send()
                with pytest.raises(Pending):
                    await reset.finish(password, logout_devices=False)
                await reset.send()
                confirm(homeserver, person, count=2)
                await reset.finish(password, logout_devices=False, wait=60)
                assert reset.stage == Stage.DONE
            found = await client.discover(homeserver.base_url)
            assert found.reset == "email"

    token = homeserver.login(person.user_id, person.password).json["access_token"]
    run(main())
    check_changed(homeserver, person, password)
    assert homeserver.whoami(token).status == 200


def test_a_reset_is_saved_and_restored_by_another_client(
    homeserver: Homeserver, person: Person
) -> None:
    password = new_password()
    client = Client(homeserver.base_url)
    with client, PasswordReset(client, person.email) as reset:
        reset.send()
        saved = reset.save()
    confirm(homeserver, person)
    client = Client(homeserver.base_url)
    with client, PasswordReset.restore(client, saved) as reset:
        assert reset.stage == Stage.AWAITS_LINK
        reset.finish(password, logout_devices=True)
    check_changed(homeserver, person, password)


def test_an_unknown_address_is_the_homeservers_own_word(homeserver: Homeserver) -> None:
    client = Client(homeserver.base_url)
    with client, PasswordReset(client, "nobody@example.test") as reset:
        with pytest.raises(MatrixError) as caught:
            reset.send()
        assert reset.stage == Stage.NEW
    assert caught.value.errcode == "M_THREEPID_NOT_FOUND"
    assert caught.value.http_status == 400


def test_a_homeserver_is_discovered(homeserver: Homeserver) -> None:
    with Client() as client:
        found = client.discover(homeserver.base_url)
    assert found.base_url.rstrip("/") == homeserver.base_url.rstrip("/")
    assert "v1.11" in found.versions
    assert (found.reset, found.account_management_uri) == ("email", None)


def test_an_account_is_used_by_its_operations(
    homeserver: Homeserver, person: Person
) -> None:
    user = {"type": "m.id.user", "user": person.user_id}
    with Client(homeserver.base_url) as client:
        session = client.login(
            "m.login.password", identifier=user, password=person.password
        )
        client.set_access_token(session.access_token)
        assert client.get_token_owner().user_id == person.user_id
        [threepid] = client.get_account_3pids().threepids or []
        assert threepid["address"] == person.email
        with pytest.raises(MatrixError) as caught:
            client.change_password("Another-1", logout_devices=False)
        assert caught.value.http_status == 401
        assert "flows" in caught.value.json
        client.logout()
        with pytest.raises(MatrixError, match="M_UNKNOWN_TOKEN"):
            client.get_token_owner()
