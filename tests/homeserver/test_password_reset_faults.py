"""Proves what a reset makes of lost requests and replies: no second mail, and never a wrong word about the password."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from capi import Library, PasswordReset
from cutting_proxy import CuttingProxy
from homeserver import Homeserver
from people import Person, mailed_link, new_password

REQUEST_TOKEN = "/password/email/requestToken"
CHANGE = "/account/password"


@pytest.fixture
def proxy(homeserver: Homeserver) -> Iterator[CuttingProxy]:
    with CuttingProxy(homeserver.base_url) as running:
        yield running


@pytest.fixture
def reset(library: Library, proxy: CuttingProxy, person: Person) -> PasswordReset:
    """A reset whose client sends nothing twice by itself."""
    client = library.client(proxy.base_url, max_retries=0, timeout_ms=20_000)
    return client.password_reset(person.email)


def confirmed(
    reset: PasswordReset, homeserver: Homeserver, person: Person
) -> PasswordReset:
    assert reset.send().status == "MX_OK"
    assert homeserver.confirm(mailed_link(homeserver, person)).status == 200
    return reset


def works(homeserver: Homeserver, person: Person, password: str) -> bool:
    return homeserver.login(person.user_id, password).status == 200


@pytest.mark.parametrize(
    ("fate", "mails"), [("lose the request", 0), ("lose the reply", 1)]
)
def test_a_resend_after_a_loss_repeats_the_attempt_so_that_one_mail_comes(
    homeserver: Homeserver,
    proxy: CuttingProxy,
    reset: PasswordReset,
    person: Person,
    fate: str,
    mails: int,
) -> None:
    proxy.cut(fate, REQUEST_TOKEN)
    assert reset.send().status == "MX_ERR_CONNECT"
    assert reset.stage == "NEW"
    assert len(homeserver.mailbox.mails(person.email)) == mails
    assert reset.send().status == "MX_OK"
    assert len(homeserver.mailbox.mails(person.email)) == 1
    first, second = [json.loads(r.body) for r in proxy.requests(REQUEST_TOKEN)]
    assert first == second
    assert first["send_attempt"] == 1


def test_a_resend_after_a_lost_resend_sends_none_twice(
    homeserver: Homeserver, proxy: CuttingProxy, reset: PasswordReset, person: Person
) -> None:
    assert reset.send().status == "MX_OK"
    proxy.cut("lose the reply", REQUEST_TOKEN)
    assert reset.send().status == "MX_ERR_CONNECT"
    assert len(homeserver.mailbox.mails(person.email)) == 2
    assert reset.send().status == "MX_OK"
    assert len(homeserver.mailbox.mails(person.email)) == 2
    bodies = [json.loads(r.body) for r in proxy.requests(REQUEST_TOKEN)]
    assert [body["send_attempt"] for body in bodies] == [1, 2, 2]


@pytest.mark.parametrize("cut_after", [None, 0, 30, 150])
def test_a_lost_reply_to_the_last_request_ends_as_success_through_the_session(
    homeserver: Homeserver,
    proxy: CuttingProxy,
    library: Library,
    person: Person,
    cut_after: int | None,
) -> None:
    password = new_password()
    reset = library.client(proxy.base_url).password_reset(person.email)
    confirmed(reset, homeserver, person)
    # The first request gets the session, the second carries the proof.
    if cut_after is None:
        proxy.cut("lose the reply", CHANGE, nth=2)
    else:
        proxy.cut("break the reply", CHANGE, nth=2, after=cut_after)
    assert reset.finish(password).status == "MX_OK"
    assert reset.stage == "DONE"
    assert works(homeserver, person, password)
    _, lost, repeated = proxy.requests(CHANGE)
    assert lost.body == repeated.body


def test_a_lost_reply_that_is_not_asked_for_again_is_an_unknown_outcome_until_it_is(
    homeserver: Homeserver, proxy: CuttingProxy, reset: PasswordReset, person: Person
) -> None:
    password = new_password()
    confirmed(reset, homeserver, person)
    proxy.cut("lose the reply", CHANGE, nth=2)
    lost = reset.finish(password)
    assert (lost.status, lost.http_status) == ("MX_UNKNOWN_OUTCOME", 0)
    assert works(homeserver, person, password)
    assert reset.stage == "AWAITS_LINK"
    assert reset.finish(password).status == "MX_OK"
    assert reset.stage == "DONE"


def test_an_unknown_outcome_is_settled_by_another_process_from_the_saved_reset(
    homeserver: Homeserver,
    proxy: CuttingProxy,
    library: Library,
    reset: PasswordReset,
    person: Person,
) -> None:
    password = new_password()
    confirmed(reset, homeserver, person)
    proxy.cut("lose the reply", CHANGE, nth=2)
    assert reset.finish(password).status == "MX_UNKNOWN_OUTCOME"
    client = library.client(proxy.base_url)
    restored = client.restore_password_reset(reset.save())
    assert restored.finish(password).status == "MX_OK"
    assert works(homeserver, person, password)


def test_a_last_request_that_never_arrived_is_carried_out_by_the_next_one(
    homeserver: Homeserver, proxy: CuttingProxy, reset: PasswordReset, person: Person
) -> None:
    password = new_password()
    confirmed(reset, homeserver, person)
    proxy.cut("lose the request", CHANGE, nth=2)
    assert reset.finish(password).status == "MX_UNKNOWN_OUTCOME"
    assert works(homeserver, person, person.password)
    assert reset.finish(password).status == "MX_OK"
    assert works(homeserver, person, password)


def test_a_swallowed_last_request_is_an_unknown_outcome_and_no_failure(
    homeserver: Homeserver, proxy: CuttingProxy, library: Library, person: Person
) -> None:
    password = new_password()
    client = library.client(proxy.base_url, timeout_ms=4_000)
    reset = confirmed(client.password_reset(person.email), homeserver, person)
    proxy.cut("swallow", CHANGE, nth=2)
    assert reset.finish(password).status == "MX_UNKNOWN_OUTCOME"
    assert reset.finish(password).status == "MX_OK"
    assert works(homeserver, person, password)


def test_a_lost_request_for_the_session_changes_nothing_and_is_no_unknown_outcome(
    homeserver: Homeserver, proxy: CuttingProxy, reset: PasswordReset, person: Person
) -> None:
    confirmed(reset, homeserver, person)
    proxy.cut("lose the reply", CHANGE)
    assert reset.finish(new_password()).status == "MX_ERR_CONNECT"
    assert works(homeserver, person, person.password)
    assert reset.finish(new_password()).status == "MX_OK"


def test_polling_outlives_a_lost_reply(
    homeserver: Homeserver, proxy: CuttingProxy, library: Library, person: Person
) -> None:
    password = new_password()
    reset = library.client(proxy.base_url).password_reset(person.email)
    assert reset.send().status == "MX_OK"
    # The poll after the first proof; by default a lost reply is asked for again.
    proxy.cut("lose the reply", CHANGE, nth=3)
    op = reset.start_finish(password, wait_ms=600_000)
    proxy.wait(CHANGE, 4)
    assert homeserver.confirm(mailed_link(homeserver, person)).status == 200
    assert reset.wait(op).status == "MX_OK"
    assert works(homeserver, person, password)


def test_the_servers_forgotten_session_is_replaced_by_a_new_one(
    homeserver: Homeserver, reset: PasswordReset, library: Library, person: Person
) -> None:
    password = new_password()
    assert reset.send().status == "MX_OK"
    assert reset.finish(password).status == "MX_PENDING"
    saved = json.loads(reset.save())
    assert saved["session"]
    saved["session"] = "NoSuchSessionAtTheServer"
    restored = library.client(saved["base_url"]).restore_password_reset(
        json.dumps(saved)
    )
    assert homeserver.confirm(mailed_link(homeserver, person)).status == 200
    assert restored.finish(password).status == "MX_OK"
    assert works(homeserver, person, password)
