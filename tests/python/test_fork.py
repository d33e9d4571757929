"""Proves that a process forked by Python, as multiprocessing does, is refused and still ends, while its parent goes on."""

from __future__ import annotations

import os
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from c_program import installed
from scripted_server import SECONDS, scripted_server

LATE = {"json": {"versions": ["v1.11"]}, "delay_ms": 100}

# Forks with a call in flight. The child leaves as an interpreter does, with all that is run at its end.
FORKS = """\
import ctypes, os, sys
mx = ctypes.CDLL(sys.argv[1])
queue, options, client, result = (ctypes.c_void_p() for _ in range(4))
assert mx.mx_queue_new(ctypes.byref(queue)) == 0
assert mx.mx_client_options_new(ctypes.byref(options)) == 0
assert mx.mx_client_options_set_queue(options, queue) == 0
assert mx.mx_client_new(sys.argv[2].encode(), options, ctypes.byref(client), None) == 0
assert mx.mx_call(client, b"getVersions", b"{}", None, None, None) == 0
child = os.fork()
if child == 0:
    refused = [
        mx.mx_call(client, b"getVersions", b"{}", None, None, None),
        mx.mx_queue_next(queue, ctypes.c_int64(-1), ctypes.byref(result)),
        mx.mx_client_new(sys.argv[2].encode(), None, ctypes.byref(result), None),
    ]
    mx.mx_client_free(client)
    mx.mx_client_options_free(options)
    mx.mx_queue_free(queue)
    sys.exit(0 if refused == [5, 5, 5] else 1)
assert os.waitpid(child, 0)[1] == 0, "the child"
assert mx.mx_queue_next(queue, ctypes.c_int64(-1), ctypes.byref(result)) == 0
assert mx.mx_result_status(result) == 0
mx.mx_result_free(result)
mx.mx_client_free(client)
mx.mx_client_options_free(options)
mx.mx_queue_free(queue)
print("parent", mx.mx_debug_live_objects())
"""


@unittest.skipUnless(hasattr(os, "fork"), "this system has no fork")
class Fork(unittest.TestCase):
    def test_a_forked_interpreter_is_refused_and_ends_and_its_parent_goes_on(
        self,
    ) -> None:
        suffix = "dylib" if sys.platform == "darwin" else "so"
        library = installed() / "lib" / f"libmatrix_capi.{suffix}"
        with scripted_server(LATE) as url:
            ended = subprocess.run(
                [sys.executable, "-c", FORKS, str(library), url],
                capture_output=True,
                text=True,
                timeout=SECONDS,
                check=False,
            )
        self.assertEqual((ended.stdout, ended.stderr), ("parent 0\n", ""))
        self.assertEqual(ended.returncode, 0)


if __name__ == "__main__":
    unittest.main()
