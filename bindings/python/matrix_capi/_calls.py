"""Calls that block their thread: of those that wait, one reads the queue for all."""

from __future__ import annotations

import itertools
import threading

from matrix_capi._answer import Outcome
from matrix_capi._handle import Handle, Start

# How long Python's signal handlers may have to wait while the main thread reads the queue.
SLICE_MS = 100


class _Waiter:
    """One thread that waits for its outcome, or for its turn to read."""

    def __init__(self) -> None:
        self.outcome: Outcome | None = None
        self.turn = threading.Event()


class Calls:
    """The calls of one client."""

    def __init__(self, handle: Handle) -> None:
        self._handle = handle
        self._keys = itertools.count(1)
        self._lock = threading.Lock()
        self._waiting: dict[int, _Waiter] = {}
        self._reading = threading.Lock()

    def run(self, start: Start) -> Outcome:
        """Starts an operation and waits for its outcome."""
        self._handle.check_process()
        waiter = _Waiter()
        with self._lock:
            key = next(self._keys)
            self._waiting[key] = waiter
        op = 0
        try:
            op = self._handle.submit(start, key)
            return self._wait(waiter)
        except BaseException:
            # A refusal, or Ctrl-C: the result that still comes has nobody who waits for it.
            with self._lock:
                self._waiting.pop(key, None)
            if op:
                self._handle.cancel(op)
            self._pass_on()
            raise

    def close(self) -> None:
        """Ends every call, and waits until each has its outcome."""
        if self._handle.forked:
            return
        self._handle.free_client()
        # The thread that reads stops when it has its own outcome, which is in the queue by now.
        with self._reading:
            while self._deliver(0):
                pass
            self._handle.free_queue()

    def _wait(self, waiter: _Waiter) -> Outcome:
        while waiter.outcome is None:
            if self._reading.acquire(blocking=False):
                try:
                    while waiter.outcome is None:
                        self._deliver(SLICE_MS)
                finally:
                    self._reading.release()
                    self._pass_on()
            else:
                waiter.turn.wait()
                waiter.turn.clear()
        return waiter.outcome

    def _deliver(self, timeout_ms: int) -> bool:
        found = self._handle.next(timeout_ms)
        if found is None:
            return False
        key, outcome = found
        with self._lock:
            waiter = self._waiting.pop(key, None)
        if waiter is not None:
            waiter.outcome = outcome
            waiter.turn.set()
        return True

    def _pass_on(self) -> None:
        """Lets somebody else read: who is woken for nothing goes on waiting."""
        with self._lock:
            for waiter in self._waiting.values():
                waiter.turn.set()
                return
