"""A request: any operation with its fields, kept to be sent once or many times."""

from __future__ import annotations

import ctypes
import threading
import weakref
from collections.abc import Mapping
from ctypes import c_void_p
from typing import TYPE_CHECKING, Any, Callable

from matrix_capi._answer import take
from matrix_capi._errors import InvalidArgumentError
from matrix_capi._json import read
from matrix_capi._native import LIB, Seconds, check, json_text, milliseconds, text

if TYPE_CHECKING:
    from typing_extensions import Self

    from matrix_capi._client import BaseClient


class Request:
    """An operation with its fields. Send it with client.send(request); then change it, send it again.

    A field has the spec's name, wherever it travels: in the path, the query or the body. Its value is
    a str, int, float, bool, list or dict, or None, which is sent as null. Fields with a dot in their
    names, of vendors and proposals (MSCs), are taken by every operation. Where the spec leaves the
    whole body open, it is the field "body".

    What the operation does not allow is an InvalidArgumentError at once; what is missing is one when
    the request is sent. Threads may share a request.
    """

    def __init__(self, operation: str, /, **fields: object) -> None:
        """Makes a request by the spec's operationId: Request("login", type="m.login.password").

        Names that Python does not take are given as Request("x", **{"org.example.y": 1}).
        """
        name = text(operation, "operation")
        self._make(operation, lambda out: LIB.mx_request_new(name, out), fields)

    @classmethod
    def custom(cls, method: str, path: str, /, **fields: object) -> Self:
        """Makes a request to an endpoint that has no operation here: an unstable or a vendor's one.

        method  "GET", "POST", "PUT" or "DELETE"
        path    begins with "/_matrix/"; "{name}" stands for the field of that name, which is
                percent-encoded; a query may follow: "/_matrix/client/v1/x/{roomId}?dir={dir}"

        The access token travels with it. Other fields go into the query of a GET or DELETE, and into
        the body of a POST or PUT. Any HTTP status from 200 to 299 is an Answer, whatever the body is.
        """
        words = text(method, "method"), text(path, "path")
        request = cls.__new__(cls)
        request._make(
            f"{method} {path}",
            lambda out: LIB.mx_request_new_custom(*words, out),
            fields,
        )
        return request

    def _make(
        self, operation: str, make: Callable[[Any], int], fields: Mapping[str, object]
    ) -> None:
        native = c_void_p()
        check(make(ctypes.byref(native)))
        self._operation = operation
        self._native = native
        # C lets one thread at a time change or read a request.
        self._lock = threading.Lock()
        self._timeout: Seconds | None = None
        finalizer = weakref.finalize(self, LIB.mx_request_free, native)
        finalizer.atexit = False
        for name, value in fields.items():
            self.set(name, value)

    @property
    def operation(self) -> str:
        """The operationId; of a custom request the method and the path."""
        return self._operation

    @property
    def timeout(self) -> Seconds | None:
        """How long the whole call may take, in seconds or as a timedelta; None: as the client says.

        The field "timeout" that some operations have is set(), like every field.
        """
        return self._timeout

    @timeout.setter
    def timeout(self, timeout: Seconds | None) -> None:
        given = 0 if timeout is None else milliseconds(timeout, "timeout")
        if timeout is not None and given == 0:
            raise InvalidArgumentError("timeout must be more than 0 seconds, or None")
        with self._lock:
            check(LIB.mx_request_set_timeout_ms(self._native, given))
            self._timeout = timeout

    def set(self, name: str, value: object) -> None:
        """Sets a field, in place of the value it had."""
        field, given = text(name, "name"), json_text(value, name)
        with self._lock:
            check(LIB.mx_request_set_json(self._native, field, given))

    def unset(self, name: str) -> None:
        """Leaves a field out again."""
        field = text(name, "name")
        with self._lock:
            check(LIB.mx_request_set_string(self._native, field, None))

    def url(self, client: BaseClient) -> str:
        """The URL for a browser, of a GET that needs no access token. Nothing is sent."""
        result = c_void_p()

        def ask(native: c_void_p) -> int:
            with self._lock:
                status: int = LIB.mx_request_url(
                    native, self._native, ctypes.byref(result)
                )
                return status

        client._handle.with_client(ask)
        url: str = read(take(result).success())["url"]
        return url

    def __repr__(self) -> str:
        """Without the values, which may be secrets."""
        return f"<{type(self).__name__} {self._operation}>"

    def _start(self, client: c_void_p, key: int, op: Any) -> int:
        with self._lock:
            status: int = LIB.mx_client_send(client, self._native, None, key, op)
            return status
