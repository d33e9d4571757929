"""Counts the user-space instructions of one request, which do not depend on how busy the machine is.

    python3 benches/callgrind.py ours|curl|raw [--repeats N] [--in-flight N] [--options 'CLIENT_OPTION...']

Each figure is the difference between a run of 3,000 requests and one of 1,000, so that start and end cancel out. The
median of the repeats is printed last.
"""

from __future__ import annotations

import argparse
import re
import shlex
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path

from programs import (
    CommandFailed,
    build_curl,
    build_ours,
    build_raw,
    build_server,
    run_client,
    serving,
)

FEW, MANY = 1000, 3000


def instructions(
    client: Path,
    server: Path,
    requests: int,
    in_flight: int = 64,
    options: Sequence[str] = (),
    out: Path = Path("/dev/null"),
) -> int:
    """All instructions of one whole run."""
    under = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}"]
    with serving(server) as running:
        _, said = run_client(client, running.url, requests, in_flight, options, under)
    found = re.search(r"Collected : (\d+)", said)
    if found is None:
        raise CommandFailed(f"callgrind said no count:\n{said}")
    return int(found[1])


def per_request(
    client: Path, server: Path, in_flight: int = 64, options: Sequence[str] = ()
) -> float:
    few, many = (
        instructions(client, server, requests, in_flight, options)
        for requests in (FEW, MANY)
    )
    return (many - few) / (MANY - FEW)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    clients = {"ours": build_ours, "curl": build_curl, "raw": build_raw}
    parser.add_argument("client", choices=clients)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--in-flight", type=int, default=64)
    parser.add_argument(
        "--options", type=shlex.split, default=[], help="for the client: '--idle 64'"
    )
    arguments = parser.parse_args()
    try:
        client, server = clients[arguments.client](), build_server()
        counts = []
        for _ in range(arguments.repeats):
            count = per_request(client, server, arguments.in_flight, arguments.options)
            print(f"{count:,.0f}", flush=True)
            counts.append(count)
    except CommandFailed as failure:
        print(failure, file=sys.stderr)
        return 1
    print(
        f"{arguments.client}: {statistics.median(counts):,.0f} instructions per request, {arguments.in_flight} in flight"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
