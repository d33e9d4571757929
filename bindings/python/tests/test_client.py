"""What a blocking client does for its user: values in, answers and exceptions out, from many threads, to a clean end."""

from __future__ import annotations

import os
import pickle
import signal
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Callable

import matrix_capi
import pytest
from matrix_capi import (
    CancelledError,
    Client,
    ClosedError,
    ConnectError,
    InvalidArgumentError,
    InvalidUtf8Error,
    PasswordReset,
    Stage,
)
from scripts import SECONDS, Server

VERSIONS = {"json": {"versions": ["v1.11"]}}
HANGS = {"hang": True}
MEBIBYTE = 2**20


def test_an_answer_is_a_dataclass_with_the_fields_the_json_and_the_body(
    server: Server,
) -> None:
    script = server.script({"json": {"sid": "a.sid", "submit_url": "", "extra": [1]}})
    with Client(script.url) as client:
        answer = client.request_token_to_reset_password_email(
            "s3cr3t", "alice@example.test", 1
        )
    assert isinstance(
        answer, matrix_capi.answers.RequestTokenToResetPasswordEmailAnswer
    )
    assert (answer.sid, answer.submit_url, answer.http_status) == ("a.sid", None, 200)
    assert answer.json["extra"] == [1]
    assert answer.body == b'{"sid":"a.sid","submit_url":"","extra":[1]}'


def test_a_method_leaves_out_what_is_none_and_call_sends_it_as_null(
    server: Server,
) -> None:
    script = server.script({"json": {"access_token": "t", "user_id": "@a:b"}})
    with Client(script.url) as client:
        client.login("m.login.password", password="pw", refresh_token=False)
        client.call("login", {"type": "m.login.password", "device_id": "D"})
    bodies = [request["body"] for request in script.requests()]
    assert bodies == [
        '{"type":"m.login.password","password":"pw","refresh_token":false}',
        '{"type":"m.login.password","device_id":"D"}',
    ]


def test_a_secret_in_an_answer_is_not_in_its_repr(server: Server) -> None:
    script = server.script({"json": {"access_token": "hunter2", "user_id": "@a:b"}})
    with Client(script.url) as client:
        answer = client.login("m.login.password")
    assert answer.access_token == "hunter2"
    assert "@a:b" in repr(answer)
    assert "hunter2" not in repr(answer)


def test_an_access_token_travels_from_when_it_is_set_until_it_is_taken_away(
    server: Server,
) -> None:
    script = server.script(VERSIONS)
    with Client(script.url, access_token="first") as client:
        client.get_versions()
        client.set_access_token("second")
        client.get_versions()
        client.set_access_token(None)
        client.get_versions()
    sent = [
        {name.lower(): value for name, value in request["headers"]}.get("authorization")
        for request in script.requests()
    ]
    assert sent == ["Bearer first", "Bearer second", None]


def test_a_token_is_handed_to_the_url_that_wants_it(server: Server) -> None:
    script = server.script(
        {"json": {"success": True}},
        {"status": 400, "json": {"errcode": "M_TOKEN_INCORRECT", "error": "wrong"}},
    )
    url = f"{script.url}/submit"
    with Client(script.url) as client:
        client.submit_token(url, "sid", "secret", "123")
        with pytest.raises(matrix_capi.MatrixError, match="M_TOKEN_INCORRECT"):
            client.submit_token(url, "sid", "secret", "124")
    assert script.requests()[0]["path"] == "/submit"


STRINGS: dict[str, Callable[[Client, str], object]] = {
    "operation": lambda client, text: client.call(text),
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
        with pytest.raises(TypeError, match="serializable"):
            client.call("login", {"type": object()})
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
    for options in ({"timeout": "5"}, {"max_retries": 1.5}, {"bundled_roots": 1}):
        with pytest.raises(TypeError, match=next(iter(options))):
            Client("https://example.org", **options)


def test_every_option_is_taken() -> None:
    certificate = (
        Path("/etc/ssl/certs/ca-certificates.crt").read_text().split("\n\n")[0]
    )
    Client(
        "http://example.org",
        timeout=0.5,
        connect_timeout=1,
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


def test_a_client_without_a_homeserver_only_discovers(server: Server) -> None:
    script = server.script(VERSIONS)
    with Client() as client:
        with pytest.raises(InvalidArgumentError):
            client.get_versions()
        with pytest.raises(matrix_capi.Error):
            client.discover(script.url + "/nothing")


def test_many_threads_get_each_its_own_answer(server: Server) -> None:
    script = server.script({"echo": True, "shuffle_ms": 40})

    def ask(number: int) -> str:
        return client.request_token_to_reset_password_email(
            "secret", "alice@example.test", number
        ).sid

    with Client(script.url) as client, ThreadPoolExecutor(100) as threads:
        answers = list(threads.map(ask, range(1000)))
    assert answers == [str(number) for number in range(1000)]


def test_closing_ends_the_calls_of_other_threads(server: Server) -> None:
    script = server.script(HANGS)
    client = Client(script.url)

    def ask(_: int) -> object:
        try:
            return client.get_versions()
        except CancelledError as error:
            return error

    with ThreadPoolExecutor(20) as threads:
        ended = threads.map(ask, range(20))
        script.wait(20)
        client.close()
        assert [type(end) for end in ended] == [CancelledError] * 20
    script.wait_for(lambda state: state["closed_early"] == 20, 1)


def test_a_closed_client_and_a_closed_reset_refuse_and_close_again(
    server: Server,
) -> None:
    client = Client(server.script(VERSIONS).url)
    reset, late = PasswordReset(client, "a@b.test"), PasswordReset(client, "a@b.test")
    reset.close()
    reset.close()
    with pytest.raises(ClosedError, match="reset"):
        reset.send()
    client.close()
    client.close()
    for call in (
        client.get_versions,
        late.send,
        lambda: client.set_access_token("t"),
        lambda: PasswordReset(client, "a@b.test"),
    ):
        with pytest.raises(ClosedError, match="client"):
            call()
    late.close()


def test_what_is_dropped_without_being_closed_is_freed(server: Server) -> None:
    client = Client(server.script(VERSIONS).url)
    reset = PasswordReset(client, "a@b.test")
    assert reset.stage is Stage.NEW
    assert matrix_capi.debug_live_objects() == 3
    del client, reset
    assert matrix_capi.debug_live_objects() == 0


def test_ctrl_c_ends_the_request(server: Server) -> None:
    script = server.script(HANGS)

    def interrupt() -> None:
        script.wait(1)
        os.kill(os.getpid(), signal.SIGINT)

    with Client(script.url) as client:
        threading.Thread(target=interrupt).start()
        with pytest.raises(KeyboardInterrupt):
            client.get_versions()
        script.wait_for(lambda state: state["closed_early"] == 1, 1)


def test_a_client_cannot_be_pickled_and_says_why() -> None:
    with (
        Client("https://example.org") as client,
        PasswordReset(client, "a@b.c") as reset,
    ):
        with pytest.raises(TypeError, match="belongs to its process"):
            pickle.dumps(client)
        with pytest.raises(TypeError, match="belongs to its process"):
            pickle.dumps(reset)


def test_ten_thousand_calls_leave_the_memory_as_it_was(server: Server) -> None:
    script = server.script({"json": {"sid": "x" * 200}})

    def ask(count: int) -> None:
        for number in range(count):
            client.request_token_to_reset_password_email("s", "a@b.test", number)

    with Client(script.url) as client:
        ask(1000)
        before = resident()
        ask(10000)
        grown = resident() - before
        assert matrix_capi.debug_live_objects() == 2
    assert grown < 5 * MEBIBYTE


def resident() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def test_a_port_where_nobody_listens_is_a_connect_error() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{bound.getsockname()[1]}"
        with Client(url, max_retries=0) as client, pytest.raises(ConnectError):
            client.get_versions()


def test_a_second_step_while_one_runs_is_misuse(server: Server) -> None:
    script = server.script(HANGS)
    with Client(script.url) as client, PasswordReset(client, "a@b.test") as reset:

        def send() -> None:
            with pytest.raises(CancelledError):
                reset.send()

        first = threading.Thread(target=send)
        first.start()
        script.wait(1)
        with pytest.raises(matrix_capi.MisuseError):
            reset.send()
        client.close()
        first.join(SECONDS)
        assert not first.is_alive()
