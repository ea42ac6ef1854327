#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Run a command on a terminal of its own, as a person would.

usage: onterm.py [--send TEXT] [--wait TEXT] [--resize ROWSxCOLUMNS] [--size ROWSxCOLUMNS] [--raw-check]
              [--no-ctty] -- CMD...

Copies what the terminal says to stdout; after the text of --wait has been seen (at once
without it) resizes the terminal and writes --send. --no-ctty: the terminal is on fds 0 to 2
but is nobody's controlling terminal. --raw-check: the terminal's modes must be the same
before and after. Exit status: the command's, 128 + N for signal N.
"""
import argparse
import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time


def set_size(fd, text):
    rows, columns = (int(n) for n in text.split("x"))
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def start(command, slave, ctty):
    def session():
        os.setsid()
        if ctty:
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    return subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, preexec_fn=session)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--send", default="")
    parser.add_argument("--wait", default="")
    parser.add_argument("--resize")
    parser.add_argument("--size")
    parser.add_argument("--raw-check", action="store_true")
    parser.add_argument("--no-ctty", action="store_true")
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()
    master, slave = pty.openpty()
    if options.size:
        set_size(master, options.size)
    before = termios.tcgetattr(slave)
    child = start(options.command, slave, not options.no_ctty)
    send = options.send.encode().decode("unicode_escape").encode()
    act, seen, ended = True, b"", None
    deadline = time.monotonic() + 25
    while time.monotonic() < deadline:
        if act and options.wait.encode() in seen:
            act = False
            if options.resize:
                set_size(master, options.resize)
                if options.no_ctty:
                    child.send_signal(28)  # SIGWINCH, as an engine does by hand
            if send:
                os.write(master, send)
        if select.select([master], [], [], 0.1)[0]:
            seen += os.read(master, 65536)
        elif ended is not None:
            break
        ended = child.poll()
    else:
        child.kill()
        child.wait()
        sys.stdout.buffer.write(seen)
        sys.exit("onterm.py: no end in time")
    sys.stdout.buffer.write(seen)
    sys.stdout.flush()
    if options.raw_check and termios.tcgetattr(slave) != before:
        sys.exit("onterm.py: the terminal's modes were not restored")
    sys.exit(ended if ended >= 0 else 128 - ended)


main()
