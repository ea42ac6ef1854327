#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Good and bad configurations through `create` of any runtime: RUNTIME=PROGRAM tests/oci/configs.py

Each case of tests/oci/configs is a config.json with the verdict of the specification. A bad one must be refused
with an error, a good one made (and then deleted); in either case nothing may be left: no state, process, mount or cgroup.
hezi has to name the right JSON pointer as well, with one error object in its log.

    configs.py [--list] [REGEX]     TAP of all cases, or those whose "ROW name" matches; --list prints them
    configs.py --show NAME          the document itself
"""
import ctypes
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.dont_write_bytecode = True
from configs import corpus  # noqa: E402

WORKERS = 2
RUN = os.environ.get("LIVE_RUN", "0")
V2 = os.path.exists("/sys/fs/cgroup/cgroup.controllers")
CPUSET = "cpuset" in open("/proc/cgroups", encoding="ascii").read()
PR_SET_CHILD_SUBREAPER = 36


def find_runtime():
    name = os.environ.get("RUNTIME") or os.path.join(HERE, "../../build/src/cli/hezi")
    path = shutil.which(name)
    if not path or os.getuid() != 0 or not shutil.which("busybox"):
        print("TAP version 13\n1..0 # SKIP " + ("no runtime to test" if not path else "needs root and busybox"))
        sys.exit(0)
    version = subprocess.run([path, "--version"], stdout=subprocess.PIPE, check=True).stdout.decode()
    return os.path.realpath(path), version.split()[0]


def make_rootfs(path, busybox):
    for d in "bin etc dev proc sys tmp root home/u run var mnt".split():
        os.makedirs(os.path.join(path, d))
    for tool in ("busybox", "true", "false", "sh", "sleep"):
        os.link(busybox, os.path.join(path, "bin", tool))
    for name, text in (("passwd", "root:x:0:0:root:/root:/bin/sh\n"), ("group", "root:x:0:\n")):
        with open(os.path.join(path, "etc", name), "w", encoding="ascii") as f:
            f.write(text)


class Bench:
    """One worker's folder, and the runtime in it."""

    def __init__(self, runtime, kind, number):
        self.runtime, self.kind = runtime, kind
        self.top = tempfile.mkdtemp(prefix="hezi-live.%s." % RUN)
        os.chmod(self.top, 0o755)
        self.bundle = os.path.join(self.top, "b")
        self.root = os.path.join(self.top, "root")
        self.log = os.path.join(self.top, "log")
        self.prefix = "hezi-test-%s-%d-c%d-" % (RUN, os.getpid(), number)
        self.busybox = shutil.copy(shutil.which("busybox"), os.path.join(self.top, "busybox"))
        self.serial = 0
        self.limit = 30

    def close(self):
        shutil.rmtree(self.top, ignore_errors=True)

    def call(self, *args):
        """Status, stderr. Files, not pipes: the container's process holds its copy of them."""
        out = os.path.join(self.top, "out")
        if os.path.exists(out):
            os.unlink(out)
        argv = [self.runtime, "--root", self.root]
        if self.kind == "hezi":
            argv += ["--log", self.log, "--log-format", "json"]
        with open(out, "wb") as f, open(os.devnull, "rb") as null:
            child = subprocess.Popen(argv + list(args), stdin=null, stdout=f, stderr=f, cwd=self.bundle, start_new_session=True)
            try:
                status = child.wait(self.limit)
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()
                status = "no end after %d s" % self.limit
        with open(out, "rb") as f:
            return status, f.read(4000).decode("utf-8", "replace")

    def setup(self, case):
        self.serial += 1
        self.id = self.prefix + str(self.serial)
        shutil.rmtree(self.bundle, ignore_errors=True)
        os.makedirs(self.bundle)
        make_rootfs(os.path.join(self.bundle, "rootfs"), self.busybox)
        with open(os.path.join(self.bundle, "config.json"), "wb") as f:
            f.write(case.data.replace(b"@CGROUP@", b"/" + self.id.encode()).replace(b"@ID@", self.id.encode()))
        if os.path.exists(self.log):
            os.unlink(self.log)

    # --- what is left ---

    def children(self):
        with open("/proc/self/task/%d/children" % os.getpid(), encoding="ascii") as f:
            for pid in f.read().split():
                try:
                    if os.waitpid(int(pid), os.WNOHANG)[0] == 0:
                        yield int(pid)
                except ChildProcessError:
                    pass

    def cgroups(self):
        for top in ["/sys/fs/cgroup"] + [e.path for e in os.scandir("/sys/fs/cgroup") if e.is_dir(follow_symlinks=False)]:
            for name in (self.id, "crun", "system.slice", "user.slice"):
                path = os.path.join(top, name)
                if name == self.id and os.path.isdir(path):
                    yield path
                elif os.path.isdir(path):
                    yield from (e.path for e in os.scandir(path) if self.id in e.name)

    def left(self):
        found = ["process %d" % pid for pid in self.children()]
        if os.path.isdir(self.root):
            found += ["state " + n for n in os.listdir(self.root) if not n.startswith(".")]
        with open("/proc/self/mountinfo", encoding="utf-8", errors="replace") as f:
            found += ["mount " + line.split()[4] for line in f if self.top in line]
        return found + ["cgroup " + path for path in self.cgroups()]

    def left_after(self, seconds):
        end = time.monotonic() + seconds
        while True:
            found = self.left()
            if not found or time.monotonic() > end:
                return found
            time.sleep(0.02)

    def sweep(self):
        for pid in list(self.children()):
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.1)
        list(self.children())
        with open("/proc/self/mountinfo", encoding="utf-8", errors="replace") as f:
            for path in sorted((line.split()[4] for line in f if self.top in line), reverse=True):
                subprocess.run(["umount", "-l", path], check=False)
        for path in list(self.cgroups()):
            subprocess.run(["find", path, "-depth", "-type", "d", "-exec", "rmdir", "{}", ";"], stderr=subprocess.DEVNULL, check=False)
        shutil.rmtree(self.root, ignore_errors=True)

    # --- the verdict ---

    def faults(self):
        """What hezi's log names: pointers, and how many error objects there are."""
        with open(self.log, encoding="utf-8") as f:
            objects = [json.loads(line) for line in f]
        errors = [o for o in objects if o["level"] == "error"]
        pointers = {o.get("pointer", "") for o in errors}
        for o in errors:
            pointers |= {m.split(":", 1)[0] if not m.startswith("config.json") else m.split(" ")[1].rstrip(":") for m in o.get("more", [])}
            pointers |= {m.split(": ", 1)[0] for m in o.get("more", [])}
        return len(errors), pointers

    def judge_refusal(self, case, status, text):
        if self.kind != "hezi":
            return []
        wrong = [] if status == 1 else ["status %s, not 1" % status]
        count, pointers = self.faults()
        if count != 1:
            wrong.append("%d error objects in the log" % count)
        if "-" not in case.pointers and not pointers & set(case.pointers):
            wrong.append("names %s, expected one of %s" % (sorted(pointers), case.pointers))
        return wrong + (["said: " + text] if wrong else [])

    def judge(self, case):
        self.setup(case)
        status, text = self.call("create", "--bundle", self.bundle, self.id)
        wrong = []
        if status == 0:
            if case.verdict == "bad":
                wrong.append("was accepted")
            gone, said = self.call("delete", "--force", self.id)
            if gone != 0:
                wrong.append("delete --force: %s: %s" % (gone, said))
        elif not isinstance(status, int) or status < 0:
            wrong.append("create: %s: %s" % (status if isinstance(status, str) else "signal %d" % -status, text))
        elif case.verdict == "good":
            wrong.append("was refused: " + text)
        else:
            if not text.strip():
                wrong.append("refused without a word")
            wrong += self.judge_refusal(case, status, text)
        left = self.left_after(3)
        if left:
            wrong.append("left behind: " + ", ".join(left[:5]))
            self.call("delete", "--force", self.id)
            self.sweep()
        return wrong


def work(runtime, kind, number, cases, pipe):
    """A worker: every WORKERS-th case; one line of JSON for each."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    bench = Bench(runtime, kind, number)
    try:
        with os.fdopen(pipe, "w", encoding="utf-8") as out:
            for i in range(number, len(cases), WORKERS):
                case = cases[i]
                why = cannot(case)
                result = {"i": i, "skip": why} if why else {"i": i, "wrong": bench.judge(case)}
                out.write(json.dumps(result) + "\n")
    finally:
        bench.close()


def cannot(case):
    """Why this kernel cannot make the container of a good case; None when it can, as far as we know."""
    if case.on and case.on != ("v2" if V2 else "v1"):
        return "for cgroup " + case.on
    if case.verdict != "good":
        return None
    linux = json.loads(case.data).get("linux") or {}
    cpu = (linux.get("resources") or {}).get("cpu") or {}
    if any(n["type"] == "time" for n in linux.get("namespaces") or []) and not os.path.exists("/proc/self/ns/time"):
        return "a kernel without time namespaces"
    if linux.get("memoryPolicy") and not os.path.exists("/proc/self/numa_maps"):
        return "a kernel without NUMA"
    if (cpu.get("cpus") or cpu.get("mems")) and not CPUSET:
        return "a host without the cpuset controller"
    return None


def start_worker(runtime, kind, number, cases):
    r, w = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(r)
        try:
            work(runtime, kind, number, cases, w)
        except BaseException:  # the parent's copy of the stack must not run
            traceback.print_exc()
            sys.stderr.flush()
            os._exit(1)
        os._exit(0)
    os.close(w)
    return pid, os.fdopen(r, encoding="utf-8")


def report(case, number, result):
    name = "%s configs/%s: %s (%s)" % (case.row, case.name, case.verdict, case.why)
    if result is None:
        print("not ok %d - %s\n# no result: its worker ended" % (number, name))
    elif "skip" in result:
        print("ok %d - %s # SKIP %s" % (number, name, result["skip"]))
    elif result["wrong"]:
        print("not ok %d - %s" % (number, name))
        for line in "\n".join(result["wrong"]).splitlines()[:12]:
            print("# " + line[:400])
    else:
        print("ok %d - %s" % (number, name))
    return result is not None and not result.get("wrong")


def run(cases):
    runtime, kind = find_runtime()
    workers = [start_worker(runtime, kind, n, cases) for n in range(WORKERS)]
    results = {}
    for pid, pipe in workers:
        for line in pipe:
            result = json.loads(line)
            results[result["i"]] = result
        os.waitpid(pid, 0)
    print("TAP version 13")
    fine = [report(case, i + 1, results.get(i)) for i, case in enumerate(cases)]
    print("1..%d" % len(cases))
    return 0 if all(fine) else 1


def main(argv):
    cases = corpus.load()
    if argv[:1] == ["--show"]:
        sys.stdout.buffer.write(next(c.data for c in cases if c.name == argv[1]) + b"\n")
        return 0
    wanted = [a for a in argv if a != "--list"] or [os.environ.get("LIVE_ONLY", "")]
    cases = [c for c in cases if re.search(wanted[0], c.row + " " + c.name)]
    if "--list" in argv:
        for c in cases:
            print("%s\t%s\t%s\t%s\t%s" % (c.row, c.name, c.verdict, " ".join(c.pointers), c.why))
        return 0
    return run(cases)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
