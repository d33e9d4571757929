"""Proves that a reset survives the app in which it began: saved, and restored in another process."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from abi import Refused
from capi import Client, Library
from homeserver import Homeserver
from people import Person, mailed_link, new_password


def test_a_killed_app_resumes_from_what_it_saved(
    homeserver: Homeserver, client: Client, person: Person
) -> None:
    program = Path(__file__).with_name("send_and_wait.py")
    with subprocess.Popen(
        [sys.executable, str(program), homeserver.base_url, person.email],
        stdout=subprocess.PIPE,
        text=True,
    ) as app:
        try:
            assert app.stdout
            saved = app.stdout.readline()
        finally:
            app.kill()
    assert homeserver.confirm(mailed_link(homeserver, person)).status == 200

    password = new_password()
    reset = client.restore_password_reset(saved)
    assert reset.stage == "AWAITS_LINK"
    assert reset.finish(password).status == "MX_OK"
    assert homeserver.login(person.user_id, password).status == 200
    assert len(homeserver.mailbox.mails(person.email)) == 1


def test_a_restored_reset_sends_one_more_mail_when_asked_to(
    homeserver: Homeserver, library: Library, client: Client, person: Person
) -> None:
    reset = client.password_reset(person.email)
    sid = reset.send().json()["sid"]
    other = library.client(homeserver.base_url)
    restored = other.restore_password_reset(reset.save())
    assert restored.send().json()["sid"] == sid
    assert len(homeserver.mailbox.mails(person.email)) == 2


def test_a_saved_reset_is_for_its_own_homeserver_alone(
    library: Library, client: Client, person: Person
) -> None:
    saved = client.password_reset(person.email).save()
    elsewhere = library.client("https://elsewhere.example.test")
    with pytest.raises(Refused, match="MX_ERR_INVALID_ARGUMENT"):
        elsewhere.restore_password_reset(saved)
    newer = json.dumps({**json.loads(saved), "version": 2})
    with pytest.raises(Refused, match="version 2"):
        client.restore_password_reset(newer)
