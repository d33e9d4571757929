"""Finds and loads the C library: the one that is named, the one in the wheel, or the system's."""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

from matrix_capi._statuses import ABI_VERSION


def names() -> tuple[str, str]:
    """The library's name in a wheel, and as the system's loader knows it."""
    if sys.platform == "win32":
        return "matrix_capi.dll", "matrix_capi.dll"
    if sys.platform == "darwin":
        return "libmatrix_capi.dylib", f"libmatrix_capi.{ABI_VERSION}.dylib"
    return "libmatrix_capi.so", f"libmatrix_capi.so.{ABI_VERSION}"


def place() -> str:
    """What to load: MATRIX_CAPI_LIBRARY, the file beside this one, or the system's library."""
    if named := os.environ.get("MATRIX_CAPI_LIBRARY"):
        return named
    in_wheel, installed = names()
    beside = Path(__file__).with_name(in_wheel)
    return str(beside) if beside.exists() else installed


def load() -> ctypes.CDLL:
    """The library, of the binary interface that this package was made for."""
    found = place()
    try:
        library = ctypes.CDLL(found)
    except OSError as error:
        raise ImportError(
            f"the matrix-capi library cannot be loaded ({error}): install the wheel of this "
            "platform, or name the library's file in MATRIX_CAPI_LIBRARY"
        ) from error
    version = library.mx_abi_version()
    if version != ABI_VERSION:
        raise ImportError(
            f"{found} has the binary interface {version}; this package needs {ABI_VERSION}"
        )
    return library
