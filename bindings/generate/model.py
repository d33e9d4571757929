"""What the library says of itself: its statuses and the operations of its table."""

from __future__ import annotations

import ctypes
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Constant:
    """One of the header's numbers."""

    name: str
    value: int


@dataclass(frozen=True)
class Param:
    """One field of an operation's request or answer."""

    name: str
    place: str  # "path", "query" or "body"
    type: str  # "string", "integer", "boolean", "object" or "array"
    required: bool


@dataclass(frozen=True)
class Operation:
    """One row of the table."""

    id: str
    method: str
    path: str
    params: tuple[Param, ...]
    answer: tuple[Param, ...] = ()

    @property
    def snake_case(self) -> str:
        """The name of the typed C function without its prefix: getAccount3PIDs is get_account_3pids."""
        words = re.findall(
            r"3PIDs|3PID|3pid|MSISDN|[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+", self.id
        )
        return "_".join(word.lower() for word in words)

    @property
    def camel_case(self) -> str:
        """The name as Kotlin and Swift spell it: the operationId."""
        return self.id

    @property
    def required_first(self) -> tuple[Param, ...]:
        """The parameters with the required ones first, each group in the spec's order."""
        return tuple(sorted(self.params, key=lambda param: not param.required))


@dataclass(frozen=True)
class Model:
    """Everything that the bindings are generated from."""

    statuses: tuple[Constant, ...]
    stages: tuple[Constant, ...]
    operations: tuple[Operation, ...]
    abi_version: int


def load(library: Path) -> Model:
    """Asks a built shared library."""
    native = ctypes.CDLL(str(library))
    native.mx_status_name.restype = ctypes.c_char_p
    native.mx_operations.restype = ctypes.c_char_p
    statuses = []
    for value in range(256):
        name = native.mx_status_name(value).decode()
        if name.startswith("MX_"):
            statuses.append(Constant(name, value))
    operations = []
    for row in json.loads(native.mx_operations()):
        params, answer = fields(row["params"]), fields(row["answer"])
        operations.append(
            Operation(row["id"], row["method"], row["path"], params, answer)
        )
    abi_version = native.mx_abi_version()
    return Model(tuple(statuses), stages(), tuple(operations), abi_version)


def fields(rows: list[dict[str, Any]]) -> tuple[Param, ...]:
    return tuple(
        Param(row["name"], row["in"], row["type"], row["required"]) for row in rows
    )


def stages() -> tuple[Constant, ...]:
    """The stages of a password reset, which only the header names."""
    header = Path(__file__).parents[2] / "include" / "matrix_capi.h"
    found = re.findall(
        r"^#define (MX_RESET_\w+) (\d+)$", header.read_text(), re.MULTILINE
    )
    return tuple(Constant(name, int(value)) for name, value in found)
