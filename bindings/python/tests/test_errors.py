"""The exceptions: which status is which, and what each carries."""

from __future__ import annotations

import pickle

import matrix_capi
import pytest
from matrix_capi import (
    BadResponseError,
    Client,
    DeadlineError,
    Error,
    MatrixError,
    PasswordReset,
    Stage,
    Status,
    WebRequired,
)
from matrix_capi._errors import CLASSES, RefusedError, error_class
from scripts import Server

NO_OAUTH = {"status": 404, "json": {"errcode": "M_UNRECOGNIZED", "error": "no"}}


def test_every_status_but_success_and_the_queues_own_has_an_exception() -> None:
    assert set(CLASSES) == set(Status) - {Status.OK, Status.ERR_TIMEOUT}
    assert len(set(CLASSES.values())) == len(CLASSES)
    for status, error in CLASSES.items():
        assert issubclass(error, Error)
        assert issubclass(error, RefusedError) == (status < Status.ERR_INVALID_ARGUMENT)
        assert error.__name__ in matrix_capi.__all__


def test_a_status_of_a_later_library_is_a_plain_error() -> None:
    error = error_class(63)("later", status=63)
    assert (type(error), error.status) == (Error, 63)


def test_a_refusal_carries_errcode_status_delay_and_body(server: Server) -> None:
    body = {"errcode": "M_LIMIT_EXCEEDED", "error": "slow", "retry_after_ms": 332922}
    script = server.script(
        {
            "status": 429,
            "headers": {"Retry-After": "333", "ETag": "x"},
            "json": body,
        }
    )
    with Client(script.url) as client, pytest.raises(MatrixError) as caught:
        client.request_token_to_reset_password_email("s", "alice@example.test", 1)
    error = caught.value
    assert error.errcode == "M_LIMIT_EXCEEDED"
    assert error.http_status == 429
    assert error.retry_after == 333
    assert error.status is Status.ERR_MATRIX
    assert error.json == body
    assert error.headers == {"content-type": "application/json", "etag": "x"}
    assert "M_LIMIT_EXCEEDED" in error.message
    assert "alice" not in error.message


def test_a_page_of_a_proxy_is_readable(server: Server) -> None:
    script = server.script({"status": 502, "body": "<html>"})
    with (
        Client(script.url, max_retries=0) as client,
        pytest.raises(BadResponseError) as caught,
    ):
        client.get_versions()
    assert (caught.value.http_status, caught.value.body) == (502, b"<html>")
    assert caught.value.json is None
    assert caught.value.errcode is None


def test_a_late_answer_is_a_deadline(server: Server) -> None:
    script = server.script({"hang": True})
    with Client(script.url, timeout=0.1) as client, pytest.raises(DeadlineError):
        client.get_versions()


def test_accounts_on_the_web_tell_their_page(server: Server) -> None:
    page = "https://account.example.test/"
    metadata = {"issuer": "https://issuer.test/", "account_management_uri": page}
    script = server.script({"json": metadata})
    with Client(script.url) as client, PasswordReset(client, "a@b.test") as reset:
        try:
            reset.send()
        except WebRequired as error:
            caught = error
    assert caught.account_management_uri == page


def test_a_lost_reply_without_a_session_is_an_unknown_outcome(server: Server) -> None:
    flows = {"status": 401, "json": {"flows": [{"stages": ["m.login.email.identity"]}]}}
    script = server.script(
        NO_OAUTH, {"json": {"sid": "abc"}}, flows, {"accept": "reset"}
    )
    client = Client(script.url, retry_delay=0.001)
    with client, PasswordReset(client, "a@b.test") as reset:
        reset.send()
        with pytest.raises(matrix_capi.UnknownOutcome):
            reset.finish("A new 1", logout_devices=True)


def test_a_wrong_token_leaves_the_reset_waiting_for_the_right_one(
    server: Server,
) -> None:
    tokens = server.script(
        {"status": 400, "json": {"errcode": "M_TOKEN_INCORRECT", "error": "no"}},
        {"json": {"success": True}},
    )
    script = server.script(
        NO_OAUTH, {"json": {"sid": "abc", "submit_url": f"{tokens.url}/submit"}}
    )
    with Client(script.url) as client, PasswordReset(client, "a@b.test") as reset:
        reset.send()
        stages = [reset.stage]
        with pytest.raises(MatrixError, match="M_TOKEN_INCORRECT"):
            reset.submit_token("wrong")
        stages.append(reset.stage)
        reset.submit_token("right")
        stages.append(reset.stage)
    assert stages == [Stage.AWAITS_TOKEN, Stage.AWAITS_TOKEN, Stage.CONFIRMED]


def test_an_error_survives_pickling_as_multiprocessing_does_it() -> None:
    error = MatrixError("why", errcode="M_FORBIDDEN", http_status=403, body=b"{}")
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is MatrixError
    assert again.__dict__ == error.__dict__
    assert str(again) == "why"


def test_a_wrong_saved_reset_is_refused_without_its_secret() -> None:
    with Client("https://example.org") as client:
        with PasswordReset(client, "alice@example.test") as reset:
            saved = reset.save()
        other = saved.replace('"stage":"new"', '"stage":"other"')
        assert other != saved
        for wrong in ("", "hunter2", other):
            with pytest.raises(matrix_capi.InvalidArgumentError) as caught:
                PasswordReset.restore(client, wrong)
            assert "hunter2" not in str(caught.value)
    with (
        Client("https://example.com") as stranger,
        pytest.raises(matrix_capi.InvalidArgumentError, match="base_url"),
    ):
        PasswordReset.restore(stranger, saved)
