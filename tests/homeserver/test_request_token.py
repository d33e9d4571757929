"""Proves what asking a real homeserver for a reset mail gives: the mail, or the reason why there is none."""

from __future__ import annotations

import time
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from abi import Answer, generate_client_secret
from capi import Client, Library
from cutting_proxy import CuttingProxy
from homeserver import Homeserver
from people import Person, new_person


@pytest.fixture(scope="module")
def discreet_homeserver() -> Iterator[Homeserver]:
    """Hides which addresses it knows, and leads on to app.example.test alone."""
    config = {
        "request_token_inhibit_3pid_errors": True,
        "next_link_domain_whitelist": ["app.example.test"],
    }
    with Homeserver(config) as running:
        yield running


def ask(
    client: Client, email: str, secret: str | None = None, attempt: int = 1
) -> Answer:
    secret = secret or generate_client_secret()
    return client.request_token_to_reset_password_email(secret, email, attempt)


def test_the_mailed_link_holds_the_client_secret_and_the_sid(
    homeserver: Homeserver, client: Client, person: Person
) -> None:
    secret = generate_client_secret()
    answer = ask(client, person.email, secret)
    assert (answer.status, answer.http_status) == ("MX_OK", 200)
    assert (answer.errcode, answer.retry_after_ms) == (None, None)
    [mail] = homeserver.mailbox.mails(person.email)
    [link] = mail.links
    query = parse_qs(urlsplit(link).query)
    assert query["client_secret"] == [secret]
    assert query["sid"] == [answer.json()["sid"]]
    assert homeserver.confirm(link).status == 200


def test_the_operation_by_its_name_does_what_the_typed_function_does(
    homeserver: Homeserver, client: Client, person: Person
) -> None:
    secret = generate_client_secret()
    fields = {"client_secret": secret, "email": person.email, "send_attempt": 1}
    named = client.call("requestTokenToResetPasswordEmail", fields)
    typed = ask(client, person.email, secret)
    assert (named.status, typed.status) == ("MX_OK", "MX_OK")
    assert named.json() == typed.json()
    assert len(homeserver.mailbox.mails(person.email)) == 1


def test_every_character_of_the_grammar_passes_through_mail_and_link(
    homeserver: Homeserver, client: Client, person: Person
) -> None:
    secret = "azAZ09.=_-"
    assert ask(client, person.email, secret).status == "MX_OK"
    [mail] = homeserver.mailbox.mails(person.email)
    assert parse_qs(urlsplit(mail.links[0]).query)["client_secret"] == [secret]
    assert homeserver.confirm(mail.links[0]).status == 200


def test_an_address_is_found_whatever_its_case(
    homeserver: Homeserver, client: Client, person: Person
) -> None:
    assert ask(client, person.email.upper()).status == "MX_OK"
    assert len(homeserver.mailbox.mails(person.email)) == 1


def test_an_unknown_address_is_told_by_its_errcode(
    homeserver: Homeserver, client: Client
) -> None:
    answer = ask(client, "nobody@example.test")
    assert answer.status == "MX_ERR_MATRIX"
    assert (answer.http_status, answer.errcode) == (400, "M_THREEPID_NOT_FOUND")
    assert answer.json()["error"] == "Email not found"
    assert homeserver.mailbox.mails("nobody@example.test") == []


def test_a_server_that_hides_addresses_answers_alike_for_known_and_unknown(
    discreet_homeserver: Homeserver, library: Library
) -> None:
    client = library.client(discreet_homeserver.base_url)
    person = new_person(discreet_homeserver)
    known, unknown = ask(client, person.email), ask(client, "nobody@example.test")
    for answer in (known, unknown):
        assert (answer.status, answer.http_status) == ("MX_OK", 200)
        assert list(answer.json()) == ["sid"]
    assert known.message == unknown.message
    assert len(discreet_homeserver.mailbox.mails(person.email)) == 1
    assert discreet_homeserver.mailbox.mails("nobody@example.test") == []


def test_the_same_attempt_mails_once_and_a_higher_one_again_with_the_same_sid(
    homeserver: Homeserver, client: Client, person: Person
) -> None:
    secret = generate_client_secret()
    sids, mails = [], []
    for attempt in (1, 1, 2, 2, 1):
        answer = ask(client, person.email, secret, attempt)
        assert answer.status == "MX_OK"
        sids.append(answer.json()["sid"])
        mails.append(len(homeserver.mailbox.mails(person.email)))
    assert len(set(sids)) == 1
    assert mails == [1, 1, 2, 2, 2]
    first, second = homeserver.mailbox.mails(person.email)
    assert first.links != second.links


def test_a_lost_reply_is_asked_for_again_and_mails_once(
    homeserver: Homeserver, library: Library, person: Person
) -> None:
    with CuttingProxy(homeserver.base_url) as proxy:
        proxy.cut("lose the reply", "/requestToken")
        answer = ask(library.client(proxy.base_url), person.email)
        assert answer.status == "MX_OK"
        first, second = proxy.requests("/requestToken")
        assert first.body == second.body
    assert len(homeserver.mailbox.mails(person.email)) == 1


def test_a_next_link_on_the_whitelist_is_where_the_person_is_led(
    discreet_homeserver: Homeserver, library: Library
) -> None:
    client = library.client(discreet_homeserver.base_url)
    person = new_person(discreet_homeserver)
    link = "https://app.example.test/done"
    answer = client.request_token_to_reset_password_email(
        "a.secret", person.email, 1, link
    )
    assert answer.status == "MX_OK"
    [mail] = discreet_homeserver.mailbox.mails(person.email)
    page = discreet_homeserver.confirm(mail.links[0])
    assert page.status == 302
    assert page.headers["location"] == f"{link}?sid={answer.json()['sid']}"


def test_a_next_link_off_the_whitelist_is_refused_by_the_server(
    discreet_homeserver: Homeserver, library: Library
) -> None:
    client = library.client(discreet_homeserver.base_url)
    person = new_person(discreet_homeserver)
    link = "https://elsewhere.example.test/done"
    answer = client.request_token_to_reset_password_email(
        "a.secret", person.email, 1, link
    )
    assert answer.status == "MX_ERR_MATRIX"
    assert (answer.http_status, answer.errcode) == (400, "M_INVALID_PARAM")
    assert discreet_homeserver.mailbox.mails(person.email) == []


def test_a_rate_limit_is_told_at_once_with_the_delay_of_the_header(
    library: Library,
) -> None:
    limit = {"rc_3pid_validation": {"per_second": 0.003, "burst_count": 1}}
    with Homeserver(limit) as homeserver, CuttingProxy(homeserver.base_url) as proxy:
        person = new_person(homeserver)
        client = library.client(proxy.base_url, timeout_ms=3_600_000)
        secret = generate_client_secret()
        assert ask(client, person.email, secret).status == "MX_OK"
        begun = time.monotonic()
        answer = ask(client, person.email, secret)
        assert time.monotonic() - begun < 60
        assert answer.status == "MX_ERR_MATRIX"
        assert (answer.http_status, answer.errcode) == (429, "M_LIMIT_EXCEEDED")
        # The header counts in whole seconds, rounded up; the body's field is exact.
        in_body = answer.json()["retry_after_ms"]
        assert answer.retry_after_ms is not None
        assert answer.retry_after_ms % 1000 == 0
        assert 60_000 < in_body <= answer.retry_after_ms < in_body + 1000
        assert len(proxy.requests("/requestToken")) == 2


def test_a_server_without_mail_is_m_unknown_with_status_400(library: Library) -> None:
    with Homeserver({"email": None}) as homeserver:
        person = new_person(homeserver)
        answer = ask(library.client(homeserver.base_url), person.email)
    assert answer.status == "MX_ERR_MATRIX"
    assert (answer.http_status, answer.errcode) == (400, "M_UNKNOWN")


def test_with_its_mail_server_down_it_is_m_unknown_with_status_500_and_later_works(
    homeserver: Homeserver, client: Client, person: Person
) -> None:
    secret = generate_client_secret()
    homeserver.mailbox.stop()
    try:
        answer = ask(client, person.email, secret)
    finally:
        homeserver.mailbox.start()
    assert answer.status == "MX_ERR_MATRIX"
    assert (answer.http_status, answer.errcode) == (500, "M_UNKNOWN")
    assert ask(client, person.email, secret).status == "MX_OK"
    assert len(homeserver.mailbox.mails(person.email)) == 1


def test_a_stale_access_token_changes_nothing_and_is_not_sent(
    homeserver: Homeserver, library: Library, person: Person
) -> None:
    with CuttingProxy(homeserver.base_url) as proxy:
        client = library.client(proxy.base_url, access_token="a.stale.token")
        # The token does travel where it belongs, and is as stale as it should be.
        assert client.call("getTokenOwner").errcode == "M_UNKNOWN_TOKEN"
        assert ask(client, person.email).status == "MX_OK"
        [sent] = proxy.requests("/requestToken")
        assert sent.headers["authorization"] is None
        [owner] = proxy.requests("/whoami")
        assert owner.headers["authorization"] == "Bearer a.stale.token"
    assert len(homeserver.mailbox.mails(person.email)) == 1
