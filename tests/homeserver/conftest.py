"""What the tests against the real homeserver share: one running server, people of their own, its log when a test fails."""

from __future__ import annotations

import secrets
from collections.abc import Generator, Iterator
from dataclasses import dataclass

import pytest
from homeserver import Homeserver


@dataclass(frozen=True)
class Person:
    """A user made for one test, so that tests on one server do not meet."""

    user_id: str
    email: str
    password: str


@pytest.fixture(scope="session")
def homeserver() -> Iterator[Homeserver]:
    """The server that all tests use which change nothing about it but people and mails."""
    with Homeserver() as running:
        yield running


@pytest.fixture
def person(homeserver: Homeserver) -> Person:
    return new_person(homeserver)


def new_person(homeserver: Homeserver) -> Person:
    localpart = f"person-{secrets.token_hex(4)}"
    email = f"{localpart}@example.test"
    password = f"Old-{secrets.token_hex(8)}"
    return Person(homeserver.register(localpart, password, email), email, password)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed:
        for running in Homeserver.running:
            tail = "\n".join(running.logs().splitlines()[-60:])
            report.sections.append((f"log of {running.base_url}", tail))
    return report
