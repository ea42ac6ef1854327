#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""No C file over 600 lines, no function over 60: one TAP line for each file. Functions are found by the kernel style that the
formatter enforces: a body opens with '{' alone in column 0 and closes with '}' in column 0."""
import pathlib
import subprocess
import sys

root = pathlib.Path(sys.argv[1])
names = subprocess.run(["git", "-C", str(root), "ls-files", "*.c", "*.h"], capture_output=True, text=True).stdout.split()
if not names:
    names = [str(p.relative_to(root)) for d in ("src", "include", "libocispec", "tests") for p in (root / d).rglob("*.[ch]")]
bad = 0
print("TAP version 13")
print(f"1..{len(names)}")
for i, name in enumerate(sorted(names), 1):
    lines = (root / name).read_text().splitlines()
    faults = []
    if len(lines) > 600 and "600 lines" not in "\n".join(lines[:30]):
        faults.append(f"{len(lines)} lines, and no reason for it at its head")
    start = None
    for n, line in enumerate(lines, 1):
        if line == "{":
            start = n
        elif line == "}" and start:
            # a reason may stand in the comment above the function
            if n - start - 1 > 60 and "lines:" not in "\n".join(lines[max(0, start - 8):start]):
                faults.append(f"{name}:{start}: a function of {n - start - 1} lines: {lines[start - 2].strip()}")
            start = None
    print(("not ok" if faults else "ok"), i, "-", name, "keeps the limits of size")
    for f in faults:
        print("#", f)
    bad += bool(faults)
sys.exit(bad > 0)
