"""A process out of descriptors: every call says so, whichever one was missing, and goes on once there are some."""

from __future__ import annotations

import os
import resource
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import certificates
from abi import Refused
from alone import must, nothing_left, works
from crowd import ANSWER
from scripted_process import ScriptedServer

ROOM = 64


@contextmanager
def left(count: int) -> Iterator[None]:
    """Inside, so many descriptors can be opened and no more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    highest = max(int(name) for name in os.listdir("/proc/self/fd"))
    resource.setrlimit(resource.RLIMIT_NOFILE, (highest + ROOM, hard))
    filled: list[int] = []
    try:
        try:
            while True:
                filled.append(os.open("/dev/null", os.O_RDONLY))
        except OSError:
            pass
        for fd in filled[len(filled) - count :]:
            os.close(fd)
        del filled[len(filled) - count :]
        yield
    finally:
        for fd in filled:
            os.close(fd)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def every_one_that_can_be_missing(tls_url: str, root_pem: str) -> None:
    """From none to as many as a client and a call by TLS need: what fails says so, and nothing is left of it."""
    made = 0
    called = 0
    for count in range(16):
        with nothing_left() as library, left(count):
            try:
                client = library.client(tls_url, add_root_pem=root_pem, max_retries=0)
            except Refused as refused:
                status, message = refused.args
                assert status == "MX_ERR_INTERNAL", refused
                assert "Too many open files" in message, refused
                continue
            made += 1
            answer = client.call("getVersions")
            called += answer.status == "MX_OK"
            must(answer, "MX_OK", "MX_ERR_CONNECT")
            if answer.status != "MX_OK":
                assert "Too many open files" in answer.message, answer
    assert 0 < called < made < 16, (called, made)


def a_client_outlives_a_time_without_descriptors(url: str) -> None:
    with nothing_left() as library:
        client = library.client(url, retry_delay_ms=1)
        with left(0):
            must(client.call("getVersions"), "MX_ERR_CONNECT", says="Too many open")
            repeated = [line for line in library.log if "trying again" in line]
            assert len(repeated) == 2, library.log
        works(client)


def what_is_under_way_is_not_disturbed(url: str, slow_url: str) -> None:
    with nothing_left() as library:
        client = library.client(slow_url)
        other = library.client(url, max_retries=0)
        # Their connections are there before the descriptors go.
        for op in [client.start("getVersions") for _ in range(8)]:
            must(client.wait(op), "MX_OK")
        under_way = [client.start("getVersions") for _ in range(8)]
        with left(0):
            must(other.call("getVersions"), "MX_ERR_CONNECT", says="Too many open")
            for op in under_way:
                must(client.wait(op), "MX_OK")
        works(other)


def the_trust_store_that_cannot_be_read_is_read_later(tls_url: str, ca: Path) -> None:
    """With one descriptor there is a connection, and none to read the system's roots with."""
    os.environ["SSL_CERT_FILE"] = str(ca)
    os.environ.pop("SSL_CERT_DIR", None)
    with nothing_left() as library:
        client = library.client(tls_url)
        with left(1):
            must(client.call("getVersions"), "MX_ERR_TLS", says="No CA certificates")
        works(client)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        written = certificates.write(Path(folder))
        # A process of its own, with descriptors of its own.
        with ScriptedServer(written) as server:
            url = server.script("well", ANSWER)
            slow_url = server.script("slow", {**ANSWER, "delay_ms": 700})
            tls_url = server.tls_base_url("well")
            the_trust_store_that_cannot_be_read_is_read_later(tls_url, written.ca)
            every_one_that_can_be_missing(tls_url, written.ca.read_text())
            a_client_outlives_a_time_without_descriptors(url)
            what_is_under_way_is_not_disturbed(url, slow_url)


if __name__ == "__main__":
    main()
