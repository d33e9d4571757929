"""Free ports and plain HTTP on loopback, the way a browser would use it: no proxy, redirects shown and not followed."""

from __future__ import annotations

import json
import random
import socket
import ssl
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from email.message import Message
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

HOST = "127.0.0.1"


def free_port() -> int:
    """A port nobody listens on, below those the kernel gives to outgoing connections.

    A server that is stopped for a while then finds its port still free.
    """
    for port in random.SystemRandom().sample(range(20000, 32000), 200):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return port
    raise OSError("no free port found between 20000 and 32000")


@dataclass(frozen=True)
class Answer:
    """What an HTTP server answered, whatever the status."""

    status: int
    headers: Message
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def errcode(self) -> str | None:
        """The Matrix error code, or None where the answer is no Matrix error."""
        try:
            value = self.json
        except ValueError:
            return None
        code = value.get("errcode") if isinstance(value, dict) else None
        return code if isinstance(code, str) else None


class Browser:
    """Sends requests and submits forms; trusts only the given authority when it has one."""

    def __init__(self, ca_file: Path | None = None) -> None:
        context = ssl.create_default_context(cafile=ca_file and str(ca_file))
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}),
            urllib.request.HTTPSHandler(context=context),
            _Unfollowed(),
        )

    def request(
        self,
        method: str,
        url: str,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
        timeout: float = 60,
    ) -> Answer:
        """Send one request. Any status is an answer; only a failed connection raises."""
        request = urllib.request.Request(
            url, data=body, headers=headers or {}, method=method
        )
        try:
            with self._opener.open(request, timeout=timeout) as response:
                return Answer(response.status, response.headers, response.read())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.headers, error.read())

    def submit_form(self, url: str) -> Answer:
        """Open the page and press the button of its form. A page that fails is the answer itself."""
        page = self.request("GET", url)
        if page.status != 200:
            return page
        form = _Form(page.text)
        if not form.found:
            raise ValueError(f"the page has no form: {page.text}")
        target = urllib.parse.urljoin(url, form.action)
        fields = urllib.parse.urlencode(form.fields).encode()
        content_type = {"content-type": "application/x-www-form-urlencoded"}
        return self.request(form.method, target, fields, content_type)


class _Unfollowed(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


class _Form(HTMLParser):
    """The first form of a page: where it goes and the fields it would send."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found = False
        self.action = ""
        self.method = "GET"
        self.fields: list[tuple[str, str]] = []
        self._inside = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form" and not self.found:
            self.found = self._inside = True
            self.action = given.get("action", "")
            self.method = given.get("method", "GET").upper()
        elif tag == "input" and self._inside and "name" in given:
            self.fields.append((given["name"], given.get("value", "")))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False
