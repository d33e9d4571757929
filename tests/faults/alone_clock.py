"""A wall clock that jumps by hours and years: dates are read by it, and no timeout, pause or wait is touched.

The process starts itself again with clock.c preloaded, compiled into a folder of its own.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
import tempfile
import time
from email.utils import formatdate
from pathlib import Path

import certificates
from alone import must, nothing_left, skip, works
from capi import Library
from crowd import ANSWER
from scripted_process import ScriptedServer

HOUR = 3600
DAY = 24 * HOUR
YEARS = 10 * 365 * DAY
JUMPS = (YEARS, -YEARS)


def jump(seconds: int) -> None:
    """The wall clock is that far from the true one from now on."""
    ctypes.c_long.in_dll(ctypes.CDLL(None), "clock_jump").value = seconds


def a_timeout_is_as_long_as_ever(library: Library, server: ScriptedServer) -> None:
    url = server.script("hang", {"hang": True})
    client = library.client(url, timeout_ms=1500)
    for seconds in JUMPS:
        jump(0)
        started = time.monotonic()
        op = client.start("getVersions")
        jump(seconds)
        must(client.wait(op), "MX_ERR_DEADLINE")
        assert 1.5 <= time.monotonic() - started < 30, seconds
    jump(0)
    server.script("hang", ANSWER)
    works(client)


def a_slow_answer_is_not_too_late(library: Library, server: ScriptedServer) -> None:
    client = library.client(server.script("slow", {**ANSWER, "delay_ms": 300}))
    for seconds in JUMPS:
        jump(0)
        op = client.start("getVersions")
        time.sleep(0.1)
        jump(seconds)
        must(client.wait(op), "MX_OK")
    # Nor is the connection that has been kept too old.
    connections = {request["connection"] for request in server.requests("slow")}
    assert len(connections) == 1, connections
    jump(0)


def a_date_to_come_back_is_read_by_the_clock(
    library: Library, server: ScriptedServer
) -> None:
    limited = {"status": 429, "json": {"errcode": "M_LIMIT_EXCEEDED"}}
    in_two_minutes = formatdate(time.time() + 120, usegmt=True)
    replies = {**limited, "headers": {"Retry-After": in_two_minutes}}
    client = library.client(server.script("date", replies))
    for seconds in (0, -HOUR):
        jump(seconds)
        answer = client.call("getVersions")
        must(answer, "MX_ERR_MATRIX")
        # The machine may be slow, and the date has whole seconds.
        assert answer.retry_after_ms is not None
        asked = 1000 * (120 - seconds)
        assert asked - 60_000 < answer.retry_after_ms <= asked, answer
    # By that clock the date is over: it is asked once more, at once.
    jump(HOUR)
    server.script("date", replies, ANSWER)
    must(client.call("getVersions"), "MX_OK")
    assert len(server.requests("date")) == 2
    jump(0)


def a_pause_before_a_retry_ends_when_it_must(
    library: Library, server: ScriptedServer
) -> None:
    limited = {
        "status": 429,
        "headers": {"Retry-After": "1"},
        "json": {"errcode": "M_"},
    }
    for seconds in JUMPS:
        jump(0)
        client = library.client(server.script("pause", limited, ANSWER))
        started = time.monotonic()
        op = client.start("getVersions")
        while not server.requests("pause"):
            time.sleep(0.01)
        jump(seconds)
        must(client.wait(op), "MX_OK")
        assert 1 <= time.monotonic() - started < 20, seconds
    jump(0)


def a_certificate_is_good_by_the_clock(
    library: Library, server: ScriptedServer, root_pem: str
) -> None:
    for seconds, why in ((40 * DAY, "expired"), (-10 * DAY, "not valid yet")):
        # A client each: a session that is resumed shows no certificate.
        url = server.tls_base_url("well")
        client = library.client(url, add_root_pem=root_pem)
        jump(seconds)
        must(client.call("getVersions"), "MX_ERR_TLS", says=why)
        jump(0)
        works(client)


def main() -> None:
    if "clock_jump" not in os.environ:
        with tempfile.TemporaryDirectory() as folder:
            ended = with_the_clock(Path(folder))
        sys.exit(ended)
    with tempfile.TemporaryDirectory() as folder:
        written = certificates.write(Path(folder))
        with ScriptedServer(written) as server:
            server.script("well", ANSWER)
            root_pem = written.ca.read_text()
            with nothing_left() as library:
                a_certificate_is_good_by_the_clock(library, server, root_pem)
                a_timeout_is_as_long_as_ever(library, server)
                a_slow_answer_is_not_too_late(library, server)
                a_date_to_come_back_is_read_by_the_clock(library, server)
                a_pause_before_a_retry_ends_when_it_must(library, server)


def with_the_clock(folder: Path) -> int:
    compiler = shutil.which("cc")
    if compiler is None:
        skip("no cc to compile the clock with")
    source = Path(__file__).with_name("clock.c")
    clock = folder / "clock.so"
    flags = ["-shared", "-fPIC", "-Wall", "-Wextra", "-Werror"]
    subprocess.run([compiler, *flags, "-o", str(clock), str(source)], check=True)
    surroundings = {**os.environ, "LD_PRELOAD": str(clock), "clock_jump": "1"}
    again = subprocess.run([sys.executable, __file__], env=surroundings, check=False)
    return again.returncode


if __name__ == "__main__":
    main()
