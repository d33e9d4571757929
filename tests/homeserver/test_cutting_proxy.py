"""Proves that the cutting proxy harms exactly the exchange it was told to, and no other."""

from __future__ import annotations

import http.client
import threading
import urllib.error
from pathlib import Path

import certificates
import pytest
from cutting_proxy import CuttingProxy
from homeserver import Homeserver
from loopback import Browser

VERSIONS = "/_matrix/client/versions"
FLOWS = "/_matrix/client/v3/login"

LOST = (urllib.error.URLError, http.client.HTTPException, OSError)


def test_what_is_not_chosen_passes_unharmed(homeserver: Homeserver) -> None:
    with CuttingProxy(homeserver.base_url) as proxy:
        proxy.cut("lose the reply", FLOWS, nth=2)
        for _ in range(3):
            through = Browser().request("GET", proxy.base_url + VERSIONS)
            assert through.body == homeserver.request("GET", VERSIONS).body
        assert Browser().request("GET", proxy.base_url + FLOWS).status == 200
        with pytest.raises(LOST):
            Browser().request("GET", proxy.base_url + FLOWS)
        assert Browser().request("GET", proxy.base_url + FLOWS).status == 200
        assert [r.path for r in proxy.requests()] == [VERSIONS] * 3 + [FLOWS] * 3


@pytest.mark.parametrize(
    ("fate", "reached"), [("lose the request", 0), ("lose the reply", 1)]
)
def test_the_server_hears_of_a_lost_reply_and_not_of_a_lost_request(
    homeserver: Homeserver, fate: str, reached: int
) -> None:
    path = f"/nowhere/{fate.replace(' ', '-')}"
    with CuttingProxy(homeserver.base_url) as proxy:
        proxy.cut(fate)
        with pytest.raises(LOST):
            Browser().request("GET", proxy.base_url + path)
        assert len(proxy.requests(path)) == 1
    processed = [line for line in homeserver.logs().splitlines() if "Processed" in line]
    assert len([line for line in processed if path in line]) == reached


def test_of_a_broken_reply_so_many_bytes_come(homeserver: Homeserver) -> None:
    with CuttingProxy(homeserver.base_url) as proxy:
        proxy.cut("break the reply", after=12)
        host = proxy.base_url.partition("//")[2]
        connection = http.client.HTTPConnection(host)
        connection.connect()
        connection.sock.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        with connection.sock.makefile("rb") as stream:
            assert stream.read() == b"HTTP/1.1 302"
        connection.close()


def test_a_swallowed_request_has_no_answer_and_keeps_its_connection(
    homeserver: Homeserver,
) -> None:
    with CuttingProxy(homeserver.base_url) as proxy:
        proxy.cut("swallow", VERSIONS)
        ended = threading.Event()

        def ask() -> None:
            with pytest.raises(LOST):
                Browser().request("GET", proxy.base_url + VERSIONS)
            ended.set()

        thread = threading.Thread(target=ask)
        thread.start()
        proxy.wait(VERSIONS)
        assert not ended.wait(0.5)
    thread.join()
    assert ended.is_set()


def test_with_certificates_it_speaks_tls(
    homeserver: Homeserver, tmp_path: Path
) -> None:
    written = certificates.write(tmp_path)
    with CuttingProxy(homeserver.base_url, written) as proxy:
        assert proxy.base_url.startswith("https://")
        answer = Browser(written.ca).request("GET", proxy.base_url + VERSIONS)
        assert answer.status == 200
