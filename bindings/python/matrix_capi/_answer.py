"""What came of an operation: the C library's result as Python values."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from ctypes import c_size_t, c_uint64, c_void_p
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from matrix_capi._errors import error_class
from matrix_capi._json import read
from matrix_capi._native import LIB
from matrix_capi._statuses import Status

if TYPE_CHECKING:
    from typing_extensions import Self

T = TypeVar("T")


@dataclass(frozen=True, repr=False)
class Answer:
    """What the homeserver answered: the fields by name, all of it in json, as it came in body.

    http_status  such as 200
    headers      those that are kept, by their names in lower case: content-type, content-disposition,
                 location, etag
    body         the bytes as they came

    A field that is absent or null is None. Nothing is parsed before json or a field is read. Secrets
    are not in the repr.
    """

    http_status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict, hash=False)

    @cached_property
    def json(self) -> Any:
        """The body as JSON; None if it is none, which only happens to a Request.custom()."""
        return read(self.body)

    @classmethod
    def of(cls, outcome: Outcome) -> Self:
        """The answer of an operation that went well; raises what it otherwise came to."""
        return cls(outcome.http_status, outcome.success(), outcome.headers)

    def __repr__(self) -> str:
        shown = [("http_status", self.http_status)]
        for name, one in vars(type(self)).items():
            if isinstance(one, Field) and not one.secret:
                shown.append((name, getattr(self, name)))
        words = ", ".join(f"{name}={value!r}" for name, value in shown)
        return f"{type(self).__name__}({words})"


class Field(Generic[T]):
    """A field of an answer, found in its JSON when it is read."""

    def __init__(self, name: str, *, secret: bool = False) -> None:
        self.name = name
        self.secret = secret

    @overload
    def __get__(self, answer: None, owner: type[Answer]) -> Self: ...

    @overload
    def __get__(self, answer: Answer, owner: type[Answer]) -> T: ...

    def __get__(self, answer: Answer | None, owner: type[Answer]) -> Any:
        if answer is None:
            return self
        fields = answer.json
        return fields.get(self.name) if isinstance(fields, dict) else None


@dataclass(frozen=True)
class Outcome:
    """One mx_result, read and freed."""

    status: int
    http_status: int
    errcode: str | None
    message: str
    retry_after: float | None
    body: bytes | None
    headers: dict[str, str]

    def success(self) -> bytes:
        """The body, if the operation went well."""
        if self.status != Status.OK:
            raise error_class(self.status)(
                self.message,
                status=self.status,
                errcode=self.errcode,
                http_status=self.http_status,
                retry_after=self.retry_after,
                body=self.body,
                headers=self.headers,
            )
        return self.body or b""


_HEADERS = {
    name: name.encode()
    for name in ("content-type", "content-disposition", "location", "etag")
}


def take(result: c_void_p) -> Outcome:
    """Reads everything from a result, and frees it."""
    try:
        length, delay = c_size_t(), c_uint64()
        status: int = LIB.mx_result_status(result)
        http_status: int = LIB.mx_result_http_status(result)
        place: int | None = LIB.mx_result_body(result, ctypes.byref(length))
        body = None if place is None else ctypes.string_at(place, length.value)
        headers = {}
        for name, native in _HEADERS.items():
            value: bytes | None = LIB.mx_result_header(result, native)
            if value is not None:
                headers[name] = value.decode()
        if status == Status.OK:
            # What went well has no more to tell.
            return Outcome(status, http_status, None, "OK", None, body, headers)
        told: bool = LIB.mx_result_retry_after_ms(result, ctypes.byref(delay))
        errcode: bytes | None = LIB.mx_result_errcode(result)
        message: bytes = LIB.mx_result_message(result)
        return Outcome(
            status=status,
            http_status=http_status,
            errcode=None if errcode is None else errcode.decode(),
            message=message.decode(),
            retry_after=delay.value / 1000 if told else None,
            body=body,
            headers=headers,
        )
    finally:
        LIB.mx_result_free(result)
