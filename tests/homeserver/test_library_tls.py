"""Proves whom the library trusts: a homeserver's certificate by the private authority it was given, and no other."""

from __future__ import annotations

from pathlib import Path

import certificates
import pytest
from abi import generate_client_secret
from capi import Library
from cutting_proxy import CuttingProxy
from homeserver import Homeserver
from people import new_person


def test_a_mail_is_asked_for_over_tls_with_the_private_authority(
    secure_homeserver: Homeserver, library: Library
) -> None:
    assert secure_homeserver.ca_file
    person = new_person(secure_homeserver)
    authority = secure_homeserver.ca_file.read_text()
    client = library.client(secure_homeserver.base_url, add_root_pem=authority)
    secret = generate_client_secret()
    answer = client.request_token_to_reset_password_email(secret, person.email, 1)
    assert (answer.status, answer.http_status) == ("MX_OK", 200)
    [mail] = secure_homeserver.mailbox.mails(person.email)
    assert mail.links[0].startswith(secure_homeserver.base_url)


@pytest.mark.parametrize("bundled", [False, True])
def test_without_the_private_authority_the_server_is_not_trusted(
    secure_homeserver: Homeserver, library: Library, bundled: bool
) -> None:
    client = library.client(secure_homeserver.base_url, bundled_roots=bundled)
    answer = client.call("getVersions")
    assert (answer.status, answer.http_status) == ("MX_ERR_TLS", 0)
    assert answer.raw is None


def test_another_private_authority_is_not_enough(
    secure_homeserver: Homeserver, library: Library, tmp_path: Path
) -> None:
    other = certificates.write(tmp_path).ca.read_text()
    client = library.client(secure_homeserver.base_url, add_root_pem=other)
    assert client.call("getVersions").status == "MX_ERR_TLS"


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("good", "MX_OK"),
        ("expired", "MX_ERR_TLS"),
        ("wrong-name", "MX_ERR_TLS"),
        ("self-signed", "MX_ERR_TLS"),
    ],
)
def test_of_a_trusted_authority_only_a_good_certificate_is_taken(
    homeserver: Homeserver, library: Library, tmp_path: Path, kind: str, status: str
) -> None:
    shown = certificates.write(tmp_path, kind)
    with CuttingProxy(homeserver.base_url, shown) as proxy:
        client = library.client(proxy.base_url, add_root_pem=shown.ca.read_text())
        assert client.call("getVersions").status == status
        # A request must not leave before the certificate is known to be good.
        assert len(proxy.requests()) == (1 if status == "MX_OK" else 0)


def test_plain_http_to_a_server_that_speaks_tls_is_no_answer_of_this_api(
    secure_homeserver: Homeserver, library: Library
) -> None:
    plain = secure_homeserver.base_url.replace("https:", "http:")
    answer = library.client(plain, max_retries=0).call("getVersions")
    assert answer.status in ("MX_ERR_BAD_RESPONSE", "MX_ERR_CONNECT")
