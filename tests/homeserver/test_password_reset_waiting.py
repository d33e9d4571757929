"""Proves that a reset waits for its mail to be confirmed as long as it was told to, and can be called off."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from abi import Refused
from capi import Library, PasswordReset
from cutting_proxy import CuttingProxy
from homeserver import Homeserver
from people import Person, mailed_link, new_password

CHANGE = "/account/password"
MINUTES = 600_000


@pytest.fixture
def proxy(homeserver: Homeserver) -> Iterator[CuttingProxy]:
    with CuttingProxy(homeserver.base_url) as running:
        yield running


def sent(library: Library, proxy: CuttingProxy, person: Person) -> PasswordReset:
    """A reset whose mail has been asked for; one request may take a second, however long it waits."""
    client = library.client(proxy.base_url, timeout_ms=20_000)
    reset = client.password_reset(person.email)
    assert reset.send().status == "MX_OK"
    return reset


def test_polling_ends_as_soon_as_the_mail_is_confirmed_and_keeps_one_session(
    homeserver: Homeserver, proxy: CuttingProxy, library: Library, person: Person
) -> None:
    password = new_password()
    reset = sent(library, proxy, person)
    op = reset.start_finish(password, wait_ms=MINUTES)
    # The session, the proof, and one poll.
    proxy.wait(CHANGE, 3)
    assert homeserver.confirm(mailed_link(homeserver, person)).status == 200
    assert reset.wait(op).status == "MX_OK"
    assert homeserver.login(person.user_id, password).status == 200
    first, *proofs = [json.loads(r.body) for r in proxy.requests(CHANGE)]
    assert "auth" not in first
    sessions = {proof["auth"]["session"] for proof in proofs}
    assert len(sessions) == 1
    assert all(proof["new_password"] == password for proof in proofs)


def test_while_a_step_runs_another_is_refused(
    proxy: CuttingProxy, library: Library, person: Person
) -> None:
    reset = sent(library, proxy, person)
    op = reset.start_finish(new_password(), wait_ms=MINUTES)
    with pytest.raises(Refused, match="MX_ERR_MISUSE"):
        reset.send()
    with pytest.raises(Refused, match="MX_ERR_MISUSE"):
        reset.finish(new_password())
    reset.cancel(op)
    assert reset.wait(op).status == "MX_ERR_CANCELLED"


def test_polling_is_cancelled_at_once_and_the_reset_is_as_before(
    homeserver: Homeserver, proxy: CuttingProxy, library: Library, person: Person
) -> None:
    reset = sent(library, proxy, person)
    op = reset.start_finish(new_password(), wait_ms=MINUTES)
    proxy.wait(CHANGE, 2)
    reset.cancel(op)
    assert reset.wait(op, 60).status == "MX_ERR_CANCELLED"
    assert reset.stage == "AWAITS_LINK"
    assert homeserver.login(person.user_id, person.password).status == 200

    assert homeserver.confirm(mailed_link(homeserver, person)).status == 200
    assert reset.finish(new_password()).status == "MX_OK"


def test_when_the_time_to_wait_is_over_it_is_pending(
    proxy: CuttingProxy, library: Library, person: Person
) -> None:
    reset = sent(library, proxy, person)
    assert reset.finish(new_password(), wait_ms=4500).status == "MX_PENDING"
    # The session, the proof, a poll after 2 s, and one at the end.
    assert 3 <= len(proxy.requests(CHANGE)) <= 4
    assert reset.stage == "AWAITS_LINK"


def test_the_time_for_one_call_does_not_end_the_polling(
    homeserver: Homeserver, library: Library, person: Person
) -> None:
    client = library.client(homeserver.base_url, timeout_ms=2_500)
    reset = client.password_reset(person.email)
    assert reset.send().status == "MX_OK"
    assert reset.finish(new_password(), wait_ms=6_000).status == "MX_PENDING"
