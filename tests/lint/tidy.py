#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""clang-tidy and cppcheck over the sources, two files at a time: one TAP line for each file and one for cppcheck.
  tidy.py SOURCE-ROOT BUILD-ROOT [FILE...]"""
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

GCC_ONLY = {"-fno-tree-loop-distribute-patterns", "-fno-stack-clash-protection"}
CPPCHECK = """cppcheck -q -j 2 --std=c11 --enable=warning,performance,portability --inline-suppr --error-exitcode=1
    -D_GNU_SOURCE -D__x86_64__ --suppress=missingIncludeSystem --suppress=unknownMacro -I include -I src -I libocispec
    src libocispec""".split()
LEAK = re.compile(r"Potential leak of memory pointed to by '(\w+)'")


def write_commands(build, directory):
    """The compile commands as clang can read them, each file once (src/init is compiled twice: as a library and as a program)."""
    commands = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        entry["arguments"] = [word for word in shlex.split(entry.pop("command")) if word not in GCC_ONLY]
        commands.setdefault((pathlib.Path(entry["directory"]) / entry["file"]).resolve(), entry)
    (pathlib.Path(directory) / "compile_commands.json").write_text(json.dumps(list(commands.values())))
    return commands


def is_freed(finding, build):
    """The analyzer does not know the attribute `cleanup`: what such a variable of this function holds is no leak."""
    leak = LEAK.search(finding)
    if not leak:
        return False
    path, line = finding.split(":")[:2]
    lines, at = (build / path).read_text().splitlines(), int(line) - 1
    begin = max((i for i in range(at) if lines[i] == "{"), default=0)
    body = lines[begin:lines.index("}", at)]  # a leak in a loop is found at its head, above the variable
    return any(re.search(rf"_cleanup_.*\b{leak[1]}\b( =|;|,)", text) for text in body)


def tidy(file, build, directory):
    run = subprocess.run(["clang-tidy", "-quiet", "-p", directory, file], capture_output=True, text=True)
    found = [line for line in run.stdout.splitlines() if re.search(r"(warning|error):", line) and not is_freed(line, build)]
    if run.returncode < 0 or "error while processing" in run.stdout.lower():
        found.append(f"clang-tidy ended with status {run.returncode}")
    return file, found


def main():
    source, build = (pathlib.Path(arg).resolve() for arg in sys.argv[1:3])
    os.chdir(source)
    print("TAP version 13")
    for tool in ("clang-tidy", "cppcheck"):
        if not shutil.which(tool):
            print(f"1..0 # SKIP {tool} is not installed")
            return 0
    files = sys.argv[3:] or sorted(str(p) for d in ("src", "libocispec") for p in pathlib.Path(d).rglob("*.c"))
    print(f"1..{len(files) + 1}")
    bad = 0

    def report(number, name, found):
        nonlocal bad
        bad += bool(found)
        print(f"{'not ok' if found else 'ok'} {number} - {name}")
        for line in found[:20]:
            print("#", line)
        sys.stdout.flush()

    with tempfile.TemporaryDirectory() as directory:
        write_commands(build, directory)
        with ThreadPoolExecutor(2) as pool:
            for number, (file, found) in enumerate(pool.map(lambda file: tidy(file, build, directory), files), 1):
                report(number, f"clang-tidy: {file}", found)
    run = subprocess.run(CPPCHECK, capture_output=True, text=True)
    report(len(files) + 1, "cppcheck", run.stderr.splitlines() if run.returncode else [])
    return bad > 0


sys.exit(main())
