"""A native password reset, safe to close while a step runs."""

from __future__ import annotations

import ctypes
import threading
import weakref
from ctypes import c_void_p
from typing import Any, Callable

from matrix_capi._answer import take
from matrix_capi._errors import ClosedError
from matrix_capi._handle import Handle, Start
from matrix_capi._native import (
    INT64_MAX,
    LIB,
    Seconds,
    check,
    forked,
    milliseconds,
    optional_text,
    text,
)
from matrix_capi._statuses import Stage

# Makes the reset: given the client and where the new object goes.
Make = Callable[[c_void_p, Any], int]


class _Owned:
    """The native object; apart from its user, so that it can be freed when that one is gone."""

    reset: c_void_p | None = None

    def free(self) -> None:
        reset, self.reset = self.reset, None
        LIB.mx_password_reset_free(reset)


class NativeReset:
    """The steps of a reset, each as what starts it."""

    def __init__(self, handle: Handle, make: Make) -> None:
        self._handle = handle
        self._lock = threading.Lock()
        self._owned = _Owned()
        finalizer = weakref.finalize(self, self._owned.free)
        finalizer.atexit = False
        reset = c_void_p()
        handle.with_client(lambda client: make(client, ctypes.byref(reset)))
        self._owned.reset = reset

    def with_reset(self, work: Callable[[c_void_p], int]) -> int:
        """Does what needs the reset and does not take long."""
        if self._handle.forked:
            raise forked("this password reset was made by the parent process")
        with self._lock:
            if self._owned.reset is None:
                raise ClosedError("the password reset has been closed")
            return work(self._owned.reset)

    def send(self) -> Start:
        def start(client: c_void_p, key: int, op: Any) -> int:
            return self.with_reset(
                lambda reset: LIB.mx_password_reset_send(reset, None, key, op)
            )

        return start

    def submit_token(self, token: str) -> Start:
        given = text(token, "token")

        def start(client: c_void_p, key: int, op: Any) -> int:
            return self.with_reset(
                lambda reset: LIB.mx_password_reset_submit_token(
                    reset, given, None, key, op
                )
            )

        return start

    def finish(self, new_password: str, logout_devices: bool, wait: Seconds) -> Start:
        if not isinstance(logout_devices, bool):
            raise TypeError("logout_devices must be a bool: ask the person")
        given = text(new_password, "new_password")
        wait_ms = milliseconds(wait, "wait", INT64_MAX)

        def start(client: c_void_p, key: int, op: Any) -> int:
            return self.with_reset(
                lambda reset: LIB.mx_password_reset_finish(
                    reset, given, logout_devices, wait_ms, None, key, op
                )
            )

        return start

    @property
    def stage(self) -> Stage:
        return Stage(self.with_reset(LIB.mx_password_reset_stage))

    def save(self) -> str:
        saved = c_void_p()
        out = ctypes.byref(saved)
        check(self.with_reset(lambda reset: LIB.mx_password_reset_save(reset, out)))
        return take(saved).success().decode()

    def close(self) -> None:
        if self._handle.forked:
            return
        with self._lock:
            self._owned.free()


def make_new(email: str, next_link: str | None) -> Make:
    address = text(email, "email")
    link = optional_text(next_link, "next_link")

    def make(client: c_void_p, out: Any) -> int:
        status: int = LIB.mx_password_reset_new(client, address, link, out)
        return status

    return make


def make_restored(saved: str) -> Make:
    given = text(saved, "saved")

    def make(client: c_void_p, out: Any) -> int:
        status: int = LIB.mx_password_reset_restore(client, given, out, None)
        return status

    return make
