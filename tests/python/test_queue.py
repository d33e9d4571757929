"""Proves that plain Python, with ctypes and a queue, can use the library: in an event loop, and up to the interpreter's end."""

from __future__ import annotations

import asyncio
import ctypes
import select
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from c_program import installed
from scripted_server import SECONDS, scripted_server

MX_OK, MX_ERR_MISUSE, MX_ERR_TIMEOUT, MX_ERR_CANCELLED = 0, 3, 7, 33
CALLBACK = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p)

VERSIONS = {"json": {"versions": ["v1.11"]}}
WAITS = {"json": {"versions": ["v1.11"]}, "shuffle_ms": 50}
HANGS = {"hang": True}

# A program that ends while a call is in flight and its objects are alive.
ENDS_EARLY = """\
import ctypes, sys
mx = ctypes.CDLL(sys.argv[1])
queue, options, client = (ctypes.c_void_p() for _ in range(3))
assert mx.mx_queue_new(ctypes.byref(queue)) == 0
assert mx.mx_client_options_new(ctypes.byref(options)) == 0
assert mx.mx_client_options_set_queue(options, queue) == 0
assert mx.mx_client_new(sys.argv[2].encode(), options, ctypes.byref(client), None) == 0
assert mx.mx_call(client, b"getVersions", b"{}", None, None, None) == 0
print("leaving")
"""


def library() -> Path:
    suffix = "dylib" if sys.platform == "darwin" else "so"
    return installed() / "lib" / f"libmatrix_capi.{suffix}"


class Queue(unittest.TestCase):
    def setUp(self) -> None:
        self.mx = ctypes.CDLL(str(library()))
        self.mx.mx_result_op.restype = ctypes.c_uint64
        self.mx.mx_result_string.restype = ctypes.c_char_p
        self.mx.mx_debug_live_objects.restype = ctypes.c_int64
        self.queue, self.client = ctypes.c_void_p(), ctypes.c_void_p()
        self.ok(self.mx.mx_queue_new(ctypes.byref(self.queue)))

    def tearDown(self) -> None:
        self.mx.mx_client_free(self.client)
        self.mx.mx_queue_free(self.queue)
        self.assertEqual(self.mx.mx_debug_live_objects(), 0)

    def ok(self, status: int) -> None:
        self.assertEqual(status, MX_OK)

    def connect(self, url: str) -> None:
        options = ctypes.c_void_p()
        self.ok(self.mx.mx_client_options_new(ctypes.byref(options)))
        self.ok(self.mx.mx_client_options_set_queue(options, self.queue))
        out = ctypes.byref(self.client)
        self.ok(self.mx.mx_client_new(url.encode(), options, out, None))
        self.mx.mx_client_options_free(options)

    def start(self) -> int:
        op = ctypes.c_uint64()
        out = ctypes.byref(op)
        self.ok(self.mx.mx_call(self.client, b"getVersions", b"{}", None, None, out))
        return op.value

    def take(self, timeout_ms: int) -> tuple[int, int, bytes | None] | None:
        """The operation, status and first version of the next result; None if there is none in time."""
        result = ctypes.c_void_p()
        timeout = ctypes.c_int64(timeout_ms)
        status = self.mx.mx_queue_next(self.queue, timeout, ctypes.byref(result))
        if status == MX_ERR_TIMEOUT:
            return None
        self.ok(status)
        taken = (
            self.mx.mx_result_op(result),
            self.mx.mx_result_status(result),
            self.mx.mx_result_string(result, b"/versions/0"),
        )
        self.mx.mx_result_free(result)
        return taken

    def readable(self, seconds: float) -> bool:
        return bool(
            select.select([self.mx.mx_queue_fd(self.queue)], [], [], seconds)[0]
        )

    def test_the_descriptor_is_readable_exactly_while_a_result_waits(self) -> None:
        with scripted_server(VERSIONS) as url:
            self.connect(url)
            self.assertFalse(self.readable(0))
            op = self.start()
            self.assertTrue(self.readable(SECONDS))
            self.assertEqual(self.take(0), (op, MX_OK, b"v1.11"))
            self.assertFalse(self.readable(0))
            self.assertIsNone(self.take(0))

    def test_an_event_loop_gets_one_result_for_each_of_many_calls(self) -> None:
        async def collect() -> list[int]:
            loop = asyncio.get_running_loop()
            arrived: asyncio.Queue[int] = asyncio.Queue()

            def take_all() -> None:
                while (taken := self.take(0)) is not None:
                    self.assertEqual(taken[1:], (MX_OK, b"v1.11"))
                    arrived.put_nowait(taken[0])

            loop.add_reader(self.mx.mx_queue_fd(self.queue), take_all)
            started = [self.start() for _ in range(40)]
            ended = [await asyncio.wait_for(arrived.get(), SECONDS) for _ in started]
            loop.remove_reader(self.mx.mx_queue_fd(self.queue))
            self.assertTrue(arrived.empty())
            self.assertEqual(sorted(ended), sorted(started))
            return ended

        with scripted_server(WAITS) as url:
            self.connect(url)
            self.assertEqual(len(set(asyncio.run(collect()))), 40)

    def test_a_cancelled_call_ends_once_and_as_cancelled(self) -> None:
        with scripted_server(HANGS) as url:
            self.connect(url)
            op = self.start()
            self.ok(self.mx.mx_client_cancel(self.client, ctypes.c_uint64(op)))
            self.assertEqual(self.take(SECONDS * 1000), (op, MX_ERR_CANCELLED, None))
            self.assertIsNone(self.take(0))

    def test_a_callback_on_a_client_with_a_queue_is_refused(self) -> None:
        callback = CALLBACK(lambda result, user_data: None)
        with scripted_server(VERSIONS) as url:
            self.connect(url)
            refused = self.mx.mx_call(
                self.client, b"getVersions", b"{}", callback, None, None
            )
            self.assertEqual(refused, MX_ERR_MISUSE)

    def test_the_interpreter_ends_in_peace_with_a_call_in_flight(self) -> None:
        with scripted_server(HANGS) as url:
            ended = subprocess.run(
                [sys.executable, "-c", ENDS_EARLY, str(library()), url],
                capture_output=True,
                text=True,
                timeout=SECONDS,
                check=False,
            )
        self.assertEqual((ended.stdout, ended.stderr), ("leaving\n", ""))
        self.assertEqual(ended.returncode, 0)


if __name__ == "__main__":
    unittest.main()
