"""Calls that are awaited: the event loop watches the queue's descriptor while any is in flight."""

from __future__ import annotations

import asyncio
import itertools

from matrix_capi._answer import Outcome
from matrix_capi._errors import MisuseError
from matrix_capi._handle import Handle, Start


class AsyncCalls:
    """The calls of one client, all of them in one event loop at a time."""

    def __init__(self, handle: Handle) -> None:
        self._handle = handle
        self._keys = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Outcome]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._fd = -1

    async def run(self, start: Start) -> Outcome:
        """Starts an operation and awaits its outcome. Cancelled, it ends the operation first."""
        self._handle.check_process()
        loop = asyncio.get_running_loop()
        self._enter(loop)
        key = next(self._keys)
        op = self._handle.submit(start, key)
        # The result is read in this loop, so it cannot come before somebody waits for it.
        future: asyncio.Future[Outcome] = loop.create_future()
        self._waiting[key] = future
        self._watch(loop)
        try:
            return await future
        except asyncio.CancelledError:
            self._handle.cancel(op)
            # The future was cancelled with the task; another one waits for the operation's end.
            if key in self._waiting:
                self._waiting[key] = end = loop.create_future()
                await asyncio.wait((end,))
            raise
        except GeneratorExit:
            # The loop is gone, and nobody can wait any more.
            self._handle.cancel(op)
            raise

    async def close(self) -> None:
        """Ends every call, and gives each its outcome."""
        if self._handle.forked:
            return
        loop = asyncio.get_running_loop()
        self._enter(loop)
        # In a thread: it may wait for the system's name resolution.
        await loop.run_in_executor(None, self._handle.free_client)
        self._deliver()
        self._unwatch()
        self._handle.free_queue()

    def _enter(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._loop is None or self._loop is loop:
            return
        if not self._loop.is_closed():
            raise MisuseError("this client has calls in flight in another event loop")
        # What waited in that loop can wait no more; its results are dropped when they come.
        self._waiting.clear()
        self._loop = None

    def _watch(self, loop: asyncio.AbstractEventLoop) -> None:
        # Only while calls are in flight: an idle client can then be dropped, or move to another loop.
        if self._loop is None:
            self._loop, self._fd = loop, self._handle.fd
            loop.add_reader(self._fd, self._deliver)

    def _unwatch(self) -> None:
        if self._loop is not None:
            self._loop.remove_reader(self._fd)
            self._loop = None

    def _deliver(self) -> None:
        while (found := self._handle.next(0)) is not None:
            key, outcome = found
            future = self._waiting.pop(key, None)
            if future is not None and not future.done():
                future.set_result(outcome)
        if not self._waiting:
            self._unwatch()
