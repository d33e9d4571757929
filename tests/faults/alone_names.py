"""Names that cannot be resolved, or lead to addresses where nobody is: by a DNS server in a network of its own."""

from __future__ import annotations

import socket
import tempfile
import time
from pathlib import Path

from alone import must, nothing_left, skip, works
from crowd import ANSWER
from dns_server import DnsServer
from namespaces import enter
from tcp_proxy import TcpProxy

# One server, asked twice with a pause of a second.
RESOLV_CONF = "nameserver 127.0.0.1\noptions timeout:1 attempts:2\n"
LARGE = {"json": {**ANSWER["json"], "padding": "x" * 400_000}}
MOST_LOOKUPS = 4


def a_name_that_is_not_known_is_no_connection(dns: DnsServer, port: int) -> None:
    with nothing_left() as library:
        for name in ("unknown.test", "failing.test"):
            # Nothing has left, so that a login, too, is tried again.
            client = library.client(
                f"http://{name}:{port}/well", allow_plain_http=True, retry_delay_ms=1
            )
            for operation, params in (("getVersions", {}), ("login", {"type": "m.x"})):
                before = dns.asked[name]
                answer = client.call(operation, params)
                must(answer, "MX_ERR_CONNECT", says="failed to lookup address")
                assert dns.asked[name] - before >= 3, dns.asked
            dns.names[name] = ["127.0.0.1"]
            works(client)


def dead_addresses_of_ipv6_come_first(dns: DnsServer, port: int) -> None:
    """getaddrinfo gives ::1 before 127.0.0.1. There, a SYN is refused, or never answered."""
    with nothing_left() as library, socket.socket(socket.AF_INET6) as dead:
        url = f"http://both.test:{port}/well"
        order = socket.getaddrinfo("both.test", port, type=socket.SOCK_STREAM)
        assert [where[4][0] for where in order] == ["::1", "127.0.0.1"], order
        must(library.client(url, allow_plain_http=True).call("getVersions"), "MX_OK")

        dead.bind(("::1", port))
        dead.listen(0)
        fillers = [socket.socket(socket.AF_INET6) for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(("::1", port))
        client = library.client(url, allow_plain_http=True)
        started = time.monotonic()
        must(client.call("getVersions"), "MX_OK")
        # Long before the connect timeout of 10 s.
        assert time.monotonic() - started < 5
        works(client)
        for filler in fillers:
            filler.close()


def names_that_are_never_answered_hold_up_nothing_else(
    dns: DnsServer, port: int
) -> None:
    with nothing_left() as library:
        silent = library.client(
            f"http://silent.test:{port}/well",
            allow_plain_http=True,
            timeout_ms=1500,
            max_retries=0,
        )
        other = library.client(f"http://127.0.0.1:{port}/large")
        waiting = [silent.start("getVersions") for _ in range(40)]
        while dns.asked["silent.test"] < 3:
            time.sleep(0.01)
        # Large answers are read beside the network's thread, where names are resolved, too.
        started = time.monotonic()
        must(other.call("getVersions"), "MX_OK")
        # By then the second of the names' rounds would have begun, and ten are to come.
        assert time.monotonic() - started < 4, "held up by names"
        for op in waiting:
            must(silent.wait(op), "MX_ERR_DEADLINE", "MX_ERR_CONNECT")
        # What nobody waits for any more is not looked up. The few that are under way end within 2 s.
        dns.names["silent.test"] = ["127.0.0.1"]
        client = library.client(
            f"http://silent.test:{port}/well", allow_plain_http=True, timeout_ms=8000
        )
        works(client)
        works(silent)
        assert dns.asked["silent.test"] <= 2 * MOST_LOOKUPS + 4, dns.asked


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        enter(Path(folder), RESOLV_CONF)
        if not socket.has_ipv6:
            skip("no IPv6")
        names = {
            "failing.test": "servfail",
            "silent.test": "silence",
            "both.test": ["::1", "127.0.0.1"],
        }
        # On 127.0.0.1 alone, where the scripted server as a process is on ::1, too.
        with DnsServer(names) as dns, TcpProxy() as proxy:
            proxy.script("well", ANSWER)
            proxy.script("large", LARGE)
            port = proxy.scripted_port
            a_name_that_is_not_known_is_no_connection(dns, port)
            names_that_are_never_answered_hold_up_nothing_else(dns, port)
            dead_addresses_of_ipv6_come_first(dns, port)


if __name__ == "__main__":
    main()
