"""A native client and its queue, safe to close while others use it, to drop, and to meet again in a forked child."""

from __future__ import annotations

import ctypes
import os
import threading
import weakref
from ctypes import c_uint64, c_void_p
from typing import Any, Callable

from matrix_capi._answer import Outcome, take
from matrix_capi._errors import ClosedError
from matrix_capi._native import LIB, check, forked, optional_text, text
from matrix_capi._options import Options
from matrix_capi._statuses import Status

# Starts an operation: given the client, the user_data and where the operation's number goes.
Start = Callable[[c_void_p, int, Any], int]


class _Owned:
    """The native objects; apart from the handle, so that they can be freed when it is gone."""

    client: c_void_p | None = None
    queue: c_void_p | None = None

    def free(self) -> None:
        client, self.client = self.client, None
        LIB.mx_client_free(client)
        queue, self.queue = self.queue, None
        LIB.mx_queue_free(queue)


class Handle:
    """Who holds the lock may pass the client to C; the queue is its reader's, until that one frees it."""

    def __init__(self, homeserver: str | None, options: Options) -> None:
        self._process = os.getpid()
        self._lock = threading.Lock()
        self._closing = threading.Lock()
        self._owned = owned = _Owned()
        finalizer = weakref.finalize(self, owned.free)
        # The interpreter's end must wait for nothing: the process ends with its threads.
        finalizer.atexit = False
        try:
            self._make(homeserver, options)
        except BaseException:
            owned.free()
            raise

    def _make(self, homeserver: str | None, options: Options) -> None:
        url = optional_text(homeserver, "homeserver")
        queue, client = c_void_p(), c_void_p()
        check(LIB.mx_queue_new(ctypes.byref(queue)))
        self._owned.queue = queue
        with options.native() as native:
            check(LIB.mx_client_options_set_queue(native, queue))
            out = ctypes.byref(client)
            if url is None:
                check(LIB.mx_client_new_for_discovery(native, out, None))
            else:
                check(LIB.mx_client_new(url, native, out, None))
        self._owned.client = client

    @property
    def forked(self) -> bool:
        """Whether this process is not the one that made the client; its locks may be held for ever."""
        return os.getpid() != self._process

    @property
    def fd(self) -> int:
        """Readable exactly while a result waits."""
        descriptor: int = LIB.mx_queue_fd(self._owned.queue)
        return descriptor

    def check_process(self) -> None:
        if self.forked:
            raise forked("this client was made by the parent process")

    def with_client(self, work: Callable[[c_void_p], int]) -> None:
        """Does what needs the client and does not take long; raises if it is refused."""
        self.check_process()
        with self._lock:
            if self._owned.client is None:
                raise ClosedError("the client has been closed")
            check(work(self._owned.client))

    def submit(self, start: Start, key: int) -> int:
        """Starts an operation whose result will bear the key, and gives its number."""
        op = c_uint64()
        self.with_client(lambda client: start(client, key, ctypes.byref(op)))
        return op.value

    def cancel(self, op: int) -> None:
        """Asks an operation to end; nothing happens if it has."""
        if self.forked:
            return
        with self._lock:
            if self._owned.client is not None:
                LIB.mx_client_cancel(self._owned.client, op)

    def set_access_token(self, token: str | None) -> None:
        given = None if token is None else text(token, "access_token")
        self.with_client(lambda client: LIB.mx_client_set_access_token(client, given))

    def next(self, timeout_ms: int) -> tuple[int, Outcome] | None:
        """The key and the outcome of the next result; None if none came in time."""
        if self._owned.queue is None:
            return None
        result = c_void_p()
        status = LIB.mx_queue_next(self._owned.queue, timeout_ms, ctypes.byref(result))
        if status == Status.ERR_TIMEOUT:
            return None
        check(status)
        key: int = LIB.mx_result_user_data(result)
        return key, take(result)

    def free_client(self) -> None:
        """Ends what is pending; when it returns, every result is in the queue."""
        # Whoever comes second waits for the first, so that nobody frees the queue too early.
        with self._closing:
            with self._lock:
                client, self._owned.client = self._owned.client, None
            LIB.mx_client_free(client)

    def free_queue(self) -> None:
        """Frees the queue, which nobody may be reading."""
        queue, self._owned.queue = self._owned.queue, None
        LIB.mx_queue_free(queue)
