"""Threads that the kernel refuses for ever, by a filter of system calls: no crash, and all that needs none goes on."""

from __future__ import annotations

import ctypes
import errno
import platform
import struct

from abi import Refused
from alone import must, nothing_left, skip, works
from crowd import ANSWER
from left_over import threads
from scripted_process import ScriptedServer

PR_SET_NO_NEW_PRIVS = 38
SECCOMP_SET_MODE_FILTER = 1
SECCOMP_FILTER_FLAG_TSYNC = 1
ALLOW = 0x7FFF0000
ERRNO = 0x00050000

# The numbers of seccomp, clone, clone3.
CALLS = {"x86_64": (317, 56, 435), "aarch64": (277, 220, 435)}

LIBC = ctypes.CDLL(None, use_errno=True)


class Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def refuse_threads() -> None:
    """For every thread there is. clone3 is said not to exist, so that clone is tried, which has no room."""
    seccomp, clone, clone3 = CALLS[platform.machine()]
    instructions = (
        # Load the call's number; skip to the answer that it has.
        (0x20, 0, 0, 0),
        (0x15, 2, 0, clone),
        (0x15, 2, 0, clone3),
        (0x06, 0, 0, ALLOW),
        (0x06, 0, 0, ERRNO | errno.EAGAIN),
        (0x06, 0, 0, ERRNO | errno.ENOSYS),
    )
    code = b"".join(struct.pack("HBBI", *instruction) for instruction in instructions)
    buffer = ctypes.create_string_buffer(code, len(code))
    program = Program(len(instructions), ctypes.addressof(buffer))
    assert LIBC.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
    flags = SECCOMP_FILTER_FLAG_TSYNC
    arguments = (seccomp, SECCOMP_SET_MODE_FILTER, flags, ctypes.byref(program))
    if LIBC.syscall(*arguments) != 0:
        skip("the kernel has no seccomp")


def main() -> None:
    if platform.machine() not in CALLS:
        skip(f"the numbers of system calls are not known for {platform.machine()}")
    with ScriptedServer() as server:
        url = server.script("well", ANSWER)
        with nothing_left() as library:
            client = library.client(url)
            named = library.client(f"http://localhost:{server.port}/well")
            works(client)
            refuse_threads()
            must(named.call("getVersions"), "MX_ERR_CONNECT", says="no thread")
            # Clients share the threads that there are.
            works(library.client(url))
            works(client)
        with nothing_left() as library:
            try:
                library.client(url)
            except Refused as refused:
                assert refused.args[0] == "MX_ERR_INTERNAL", refused
                assert "threads did not start" in refused.args[1], refused
            else:
                raise AssertionError("a client without threads")
            assert threads() == []


if __name__ == "__main__":
    main()
