"""What came of an operation: the C library's result as Python values."""

from __future__ import annotations

import ctypes
import json
from collections.abc import Mapping
from ctypes import c_size_t, c_uint64, c_void_p
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

from matrix_capi._errors import InvalidArgumentError, error_class
from matrix_capi._native import LIB, unicode
from matrix_capi._statuses import Status

if TYPE_CHECKING:
    from typing_extensions import Self


@dataclass(frozen=True)
class Answer:
    """What the homeserver answered: its fields by name, all of it in json, and as it came in body.

    An optional field that is absent, null or empty is None. Secrets are not in the repr.
    """

    http_status: int
    json: Any = field(repr=False)
    body: bytes = field(repr=False)

    @classmethod
    def of(cls, outcome: Outcome) -> Self:
        """The answer of an operation that went well; raises what it otherwise came to."""
        body = outcome.success()
        answer = json.loads(body)
        values: dict[str, Any] = {}
        for name, on_the_wire in _own_fields(cls):
            value = answer.get(on_the_wire)
            # The library has checked what must be there; "" is how some say that it is not.
            values[name] = None if value == "" else value
        return cls(outcome.http_status, answer, body, **values)


_OWN_FIELDS: dict[type[Answer], list[tuple[str, str]]] = {}


def _own_fields(answer: type[Answer]) -> list[tuple[str, str]]:
    """The fields that a kind of answer adds, each with its name on the wire."""
    known = _OWN_FIELDS.get(answer)
    if known is None:
        own = fields(answer)[len(fields(Answer)) :]
        known = [(one.name, one.metadata.get("name", one.name)) for one in own]
        _OWN_FIELDS[answer] = known
    return known


@dataclass(frozen=True)
class Outcome:
    """One mx_result, read and freed."""

    status: int
    http_status: int
    errcode: str | None
    message: str
    retry_after: float | None
    body: bytes | None

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
            )
        return self.body or b"null"


def take(result: c_void_p) -> Outcome:
    """Reads everything from a result, and frees it."""
    try:
        length, delay = c_size_t(), c_uint64()
        status: int = LIB.mx_result_status(result)
        http_status: int = LIB.mx_result_http_status(result)
        place: int | None = LIB.mx_result_json(result, ctypes.byref(length))
        body = None if place is None else ctypes.string_at(place, length.value)
        if status == Status.OK:
            # What went well has no more to tell.
            return Outcome(status, http_status, None, "OK", None, body)
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
        )
    finally:
        LIB.mx_result_free(result)


def params_json(params: Mapping[str, object]) -> bytes:
    """An operation's parameters as mx_call takes them."""
    try:
        written = json.dumps(dict(params), ensure_ascii=False, allow_nan=False)
    except ValueError as error:
        raise InvalidArgumentError(f"params: {error}") from None
    return unicode(written, "params")
