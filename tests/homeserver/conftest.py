"""What the tests against the real homeserver share: one running server, people of their own, its log when a test fails."""

from __future__ import annotations

from collections.abc import Generator, Iterator

import pytest
from homeserver import Homeserver
from people import Person, new_person


@pytest.fixture(scope="session")
def homeserver() -> Iterator[Homeserver]:
    """The server that all tests use which change nothing about it but people and mails."""
    with Homeserver() as running:
        yield running


@pytest.fixture
def person(homeserver: Homeserver) -> Person:
    return new_person(homeserver)


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
