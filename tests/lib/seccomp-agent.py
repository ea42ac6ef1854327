#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A seccomp agent for tests.

	seccomp-agent.py SOCKET OUT [ERRNO]

Listens at SOCKET, takes one container process state, and serves its notifications until the last
process of the filter is gone: each call fails with ERRNO, or goes on where ERRNO is 0 or missing.
OUT gets one line of JSON: {"state": what came, "messages": number of recvmsg calls with data,
"fds": number of descriptors, "closed": the sender closed at once, "served": numbers of the calls}. It is
written to OUT.ready when the agent listens, and to OUT when it ends."""

import fcntl
import json
import os
import select
import socket
import struct
import sys

RECV = 0xC0502100
SEND = 0xC0182101
CONTINUE = 1


def take(path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
        server.bind(path)
        server.listen(1)
        open(sys.argv[2] + ".ready", "w").close()
        server.settimeout(30)
        conn, _ = server.accept()
    conn.settimeout(2)
    text, fds, messages = b"", [], 0
    with conn:
        while True:
            try:
                data, more, _, _ = socket.recv_fds(conn, 1 << 20, 16)
            except TimeoutError:
                return text, fds, messages, False
            fds += more
            if not data:
                return text, fds, messages, True
            text += data
            messages += 1


def serve(listener, errno):
    """Numbers of the calls that were asked about."""
    served = []
    poll = select.poll()
    poll.register(listener, select.POLLIN)
    while True:
        events = poll.poll(20000)
        if not events or not events[0][1] & select.POLLIN:
            return served
        request = bytearray(80)
        try:
            fcntl.ioctl(listener, RECV, request)
        except OSError:
            continue  # the process was killed meanwhile
        ident, _, _, number = struct.unpack_from("QIIi", request)
        served.append(number)
        answer = struct.pack("QqiI", ident, 0, -errno, 0 if errno else CONTINUE)
        try:
            fcntl.ioctl(listener, SEND, bytearray(answer))
        except OSError:
            pass


def main():
    errno = int(sys.argv[3]) if len(sys.argv) > 3 else 0
    text, fds, messages, closed = take(sys.argv[1])
    served = serve(fds[0], errno) if fds else []
    result = {"state": json.loads(text or "null"), "messages": messages, "fds": len(fds), "closed": closed,
              "served": served}
    with open(sys.argv[2] + ".new", "w", encoding="utf-8") as out:
        json.dump(result, out)
    os.rename(sys.argv[2] + ".new", sys.argv[2])


main()
