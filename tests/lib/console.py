#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Receive a container's terminal as an engine does.

usage: console.py SOCKET [--send TEXT] [--wait TEXT]

Listens on SOCKET, takes one connection with one message that must carry exactly one
fd (and a body, as runc's does), waits for the text of --wait, writes --send to the terminal, and copies
what the terminal says to stdout until it hangs up. First line: "size ROWS COLUMNS".
"""
import array
import errno
import fcntl
import os
import select
import socket
import struct
import sys
import termios
import time


def option(name):
    return sys.argv[sys.argv.index(name) + 1] if name in sys.argv else ""


def receive(path):
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(1)
    listener.settimeout(20)
    link, _ = listener.accept()
    link.settimeout(20)
    body, cmsgs, flags, _ = link.recvmsg(4096, 1024)
    assert body, "empty body"
    assert not flags & socket.MSG_CTRUNC, "control data cut"
    assert len(cmsgs) == 1, f"{len(cmsgs)} control messages"
    level, kind, data = cmsgs[0]
    assert (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS), (level, kind)
    fds = array.array("i", data)
    assert len(fds) == 1, f"{len(fds)} fds"
    return fds[0]


def read_some(fd, deadline):
    if not select.select([fd], [], [], max(0, deadline - time.monotonic()))[0]:
        sys.exit("console: no end in time")
    try:
        return os.read(fd, 65536)
    except OSError as err:
        if err.errno == errno.EIO:
            return b""
        raise


def main():
    fd = receive(sys.argv[1])
    assert os.isatty(fd), "not a terminal"
    size = fcntl.ioctl(fd, termios.TIOCGWINSZ, bytes(8))
    print("size %d %d" % struct.unpack("HHHH", size)[:2], flush=True)
    send, wait = option("--send").encode(), option("--wait").encode()
    deadline = time.monotonic() + 20
    seen = b""
    while True:
        if send and wait in seen:
            os.write(fd, send)
            send = b""
        chunk = read_some(fd, deadline)
        if not chunk:
            break
        seen += chunk
    sys.stdout.buffer.write(seen)


main()
