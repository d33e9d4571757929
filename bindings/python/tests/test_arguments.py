"""What is refused before it reaches C: strings that would be cut, numbers that would be wrapped, wrong types."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any, Callable

import pytest
from matrix_capi import (
    Client,
    InvalidArgumentError,
    InvalidUtf8Error,
    PasswordReset,
    Request,
)
from scripts import Server

VERSIONS = {"json": {"versions": ["v1.11"]}}

STRINGS: dict[str, Callable[[Client, str], object]] = {
    "operation": lambda client, text: client.call(text),
    "method": lambda client, text: Request.custom(text, "/_matrix/x"),
    "path": lambda client, text: Request.custom("GET", text),
    "name": lambda client, text: Request("login").unset(text),
    "server": lambda client, text: client.discover(text),
    "access_token": lambda client, text: client.set_access_token(text),
    "submit_url": lambda client, text: client.submit_token(text, "s", "c", "t"),
    "sid": lambda client, text: client.submit_token("https://a", text, "c", "t"),
    "client_secret": lambda client, text: client.submit_token(
        "https://a", "s", text, "t"
    ),
    "token": lambda client, text: client.submit_token("https://a", "s", "c", text),
    "email": PasswordReset,
    "next_link": lambda client, text: PasswordReset(client, "a@b", text),
    "saved": PasswordReset.restore,
    "new_password": lambda client, text: PasswordReset(client, "a@b").finish(
        text, logout_devices=True
    ),
    "homeserver": lambda client, text: Client(text),
    "proxy": lambda client, text: Client(proxy=text),
    "root_pem": lambda client, text: Client(root_pem=text),
    "user_agent": lambda client, text: Client(user_agent=text),
}


@pytest.mark.parametrize("name", STRINGS)
def test_a_string_that_c_would_cut_is_refused_by_its_name(
    server: Server, name: str
) -> None:
    script = server.script(VERSIONS)
    with Client(script.url) as client:
        with pytest.raises(InvalidArgumentError, match=f"^{name} contains U"):
            STRINGS[name](client, "https://hunter2\0@example.test")
        with pytest.raises(InvalidUtf8Error, match=name) as refused:
            STRINGS[name](client, "hunter2\ud800")
        assert "hunter2" not in str(refused.value) + str(refused.value.__cause__)
        with pytest.raises(TypeError, match=name):
            STRINGS[name](client, 5)  # type: ignore[arg-type]
    assert script.requests() == []


def test_a_parameter_that_json_cannot_hold_is_refused() -> None:
    with Client("http://127.0.0.1:1") as client:
        with pytest.raises(InvalidArgumentError, match="params: .*float"):
            client.call("login", {"type": float("nan")})
        with pytest.raises(InvalidUtf8Error, match="params"):
            client.call("login", {"type": "\ud800"})
        with pytest.raises(TypeError, match="params: .*serializable"):
            client.call("login", {"type": object()})
        deep: list[object] = []
        for _ in range(100000):
            deep = [deep]
        with pytest.raises(InvalidArgumentError, match="params is nested too deeply"):
            client.call("login", {"identifier": {"a": deep}})
        # U+0000 fits into JSON, so that the library itself sees and refuses it.
        with pytest.raises(InvalidArgumentError, match="client_secret"):
            client.request_token_to_reset_password_email("a\0b", "a@b.test", 1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"timeout": -1}, "timeout must be between"),
        ({"timeout": float("nan")}, "timeout must be between"),
        ({"timeout": 0}, "timeout_ms must be at least 1"),
        ({"max_retries": 2**32}, "max_retries must be between"),
        ({"max_response_bytes": -1}, "max_response_bytes must be between"),
        ({"proxy": "not a URL"}, "proxy"),
        ({"root_pem": "no certificate"}, "pem"),
        ({"user_agent": "a\nb"}, "user_agent"),
        ({"homeserver": "http://example.org"}, "http"),
        ({"homeserver": ""}, "homeserver"),
    ],
)
def test_a_wrong_option_is_refused_with_its_name(
    options: dict[str, Any], message: str
) -> None:
    with pytest.raises(InvalidArgumentError, match=message):
        Client(**{"homeserver": "https://example.org", **options})
    with pytest.raises(ValueError, match=message):
        Client(**{"homeserver": "https://example.org", **options})


def test_an_option_of_the_wrong_type_is_a_type_error() -> None:
    for options in (
        {"timeout": "5"},
        {"timeout": True},
        {"max_retries": 1.5},
        {"max_retries": True},
        {"bundled_roots": 1},
    ):
        with pytest.raises(TypeError, match=next(iter(options))):
            Client("https://example.org", **options)


def test_every_option_is_taken() -> None:
    certificate = (
        Path("/etc/ssl/certs/ca-certificates.crt").read_text().split("\n\n")[0]
    )
    Client(
        "http://example.org",
        timeout=0.5,
        connect_timeout=timedelta(seconds=1),
        user_agent="test/1",
        access_token="token",
        proxy="http://127.0.0.1:1",
        root_pem=certificate,
        bundled_roots=True,
        max_retries=0,
        retry_delay=0.001,
        max_rate_limit_wait=0,
        max_response_bytes=1,
        max_idle_connections=0,
        idle_timeout=1,
        allow_plain_http=True,
    ).close()
