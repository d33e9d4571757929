"""Answers the JSON lines by which suites in other languages use the homeserver; homeserver.py lists them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Callable, TextIO

from loopback import Answer
from mail_server import Mail

if TYPE_CHECKING:
    from homeserver import Homeserver

Object = dict[str, Any]


def serve(homeserver: Homeserver, lines: Iterable[str], output: TextIO) -> None:
    """Say that the homeserver is ready, then answer commands until "stop" or the end of the lines."""

    def send(value: Object) -> None:
        output.write(json.dumps(value) + "\n")
        output.flush()

    send(
        {
            "base_url": homeserver.base_url,
            "ca_file": homeserver.ca_file and str(homeserver.ca_file),
            "server_name": homeserver.server_name,
            "smtp_port": homeserver.mailbox.port,
            "pid": homeserver.pid,
        }
    )
    for line in lines:
        if line.strip():
            reply, last = answer(homeserver, line)
            send(reply)
            if last:
                return


def answer(homeserver: Homeserver, line: str) -> tuple[Object, bool]:
    """The reply to one command, and whether it was the last."""
    try:
        command = json.loads(line)
        name = command.pop("cmd")
        if name == "stop":
            homeserver.stop()
            return {"ok": True}, True
        if name not in COMMANDS:
            raise ValueError(
                f"unknown command {name!r}: one of {', '.join(COMMANDS)}, stop"
            )
        return {"ok": True, **COMMANDS[name](homeserver, **command)}, False
    # Whatever a command meets, the suite on the other end of the pipe must hear of it.
    except Exception as error:  # noqa: BLE001
        return {"ok": False, "error": f"{type(error).__name__}: {error}"}, False


def register(
    server: Homeserver, localpart: str, password: str, email: str | None = None
) -> Object:
    return {"user_id": server.register(localpart, password, email)}


def login(server: Homeserver, user: str, password: str) -> Object:
    return _fields(server.login(user, password), "user_id", "access_token")


def whoami(server: Homeserver, access_token: str) -> Object:
    return _fields(server.whoami(access_token), "user_id")


def mails(server: Homeserver, to: str | None = None) -> Object:
    return _mails(server.mailbox.mails(to))


def wait_mail(
    server: Homeserver, to: str | None = None, count: int = 1, timeout: float = 30
) -> Object:
    return _mails(server.mailbox.wait(to, count, timeout))


def confirm(server: Homeserver, link: str) -> Object:
    page = server.confirm(link)
    return {
        "status": page.status,
        "text": page.text,
        "location": page.headers["location"],
    }


def smtp(server: Homeserver, up: bool) -> Object:
    if up:
        server.mailbox.start()
    else:
        server.mailbox.stop()
    return {}


def restart(server: Homeserver, config: Object | None = None) -> Object:
    server.restart(config)
    return {}


def logs(server: Homeserver) -> Object:
    return {"text": server.logs()}


COMMANDS: dict[str, Callable[..., Object]] = {
    "register": register,
    "login": login,
    "whoami": whoami,
    "mails": mails,
    "wait_mail": wait_mail,
    "confirm": confirm,
    "smtp": smtp,
    "restart": restart,
    "logs": logs,
}


def _fields(answer: Answer, *names: str) -> Object:
    if answer.status != 200:
        return {"ok": False, "status": answer.status, "errcode": answer.errcode}
    return {name: answer.json[name] for name in names}


def _mails(found: list[Mail]) -> Object:
    return {"mails": [mail.as_json() for mail in found]}
