#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Run a command as the subreaper of all that it starts.

A container outlives the command that made it, and then belongs to whoever
reaps orphans.  Machines differ in how soon their pid 1 does that, so a test
file runs below this program: every orphan becomes a child of it, is reaped at
once, and what is still alive when the test file ends can be named and ended.

Exit status: the command's own, 128 + N when signal N ended it.
"""
import ctypes
import os
import signal
import sys

PR_SET_CHILD_SUBREAPER = 36


def children():
    """Pids whose parent is this process (field 4 of /proc/PID/stat)."""
    found = []
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as stat:
                fields = stat.read().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == os.getpid():
            found.append(int(name))
    return found


def reap_until(pid):
    while True:
        ended, status = os.wait()
        if ended == pid:
            return status


def main():
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        sys.exit("reaper: PR_SET_CHILD_SUBREAPER: " + os.strerror(ctypes.get_errno()))
    env = dict(os.environ, LIVE_REAPER=str(os.getpid()))
    pid = os.fork()
    if pid == 0:
        # python ignores these two; a test's programs must not inherit that
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        os.execvpe(sys.argv[1], sys.argv[1:], env)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda signum, frame: os.kill(pid, signum))
    status = reap_until(pid)
    for left in children():
        os.kill(left, signal.SIGKILL)
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    code = main()
    sys.exit(128 - code if code < 0 else code)
