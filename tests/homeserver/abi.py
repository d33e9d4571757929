"""The C functions of the library through ctypes: what they take, what they give, and how they refuse.

MATRIX_CAPI_LIBRARY names the library's file; without it, it is the one that cargo built, release before debug.
"""

from __future__ import annotations

import ctypes
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any


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
    library.mx_result_body.restype = ctypes.c_void_p
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
    body = LIB.mx_result_body(result, ctypes.byref(length))
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


def c_value(value: Any) -> Any:
    """What C takes for a Python value; a ctypes value goes as it is."""
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, bool):
        return ctypes.c_bool(value)
    if isinstance(value, int):
        return ctypes.c_uint32(value)
    return value
