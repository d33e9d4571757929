"""What the tests against the real homeserver share: one running server, people of their own, the library, logs of failures."""

from __future__ import annotations

from collections.abc import Generator, Iterator

import pytest
from capi import Client, Library
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


@pytest.fixture(scope="session")
def secure_homeserver() -> Iterator[Homeserver]:
    """The same with https, by a certificate of a private authority."""
    with Homeserver(tls=True) as running:
        yield running


@pytest.fixture(autouse=True)
def no_proxy_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def library() -> Iterator[Library]:
    """The library, of which nothing is left after the test, and no line of whose log tells anything private."""
    with Library() as used:
        yield used


@pytest.fixture
def client(library: Library, homeserver: Homeserver) -> Client:
    return library.client(homeserver.base_url)


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
