#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""userns.py MAP CMD...: run CMD as root of a new user namespace, in a mount namespace of its own. MAP is a line of
uid_map and gid_map, "0 0 4294967295". Unlike unshare(1) it needs no newuidmap(1) for maps of many ids."""
import ctypes
import os
import sys

CLONE_NEWUSER, CLONE_NEWNS = 0x10000000, 0x20000
MS_REC, MS_PRIVATE = 0x4000, 1 << 18


def check(result):
    if result:
        sys.exit(os.strerror(ctypes.get_errno()))


def child(libc, ready, go):
    check(libc.unshare(CLONE_NEWUSER | CLONE_NEWNS))
    os.write(ready, b"x")
    os.read(go, 1)
    os.setgid(0)
    os.setuid(0)
    check(libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None))
    os.execvp(sys.argv[2], sys.argv[2:])


def main():
    libc = ctypes.CDLL(None, use_errno=True)
    ready, go = os.pipe(), os.pipe()
    pid = os.fork()
    if pid == 0:
        child(libc, ready[1], go[0])
    os.close(ready[1])
    if os.read(ready[0], 1):
        for name in "uid_map", "gid_map":
            with open(f"/proc/{pid}/{name}", "w", encoding="ascii") as f:
                f.write(sys.argv[1] + "\n")
        os.write(go[1], b"x")
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))


main()
