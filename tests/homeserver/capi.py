"""The library as these tests use it: clients with a queue and resets, and an eye on what the library logs and leaves."""

from __future__ import annotations

import ctypes
import json
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from abi import LIB, Answer, Refused, c_value, check, live_objects, take_result

if TYPE_CHECKING:
    from typing_extensions import Self

LOG_DEBUG = 4

# The fields whose values must not be logged. Those of the second row must not be in a message either.
PERSONAL = {"email", "address", "user", "next_link", "phone_number", "sid", "session"}
SECRET = {"client_secret", "password", "new_password", "access_token", "token"}

_CALLBACK = ctypes.CFUNCTYPE(None, ctypes.c_int32, ctypes.c_char_p, ctypes.c_void_p)


class Library:
    """Makes clients. Closing it frees them, and checks that every accepted call had one result, that nothing is left, and
    that nothing private was logged."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.personal: set[str] = set()
        self.secrets: set[str] = set()
        self._clients: list[Client] = []
        self._callback = _CALLBACK(self._line)

    def client(self, base_url: str, **options: str | int | bool) -> Client:
        """A client with options by the names of their setters, without "set_"."""
        client = Client(self, base_url, options)
        self._clients.append(client)
        return client

    def learn(self, value: Any) -> None:
        """Remember what in a request or an answer is private."""
        for name, inner in _members(value):
            # A shorter one would be found in any line.
            if isinstance(inner, str) and len(inner) > 5:
                if name in SECRET:
                    self.secrets.add(inner)
                elif name in PERSONAL:
                    self.personal.add(inner)

    def __enter__(self) -> Self:
        check(LIB.mx_log_set(ctypes.c_int32(LOG_DEBUG), self._callback, None))
        return self

    def __exit__(self, *_: object) -> None:
        for client in self._clients:
            client.close()
        check(LIB.mx_log_set(ctypes.c_int32(LOG_DEBUG), None, None))
        assert live_objects() == 0
        log = "\n".join(self.log)
        for private in self.secrets | self.personal:
            assert private not in log, f"{private!r} was logged"

    def _line(self, _level: int, message: bytes, _user_data: object) -> None:
        self.log.append(message.decode())


class Client:
    """A client with a queue of its own. A call is started and waited for, or both at once."""

    def __init__(
        self, library: Library, base_url: str, options: dict[str, Any]
    ) -> None:
        self.handle = ctypes.c_void_p()
        self._library = library
        self._queue = ctypes.c_void_p()
        self._pending: set[int] = set()
        self._ended: dict[int, Answer] = {}
        self._resets: list[PasswordReset] = []
        library.learn(options)
        check(LIB.mx_queue_new(ctypes.byref(self._queue)))
        given = ctypes.c_void_p()
        try:
            check(LIB.mx_client_options_new(ctypes.byref(given)))
            check(LIB.mx_client_options_set_queue(given, self._queue))
            for name, value in options.items():
                setter = name if name.startswith("add_") else f"set_{name}"
                check(
                    getattr(LIB, f"mx_client_options_{setter}")(given, c_value(value))
                )
            url = c_value(base_url)
            check(LIB.mx_client_new(url, given, ctypes.byref(self.handle), None))
        except Refused:
            LIB.mx_queue_free(self._queue)
            raise
        finally:
            LIB.mx_client_options_free(given)

    def start(self, operation_id: str, params: dict[str, Any] | None = None) -> int:
        self._library.learn(params)
        text = json.dumps(params or {})
        return self.submit("mx_call", self.handle, operation_id, text)

    def call(self, operation_id: str, params: dict[str, Any] | None = None) -> Answer:
        return self.wait(self.start(operation_id, params))

    def request_token_to_reset_password_email(
        self,
        client_secret: str,
        email: str,
        send_attempt: int,
        next_link: str | None = None,
        id_access_token: str | None = None,
        id_server: str | None = None,
    ) -> Answer:
        self._library.learn(
            {"client_secret": client_secret, "email": email, "next_link": next_link}
        )
        function = "mx_request_token_to_reset_password_email"
        attempt = ctypes.c_int64(send_attempt)
        rest = (next_link, id_access_token, id_server)
        return self.wait(
            self.submit(function, self.handle, client_secret, email, attempt, *rest)
        )

    def discover(self, server: str) -> Answer:
        return self.wait(self.submit("mx_discover", self.handle, server))

    def submit_token(
        self, submit_url: str, sid: str, client_secret: str, token: str
    ) -> Answer:
        self._library.learn(
            {"sid": sid, "client_secret": client_secret, "token": token}
        )
        arguments = (submit_url, sid, client_secret, token)
        return self.wait(self.submit("mx_submit_token", self.handle, *arguments))

    def password_reset(self, email: str, next_link: str | None = None) -> PasswordReset:
        self._library.learn({"email": email, "next_link": next_link})
        handle = ctypes.c_void_p()
        texts = (c_value(email), c_value(next_link))
        out = ctypes.byref(handle)
        check(LIB.mx_password_reset_new(self.handle, *texts, out))
        return self._adopt(handle)

    def restore_password_reset(self, saved: str) -> PasswordReset:
        handle = ctypes.c_void_p()
        out = ctypes.byref(handle)
        text = c_value(saved)
        check(LIB.mx_password_reset_restore(self.handle, text, out, None))
        return self._adopt(handle)

    def learn(self, value: Any) -> None:
        self._library.learn(value)

    def _adopt(self, handle: ctypes.c_void_p) -> PasswordReset:
        reset = PasswordReset(self, handle)
        self._resets.append(reset)
        # With it, the client_secret becomes known as a secret.
        reset.save()
        return reset

    def set_access_token(self, token: str | None) -> None:
        self._library.learn({"access_token": token})
        check(LIB.mx_client_set_access_token(self.handle, c_value(token)))

    def cancel(self, op: int) -> None:
        check(LIB.mx_client_cancel(self.handle, ctypes.c_uint64(op)))

    def submit(self, function: str, *arguments: Any) -> int:
        """Call a function that ends in (callback, user_data, op)."""
        op = ctypes.c_uint64()
        values = map(c_value, arguments)
        check(getattr(LIB, function)(*values, None, None, ctypes.byref(op)))
        self._pending.add(op.value)
        return op.value

    def wait(self, op: int, seconds: float = 100) -> Answer:
        """The result of that call; those of other calls are kept for their own turn."""
        deadline = time.monotonic() + seconds
        while op not in self._ended:
            self.take_next(max(0, int(1000 * (deadline - time.monotonic()))))
        return self._ended.pop(op)

    def close(self) -> None:
        """Free everything. What was not waited for has its one result by then; closing again does nothing."""
        if not self.handle:
            return
        for reset in self._resets:
            LIB.mx_password_reset_free(reset.handle)
        LIB.mx_client_free(self.handle)
        try:
            while True:
                self.take_next(0)
        except Refused as nothing:
            assert nothing.args[0] == "MX_ERR_TIMEOUT", nothing
        LIB.mx_queue_free(self._queue)
        self.handle = self._queue = ctypes.c_void_p()
        assert not self._pending, f"accepted, and without a result: {self._pending}"

    def take_next(self, timeout_ms: int) -> None:
        """Keep the next result for its call; Refused with MX_ERR_TIMEOUT if none came."""
        result = ctypes.c_void_p()
        wait = ctypes.c_int64(timeout_ms)
        check(LIB.mx_queue_next(self._queue, wait, ctypes.byref(result)))
        op: int = LIB.mx_result_op(result)
        answer = self._judge(take_result(result))
        # Each accepted call has one result: a second one finds its call gone.
        assert op in self._pending, f"a result too many: {answer}"
        self._pending.remove(op)
        self._ended[op] = answer

    def _judge(self, answer: Answer) -> Answer:
        for secret in self._library.secrets:
            assert secret not in answer.message
        # A vast one is a test's of its size, and Python would take gigabytes to read it.
        if len(answer.raw or b"") < 1 << 20:
            with suppress(ValueError):
                self._library.learn(json.loads(answer.raw or b"null"))
        return answer


class PasswordReset:
    """A reset; it is freed with its client."""

    def __init__(self, client: Client, handle: ctypes.c_void_p) -> None:
        self.handle = handle
        self._client = client

    @property
    def stage(self) -> str:
        """The constant of the header, without MX_RESET_."""
        stages = ("NEW", "AWAITS_LINK", "AWAITS_TOKEN", "CONFIRMED", "DONE")
        return stages[LIB.mx_password_reset_stage(self.handle)]

    def save(self) -> str:
        result = ctypes.c_void_p()
        check(LIB.mx_password_reset_save(self.handle, ctypes.byref(result)))
        saved = take_result(result)
        self._client.learn(saved.json())
        return (saved.raw or b"").decode()

    def send(self) -> Answer:
        op = self._client.submit("mx_password_reset_send", self.handle)
        return self._client.wait(op)

    def submit_token(self, token: str) -> Answer:
        self._client.learn({"token": token})
        function = "mx_password_reset_submit_token"
        return self._client.wait(self._client.submit(function, self.handle, token))

    def start_finish(
        self, new_password: str, logout_devices: bool = True, wait_ms: int = 0
    ) -> int:
        self._client.learn({"new_password": new_password})
        arguments = (new_password, logout_devices, ctypes.c_int64(wait_ms))
        return self._client.submit("mx_password_reset_finish", self.handle, *arguments)

    def wait(self, op: int, seconds: float = 100) -> Answer:
        return self._client.wait(op, seconds)

    def cancel(self, op: int) -> None:
        self._client.cancel(op)

    def finish(
        self, new_password: str, logout_devices: bool = True, wait_ms: int = 0
    ) -> Answer:
        op = self.start_finish(new_password, logout_devices, wait_ms)
        return self._client.wait(op)


def _members(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Every value inside of JSON, with the name of the member that holds it."""
    if isinstance(value, dict):
        for inner_name, inner in value.items():
            yield from _members(inner, inner_name)
    elif isinstance(value, list):
        for inner in value:
            yield from _members(inner, name)
    else:
        yield name, value
