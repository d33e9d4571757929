"""Proves by plain HTTP that the homeserver and the mailbox behave as the tests of the library take for granted."""

from __future__ import annotations

import os
import ssl
import urllib.error
from typing import Any

import pytest
from homeserver import Homeserver
from loopback import Answer, Browser
from people import Person, new_person
from server_process import HomeserverError
from synapse_config import merge

REQUEST_TOKEN = "/_matrix/client/v3/account/password/email/requestToken"


def request_token(homeserver: Homeserver, email: str, **fields: Any) -> Answer:
    body = {"client_secret": "a.secret", "email": email, "send_attempt": 1, **fields}
    return homeserver.request("POST", REQUEST_TOKEN, body)


def change_password(homeserver: Homeserver, sid: str, new_password: str) -> Answer:
    proof = {"sid": sid, "client_secret": "a.secret"}
    auth = {"type": "m.login.email.identity", "threepid_creds": proof}
    body = {"new_password": new_password, "logout_devices": True, "auth": auth}
    return homeserver.request("POST", "/_matrix/client/v3/account/password", body)


def test_a_password_is_reset_by_the_mailed_link(
    homeserver: Homeserver, person: Person
) -> None:
    old_token = homeserver.login(person.user_id, person.password).json["access_token"]
    assert homeserver.whoami(old_token).json["user_id"] == person.user_id

    sid = request_token(homeserver, person.email).json["sid"]
    [mail] = homeserver.mailbox.wait(person.email)
    assert mail.subject == "[localhost] Password reset"
    assert mail.to == (person.email,)
    [link] = [link for link in mail.links if "submit_token" in link]
    assert link in mail.text
    assert sid in link

    assert change_password(homeserver, sid, "New-passw0rd").errcode == "M_UNAUTHORIZED"
    page = homeserver.confirm(link)
    assert page.status == 200
    assert "Your email has now been validated" in page.text
    assert change_password(homeserver, sid, "New-passw0rd").json == {}

    assert homeserver.login(person.user_id, "New-passw0rd").status == 200
    assert homeserver.login(person.user_id, person.password).errcode == "M_FORBIDDEN"
    assert homeserver.whoami(old_token).errcode == "M_UNKNOWN_TOKEN"


def test_the_mailbox_counts_one_mail_for_each_new_attempt(
    homeserver: Homeserver, person: Person
) -> None:
    for attempt in (1, 1, 2):
        assert (
            request_token(homeserver, person.email, send_attempt=attempt).status == 200
        )
    assert len(homeserver.mailbox.wait(person.email, count=2)) == 2
    assert len(homeserver.mailbox.mails(person.email.upper())) == 2
    assert homeserver.mailbox.mails("nobody@example.test") == []


def test_a_confirmed_link_shows_where_it_would_lead_and_does_not_go_there(
    homeserver: Homeserver, person: Person
) -> None:
    elsewhere = "https://app.example.test/done"
    sid = request_token(homeserver, person.email, next_link=elsewhere).json["sid"]
    page = homeserver.confirm(homeserver.mailbox.wait(person.email)[0].links[0])
    assert page.status == 302
    assert page.headers["location"] == f"{elsewhere}?sid={sid}"


def test_a_link_to_another_server_is_not_followed(homeserver: Homeserver) -> None:
    with pytest.raises(ValueError, match="does not lead to"):
        homeserver.confirm("http://127.0.0.1:1/_synapse/client/password_reset")


def test_a_wrong_link_is_answered_with_the_page_of_the_server(
    homeserver: Homeserver,
) -> None:
    path = "/_synapse/client/password_reset/email/submit_token?token=a&client_secret=b&sid=c"
    page = homeserver.confirm(homeserver.base_url + path)
    assert page.status == 400


def test_without_a_mail_server_the_request_fails_and_later_works(
    homeserver: Homeserver, person: Person
) -> None:
    port = homeserver.mailbox.port
    homeserver.mailbox.stop()
    try:
        answer = request_token(homeserver, person.email)
        assert (answer.status, answer.errcode) == (500, "M_UNKNOWN")
    finally:
        homeserver.mailbox.start()
    assert homeserver.mailbox.port == port
    assert request_token(homeserver, person.email).status == 200
    assert len(homeserver.mailbox.wait(person.email)) == 1


def test_a_server_with_tls_is_refused_without_its_authority_and_accepted_with_it() -> (
    None
):
    with Homeserver(tls=True) as homeserver:
        assert homeserver.base_url.startswith("https://127.0.0.1:")
        url = homeserver.base_url + "/_matrix/client/versions"
        assert Browser(homeserver.ca_file).request("GET", url).status == 200
        with pytest.raises(urllib.error.URLError) as refused:
            Browser().request("GET", url)
        assert isinstance(refused.value.reason, ssl.SSLCertVerificationError)

        person = new_person(homeserver)
        assert request_token(homeserver, person.email).status == 200
        [link] = homeserver.mailbox.wait(person.email)[0].links
        assert homeserver.confirm(link).status == 200


def test_a_restart_keeps_people_and_address_and_takes_a_new_configuration() -> None:
    limit = {"rc_3pid_validation": {"per_second": 0.003, "burst_count": 1}}
    with Homeserver(limit) as homeserver:
        person, address = new_person(homeserver), homeserver.base_url
        assert request_token(homeserver, person.email).status == 200
        limited = request_token(homeserver, person.email, send_attempt=2)
        assert limited.errcode == "M_LIMIT_EXCEEDED"
        assert int(limited.headers["retry-after"]) > 0

        homeserver.restart({"email": None})
        assert homeserver.base_url == address
        assert homeserver.login(person.user_id, person.password).status == 200
        refused = request_token(homeserver, person.email)
        assert (refused.status, refused.errcode) == (400, "M_UNKNOWN")


def test_a_forked_child_leaves_the_homeserver_alone(homeserver: Homeserver) -> None:
    child = os.fork()
    if child == 0:
        homeserver.stop()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert "Synapse now listening" in homeserver.logs()
    assert homeserver.request("GET", "/_matrix/client/versions").status == 200


def test_a_server_that_cannot_start_says_why_and_leaves_nothing() -> None:
    homeserver = Homeserver({"database": {"name": "no-such-database"}})
    with pytest.raises(HomeserverError, match="no-such-database"):
        homeserver.start()
    assert homeserver not in Homeserver.running


def test_changes_are_laid_over_the_configuration_object_by_object() -> None:
    base = {"a": {"b": 1, "c": 2}, "d": [1], "e": 3}
    changed = merge(base, {"a": {"b": {"f": 4}}, "d": [2], "e": None})
    assert changed == {"a": {"b": {"f": 4}, "c": 2}, "d": [2]}
    assert base == {"a": {"b": 1, "c": 2}, "d": [1], "e": 3}
