"""Proves that the scripted server does what its replies say, byte for byte."""

from __future__ import annotations

import json
import resource
import socket
import time
from typing import Any, Callable

import pytest
from raw_client import connect, message, receive, talk

Control = Callable[..., Any]


def until(control: Control, **expected: int) -> None:
    """Waits for the counts of a script."""
    end = time.monotonic() + 30
    while True:
        state = control()
        if all(state[name] == value for name, value in expected.items()):
            return
        assert time.monotonic() < end, state
        time.sleep(0.01)


def test_replies_come_in_order_and_the_last_one_repeats(
    control: Control, get: Callable[[], bytes]
) -> None:
    control(
        [
            {"json": {"a": 1}},
            {
                "status": 429,
                "reason": "Unknown Status",
                "headers": {"Retry-After": "3"},
            },
        ]
    )
    assert get() == (
        b'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 7\r\n\r\n{"a":1}'
    )
    limited = (
        b"HTTP/1.1 429 Unknown Status\r\nRetry-After: 3\r\ncontent-length: 0\r\n\r\n"
    )
    assert [get(), get()] == [limited, limited]


def test_a_request_is_remembered_as_it_came(port: int, control: Control) -> None:
    control([{}])
    name = "test_a_request_is_remembered_as_it_came"
    with connect(port) as sock:
        for _ in range(2):
            sock.sendall(
                f"PUT /{name}/a%20b/c?d=e HTTP/1.1\r\nX-Odd:  A \r\nContent-Length: 2\r\n\r\né".encode()
            )
            receive(sock)
    first, second = control()["requests"]
    assert first == {
        "method": "PUT",
        "target": f"/{name}/a%20b/c?d=e",
        "path": "/a%20b/c",
        "query": "d=e",
        "headers": [["X-Odd", "A"], ["Content-Length", "2"]],
        "body": "é",
        "connection": first["connection"],
    }
    assert second == first


def test_a_proxy_is_asked_by_whole_urls(port: int, control: Control) -> None:
    control([{}])
    talk(
        port, message("GET", "http://hs.example/test_a_proxy_is_asked_by_whole_urls/p")
    )
    assert [request["path"] for request in control()["requests"]] == ["/p"]


def test_a_request_in_pieces_is_one_request(port: int, control: Control) -> None:
    control([{"body": "x"}])
    data = message("POST", "/test_a_request_in_pieces_is_one_request/", "body")
    with connect(port) as sock:
        for index in range(len(data)):
            sock.sendall(data[index : index + 1])
        assert receive(sock).endswith(b"\r\n\r\nx")
    assert [request["body"] for request in control()["requests"]] == ["body"]


@pytest.mark.parametrize(
    "reply",
    [
        {"body": "<é>"},
        {"body_base64": "PMOpPg=="},
        {"repeat": {"text": "<é>", "bytes": 4}},
    ],
)
def test_every_form_of_body_arrives(port: int, reply: dict[str, object]) -> None:
    talk(port, message("PUT", "/_control/bodies", json.dumps([reply])))
    answer = talk(port, message("GET", "/bodies/"))
    assert answer == b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n<\xc3\xa9>"


def test_chunked_and_close_framing(control: Control, get: Callable[[], bytes]) -> None:
    control(
        [
            {"body": "ab", "framing": "chunked", "drip_ms": 1},
            {"body": "ab", "framing": "close"},
        ]
    )
    assert (
        get()
        == b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n1\r\nb\r\n0\r\n\r\n"
    )
    assert get() == b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nab"


def test_raw_bytes_replace_the_response(
    control: Control, get: Callable[[], bytes]
) -> None:
    control(
        [
            {"raw": "SSH-2.0\r\n", "keep_alive": False},
            {"raw_base64": "AAEC", "keep_alive": False},
        ]
    )
    assert [get(), get()] == [b"SSH-2.0\r\n", b"\x00\x01\x02"]


def test_a_cut_by_fin_ends_the_response_after_so_many_bytes(
    control: Control, get: Callable[[], bytes]
) -> None:
    control([{"json": {"sid": "abc"}, "cut_after": 12}, {"json": {}, "cut_after": 0}])
    assert [get(), get()] == [b"HTTP/1.1 200", b""]


def test_a_cut_by_reset_sends_its_bytes_first(port: int, control: Control) -> None:
    control([{"body": "x" * 100, "cut_after": 60, "cut_by": "reset"}])
    with connect(port) as sock:
        sock.sendall(message("GET", "/test_a_cut_by_reset_sends_its_bytes_first/"))
        got = b""
        with pytest.raises(ConnectionResetError):
            while True:
                got += sock.recv(100)
                assert len(got) <= 60
    assert len(got) == 60
    assert control()["closed_early"] == 0


def test_accept_reset_resets_at_once(
    control: Control, get: Callable[[], bytes]
) -> None:
    control([{"accept": "reset"}])
    with pytest.raises(ConnectionResetError):
        get()
    assert len(control()["requests"]) == 1


def test_a_delay_and_a_drip_take_their_time(
    control: Control, get: Callable[[], bytes]
) -> None:
    control([{"body": "abc", "delay_ms": 200, "drip_ms": 100}])
    started = time.monotonic()
    assert get().endswith(b"\r\n\r\nabc")
    assert time.monotonic() - started >= 0.5


def test_a_client_that_leaves_a_hanging_request_is_counted(
    port: int, control: Control
) -> None:
    control([{"hang": True}, {"body": "x" * 100, "drip_ms": 1000}])
    for _ in range(2):
        with connect(port) as sock:
            sock.sendall(
                message(
                    "GET", "/test_a_client_that_leaves_a_hanging_request_is_counted/"
                )
            )
            until(control, open=1)
        until(control, open=0)
    until(control, closed_early=2)


def test_a_complete_answer_is_not_closed_early(
    control: Control, get: Callable[[], bytes]
) -> None:
    control([{"body": "x"}, {"body": "x", "delay_ms": 10}])
    get(), get()
    state = control()
    assert (len(state["requests"]), state["open"], state["closed_early"]) == (2, 0, 0)


def test_deleting_a_script_ends_its_open_requests(port: int) -> None:
    talk(port, message("PUT", "/_control/deleted", '[{"hang": true}]'))
    with connect(port) as sock:
        sock.sendall(message("GET", "/deleted/"))
        while b'"open":0' in talk(port, message("GET", "/_control/deleted")):
            time.sleep(0.01)
        talk(port, message("DELETE", "/_control/deleted"))
        assert sock.recv(1) == b""
    assert talk(port, message("GET", "/deleted/")).startswith(b"HTTP/1.1 404 ")


def test_echo_answers_overtake_each_other_and_belong_to_their_requests(
    port: int, control: Control
) -> None:
    control([{"echo": True, "shuffle_ms": 300}])
    path = "/test_echo_answers_overtake_each_other_and_belong_to_their_requests/"
    socks = [connect(port) for _ in range(50)]
    for index, sock in enumerate(socks):
        sock.sendall(
            message(
                "POST", path, json.dumps({"send_attempt": index, "client_secret": "s"})
            )
        )
    arrived: list[int] = []
    waiting = dict(enumerate(socks))
    while waiting:
        for index, sock in list(waiting.items()):
            sock.setblocking(False)
            try:
                sock.recv(1, socket.MSG_PEEK)
            except BlockingIOError:
                continue
            sock.setblocking(True)
            assert receive(sock).endswith(f'{{"sid": "{index}"}}'.encode())
            arrived.append(index)
            waiting.pop(index).close()
        time.sleep(0.001)
    assert arrived != sorted(arrived)


@pytest.mark.parametrize(
    "replies",
    [
        "",
        "{}",
        "[]",
        "[1]",
        '[{"stauts": 200}]',
        '[{"json": 1, "body": ""}]',
        '[{"framing": "x"}]',
        '[{"cut_by": "x"}]',
    ],
)
def test_a_wrong_script_is_refused(port: int, replies: str) -> None:
    assert talk(port, message("PUT", "/_control/wrong", replies)).startswith(
        b"HTTP/1.1 400 "
    )


def test_half_a_gigabyte_is_streamed_without_memory(
    port: int, control: Control
) -> None:
    control(
        [{"repeat": {"text": "0123456789", "bytes": 512 << 20}, "framing": "chunked"}]
    )
    with connect(port) as sock:
        sock.sendall(
            message("GET", "/test_half_a_gigabyte_is_streamed_without_memory/")
        )
        received = 0
        tail = b""
        while not tail.endswith(b"0\r\n\r\n"):
            data = sock.recv(1 << 20)
            received += len(data)
            tail = (tail + data)[-5:]
    assert received > 512 << 20
    until(control, open=0)


def test_ten_thousand_connections_are_held_at_once(port: int, control: Control) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    control([{"hang": True}])
    data = message("GET", "/test_ten_thousand_connections_are_held_at_once/")
    socks = []
    try:
        for _ in range(10_000):
            sock = connect(port)
            sock.sendall(data)
            socks.append(sock)
        until(control, open=10_000)
    finally:
        for sock in socks:
            sock.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    until(control, open=0, closed_early=10_000)
