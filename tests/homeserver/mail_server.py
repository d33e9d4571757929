"""A mail server on loopback that keeps what it is sent, for reading the mails of a homeserver."""

from __future__ import annotations

import email
import email.policy
import re
import threading
import time
from dataclasses import dataclass
from email.message import EmailMessage
from typing import TYPE_CHECKING, Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from loopback import HOST, free_port

if TYPE_CHECKING:
    from typing_extensions import Self


@dataclass(frozen=True)
class Mail:
    """One mail as its reader sees it."""

    to: tuple[str, ...]
    sender: str
    subject: str
    text: str
    html: str

    @property
    def links(self) -> list[str]:
        """The web addresses in the text part, in order, each once."""
        return list(dict.fromkeys(re.findall(r"https?://[^\s<>\"]+", self.text)))

    def as_json(self) -> dict[str, Any]:
        return {
            "to": list(self.to),
            "from": self.sender,
            "subject": self.subject,
            "text": self.text,
            "links": self.links,
        }


class NoMail(Exception):
    """The mails that were waited for did not come in time."""


class Mailbox:
    """Takes mail on a port of its own. Stopped, it keeps its port and its mails, and connections are refused."""

    def __init__(self) -> None:
        self.port = 0
        self._mails: list[Mail] = []
        self._arrived = threading.Condition()
        self._controller: Controller | None = None

    def start(self) -> None:
        if self._controller is not None:
            return
        first_start = self.port == 0
        self.port = self.port or free_port()
        try:
            self._controller = self._listen()
        except OSError:
            if not first_start:
                raise
            # Somebody took the port between the choice and the use of it.
            self.port = free_port()
            self._controller = self._listen()

    def stop(self) -> None:
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def mails(self, to: str | None = None) -> list[Mail]:
        """All mails so far, or those to one address, oldest first."""
        with self._arrived:
            return self._matching(to)

    def wait(
        self, to: str | None = None, count: int = 1, timeout: float = 30
    ) -> list[Mail]:
        """The mails (to one address) as soon as there are at least so many of them."""
        deadline = time.monotonic() + timeout
        with self._arrived:
            while len(found := self._matching(to)) < count:
                if not self._arrived.wait(deadline - time.monotonic()):
                    whom = f" to {to}" if to else ""
                    raise NoMail(
                        f"{len(found)} of {count} mails{whom} after {timeout} s"
                    )
            return found

    async def handle_DATA(
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        mail = _parse(envelope)
        with self._arrived:
            self._mails.append(mail)
            self._arrived.notify_all()
        return "250 OK"

    def _listen(self) -> Controller:
        # The name is given because aiosmtpd would ask the resolver for the machine's own.
        controller = Controller(
            self, hostname=HOST, port=self.port, server_hostname="localhost"
        )
        try:
            controller.start()
        except BaseException:
            controller.stop(no_assert=True)
            raise
        return controller

    def _matching(self, to: str | None) -> list[Mail]:
        wanted = to and to.lower()
        return [
            m
            for m in self._mails
            if not wanted or wanted in (address.lower() for address in m.to)
        ]


def _parse(envelope: Envelope) -> Mail:
    content = envelope.content
    raw = content.encode() if isinstance(content, str) else content or b""
    message = email.message_from_bytes(
        raw, _class=EmailMessage, policy=email.policy.default
    )
    return Mail(
        to=tuple(envelope.rcpt_tos),
        sender=str(message["from"]),
        subject=str(message["subject"]),
        text=_part(message, "plain"),
        html=_part(message, "html"),
    )


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body(preferencelist=(kind,))
    return str(part.get_content()) if part is not None else ""
