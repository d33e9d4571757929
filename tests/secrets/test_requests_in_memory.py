"""Proves that nothing of a request, and nothing of an answer that was walked, stays in memory once they are freed."""

from __future__ import annotations

import json
import secrets
import time

import pytest
from internet import Internet
from keeper import Keeper

OK: dict[str, object] = {"json": {}}
DELIVERIES = ["queue", "callback"]


def login(keeper: Keeper) -> None:
    """A request with secrets as strings, nested in JSON, replaced and left out."""
    keeper.make("odd plain", "odd nested", "between", "before", "left out", "named")
    keeper.ok("request", "login")
    keeper.ok("set", "type", "m.login.password")
    keeper.ok("set", "password", "${before}")
    keeper.ok("set", "password", "${odd plain}")
    keeper.ok("set", "token", "${left out}")
    keeper.ok("unset", "token")
    nested = '{"a":[{"secret":"${odd nested:json}"}], "${named}":"x", "n":"\\u0041${between}"}'
    keeper.ok("set-json", "identifier", nested)


def custom(keeper: Keeper, method: str) -> None:
    """One with secrets in the path, the query and, where it has one, the body."""
    keeper.make("odd path", "query", "odd nested", "other")
    keeper.ok("custom", method, "/_matrix/client/unstable/x/{p}?q={q}")
    keeper.ok("set", "p", "${odd path}")
    keeper.ok("set", "q", "${query}")
    keeper.ok("set", "other", "${other}")
    name = "in the body" if method == "POST" else "list"
    keeper.ok("set-json", name, '["${odd nested:json}"]')


def test_nothing_is_left_of_a_request_that_is_never_sent(keeper: Keeper) -> None:
    login(keeper)
    keeper.do("wipe")
    assert keeper.found() == {"odd plain", "odd nested", "between", "named"}
    keeper.free_all()
    assert keeper.search() == []


def test_nothing_is_left_of_values_that_a_setter_refuses(keeper: Keeper) -> None:
    keeper.make("odd")
    keeper.ok("request", "login")
    for words in [
        ("set", "refresh_token", "${odd}"),
        ("set-json", "password", '["${odd:json}"]'),
        ("set-json", "identifier", '{"a":"${odd:json}"'),
        ("set-json", "identifier", '{"a":"${odd:json}","a":"${odd:json}"}'),
        ("set-json", "identifier", '{"${odd:json}":1,"${odd:json}":2}'),
        ("set-json", "identifier", '"${odd:json}" 1'),
    ]:
        assert keeper.do(*words) == "MX_ERR_INVALID_ARGUMENT", words
    keeper.do("wipe")
    assert keeper.search() == []
    keeper.free_all()
    assert keeper.search() == []


@pytest.mark.parametrize("delivery", DELIVERIES)
@pytest.mark.parametrize("freed_first", [False, True], ids=["kept", "freed-first"])
def test_nothing_is_left_of_a_request_that_was_sent(
    keeper: Keeper, internet: Internet, delivery: str, freed_first: bool
) -> None:
    internet.script("sent", {"json": {"access_token": "t", "user_id": "@a:hs"}})
    login(keeper)
    keeper.ok("client", internet.plain("sent"), delivery)
    keeper.ok("send-request")
    if freed_first:
        keeper.free("request")
    keeper.ends("MX_OK")
    keeper.free("result")
    if not freed_first:
        keeper.ok("send-request")
        keeper.ends("MX_OK")
        keeper.free("result", "request")
    assert keeper.found() == set(), keeper.search()
    keeper.free_all()
    assert keeper.search() == []


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_nothing_is_left_of_a_custom_request(
    keeper: Keeper, internet: Internet, method: str
) -> None:
    internet.script(f"custom-{method}", OK)
    custom(keeper, method)
    keeper.ok("option", "idle_timeout_ms", "200")
    keeper.ok("client", internet.plain(f"custom-{method}"), "queue")
    keeper.ok("send-request")
    keeper.ends("MX_OK")
    keeper.free("result", "request")
    # A connection keeps the URL of what it sent last, as long as it is kept itself.
    in_the_url = {"odd path", "query"}
    if method == "GET":
        in_the_url |= {"odd nested", "other"}
    assert keeper.found() <= in_the_url, keeper.search()
    until = time.monotonic() + 60
    while keeper.found():
        assert time.monotonic() < until, keeper.search()
        time.sleep(0.02)
    keeper.free_all()
    assert keeper.search() == []


def test_nothing_is_left_of_a_url(keeper: Keeper, internet: Internet) -> None:
    custom(keeper, "GET")
    keeper.ok("client", internet.plain("url"), "queue")
    assert int(keeper.do("url")) > 300
    keeper.free("request")
    keeper.do("wipe")
    assert keeper.search() == []
    keeper.free_all()
    assert keeper.search() == []


def test_nothing_is_left_of_a_request_that_ends_in_no_answer(
    keeper: Keeper, internet: Internet
) -> None:
    internet.script("hangs", {"hang": True})
    custom(keeper, "POST")
    keeper.ok("client", internet.plain("hangs"), "queue")
    keeper.ok("send-request")
    until = time.monotonic() + 60
    while not internet.requests("hangs"):
        assert time.monotonic() < until
        time.sleep(0.02)
    keeper.ok("cancel")
    keeper.ends("MX_ERR_CANCELLED")
    keeper.free("result", "request")
    assert keeper.found() == set(), keeper.search()
    keeper.free_all()
    assert keeper.search() == []


@pytest.mark.parametrize("status", [200, 403])
def test_nothing_is_left_of_an_answer_that_was_walked(
    keeper: Keeper, internet: Internet, status: int
) -> None:
    """Decoded strings and names lie apart from the body, many and long ones too."""
    told = {
        name: secrets.token_urlsafe(48) for name in ("plain", "escaped", "name", "deep")
    }
    many = {f"many {n}": secrets.token_urlsafe(30) for n in range(20)}
    answer = {
        "errcode": "M_X",
        "error": "",
        "a": told["plain"],
        "b": f"\n\u00e9{told['escaped']}\n",
        told["name"]: {f"\t{told['name']}": [[{"c": told["deep"] * 50}]]},
        "many": list(many.values()) + ["x" * 100000],
    }
    body = json.dumps(answer)
    internet.script("walked", {"status": status, "body": body})
    keeper.secrets |= {**told, **many}
    keeper.ok("client", internet.plain("walked"), "queue")
    keeper.ok("custom", "GET", "/_matrix/x")
    keeper.ok("send-request")
    keeper.ends("MX_OK" if status == 200 else "MX_ERR_MATRIX")
    assert int(keeper.do("walk")) > 100000
    assert set(keeper.secrets) == keeper.found()
    keeper.free("result")
    # The connection keeps what came last, until it is used again or closed.
    keeper.free_all()
    assert keeper.search() == []
