# SPDX-License-Identifier: Apache-2.0
"""process, and hostname and domainname."""
from cases import DROP, bad, each, good

RLIMITS = ("AS CORE CPU DATA FSIZE LOCKS MEMLOCK MSGQUEUE NICE NOFILE NPROC RSS RTPRIO RTTIME SIGPENDING STACK").split()


def add():
    program()
    user()
    limits()
    capabilities()
    scheduling()
    names()


def program():
    p = "/process/"
    bad("process-no-cwd", "required", (p + "cwd", DROP))
    each(bad, "cwd", "absolute", p + "cwd", ["", ".", "tmp", "../", "./tmp"])
    each(good, "cwd", "absolute", p + "cwd", ["/tmp", "/tmp/", "//tmp", "/tmp/../bin"])
    bad("args-missing", "at least one entry", (p + "args", DROP))
    bad("args-empty", "at least one entry", (p + "args", []))
    bad("args-empty-string", "no such program", (p + "args", [""]))
    each(bad, "args-program", "create fails for a program that cannot be run (as runc)", p + "args/0",
         ["nosuchprogram", "/nosuchprogram", "/etc", "/bin", "./sleep", "bin/../sleep"])
    each(good, "args-program", "execvp's file", p + "args/0", ["sleep", "/bin/sleep", "bin/sleep", "./bin/sleep"])
    bad("args-type", "strings", (p + "args/1", 60))
    bad("env-type", "strings", (p + "env/1", 1))
    good("env-none", "optional", (p + "args/0", "/bin/sleep"), (p + "env", DROP))
    good("env-empty", "may be empty", (p + "args/0", "/bin/sleep"), (p + "env", []))
    good("env-twice", "as given", (p + "env", ["PATH=/bin", "A=1", "A=2"]))
    good("env-empty-value", "environ", (p + "env", ["PATH=/bin", "A="]))
    good("env-long", "environ", (p + "env", ["PATH=/bin", "A=" + "x" * 100000]))
    good("env-many", "environ", (p + "env", ["PATH=/bin"] + [f"A{i}=x" for i in range(3000)]))
    good("args-many", "execve", (p + "args", ["sleep", "60"] + ["0"] * 3000))
    good("console-size-no-terminal", "ignored", (p + "consoleSize", {"height": 1, "width": 1}))
    bad("terminal-no-socket", "create needs --console-socket for a terminal", (p + "terminal", True), at=["console socket"])
    each(bad, "oom", "-1000 … 1000", p + "oomScoreAdj", [-1001, 1001, 100000, 1.5, "1"])
    each(good, "oom", "-1000 … 1000", p + "oomScoreAdj", [0, 500, 1000])


def user():
    u = "/process/user/"
    for key in ("uid", "gid"):
        each(bad, key, "uint32, and not the invalid id", u + key, [-1, 4294967295, 4294967296, 2**63, 2**64, 0.5, "0", "root"])
        each(good, key, "any id without a user namespace", u + key, [0, 1, 1000, 65534, 65536, 4294967294])
    each(bad, "additional-gid", "uint32", u + "additionalGids", [[-1], ["1"], [4294967296], [1.5], {"0": 1}, 5])
    each(good, "additional-gid", "ids", u + "additionalGids", [[], [0], [5, 6, 7], [5, 5], list(range(100, 400))])
    each(good, "umask", "a mode", u + "umask", [0, 18, 63, 511])
    each(bad, "umask", "a mode", u + "umask", [-1, "022", 4294967296])
    good("username", "of other platforms", (u + "username", "who"))


def limits():
    r = "/process/rlimits"
    for name in RLIMITS:
        good(f"rlimit-{name.lower()}", "getrlimit(2)", (r, [{"type": "RLIMIT_" + name, "soft": 0 if name in ("NICE", "RTPRIO", "CORE", "MSGQUEUE", "LOCKS") else 2**40 if name not in ("NOFILE", "NPROC", "MEMLOCK", "SIGPENDING", "CPU", "RTTIME", "RSS") else 100,
                                                         "hard": 0 if name in ("NICE", "RTPRIO", "CORE", "MSGQUEUE", "LOCKS") else 2**40 if name not in ("NOFILE", "NPROC", "MEMLOCK", "SIGPENDING", "CPU", "RTTIME", "RSS") else 200}]))
    each(bad, "rlimit-type", "err for names that map to nothing", r + "/0/type", ["", "NOFILE", "RLIMIT_", "rlimit_nofile", "RLIMIT_FOO", "RLIMIT_NOFILE "])
    for key in ("type", "soft", "hard"):
        bad(f"rlimit-no-{key}", "required", (f"{r}/0/{key}", DROP))
    each(bad, "rlimit-soft", "uint64", r + "/0/soft", [-1, "256", 1.5, 2**64])
    bad("rlimit-soft-above-hard", "setrlimit refuses it", (r + "/0/soft", 513))
    bad("rlimit-twice", "duplicates are an error", (r + "/-", {"type": "RLIMIT_NOFILE", "soft": 1, "hard": 2}), at=[r + "/1"])
    good("rlimits-empty", "none", (r, []))


def capabilities():
    c = "/process/capabilities"
    good("caps-none", "optional", (c, DROP))
    good("caps-empty", "all sets empty", (c, {}))
    good("caps-null-set", "encoders in Go write null", (c + "/ambient", None))
    each(good, "caps-unknown", "a warning, not an error", c + "/bounding", [["CAP_NOSUCH"], ["CAP_KILL", "kill"], [""]],
         (c + "/effective", []), (c + "/permitted", []))
    each(bad, "caps-type", "arrays of strings", c + "/bounding", ["CAP_KILL", {"CAP_KILL": True}, [1], [None]])
    every = ["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID", "CAP_SETUID", "CAP_SETPCAP",
             "CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT", "CAP_AUDIT_WRITE", "CAP_SETFCAP"]
    good("caps-many", "capabilities(7)", (c, {s: every for s in ("bounding", "effective", "permitted", "inheritable", "ambient")}))
    good("caps-twice", "a set", (c + "/bounding", ["CAP_KILL", "CAP_KILL", "CAP_CHOWN"]))


def scheduling():
    p = "/process/"
    each(bad, "io-class", "three classes", p + "ioPriority", [{"class": "IOPRIO_CLASS_FOO", "priority": 0}, {"class": "", "priority": 0},
                                                            {"class": "IOPRIO_CLASS_BE", "priority": 8},
                                                            {"class": "IOPRIO_CLASS_BE", "priority": -1}, {"priority": 1}])
    good("io-be", "ioprio_set(2)", (p + "ioPriority", {"class": "IOPRIO_CLASS_BE", "priority": 7}))
    good("io-idle", "ioprio_set(2)", (p + "ioPriority", {"class": "IOPRIO_CLASS_IDLE", "priority": 0}))
    each(bad, "scheduler", "sched_setattr(2)", p + "scheduler", [
        {"policy": "SCHED_FOO"}, {}, {"nice": 5}, {"policy": "SCHED_OTHER", "nice": 20}, {"policy": "SCHED_OTHER", "nice": -21},
        {"policy": "SCHED_OTHER", "priority": 5}, {"policy": "SCHED_FIFO", "priority": 100}, {"policy": "SCHED_FIFO", "priority": -1},
        {"policy": "SCHED_OTHER", "flags": ["SCHED_FLAG_FOO"]}, {"policy": "SCHED_DEADLINE"},
        {"policy": "SCHED_DEADLINE", "runtime": 10, "deadline": 5, "period": 1}, {"policy": "SCHED_OTHER", "runtime": 10}])
    each(good, "scheduler", "sched_setattr(2)", p + "scheduler", [
        {"policy": "SCHED_OTHER", "nice": 5}, {"policy": "SCHED_BATCH", "nice": 19}, {"policy": "SCHED_IDLE"},
        {"policy": "SCHED_OTHER", "flags": ["SCHED_FLAG_RESET_ON_FORK"]}])
    each(bad, "affinity", "CPU list", p + "execCPUAffinity/initial", ["a", "0-", "-1", "1-0", "0,,1", "0 1", "0-1-2", "99999999999"])
    each(good, "affinity", "CPU list", p + "execCPUAffinity/initial", ["0", "0-1", "0,1"])


def names():
    good("hostname-none", "optional", ("/hostname", DROP))
    good("hostname-64", "as long as the kernel takes", ("/hostname", "h" * 64))
    bad("hostname-65", "longer than the kernel takes", ("/hostname", "h" * 65))
    bad("hostname-no-uts", "it would be the host's", ("/hostname", "x"), ("/linux/namespaces/2", DROP))
    good("domainname", "1.1", ("/domainname", "example.org"))
    bad("domainname-65", "longer than the kernel takes", ("/domainname", "h" * 65))
    bad("domainname-no-uts", "it would be the host's", ("/domainname", "x"), ("/hostname", DROP), ("/linux/namespaces/2", DROP))
