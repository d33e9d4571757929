"""Leaves the machine's network for one of this process's own, with loopback and a resolver's configuration, and nothing else."""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import socket
import struct
from pathlib import Path

from alone import is_root, skip

CLONE_NEWNS = 0x00020000
CLONE_NEWUSER = 0x10000000
CLONE_NEWNET = 0x40000000
MS_BIND = 4096
MS_REC = 16384
MS_PRIVATE = 1 << 18
SIOCSIFFLAGS = 0x8914
IFF_UP = 1

LIBC = ctypes.CDLL(None, use_errno=True)


def enter(folder: Path, resolv_conf: str) -> None:
    """Unshare network and mounts. As somebody else than root, by a user namespace where the system allows them."""
    user, group = os.getuid(), os.getgid()
    flags = CLONE_NEWNET | CLONE_NEWNS | (0 if is_root() else CLONE_NEWUSER)
    if LIBC.unshare(flags) != 0:
        reason = os.strerror(ctypes.get_errno())
        skip(f"no namespaces of network and mounts can be made: {reason}")
    if flags & CLONE_NEWUSER:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"0 {user} 1")
        Path("/proc/self/gid_map").write_text(f"0 {group} 1")
    _mount(None, "/", MS_REC | MS_PRIVATE)
    _bind(folder, "/etc/resolv.conf", resolv_conf)
    _bind(folder, "/etc/nsswitch.conf", "hosts: files dns\n")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sH14x", b"lo", IFF_UP)
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, request)


def _bind(folder: Path, target: str, text: str) -> None:
    source = folder / Path(target).name
    source.write_text(text)
    _mount(str(source), target, MS_BIND)


def _mount(source: str | None, target: str, flags: int) -> None:
    names = (source and source.encode(), target.encode())
    if LIBC.mount(*names, None, ctypes.c_ulong(flags), None) != 0:
        error = ctypes.get_errno()
        if error == errno.ENOENT:
            skip(f"there is no {target} to be replaced")
        raise OSError(error, os.strerror(error), target)
