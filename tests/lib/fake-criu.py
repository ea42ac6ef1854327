#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""In the place of criu for tests: `criu swrk FD` that answers as FAKE_CRIU says, without dumping anything.

  old         version 3.11, as it was in 2018
  silent      ends when it is asked
  garbage     an answer that is no message
  fails       says no, with errno 5, and writes an error to its log file
  dumps       says yes, and nothing more
  restores    makes a process that sleeps, where the worker is, and tells of it as CRIU does

The request's options are written to the file FAKE_CRIU_LOG, a line of "field value" each.
"""
import ctypes
import os
import signal
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


def message(number, content):
    """A field with a string or a message, which are short here."""
    return bytes([number << 3 | 2, len(content)]) + content


def number(n, value):
    out = bytearray([n << 3])
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def tell(script, pid):
    """A stage of the restore; the other side may say no."""
    sock.send(number(1, 6) + number(2, 1) + message(5, message(1, script) + number(2, pid)))
    return dict(fields(sock.recv(65536) or b"\x18\x00")).get(3)


def restore():
    # a sibling, as CRIU's is: clone(CLONE_PARENT | SIGCHLD)
    pid = ctypes.CDLL(None).syscall(56 if os.uname().machine == "x86_64" else 220, 0x8000 | signal.SIGCHLD, 0, 0, 0, 0)
    if pid == 0:
        os.setsid()
        os.execv("/bin/sleep", ["sleep", "60"])
    if tell(b"setup-namespaces", pid) and tell(b"post-restore", pid):
        sock.send(number(1, 2) + number(2, 1) + message(4, number(1, pid)))
        return
    os.kill(pid, signal.SIGKILL)
    sock.send(number(1, 2) + number(2, 0))


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
elif how == "restores" and kind == 2:
    restore()
elif how == "fails":
    work = dict(options).get(17, dict(options)[1])
    with open(f"/proc/{os.getppid()}/fd/{work}/" + dict(options)[10].decode(), "w") as f:
        f.write("(00.1) all is well\n(00.2) Error (criu/w.c:9): of no consequence\n"
                "(00.3) Error (criu/x.c:1): no such luck\n(00.4) Error (criu/y.c:2): Restoring FAILED.\n")
    sock.send(bytes([8, kind, 16, 0, 56, 5]))
else:
    sock.send(bytes([8, kind, 16, 1]))
