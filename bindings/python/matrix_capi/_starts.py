"""What both clients start, given to C in the same way."""

from __future__ import annotations

from collections.abc import Mapping
from ctypes import c_void_p
from typing import Any

from matrix_capi._handle import Start
from matrix_capi._native import LIB, json_text, text


def given(params: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in params.items() if value is not None}


def start_call(operation: str, params: Mapping[str, object]) -> Start:
    """What a Request of the same fields starts, by one call into C instead of one for each field."""
    return start_text(operation, json_text(dict(params), "params"))


def start_text(operation: str, params: bytes) -> Start:
    name = text(operation, "operation")

    def start(client: c_void_p, key: int, op: Any) -> int:
        status: int = LIB.mx_call(client, name, params, None, key, op)
        return status

    return start


def start_submit_token(
    submit_url: str, sid: str, client_secret: str, token: str
) -> Start:
    words = (
        text(submit_url, "submit_url"),
        text(sid, "sid"),
        text(client_secret, "client_secret"),
        text(token, "token"),
    )

    def start(client: c_void_p, key: int, op: Any) -> int:
        status: int = LIB.mx_submit_token(client, *words, None, key, op)
        return status

    return start


def start_discover(server: str) -> Start:
    name = text(server, "server")

    def start(client: c_void_p, key: int, op: Any) -> int:
        status: int = LIB.mx_discover(client, name, None, key, op)
        return status

    return start
