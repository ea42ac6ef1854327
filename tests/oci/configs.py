#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Good and bad configurations, black-box: does a runtime take what the runtime-spec allows and refuse what it forbids?

usage: configs.py RUNTIME [-k REGEX] [-v] [--list]

Each case is one edit of a configuration that every runtime here can create (`base`). Output is TAP. A case passes when
`create` ended as the spec expects, and no state and no cgroup is left behind, whether by a refusal or after
`delete --force`. A refusal has to say something on stderr; hezi's has to name the JSON pointer as well.
The cases stand in cases_*.py, each with its reason; cases_types.py generates a wrong type for every value.
"""
import argparse
import concurrent.futures
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import cases  # noqa: E402

LIMIT = 20
JOBS = 2


class Bench:
    """A folder with one root file system for all bundles, and a --root for each worker."""

    def __init__(self, runtime):
        self.runtime = os.path.realpath(runtime)
        version = subprocess.run([self.runtime, "--version"], capture_output=True, text=True, timeout=LIMIT, check=False)
        self.kind = version.stdout.split(" ")[0]
        self.top = tempfile.mkdtemp(prefix="hezi-configs.")
        os.chmod(self.top, 0o755)
        self.prefix = f"hezi-configs-{os.getpid()}-"
        self.rootfs = rootfs = os.path.join(self.top, "rootfs")
        for name in ("bin", "dev", "proc", "sys", "tmp", "etc", "mnt", "run"):
            os.makedirs(os.path.join(rootfs, name))
        shutil.copy(shutil.which("busybox"), os.path.join(rootfs, "bin/busybox"))
        for name in ("sh", "true", "sleep"):
            os.symlink("busybox", os.path.join(rootfs, "bin", name))

    def run(self, *args):
        root = os.path.join(self.top, "root")
        with tempfile.TemporaryFile() as err:
            try:
                done = subprocess.run([self.runtime, "--root", root, *args], stdin=subprocess.DEVNULL,
                                      stdout=subprocess.DEVNULL, stderr=err, timeout=LIMIT, check=False)
                status = done.returncode
            except subprocess.TimeoutExpired:
                status = "timeout"
            err.seek(0)
            return status, err.read(4096).decode("utf-8", "replace")

    def bundle(self, number, text):
        path = os.path.join(self.top, f"b{number}")
        os.mkdir(path)
        with open(os.path.join(path, "config.json"), "wb") as file:
            file.write(text)
        return path

    def left(self, ident):
        found = []
        state = os.path.join(self.top, "root", ident)
        if os.path.lexists(state):
            found.append("state " + state)
        for entry in os.scandir("/sys/fs/cgroup"):
            if os.path.isdir(os.path.join(entry.path, ident)):
                found.append("cgroup " + os.path.join(entry.path, ident))
        return found

    def close(self):
        shutil.rmtree(self.top, ignore_errors=True)


def render(case, rootfs, cgroup):
    """The bytes of config.json."""
    config = cases.base()
    config["root"]["path"] = rootfs
    config["linux"]["cgroupsPath"] = cgroup
    return case.text(config)


def judge(bench, number, case):
    """None, or why the case failed."""
    ident = f"{bench.prefix}{number}"
    bundle = bench.bundle(number, render(case, bench.rootfs, "/" + ident))
    status, err = bench.run("create", "--bundle", bundle, ident)
    why = None
    if status == "timeout" or (isinstance(status, int) and status < 0):
        why = f"create: {status}"
    elif case.good and status != 0:
        why = f"refused: {err.strip()}"
    elif not case.good and status == 0:
        why = "accepted"
    elif not case.good:
        why = refusal(bench, case, err)
    if status != 0 and not why and bench.left(ident):
        why = "left by the refusal: " + ", ".join(bench.left(ident))
    done, words = bench.run("delete", "--force", ident)
    if not why and done != 0:
        why = f"delete --force: {words.strip()}"
    if not why and bench.left(ident):
        why = "left after delete: " + ", ".join(bench.left(ident))
    shutil.rmtree(bundle)
    return why


def refusal(bench, case, err):
    if not err.strip():
        return "refused without a word"
    if bench.kind == "hezi" and case.pointers and not any(p in err for p in case.pointers):
        return f"the refusal does not name {' or '.join(case.pointers)}: {err.strip()}"
    return None


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("usage: ", 1)[1])
    parser.add_argument("runtime", nargs="?", default=os.environ.get("RUNTIME"))
    parser.add_argument("-k", default="")
    parser.add_argument("-v", action="store_true")
    parser.add_argument("--list", action="store_true")
    options = parser.parse_args()
    chosen = [case for case in cases.all_cases() if re.search(options.k, case.name)]
    if options.list:
        for case in chosen:
            print(f"{'good' if case.good else 'bad '} {case.name}: {case.why}")
        return 0
    print("TAP version 13")
    print(f"1..{len(chosen)}")
    bench = Bench(options.runtime)
    failed = 0
    try:
        with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
            verdicts = pool.map(lambda pair: judge(bench, *pair), enumerate(chosen, 1))
            for number, (case, why) in enumerate(zip(chosen, verdicts), 1):
                failed += bool(why)
                word = "good" if case.good else "bad"
                print(f"{'not ok' if why else 'ok'} {number} - {word} configuration {case.name}: {case.why}")
                if why:
                    print("# " + why.replace("\n", "\n# "))
    finally:
        bench.close()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
