#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A static program of a few instructions that makes one system call.

	rawcall.py FILE NUMBER [x86]

It exits with the errno that the call gave, or 0. With "x86" it is a 32-bit program for an x86_64 kernel."""

import os
import struct
import sys


def code(number, machine):
    word = struct.pack("<I", number)
    if machine == "x86":  # eax = number; int 0x80; ebx = -eax; exit(ebx)
        return b"\xb8" + word + b"\xcd\x80\xf7\xd8\x89\xc3\xb8\x01\0\0\0\xcd\x80"
    if machine == "x86_64":  # eax = number; syscall; edi = -eax; exit(edi)
        return b"\xb8" + word + b"\x0f\x05\xf7\xd8\x89\xc7\xb8\x3c\0\0\0\x0f\x05"
    if machine == "aarch64":  # movz, movk x8; svc; neg w0, w0; exit(w0)
        return struct.pack("<6I", 0xD2800008 | (number & 0xFFFF) << 5, 0xF2A00008 | (number >> 16) << 5,
                           0xD4000001, 0x4B0003E0, 0xD2800BA8, 0xD4000001)
    sys.exit("no code for " + machine)


def main():
    machine = sys.argv[3] if len(sys.argv) > 3 else os.uname().machine
    text = code(int(sys.argv[2]), machine)
    at = 0x400000
    if machine == "x86":
        size = 52 + 32 + len(text)
        head = struct.pack("<16sHHIIIIIHHHHHH", b"\x7fELF\1\1\1", 2, 3, 1, at + 84, 52, 0, 0, 52, 32, 1, 0, 0, 0)
        head += struct.pack("<8I", 1, 0, at, at, size, size, 5, 0x1000)
    else:
        size = 64 + 56 + len(text)
        head = struct.pack("<16sHHIQQQIHHHHHH", b"\x7fELF\2\1\1", 2, {"x86_64": 62, "aarch64": 183}[machine], 1,
                           at + 120, 64, 0, 0, 64, 56, 1, 0, 0, 0)
        head += struct.pack("<IIQQQQQQ", 1, 5, 0, at, at, size, size, 0x1000)
    with open(sys.argv[1], "wb") as out:
        out.write(head + text)
    os.chmod(sys.argv[1], 0o755)


main()
