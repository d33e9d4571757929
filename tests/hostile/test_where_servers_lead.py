"""Proves that no secret, no access token and no person goes where a hostile server or document would lead them."""

from __future__ import annotations

from typing import Any

import pytest
from capi import Client, Library
from conftest import HOMESERVER, TOKEN
from internet import Internet
from places import NEVER, at_the_trap

WELL_KNOWN, MATRIX = ".well-known", "_matrix"
VERSIONS = {"json": {"versions": ["v1.15"]}}
FLOWS = {"json": {"flows": [{"type": "m.login.password"}]}}
UNRECOGNIZED = {"status": 404, "json": {"errcode": "M_UNRECOGNIZED", "error": ""}}
PASSWORDS = ("client_secret", "mailed.token", "new.password")


def only(internet: Internet, *names: str) -> None:
    """Nobody but these was connected to, and nothing was sent in the clear."""
    assert set(internet.proxy.asked_for) == {f"{name}:443" for name in names}
    assert internet.trap.connections == 0


def headers(request: dict[str, Any]) -> dict[str, str]:
    return {name.lower(): value for name, value in request["headers"]}


def no_bearer(internet: Internet, *scripts: str) -> None:
    for script in scripts:
        for request in internet.requests(script):
            assert "authorization" not in headers(request), request
            assert "cookie" not in headers(request), request


def base_url(url: str) -> dict[str, Any]:
    return {"json": {"m.homeserver": {"base_url": url}}}


# The well-known document.


def test_a_document_leads_to_another_public_server(
    client: Client, internet: Internet
) -> None:
    internet.script(WELL_KNOWN, base_url("https://other.example"))
    internet.script(MATRIX, VERSIONS, UNRECOGNIZED, FLOWS)
    answer = client.discover("@alice:hs.example")
    assert answer.status == "MX_OK", answer
    assert answer.json()["base_url"] == "https://other.example"
    only(internet, "hs.example", "other.example")
    no_bearer(internet, WELL_KNOWN, MATRIX)


@pytest.mark.parametrize("url", NEVER)
def test_a_document_leads_nowhere_else(
    client: Client, internet: Internet, url: str
) -> None:
    internet.script(WELL_KNOWN, base_url(at_the_trap(url, internet.trap)))
    internet.script(MATRIX, VERSIONS, UNRECOGNIZED, FLOWS)
    answer = client.discover("hs.example")
    assert answer.status == "MX_ERR_BAD_RESPONSE", answer
    assert "m.homeserver.base_url" in answer.message
    only(internet, "hs.example")
    no_bearer(internet, WELL_KNOWN, MATRIX)
    assert internet.requests(MATRIX) == []


def test_a_redirect_of_the_document_leads_to_another_public_server(
    client: Client, internet: Internet
) -> None:
    target = "https://other.example/.well-known/x"
    internet.script(
        WELL_KNOWN,
        {"status": 302, "headers": {"location": target, "set-cookie": "a=b"}},
        base_url("https://hs.example"),
    )
    internet.script(MATRIX, VERSIONS, UNRECOGNIZED, FLOWS)
    answer = client.discover("hs.example")
    assert answer.status == "MX_OK", answer
    only(internet, "hs.example", "other.example")
    no_bearer(internet, WELL_KNOWN, MATRIX)


@pytest.mark.parametrize("url", NEVER)
def test_a_redirect_of_the_document_leads_nowhere_else(
    client: Client, internet: Internet, url: str
) -> None:
    location = at_the_trap(url, internet.trap)
    internet.script(WELL_KNOWN, {"status": 302, "headers": {"location": location}})
    answer = client.discover("hs.example")
    assert answer.status == "MX_ERR_BAD_RESPONSE", answer
    assert "redirect" in answer.message
    only(internet, "hs.example")


# Redirects of everything else.


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    "url", ["https://other.example/x", "https://hs.example/x", *NEVER[:5]]
)
def test_no_other_redirect_is_followed(
    client: Client, internet: Internet, status: int, url: str
) -> None:
    location = at_the_trap(url, internet.trap)
    internet.script(MATRIX, {"status": status, "headers": {"location": location}})
    login = {"type": "m.login.password", "password": "new.password"}
    for operation, params in (("login", login), ("getTokenOwner", {})):
        answer = client.call(operation, params)
        assert answer.status == "MX_ERR_BAD_RESPONSE", answer
        assert "redirect" in answer.message
    only(internet, "hs.example")
    asked = internet.requests(MATRIX)
    assert [request["method"] for request in asked] == ["POST", "GET"]
    bearers = [headers(request).get("authorization") for request in asked]
    assert bearers == [None, f"Bearer {TOKEN}"]


def test_headers_that_name_other_places_change_nothing(
    client: Client, internet: Internet
) -> None:
    elsewhere = {
        "alt-svc": f'h2="other.example:443", http/1.1="127.0.0.1:{internet.trap.port}"',
        "content-location": "https://other.example/",
        "link": "<https://other.example/>; rel=preload",
        "refresh": f"0; url=http://127.0.0.1:{internet.trap.port}/",
        "set-cookie": "a=b; Domain=example",
        "location": "https://other.example/",
    }
    internet.script(MATRIX, {"json": {"user_id": "@alice:hs"}, "headers": elsewhere})
    for _ in range(2):
        assert client.call("getTokenOwner").status == "MX_OK"
    only(internet, "hs.example")
    assert all("cookie" not in headers(r) for r in internet.requests(MATRIX))


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    "delay", ["99999999999999999999", "Fri, 31 Dec 9999 23:59:59 GMT", "86400"]
)
def test_no_server_makes_a_call_wait_for_long(
    client: Client, internet: Internet, status: int, delay: str
) -> None:
    limited = {"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 1e300}
    reply = {"status": status, "json": limited, "headers": {"retry-after": delay}}
    internet.script(MATRIX, reply)
    answer = client.call("getTokenOwner")
    assert (answer.status, answer.http_status) == ("MX_ERR_MATRIX", status)
    assert len(internet.requests(MATRIX)) == 1


# The submit_url.


def test_the_token_of_the_mail_goes_to_another_public_server_without_a_bearer(
    client: Client, internet: Internet
) -> None:
    internet.script("submit", {"json": {"success": True}})
    url = "https://other.example/submit"
    assert client.submit_token(url, "sid1", *PASSWORDS[:2]).status == "MX_OK"
    only(internet, "other.example")
    no_bearer(internet, "submit")
    assert "mailed.token" in internet.requests("submit")[0]["body"]


@pytest.mark.parametrize("url", NEVER)
def test_the_token_of_the_mail_goes_nowhere_else(
    client: Client, internet: Internet, url: str
) -> None:
    submit_url = at_the_trap(url, internet.trap)
    sent = {"json": {"sid": "sid1", "submit_url": submit_url}}
    internet.script(MATRIX, UNRECOGNIZED, sent)
    reset = client.password_reset("alice@example.test")
    answer = reset.send()
    # The application can see what the server says.
    assert answer.status == "MX_OK" and answer.json()["submit_url"] == submit_url
    answers = [
        reset.submit_token("mailed.token"),
        client.submit_token(submit_url, "sid1", *PASSWORDS[:2]),
    ]
    for answer in answers:
        assert answer.status == "MX_ERR_INVALID_ARGUMENT", answer
        assert "submit_url" in answer.message
    assert reset.stage == "AWAITS_TOKEN"
    only(internet, "hs.example")
    no_bearer(internet, MATRIX)


@pytest.mark.parametrize(
    "elsewhere", ["http://127.0.0.1:PORT/x", "http://[::1]:PORT/x"]
)
def test_in_plain_http_the_token_of_the_mail_stays_at_its_own_port(
    library: Library, internet: Internet, elsewhere: str
) -> None:
    local = library.client(internet.plain("local"))
    submit_url = at_the_trap(elsewhere, internet.trap)
    answer = local.submit_token(submit_url, "sid1", *PASSWORDS[:2])
    assert answer.status == "MX_ERR_INVALID_ARGUMENT", answer
    internet.script("local", {"status": 307, "headers": {"location": submit_url}})
    params = {"type": "m.login.password", "password": PASSWORDS[2]}
    assert local.call("login", params).status == "MX_ERR_BAD_RESPONSE"
    assert internet.trap.connections == 0


def test_a_submit_url_that_redirects_is_not_followed(
    client: Client, internet: Internet
) -> None:
    location = {"location": "https://auth.example/submit"}
    internet.script("submit", {"status": 307, "headers": location})
    url = "https://other.example/submit"
    answer = client.submit_token(url, "sid1", *PASSWORDS[:2])
    assert answer.status == "MX_ERR_BAD_RESPONSE", answer
    only(internet, "other.example")


# Pages for the person.


def metadata(**pages: str) -> dict[str, Any]:
    return {"json": {"issuer": "https://auth.example/", **pages}}


def test_a_page_on_the_web_is_handed_on(client: Client, internet: Internet) -> None:
    page = "https://auth.example/account"
    internet.script(MATRIX, metadata(account_management_uri=page))
    answer = client.password_reset("alice@example.test").send()
    assert answer.status == "MX_WEB_REQUIRED", answer
    assert answer.json()["account_management_uri"] == page
    internet.script(MATRIX, VERSIONS, metadata(account_management_uri=page))
    answer = client.discover(HOMESERVER)
    assert (answer.status, answer.json()["reset"]) == ("MX_OK", "web")
    assert answer.json()["account_management_uri"] == page
    only(internet, "hs.example")


@pytest.mark.parametrize("name", ["account_management_uri", "issuer"])
@pytest.mark.parametrize("url", NEVER)
def test_no_other_page_is_handed_on(
    client: Client, internet: Internet, url: str, name: str
) -> None:
    hostile = metadata(**{name: at_the_trap(url, internet.trap)})
    internet.script(MATRIX, hostile)
    answer = client.call("getAuthMetadata")
    assert answer.status == "MX_ERR_BAD_RESPONSE", answer
    assert name in answer.message

    internet.script(MATRIX, VERSIONS, hostile)
    answer = client.discover(HOMESERVER)
    assert answer.status == "MX_ERR_BAD_RESPONSE", answer
    assert name in answer.message

    # Without a page to go to, the mail is tried; that there is none is then all that can be said.
    internet.script(MATRIX, hostile, UNRECOGNIZED, hostile)
    answer = client.password_reset("alice@example.test").send()
    assert answer.status == "MX_WEB_REQUIRED", answer
    assert name not in answer.json()
    only(internet, "hs.example")
