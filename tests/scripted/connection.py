"""One connection of the scripted server: reads requests and sends each its reply."""

from __future__ import annotations

import asyncio
import itertools
import socket
import struct
from typing import cast

from reply import Reply
from script import Request, Script, Scripts, no_script

NUMBERS = itertools.count(1)
NO_LINGER = struct.pack("ii", 1, 0)


class Connection(asyncio.Protocol):
    """Answers one request after the other; what cannot be answered at once runs as a task."""

    def __init__(self, scripts: Scripts) -> None:
        self.scripts = scripts
        self.number = next(NUMBERS)
        self.buffer = bytearray()
        # The script whose request is being answered.
        self.answering: Script | None = None
        self.busy = False
        self.task: asyncio.Task[None] | None = None
        self.writable = asyncio.Event()
        self.writable.set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        self.next_requests()

    def pause_writing(self) -> None:
        self.writable.clear()

    def resume_writing(self) -> None:
        self.writable.set()

    def connection_lost(self, _error: Exception | None) -> None:
        if self.answering is not None:
            self.answering.closed_early += 1
            self.finished()
        if self.task is not None:
            self.task.cancel()

    def next_requests(self) -> None:
        while not self.busy and not self.transport.is_closing():
            request = self.next_request()
            if request is None:
                return
            name = request.segments[0]
            if name == "_control":
                self.answer(self.scripts.control(request), request, None)
                continue
            script = self.scripts.find(name)
            self.answer(
                script.take(request) if script else no_script(name), request, script
            )

    def next_request(self) -> Request | None:
        if self.buffer and not self.buffer[:1].isalpha():
            # A client that begins with TLS here must learn at once that it will get none.
            self.transport.close()
            return None
        end = self.buffer.find(b"\r\n\r\n")
        if end < 0:
            return None
        line, *lines = self.buffer[:end].decode("latin-1").split("\r\n")
        method, target, _version = line.split(" ", 2)
        headers = [
            (name, value.strip())
            for name, _, value in (header.partition(":") for header in lines)
        ]
        length = next(
            (int(value) for name, value in headers if name.lower() == "content-length"),
            0,
        )
        if len(self.buffer) < end + 4 + length:
            return None
        body = bytes(self.buffer[end + 4 : end + 4 + length])
        del self.buffer[: end + 4 + length]
        return Request(method, target, headers, body, self.number)

    def answer(self, reply: Reply, request: Request, script: Script | None) -> None:
        if reply.whole is not None:
            self.transport.write(reply.whole)
            if reply.closes:
                self.transport.close()
            return
        self.busy = True
        self.answering = script
        if script is not None:
            script.open[self.number] = self.transport.abort
        if reply.resets_at_once:
            self.finished()
            self.reset()
        elif not reply.hangs:
            self.task = asyncio.get_running_loop().create_task(
                self.perform(reply, request)
            )

    def finished(self) -> None:
        """The reply is complete, or will never be."""
        if self.answering is not None:
            self.answering.open.pop(self.number, None)
            self.answering = None

    def reset(self) -> None:
        sock = self.transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
        self.transport.abort()

    async def perform(self, reply: Reply, request: Request) -> None:
        if reply.delay:
            await asyncio.sleep(reply.delay)
        left = reply.cut
        drip = reply.drip
        for index, piece in enumerate(reply.pieces(request.body)):
            if index > 0 and drip is not None:
                await asyncio.sleep(drip)
            if left is not None:
                piece = piece[:left]
                left -= len(piece)
            self.transport.write(piece)
            if left == 0:
                break
            # Lets other connections be served, and this one learn that its client has gone.
            await asyncio.sleep(0)
            await self.writable.wait()
            if self.transport.is_closing():
                return
        if reply.cut is not None and reply.cut_by_reset:
            while self.transport.get_write_buffer_size() > 0:
                await asyncio.sleep(0.001)
        self.finished()
        self.busy = False
        self.task = None
        if reply.cut is not None and reply.cut_by_reset:
            self.reset()
        elif reply.cut is not None or reply.closes:
            self.transport.close()
        else:
            self.next_requests()
