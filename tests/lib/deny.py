#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""deny.py ERRNO CALL[,CALL...] COMMAND...: run a command under a seccomp filter that answers these system calls with an error,
as systemd, systemd-nspawn and Docker do with calls that they do not know. A call is a name, or NAME:VALUE for one value of
its first argument (socket:16). With KILL for ERRNO the filter kills."""
import ctypes
import errno
import os
import sys

lib = ctypes.CDLL("libseccomp.so.2", use_errno=True)
lib.seccomp_init.restype = ctypes.c_void_p
ALLOW, ERRNO, KILL, CTL_NNP, CMP_EQ = 0x7FFF0000, 0x00050000, 0x80000000, 3, 4


class Compare(ctypes.Structure):
    _fields_ = [("arg", ctypes.c_uint), ("op", ctypes.c_int), ("a", ctypes.c_uint64), ("b", ctypes.c_uint64)]


def fail(what, status):
    sys.exit(f"deny.py: {what}: {os.strerror(-status)}")


def main(number, calls, command):
    context = ctypes.c_void_p(lib.seccomp_init(ctypes.c_uint32(ALLOW)))
    # root needs no no_new_privs, which would change what the command may do
    lib.seccomp_attr_set(context, CTL_NNP, ctypes.c_uint32(os.geteuid() != 0))
    action = ctypes.c_uint32(KILL if number == "KILL" else ERRNO | getattr(errno, number))
    for call in calls.split(","):
        name, _, value = call.partition(":")
        rules = (Compare * 1)(Compare(0, CMP_EQ, int(value or 0), 0))
        status = lib.seccomp_rule_add_array(context, action, lib.seccomp_syscall_resolve_name(name.encode()), len(value) > 0, rules)
        if status:
            fail(call, status)
    status = lib.seccomp_load(context)
    if status:
        fail("load the filter", status)
    os.execvp(command[0], command)


main(sys.argv[1], sys.argv[2], sys.argv[3:])
