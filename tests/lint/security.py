#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""docs/security.md and tests/security agree: every number of the table has a live test that begins with it, every row
names a test that exists, and every test with a number has its row.

usage: security.py SOURCE-ROOT
"""
import glob
import re
import sys

NUMBER = re.compile(r"\b(20\d\d-\d{4,6})\b")


def tests_of(root):
    """Descriptions of the live tests: t "..." function"""
    found = []
    for path in sorted(glob.glob(root + "/tests/security/*.sh")):
        with open(path, encoding="utf-8") as f:
            found += re.findall(r'^\s*t "([^"]*)"', f.read(), re.M)
    return found


def rows_of(root):
    with open(root + "/docs/security.md", encoding="utf-8") as f:
        for line in f:
            cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
            if line.startswith("|") and NUMBER.match(cells[0]):
                yield cells


def faults(root):
    tests, listed = tests_of(root), set()
    for cells in rows_of(root):
        numbers = NUMBER.findall(cells[0])
        listed.update(numbers)
        for number in numbers:
            if not any(test.startswith(f"CVE-{number}:") for test in tests):
                yield f"docs/security.md: no test in tests/security begins with CVE-{number}"
        named = re.findall(r"`([^`]*)`", cells[3]) if len(cells) > 3 else []
        if not named:
            yield f"docs/security.md: the row of {cells[0]} names no test"
        for name in named:
            if not any(test.partition(": ")[2] == name for test in tests):
                yield f"docs/security.md: the row of {cells[0]} names a test that is not there: {name}"
    for test in tests:
        number = re.match(r"CVE-(\S+):", test)
        if number and number.group(1) not in listed:
            yield f"tests/security: CVE-{number.group(1)} has no row in docs/security.md"


def main():
    found = list(faults(sys.argv[1]))
    print("TAP version 13\n1..1")
    print("not ok 1 - known holes and their tests" if found else "ok 1 - known holes and their tests")
    for line in found:
        print("# " + line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
