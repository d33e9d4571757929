"""What can become of one TCP connection, as data: the faults of the network that the tables name."""

from __future__ import annotations

from dataclasses import dataclass

ENDS = {
    "fin": "both directions are closed, in order",
    "reset": "the client's connection is reset",
    "silence": "nothing more is passed on; the connection stays open",
    "half": "only the direction that has come so far is closed; the other one goes on",
}


@dataclass(frozen=True)
class Fate:
    """One connection's. Nothing said is nothing done: it passes unharmed."""

    # So many bytes of the client's, or of the server's, are passed on; then the end comes.
    # A limit of 0 for the client's ends the connection before a byte is read.
    request_bytes: int | None = None
    answer_bytes: int | None = None
    end: str = "fin"
    # Before the first byte of the direction is passed on.
    request_delay_ms: int = 0
    answer_delay_ms: int = 0
    # Of each direction.
    bytes_per_second: int | None = None

    def __post_init__(self) -> None:
        if self.end not in ENDS:
            raise ValueError(f"unknown end {self.end!r}: one of {', '.join(ENDS)}")


UNHARMED = Fate()
