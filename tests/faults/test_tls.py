"""Whom the library speaks TLS with, in every wrong way a server can have: a status that says why, asked once, told nothing."""

from __future__ import annotations

import ssl
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import certificates
import pytest
from capi import Library
from crowd import ANSWER, HARMLESS, PARAMS, UNSAFE, Case, Crowd, Expected
from cutting_proxy import CuttingProxy
from fates import Fate
from loopback import HOST
from offsets import offsets
from tcp_proxy import TcpProxy

# A server of TLS 1.1 that goes on regardless: its hello, for TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA.
OLD_HELLO = b"\x02\x00\x00\x26\x03\x02" + bytes(range(32)) + b"\x00\xc0\x13\x00"

FINE = Expected(("MX_OK",), (0,), requests=(1,), connections=(1,))

# By so many bytes the signatures in a handshake differ from one to the next.
SIGNATURE = 8

# Every so many bytes, unless all are tried.
SAMPLE = 37

# What each server is, and what the message must say of it.
WRONG = {
    "expired": "certificate expired",
    "not-yet-valid": "not valid yet",
    "wrong-name": "not valid for name",
    "self-signed": "UnknownIssuer",
    "another authority's": "UnknownIssuer",
    "TLS 1.1 only": "ProtocolVersion",
    "TLS 1.1 regardless": "incompatible",
    "no common cipher": "HandshakeFailure",
    "plain http that closes": "handshake eof",
    "plain http that answers": "InvalidContentType",
    "no TLS and no http": "corrupt",
}


@dataclass(frozen=True)
class Servers:
    ports: dict[str, int]
    root_pem: str


@pytest.fixture
def good(tmp_path: Path) -> certificates.Certificates:
    return certificates.write(tmp_path / "good")


@pytest.fixture
def old(proxy: TcpProxy, good: certificates.Certificates) -> Iterator[CuttingProxy]:
    """A server of TLS 1.1, on threads: asyncio's closes without the alert that says why."""
    plain = f"http://{HOST}:{proxy.scripted_port}"
    with CuttingProxy(plain, old_context(good)) as running:
        yield running


@pytest.fixture
def servers(
    proxy: TcpProxy,
    good: certificates.Certificates,
    old: CuttingProxy,
    tmp_path: Path,
) -> Servers:
    """Each in two forms where it has a certificate: TLS 1.3, and TLS 1.2 at most."""
    shown = {"good": good, "another authority's": certificates.write(tmp_path / "b")}
    roots = [good.ca.read_text()]
    for kind in certificates.KINDS[1:]:
        shown[kind] = certificates.write(tmp_path / kind, kind)
        roots.append(shown[kind].ca.read_text())
    ports = {
        "TLS 1.1 only": int(old.base_url.rpartition(":")[2]),
        "TLS 1.1 regardless": proxy.raw_server(record(22, OLD_HELLO)),
        "no common cipher": proxy.raw_server(record(21, b"\x02\x28")),
        "plain http that closes": proxy.scripted_port,
        "plain http that answers": proxy.raw_server(
            b"HTTP/1.1 400 Bad Request\r\n\r\n"
        ),
        "no TLS and no http": proxy.raw_server(b"220 mail.example.test ESMTP\r\n"),
    }
    for kind, written in shown.items():
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(written.cert, written.key)
        ports[kind] = proxy.scripted_tls(context)
        older = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        older.load_cert_chain(written.cert, written.key)
        older.maximum_version = ssl.TLSVersion.TLSv1_2
        ports[f"{kind} by TLS 1.2"] = proxy.scripted_tls(older)
    return Servers(ports, "".join(roots))


def old_context(written: certificates.Certificates) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(written.cert, written.key)
    # OpenSSL takes so old a version only without its level of security, and Python warns of it.
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    return context


def record(kind: int, content: bytes) -> bytes:
    return bytes([kind, 3, 2]) + len(content).to_bytes(2, "big") + content


@pytest.fixture
def crowd(library: Library, proxy: TcpProxy, servers: Servers) -> Crowd:
    return Crowd(library, proxy, servers.ports, servers.root_pem)


def test_the_good_server_is_spoken_to_by_either_version(crowd: Crowd) -> None:
    expected = Expected(("MX_OK",), (0,), requests=(1,), connections=(1,))
    names = ("good", "good by TLS 1.2")
    assert (
        crowd.run(
            Case("none", operation, expected, server=name)
            for name in names
            for operation in (HARMLESS, UNSAFE)
        )
        == []
    )


def test_a_wrong_server_is_refused_once_and_for_its_own_reason(
    crowd: Crowd, servers: Servers
) -> None:
    def cases() -> Iterator[Case]:
        for name in servers.ports:
            kind = name.removesuffix(" by TLS 1.2")
            if kind == "good":
                continue
            for operation in (HARMLESS, UNSAFE):
                expected = Expected(
                    ("MX_ERR_TLS",),
                    retries=(0,),
                    requests=(0,),
                    connections=(1,),
                    http_status=0,
                    says=WRONG[kind],
                )
                yield Case(name, operation, expected, server=name)

    assert crowd.run(cases()) == []


def cut_flights(flight: int, server: str, end: str) -> Iterator[Case]:
    for offset in offsets(flight - SIGNATURE, SAMPLE):
        fault = f"{end} after {offset} bytes of the handshake's answer, {server}"
        if end == "fin":
            expected = Expected(
                ("MX_ERR_TLS",), (0,), (0,), connections=(1,), says="handshake eof"
            )
        else:
            # A connection that breaks before anything has left is made again.
            expected = Expected(("MX_OK",), (1,), requests=(1,), connections=(2,))
        fate = Fate(answer_bytes=offset, end=end)
        yield Case(fault, UNSAFE, expected, (fate,), server=server)


@pytest.mark.parametrize("end", ["fin", "reset"])
@pytest.mark.parametrize("server", ["good", "good by TLS 1.2"])
def test_a_handshake_that_is_cut_anywhere_sends_nothing(
    crowd: Crowd, server: str, end: str
) -> None:
    flight, _ = crowd.tls_lengths(Case("none", UNSAFE, FINE, server=server))
    assert crowd.run(cut_flights(flight, server, end)) == []


@pytest.mark.parametrize("operation", [HARMLESS, UNSAFE])
def test_an_answer_that_ends_without_the_end_of_tls_is_not_whole(
    crowd: Crowd, operation: str
) -> None:
    """Where the answer ends with the connection, whoever cuts it could shorten it; TLS says when that was not the server."""
    reply = {**ANSWER, "framing": "close"}
    case = Case("none", operation, FINE, replies=(reply,), server="good")
    flight, whole = crowd.tls_lengths(case)
    cases = []
    first = flight + SIGNATURE
    for offset in offsets(whole - SIGNATURE - first, SAMPLE):
        offset += first
        if operation == HARMLESS:
            expected = Expected(("MX_OK",), (1,), requests=(1, 2))
        else:
            lost = ("MX_UNKNOWN_OUTCOME", "MX_ERR_BAD_RESPONSE")
            expected = Expected(lost, (0,), requests=(0, 1))
        fate = Fate(answer_bytes=offset)
        fault = f"cut after {offset} of {whole} bytes by TLS"
        cases.append(replace(case, fault=fault, expected=expected, fates=(fate,)))
    assert crowd.run(cases) == []


def test_http_to_a_port_of_tls_is_no_answer_of_this_api(
    library: Library, proxy: TcpProxy, servers: Servers
) -> None:
    lost = {HARMLESS: "MX_ERR_CONNECT", UNSAFE: "MX_UNKNOWN_OUTCOME"}
    client = library.client(
        f"http://{HOST}:{servers.ports['good']}/well", max_retries=0
    )
    for operation, status in lost.items():
        answer = client.call(operation, PARAMS[operation])
        assert answer.status in ("MX_ERR_BAD_RESPONSE", status), answer
