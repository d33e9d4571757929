"""Cuts the connection at every byte of a request and of an answer, in order and by a reset: nothing is done twice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from capi import Library
from crowd import ANSWER, HARMLESS, UNSAFE, Case, Crowd, Expected
from fates import Fate
from offsets import offsets
from tcp_proxy import TcpProxy

FINE = Expected(("MX_OK",), retries=(0,), requests=(1,))


@pytest.fixture
def crowd(library: Library, proxy: TcpProxy) -> Crowd:
    return Crowd(library, proxy)


def cuts_of_requests(end: str, operation: str, length: int) -> Iterator[Case]:
    for offset in range(length + 1):
        fault = f"{end} after {offset} of {length} bytes of the request"
        arrived = int(offset == length)
        if operation == HARMLESS:
            expected = Expected(("MX_OK",), (1,), requests=(arrived + 1,))
        elif offset == 0:
            # Whether the request had left by then is a race.
            expected = Expected(
                ("MX_OK", "MX_UNKNOWN_OUTCOME"), (0, 1), requests=(0, 1)
            )
        else:
            expected = Expected(
                ("MX_UNKNOWN_OUTCOME",), (0,), (arrived,), http_status=0
            )
        fate = Fate(request_bytes=offset, end=end)
        yield Case(fault, operation, expected, fates=(fate,))


def cuts_of_answers(
    end: str, operation: str, reply: dict[str, Any], head: int, length: int
) -> Iterator[Case]:
    # Where the answer ends with the connection, only an end in order is one.
    ends_with_fin = reply.get("framing") == "close"
    # The other framings have their own ends; their heads are alike.
    for offset in offsets(length + 1, 1 if reply["framing"] == "length" else 5):
        fault = f"{end} after {offset} of {length} bytes of the answer"
        if offset == length and not (ends_with_fin and end == "reset"):
            expected = FINE
        elif ends_with_fin and end == "fin" and offset >= head:
            # To HTTP this is a whole answer. What shows the cut is the JSON.
            expected = Expected(("MX_ERR_BAD_RESPONSE",), (0,), (1,), http_status=200)
        elif operation == HARMLESS:
            expected = Expected(("MX_OK",), (1,), requests=(2,))
        elif offset < head:
            expected = Expected(("MX_UNKNOWN_OUTCOME",), (0,), (1,), http_status=0)
        else:
            expected = Expected(("MX_ERR_BAD_RESPONSE",), (0,), (1,), http_status=200)
        fate = Fate(answer_bytes=offset, end=end)
        yield Case(fault, operation, expected, fates=(fate,), replies=(reply,))


@pytest.mark.parametrize("operation", [HARMLESS, UNSAFE])
@pytest.mark.parametrize("end", ["fin", "reset"])
def test_a_request_that_is_cut_anywhere_is_repeated_only_where_that_is_harmless(
    crowd: Crowd, end: str, operation: str
) -> None:
    length, _, _ = crowd.lengths(Case("none", operation, FINE))
    assert crowd.run(cuts_of_requests(end, operation, length)) == []


@pytest.mark.parametrize("framing", ["length", "chunked", "close"])
@pytest.mark.parametrize("operation", [HARMLESS, UNSAFE])
@pytest.mark.parametrize("end", ["fin", "reset"])
def test_an_answer_that_is_cut_anywhere_is_never_taken_for_a_whole_one(
    crowd: Crowd, end: str, operation: str, framing: str
) -> None:
    reply = {**ANSWER, "framing": framing}
    _, head, length = crowd.lengths(Case("none", operation, FINE, replies=(reply,)))
    cases = cuts_of_answers(end, operation, reply, head, length)
    assert crowd.run(cases) == []
