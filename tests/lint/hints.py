#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every hint fits into struct hz_error: the literal text of each error_hint() and of what blocked_hint() says, with 64 bytes for
each value that is put into it. One TAP line for each file that has hints."""
import pathlib
import re
import sys

VALUE = 64
root = pathlib.Path(sys.argv[1])
room = int(re.search(r"char hint\[(\d+)\]", (root / "include/hezi/error.h").read_text()).group(1))
CALL = re.compile(r'(?:error_hint\(\s*\w+,|snprintf\(ret, size,)\s*((?:"(?:[^"\\]|\\.)*"\s*|PRI\w+\s*)+)')


def length(literals):
    text = "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', literals))
    text = re.sub(r"\\.", "x", text)
    values = re.findall(r"%(?!%)[-0-9.*]*[hlzj]*[a-zA-Z]", text)
    return len(text) - sum(len(v) for v in values) + VALUE * len(values), text


found = {}
for path in sorted(root.glob("src/*/*.c")):
    text = path.read_text()
    for m in CALL.finditer(text):
        n, hint = length(m.group(1))
        found.setdefault(path, []).append((n, text.count("\n", 0, m.start()) + 1, hint))
bad = 0
print("TAP version 13")
print(f"1..{len(found)}")
for i, (path, hints) in enumerate(found.items(), 1):
    long = [h for h in hints if h[0] >= room]
    print("not ok" if long else "ok", i, "-", path.relative_to(root), f"has {len(hints)} hints that fit into {room} bytes")
    for n, line, hint in long:
        print(f"# {path.relative_to(root)}:{line}: {n} bytes: {hint[:60]}")
    bad += bool(long)
sys.exit(bad > 0 or not found)
