#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""notify-listen.py SOCKET FILE: a service manager's end of sd_notify(3). "@name" is an abstract socket. Each message goes to FILE as a
line, its own newlines as spaces; a descriptor that comes with BARRIER=1 is closed when all before it has been read."""
import array
import os
import socket
import sys

path, out = sys.argv[1:]
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind("\0" + path[1:] if path[0] == "@" else path)
with open(out, "w") as f:
    while True:
        data, extra, _, _ = s.recvmsg(4096, socket.CMSG_SPACE(64))
        f.write(data.decode().strip("\n").replace("\n", " ") + "\n")
        f.flush()
        for _, _, fds in extra:
            for fd in array.array("i", fds[: len(fds) // 4 * 4]):
                os.close(fd)
