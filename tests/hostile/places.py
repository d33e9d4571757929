"""Where a hostile server would like to lead: the table that all these tests go through."""

from __future__ import annotations

from internet import Trap

# Each is a URL, in which PORT is the trap's.
NEVER = [
    "http://other.example/x",
    "http://hs.example/x",
    "http://127.0.0.1:PORT/x",
    "http://localhost:PORT/x",
    "https://127.0.0.1:PORT/x",
    "https://localhost:PORT/x",
    "https://localhost.:PORT/x",
    "https://a.localhost:PORT/x",
    "https://127.1:PORT/x",
    "https://2130706433:PORT/x",
    "https://0x7f000001:PORT/x",
    "https://0:PORT/x",
    "https://[::1]:PORT/x",
    "https://[::]:PORT/x",
    "https://[::ffff:127.0.0.1]:PORT/x",
    "https://10.0.0.1/x",
    "https://172.16.0.1/x",
    "https://192.168.1.1/x",
    "https://169.254.169.254/latest/meta-data",
    "https://100.64.0.1/x",
    "https://[fe80::1]/x",
    "https://[fd00::1]/x",
    "https://[64:ff9b::a00:1]/x",
    "https://router/x",
    "https://printer.local/x",
    "https://metadata.google.internal/x",
    "https://user:password@other.example/x",
    "ftp://other.example/x",
    "ws://other.example/x",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "JavaScript://other.example/%0aalert(1)",
    "data:text/html,x",
    "intent://scan/#Intent;scheme=zxing;end",
    "myapp:/x",
]


def at_the_trap(url: str, trap: Trap) -> str:
    return url.replace("PORT", str(trap.port))
