"""What a client can be told before it is made, and the C setter of each."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import c_void_p
from dataclasses import dataclass, fields
from typing import Any, Callable

from matrix_capi._native import LIB, Seconds, check, milliseconds, number, text


def _as_bool(value: bool, name: str) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"{name} must be a bool, not {type(value).__name__}")
    return value


# The setter without its prefix, and what makes of a value what C takes.
_SETTERS: dict[str, tuple[str, Callable[[Any, str], object]]] = {
    "timeout": ("set_timeout_ms", milliseconds),
    "connect_timeout": ("set_connect_timeout_ms", milliseconds),
    "user_agent": ("set_user_agent", text),
    "access_token": ("set_access_token", text),
    "proxy": ("set_proxy", text),
    "root_pem": ("add_root_pem", text),
    "bundled_roots": ("set_bundled_roots", _as_bool),
    "max_retries": ("set_max_retries", number),
    "retry_delay": ("set_retry_delay_ms", milliseconds),
    "max_rate_limit_wait": ("set_max_rate_limit_wait_ms", milliseconds),
    "max_response_bytes": ("set_max_response_bytes", number),
    "max_idle_connections": ("set_max_idle_connections", number),
    "idle_timeout": ("set_idle_timeout_ms", milliseconds),
    "allow_plain_http": ("set_allow_plain_http", _as_bool),
    "malloc_trim": ("set_malloc_trim", _as_bool),
}


@dataclass(frozen=True, repr=False)
class Options:
    """The options of a client; None leaves the library's default."""

    timeout: Seconds | None = None
    connect_timeout: Seconds | None = None
    user_agent: str | None = None
    access_token: str | None = None
    proxy: str | None = None
    root_pem: str | None = None
    bundled_roots: bool | None = None
    max_retries: int | None = None
    retry_delay: Seconds | None = None
    max_rate_limit_wait: Seconds | None = None
    max_response_bytes: int | None = None
    max_idle_connections: int | None = None
    idle_timeout: Seconds | None = None
    allow_plain_http: bool | None = None
    malloc_trim: bool | None = None

    @contextmanager
    def native(self) -> Iterator[c_void_p]:
        """The same as mx_client_options, freed at the end."""
        options = c_void_p()
        check(LIB.mx_client_options_new(ctypes.byref(options)))
        try:
            for option in fields(self):
                value = getattr(self, option.name)
                if value is not None:
                    setter, convert = _SETTERS[option.name]
                    given = convert(value, option.name)
                    check(getattr(LIB, f"mx_client_options_{setter}")(options, given))
            yield options
        finally:
            LIB.mx_client_options_free(options)
