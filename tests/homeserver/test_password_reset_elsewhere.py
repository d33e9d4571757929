"""Proves the reset with answers that no Synapse gives: servers without sessions, servers that want the token typed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from capi import Library, PasswordReset
from scripted_process import ScriptedServer

NO_OAUTH = {"status": 404, "json": {"errcode": "M_UNRECOGNIZED", "error": "None"}}
SID = {"json": {"sid": "a.sid"}}
# Without proof and without a token: no session of user-interactive authentication.
NO_SESSION = {"status": 401, "json": {"errcode": "M_MISSING_TOKEN", "error": "Missing"}}
NOT_YET = {"status": 403, "json": {"errcode": "M_FORBIDDEN", "error": "Invalid proof."}}
LOST = {"accept": "reset"}
DONE: dict[str, Any] = {"json": {}}


@pytest.fixture(scope="module")
def scripted() -> Iterator[ScriptedServer]:
    with ScriptedServer() as running:
        yield running


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    return str(request.node.name)


def started(
    scripted: ScriptedServer, library: Library, name: str, *replies: dict[str, Any]
) -> PasswordReset:
    """A reset whose mail has been asked for; the replies are for the requests that follow."""
    base_url = scripted.script(name, NO_OAUTH, SID, *replies)
    reset = library.client(base_url).password_reset("alice@example.test")
    assert reset.send().status == "MX_OK"
    return reset


def test_without_a_session_a_lost_reply_is_an_unknown_outcome_and_never_repeated(
    scripted: ScriptedServer, library: Library, name: str
) -> None:
    reset = started(scripted, library, name, NO_SESSION, LOST, NOT_YET)
    assert reset.finish("New-passw0rd").status == "MX_UNKNOWN_OUTCOME"
    assert len(scripted.requests(name)) == 4
    assert reset.stage == "AWAITS_LINK"


def test_without_a_session_not_confirmed_after_a_lost_reply_is_still_unknown(
    scripted: ScriptedServer, library: Library, name: str
) -> None:
    replies = (NO_SESSION, LOST, NO_SESSION, NOT_YET)
    reset = started(scripted, library, name, *replies)
    # The server says "not confirmed" of a proof that is used up, too.
    assert reset.finish("New-passw0rd").status == "MX_UNKNOWN_OUTCOME"
    assert reset.finish("New-passw0rd").status == "MX_UNKNOWN_OUTCOME"


def test_a_server_that_forbids_until_confirmed_is_polled(
    scripted: ScriptedServer, library: Library, name: str
) -> None:
    reset = started(scripted, library, name, NO_SESSION, NOT_YET, NOT_YET, DONE)
    assert reset.finish("New-passw0rd", wait_ms=600_000).status == "MX_OK"
    assert reset.stage == "DONE"
    assert len(scripted.requests(name)) == 6


def test_a_server_that_forbids_until_confirmed_is_pending_when_not_polled(
    scripted: ScriptedServer, library: Library, name: str
) -> None:
    reset = started(scripted, library, name, NO_SESSION, NOT_YET)
    answer = reset.finish("New-passw0rd")
    assert (answer.status, answer.http_status) == ("MX_PENDING", 403)


@pytest.mark.parametrize(
    ("http_status", "errcode"),
    [
        (400, "M_WEAK_PASSWORD"),
        (403, "M_USER_DEACTIVATED"),
        (404, "M_NOT_FOUND"),
        (429, "M_LIMIT_EXCEEDED"),
        (500, "M_UNKNOWN"),
    ],
)
def test_polling_ends_with_the_first_error_that_is_not_about_the_confirmation(
    scripted: ScriptedServer,
    library: Library,
    name: str,
    http_status: int,
    errcode: str,
) -> None:
    error = {"status": http_status, "json": {"errcode": errcode, "error": "No"}}
    reset = started(scripted, library, name, NO_SESSION, NOT_YET, error)
    answer = reset.finish("New-passw0rd", wait_ms=600_000)
    assert (answer.status, answer.errcode) == ("MX_ERR_MATRIX", errcode)
    assert len(scripted.requests(name)) == 5


def test_a_token_that_is_to_be_typed_is_handed_in_before_the_end(
    scripted: ScriptedServer, library: Library, name: str
) -> None:
    base_url = scripted.base_url(name)
    scripted.script(
        name,
        NO_OAUTH,
        {"json": {"sid": "a.sid", "submit_url": f"{base_url}/submit"}},
        {"json": {"success": False}},
        {"json": {"success": True}},
        NO_SESSION,
        DONE,
    )
    client = library.client(base_url, access_token="a.stale.token")
    reset = client.password_reset("alice@example.test")
    assert reset.send().status == "MX_OK"
    assert reset.stage == "AWAITS_TOKEN"
    wrong = reset.submit_token("111111")
    assert (wrong.status, wrong.http_status) == ("MX_ERR_MATRIX", 200)
    assert reset.stage == "AWAITS_TOKEN"
    assert reset.submit_token("123456").status == "MX_OK"
    assert reset.stage == "CONFIRMED"
    assert reset.finish("New-passw0rd").status == "MX_OK"
    requests = scripted.requests(name)
    assert [r["path"] for r in requests[2:4]] == ["/submit", "/submit"]
    for request in requests:
        assert "authorization" not in {
            header.lower() for header, _ in request["headers"]
        }
