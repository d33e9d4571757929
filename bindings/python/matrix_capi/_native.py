"""The functions of the C header as ctypes calls them, and how values get in and refusals out."""

from __future__ import annotations

import ctypes
import json
import math
from ctypes import (
    c_bool,
    c_char_p,
    c_int32,
    c_int64,
    c_size_t,
    c_uint16,
    c_uint64,
    c_void_p,
)
from datetime import timedelta
from typing import Union

from matrix_capi._errors import (
    ForkedError,
    InvalidArgumentError,
    InvalidUtf8Error,
    error_class,
)
from matrix_capi._library import load
from matrix_capi._statuses import Status

# Not PyDLL: every call lets go of the GIL, which the library's log callback may be waiting for.
LIB = load()

LOG_CALLBACK = ctypes.CFUNCTYPE(None, c_int32, c_char_p, c_void_p)

UINT32_MAX = 2**32 - 1
INT64_MAX = 2**63 - 1

# A time: seconds, or a timedelta.
Seconds = Union[float, timedelta]

_CALL = (c_void_p, c_void_p, ctypes.POINTER(c_uint64))
_OUT = ctypes.POINTER(c_void_p)

# What each function returns and takes.
_FUNCTIONS: dict[str, tuple[object, tuple[object, ...]]] = {
    "mx_status_name": (c_char_p, (c_int32,)),
    "mx_result_status": (c_int32, (c_void_p,)),
    "mx_result_user_data": (c_void_p, (c_void_p,)),
    "mx_result_http_status": (c_uint16, (c_void_p,)),
    "mx_result_errcode": (c_char_p, (c_void_p,)),
    "mx_result_message": (c_char_p, (c_void_p,)),
    "mx_result_retry_after_ms": (c_bool, (c_void_p, ctypes.POINTER(c_uint64))),
    # Not c_char_p, which would end the body at its first NUL.
    "mx_result_body": (c_void_p, (c_void_p, ctypes.POINTER(c_size_t))),
    "mx_result_header": (c_char_p, (c_void_p, c_char_p)),
    "mx_result_free": (None, (c_void_p,)),
    "mx_queue_new": (c_int32, (_OUT,)),
    "mx_queue_fd": (ctypes.c_int, (c_void_p,)),
    "mx_queue_next": (c_int32, (c_void_p, c_int64, _OUT)),
    "mx_queue_free": (None, (c_void_p,)),
    "mx_client_options_new": (c_int32, (_OUT,)),
    "mx_client_options_free": (None, (c_void_p,)),
    "mx_client_options_set_timeout_ms": (c_int32, (c_void_p, ctypes.c_uint32)),
    "mx_client_options_set_connect_timeout_ms": (c_int32, (c_void_p, ctypes.c_uint32)),
    "mx_client_options_set_user_agent": (c_int32, (c_void_p, c_char_p)),
    "mx_client_options_set_access_token": (c_int32, (c_void_p, c_char_p)),
    "mx_client_options_set_proxy": (c_int32, (c_void_p, c_char_p)),
    "mx_client_options_add_root_pem": (c_int32, (c_void_p, c_char_p)),
    "mx_client_options_set_bundled_roots": (c_int32, (c_void_p, c_bool)),
    "mx_client_options_set_max_retries": (c_int32, (c_void_p, ctypes.c_uint32)),
    "mx_client_options_set_retry_delay_ms": (c_int32, (c_void_p, ctypes.c_uint32)),
    "mx_client_options_set_max_rate_limit_wait_ms": (
        c_int32,
        (c_void_p, ctypes.c_uint32),
    ),
    "mx_client_options_set_max_response_bytes": (c_int32, (c_void_p, ctypes.c_uint32)),
    "mx_client_options_set_max_idle_connections": (
        c_int32,
        (c_void_p, ctypes.c_uint32),
    ),
    "mx_client_options_set_idle_timeout_ms": (c_int32, (c_void_p, ctypes.c_uint32)),
    "mx_client_options_set_allow_plain_http": (c_int32, (c_void_p, c_bool)),
    "mx_client_options_set_malloc_trim": (c_int32, (c_void_p, c_bool)),
    "mx_client_options_set_queue": (c_int32, (c_void_p, c_void_p)),
    "mx_client_new": (c_int32, (c_char_p, c_void_p, _OUT, _OUT)),
    "mx_client_new_for_discovery": (c_int32, (c_void_p, _OUT, _OUT)),
    "mx_client_set_access_token": (c_int32, (c_void_p, c_char_p)),
    "mx_client_cancel": (c_int32, (c_void_p, c_uint64)),
    "mx_client_free": (None, (c_void_p,)),
    "mx_call": (c_int32, (c_void_p, c_char_p, c_char_p, *_CALL)),
    "mx_request_new": (c_int32, (c_char_p, _OUT)),
    "mx_request_new_custom": (c_int32, (c_char_p, c_char_p, _OUT)),
    "mx_request_set_string": (c_int32, (c_void_p, c_char_p, c_char_p)),
    "mx_request_set_json": (c_int32, (c_void_p, c_char_p, c_char_p)),
    "mx_request_set_timeout_ms": (c_int32, (c_void_p, ctypes.c_uint32)),
    "mx_request_url": (c_int32, (c_void_p, c_void_p, _OUT)),
    "mx_request_free": (None, (c_void_p,)),
    "mx_client_send": (c_int32, (c_void_p, c_void_p, *_CALL)),
    "mx_discover": (c_int32, (c_void_p, c_char_p, *_CALL)),
    "mx_submit_token": (
        c_int32,
        (c_void_p, c_char_p, c_char_p, c_char_p, c_char_p, *_CALL),
    ),
    "mx_generate_client_secret": (c_int32, (c_char_p, c_size_t)),
    "mx_password_reset_new": (c_int32, (c_void_p, c_char_p, c_char_p, _OUT)),
    "mx_password_reset_send": (c_int32, (c_void_p, *_CALL)),
    "mx_password_reset_submit_token": (c_int32, (c_void_p, c_char_p, *_CALL)),
    "mx_password_reset_finish": (
        c_int32,
        (c_void_p, c_char_p, c_bool, c_int64, *_CALL),
    ),
    "mx_password_reset_stage": (c_int32, (c_void_p,)),
    "mx_password_reset_save": (c_int32, (c_void_p, _OUT)),
    "mx_password_reset_restore": (c_int32, (c_void_p, c_char_p, _OUT, _OUT)),
    "mx_password_reset_free": (None, (c_void_p,)),
    # The callback is taken as a pointer, so that NULL can be one.
    "mx_log_set": (c_int32, (c_int32, c_void_p, c_void_p)),
    "mx_version": (c_char_p, ()),
    "mx_refusal_message": (c_char_p, ()),
    "mx_debug_live_objects": (c_int64, ()),
}

for _name, (_result, _arguments) in _FUNCTIONS.items():
    _function = getattr(LIB, _name)
    _function.restype, _function.argtypes = _result, _arguments


def check(status: int) -> None:
    """Raises what a refusal means."""
    if status != Status.OK:
        message: bytes = LIB.mx_refusal_message()
        if status == Status.ERR_FORKED:
            raise forked(message.decode())
        raise error_class(status)(message.decode(), status=status)


def forked(what: str) -> ForkedError:
    return ForkedError(
        f"{what}: this process was forked after the library was started, and cannot use it; "
        'start child processes by "spawn" or "forkserver"'
    )


def text(value: str, name: str) -> bytes:
    """A string for C, which would silently cut it at U+0000."""
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a str, not {type(value).__name__}")
    if "\0" in value:
        raise InvalidArgumentError(f"{name} contains U+0000")
    return unicode(value, name)


def unicode(value: str, name: str) -> bytes:
    try:
        return value.encode()
    except UnicodeEncodeError:
        # Not chained: Python's error would quote the value, which may be a secret.
        raise InvalidUtf8Error(f"{name} holds half a surrogate pair") from None


_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def json_text(value: object, name: str) -> bytes:
    """A value as JSON."""
    if isinstance(value, float) and not math.isfinite(value):
        raise InvalidArgumentError(f"{name} must be a finite number")
    try:
        written = _ENCODER.encode(value)
    except TypeError as error:
        raise TypeError(f"{name}: {error}") from None
    except RecursionError:
        raise InvalidArgumentError(f"{name} is nested too deeply") from None
    except ValueError as error:
        raise InvalidArgumentError(f"{name}: {error}") from None
    return unicode(written, name)


def optional_text(value: str | None, name: str) -> bytes | None:
    return None if value is None else text(value, name)


def number(value: int, name: str, largest: int = UINT32_MAX) -> int:
    """An integer for C, whose type would silently wrap it."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{name} must be an int, not {type(value).__name__}")
    if not 0 <= value <= largest:
        raise InvalidArgumentError(f"{name} must be between 0 and {largest}")
    return value


def milliseconds(time: Seconds, name: str, largest: int = UINT32_MAX) -> int:
    """A time as C counts it. Rounded up, so that no time becomes none."""
    seconds = time.total_seconds() if isinstance(time, timedelta) else time
    if not isinstance(seconds, (int, float)) or isinstance(seconds, bool):
        given = type(seconds).__name__
        raise TypeError(f"{name} must be a number or a timedelta, not {given}")
    if not 0 <= seconds * 1000 <= largest:
        raise InvalidArgumentError(
            f"{name} must be between 0 and {largest / 1000} seconds"
        )
    return math.ceil(seconds * 1000)
