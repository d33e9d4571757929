"""What belongs to the whole process: the library's version, secrets, the log, and the count of live objects."""

from __future__ import annotations

import atexit
import ctypes
import logging
from typing import Callable

from matrix_capi._native import LIB, LOG_CALLBACK, check

# The levels of the C header by those of the standard library.
_LEVELS = {logging.ERROR: 1, logging.WARNING: 2, logging.INFO: 3, logging.DEBUG: 4}
_NAMES = {number: level for level, number in _LEVELS.items()}

_SECRET_SIZE = 44

Sink = Callable[[int, str], None]
_sink: Sink | None = None


def version() -> str:
    """The version of the C library."""
    text: bytes = LIB.mx_version()
    return text.decode()


def generate_client_secret() -> str:
    """A new client_secret: 43 characters from the system's random source. With it and the mail's
    link, anyone can take the account."""
    buffer = ctypes.create_string_buffer(_SECRET_SIZE)
    check(LIB.mx_generate_client_secret(buffer, _SECRET_SIZE))
    return buffer.value.decode()


def set_log_sink(sink: Sink | None, level: int = logging.INFO) -> None:
    """Sends the library's log lines to a function of a level of the logging module and a text.

    logging.getLogger("matrix_capi").log is such a function; None is silence, as at first. Lines
    below the level are not made. No body, header, password, token or
    client_secret is ever in one. The function
    is called in a thread of the library's, and must not use this package.
    """
    global _sink
    if sink is None:
        check(LIB.mx_log_set(1, None, None))
        _sink = None
        return
    native = max((_LEVELS[known] for known in _LEVELS if known >= level), default=1)
    before, _sink = _sink, sink
    try:
        check(LIB.mx_log_set(native, _CALLBACK, None))
    except BaseException:
        _sink = before
        raise


def _receive(level: int, message: bytes, user_data: int | None) -> None:
    sink = _sink
    if sink is not None:
        sink(_NAMES.get(level, logging.DEBUG), message.decode())


# Kept for ever: C may call it as long as the process lives.
_RECEIVE = LOG_CALLBACK(_receive)
_CALLBACK = ctypes.cast(_RECEIVE, ctypes.c_void_p)


def debug_live_objects() -> int:
    """How many native objects were not yet freed: 0 when every client and reset is closed."""
    count: int = LIB.mx_debug_live_objects()
    return count


# A line that comes while the interpreter ends would abort the process.
@atexit.register
def _silence() -> None:
    LIB.mx_log_set(1, None, None)
