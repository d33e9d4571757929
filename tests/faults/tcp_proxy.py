"""A TCP proxy on loopback that gives each connection its fate, at any byte, and has the scripted server at hand.

    with TcpProxy() as proxy:
        door = proxy.door(port, [Fate(request_bytes=20)])

A door is a port of its own before one server: its n-th connection has the n-th fate, every later one `later`.
Everything runs on one thread, so that hundreds of doors cost nothing.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
import threading
from collections.abc import Coroutine, Sequence
from concurrent.futures import Future
from contextlib import suppress
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from connection import Connection
from fates import UNHARMED, Fate
from loopback import HOST
from reply import Reply
from script import Request, Script, Scripts

if TYPE_CHECKING:
    from typing_extensions import Self

T = TypeVar("T")

BACKLOG = 1024
PIECE = 64 * 1024
NO_LINGER = struct.pack("ii", 1, 0)


class Door:
    """One port before one server, and what has gone through it."""

    def __init__(self, upstream: int, fates: Sequence[Fate], later: Fate) -> None:
        self.port = 0
        self.upstream = upstream
        self.fates = list(fates)
        self.later = later
        # Of each connection: what came from the client, and how many bytes from the server.
        self.asked: list[bytearray] = []
        self.answered: list[int] = []
        # How many bytes the server sent before the client's second piece: its first flight, in TLS.
        self.first_flight = 0
        # Where nobody listens yet.
        self.shut: socket.socket | None = None

    @property
    def connections(self) -> int:
        return len(self.asked)

    def next_fate(self) -> Fate:
        number = self.connections
        return self.fates[number] if number < len(self.fates) else self.later


class TcpProxy:
    """The thread on which doors and scripts live. Use it as a context manager."""

    # Of all proxies: one for each case that was run.
    doors_made: ClassVar[int] = 0

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._scripts = Scripts()
        self._tasks: set[asyncio.Task[None]] = set()
        self._servers: list[asyncio.AbstractServer] = []
        self._kept: list[socket.socket] = []
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self.scripted_port = self._do(self._listen_scripted(None))
        return self

    def __exit__(self, *_: object) -> None:
        self._do(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        for kept in self._kept:
            kept.close()

    def door(
        self,
        upstream: int,
        fates: Sequence[Fate] = (),
        later: Fate = UNHARMED,
    ) -> Door:
        """A new port before the server."""
        door = Door(upstream, fates, later)
        self._do(self._open(door, socket.create_server((HOST, 0))))
        TcpProxy.doors_made += 1
        return door

    def shut_door(self, upstream: int, backlog_full: bool = False) -> Door:
        """A port that refuses connections; or one whose backlog is full, so that none is ever answered."""
        door = Door(upstream, (), UNHARMED)
        door.shut = socket.socket()
        door.shut.bind((HOST, 0))
        door.port = door.shut.getsockname()[1]
        self._kept.append(door.shut)
        if backlog_full:
            door.shut.listen(0)
            # As many as the kernel takes with a backlog of 0, and some more.
            for _ in range(4):
                filler = socket.socket()
                filler.setblocking(False)
                filler.connect_ex((HOST, door.port))
                self._kept.append(filler)
        return door

    def heal(self, door: Door) -> None:
        """From now on every connection passes unharmed."""
        door.fates = door.fates[: door.connections]
        door.later = UNHARMED
        if door.shut is not None:
            self._do(self._open(door, door.shut))
            door.shut = None

    def scripted_tls(self, context: ssl.SSLContext) -> int:
        """Another port of the scripted server, over TLS."""
        return self._do(self._listen_scripted(context))

    def raw_server(self, answer: bytes) -> int:
        """A port where the first bytes that come are answered so, whatever they are, and the connection stays open."""
        return self._do(self._listen_raw(answer))

    def script(self, name: str, *replies: dict[str, Any]) -> None:
        """The n-th request whose path begins with /NAME gets the n-th reply; the last one repeats."""
        script = Script([Reply.parse(reply) for reply in replies])
        self._loop.call_soon_threadsafe(self._scripts.by_name.__setitem__, name, script)

    def requests(self, name: str) -> list[Request]:
        """What has arrived at the script, whole."""
        return self._do(self._requests(name))

    async def _requests(self, name: str) -> list[Request]:
        # What was passed on is with the server a few rounds of the loop later.
        for _ in range(8):
            await asyncio.sleep(0)
        return list(self._scripts.by_name[name].requests)

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        done: Future[T] = asyncio.run_coroutine_threadsafe(work, self._loop)
        return done.result(60)

    async def _listen_scripted(self, context: ssl.SSLContext | None) -> int:
        server = await self._loop.create_server(
            lambda: Connection(self._scripts), HOST, 0, ssl=context, backlog=BACKLOG
        )
        self._servers.append(server)
        port: int = server.sockets[0].getsockname()[1]
        return port

    async def _listen_raw(self, answer: bytes) -> int:
        async def accept(
            reader: asyncio.StreamReader, writer: asyncio.StreamWriter
        ) -> None:
            with suppress(OSError):
                await reader.read(PIECE)
                writer.write(answer)
                while await reader.read(PIECE):
                    pass
            writer.close()

        server = await asyncio.start_server(accept, HOST, 0, backlog=BACKLOG)
        self._servers.append(server)
        port: int = server.sockets[0].getsockname()[1]
        return port

    async def _open(self, door: Door, listener: socket.socket) -> None:
        async def accept(
            reader: asyncio.StreamReader, writer: asyncio.StreamWriter
        ) -> None:
            task = asyncio.current_task()
            assert task
            self._tasks.add(task)
            try:
                await _Passage(door, reader, writer).run()
            except (OSError, asyncio.CancelledError):
                pass
            finally:
                writer.close()
                self._tasks.discard(task)

        server = await asyncio.start_server(accept, sock=listener, backlog=BACKLOG)
        self._servers.append(server)
        door.port = listener.getsockname()[1]

    async def _stop(self) -> None:
        for server in self._servers:
            server.close()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        # Transports close on the loop's next rounds.
        await asyncio.sleep(0.01)


class _Passage:
    """One connection on its way through a door."""

    def __init__(
        self, door: Door, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.fate = door.next_fate()
        self.door = door
        self.number = door.connections
        self.client = (reader, writer)
        door.asked.append(bytearray())
        door.answered.append(0)

    async def run(self) -> None:
        if self.fate.request_bytes == 0 and self.fate.end != "half":
            return await self._end()
        server = await asyncio.open_connection(HOST, self.door.upstream)
        pumps = {
            asyncio.create_task(self._request(server[1])),
            asyncio.create_task(self._answer(server[0])),
        }
        try:
            limit = await self._pass_both(pumps)
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
            server[1].close()
        if limit:
            await self._end()

    async def _pass_both(self, pumps: set[asyncio.Task[bool]]) -> bool:
        """Pass on both directions until both have ended, or one has come to its limit: say whether that was it."""
        waiting = pumps
        while waiting:
            done, waiting = await asyncio.wait(
                waiting, return_when=asyncio.FIRST_COMPLETED
            )
            if any(pump.result() for pump in done) and self.fate.end != "half":
                return True
        return False

    async def _request(self, writer: asyncio.StreamWriter) -> bool:
        return await self._pass(
            self.client[0],
            writer,
            self.fate.request_bytes,
            self.fate.request_delay_ms,
            self._note_request,
        )

    async def _answer(self, reader: asyncio.StreamReader) -> bool:
        return await self._pass(
            reader,
            self.client[1],
            self.fate.answer_bytes,
            self.fate.answer_delay_ms,
            self._note_answer,
        )

    def _note_request(self, data: bytes) -> None:
        if self.door.asked[self.number]:
            self.door.first_flight = (
                self.door.first_flight or self.door.answered[self.number]
            )
        self.door.asked[self.number] += data

    def _note_answer(self, data: bytes) -> None:
        self.door.answered[self.number] += len(data)

    async def _pass(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        limit: int | None,
        delay_ms: int,
        note: Any,
    ) -> bool:
        """Pass bytes on to the end, or to the limit; say whether it was the limit."""
        rate = self.fate.bytes_per_second
        piece = PIECE if rate is None else max(1, rate // 20)
        left = limit
        while left != 0 or reader is not self.client[0]:
            data = await reader.read(piece)
            if not data:
                break
            note(data)
            if delay_ms:
                await asyncio.sleep(delay_ms / 1000)
                delay_ms = 0
            if left is not None:
                data = data[:left]
                left -= len(data)
            writer.write(data)
            await writer.drain()
            if rate is not None:
                await asyncio.sleep(len(data) / rate)
            if left == 0:
                break
        if left != 0 or self.fate.end == "half":
            with suppress(OSError, NotImplementedError):
                writer.write_eof()
        return left == 0

    async def _end(self) -> None:
        reader, writer = self.client
        if self.fate.end == "silence":
            while await reader.read(PIECE):
                pass
            return
        if self.fate.end == "reset":
            transport = writer.transport
            while transport.get_write_buffer_size() > 0:
                await asyncio.sleep(0.001)
            sock = writer.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
            transport.abort()
            return
        # Closing with bytes unread would be a reset, so they are read first.
        with suppress(OSError, NotImplementedError, asyncio.TimeoutError):
            writer.write_eof()
            while await asyncio.wait_for(reader.read(PIECE), 10):
                pass
