"""Proves the whole reset on a real homeserver: from a forgotten password to a new one, and every way that may take."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest
from abi import Refused
from capi import Client, Library
from cutting_proxy import CuttingProxy
from homeserver import Homeserver
from people import Person, mailed_link, new_password, new_person


@pytest.fixture(scope="module")
def strict_homeserver() -> Iterator[Homeserver]:
    """Hides which addresses it knows, wants good passwords, and is in a hurry with its links."""
    policy = {"enabled": True, "minimum_length": 10, "require_digit": True}
    config = {
        "request_token_inhibit_3pid_errors": True,
        "password_config": {"policy": policy},
    }
    with Homeserver(config) as running:
        yield running


def can_log_in(homeserver: Homeserver, person: Person, password: str) -> bool:
    answer = homeserver.login(person.user_id, password)
    assert (answer.status, answer.errcode) in ((200, None), (403, "M_FORBIDDEN"))
    return answer.status == 200


def test_a_forgotten_password_is_replaced_by_way_of_the_mail(
    homeserver: Homeserver, client: Client, person: Person
) -> None:
    password = new_password()
    reset = client.password_reset(f" {person.email} ")
    assert reset.stage == "NEW"
    assert reset.send().status == "MX_OK"
    assert reset.stage == "AWAITS_LINK"
    assert homeserver.confirm(mailed_link(homeserver, person)).status == 200
    done = reset.finish(password)
    assert (done.status, done.http_status) == ("MX_OK", 200)
    assert reset.stage == "DONE"
    assert can_log_in(homeserver, person, password)
    assert not can_log_in(homeserver, person, person.password)
    with pytest.raises(Refused, match="MX_ERR_MISUSE"):
        reset.send()
    with pytest.raises(Refused, match="MX_ERR_MISUSE"):
        reset.finish(password)


def test_the_person_is_led_to_the_next_link_after_confirming(
    homeserver: Homeserver, client: Client, person: Person
) -> None:
    reset = client.password_reset(person.email, "https://app.example.test/done")
    sid = reset.send().json()["sid"]
    page = homeserver.confirm(mailed_link(homeserver, person))
    assert page.headers["location"] == f"https://app.example.test/done?sid={sid}"
    assert reset.finish(new_password()).status == "MX_OK"


def test_before_a_mail_is_asked_for_there_is_nothing_to_finish(
    client: Client, person: Person
) -> None:
    reset = client.password_reset(person.email)
    with pytest.raises(Refused, match="MX_ERR_MISUSE"):
        reset.finish(new_password())
    with pytest.raises(Refused, match="MX_ERR_MISUSE"):
        reset.submit_token("123456")


def test_before_the_mail_is_confirmed_finishing_is_pending_and_changes_nothing(
    homeserver: Homeserver, client: Client, person: Person
) -> None:
    password = new_password()
    reset = client.password_reset(person.email)
    assert reset.send().status == "MX_OK"
    for _ in range(2):
        assert reset.finish(password).status == "MX_PENDING"
    assert reset.stage == "AWAITS_LINK"
    assert can_log_in(homeserver, person, person.password)
    assert homeserver.confirm(mailed_link(homeserver, person)).status == 200
    assert reset.finish(password).status == "MX_OK"
    assert can_log_in(homeserver, person, password)


def test_a_resend_is_exactly_one_more_mail_and_the_first_link_still_works(
    homeserver: Homeserver, client: Client, person: Person
) -> None:
    reset = client.password_reset(person.email)
    sids = [reset.send().json()["sid"] for _ in range(2)]
    assert sids[0] == sids[1]
    assert len(homeserver.mailbox.mails(person.email)) == 2
    first = mailed_link(homeserver, person, 0)
    assert first != mailed_link(homeserver, person, 1)
    assert homeserver.confirm(first).status == 200
    assert reset.finish(new_password()).status == "MX_OK"


def test_a_resend_after_confirming_needs_its_own_confirmation(
    homeserver: Homeserver, client: Client, person: Person
) -> None:
    reset = client.password_reset(person.email)
    assert reset.send().status == "MX_OK"
    assert homeserver.confirm(mailed_link(homeserver, person)).status == 200
    # The server begins a new session, since the one before is confirmed.
    assert reset.send().status == "MX_OK"
    assert len(homeserver.mailbox.mails(person.email)) == 2
    assert reset.finish(new_password()).status == "MX_PENDING"
    assert homeserver.confirm(mailed_link(homeserver, person)).status == 200
    assert reset.finish(new_password()).status == "MX_OK"


def test_after_a_weak_password_a_good_one_finishes_the_same_reset(
    strict_homeserver: Homeserver, library: Library
) -> None:
    person = new_person(strict_homeserver)
    reset = library.client(strict_homeserver.base_url).password_reset(person.email)
    assert reset.send().status == "MX_OK"
    link = mailed_link(strict_homeserver, person)
    assert strict_homeserver.confirm(link).status == 200
    for weak, errcode in [
        ("Short-1", "M_PASSWORD_TOO_SHORT"),
        ("Long-enough-and-none", "M_PASSWORD_NO_DIGIT"),
    ]:
        # With time to wait, too: what is no matter of waiting ends at once.
        refused = reset.finish(weak, wait_ms=600_000)
        assert refused.status == "MX_ERR_MATRIX"
        assert (refused.http_status, refused.errcode) == (400, errcode)
        assert reset.stage == "AWAITS_LINK"
    password = new_password()
    assert reset.finish(password).status == "MX_OK"
    assert can_log_in(strict_homeserver, person, password)


def test_a_wrong_link_confirms_nothing(
    homeserver: Homeserver, client: Client, person: Person
) -> None:
    reset = client.password_reset(person.email)
    assert reset.send().status == "MX_OK"
    link = mailed_link(homeserver, person)
    assert homeserver.confirm(link.replace("token=", "token=wrong")).status == 400
    assert reset.finish(new_password()).status == "MX_PENDING"
    assert homeserver.confirm(link).status == 200
    assert reset.finish(new_password()).status == "MX_OK"


def test_an_expired_link_confirms_nothing_and_a_resend_helps(library: Library) -> None:
    with Homeserver({"email": {"validation_token_lifetime": "1s"}}) as homeserver:
        person = new_person(homeserver)
        reset = library.client(homeserver.base_url).password_reset(person.email)
        assert reset.send().status == "MX_OK"
        time.sleep(3)
        page = homeserver.confirm(mailed_link(homeserver, person))
        assert page.status == 400
        assert "expired" in page.text
        assert reset.finish(new_password()).status == "MX_PENDING"

        homeserver.restart({"email": {"validation_token_lifetime": "1h"}})
        assert reset.send().status == "MX_OK"
        assert homeserver.confirm(mailed_link(homeserver, person)).status == 200
        assert reset.finish(new_password()).status == "MX_OK"


def test_an_unknown_address_looks_exactly_like_a_known_one_where_the_server_hides_it(
    strict_homeserver: Homeserver, library: Library
) -> None:
    client = library.client(strict_homeserver.base_url)
    addresses = (new_person(strict_homeserver).email, "nobody@example.test")
    seen = []
    for address in addresses:
        reset = client.password_reset(address)
        sent, finished = reset.send(), reset.finish(new_password())
        seen.append(
            [
                (answer.status, answer.http_status, answer.errcode, answer.message)
                for answer in (sent, finished)
            ]
            + [reset.stage, sorted(sent.json()), sorted(finished.json())]
        )
    assert seen[0] == seen[1]
    assert seen[0][0][0] == "MX_OK"
    assert seen[0][1][0] == "MX_PENDING"
    assert len(strict_homeserver.mailbox.mails(addresses[0])) == 1
    assert strict_homeserver.mailbox.mails(addresses[1]) == []


def test_an_unknown_address_is_told_where_the_server_tells_it(client: Client) -> None:
    reset = client.password_reset("nobody@example.test")
    answer = reset.send()
    assert answer.status == "MX_ERR_MATRIX"
    assert answer.errcode == "M_THREEPID_NOT_FOUND"
    assert reset.stage == "NEW"


def test_a_rate_limit_is_told_at_once_and_costs_no_attempt(library: Library) -> None:
    limit = {"rc_3pid_validation": {"per_second": 0.003, "burst_count": 1}}
    with Homeserver(limit) as homeserver:
        person = new_person(homeserver)
        client = library.client(homeserver.base_url, timeout_ms=3_600_000)
        reset = client.password_reset(person.email)
        assert reset.send().status == "MX_OK"
        begun = time.monotonic()
        answer = reset.send()
        assert time.monotonic() - begun < 60
        assert answer.status == "MX_ERR_MATRIX"
        assert (answer.http_status, answer.errcode) == (429, "M_LIMIT_EXCEEDED")
        assert answer.retry_after_ms is not None
        assert answer.retry_after_ms > 60_000
        assert reset.stage == "AWAITS_LINK"

        homeserver.restart()
        assert reset.send().status == "MX_OK"
        assert len(homeserver.mailbox.mails(person.email)) == 2


@pytest.mark.parametrize("logout_devices", [True, False])
def test_the_old_sessions_end_exactly_if_that_is_asked_for(
    homeserver: Homeserver, client: Client, person: Person, logout_devices: bool
) -> None:
    login = homeserver.login(person.user_id, person.password).json
    token = login["access_token"]
    reset = client.password_reset(person.email)
    assert reset.send().status == "MX_OK"
    assert homeserver.confirm(mailed_link(homeserver, person)).status == 200
    assert homeserver.whoami(token).status == 200
    assert reset.finish(new_password(), logout_devices).status == "MX_OK"
    assert homeserver.whoami(token).status == (401 if logout_devices else 200)


def test_a_server_without_mail_refuses_to_send(library: Library) -> None:
    with Homeserver({"email": None}) as homeserver:
        person = new_person(homeserver)
        reset = library.client(homeserver.base_url).password_reset(person.email)
        answer = reset.send()
    assert answer.status == "MX_ERR_MATRIX"
    assert (answer.http_status, answer.errcode) == (400, "M_UNKNOWN")
    assert reset.stage == "NEW"


def test_a_stale_access_token_changes_nothing_and_travels_with_no_step(
    homeserver: Homeserver, library: Library, person: Person
) -> None:
    with CuttingProxy(homeserver.base_url) as proxy:
        client = library.client(proxy.base_url, access_token="a.stale.token")
        assert client.call("getTokenOwner").errcode == "M_UNKNOWN_TOKEN"
        reset = client.password_reset(person.email)
        assert reset.send().status == "MX_OK"
        assert homeserver.confirm(mailed_link(homeserver, person)).status == 200
        assert reset.finish(new_password()).status == "MX_OK"
        steps = proxy.requests()[1:]
        assert len(steps) >= 3
        assert all(step.headers["authorization"] is None for step in steps)


def test_the_log_names_every_step_and_tells_nothing_private(
    homeserver: Homeserver, person: Person
) -> None:
    password = new_password()
    with Library() as library:
        reset = library.client(homeserver.base_url).password_reset(person.email)
        assert reset.send().status == "MX_OK"
        secret = json.loads(reset.save())["client_secret"]
        assert reset.finish(password).status == "MX_PENDING"
        assert homeserver.confirm(mailed_link(homeserver, person)).status == 200
        assert reset.finish(password).status == "MX_OK"
        assert library.secrets >= {secret, password}
        assert person.email in library.personal
    for operation in ("requestTokenToResetPasswordEmail", "changePassword"):
        assert any(operation in line for line in library.log), library.log
