# SPDX-License-Identifier: Apache-2.0
"""Cases of the top level, root, process and hooks (config.md)."""
from .corpus import bad, bads, free, frees, good, goods, user_namespace

M32 = 2 ** 32 - 1
LONG = "x" * 5000

# --- versions, annotations, platforms ---------------------------------------------------------
bads("VE-1", "version", "/ociVersion", ["abc", "v1.0.2", "1", "1.0", "1.0.0.0", "1.0.x", "01.0.0", "1.00.0", "1.0.0-", "1.0.0+", "1.0.0-01",
     "1.0.0-a..b", "1.0.0 ", " 1.0.0", "1,0,0", "1.0.0_rc", "-1.0.0", "1.0.0+a+b", "1.0.0-ü", "٠.٠.٠"], "not a SemVer 2.0.0 version")
bads("VE-2", "version-later", "/ociVersion", ["2.0.0", "99.0.0", "2.0.0-rc.1", "1000000000000000000000.0.0"],
     "another major version: not compatible")
goods("VE-2", "version-fine", "/ociVersion", ["1.0.0", "1.0.2-dev", "1.1.0-rc.3", "1.2.1", "1.3.0", "1.3.0-rc.1+build.5", "1.0.2+dev", "1.99.0",
      "1.0.0-alpha-b.7"], "any 1.x is fit for a runtime of 1.x")
frees("VE-2", "version-before-1", "/ociVersion", ["0.1.0", "0.9.9"], "before 1.0 nothing is promised")
goods("AN-1", "annotations", "/annotations", [{}, {"a": ""}, {"a": LONG}, {"org.example.ü": "ü"}, {"a/b": "x", "a~b": "y"}, {" ": " "},
      {"k%03d" % i: "v" for i in range(500)}], "a map of strings, empty or not")
good("AN-1", "annotations-null", {"/annotations": None}, "null is what Go's encoder writes for an absent map")
bads("AN-2", "annotation-empty-key", "/annotations/", ["", "v"], "keys must not be empty", at="/annotations/ /annotations")
bads("AN-3", "annotation-value", "/annotations/a", [1, 0, True, None, {}, [], ["x"], 1.5], "values must be strings")
goods("AN-4", "annotation-image", "/annotations", [{"org.opencontainers.image.os": "linux"}, {"org.opencontainers.image.stopSignal": "SIGTERM"},
      {"org.opencontainers.image.created": "not a date"}], "image keys are passed on, not judged")
goods("EX-4", "platform", "/windows", [{}, {"layerFolders": ["C:\\\\a"]}, {"nonsense": [1, {"a": None}]}], "other platforms' objects are ignored")
for platform in ("vm", "solaris", "zos", "freebsd"):
    goods("EX-4", "platform-" + platform, "/" + platform, [{}, {"kernel": {"path": 7}}, {"a": [[]]}], "other platforms' objects are ignored")
goods("EX-5", "windows-command-line", "/process/commandLine", ["", "cmd /c dir", LONG], "Windows only")
goods("EX-5", "windows-username", "/process/user/username", ["", "root", "nobody at all"], "Windows only")
goods("EX-1", "unknown", "/x-vendor", [1, None, "", [], {}, [[[]]], {"a": {"b": [1, None]}}, 1.5, 1e300], "unknown properties are ignored")
goods("EX-1", "unknown-near", "/hostName", ["box", 7], "names are taken as they are written: this one is unknown")

# --- root -----------------------------------------------------------------------------------------
bad("RO-1", "root-absent", "/root -", {"-/root": 0}, "root is required on Linux")
bads("RO-1", "root-wrong", "/root", [None, [], "rootfs", 1], "root is an object", at="/root -")
bads("RO-3", "root-path", "/root/path", ["", "missing", "/nonexistent/rootfs", "config.json", "/dev/null", "rootfs/bin/busybox", "rootfs/etc/passwd/x",
     "x" * 300, "a/" * 3000], "no directory there")
goods("RO-2", "root-path-good", "/root/path", ["./rootfs", "rootfs/", "rootfs/.", "rootfs//", "rootfs/../rootfs", "./././rootfs"], "a relative path to a directory")
goods("RO-4", "root-readonly", "/root/readonly", [True, False], "a boolean")

# --- process -----------------------------------------------------------------------------------------
bads("PR-4", "cwd", "/process/cwd", ["", ".", "./", "..", "a", "tmp/", "~", "C:\\\\", " /tmp"], "cwd is absolute")
bads("PR-4", "cwd-file", "/process/cwd", ["/etc/passwd", "/etc/passwd/x"], "cwd is no directory", at="-")
bads("PR-4", "cwd-long", "/process/cwd", ["/" + "x" * 256, "/x" * 2100], "longer than the kernel takes", at="-")
goods("PR-4", "cwd-good", "/process/cwd", ["/", "//", "/tmp", "/tmp/", "/tmp/.", "/tmp/../etc", "/./tmp", "/home/u"], "absolute")
frees("PR-4", "cwd-made", "/process/cwd", ["/not/there/yet"], "whether a missing folder is made is not said")
bad("PR-6", "args-absent", "/process /process/args", {"-/process/args": 0}, "args is required on Linux")
bads("PR-6", "args", "/process/args", [[], None], "at least one entry", at="/process/args /process")
bads("PR-6", "args-not-found", "/process/args", [[""], ["nonexistent"], ["/nonexistent"], ["./nonexistent"], ["/etc/passwd"], ["/bin"],
     ["bin/../true"], ["x" * 300]], "no program to execute", at="-")
goods("PR-6", "args-good", "/process/args", [["true", ""], ["/bin/true"], ["bin/true"], ["./bin/true"], ["true"] + ["a"] * 3000, ["true", "x" * 100000], ["true", "\n\t\\\""],
      ["true", "ü", "\U0001F4E6"]], "any strings")
goods("PR-5", "env", "/process/env", [[], None, ["A="], ["A=="], ["A=b=c"], ["PATH=/bin", "PATH=/sbin:/bin"], ["PATH=/bin", "ü=ü"],
      ["A b=c"], ["PATH=/bin", "E=" + "x" * 100000], ["%d=x" % i for i in range(2000)]], "names and values",
      more={"/process/args": ["/bin/true"]})
bads("PR-5", "env-bad", "/process/env/0", ["", "A", "=", "=x"], "an entry is NAME=value, as in environ(7)")
goods("PR-12", "nnp", "/process/noNewPrivileges", [True, False], "a boolean")
goods("PR-2", "terminal-false", "/process/terminal", [False], "the default")
bad("PR-2", "terminal-without-socket", "-", {"/process/terminal": True}, "create of a terminal needs a console socket")
goods("PR-3", "console-size", "/process/consoleSize", [{"height": 0, "width": 0}, {"height": 65535, "width": 65535}, {"height": 24, "width": 80},
      None], "ignored without a terminal")
bads("PR-3", "console-size-part", "/process/consoleSize", [{"height": 1}, {"width": 1}, {}], "height and width are required",
     at="/process/consoleSize /process/consoleSize/height /process/consoleSize/width")
bads("PR-3", "console-height", "/process/consoleSize", [{"height": -1, "width": 80}, {"height": 1.5, "width": 80}, {"height": "24", "width": 80}],
     "not an unsigned integer", at="/process/consoleSize/height")

LIMITS = "CORE CPU DATA FSIZE LOCKS MEMLOCK MSGQUEUE NICE NOFILE NPROC RSS RTPRIO RTTIME SIGPENDING STACK".split()
for n in LIMITS:
    size = {"MEMLOCK": 4096, "NPROC": 1000, "NOFILE": 512}.get(n, 0 if n in ("NICE", "RTPRIO", "MSGQUEUE", "SIGPENDING") else 1 << 30)
    good("PR-7", "rlimit-" + n, {"/process/rlimits": [{"type": "RLIMIT_" + n, "soft": size, "hard": size}]}, "a limit of getrlimit(2)")
good("PR-7", "rlimit-as", {"/process/rlimits": [{"type": "RLIMIT_AS", "soft": 1 << 40, "hard": 1 << 40}]}, "a limit of getrlimit(2)")
good("PR-8", "rlimit-zero", {"/process/rlimits": [{"type": "RLIMIT_CORE", "soft": 0, "hard": 0}]}, "zero is a limit")
good("PR-8", "rlimit-max", {"/process/rlimits": [{"type": "RLIMIT_CORE", "soft": 2 ** 64 - 1, "hard": 2 ** 64 - 1}]}, "RLIM_INFINITY")
goods("PR-7", "rlimits", "/process/rlimits", [[], None], "none")
bads("PR-7", "rlimit-unknown", "/process/rlimits/0", [{"type": t, "soft": 1, "hard": 1} for t in ("", "NOFILE", "rlimit_nofile", "RLIMIT_NOFILES",
     "RLIMIT_", "RLIMIT_nofile", "RLIMIT_NOFILE ", "7", "RLIMIT_OFILE2")], "no such limit", at="/process/rlimits/0/type")
bads("PR-8", "rlimit-part", "/process/rlimits/0", [{"type": "RLIMIT_CORE"}, {"type": "RLIMIT_CORE", "soft": 1}, {"type": "RLIMIT_CORE", "hard": 1},
     {"soft": 1, "hard": 1}, {}], "type, soft and hard are required",
     at="/process/rlimits/0 /process/rlimits/0/soft /process/rlimits/0/hard /process/rlimits/0/type")
bads("PR-8", "rlimit-number", "/process/rlimits/0", [{"type": "RLIMIT_CORE", "soft": -1, "hard": 5}, {"type": "RLIMIT_CORE", "soft": "1", "hard": 5},
     {"type": "RLIMIT_CORE", "soft": 1.5, "hard": 5}, {"type": "RLIMIT_CORE", "soft": 2 ** 64, "hard": 5}], "not an unsigned 64-bit integer",
     at="/process/rlimits/0/soft")
bad("PR-8", "rlimit-crossed", "/process/rlimits/0/soft /process/rlimits/0", {"/process/rlimits": [{"type": "RLIMIT_CORE", "soft": 6, "hard": 5}]},
    "the soft limit is above the hard one")
for n in ("NOFILE", "CORE"):
    bad("PR-9", "rlimit-dup-" + n, "/process/rlimits/1/type /process/rlimits/1", {"/process/rlimits": [{"type": "RLIMIT_" + n, "soft": 64, "hard": 128}] * 2},
        "a type that is there twice")
bad("PR-9", "rlimit-dup-apart", "/process/rlimits/2/type /process/rlimits/2", {"/process/rlimits": [
    {"type": "RLIMIT_CORE", "soft": 0, "hard": 0}, {"type": "RLIMIT_NOFILE", "soft": 64, "hard": 64}, {"type": "RLIMIT_CORE", "soft": 5, "hard": 5}]},
    "a type that is there twice")

for kind in ("bounding", "effective", "inheritable", "permitted", "ambient"):
    good("PR-11", "cap-unknown-" + kind, {"/process/capabilities/" + kind: ["CAP_KILL", "CAP_NONSENSE"] if kind in ("bounding", "permitted", "effective")
         else ["CAP_NONSENSE"]}, "a name that maps to nothing: warn, go on")
    good("PR-10", "cap-empty-" + kind, {"/process/capabilities": {kind: []}}, "an empty set")
    bads("PR-10", "cap-type-" + kind, "/process/capabilities/" + kind, [[7], ["CAP_KILL", None], "CAP_KILL", {}], "a list of names",
         at="/process/capabilities/%s /process/capabilities/%s/0 /process/capabilities/%s/1" % (kind, kind, kind))
goods("PR-10", "caps", "/process/capabilities", [{}, None], "no capabilities")
goods("PR-11", "cap-word", "/process/capabilities/bounding", [["kill"], [""], ["CAP_"], ["cap_kill"], ["CAP_KILL", "CAP_KILL"], ["ALL"]],
      "a name that maps to nothing: warn, go on", more={"-/process/capabilities/effective": 0, "-/process/capabilities/permitted": 0})
EVERY = ["CAP_" + c for c in "CHOWN DAC_OVERRIDE FOWNER FSETID KILL SETGID SETUID SETPCAP NET_BIND_SERVICE SYS_CHROOT AUDIT_WRITE SETFCAP".split()]
good("PR-10", "caps-many", {"/process/capabilities": {s: EVERY for s in ("bounding", "effective", "permitted", "inheritable", "ambient")}}, "all five sets")
good("PR-10", "caps-null-set", {"/process/capabilities/ambient": None}, "null is what Go's encoder writes for an absent list")
good("PR-11", "cap-ambient-alone", {"/process/capabilities/ambient": ["CAP_KILL"]}, "cannot be granted (not inheritable): warn, go on")
good("PR-11", "cap-effective-not-permitted", {"/process/capabilities": {"effective": ["CAP_KILL"], "bounding": ["CAP_KILL"]}}, "cannot be granted: warn, go on")

goods("PR-13", "oom", "/process/oomScoreAdj", [0, 1, 1000], "the kernel's range")
frees("PR-13", "oom-low", "/process/oomScoreAdj", [-1000, -1], "below the caller's own it needs CAP_SYS_RESOURCE")
bads("PR-13", "oom-bad", "/process/oomScoreAdj", [-1001, 1001, 2 ** 31, -2 ** 31 - 1, 0.5, "0", True], "beyond the kernel's range")
bads("PR-14", "apparmor-missing", "/process/apparmorProfile", ["no-such-profile", "unconfined-not", "/no/such"],
     "a profile that is not loaded, or a host without AppArmor", at="/process/apparmorProfile -")
good("PR-14", "apparmor-empty", {"/process/apparmorProfile": ""}, "none")
good("PR-15", "selinux-empty", {"/process/selinuxLabel": ""}, "none")
bads("PR-15", "selinux", "/process/selinuxLabel", ["nonsense", "system_u:system_r:container_t:s0"], "SELinux is off here", at="/process/selinuxLabel -")

POLICIES = ("SCHED_OTHER", "SCHED_BATCH", "SCHED_IDLE")
goods("PR-16", "sched", "/process/scheduler", [{"policy": p} for p in POLICIES] + [{"policy": "SCHED_OTHER", "nice": n} for n in (-20, 0, 19)]
      + [{"policy": "SCHED_BATCH", "nice": 5}, {"policy": "SCHED_OTHER", "flags": []}, {"policy": "SCHED_OTHER", "flags": ["SCHED_FLAG_RESET_ON_FORK"]}],
      "one of the policies, with what belongs to it")
frees("PR-16", "sched-rt", "/process/scheduler", [{"policy": "SCHED_FIFO", "priority": 1}, {"policy": "SCHED_RR", "priority": 99}], "needs a real-time budget of the cgroup")
bads("PR-17", "sched-policy", "/process/scheduler", [{"policy": p} for p in ("", "OTHER", "sched_other", "SCHED_NORMAL2", "SCHED_FOO", "SCHED_ISO", "FIFO")],
     "no such policy", at="/process/scheduler/policy")
bads("PR-17", "sched-policy-absent", "/process/scheduler", [{}, {"nice": 5}, {"priority": 5}], "policy is required",
     at="/process/scheduler /process/scheduler/policy")
bads("PR-17", "sched-flag", "/process/scheduler", [{"policy": "SCHED_OTHER", "flags": f} for f in (["NONSENSE"], [""], ["RESET_ON_FORK"],
     ["SCHED_FLAG_RESET_ON_FORK", "SCHED_FLAG_X"], [1], "SCHED_FLAG_RESET_ON_FORK")], "no such flag",
     at="/process/scheduler/flags /process/scheduler/flags/0 /process/scheduler/flags/1")
bads("PR-17", "sched-nice", "/process/scheduler", [{"policy": "SCHED_OTHER", "nice": n} for n in (-21, 20, 40, 2 ** 31, "1", 1.5)],
     "nice is -20 to 19", at="/process/scheduler/nice")
bads("PR-17", "sched-prio", "/process/scheduler", [{"policy": "SCHED_FIFO"}, {"policy": "SCHED_FIFO", "priority": 0}, {"policy": "SCHED_FIFO", "priority": 100},
     {"policy": "SCHED_RR", "priority": -1}, {"policy": "SCHED_OTHER", "priority": 1}, {"policy": "SCHED_BATCH", "priority": 99},
     {"policy": "SCHED_IDLE", "priority": 5}, {"policy": "SCHED_RR", "priority": 2 ** 31}], "the priority does not fit the policy",
     at="/process/scheduler/priority /process/scheduler /process/scheduler/policy")
bads("PR-17", "sched-deadline", "/process/scheduler", [{"policy": "SCHED_DEADLINE"}, {"policy": "SCHED_DEADLINE", "runtime": 10 ** 6},
     {"policy": "SCHED_DEADLINE", "runtime": 2 * 10 ** 6, "deadline": 10 ** 6}, {"policy": "SCHED_DEADLINE", "runtime": 10 ** 6, "deadline": 3 * 10 ** 6,
     "period": 2 * 10 ** 6}, {"policy": "SCHED_OTHER", "runtime": 10 ** 6}, {"policy": "SCHED_OTHER", "deadline": 10 ** 6},
     {"policy": "SCHED_FIFO", "priority": 5, "period": 10 ** 6}], "runtime <= deadline <= period, with SCHED_DEADLINE only", at="-")

goods("PR-18", "ioprio", "/process/ioPriority", [{"class": "IOPRIO_CLASS_BE", "priority": p} for p in (0, 4, 7)] + [{"class": "IOPRIO_CLASS_RT", "priority": 0},
      {"class": "IOPRIO_CLASS_IDLE", "priority": 0}], "a class and 0 to 7")
bads("PR-18", "ioprio-priority", "/process/ioPriority", [{"class": "IOPRIO_CLASS_BE", "priority": p} for p in (8, -1, 100, 2 ** 31, 1.5, "4")],
     "the priority is 0 to 7", at="/process/ioPriority/priority")
bads("PR-18", "ioprio-class", "/process/ioPriority", [{"class": c, "priority": 4} for c in ("", "BE", "ioprio_class_be", "IOPRIO_CLASS_NONE2", "IOPRIO_CLASS_X")],
     "no such class", at="/process/ioPriority/class")
bads("PR-18", "ioprio-class-absent", "/process/ioPriority", [{"priority": 4}, {}], "class is required", at="/process/ioPriority /process/ioPriority/class")
goods("PR-19", "affinity", "/process/execCPUAffinity", [{}, {"initial": "0"}, {"final": "0"}, {"initial": "0-1", "final": "1"}, {"initial": "0,1"}, {"initial": "0,,1"}, {"final": "1024-8191"}, {"final": ""}],
      "a list of CPUs, for exec only")
bads("PR-19", "affinity-bad", "/process/execCPUAffinity/initial", ["x", "1-", "-1", "1-0", "0;1", "a-b", "0x1", "1--2", ",", "0 1", "0-1-2", "99999999999"], "not a list of CPUs")
bads("PR-19", "affinity-final", "/process/execCPUAffinity/final", ["nonsense", "3-1", "0,,x", "-", "1.5"], "not a list of CPUs")

for key in ("uid", "gid"):
    goods("PR-20", "num-" + key, "/process/user/" + key, [0, 1, 1000, 65534, 2 ** 31 - 1, 2 ** 31, M32 - 1], "an unsigned 32-bit integer")
    bads("PR-20", "num-%s-bad" % key, "/process/user/" + key, [-1, M32 + 1, 2 ** 63, 1.5, 1e3, "0", "root", True, [0], {}], "not an unsigned 32-bit integer")
    bad("PR-20", "num-%s-minus-one" % key, "/process/user/" + key, {"/process/user/" + key: M32}, "4294967295 is (id_t)-1, which the kernel takes for no change")
goods("PR-20", "user", "/process/user", [{"uid": 0, "gid": 0}, {"uid": 5, "gid": 6, "additionalGids": []}], "numbers")
bads("PR-20", "user-type", "/process/user", [[], "root", 0, "0:0"], "an object")
goods("PR-21", "umask", "/process/user/umask", [0, 18, 63, 511], "permission bits")
bads("PR-21", "umask-bad", "/process/user/umask", [-1, "0022", 1.5, 2 ** 32], "not an unsigned 32-bit integer")
frees("PR-21", "umask-bits", "/process/user/umask", [512, 4095, M32], "more bits than a umask has")
goods("PR-22", "gids", "/process/user/additionalGids", [[], None, [0], [5, 5, 5], [1, M32 - 1], list(range(1, 1000))], "a list of groups")
bads("PR-22", "gids-bad", "/process/user/additionalGids/0", [-1, M32 + 1, M32, "5", 1.5], "not a group id")
bad("PR-22", "gids-too-many", "-", {"/process/user/additionalGids": list(range(65537))}, "the kernel takes 65536 groups")
bad("PR-20", "user-not-mapped", "/process/user/uid", {**user_namespace(10), "/process/user/uid": 10}, "a uid outside of the mappings")
bad("PR-20", "group-not-mapped", "/process/user/gid", {**user_namespace(10), "/process/user/gid": 10}, "a gid outside of the mappings")
bad("PR-22", "extra-group-not-mapped", "/process/user/additionalGids/0", {**user_namespace(10), "/process/user/additionalGids": [10]},
    "a group outside of the mappings")

# --- names --------------------------------------------------------------------------------------------
goods("HO-1", "hostname", "/hostname", ["", "a", "x" * 64, "a.b-c", "with space", "ü"], "at most 64 bytes")
bads("HO-1", "hostname-long", "/hostname", ["x" * 65, "x" * 5000, "ü" * 33], "longer than the kernel takes")
goods("HO-2", "domainname", "/domainname", ["", "example.org", "x" * 64], "at most 64 bytes")
bads("HO-2", "domainname-long", "/domainname", ["x" * 65, "x" * 5000], "longer than the kernel takes")
for key, row in (("hostname", "HO-1"), ("domainname", "HO-2")):
    bad(row, key + "-without-uts", "/" + key, {"/%s" % key: "box", "/linux/namespaces": [{"type": "mount"}, {"type": "pid"}],
        **({"-/hostname": 0} if key == "domainname" else {})}, "it would be the host's name that changes")

# --- hooks ---------------------------------------------------------------------------------------------
HOOKS = ("prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop")
goods("HK-1", "hooks", "/hooks", [{}, None, {h: [] for h in HOOKS}, {"unknownKind": [{"path": "relative"}]}], "none")
for hook in HOOKS:
    at = "/hooks/%s/0" % hook
    good("HK-1", "hook-%s" % hook, {"/hooks/%s" % hook: [{"path": "/bin/true"}]}, "a path is enough")
    good("HK-2", "hook-%s-all" % hook, {"/hooks/%s" % hook: [{"path": "/bin/true", "args": ["true", "x"], "env": ["A=b"], "timeout": 5}] * 2},
         "every key")
    bads("HK-2", "hook-%s-path" % hook, at, [{"path": p} for p in ("", "bin/true", "./true", "true", "../bin/true")], "a path is absolute", at=at + "/path")
    bads("HK-2", "hook-%s-no-path" % hook, at, [{}, {"args": ["true"]}], "path is required", at="%s %s/path" % (at, at))
    bads("HK-2", "hook-%s-timeout" % hook, at, [{"path": "/bin/true", "timeout": v} for v in (0, -1, 1.5, "5", 2 ** 63)], "a time-out is an integer above 0",
         at=at + "/timeout")
    bads("HK-2", "hook-%s-env" % hook, at, [{"path": "/bin/true", "env": v} for v in ([1], "A=b", {"A": "b"})], "env is a list of strings",
         at="%s/env %s/env/0" % (at, at))
    bads("HK-2", "hook-%s-type" % hook, "/hooks/%s" % hook, [{"path": "/bin/true"}, "/bin/true", ["/bin/true"], [["/bin/true"]], 1], "a list of objects",
         at="/hooks/%s %s" % (hook, at))
for hook in ("prestart", "createRuntime", "createContainer"):
    bads("HK-13", "hook-%s-fails" % hook, "/hooks/%s/0" % hook, [{"path": "/bin/false"}, {"path": "/nonexistent"}, {"path": "/etc/passwd"}, {"path": "/tmp"}],
         "a hook that fails, fails create", at="-")
free("HK-2", "hook-timeout-huge", {"/hooks/poststop": [{"path": "/bin/true", "timeout": 2 ** 31}]}, "no upper end is said")
for hook in ("prestart", "createRuntime", "createContainer"):
    bad("HK-17", "hook-%s-slow" % hook, "/hooks/%s/0" % hook, {"/hooks/%s" % hook: [{"path": "/bin/sleep", "args": ["sleep", "30"], "timeout": 1}]},
        "a hook past its time-out has failed")
