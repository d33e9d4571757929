"""The library as these tests use it: its C functions through ctypes, with a queue, and an eye on what it logs and leaves.

MATRIX_CAPI_LIBRARY names the library's file; without it, it is the one that cargo built, release before debug.
"""

from __future__ import annotations

import ctypes
import json
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing_extensions import Self

LOG_DEBUG = 4

# The fields whose values must not be logged. Those of the second row must not be in a message either.
PERSONAL = {"email", "address", "user", "next_link", "phone_number", "sid", "session"}
SECRET = {"client_secret", "password", "new_password", "access_token", "token"}

_CALLBACK = ctypes.CFUNCTYPE(None, ctypes.c_int32, ctypes.c_char_p, ctypes.c_void_p)


def library_file() -> Path:
    """The library under test."""
    if named := os.environ.get("MATRIX_CAPI_LIBRARY"):
        return Path(named)
    root = Path(__file__).resolve().parent.parent.parent
    target = root / os.environ.get("CARGO_TARGET_DIR", "target")
    name = "libmatrix_capi" + (".dylib" if sys.platform == "darwin" else ".so")
    for profile in ("release", "debug"):
        if (file := target / profile / name).exists():
            return file
    raise FileNotFoundError(f"no {name} in {target}: run cargo build --release")


def load() -> ctypes.CDLL:
    library = ctypes.CDLL(str(library_file()))
    library.mx_status_name.restype = ctypes.c_char_p
    library.mx_refusal_message.restype = ctypes.c_char_p
    library.mx_result_errcode.restype = ctypes.c_char_p
    library.mx_result_message.restype = ctypes.c_char_p
    # Not c_char_p, which would end the body at its first NUL.
    library.mx_result_json.restype = ctypes.c_void_p
    library.mx_result_op.restype = ctypes.c_uint64
    library.mx_result_http_status.restype = ctypes.c_uint16
    library.mx_result_retry_after_ms.restype = ctypes.c_bool
    library.mx_debug_live_objects.restype = ctypes.c_int64
    return library


LIB = load()


class Refused(Exception):
    """A function did not accept what it was given. The first argument is the status's name."""


@dataclass(frozen=True)
class Answer:
    """How an operation ended; the names are those of the header."""

    status: str
    errcode: str | None
    http_status: int
    retry_after_ms: int | None
    message: str
    raw: bytes | None

    def json(self) -> Any:
        assert self.raw is not None, self
        return json.loads(self.raw)


def status_name(status: int) -> str:
    name: bytes = LIB.mx_status_name(ctypes.c_int32(status))
    return name.decode()


def check(status: int) -> None:
    if status != 0:
        message: bytes = LIB.mx_refusal_message()
        raise Refused(status_name(status), message.decode())


def take_result(result: ctypes.c_void_p) -> Answer:
    """Read everything from a result, and free it."""
    length = ctypes.c_size_t()
    body = LIB.mx_result_json(result, ctypes.byref(length))
    delay = ctypes.c_uint64()
    told = LIB.mx_result_retry_after_ms(result, ctypes.byref(delay))
    errcode: bytes | None = LIB.mx_result_errcode(result)
    message: bytes = LIB.mx_result_message(result)
    answer = Answer(
        status_name(LIB.mx_result_status(result)),
        None if errcode is None else errcode.decode(),
        LIB.mx_result_http_status(result),
        delay.value if told else None,
        message.decode(),
        None if body is None else ctypes.string_at(body, length.value),
    )
    LIB.mx_result_free(result)
    return answer


def generate_client_secret() -> str:
    buffer = ctypes.create_string_buffer(44)
    check(LIB.mx_generate_client_secret(buffer, ctypes.c_size_t(44)))
    return buffer.value.decode()


def live_objects() -> int:
    objects: int = LIB.mx_debug_live_objects()
    return objects


class Library:
    """Makes clients. Closing it frees them, and checks that nothing is left and nothing private was logged."""

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
        for private in self.secrets | self.personal:
            told = [line for line in self.log if private in line]
            assert not told, f"{private!r} was logged: {told}"

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
        self._ended: dict[int, Answer] = {}
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
        return op.value

    def wait(self, op: int, seconds: float = 100) -> Answer:
        """The result of that call; those of other calls are kept for their own turn."""
        deadline = time.monotonic() + seconds
        while op not in self._ended:
            left = ctypes.c_int64(max(0, int(1000 * (deadline - time.monotonic()))))
            result = ctypes.c_void_p()
            check(LIB.mx_queue_next(self._queue, left, ctypes.byref(result)))
            ended: int = LIB.mx_result_op(result)
            self._ended[ended] = self._judge(take_result(result))
        return self._ended.pop(op)

    def close(self) -> None:
        LIB.mx_client_free(self.handle)
        LIB.mx_queue_free(self._queue)
        self.handle = self._queue = ctypes.c_void_p()

    def _judge(self, answer: Answer) -> Answer:
        for secret in self._library.secrets:
            assert secret not in answer.message
        try:
            self._library.learn(json.loads(answer.raw or b"null"))
        except ValueError:
            pass
        return answer


def c_value(value: Any) -> Any:
    """What C takes for a Python value; a ctypes value goes as it is."""
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, bool):
        return ctypes.c_bool(value)
    if isinstance(value, int):
        return ctypes.c_uint32(value)
    return value


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
