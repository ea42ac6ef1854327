#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""seeds.py SOURCES DIR: inputs to begin with, made from the tests, in DIR/TARGET/. Nothing binary has to be kept."""
import glob
import json
import os
import re
import struct
import sys

root, out = sys.argv[1], sys.argv[2]
count = {}


def seed(target, data):
    os.makedirs(f"{out}/{target}", exist_ok=True)
    count[target] = count.get(target, 0) + 1
    with open(f"{out}/{target}/seed-{count[target]:05}", "wb") as f:
        f.write(data if isinstance(data, bytes) else data.encode())


def read(name):
    with open(name, "rb") as f:
        return f.read()


def literals(name):
    """The C strings of a test."""
    for text in re.findall(r'"((?:[^"\\]|\\.)*)"', read(f"{root}/{name}").decode()):
        yield text.encode().decode("unicode_escape", "replace").encode("utf-8", "replace")


documents = [read(name) for name in sorted(glob.glob(f"{root}/tests/**/*.json", recursive=True)) if os.path.getsize(name) < 65536]
for text in documents:
    seed("config", text)

changes = [{"memory": {"limit": 1}, "cpu": {"shares": 5, "idle": 1}, "pids": {"limit": 3}},
           {"blockIO": {"throttleReadBpsDevice": [{"major": 8, "minor": 0, "rate": 1}, {"major": 8, "minor": 0, "rate": 2}]}},
           {"hugepageLimits": [{"pageSize": "2MB", "limit": 1}], "unified": {"memory.high": "5"}, "rdma": None},
           {"network": {"priorities": [{"name": "eth0", "priority": 1}]}}]
for i, text in enumerate(text for text in documents if b'"resources"' in text):
    if i < 40:
        seed("merge", text + b"\0" + json.dumps(changes[i % len(changes)]).encode())

for text in literals("tests/unit/plan-unit-test.c"):
    if len(text) > 3:
        seed("variant", text)
for text in ("true", "-5", "uint64 5", "'a\\u00e9'", "b'x\\377'", "@as []", "[('/dev/fuse','rw')]", "<<1>>", "{'k':<1.5>}", "(1,'a',[])",
             "@a{sv} {}", "@(us) (1, 'a')", "[@ay [], [1]]", "0x1f", "inf", "nothing", "just 5", "objectpath '/a'", "signature 'as'"):
    seed("variant", text)

for i in range(8):
    for at in (8, 12, 16, 24, 40, 64, 72, 80, 100, 200, 500):
        seed("plan", bytes([i]) + struct.pack("<HBB", at, 0, 255))
seed("plan", b"\xff" + b"HEZI" * 40)

record = {"version": 1, "id": "a", "bundle": "/b", "rootfs": "/r", "created": "2026-01-01T00:00:00Z", "owner": 0, "pid": 5, "startTime": 7,
          "ownPidNamespace": True, "cgroupDirs": ["2:/sys/fs/cgroup/a"], "unit": "a.scope", "unitOfUser": False,
          "resctrlDirs": ["/sys/fs/resctrl/a"], "mountBelow": 3, "annotations": {"k": "v"}}
seed("record", json.dumps(record))
for key in record:
    seed("record", json.dumps({**record, key: None}))
    seed("record", json.dumps({k: v for k, v in record.items() if k != key}))

for which in range(3):
    for kind in range(16):
        for flags in (0, 1, 2, 4, 6):
            seed("talk", bytes([which, flags] + ([8] if flags & 1 else [])) + struct.pack("<II", kind, 2) + bytes(600))
for nfds in (0, 1, 2, 65, 66, 79):
    for room in range(3):
        seed("init", bytes([nfds, room, 40, 0]) + struct.pack("<I", 1) + bytes(24))

seed("protobuf", bytes.fromhex("080610012a0b0a08736574757000102052000a"))
seed("protobuf", bytes.fromhex("080a1001520608031011200038012a0410051803"))
seed("protobuf", b"\x08\x06\x10\x01\x2a\x0f\x0a\x0bpost-resume\x10\x2a")

V1 = """12:cpuset:/
11:cpu,cpuacct:/user.slice
4:memory:/user.slice/session-1.scope
2:devices:/
1:name=systemd:/user.slice/user-0.slice
0::/user.slice
"""
MOUNTS = """21 28 0:20 / /sys rw,nosuid shared:7 - sysfs sysfs rw
30 21 0:26 / /sys/fs/cgroup ro - tmpfs tmpfs ro,mode=755
31 30 0:27 / /sys/fs/cgroup/unified rw shared:10 - cgroup2 cgroup2 rw,nsdelegate
32 30 0:28 /docker/a /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
33 30 0:29 /.. /sys/fs/cgroup/cpu,cpuacct ro - cgroup cgroup rw,cpu,cpuacct
34 30 0:30 / /sys/fs/cgroup/cpu\\040x rw shared:12 master:3 - cgroup cgroup rw,cpuset,noprefix
35 30 0:31 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd
36 21 0:32 / /sys/fs/resctrl rw - resctrl resctrl rw
40 28 0:40 /x//deleted /mnt/a\\134\\012b rw - ext4 /dev/sda1 rw
41 28 0:5 /null /proc/kcore rw - devtmpfs udev rw
"""
seed("mountinfo", V1 + "\0" + MOUNTS)
seed("mountinfo", "0::/../..\n\0" + MOUNTS)
seed("mountinfo", V1 + "\0" + "".join(line + "\n" for line in MOUNTS.splitlines()[::-1]))

COMMANDS = ("-d\0a", "--bundle\0/b\0--pid-file=/p\0id", "-it\0c\0sh", "-u1000\0--env=A=1\0-e\0B\0c\0--\0true", "--format=json", "--all\0x\0KILL",
            "--memory\0" "1g\0--cpu-period=5", "--root\0/r\0--log\0/l\0--log-format\0json\0list", "--debug=true\0--\0-x", "-h", "--version", "--unknwon")
for which in range(24):
    for words in COMMANDS:
        seed("options", bytes([which]) + words.encode())

seed("log", b"\x16\x05mount \"a\"\0try\nanother\0kernel\0config.json\0/mounts/3\0/a\0text")
for text in (b"\x1b[31m", b"\xc2\x9b", b"\x7f", b"a\nb", b"\xe2\x80\xae", b"\xff\xfe", b"\\\"", b"\xe4\xb8\xad"):
    seed("log", b"\x01\x01" + b"\0".join([text] * 7))
