"""Runs the table of the network's faults, all its rows at once, before the scripted server."""

from __future__ import annotations

from capi import Library
from crowd import Crowd
from network_table import table
from tcp_proxy import TcpProxy


def test_every_row_of_the_network_ends_as_it_says(
    library: Library, proxy: TcpProxy
) -> None:
    assert Crowd(library, proxy).run(table()) == []
