# SPDX-License-Identifier: Apache-2.0
"""Boxes made of hostile bundles, and how they are judged; used by tests/security/rootfs.py."""
import argparse
import ctypes
import hashlib
import json
import multiprocessing
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time

LIMIT = 20  # seconds for one command
SECRET = "canary-of-the-host"
LIB = os.path.dirname(os.path.abspath(__file__))
RUNTIME = shutil.which(os.environ.get("RUNTIME") or os.path.join(LIB, "../../build/src/cli/hezi"))
RUNTIME = RUNTIME and os.path.realpath(RUNTIME)
RUN = os.environ.get("LIVE_RUN", "0")
TOOLS = "busybox sh cat echo grep ls pwd readlink stat touch true".split()

# What every program says about its surroundings. It reads no file of the image: that may be a fifo.
PROBE = r"""
if [ -e /proc/self/mountinfo ]; then
	while read -r a b c d e f; do echo "mount: $e $f"; done </proc/self/mountinfo
	for f in /proc/self/fd/*; do echo "fd: $f $(readlink "$f")"; done
fi
echo "cwd: $(pwd -P)"
"""


def write(path, text, mode=0o644):
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    os.chmod(path, mode)


def remove(path):
    try:
        mode = os.lstat(path).st_mode
    except OSError:
        return
    if stat.S_ISDIR(mode):
        shutil.rmtree(path)
    else:
        os.unlink(path)


def del_mounts(config, condition):
    config["mounts"] = [m for m in config["mounts"] if not condition(m["destination"])]


class Box:
    """A bundle, and what is expected of it. The case fills it."""

    def __init__(self, top, base, number):
        self.top = top
        self.host = top + "/host"  # the canaries
        self.dir = top + "/bundle"
        self.rootfs = self.dir + "/rootfs"
        self.id = f"hezi-test-{RUN}-{os.getpid()}-r{number}"
        self.must = None  # True: has to be created, False: must not
        self.terminal = False
        self.checks = []  # (what, function of the output)
        self.script = ""  # what the program does after PROBE
        os.mkdir(self.dir)
        for name in ("bin", "etc", "tmp", "proc", "sys", "dev", "root"):
            os.makedirs(self.rootfs + "/" + name)
        for name in TOOLS:
            os.link(base + "/busybox", self.rootfs + "/bin/" + name)
        write(self.rootfs + "/etc/group", "root:x:0:\n")
        write(self.rootfs + "/etc/passwd", "root:x:0:0::/root:/bin/sh\n")
        with open(LIB + "/base-config.json", encoding="utf-8") as f:
            self.config = json.loads(f.read().replace("@CGROUP@", "/" + self.id))
        # what costs time and has nothing to do with the rootfs
        linux = self.config["linux"]
        linux["namespaces"] = [n for n in linux["namespaces"] if n["type"] not in ("network", "uts")]
        del self.config["hostname"]
        del_mounts(self.config, lambda d: d == "/sys")

    def mount(self, destination, kind="tmpfs", source="case", options=()):
        self.config["mounts"].append({"destination": destination, "type": kind, "source": source,
                                      "options": list(options)})

    def finish(self):
        process = self.config["process"]
        if process["args"] == ["true"]:
            process["args"] = ["/bin/sh", "-c", PROBE + self.script]
        write(self.dir + "/config.json", json.dumps(self.config))


def look(top):
    """All that can be said of a tree."""
    said = {}
    for folder, names, files in os.walk(top):
        for name in [""] + names + files:
            path = os.path.join(folder, name)
            st = os.lstat(path)
            line = [st.st_mode, st.st_uid, st.st_gid, st.st_size, st.st_rdev, st.st_mtime_ns, st.st_ctime_ns]
            if stat.S_ISREG(st.st_mode):
                with open(path, "rb") as f:
                    line.append(hashlib.sha256(f.read()).hexdigest())
            said[path] = line
    return said


def look_at_machine():
    null = os.stat("/dev/null")
    names = [n for n in os.listdir("/dev") if not n.startswith("loop")]
    return {"/dev/null": [null.st_mode, null.st_uid, null.st_gid, null.st_rdev], "/dev": sorted(names),
            "/": sorted(os.listdir("/"))}


def tidy_machine(before, after):
    """What a runtime that is not safe made in / through a link to it."""
    for name in set(after["/"]) - set(before["/"]):
        mode = os.lstat("/" + name).st_mode
        if stat.S_ISLNK(mode) or stat.S_ISCHR(mode):
            os.unlink("/" + name)
        elif stat.S_ISDIR(mode) and not os.listdir("/" + name):
            os.rmdir("/" + name)


def make_host(top):
    host = top + "/host"
    os.makedirs(host + "/dir/inner")
    os.makedirs(top + "/volume")
    write(host + "/file", SECRET + "\n")
    write(host + "/dir/file", SECRET + "\n")
    write(host + "/dir/" + SECRET, "")
    write(host + "/dir/sh", f"#!/bin/sh\necho {SECRET}\n", 0o755)
    os.mkfifo(host + "/fifo")
    os.mknod(host + "/null", stat.S_IFCHR | 0o640, os.makedev(1, 3))
    write(top + "/volume/file", "volume\n")


def cgroup_roots():
    top = "/sys/fs/cgroup"
    return [top] + [os.path.join(top, n) for n in os.listdir(top) if os.path.isdir(os.path.join(top, n))]


def reap(seconds):
    """Reap all children. False: one still lives after that time."""
    end = time.monotonic() + seconds
    try:
        while os.waitpid(-1, os.WNOHANG)[0] or time.monotonic() < end:
            time.sleep(0.001)
    except ChildProcessError:
        return True
    with open(f"/proc/self/task/{os.getpid()}/children", encoding="ascii") as f:
        for pid in f.read().split():
            os.kill(int(pid), signal.SIGKILL)
            os.waitpid(int(pid), 0)
    return False


class Worker:
    """Runs one case after the other in a folder of its own."""

    def __init__(self, top, base, keep, build):
        self.top, self.base, self.keep, self.build = top, base, keep, build
        self.root = top + "/root"
        self.number = 0
        os.mkdir(top)
        make_host(top)
        self.cgroups = cgroup_roots()
        # the containers become our children when create ends
        ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER

    def call(self, *words):
        """(status, what it printed); None: it ran out of time."""
        with open(self.top + "/out", "wb") as out:
            child = subprocess.Popen([RUNTIME, "--root", self.root, *words], stdin=subprocess.DEVNULL,
                                     stdout=out, stderr=out, cwd=self.top, start_new_session=True)
            try:
                status = child.wait(LIMIT)
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()
                status = None
        return status, self.printed()

    def printed(self):
        with open(self.top + "/out", "rb") as f:
            return f.read(1 << 20).decode("utf-8", "replace")

    def create(self, box):
        words = ["create", "--bundle", box.dir, "--pid-file", self.top + "/pid"]
        if not box.terminal:
            return self.call(*words, box.id)
        with socket.socket(socket.AF_UNIX) as s:
            s.bind(self.top + "/tty")
            s.listen(1)
            answer = self.call(*words, "--console-socket", self.top + "/tty", box.id)
        os.unlink(self.top + "/tty")
        return answer

    def live(self, box):
        """Create, start, wait, delete: the faults that it showed, and what create said."""
        faults = []
        status, told = self.create(box)
        if status is None:
            faults.append("create ran out of time")
        elif status not in (0, 1):
            faults.append(f"create ended with status {status}")
        if status and not told.strip():
            faults.append("create failed without a word")
        if status and box.must is True:
            faults.append("create failed")
        if status == 0 and box.must is False:
            faults.append("create succeeded")
        if SECRET in told:
            faults.append("create told a canary")
        if status == 0:
            faults += self.start(box, len(told))
        return faults, told.strip()

    def start(self, box, before):
        """The program prints to the file that create had, behind what create itself said. A container whose
        start failed may be gone already."""
        faults = []
        with open(self.top + "/pid", encoding="ascii") as f:
            pid = int(f.read())
        os.rename(self.top + "/out", self.top + "/program")
        started = self.call("start", box.id)[0]
        if started is None:
            faults.append("start ran out of time")
        end = time.monotonic() + LIMIT
        while os.waitpid(pid, os.WNOHANG)[0] != pid:
            if time.monotonic() > end:
                return faults + ["the program did not end"]
            time.sleep(0.001)
        with open(self.top + "/program", "rb") as f:
            said = f.read(1 << 20).decode("utf-8", "replace")[before:]
        if SECRET in said:
            faults.append("the program saw a canary: " + said[-1000:])
        if started == 0 and not box.terminal:
            faults += [f"not so: {what}: {said[-1000:]}" for what, check in box.checks if not check(said)]
        status, said = self.call("delete", box.id)
        if status is None or (status and not started):
            faults.append(f"delete ended with status {status}: {said[:300]}")
        return faults

    def left(self, box):
        faults = []
        self.call("delete", "--force", box.id)
        if not reap(3):
            faults.append("a process is left")
        with open("/proc/self/mountinfo", encoding="utf-8", errors="replace") as f:
            if self.top + "/" in f.read():
                faults.append("a mount is left")
        if os.path.isdir(self.root) and [n for n in os.listdir(self.root) if not n.startswith(".")]:
            faults.append(f"state is left: {os.listdir(self.root)}")
        faults += [f"a cgroup is left: {g}/{box.id}" for g in self.cgroups if os.path.exists(f"{g}/{box.id}")]
        return faults

    def run(self, name):
        self.number += 1
        box = Box(self.top, self.base, self.number)
        self.build(box, name)
        box.finish()
        before = {**look(box.host), **look_at_machine()}
        faults, told = self.live(box)
        faults += self.left(box)
        after = {**look(box.host), **look_at_machine()}
        for key in sorted(before.keys() | after.keys()):
            if before.get(key) != after.get(key):
                faults.append(f"on the host {key} was {before.get(key)} and is {after.get(key)}")
        tidy_machine(before, after)
        if self.keep and faults:
            os.rename(box.dir, f"{self.top}/kept-{self.number}")
            faults.append(f"kept in {self.top}/kept-{self.number}")
        else:
            remove(box.dir)
        return name, faults, told


WORKER = None


def begin(top, base, keep, build):
    global WORKER
    os.umask(0o022)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    WORKER = Worker(f"{top}/w{os.getpid()}", base, keep, build)


def work(name):
    try:
        return WORKER.run(name)
    except Exception as fault:  # pylint: disable=broad-except
        remove(WORKER.top + "/bundle")
        return name, [f"the test itself: {type(fault).__name__}: {fault}"], ""


def show(number, answer, told_too):
    name, faults, told = answer
    print(f"{'not ok' if faults else 'ok'} {number} - {name.encode('unicode_escape').decode()}")
    for line in faults + ([f"create said: {told}"] if told and (faults or told_too) else []):
        print("\n".join("# " + part for part in line[:1500].splitlines()))
    sys.stdout.flush()
    return not faults


def main(doc, names, build):
    parser = argparse.ArgumentParser(usage=doc.split("usage: ", 1)[1])
    parser.add_argument("-j", type=int, default=2)
    parser.add_argument("-l", action="store_true")
    parser.add_argument("-k", action="store_true")
    parser.add_argument("-v", action="store_true")
    parser.add_argument("regex", nargs="?", default=os.environ.get("LIVE_ONLY", ""))
    options = parser.parse_args()
    names = [n for n in names if re.search(options.regex, n)]
    if options.l:
        print("\n".join(names))
        return 0
    print("TAP version 13")
    busybox = shutil.which("busybox")
    if os.getuid() != 0 or not RUNTIME or not busybox or not names:
        print(f"1..0 # SKIP needs root, busybox, a runtime ({RUNTIME or 'none'}) and a case")
        return 0
    top = tempfile.mkdtemp(prefix=f"hezi-live.{RUN}.")
    os.chmod(top, 0o755)
    shutil.copyfile(busybox, top + "/busybox")
    os.chmod(top + "/busybox", 0o755)
    bad = 0
    try:
        with multiprocessing.Pool(options.j, begin, (top, top, options.k, build)) as pool:
            for number, answer in enumerate(pool.imap(work, names, chunksize=4), 1):
                bad += not show(number, answer, options.v)
            pool.close()
            pool.join()
    finally:
        if not (options.k and bad):
            shutil.rmtree(top, ignore_errors=True)
    print(f"1..{len(names)}")
    return 1 if bad else 0
