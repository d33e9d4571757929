"""What a blocking client does for its user: values in, answers and exceptions out, from many threads, to a clean end."""

from __future__ import annotations

import json
import os
import pickle
import signal
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import matrix_capi
import pytest
from matrix_capi import (
    CancelledError,
    Client,
    ClosedError,
    ConnectError,
    InvalidArgumentError,
    PasswordReset,
    Stage,
)
from scripts import SECONDS, Server

VERSIONS = {"json": {"versions": ["v1.11"]}}
HANGS = {"hang": True}
MEBIBYTE = 2**20


def test_an_answer_has_the_fields_the_json_the_body_and_headers(
    server: Server,
) -> None:
    script = server.script(
        {
            "headers": {"ETag": '"1"', "X-Other": "x", "Location": "/elsewhere"},
            "json": {"sid": "a.sid", "submit_url": "", "extra": [1]},
        }
    )
    with Client(script.url) as client:
        answer = client.request_token_to_reset_password_email(
            "s3cr3t", "alice@example.test", 1
        )
    assert isinstance(
        answer, matrix_capi.answers.RequestTokenToResetPasswordEmailAnswer
    )
    assert (answer.sid, answer.submit_url, answer.http_status) == ("a.sid", "", 200)
    assert answer.json["extra"] == [1]
    assert answer.body == b'{"sid":"a.sid","submit_url":"","extra":[1]}'
    assert answer.headers == {
        "content-type": "application/json",
        "location": "/elsewhere",
        "etag": '"1"',
    }
    again = pickle.loads(pickle.dumps(answer))
    assert (again, hash(again)) == (answer, hash(answer))


def test_a_body_is_parsed_once_and_not_before_somebody_looks_into_it(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    parsed: list[bytes] = []

    def read(body: bytes) -> object:
        parsed.append(body)
        return json.loads(body)

    monkeypatch.setattr(matrix_capi._answer, "read", read)
    script = server.script({"json": {"sid": "a.sid", "submit_url": None}})
    with Client(script.url) as client:
        answer = client.request_token_to_reset_password_email("s", "a@b.test", 1)
    assert answer.body
    assert parsed == []
    assert (answer.sid, answer.submit_url) == ("a.sid", None)
    assert answer.json is answer.json
    assert len(parsed) == 1


def test_json_that_python_reads_otherwise_is_read_as_the_library_does(
    server: Server,
) -> None:
    digits = "1" * 5000
    script = server.script(
        {"body": f'{{"sid":"abc","many":{digits},"\\ud800\\ud83d\\ude00":"\\\\ud800"}}'}
    )
    with Client(script.url) as client:
        answer = client.request_token_to_reset_password_email("s", "a@b.test", 1)
    assert answer.sid == "abc"
    assert isinstance(answer.json["many"], (int, float))
    assert answer.json["\ufffd\U0001f600"] == "\\ud800"


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

    # Where the tests run in the background of a shell, it is ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with Client(script.url) as client:
            threading.Thread(target=interrupt).start()
            with pytest.raises(KeyboardInterrupt):
                client.get_versions()
            script.wait_for(lambda state: state["closed_early"] == 1, 1)
    finally:
        signal.signal(signal.SIGINT, before)


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
