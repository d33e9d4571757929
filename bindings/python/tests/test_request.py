"""Requests: fields of every type, own endpoints, a timeout for one call, and what is refused."""

from __future__ import annotations

import gc
import threading
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from matrix_capi import (
    AsyncClient,
    BadResponseError,
    Client,
    DeadlineError,
    Error,
    InvalidArgumentError,
    Request,
)
from matrix_capi._native import LIB
from scripts import Script, Server

PATH = "/_matrix/client/unstable/org.example/rooms/{roomId}/x?dir={dir}"
OK: dict[str, Any] = {"json": {"ok": True}}


def asked(script: Script, number: int = 0) -> tuple[str, list[tuple[str, str]]]:
    """The path below the script's own, and the query, of a request that came."""
    request = script.requests()[number]
    query = parse_qsl(str(request["query"]), keep_blank_values=True)
    return str(request["path"]), query


def sent(script: Script, number: int = 0) -> str:
    return str(script.requests()[number]["body"])


def test_a_custom_get_has_its_fields_in_the_path_and_the_query(server: Server) -> None:
    script = server.script(OK)
    request = Request.custom("GET", PATH, roomId="!a/b:hs", dir="b", ids=["1", "é &"])
    request.set("org.example.flag", True)
    with Client(script.url) as client:
        answer = client.send(request)
    path, query = asked(script)
    assert path.endswith("/_matrix/client/unstable/org.example/rooms/%21a%2Fb%3Ahs/x")
    flag = ("org.example.flag", "true")
    assert query == [("dir", "b"), ("ids", "1"), ("ids", "é &"), flag]
    assert answer.json == {"ok": True}


def test_a_custom_post_has_its_fields_in_the_body_by_their_types(
    server: Server,
) -> None:
    script = server.script(OK)
    values = {"s": 'a"b', "i": 7, "f": 0.25, "b": False, "n": None, "l": [1, {"x": []}]}
    with Client(script.url) as client:
        client.send(Request.custom("POST", "/_matrix/client/v1/x", **values))
    expected = '{"s":"a\\"b","i":7,"f":0.25,"b":false,"n":null,"l":[1,{"x":[]}]}'
    assert sent(script) == expected


def test_a_request_is_changed_and_sent_again(server: Server) -> None:
    script = server.script(OK)
    request = Request.custom("POST", "/_matrix/client/v1/x", a=1, b=2)
    with Client(script.url) as client:
        client.send(request)
        request.set("a", "other")
        request.unset("b")
        client.send(request)
    assert [sent(script), sent(script, 1)] == ['{"a":1,"b":2}', '{"a":"other"}']


def test_any_answer_of_success_is_taken_and_is_json_only_if_it_is(
    server: Server,
) -> None:
    page = {"status": 201, "body": "<html>", "headers": {"Content-Type": "text/html"}}
    script = server.script(page, {"status": 404, "body": "<html>"})
    request = Request.custom("GET", "/_matrix/client/v1/x")
    with Client(script.url) as client:
        answer = client.send(request)
        with pytest.raises(BadResponseError):
            client.send(request)
    assert (answer.http_status, answer.body, answer.json) == (201, b"<html>", None)
    assert answer.headers["content-type"] == "text/html"


@pytest.mark.parametrize("timeout", [0.2, timedelta(milliseconds=200)])
def test_a_request_ends_after_its_own_timeout(server: Server, timeout: Any) -> None:
    request = Request("getVersions")
    request.timeout = timeout
    client = Client(server.script({"hang": True}).url, timeout=60)
    with client, pytest.raises(DeadlineError, match="within 200 ms"):
        client.send(request)
    request.timeout = None
    assert request.timeout is None


def test_what_the_operation_does_not_allow_is_refused_at_once(server: Server) -> None:
    request = Request("requestTokenToResetPasswordEmail", send_attempt=1)
    for name, value, words in [
        ("emial", "a@b", "there is no parameter emial"),
        ("email", "alice", "email must be an email address"),
        ("send_attempt", "1", "send_attempt must be of type integer, not string"),
        ("send_attempt", float("nan"), "send_attempt must be a finite number"),
        ("client_secret", 5, "string, not integer"),
    ]:
        with pytest.raises(InvalidArgumentError, match=words):
            request.set(name, value)
    with pytest.raises(InvalidArgumentError, match="no operation"):
        Request("getEverything")
    with pytest.raises(InvalidArgumentError, match="must begin with /_matrix/"):
        Request.custom("GET", "/_synapse/admin")
    with pytest.raises(InvalidArgumentError, match="timeout"):
        request.timeout = 0
    with pytest.raises(TypeError, match="email"):
        request.set("email", object())
    client = Client("http://127.0.0.1:1")
    with client, pytest.raises(Error, match="client_secret is missing"):
        client.send(request)


def test_a_request_gives_the_url_for_a_browser(server: Server) -> None:
    path = "/_matrix/client/v3/login/sso/redirect?redirectUrl={redirectUrl}"
    request = Request.custom("GET", path, redirectUrl="app://done?a=b&c")
    with Client("http://127.0.0.1:1/prefix/") as client:
        url = request.url(client)
        with pytest.raises(InvalidArgumentError, match="a browser can open only"):
            Request("logout").url(client)
    assert url.startswith("http://127.0.0.1:1/prefix/_matrix/client/v3/login/sso/")
    assert dict(parse_qsl(urlsplit(url).query)) == {"redirectUrl": "app://done?a=b&c"}


def test_threads_share_a_request(server: Server) -> None:
    script = server.script(OK)
    request = Request.custom("POST", "/_matrix/client/v1/x", a=0)

    def work(number: int) -> None:
        request.set("a", number)
        client.send(request)

    with Client(script.url) as client:
        threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(script.requests()) == 8


def test_an_async_client_sends_requests_too(server: Server, run: Any) -> None:
    script = server.script(OK)

    async def main() -> Any:
        async with AsyncClient(script.url) as client:
            return await client.send(Request.custom("GET", "/_matrix/client/v1/x"))

    assert run(main()).json == {"ok": True}


def test_a_request_that_is_gone_is_freed_and_shows_no_value() -> None:
    gc.collect()
    before = LIB.mx_debug_live_objects()
    request = Request("login", type="m.login.password", password="hunter2")
    assert LIB.mx_debug_live_objects() == before + 1
    assert "hunter2" not in repr(request)
    del request
    gc.collect()
    assert LIB.mx_debug_live_objects() == before
