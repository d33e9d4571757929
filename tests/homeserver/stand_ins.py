"""Stands in on loopback for what no test machine has: an operator of text messages, and a provider of OAuth accounts."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from loopback import HOST, free_port

if TYPE_CHECKING:
    from typing_extensions import Self


class _Server:
    """Answers requests with JSON, on a thread of its own. Use it as a context manager."""

    def __init__(self) -> None:
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer(*stand_in.get(self.path))

            def do_POST(self) -> None:
                length = int(self.headers["content-length"])
                self._answer(*stand_in.post(json.loads(self.rfile.read(length))))

            def _answer(self, status: int, body: Any) -> None:
                data = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer((HOST, free_port()), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever)

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self._server.server_address[1]}/"

    def get(self, path: str) -> tuple[int, Any]:
        return 404, {"path": path}

    def post(self, body: Any) -> tuple[int, Any]:
        return 404, {}

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class SmsOperator(_Server):
    """Takes text messages in the words of OpenMarket's API, and keeps them."""

    def __init__(self) -> None:
        super().__init__()
        self._texts: list[tuple[str, str]] = []
        self._arrived = threading.Condition()

    def post(self, body: Any) -> tuple[int, Any]:
        message = body["mobileTerminate"]
        number = message["destination"]["address"]
        with self._arrived:
            self._texts.append((number, message["message"]["content"]))
            self._arrived.notify_all()
        return 202, {}

    def wait(self, number: str, count: int = 1, seconds: float = 30) -> list[str]:
        """The texts to a number, in international form without "+", as soon as there are so many."""
        deadline = time.monotonic() + seconds
        with self._arrived:
            while len(found := [t for n, t in self._texts if n == number]) < count:
                if not self._arrived.wait(deadline - time.monotonic()):
                    raise TimeoutError(f"{len(found)} of {count} texts to {number}")
            return found


class OAuthProvider(_Server):
    """Serves the metadata of a provider of OAuth accounts, and nothing else of one."""

    @property
    def metadata(self) -> dict[str, Any]:
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}authorize",
            "token_endpoint": f"{self.url}oauth2/token",
            "revocation_endpoint": f"{self.url}oauth2/revoke",
            "registration_endpoint": f"{self.url}oauth2/registration",
            "response_types_supported": ["code"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "response_modes_supported": ["query", "fragment"],
            "code_challenge_methods_supported": ["S256"],
            "account_management_uri": f"{self.url}account",
            "account_management_actions_supported": ["org.matrix.profile"],
        }

    def get(self, path: str) -> tuple[int, Any]:
        if path == "/.well-known/openid-configuration":
            return 200, self.metadata
        return super().get(path)

    @property
    def synapse_config(self) -> dict[str, Any]:
        """What makes a homeserver leave its accounts to this provider."""
        return {
            "matrix_authentication_service": {
                "enabled": True,
                "endpoint": self.url,
                "secret": "not used by any test",
            },
            "password_config": {"enabled": False},
        }
