"""Proves that what a person types leads to a real homeserver, and that the way in which it resets passwords is told."""

from __future__ import annotations

import socket

import pytest
from capi import Client, Library
from cutting_proxy import CuttingProxy
from homeserver import Homeserver
from loopback import HOST, free_port


def test_a_url_leads_to_a_homeserver_that_resets_by_mail(
    homeserver: Homeserver, client: Client
) -> None:
    answer = client.discover(homeserver.base_url + "/")
    assert (answer.status, answer.http_status) == ("MX_OK", 200)
    found = answer.json()
    assert found["base_url"] == homeserver.base_url
    assert found["reset"] == "email"
    assert found["versions"] == client.call("getVersions").json()["versions"]


@pytest.mark.parametrize("typed", ["@alice:{}", "{}"])
def test_an_id_and_a_server_name_lead_there_by_the_well_known_document(
    secure_homeserver: Homeserver, library: Library, typed: str
) -> None:
    with socket.socket() as probe:
        if probe.connect_ex((HOST, 443)) == 0:
            pytest.skip("this machine serves https on port 443, which is asked first")
    assert secure_homeserver.ca_file
    authority = secure_homeserver.ca_file.read_text()
    client = library.client("https://elsewhere.example.test", add_root_pem=authority)
    name = secure_homeserver.base_url.partition("//")[2]
    answer = client.discover(typed.format(name))
    assert answer.status == "MX_OK", answer
    assert answer.json()["base_url"] == secure_homeserver.base_url
    assert answer.json()["reset"] == "email"


def test_a_server_without_passwords_resets_none(library: Library) -> None:
    with Homeserver({"password_config": {"enabled": False}}) as homeserver:
        answer = library.client(homeserver.base_url).discover(homeserver.base_url)
    assert answer.status == "MX_OK"
    assert answer.json()["reset"] == "unavailable"


def test_nobody_at_the_address_is_no_connection(client: Client) -> None:
    answer = client.discover(f"http://{HOST}:{free_port()}")
    assert answer.status == "MX_ERR_CONNECT"


def test_a_mailbox_is_no_homeserver(homeserver: Homeserver, client: Client) -> None:
    answer = client.discover(f"http://{HOST}:{homeserver.mailbox.port}")
    assert answer.status in ("MX_ERR_BAD_RESPONSE", "MX_ERR_CONNECT")


def test_an_access_token_travels_with_no_question(
    homeserver: Homeserver, library: Library
) -> None:
    with CuttingProxy(homeserver.base_url) as proxy:
        client = library.client(proxy.base_url, access_token="a.stale.token")
        assert client.discover(proxy.base_url).json()["reset"] == "email"
        assert len(proxy.requests()) >= 3
        assert all(r.headers["authorization"] is None for r in proxy.requests())
