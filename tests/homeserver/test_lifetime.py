"""Proves that the homeserver answers commands by JSON lines, and that nothing of it outlives the program that started it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import homeserver as module
import pytest
from homeserver import Homeserver
from identity_server import IdentityServer
from loopback import HOST, Browser, free_port

Json = dict[str, Any]


class Program:
    """The fixture run as a program, as the suites of other languages run it."""

    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, module.__file__, "run", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.ready: Json = self._read()

    def ask(self, cmd: str, **fields: Any) -> Json:
        assert self.process.stdin
        self.process.stdin.write(json.dumps({"cmd": cmd, **fields}) + "\n")
        self.process.stdin.flush()
        return self._read()

    def close(self) -> int:
        assert self.process.stdin
        self.process.stdin.close()
        return self.process.wait(60)

    def _read(self) -> Json:
        assert self.process.stdout
        value: Json = json.loads(self.process.stdout.readline())
        return value


@contextmanager
def running(*arguments: str) -> Iterator[Program]:
    program = Program(*arguments)
    try:
        yield program
    finally:
        program.process.kill()
        program.process.wait()
        for pipe in (program.process.stdin, program.process.stdout):
            if pipe and not pipe.closed:
                pipe.close()


def test_the_commands_carry_a_whole_reset() -> None:
    with running("--config", '{"server_name": "example.test"}') as program:
        assert program.ready["server_name"] == "example.test"
        alice = {
            "localpart": "alice",
            "password": "Old-passw0rd",
            "email": "alice@example.test",
        }
        assert program.ask("register", **alice) == {
            "ok": True,
            "user_id": "@alice:example.test",
        }
        again = program.ask("wait_mail", to="alice@example.test", timeout=0.1)
        assert again == {
            "ok": False,
            "error": "NoMail: 0 of 1 mails to alice@example.test after 0.1 s",
        }

        login = program.ask("login", user="alice", password="Old-passw0rd")
        assert login["ok"], login
        token = login["access_token"]
        whoami = program.ask("whoami", access_token=token)
        assert whoami == {"ok": True, "user_id": "@alice:example.test"}
        stale = program.ask("whoami", access_token="stale")
        assert stale == {"ok": False, "status": 401, "errcode": "M_UNKNOWN_TOKEN"}

        browser = Browser()
        url = (
            program.ready["base_url"]
            + "/_matrix/client/v3/account/password/email/requestToken"
        )
        body = {"client_secret": "s", "email": "alice@example.test", "send_attempt": 1}
        assert browser.request("POST", url, json.dumps(body).encode()).status == 200
        [mail] = program.ask("wait_mail", to="alice@example.test", count=1, timeout=30)[
            "mails"
        ]
        assert mail["subject"] == "[example.test] Password reset"
        assert program.ask("mails")["mails"] == [mail]
        assert program.ask("confirm", link=mail["links"][0])["status"] == 200

        assert program.ask("smtp", up=False) == {"ok": True}
        body["send_attempt"] = 2
        assert browser.request("POST", url, json.dumps(body).encode()).status == 500
        assert program.ask("smtp", up=True) == {"ok": True}
        assert program.ask("restart") == {"ok": True}
        assert program.ask("whoami", access_token=token)["ok"]
        assert "Synapse now listening" in program.ask("logs")["text"]

        assert "unknown command" in program.ask("dance")["error"]
        assert not program.ask("register", nonsense=1)["ok"]
        assert program.ask("stop") == {"ok": True}
        assert program.process.wait(60) == 0


@pytest.mark.parametrize("how", ["closed", "SIGTERM", "SIGINT", "SIGKILL"])
def test_however_the_program_ends_nothing_of_it_is_left(how: str) -> None:
    with running("--tls") as program:
        folder = Path(program.ready["ca_file"]).parent.parent
        pid, port = (
            program.ready["pid"],
            int(program.ready["base_url"].rpartition(":")[2]),
        )
        assert folder.is_dir()
        assert alive(pid)
        assert listening(port)
        if how == "closed":
            assert program.close() == 0
        else:
            number = getattr(signal, how)
            program.process.send_signal(number)
            # A caught signal is told as a shell tells it; SIGKILL cannot be caught.
            expected = -number if how == "SIGKILL" else 128 + number
            assert program.process.wait(60) == expected
        eventually_false(lambda: alive(pid) or listening(port) or folder.exists())


def test_stop_leaves_no_process_no_port_and_no_folder() -> None:
    homeserver = Homeserver(tls=True)
    homeserver.start()
    assert homeserver.ca_file
    folder, pid = homeserver.ca_file.parent.parent, homeserver.pid
    ports = [int(homeserver.base_url.rpartition(":")[2]), homeserver.mailbox.port]
    assert all(map(listening, ports))
    homeserver.stop()
    assert not alive(pid)
    assert not any(map(listening, ports))
    assert not folder.exists()
    homeserver.stop()


def test_an_identity_server_leaves_no_port_and_no_folder() -> None:
    with IdentityServer() as identity_server:
        folder = identity_server.folder
        urls = (identity_server.base_url, identity_server.operator.url)
        ports = [urlsplit(url).port or 0 for url in urls]
        assert folder.is_dir()
        assert all(map(listening, ports))
    assert not any(map(listening, ports))
    assert not folder.exists()


def test_a_port_taken_at_the_last_moment_is_replaced(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.socket() as other:
        other.bind((HOST, 0))
        other.listen()
        taken = other.getsockname()[1]
        choices = iter([taken, free_port()])
        monkeypatch.setattr(module, "free_port", lambda: next(choices))
        with Homeserver() as homeserver:
            assert not homeserver.base_url.endswith(f":{taken}")
            assert homeserver.register("alice", "Old-passw0rd") == "@alice:localhost"


def alive(pid: int) -> bool:
    """A zombie, whose parent is gone and which nobody has collected yet, is not alive."""
    try:
        os.kill(pid, 0)
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        # A system without /proc collects its orphans; or the process ended just now.
        return not Path("/proc").exists()
    except ProcessLookupError:
        return False


def listening(port: int) -> bool:
    with socket.socket() as probe:
        if probe.connect_ex((HOST, port)) != 0:
            return False
        # Where few ports are left, a socket is given the very port it connects to, and is connected to itself.
        return bool(probe.getsockname() != probe.getpeername())


def eventually_false(condition: Any, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)
