#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""docs/spec-conformance.md: every requirement of the runtime-spec, the tests that hold it, and what runtimes make of them.

    conformance.py check SOURCE-ROOT        TAP: each row of spec.tsv names tests that exist, each requirement that a
                                            test names has a row, the document has all rows (a lint)
    conformance.py run RUNTIME FILE         run the tests with a runtime, results to FILE (as root, 5 to 10 minutes)
    conformance.py write FILE...            write the document from such files, one column each

spec.tsv has a row for each requirement: id, requirement, tests. A test is "live/x.sh: name", "live/x.sh" (those of the
file that name the id; all of it when none does), "oci/configs" (the cases of that id), "plan goldens", "unit" (tests that
need no container), or "refused: reason".
"""
import collections
import glob
import json
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
DOC = "docs/spec-conformance.md"
ID = re.compile(r"\b([A-Z]{2}-[0-9]+[a-z]?)\b")
HEAD = """# The runtime-spec, row by row

Every requirement of the OCI runtime-spec 1.3 for Linux, the tests that hold it, and their results. The numbers are those of the project's checklist; `tests/oci/spec.tsv`
is the source of this table, `tests/oci/conformance.py` writes it, and a lint compares the two.

The tests judge by what the specification says and go through the command line only, so any runtime can be judged: `RUNTIME=crun tests/tap tests/live/*.sh`,
`RUNTIME=crun tests/oci/configs.py`. A cell has passed/judged, then how many tests were skipped: those the machine cannot run, and for the others also
those where they are known to differ from the specification or that look at hezi's own words. "plan goldens" and "unit" need no container and are of hezi alone.
"""


def rows(root):
    with open(root + "/tests/oci/spec.tsv", encoding="utf-8") as f:
        for line in f:
            number, text, tests = line.rstrip("\n").split("\t")
            yield number, text, tests.split("; ")


def names_of(path):
    with open(path, encoding="utf-8") as f:
        return re.findall(r'^\s*t "((?:[^"\\]|\\.)*)"', f.read(), re.M)


def fault_of(root, number, test):
    path, _, name = test.partition(": ")
    if path in ("unit", "plan goldens", "refused"):
        return None
    if path == "oci/configs":
        found = any(number in ID.findall(open(f, encoding="utf-8").read()) for f in glob.glob(root + "/tests/oci/configs/*.py"))
        return None if found else "no configuration is of " + number
    full = root + "/tests/" + path
    if not os.path.exists(full):
        return path + " is not there"
    if name and name not in names_of(full):
        return "%s has no test \"%s\"" % (path, name)
    return None


def document_rows(root):
    with open(root + "/" + DOC, encoding="utf-8") as f:
        for line in f:
            cells = [c.strip() for c in line.strip().strip("|").replace("\\|", "\0").split("|")]
            if line.startswith("|") and ID.fullmatch(cells[0]):
                yield cells[0], cells[1].replace("\0", "|"), cells[2].replace("\0", "|").replace("`", "")


def faults(root):
    table = list(rows(root))
    known = {number for number, _, _ in table}
    for number, _, tests in table:
        for test in tests:
            fault = fault_of(root, number, test)
            if fault:
                yield "spec.tsv: %s: %s" % (number, fault)
    kinds = {number.split("-")[0] for number in known}
    for path in glob.glob(root + "/tests/live/*.sh"):
        for name in names_of(path):
            for number in ID.findall(name):
                if number.split("-")[0] in kinds and number not in known:
                    yield "%s: %s has no row in spec.tsv" % (path, number)
    written = [(n, text, tests) for n, text, tests in document_rows(root)]
    if written != [(n, text, "; ".join(tests).replace("`", "")) for n, text, tests in table]:
        yield DOC + " is not what conformance.py would write"


def check(root):
    found = list(faults(root))
    print("TAP version 13\n1..1")
    print(("not ok" if found else "ok") + " 1 - requirements of the runtime-spec and their tests")
    for line in found:
        print("# " + line)
    return 1 if found else 0


def tap(command, env):
    out = subprocess.run(command, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False).stdout
    for line in out.decode(errors="replace").splitlines():
        m = re.match(r"(not ok|ok) \d+ - (.*?)(?: # (SKIP|TODO).*)?$", line)
        if m:
            yield m.group(2), "skip" if m.group(3) else "pass" if m.group(1) == "ok" else "fail"


def run(runtime, path):
    top = os.path.join(HERE, "../..")
    env = dict(os.environ, RUNTIME=runtime)
    result = {"runtime": subprocess.run([runtime, "--version"], stdout=subprocess.PIPE, check=True).stdout.decode().splitlines()[0], "tests": {}}
    view = [] if os.path.basename(runtime) == "hezi" else [top + "/tests/lib/v1view"]
    files = sorted({t.partition(": ")[0] for _, _, tests in rows(top) for t in tests if t.startswith("live/")})
    for name in files:
        result["tests"][name] = list(tap(view + ["bash", "%s/tests/%s" % (top, name)], env))
    result["tests"]["oci/configs"] = list(tap(view + ["python3", HERE + "/configs.py"], env))
    with open(path, "w", encoding="utf-8") as f:
        json.dump(result, f, indent=1)


def cell(result, number, tests):
    count = collections.Counter()
    for test in tests:
        path, _, name = test.partition(": ")
        all_of = result["tests"].get(path, [])
        own = [verdict for title, verdict in all_of if (title == name if name else number in ID.findall(title))]
        count.update(own if own or name or path == "oci/configs" else [v for _, v in all_of])
    judged = count["pass"] + count["fail"]
    text = "%d/%d" % (count["pass"], judged) if judged else "-"
    return text + (" +%d" % count["skip"] if count["skip"] else "")


def write(paths):
    results = []
    for path in paths:
        with open(path, encoding="utf-8") as f:
            results.append(json.load(f))
    lines = [HEAD, "| id | requirement | tests | " + " | ".join(r["runtime"].replace(" version", "") for r in results) + " |", "|---" * (3 + len(results)) + "|"]
    for number, text, tests in rows(os.path.join(HERE, "../..")):
        cells = [number, text, "; ".join("`%s`" % t if not t.startswith("refused") else t for t in tests)]
        cells = [c.replace("|", "\\|") for c in cells]
        lines.append("| " + " | ".join(cells + [cell(r, number, tests) if not tests[0].startswith("refused") else "-" for r in results]) + " |")
    with open(os.path.join(HERE, "../..", DOC), "w", encoding="utf-8") as f:
        f.write("\n".join(lines) + "\n")


def main(words):
    if words[0] == "check":
        return check(words[1])
    if words[0] == "run":
        return run(words[1], words[2])
    return write(words[1:])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
