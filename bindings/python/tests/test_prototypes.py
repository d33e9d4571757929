"""Proves that the functions are called as the C header declares them, which ctypes cannot know."""

from __future__ import annotations

import ctypes
import re
from ctypes import POINTER, c_void_p

import pytest
from matrix_capi._native import _FUNCTIONS
from scripts import ROOT

HEADER = (ROOT / "include" / "matrix_capi.h").read_text()
TYPES: dict[str, object] = {
    "void": None,
    "bool": ctypes.c_bool,
    "int": ctypes.c_int,
    "int32_t": ctypes.c_int32,
    "int64_t": ctypes.c_int64,
    "uint16_t": ctypes.c_uint16,
    "uint32_t": ctypes.c_uint32,
    "uint64_t": ctypes.c_uint64,
    "size_t": ctypes.c_size_t,
    "mx_status": ctypes.c_int32,
    "mx_reset_stage": ctypes.c_int32,
    "mx_op": ctypes.c_uint64,
    "mx_callback": c_void_p,
    "mx_log_callback": c_void_p,
    "char *": ctypes.c_char_p,
    "void *": c_void_p,
    "size_t *": POINTER(ctypes.c_size_t),
    "uint64_t *": POINTER(ctypes.c_uint64),
    "mx_op *": POINTER(ctypes.c_uint64),
}


def of_c(declared: str) -> object:
    """The ctypes type of a C type; what is opaque is c_void_p."""
    words = declared.replace("const ", "").strip()
    if words in TYPES:
        return TYPES[words]
    assert words.endswith("*"), words
    return POINTER(c_void_p) if words.endswith("**") else c_void_p


@pytest.mark.parametrize("name", _FUNCTIONS)
def test_a_function_is_called_as_the_header_declares_it(name: str) -> None:
    found = re.search(rf"^([\w ]+?\**){name}\(([^;]*)\);", HEADER, re.MULTILINE)
    assert found, f"the header does not declare {name}"
    result, arguments = found[1], re.sub(r"\s+", " ", found[2])
    names = [] if arguments == "void" else arguments.split(", ")
    # The name of a parameter goes, the stars stay.
    declared = [of_c(re.sub(r"\w+$", "", argument)) for argument in names]
    returned = of_c(result)
    assert _FUNCTIONS[name] == (returned, tuple(declared))
