"""What the searches of memory share: the program that is searched, and the servers that it talks to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import c_program
import pytest
from internet import Internet
from keeper import Keeper


@pytest.fixture(scope="session")
def program() -> Path:
    """All functions are bound at its start: binding one later leaves the caller's registers on the stack."""
    built = c_program.BUILD / "secret-keeper"
    source = Path(__file__).with_name("secret_keeper.c")
    c_program.build("shared", built, [source], ["-Wl,-z,now"])
    return built


@pytest.fixture(scope="session")
def internet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Internet]:
    with Internet(tmp_path_factory.mktemp("keys"), ["hs.example"]) as running:
        yield running


@pytest.fixture
def keeper(program: Path) -> Iterator[Keeper]:
    with Keeper(program) as running:
        yield running
