"""The faults of the network, one row a case: what becomes of the connections, the operation, and what is expected."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from crowd import ANSWER, HARMLESS, UNSAFE, Case, Expected, whole_answer
from fates import Fate

STATUS_LINE = len("HTTP/1.1 200 OK\r\n")
# Once more by default: max_retries is 2.
ALWAYS = (2,)

OK = Expected(("MX_OK",), retries=(0,), requests=(1,))
AGAIN = Expected(("MX_OK",), retries=(1,))
UNKNOWN = Expected(("MX_UNKNOWN_OUTCOME",), retries=(0,), http_status=0)
# Whether the request had left when the connection ended is a race; that it is carried out once is none.
NEVER_READ = Expected(("MX_OK", "MX_UNKNOWN_OUTCOME"), (0, 1), requests=(0, 1))
LATE = Expected(("MX_ERR_DEADLINE",), retries=(0,), says="no answer within")


def both(
    fault: str, harmless: Expected, unsafe: Expected, *fates: Fate, **more: Any
) -> Iterator[Case]:
    """A fault for an operation of each kind."""
    yield Case(fault, HARMLESS, harmless, fates, **more)
    yield Case(fault, UNSAFE, unsafe, fates, **more)


def never_answered(fault: str, says: str, **more: Any) -> Iterator[Case]:
    """No connection is made, so that both kinds are tried again, to no avail."""
    expected = Expected(("MX_ERR_CONNECT",), ALWAYS, requests=(0,), says=says)
    yield from both(fault, expected, expected, **more)


def table() -> Iterator[Case]:
    large = {"json": {**ANSWER["json"], "padding": "x" * 2500}}
    larger_request = {"initial_device_display_name": "x" * 2500}

    # Closed in other orders.
    for end in ("fin", "reset"):
        yield from both(
            f"{end} before the request is read",
            AGAIN,
            NEVER_READ,
            Fate(request_bytes=0, end=end),
        )
        yield from both(
            f"{end} after the status line",
            Expected(("MX_OK",), (1,), requests=(2,)),
            Expected(UNKNOWN.statuses, (0,), requests=(1,), http_status=0),
            Fate(answer_bytes=STATUS_LINE, end=end),
        )
        yield from both(
            f"{end} after the status line, of every connection",
            Expected(("MX_ERR_CONNECT",), ALWAYS, requests=(3,), http_status=0),
            Expected(UNKNOWN.statuses, (0,), requests=(1,), http_status=0),
            later=Fate(answer_bytes=STATUS_LINE, end=end),
        )
    yield from both(
        "the server closes its half after its answer",
        OK,
        OK,
        Fate(answer_bytes=len(whole_answer(ANSWER)), end="half"),
    )
    yield from both(
        "the server closes its half before its answer",
        Expected(("MX_OK",), (1,), requests=(2,)),
        Expected(UNKNOWN.statuses, (0,), requests=(1,)),
        Fate(answer_bytes=0, end="half"),
    )
    yield from both(
        "the client's half is closed towards the server before the request",
        AGAIN,
        NEVER_READ,
        Fate(request_bytes=0, end="half"),
    )
    yield from both(
        "the client's half is closed towards the server within the request",
        AGAIN,
        Expected(UNKNOWN.statuses, (0,), requests=(0,)),
        Fate(request_bytes=100, end="half"),
    )

    # Slow.
    yield from both("the request is delayed", OK, OK, Fate(request_delay_ms=700))
    yield from both("the answer is delayed", OK, OK, Fate(answer_delay_ms=700))
    yield from both(
        "the answer is delayed beyond the timeout",
        LATE,
        LATE,
        Fate(answer_delay_ms=60_000),
        options={"timeout_ms": 1000},
    )
    slow = Fate(bytes_per_second=1000)
    yield from both("1 KB/s of a large answer", OK, OK, slow, replies=(large,))
    yield from both(
        "1 KB/s of an answer too large for the timeout",
        LATE,
        LATE,
        slow,
        replies=(large,),
        options={"timeout_ms": 1500},
    )
    yield Case(
        "1 KB/s of a large request", UNSAFE, OK, (slow,), more_params=larger_request
    )

    # Nobody there, or nobody who speaks.
    yield from never_answered("refused", "refused", door="refused")
    yield from never_answered(
        "no answer to a SYN",
        # Two layers have the same time; which one says so is chance.
        "deadline has elapsed|operation timed out",
        door="backlog full",
        options={"connect_timeout_ms": 300},
    )
    yield from both(
        "no answer to a SYN within the timeout",
        LATE,
        LATE,
        door="backlog full",
        options={"timeout_ms": 700},
    )
    silent = Fate(request_bytes=0, end="silence")
    yield from both(
        "taken and never read", LATE, LATE, silent, options={"timeout_ms": 1000}
    )
    yield from both(
        "silent within the answer",
        LATE,
        LATE,
        Fate(answer_bytes=STATUS_LINE, end="silence"),
        options={"timeout_ms": 1000},
    )

    # Answers that nobody asked for.
    body = b'{"sid":"a1","access_token":"syt_a_token_of_hers","user_id":"@alice:localhost"}'
    wanted = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body)
    unwanted = b"HTTP/1.1 404 Not Found\r\ncontent-length: 2\r\n\r\n{}"
    yield from both(
        "a second answer behind the first",
        OK,
        OK,
        replies=({"raw": (wanted + unwanted).decode()},),
    )
    yield from both(
        "bytes that are no HTTP behind the answer",
        OK,
        OK,
        replies=({"raw": wanted.decode() + "\0\x01 more\r\n"},),
    )
