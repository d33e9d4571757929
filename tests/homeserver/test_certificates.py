"""Proves that a client which trusts the private authority accepts the good certificate and refuses each wrong one."""

from __future__ import annotations

import socket
import ssl
import subprocess
import sys
import threading
from pathlib import Path

import certificates
import pytest


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1"])
def test_a_good_certificate_is_accepted_by_every_name_of_loopback(
    tmp_path: Path, host: str
) -> None:
    written = certificates.write(tmp_path)
    assert handshake(written, trusted=written.ca, host=host) == "accepted"


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("expired", "certificate has expired"),
        ("not-yet-valid", "certificate is not yet valid"),
        ("wrong-name", "IP address mismatch"),
        ("self-signed", "self-signed certificate"),
    ],
)
def test_a_wrong_certificate_is_refused_for_its_own_reason(
    tmp_path: Path, kind: str, reason: str
) -> None:
    written = certificates.write(tmp_path, kind)
    assert reason in handshake(written, trusted=written.ca, host="127.0.0.1")


def test_another_authority_is_not_trusted(tmp_path: Path) -> None:
    written = certificates.write(tmp_path / "one")
    other = certificates.write(tmp_path / "other")
    outcome = handshake(written, trusted=other.ca, host="127.0.0.1")
    assert "certificate verify failed" in outcome


def test_the_command_line_writes_the_three_files(tmp_path: Path) -> None:
    command = [
        sys.executable,
        certificates.__file__,
        str(tmp_path),
        "--kind",
        "expired",
    ]
    subprocess.run(command, check=True)
    written = certificates.Certificates(
        tmp_path / "ca.pem", tmp_path / "cert.pem", tmp_path / "key.pem"
    )
    assert "expired" in handshake(written, trusted=written.ca, host="127.0.0.1")
    assert written.key.stat().st_mode & 0o077 == 0


def handshake(server: certificates.Certificates, trusted: Path, host: str) -> str:
    """Shake hands over a pair of connected sockets, and say what the client thought of the certificate."""
    ours, theirs = socket.socketpair()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(server.cert, server.key)

    def answer() -> None:
        try:
            context.wrap_socket(theirs, server_side=True).close()
        except OSError:
            theirs.close()

    thread = threading.Thread(target=answer)
    thread.start()
    client = ssl.create_default_context(cafile=str(trusted))
    try:
        with client.wrap_socket(ours, server_hostname=host):
            return "accepted"
    except ssl.SSLCertVerificationError as error:
        return str(error)
    finally:
        ours.close()
        thread.join()
