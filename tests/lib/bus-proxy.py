#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Stands between a program and a D-Bus server, and is lost in the middle.

	bus-proxy.py LISTEN REAL COUNT [MODE]

Listens on the socket LISTEN and passes everything on to and from the socket REAL, until the client has sent COUNT
messages on one connection (method calls; what comes before them to authenticate is not counted). Then, by MODE:

	before	the last one is not passed on, and the connection ends (the default)
	after	it is passed on, nothing comes back, and the connection ends
	answer	its answer comes back, and the connection ends

LISTEN is gone from then on. With "once" behind MODE it stays, and further connections last: as if systemd had been
started anew. COUNT 0 passes on everything. Prints "ready" when it listens.
"""
import os
import selectors
import socket
import struct
import sys

LISTEN, REAL, COUNT = sys.argv[1], sys.argv[2], int(sys.argv[3])
MODE = sys.argv[4] if len(sys.argv) > 4 else "before"
ONCE = sys.argv[5:] == ["once"]


class Stream:
    """One direction: lines of the authentication, then messages."""

    def __init__(self, binary):
        self.data, self.binary = b"", binary

    def take(self, data):
        """What is whole by now: (bytes, is it a message?)."""
        self.data += data
        while self.data:
            n = self.message() if self.binary else self.line()
            if not n:
                return
            part, self.data = self.data[:n], self.data[n:]
            yield part, self.binary
            if part.startswith(b"BEGIN"):
                self.binary = True

    def line(self):
        if self.data[:1] == b"\0":
            return 1
        return self.data.find(b"\r\n") + 2 if b"\r\n" in self.data else 0

    def message(self):
        if len(self.data) < 16:
            return 0
        order = "<" if self.data[:1] == b"l" else ">"
        body, _, fields = struct.unpack(order + "III", self.data[4:16])
        n = 16 + (fields + 7) // 8 * 8 + body
        return n if len(self.data) >= n else 0


class Link:
    def __init__(self, client, count):
        self.client, self.count = client, count
        self.server = socket.socket(socket.AF_UNIX)
        self.server.connect(REAL)
        self.stream = Stream(False)
        self.silent = self.last = False

    def other(self, sock):
        return self.server if sock is self.client else self.client

    def up(self, data):
        """From the client; False: the connection is over."""
        for part, is_message in self.stream.take(data):
            self.count -= is_message
            if is_message and self.count == 0:
                if MODE == "before":
                    return False
                self.silent = MODE == "after"
                self.last = True
                self.server.sendall(part)
                return True if MODE == "answer" else self.drain()
            self.server.sendall(part)
        return True

    def drain(self):
        """Until the server has done what it was asked: its answer is swallowed."""
        self.server.settimeout(5)
        try:
            self.server.recv(65536)
        except OSError:
            pass
        return False

    def down(self, data):
        if not self.silent:
            self.client.sendall(data)
        return not self.last


def main():
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(LISTEN)
    os.chmod(LISTEN, 0o777)
    listener.listen(8)
    print("ready", flush=True)
    poll = selectors.DefaultSelector()
    poll.register(listener, selectors.EVENT_READ)
    count = COUNT
    while True:
        for key, _ in poll.select():
            if key.fileobj is listener:
                link = Link(listener.accept()[0], count or -1)
                for sock in (link.client, link.server):
                    poll.register(sock, selectors.EVENT_READ, link)
                continue
            link, sock = key.data, key.fileobj
            if sock.fileno() < 0:
                continue
            try:
                data = sock.recv(65536)
                alive = data and (link.up(data) if sock is link.client else link.down(data))
            except OSError:
                data, alive = b"", False
            if alive:
                continue
            for s in (link.client, link.server):
                poll.unregister(s)
                s.close()
            if data and ONCE:
                count = 0
            elif data:
                os.unlink(LISTEN)
                return


main()
