"""A machine out of ports for connections, in a network of its own: nothing leaves, and all is well once one is free."""

from __future__ import annotations

import socket
import tempfile
from pathlib import Path

from alone import must, nothing_left, skip, works
from crowd import ANSWER
from namespaces import enter
from scripted_process import ScriptedServer

RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        enter(Path(folder), "")
        with ScriptedServer() as server:
            url = server.script("well", ANSWER)
            try:
                RANGE.write_text("61000 61001")
            except OSError as error:
                skip(f"the range of ports cannot be set: {error}")
            with nothing_left() as library:
                client = library.client(url, retry_delay_ms=1, max_idle_connections=0)
                where = (socket.gethostbyname("127.0.0.1"), server.port)
                taken = [socket.create_connection(where) for _ in range(2)]
                for operation, params in (
                    ("getVersions", {}),
                    ("login", {"type": "m"}),
                ):
                    answer = client.call(operation, params)
                    must(answer, "MX_ERR_CONNECT", says="Cannot assign requested")
                repeated = [line for line in library.log if "trying again" in line]
                assert len(repeated) == 4, repeated
                for connection in taken:
                    connection.close()
                RANGE.write_text("61002 61009")
                works(client)


if __name__ == "__main__":
    main()
