"""A process that a broken pipe would kill, and one whose threads are interrupted a thousand times a second."""

from __future__ import annotations

import signal
import time

from abi import Refused
from alone import must, nothing_left, works
from capi import Library
from crowd import ANSWER, PARAMS, UNSAFE
from fates import Fate
from tcp_proxy import Door, TcpProxy

# More than the kernel takes at once, so that the rest is written to a connection that is gone.
LARGE = {**PARAMS[UNSAFE], "initial_device_display_name": "x" * 8_000_000}
STORM_SECONDS = 2
EVERY = 0.001


def a_broken_pipe_is_a_status(library: Library, doors: list[Door]) -> None:
    for door in doors:
        client = library.client(f"http://127.0.0.1:{door.port}/well")
        must(client.call(UNSAFE, LARGE), "MX_UNKNOWN_OUTCOME")
        works(client)


def a_storm_of_interruptions_changes_nothing(library: Library, proxy: TcpProxy) -> None:
    """Of every wait in the application's thread: for results, for a client to be made, and to be freed."""
    url = f"http://127.0.0.1:{proxy.scripted_port}"
    came = 0

    def count(*_: object) -> None:
        nonlocal came
        came += 1

    signal.signal(signal.SIGALRM, count)
    signal.siginterrupt(signal.SIGALRM, True)
    signal.setitimer(signal.ITIMER_REAL, EVERY, EVERY)
    try:
        end = time.monotonic() + STORM_SECONDS
        rounds = 0
        while time.monotonic() < end or rounds < 10:
            client = library.client(f"{url}/slow")
            for op in [client.start("getVersions") for _ in range(8)]:
                must(client.wait(op), "MX_OK")
            works(library.client(f"http://localhost:{proxy.scripted_port}/well"))
            # One is under way when the client is freed.
            op = client.start("getVersions")
            client.close()
            must(client.wait(op), "MX_ERR_CANCELLED", "MX_OK")
            rounds += 1
        # A wait for nothing is as long as it was told to be.
        client = library.client(f"{url}/well")
        started = time.monotonic()
        try:
            client.take_next(500)
        except Refused as nothing:
            assert nothing.args[0] == "MX_ERR_TIMEOUT"
        assert time.monotonic() - started >= 0.5
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    # Python sees of many that come during one wait a single one.
    assert came > rounds, (came, rounds)


def main() -> None:
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    # Not to the proxy's thread, which this test is not about.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGPIPE})
    with TcpProxy() as proxy:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGPIPE})
        proxy.script("well", ANSWER)
        proxy.script("slow", {**ANSWER, "delay_ms": 20})
        doors = [
            proxy.door(proxy.scripted_port, [Fate(request_bytes=taken, end=end)])
            for end in ("fin", "reset")
            for taken in (1, 1000, 100_000)
        ]
        with nothing_left() as library:
            a_storm_of_interruptions_changes_nothing(library, proxy)
        with nothing_left() as library:
            a_broken_pipe_is_a_status(library, doors)


if __name__ == "__main__":
    main()
