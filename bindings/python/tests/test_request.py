"""What a Request does: fields by Python's types, own endpoints, its own timeout, and being sent more than once."""

from __future__ import annotations

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from conftest import Run
from matrix_capi import (
    Answer,
    AsyncClient,
    Client,
    ClosedError,
    DeadlineError,
    InvalidArgumentError,
    InvalidUtf8Error,
    MatrixError,
    Request,
    answers,
)
from scripts import Server

SID = {"json": {"sid": "abc"}}
LOGIN = {"json": {"access_token": "t", "user_id": "@a:b"}}
HANGS = {"hang": True}
TOKEN = "requestTokenToResetPasswordEmail"
OWN = "/_matrix/client/unstable/org.example/rooms/{roomId}/x"


def token_request(attempt: int = 1) -> Request:
    return Request(
        TOKEN, client_secret="s3cr3t", email="alice@b.test", send_attempt=attempt
    )


def test_a_request_is_answered_by_its_operations_class(server: Server) -> None:
    with Client(server.script(SID).url) as client:
        answer = client.send(token_request())
    assert isinstance(answer, answers.RequestTokenToResetPasswordEmailAnswer)
    assert answer.sid == "abc"


def test_each_type_of_python_is_sent_as_its_type_of_json(server: Server) -> None:
    script = server.script({"json": {}})
    values = {
        "text": "\u00e9\0",
        "yes": True,
        "one": 1,
        "large": 2**60,
        "half": 0.5,
        "nothing": None,
        "list": [1, "two", None],
        "object": {"deep": {"er": [{}]}},
        "tuple": (1, 2),
        "org.example.dotted": "x",
    }
    with Client(script.url) as client:
        client.send(Request.custom("POST", "/_matrix/x", **values))
    [sent] = script.requests()
    assert json.loads(sent["body"]) == {**values, "tuple": [1, 2]}


def test_a_custom_path_takes_its_fields_and_a_get_the_others_as_query(
    server: Server,
) -> None:
    script = server.script({"json": {}})
    with Client(script.url, access_token="secret") as client:
        request = Request.custom("GET", OWN + "?dir={dir}&a=b", via=["h1", "h 2"])
        request.set("roomId", "!a/b c:d\u00e9")
        request.set("dir", "f")
        request.set("limit", 5)
        request.set("full", False)
        client.send(request)
    [sent] = script.requests()
    target = sent["target"].split("/_matrix", 1)[1]
    path = "/client/unstable/org.example/rooms/%21a%2Fb%20c%3Ad%C3%A9/x"
    query = "dir=f&a=b&via=h1&via=h%202&limit=5&full=false"
    assert (sent["method"], target) == ("GET", f"{path}?{query}")
    headers = {name.lower(): value for name, value in sent["headers"]}
    assert headers["authorization"] == "Bearer secret"


def test_a_body_can_be_free(server: Server) -> None:
    script = server.script({"json": {}})
    request = Request.custom("PUT", OWN, roomId="!a:b", body={"any": {"thing": 1}})
    with Client(script.url) as client:
        client.send(request)
        request.set("body", [1, 2])
        client.send(request)
    assert [r["body"] for r in script.requests()] == ['{"any":{"thing":1}}', "[1,2]"]


def test_a_name_with_a_dot_is_taken_by_every_operation(server: Server) -> None:
    script = server.script(LOGIN, {"json": {"versions": []}})
    fields = {"org.example.msc1": {"x": 1}}
    with Client(script.url) as client:
        client.send(Request("login", type="t", **fields))
        client.send(Request("getVersions", **{"org.example.msc2": "a b"}))
    login, versions = script.requests()
    assert json.loads(login["body"]) == {"type": "t", **fields}
    assert versions["query"] == "org.example.msc2=a%20b"


def test_an_answer_of_ones_own_endpoint_need_not_be_json(server: Server) -> None:
    script = server.script(
        {"status": 204},
        {"body": "<p>", "headers": {"Content-Disposition": 'inline; filename="a"'}},
        {"status": 404, "json": {"errcode": "ORG_EXAMPLE", "error": "no"}},
    )
    request = Request.custom("DELETE", "/_matrix/x")
    with Client(script.url) as client:
        nothing = client.send(request)
        page = client.send(request)
        with pytest.raises(MatrixError, match="ORG_EXAMPLE"):
            client.send(request)
    assert (nothing.http_status, nothing.body, nothing.json) == (204, b"", None)
    assert (page.body, page.json) == (b"<p>", None)
    assert page.headers == {"content-disposition": 'inline; filename="a"'}
    assert type(page) is Answer


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (True, "send_attempt must be of type integer, not boolean"),
        ("1", "not string"),
        (1.5, "not number"),
        (None, "not null"),
        (-1, "between 0 and"),
        (2**200, "between 0 and"),
        (float("nan"), "send_attempt must be a finite number"),
        (float("inf"), "send_attempt must be a finite number"),
        ([float("-inf")], "send_attempt: .*float"),
    ],
)
def test_a_value_that_is_not_allowed_is_refused_at_once(value: Any, why: str) -> None:
    request = token_request()
    with pytest.raises(InvalidArgumentError, match=why):
        request.set("send_attempt", value)
    with pytest.raises(InvalidArgumentError, match=why):
        Request(TOKEN, send_attempt=value)


def test_what_no_request_can_hold_is_refused_by_its_name() -> None:
    request = Request("login")
    with pytest.raises(InvalidArgumentError, match="no parameter passwort; there are"):
        request.set("passwort", "hunter2")
    with pytest.raises(InvalidArgumentError, match="no parameter passwort"):
        request.unset("passwort")
    with pytest.raises(InvalidUtf8Error, match="password") as refused:
        request.set("password", "hunter2\ud800")
    assert "hunter2" not in str(refused.value)
    for value in (object(), b"bytes", {1, 2}):
        with pytest.raises(TypeError, match=r"identifier: .*serializable"):
            request.set("identifier", value)
    with pytest.raises(InvalidArgumentError, match="identifier: .*ircular"):
        itself: dict[str, Any] = {}
        itself["a"] = itself
        request.set("identifier", itself)
    with pytest.raises(InvalidArgumentError, match="gives a member twice"):
        request.set("identifier", {1: "a", "1": "b"})
    with pytest.raises(InvalidArgumentError, match="logIn"):
        Request("logIn")
    with pytest.raises(InvalidArgumentError, match="method must be"):
        Request.custom("PATCH", "/_matrix/x")
    with pytest.raises(InvalidArgumentError, match="must begin with /_matrix/"):
        Request.custom("GET", "/x")


def test_what_is_missing_is_refused_when_it_is_sent(server: Server) -> None:
    script = server.script(SID)
    with Client(script.url) as client:
        request = token_request()
        request.unset("email")
        with pytest.raises(InvalidArgumentError, match="email is missing"):
            client.send(request)
        with pytest.raises(InvalidArgumentError, match="roomId is missing"):
            client.send(Request.custom("GET", OWN))
        request.set("email", "alice@b.test")
        client.send(request)
    assert len(script.requests()) == 1


def test_a_request_is_changed_and_sent_again_after_it_was_sent(server: Server) -> None:
    script = server.script(LOGIN)
    request = Request("login", type="t", password="first", device_id="D")
    with Client(script.url) as client:
        client.send(request)
        request.set("password", "second")
        request.unset("device_id")
        client.send(request)
        client.send(request)
    bodies = [json.loads(sent["body"]) for sent in script.requests()]
    assert bodies == [
        {"type": "t", "password": "first", "device_id": "D"},
        {"type": "t", "password": "second"},
        {"type": "t", "password": "second"},
    ]


def test_a_change_while_a_call_runs_does_not_reach_it(server: Server) -> None:
    script = server.script({**LOGIN, "delay_ms": 300})
    request = Request("login", type="before")
    with Client(script.url) as client, ThreadPoolExecutor(1) as threads:
        running = threads.submit(client.send, request)
        script.wait(1)
        request.set("type", "after")
        running.result()
        client.send(request)
    types = [json.loads(sent["body"])["type"] for sent in script.requests()]
    assert types == ["before", "after"]


@pytest.mark.parametrize("timeout", [0.2, timedelta(milliseconds=200)])
def test_a_timeout_of_its_own_ends_the_call(server: Server, timeout: Any) -> None:
    script = server.script(HANGS, SID)
    request = token_request()
    request.timeout = timeout
    assert request.timeout == timeout
    started = time.monotonic()
    with Client(script.url) as client:
        with pytest.raises(DeadlineError):
            client.send(request)
        # Without it, it would be the 30 seconds of the client's.
        assert time.monotonic() - started < 15
        request.timeout = None
        assert client.send(request).json == {"sid": "abc"}


def test_a_timeout_may_be_longer_than_the_clients(server: Server) -> None:
    script = server.script({**SID, "delay_ms": 500})
    request = token_request()
    request.timeout = 30
    with Client(script.url, timeout=0.1) as client:
        client.send(request)
        request.timeout = None
        with pytest.raises(DeadlineError):
            client.send(request)


@pytest.mark.parametrize("timeout", [0, timedelta(0), -1, float("nan"), 2**32])
def test_a_timeout_that_is_none_is_refused(timeout: Any) -> None:
    request = Request("getVersions")
    with pytest.raises(InvalidArgumentError, match="timeout must be"):
        request.timeout = timeout
    for wrong in ("5", True):
        with pytest.raises(TypeError, match="timeout must be a number"):
            request.timeout = wrong  # type: ignore[assignment]
    assert request.timeout is None


def test_many_threads_share_a_request(server: Server) -> None:
    script = server.script({"echo": True, "shuffle_ms": 5})
    shared, stop = token_request(), threading.Event()

    def change() -> None:
        attempt = 0
        while not stop.is_set():
            attempt += 1
            shared.set("send_attempt", attempt % 1000)
            shared.timeout = 20 + attempt % 10

    def send(_: int) -> int:
        return int(client.send(shared).json["sid"])

    with Client(script.url) as client, ThreadPoolExecutor(20) as threads:
        changers = [threading.Thread(target=change) for _ in range(2)]
        for changer in changers:
            changer.start()
        try:
            found = list(threads.map(send, range(500)))
        finally:
            stop.set()
            for changer in changers:
                changer.join()
    assert len(found) == 500
    assert all(0 <= attempt < 1000 for attempt in found)


def test_a_request_is_awaited(server: Server, run: Run[Any]) -> None:
    script = server.script({"echo": True})

    async def main() -> list[str]:
        request, sids = token_request(), []
        async with AsyncClient(script.url) as client:
            for attempt in range(3):
                request.set("send_attempt", attempt)
                answer = await client.send(request)
                sids.append(answer.json["sid"])
            with pytest.raises(InvalidArgumentError, match="GET"):
                request.url(client)
        return sids

    assert run(main()) == ["0", "1", "2"]


def test_the_url_of_a_request_is_for_a_browser(server: Server) -> None:
    script = server.script(SID)
    path = "/_matrix/client/v3/login/sso/redirect/{idpId}"
    request = Request.custom("GET", path, idpId="a/b", redirectUrl="app://x?y")
    with Client(script.url, access_token="hunter2") as client:
        url = request.url(client)
        assert url == (
            f"{script.url}/_matrix/client/v3/login/sso/redirect/a%2Fb"
            "?redirectUrl=app%3A%2F%2Fx%3Fy"
        )
        request.unset("idpId")
        with pytest.raises(InvalidArgumentError, match="idpId is missing"):
            request.url(client)
        with pytest.raises(InvalidArgumentError, match="access token"):
            Request("getTokenOwner").url(client)
    with Client() as client, pytest.raises(InvalidArgumentError, match="homeserver"):
        Request("getVersions").url(client)
    with pytest.raises(ClosedError):
        request.url(client)
    assert script.requests() == []


def test_no_value_is_in_the_repr() -> None:
    request = Request("login", type="t", password="hunter2")
    own = Request.custom("GET", OWN, roomId="hunter2")
    assert repr(request) == "<Request login>"
    assert repr(own) == f"<Request GET {OWN}>"
