"""A real Matrix homeserver on loopback (Synapse on SQLite, with a mailbox), for the demo and every suite.

In Python: `with Homeserver() as homeserver: ...`. From any other language:

    python homeserver.py run [--tls] [--config JSON]

starts everything and prints one JSON line when it is ready: {"base_url", "ca_file" (null without --tls), "server_name",
"smtp_port", "pid"}. Then it answers each JSON line on standard input with one on standard output, and stops when
standard input closes. JSON given as config is laid over the fixture's own by deep merge; null removes a key.

    {"cmd": "register", "localpart", "password", "email" (optional)}  -> {"ok": true, "user_id"}
    {"cmd": "login", "user", "password"}         -> {"ok": true, "user_id", "access_token"} or {"ok": false, "status", "errcode"}
    {"cmd": "whoami", "access_token"}            -> {"ok": true, "user_id"} or {"ok": false, "status", "errcode"}
    {"cmd": "mails", "to" (optional)}            -> {"ok": true, "mails": [{"to", "from", "subject", "text", "links"}]}
    {"cmd": "wait_mail", "to", "count" (1), "timeout" (30 s)}         -> the same as soon as there are so many
    {"cmd": "confirm", "link"}                   -> {"ok": true, "status", "text", "location"}: opens the page, presses its button
    {"cmd": "smtp", "up": false or true}         -> {"ok": true}: down, the homeserver's mails are refused
    {"cmd": "restart", "config" (optional)}      -> {"ok": true}: same address, same data; limits are forgotten
    {"cmd": "logs"}                              -> {"ok": true, "text"}
    {"cmd": "stop"}                              -> {"ok": true}, and the program ends

A command that fails is answered with {"ok": false, "error"}.
"""

from __future__ import annotations

import argparse
import atexit
import hashlib
import hmac
import json
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote

sys.path.append(str(Path(__file__).resolve().parent.parent))

import certificates
from commands import serve
from loopback import Answer, Browser, free_port
from mail_server import Mailbox
from server_process import HomeserverError, PortTaken
from synapse_config import (
    Config,
    address_config,
    default_config,
    merge,
)
from synapse_process import SynapseProcess

if TYPE_CHECKING:
    from typing_extensions import Self


class Homeserver:
    """One Synapse process with a mailbox of its own. Use it as a context manager, or pair start with stop."""

    running: ClassVar[list[Homeserver]] = []

    def __init__(
        self, config: Mapping[str, Any] | None = None, tls: bool = False
    ) -> None:
        self.mailbox = Mailbox()
        self.base_url = ""
        self.ca_file: Path | None = None
        self._changes: Config = dict(config or {})
        self._tls = tls
        self._synapse = SynapseProcess(Path())
        self._config: Config = {}
        self._owner = 0
        self._admin_token: str | None = None
        self._browser = Browser()

    @property
    def server_name(self) -> str:
        return str(self._config["server_name"])

    @property
    def pid(self) -> int:
        return self._synapse.pid

    def start(self) -> None:
        """Start the mailbox and Synapse on fresh data, and return when they answer."""
        if self._owner:
            raise HomeserverError("the homeserver is started already")
        self._owner = os.getpid()
        folder = Path(tempfile.mkdtemp(prefix="matrix-capi-homeserver-"))
        self._synapse = SynapseProcess(folder)
        atexit.register(self.stop)
        self.running.append(self)
        try:
            self.mailbox.start()
            self._config = merge(
                default_config(folder, self.mailbox.port), self._changes
            )
            certificate = certificates.write(folder / "tls") if self._tls else None
            self.ca_file = certificate.ca if certificate else None
            self._browser = Browser(self.ca_file)
            try:
                self._start_on(free_port(), certificate)
            except PortTaken:
                self._start_on(free_port(), certificate)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop everything and remove the data. Harmless when nothing runs, and in a forked child."""
        if self._owner != os.getpid():
            return
        try:
            self._synapse.stop()
            self.mailbox.stop()
        finally:
            shutil.rmtree(self._synapse.folder, ignore_errors=True)
            atexit.unregister(self.stop)
            self.running.remove(self)
            self._owner = 0
            self._admin_token = None

    def restart(self, config: Mapping[str, Any] | None = None) -> None:
        """Stop Synapse and start it on the same address and data, with further changes of its configuration."""
        self._synapse.stop()
        self._config = merge(self._config, config or {})
        self._run()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def register(self, localpart: str, password: str, email: str | None = None) -> str:
        """Create a user, whose address needs no confirmation, and give back the user's Matrix ID."""
        user_id = f"@{localpart}:{self.server_name}"
        body: dict[str, Any] = {"password": password}
        if email is not None:
            body["threepids"] = [{"medium": "email", "address": email}]
        path = f"/_synapse/admin/v2/users/{quote(user_id)}"
        answer = self.request("PUT", path, body, self._admin())
        if answer.status != 201:
            raise HomeserverError(
                f"{user_id} was not created: {answer.status} {answer.text}"
            )
        return user_id

    def login(self, user: str, password: str) -> Answer:
        body = {
            "type": "m.login.password",
            "identifier": {"type": "m.id.user", "user": user},
            "password": password,
        }
        return self.request("POST", "/_matrix/client/v3/login", body)

    def whoami(self, access_token: str) -> Answer:
        return self.request(
            "GET", "/_matrix/client/v3/account/whoami", token=access_token
        )

    def confirm(self, link: str) -> Answer:
        """Follow a mailed link as its reader would: open the page and press the button."""
        if not link.startswith(f"{self.base_url}/"):
            raise ValueError(f"{link} does not lead to {self.base_url}")
        return self._browser.submit_form(link)

    def request(
        self,
        method: str,
        path: str,
        body: Any | None = None,
        token: str | None = None,
    ) -> Answer:
        """Send a plain request with a JSON body, without any help from the library under test."""
        headers = {"authorization": f"Bearer {token}"} if token else {}
        data = None if body is None else json.dumps(body).encode()
        if data is not None:
            headers["content-type"] = "application/json"
        return self._browser.request(method, self.base_url + path, data, headers)

    def logs(self) -> str:
        """What Synapse printed and logged since it was started last."""
        return self._synapse.logs()

    def _start_on(
        self, port: int, certificate: certificates.Certificates | None
    ) -> None:
        address = merge(address_config(port, certificate), self._changes)
        self._config = merge(self._config, address)
        self.base_url = str(self._config["public_baseurl"]).rstrip("/")
        self._run()

    def _run(self) -> None:
        self._synapse.start(self._config)
        answer = self.request("GET", "/_matrix/client/versions")
        if answer.status != 200:
            tail = self._synapse.log_tail()
            raise HomeserverError(f"{answer.status} for /versions: {answer.text}{tail}")

    def _admin(self) -> str:
        if self._admin_token is None:
            path = "/_synapse/admin/v1/register"
            nonce = self.request("GET", path).json["nonce"]
            name, password = "fixture-admin", os.urandom(16).hex()
            signed = f"{nonce}\0{name}\0{password}\0admin".encode()
            secret = str(self._config["registration_shared_secret"]).encode()
            mac = hmac.new(secret, signed, hashlib.sha1).hexdigest()
            body = {
                "nonce": nonce,
                "username": name,
                "password": password,
                "admin": True,
                "mac": mac,
            }
            answer = self.request("POST", path, body)
            if answer.status != 200:
                raise HomeserverError(
                    f"no administrator: {answer.status} {answer.text}"
                )
            self._admin_token = str(answer.json["access_token"])
        return self._admin_token


def main() -> int:
    parser = argparse.ArgumentParser(
        description="Run a homeserver for tests; the commands are in this file."
    )
    parser.add_argument("action", choices=["run"])
    parser.add_argument(
        "--tls",
        action="store_true",
        help="serve https with a certificate of a private authority",
    )
    parser.add_argument(
        "--config", type=json.loads, default={}, help="JSON laid over the configuration"
    )
    options = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda caught, _: sys.exit(128 + caught))
    try:
        with Homeserver(options.config, tls=options.tls) as homeserver:
            serve(homeserver, sys.stdin, sys.stdout)
    except HomeserverError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
