# SPDX-License-Identifier: Apache-2.0
"""Opens a device of RDMA as often as it may, three times at most, and prints how often that was.

	rdma-contexts.py /dev/infiniband/uverbsN

Each of the cgroup's hca_handle is a context, which the old command GET_CONTEXT of the kernel's uverbs makes."""

import ctypes
import os
import struct
import sys

GET_CONTEXT = 0
answer = ctypes.create_string_buffer(8)
command = struct.pack("=IHHQ", GET_CONTEXT, 4, 2, ctypes.addressof(answer))  # sizes in words of 4 bytes
opened = []
try:
    while len(opened) < 3:
        device = os.open(sys.argv[1], os.O_RDWR)
        os.write(device, command)
        opened.append(device)
except OSError as err:
    print(err.strerror)
print(len(opened))
