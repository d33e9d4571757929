"""A server on loopback that answers by script, rightly or in any wrong way, and remembers what it was asked.

    python3 server.py [--tls CERT KEY]

prints one JSON line, {"port": 40123, "ipv6": true}, and serves until its standard input closes. With --tls the line
also has "tls_port": the same scripts over TLS. "ipv6" says whether [::1] answers at the same port numbers.

A base URL http://127.0.0.1:PORT/NAME selects the script NAME. The n-th request gets the script's n-th reply; the last
reply repeats. A request is counted when its last byte has arrived. Control, over plain HTTP at PORT:

    PUT    /_control/NAME   a JSON list of replies: a fresh script, in place of any of that name
    GET    /_control/NAME   {"requests": [...], "open": 0, "closed_early": 0}
    DELETE /_control/NAME   forgets the script and ends its open requests

A request is {"method", "target" (as received), "path" (without /NAME), "query", "headers" (pairs, as received),
"body" (text), "connection" (a number)}. "open" counts the requests that are being answered, "closed_early" those whose
client closed, even one direction only, before the reply was complete.

A reply is an object; an unknown member is refused. What it says:
    status          200
    reason          the standard phrase
    headers         an object or a list of pairs; a content-length given here is sent as it is, true or not
    json            the body as JSON (content-type is then application/json)
    body            the body as text
    body_base64     the body as bytes
    repeat          {"text": "x", "bytes": 512}: that many bytes of the text, made while they are sent
    echo            true: {"sid": S}, where S is the request's send_attempt as text or, without one, its client_secret
    raw, raw_base64 text or bytes sent instead of a whole response
How it is framed:
    framing         "length", "chunked" (in pieces of 64 KiB), "close" (ends with the connection)
    keep_alive      false: says "connection: close" and closes; after a raw reply, only closes
When it comes:
    delay_ms        before the first byte
    shuffle_ms      a random delay up to that, so that answers overtake each other
    drip_ms         before each byte of the body (each its own chunk, where chunked), or of the raw bytes
    hang            true: never
How it breaks:
    cut_after       ends the connection after that many bytes of the whole response, whatever follows
    cut_by          "fin" or "reset", for cut_after
    accept          "reset": resets the connection as soon as the request has been read
"""

from __future__ import annotations

import argparse
import asyncio
import json
import ssl
import sys
import threading

from connection import Connection
from script import Scripts

BACKLOG = 16384


def allow_many_connections() -> None:
    """Ten thousand connections need more descriptors than a process may open by default."""
    try:
        import resource
    except ImportError:  # Windows has no such limit.
        return
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


async def listen(scripts: Scripts, tls: ssl.SSLContext | None) -> tuple[int, bool]:
    """Listens on both loopback addresses at one free port; says which, and whether IPv6 could."""
    loop = asyncio.get_running_loop()

    def connection() -> Connection:
        return Connection(scripts)

    server = await loop.create_server(
        connection, "127.0.0.1", 0, ssl=tls, backlog=BACKLOG
    )
    port: int = server.sockets[0].getsockname()[1]
    try:
        await loop.create_server(connection, "::1", port, ssl=tls, backlog=BACKLOG)
    except OSError:
        return port, False
    return port, True


async def serve(tls: ssl.SSLContext | None) -> None:
    loop = asyncio.get_running_loop()
    scripts = Scripts()
    port, ipv6 = await listen(scripts, None)
    ready: dict[str, object] = {"port": port, "ipv6": ipv6}
    if tls is not None:
        ready["tls_port"], tls_ipv6 = await listen(scripts, tls)
        ready["ipv6"] = ipv6 and tls_ipv6
    print(json.dumps(ready), flush=True)

    ended = asyncio.Event()

    def wait_for_end() -> None:
        sys.stdin.buffer.read()
        loop.call_soon_threadsafe(ended.set)

    # A thread, because not every kind of file can be polled.
    threading.Thread(target=wait_for_end, daemon=True).start()
    await ended.wait()


def main() -> None:
    parser = argparse.ArgumentParser(
        description="A server on loopback that answers by script."
    )
    parser.add_argument(
        "--tls",
        nargs=2,
        metavar=("CERT", "KEY"),
        help="PEM files: serve TLS on a second port",
    )
    arguments = parser.parse_args()
    tls = None
    if arguments.tls:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(*arguments.tls)
    allow_many_connections()
    try:
        asyncio.run(serve(tls))
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
