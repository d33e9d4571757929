"""The Matrix client-server API, and the whole way back into a lost account."""

from matrix_capi import _answers as answers
from matrix_capi._answer import Answer
from matrix_capi._client import AsyncClient, Client, Discovery
from matrix_capi._errors import (
    BadResponseError,
    CancelledError,
    ClosedError,
    ConnectError,
    DeadlineError,
    Error,
    ForkedError,
    InternalError,
    InvalidArgumentError,
    InvalidUtf8Error,
    MatrixError,
    MisuseError,
    NotFoundError,
    NullArgumentError,
    Pending,
    RefusedError,
    TlsError,
    UnknownOutcome,
    WebRequired,
)
from matrix_capi._password_reset import AsyncPasswordReset, PasswordReset
from matrix_capi._process import (
    debug_live_objects,
    generate_client_secret,
    set_log_sink,
    version,
)
from matrix_capi._request import Request
from matrix_capi._statuses import Stage, Status

__version__ = version()

__all__ = [
    "Answer",
    "AsyncClient",
    "AsyncPasswordReset",
    "BadResponseError",
    "CancelledError",
    "Client",
    "ClosedError",
    "ConnectError",
    "DeadlineError",
    "Discovery",
    "Error",
    "ForkedError",
    "InternalError",
    "InvalidArgumentError",
    "InvalidUtf8Error",
    "MatrixError",
    "MisuseError",
    "NotFoundError",
    "NullArgumentError",
    "PasswordReset",
    "Pending",
    "RefusedError",
    "Request",
    "Stage",
    "Status",
    "TlsError",
    "UnknownOutcome",
    "WebRequired",
    "__version__",
    "answers",
    "debug_live_objects",
    "generate_client_secret",
    "set_log_sink",
    "version",
]
