#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Each layer includes only what it may: quoted includes of every source against a table of the layers (docs/architecture.md)."""
import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1])
COMMON = {"base", "sys", "hezi"}
ALLOWED = {
    "src/base": {"base", "hezi"},
    "src/sys": {"sys"},
    "libocispec": {"base", "hezi", "ocispec"},
    "src/plan": {"base", "hezi", "ocispec", "plan"},
    "src/init": {"init", "sys", "plan/plan.h"},
    "src/systemd": {"systemd", "base", "plan/variant.h"},
    "src/cgroup": COMMON | {"cgroup", "ocispec", "plan", "systemd/protocol.h"},
    "src/runtime": COMMON | {"runtime", "cgroup", "ocispec", "plan", "init/protocol.h", "config.h"},
    "src/cli": {"base", "hezi", "ocispec", "cli", "config.h"},
}
# what a layer needs beyond the table, each with its reason
EXTRA = {
    ("src/cli", "plan/mount_options.h"): "the list of known options for features",
}
files = [(d, p) for d in ALLOWED for p in sorted((root / d).glob("*.[ch]"))]
bad = 0
print("TAP version 13")
print(f"1..{len(files)}")
for i, (directory, path) in enumerate(files, 1):
    faults = []
    for inc in re.findall(r'^#include "([^"]+)"', path.read_text(), re.M):
        top = inc.split("/")[0] if "/" in inc else ("ocispec" if directory == "libocispec" or inc == "ocispec.h" else inc)
        if top not in ALLOWED[directory] and inc not in ALLOWED[directory] and (directory, inc) not in EXTRA:
            faults.append(f"{directory} may not include \"{inc}\"")
        if "yajl" in inc:
            faults.append("yajl belongs to one file of libocispec")
    uses_yajl = "<yajl/" in path.read_text()
    if uses_yajl and directory != "libocispec":
        faults.append("yajl belongs to libocispec")
    print(("not ok" if faults else "ok"), i, "-", f"{path.relative_to(root)} stays in its layer")
    for f in faults:
        print("#", f)
    bad += bool(faults)
sys.exit(bad > 0)
