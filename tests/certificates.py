"""Makes a private certificate authority and a server certificate for loopback, good or wrong in one chosen way.

    python certificates.py DIR [--kind good|expired|not-yet-valid|wrong-name|self-signed]

writes ca.pem, cert.pem and key.pem into DIR. A client that trusts ca.pem accepts the server only for kind good.
"""

from __future__ import annotations

import argparse
import datetime
import ipaddress
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

KINDS = ("good", "expired", "not-yet-valid", "wrong-name", "self-signed")

DAY = datetime.timedelta(days=1)
# From when to when, in days from now. A day back, so that a clock that is a little late does not see a certificate of tomorrow.
VALID = (-1, 30)
DAYS = {"expired": (-30, -1), "not-yet-valid": (1, 30)}


@dataclass(frozen=True)
class Certificates:
    """Where the authority, the server's certificate and its private key were written."""

    ca: Path
    cert: Path
    key: Path


def write(folder: Path, kind: str = "good", names: Sequence[str] = ()) -> Certificates:
    """Make a fresh authority and a server certificate of that kind, and write them into the folder.

    A good certificate is for loopback, and for the DNS names that are given.
    """
    if kind not in KINDS:
        raise ValueError(
            f"unknown kind of certificate {kind!r}: one of {', '.join(KINDS)}"
        )
    ca_key = ec.generate_private_key(ec.SECP256R1())
    # No two of one name: a certificate is then another authority's, and not one with a wrong signature.
    ca_name = _name(f"matrix-capi test authority {secrets.token_hex(8)}")
    ca = _certificate(ca_name, ca_name, ca_key.public_key(), ca_key, names=None)

    key = ec.generate_private_key(ec.SECP256R1())
    subject = _name("matrix-capi test server")
    issued_by_itself = kind == "self-signed"
    cert = _certificate(
        subject,
        subject if issued_by_itself else ca_name,
        key.public_key(),
        key if issued_by_itself else ca_key,
        names=_wrong_names() if kind == "wrong-name" else _loopback_names(names),
        days=DAYS.get(kind, VALID),
    )

    folder.mkdir(parents=True, exist_ok=True)
    written = Certificates(folder / "ca.pem", folder / "cert.pem", folder / "key.pem")
    written.ca.write_bytes(ca.public_bytes(serialization.Encoding.PEM))
    written.cert.write_bytes(cert.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    with open(
        os.open(written.key, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb"
    ) as file:
        file.write(private)
    return written


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common_name)])


def _loopback_names(names: Sequence[str]) -> list[x509.GeneralName]:
    return [
        *map(x509.DNSName, names),
        x509.DNSName("localhost"),
        x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
        x509.IPAddress(ipaddress.ip_address("::1")),
    ]


def _wrong_names() -> list[x509.GeneralName]:
    return [x509.DNSName("elsewhere.example.test")]


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    public_key: ec.EllipticCurvePublicKey,
    signing_key: ec.EllipticCurvePrivateKey,
    names: list[x509.GeneralName] | None,
    days: tuple[int, int] = VALID,
) -> x509.Certificate:
    """Sign a certificate; one without names is an authority."""
    now = datetime.datetime.now(datetime.timezone.utc)
    authority = names is None
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + days[0] * DAY)
        .not_valid_after(now + days[1] * DAY)
        .add_extension(
            x509.BasicConstraints(ca=authority, path_length=None), critical=True
        )
        .add_extension(
            x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False
        )
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(
                signing_key.public_key()
            ),
            critical=False,
        )
        .add_extension(
            x509.KeyUsage(
                digital_signature=not authority,
                key_cert_sign=authority,
                crl_sign=authority,
                content_commitment=False,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
    )
    if names is not None:
        builder = builder.add_extension(
            x509.SubjectAlternativeName(names), critical=False
        )
        server_auth = x509.ExtendedKeyUsage([x509.oid.ExtendedKeyUsageOID.SERVER_AUTH])
        builder = builder.add_extension(server_auth, critical=False)
    return builder.sign(signing_key, hashes.SHA256())


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description="Write ca.pem, cert.pem and key.pem for a server on loopback."
    )
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--kind", choices=KINDS, default="good")
    options = parser.parse_args(arguments)
    write(options.folder, options.kind)


if __name__ == "__main__":
    main()
