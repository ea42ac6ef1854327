#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""In the place of criu for tests: `criu swrk FD` that answers as FAKE_CRIU says, without dumping anything.

  old         version 3.11, as it was in 2018
  silent      ends when it is asked
  garbage     an answer that is no message
  fails       says no, with errno 5, and writes an error to its log file
  dumps       says yes, and nothing more
  unfinished  a restore that tells of no process

The request's options are written to the file FAKE_CRIU_LOG, a line of "field value" each.
"""
import os
import socket
import sys


def varint(b, at):
    value = shift = 0
    while True:
        value |= (b[at] & 0x7F) << shift
        shift += 7
        at += 1
        if not b[at - 1] & 0x80:
            return value, at


def fields(b):
    at = 0
    while at < len(b):
        tag, at = varint(b, at)
        value, at = varint(b, at)
        if tag & 7 == 2:
            value, at = b[at : at + value], at + value
        yield tag >> 3, value


def text(value):
    if isinstance(value, int):
        return str(value)
    try:  # a message in the message: its values, side by side
        inner = list(fields(value))
        if inner and all(0 < n < 4 for n, _ in inner):
            return " ".join(text(v) for _, v in inner)
    except IndexError:
        pass
    return value.decode()


how = os.environ["FAKE_CRIU"]
sock = socket.socket(fileno=int(sys.argv[2]))
sock.recv(65536)
# criu_resp: type 1, success 2, cr_errno 7, version 10 {major 1, minor 2, sublevel 4}
sock.send(bytes([8, 10, 16, 1, 82, 6, 8, 3, 16, 11 if how == "old" else 17, 32, 1]))
request = sock.recv(65536)
if not request or how == "silent":
    sys.exit(1)
kind = options = None
for n, value in fields(request):
    if n == 1:
        kind = value
    elif n == 2:
        options = list(fields(value))
with open(os.environ["FAKE_CRIU_LOG"], "w") as f:
    for n, value in options:
        f.write(f"{n} {text(value)}\n")
if how == "garbage":
    sock.send(b"\x0b\xff\xff")
elif how == "fails":
    work = dict(options).get(17, dict(options)[1])
    with open(f"/proc/{os.getppid()}/fd/{work}/" + dict(options)[10].decode(), "w") as f:
        f.write("(00.1) all is well\n(00.2) Error (criu/x.c:1): no such luck\n(00.3) Error (criu/y.c:2): FAILED\n")
    sock.send(bytes([8, kind, 16, 0, 56, 5]))
else:
    sock.send(bytes([8, kind, 16, 1]))
