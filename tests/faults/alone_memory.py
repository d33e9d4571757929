"""A process that may have little memory, and servers that send half a gigabyte: no more is held than the client allows."""

from __future__ import annotations

import resource
from pathlib import Path

from alone import must, nothing_left, works
from crowd import ANSWER
from scripted_process import ScriptedServer

MIB = 1 << 20
# Less than one of those answers; the C library reserves 64 MiB for a thread.
ROOM = 448 * MIB
CALLS = 4
# Taken by its size, 16 MiB at most.
VAST = "[" + "0," * (7 * MIB) + "0]"
HUGE = {"text": '{"versions": []}', "bytes": 512 * MIB}


def address_space() -> int:
    """In bytes, of this process now."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    return pages * resource.getpagesize()


def peak() -> int:
    """The most memory that the process has ever had, in bytes."""
    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main() -> None:
    with ScriptedServer() as server:
        well = server.script("well", ANSWER)
        announced = server.script("announced", {"repeat": HUGE})
        chunked = server.script("chunked", {"repeat": HUGE, "framing": "chunked"})
        endless = server.script("close", {"repeat": HUGE, "framing": "close"})
        vast = server.script("vast", {"body": VAST})
        with nothing_left() as library:
            works(library.client(well))
            resource.setrlimit(resource.RLIMIT_AS, (address_space() + ROOM, -1))
            before = peak()
            vast_client = library.client(vast)
            for url in (announced, chunked, endless):
                client = library.client(url)
                for op in [client.start("getVersions") for _ in range(CALLS)]:
                    answer = client.wait(op)
                    must(answer, "MX_ERR_BAD_RESPONSE", says="allowed")
                    assert len(answer.raw or b"") <= 16 * MIB
                small = library.client(url, max_response_bytes=1000)
                answer = small.call("getVersions")
                must(answer, "MX_ERR_BAD_RESPONSE", says="1000")
            # As a tree it would be hundreds of megabytes, were somebody to look into it.
            for op in [vast_client.start("getVersions") for _ in range(CALLS)]:
                must(
                    vast_client.wait(op), "MX_ERR_BAD_RESPONSE", says="too much memory"
                )
            # For each call its body, twice while it grows, and the copy in Python.
            assert peak() - before < CALLS * 4 * 16 * MIB, peak() - before
            works(library.client(well))
            # The client of the huge answers works, too, once they are of a usual size.
            server.script("chunked", ANSWER)
            works(library.client(chunked))


if __name__ == "__main__":
    main()
