"""The exceptions: one for each status of the C library, all of them an Error."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from matrix_capi._json import read
from matrix_capi._statuses import Status


class Error(Exception):
    """Whatever this package raises, if it is no programming mistake that Python has a name for.

    message      what happened, for developers' logs: not for users, and without secrets
    status       a Status, or a number that only a later library knows
    errcode      the homeserver's errcode as it came, or None
    http_status  of the last answer; 0 if none came
    retry_after  seconds to wait before the next try, if the homeserver said so
    body         the answer as it came, or None
    headers      of the answer, as an Answer has them
    """

    status: int = Status.ERR_INTERNAL

    def __init__(
        self,
        message: str = "",
        *,
        status: int | None = None,
        errcode: str | None = None,
        http_status: int = 0,
        retry_after: float | None = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        if status is not None and status != type(self).status:
            self.status = status
        self.errcode = errcode
        self.http_status = http_status
        self.retry_after = retry_after
        self.body = body
        self.headers: Mapping[str, str] = headers or {}

    @cached_property
    def json(self) -> Any:
        """The body as JSON; None if it is none, or no answer came."""
        return None if self.body is None else read(self.body)


class RefusedError(Error):
    """A programming mistake: nothing was started."""


class NullArgumentError(RefusedError):
    """A parameter that must be there was not given."""

    status = Status.ERR_NULL_ARGUMENT


class InvalidUtf8Error(RefusedError):
    """A string holds half a surrogate pair, which is no Unicode text."""

    status = Status.ERR_INVALID_UTF8


class MisuseError(RefusedError):
    """A call that is not allowed now: a step of a reset while another one runs, for instance."""

    status = Status.ERR_MISUSE


class ClosedError(RefusedError):
    """The client, or the password reset, has been closed."""

    status = Status.ERR_CLOSED


class ForkedError(RefusedError):
    """This process was forked from one in which the library was running.

    Its threads are not in the child. Make clients after the fork in both, or start children by
    "spawn" or "forkserver".
    """

    status = Status.ERR_FORKED


class NotFoundError(RefusedError):
    """There is no such operation pending."""

    status = Status.ERR_NOT_FOUND


class InvalidArgumentError(Error, ValueError):
    """The spec, or the library, does not allow a value. Nothing was sent."""

    status = Status.ERR_INVALID_ARGUMENT


class CancelledError(Error):
    """The client was closed during the call. The request may have reached the homeserver.

    A cancelled asyncio task ends with asyncio.CancelledError, as always.
    """

    status = Status.ERR_CANCELLED


class DeadlineError(Error):
    """There was no outcome within the timeout. The request may have reached the homeserver."""

    status = Status.ERR_DEADLINE


class ConnectError(Error):
    """The homeserver could not be reached, or the connection broke before its answer came."""

    status = Status.ERR_CONNECT


class TlsError(Error):
    """No secure connection: the certificate is not trusted, or there is no common version of TLS."""

    status = Status.ERR_TLS


class MatrixError(Error):
    """The homeserver refused: see errcode and http_status."""

    status = Status.ERR_MATRIX


class BadResponseError(Error):
    """The answer is not what the spec defines, such as a proxy's HTML page; body holds what came."""

    status = Status.ERR_BAD_RESPONSE


class Pending(Error):
    """Password reset: the person has not confirmed the mail yet."""

    status = Status.PENDING


class WebRequired(Error):
    """The accounts of this homeserver live on a web page: send the person there."""

    status = Status.WEB_REQUIRED

    @property
    def account_management_uri(self) -> str | None:
        """The page, if the homeserver names it."""
        answer = self.json
        page = (
            answer.get("account_management_uri") if isinstance(answer, dict) else None
        )
        return page if isinstance(page, str) else None


class UnknownOutcome(Error):
    """The request may have been carried out, and its answer was lost."""

    status = Status.UNKNOWN_OUTCOME


class InternalError(Error):
    """A failure of the machine, such as no memory for a thread; or a bug of the library."""

    status = Status.ERR_INTERNAL


CLASSES: dict[int, type[Error]] = {
    error.status: error
    for error in (
        NullArgumentError,
        InvalidUtf8Error,
        MisuseError,
        ClosedError,
        ForkedError,
        NotFoundError,
        InvalidArgumentError,
        CancelledError,
        DeadlineError,
        ConnectError,
        TlsError,
        MatrixError,
        BadResponseError,
        Pending,
        WebRequired,
        UnknownOutcome,
        InternalError,
    )
}


def error_class(status: int) -> type[Error]:
    """The exception for a status; that of a later library is a plain Error."""
    return CLASSES.get(status, Error)
