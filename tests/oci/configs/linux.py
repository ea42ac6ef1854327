# SPDX-License-Identifier: Apache-2.0
"""Cases of config-linux.md without cgroups, devices and paths."""
from .corpus import BASE, bad, bads, free, frees, good, goods, user_namespace

N = len(BASE["linux"]["namespaces"])
LAST = "/linux/namespaces/%d" % N

# --- namespaces ---------------------------------------------------------------------------------------
goods("NS-4", "ns-new", "/linux/namespaces/-", [{"type": "cgroup"}], "a new namespace")
good("NS-4", "ns-new-time", {"/linux/namespaces/-": {"type": "time"}}, "a new namespace")
goods("NS-4", "ns-path-empty", "/linux/namespaces/0", [{"type": "pid", "path": ""}], "an empty path is none")
bads("NS-7", "ns-unknown", "/linux/namespaces/-", [{"type": t} for t in ("", "mnt", "net", "PID", "Mount", "foo", "pid ", "users", "cgroup2", "utsname")],
     "no such namespace", at=LAST + "/type")
bads("NS-1", "ns-no-type", "/linux/namespaces/-", [{}, {"path": "/proc/self/ns/cgroup"}], "type is required", at="%s %s/type" % (LAST, LAST))
bads("NS-1", "ns-type-wrong", "/linux/namespaces/-", [None, "cgroup", ["cgroup"], 1, {"type": 1}, {"type": None}], "an object with a type",
     at="%s %s/type" % (LAST, LAST))
bads("NS-6", "ns-dup", "/linux/namespaces/-", [{"type": t} for t in ("pid", "network", "ipc", "uts", "mount")], "a type that is there twice",
     at="%s %s/type" % (LAST, LAST))
bad("NS-6", "ns-dup-path", "%s %s/type" % (LAST, LAST), {"/linux/namespaces/-": {"type": "network", "path": "/proc/self/ns/net"}}, "a type that is there twice")
bads("NS-2", "ns-path", "/linux/namespaces/1", [{"type": "network", "path": p} for p in ("proc/self/ns/net", "./net", "../net", "net", "self/ns/net")],
     "a path is absolute", at="/linux/namespaces/1/path")
bads("NS-3", "ns-mismatch", "/linux/namespaces/1", [{"type": "network", "path": "/proc/self/ns/" + t} for t in ("uts", "ipc", "mnt", "pid", "user", "cgroup")],
     "a namespace of another type", at="-")
bads("NS-3", "ns-not-there", "/linux/namespaces/1", [{"type": "network", "path": p} for p in ("/nonexistent", "/proc/self/ns/nonexistent", "/etc/passwd", "/proc/self/ns",
     "/dev/null", "/" + "x" * 5000)], "no namespace there", at="-")
goods("NS-3", "ns-joined", "/linux/namespaces/1", [{"type": "network", "path": "/proc/self/ns/net"}], "the host's own, by its path")
goods("NS-5", "ns-flip", "/linux/namespaces", [[{"type": t} for t in ("mount", "pid") + extra] for extra in ((), ("uts",), ("ipc",), ("network",),
      ("uts", "ipc", "network"))], "what is not listed is the host's", more={"-/hostname": 0, "/mounts": [BASE["mounts"][0], BASE["mounts"][1]]})
frees("NS-5", "ns-no-mount", "/linux/namespaces", [[{"type": "pid"}], [], None], "without a mount namespace the root is mounted on the host", more={"-/hostname": 0})

# --- ids ---------------------------------------------------------------------------------------------------
ONE = {"containerID": 0, "hostID": 100000, "size": 65536}
good("UM-1", "map-good", user_namespace(), "one range")
for n in (1, 5, 250, 340):
    maps = [{"containerID": i, "hostID": 100000 + 2 * i, "size": 1} for i in range(n)]
    (good if n < 300 else free)("UM-1", "map-%d" % n, {**user_namespace(), "/linux/uidMappings": maps, "/linux/gidMappings": maps},
                                "%d ranges" % n if n < 300 else "the kernel takes 340 lines, but only one page of text")
for key, gone in (("uidMappings", "hostID"), ("gidMappings", "containerID")):
    p = "/linux/" + key
    ns = user_namespace()
    bads("UM-1", "map-part-" + key, p, [[{k: v for k, v in ONE.items() if k != gone}], [{}], [None], [[]], ONE, "0:100000:65536"],
         "containerID, hostID and size are required", more=ns, at=" ".join([p, p + "/0"] + [p + "/0/" + k for k in ONE]))
    bads("UM-1", "map-zero-" + key, p, [[{**ONE, "size": 0}]], "an empty range", more=ns, at="%s/0 %s/0/size" % (p, p))
    bads("UM-1", "map-range-" + key, p, [[{**ONE, **e}] for e in ({"size": -1}, {"size": 2 ** 32}, {"hostID": -1}, {"hostID": 2 ** 32}, {"containerID": -1}, {"size": 1.5},
         {"size": "65536"}, {"hostID": 2 ** 32 - 1}, {"containerID": 2 ** 32 - 5}, {"hostID": 2 ** 32 - 65536, "size": 65537})], "beyond the kernel's ids",
         more=ns, at=" ".join([p + "/0"] + [p + "/0/" + k for k in ONE]))
    bads("UM-1", "map-overlap-" + key, p, [[ONE, ONE], [ONE, {**ONE, "hostID": 300000}], [ONE, {**ONE, "containerID": 70000}],
         [ONE, {"containerID": 65535, "hostID": 500000, "size": 1}], [ONE, {"containerID": 70000, "hostID": 165535, "size": 1}]], "ranges that overlap",
         more=ns, at=" ".join([p, p + "/1", p + "/1/containerID", p + "/1/hostID"]))
    bad("UM-1", "map-341-" + key, p + " " + p + "/340", {**ns, p: [{"containerID": i, "hostID": 100000 + 2 * i, "size": 1} for i in range(341)]},
        "the kernel takes 340 ranges")
    bads("UM-3", "map-no-userns-" + key, p, [[ONE]], "mappings without a user namespace", at="/linux/namespaces /linux/uidMappings /linux/gidMappings")
    bads("UM-3", "map-missing-" + key, p, [[], None], "a user namespace without mappings", more=ns, at="-")

# --- time ---------------------------------------------------------------------------------------------------
TIME = {"/linux/namespaces/-": {"type": "time"}}
goods("TO-1", "time", "/linux/timeOffsets", [{}, {"monotonic": {"secs": 10}}, {"boottime": {"secs": 0, "nanosecs": 999999999}}, {"monotonic": {"nanosecs": 1}},
      {"monotonic": {}}, {"monotonic": {"secs": 1000000}, "boottime": {"secs": 1000000, "nanosecs": 5}}], "offsets of the two clocks", more=TIME)
bads("TO-2", "time-bad-clock", "/linux/timeOffsets", [{"realtime": {"secs": 1}}, {"Monotonic": {"secs": 1}}, {"": {"secs": 1}}, {"1": {"secs": 1}}, {"tai": {}}],
     "no such clock", more=TIME, at=" ".join("/linux/timeOffsets" + x for x in ("", "/realtime", "/Monotonic", "/", "/1", "/tai")))
bads("TO-2", "time-nanosecs", "/linux/timeOffsets", [{"boottime": {"secs": 1, "nanosecs": n}} for n in (10 ** 9, 4 * 10 ** 9, 2 ** 32, -1, 1.5, "5")],
     "nanosecs are below 1000000000", more=TIME, at="/linux/timeOffsets/boottime/nanosecs /linux/timeOffsets/boottime")
bads("TO-2", "time-secs", "/linux/timeOffsets", [{"boottime": {"secs": n}} for n in (2 ** 63, -2 ** 63 - 1, 1.5, "5")], "not a 64-bit integer", more=TIME,
     at="/linux/timeOffsets/boottime/secs")
bads("TO-2", "time-secs-kernel", "/linux/timeOffsets", [{"boottime": {"secs": n}} for n in (2 ** 63 - 1, -2 ** 63, -10 ** 12)], "the clock would overflow, or be before 0",
     more=TIME, at="-")
bads("TO-2", "time-no-namespace", "/linux/timeOffsets", [{"monotonic": {"secs": 1}}, {"boottime": {"secs": 1, "nanosecs": 1}}], "offsets without a time namespace",
     at="/linux/timeOffsets /linux/timeOffsets/monotonic /linux/timeOffsets/boottime")
bad("TO-2", "time-joined", "-", {"/linux/namespaces/-": {"type": "time", "path": "/proc/self/ns/time"}, "/linux/timeOffsets": {"monotonic": {"secs": 1}}},
    "offsets of a namespace that has processes")

# --- network devices --------------------------------------------------------------------------------------
goods("ND-1", "netdev", "/linux/netDevices", [{}, None], "none")
bads("ND-1", "netdev-missing", "/linux/netDevices", [{"lo": {}}, {"nodev0": {}}, {"nodev0": {"name": "eth0"}}, {"nodev0": {"name": ""}}], "no such device", at="-")
bads("ND-2", "netdev-name", "/linux/netDevices", [{"nodev0": {"name": n}} for n in ("x" * 16, "a/b", ".", "..", "a b", "a:b", "\t")], "not the name of a device", at="-")
bads("ND-2", "netdev-key", "/linux/netDevices", [{n: {}} for n in ("", "x" * 16, "a/b", ".", "a b")], "not the name of a device", at="-")
bads("ND-2", "netdev-num", "/linux/netDevices", [{"nodev0": {"name": n}} for n in (1, [], {}, True)], "a string", at="/linux/netDevices/nodev0/name")
bads("ND-1", "netdev-type", "/linux/netDevices", ["lo", [], ["lo"], {"lo": "eth0"}, {"lo": []}], "a map of objects", at="/linux/netDevices /linux/netDevices/lo")
bad("ND-1", "netdev-no-netns", "-", {"/linux/netDevices": {"nodev0": {}}, "/linux/namespaces": [{"type": "mount"}, {"type": "pid"}, {"type": "uts"}]},
    "no network namespace to move it to")

# --- sysctl -----------------------------------------------------------------------------------------------
goods("SY-1", "sysctl", "/linux/sysctl", [{}, None, {"kernel.msgmax": "65536"}, {"kernel/msgmax": "65536"}, {"net.ipv4.ip_forward": "1"}, {"net/ipv4/ip_forward": "1"},
      {"kernel.shm_rmid_forced": "1"}, {"fs.mqueue.msg_max": "20"}, {"net.ipv4.conf.lo.forwarding": "1"}], "both separators")
bads("SY-2", "sysctl-host", "/linux/sysctl", [{k: "1"} for k in ("kernel.panic", "kernel.core_pattern", "vm.swappiness", "fs.file-max", "kernel.pid_max2",
     "kernel.modprobe", "dev.cdrom.debug", "kernel/core_pattern", "kernel.msg", "user.max_user_namespaces2", "abi.vsyscall32", "kernel.hostname2")],
     "the host's, not a namespace's", at="-")
bads("SY-2", "sysctl-name", "/linux/sysctl", [{k: "1"} for k in ("", "net", "net.", "net/../kernel/panic", "net/ipv4/../../kernel/panic", "/net/ipv4/ip_forward", "../kernel",
     "net..ipv4", "net/ipv4/", "net.ipv4.nonexistent", "networking.x", "kernel", "kernel.msgmax/..")], "not a name of /proc/sys/net", at="-")
bads("SY-1", "sysctl-value", "/linux/sysctl/kernel.msgmax", [1, None, True, [], {}], "values are strings")
bads("SY-1", "sysctl-value-kernel", "/linux/sysctl/kernel.msgmax", ["x", "-5", "99999999999999999999"], "the kernel refuses it", at="-")
for key, kind in (("net.ipv4.ip_forward", "network"), ("kernel.msgmax", "ipc"), ("fs.mqueue.msg_max", "ipc"), ("kernel.domainname", "uts")):
    spaces = [n for n in BASE["linux"]["namespaces"] if n["type"] != kind]
    bad("SY-2", "sysctl-without-" + kind + "-" + key.split(".")[0], "/linux/sysctl/" + key, {"/linux/sysctl": {key: "1"}, "/linux/namespaces": spaces,
        "/mounts": [BASE["mounts"][0]], **({"-/hostname": 0} if kind == "uts" else {})}, "without its own %s namespace it would be the host's" % kind)
for key, kind in (("net.ipv4.ip_forward", "net"),):
    bad("SY-2", "sysctl-joined-host-" + kind, "-", {"/linux/sysctl": {key: "1"}, "/linux/namespaces/1": {"type": "network", "path": "/proc/self/ns/net"}},
        "the joined namespace is the host's")

# --- seccomp -----------------------------------------------------------------------------------------------
S = "/linux/seccomp"
ALLOW = {"defaultAction": "SCMP_ACT_ALLOW"}
RULE = {"names": ["mkdirat"], "action": "SCMP_ACT_ERRNO"}


def rule(**keys):
    return {**ALLOW, "syscalls": [{**RULE, **keys}]}


def argument(**keys):
    return rule(args=[{"index": 0, "value": 1, "op": "SCMP_CMP_EQ", **keys}])


good("SE-1", "seccomp-allow", {S: ALLOW}, "a default action is enough")
good("SE-1", "seccomp-null", {S: None}, "none")
bads("SE-1", "seccomp-no-default", S, [{}, {"syscalls": [RULE]}, {"defaultAction": None}, {"defaultAction": ""}], "defaultAction is required",
     at="%s %s/defaultAction" % (S, S))
bads("SE-5", "seccomp-default", S, [{"defaultAction": a} for a in ("ALLOW", "SCMP_ACT_NONSENSE", "scmp_act_allow", "SCMP_ACT_", "SCMP_ACT_ALLOW ")], "no such action",
     at=S + "/defaultAction")
goods("SE-5", "seccomp-action", S, [rule(action="SCMP_ACT_" + a) for a in "KILL KILL_PROCESS KILL_THREAD TRAP ERRNO TRACE ALLOW LOG".split()], "an action")
bads("SE-5", "seccomp-action-bad", S, [rule(action=a) for a in ("", "ERRNO", "SCMP_ACT_FOO", "scmp_act_errno", 1, None)], "no such action", at=S + "/syscalls/0/action")
bads("SE-5", "seccomp-action-absent", S, [{**ALLOW, "syscalls": [{"names": ["mkdirat"]}]}], "action is required", at="%s/syscalls/0 %s/syscalls/0/action" % (S, S))
goods("SE-2", "seccomp-errno", S, [rule(errnoRet=e) for e in (0, 1, 38, 133, 4094)] + [rule(action="SCMP_ACT_TRACE", errnoRet=5)], "an errno with ERRNO or TRACE")
goods("SE-2", "seccomp-errno-on", S, [rule(action="SCMP_ACT_" + a, errnoRet=1) for a in "KILL KILL_PROCESS KILL_THREAD TRAP ALLOW LOG".split()],
      "an action without an errno: a warning, as runc ignores it")
goods("SE-2", "seccomp-default-errno-on", S, [{"defaultAction": "SCMP_ACT_" + a, "defaultErrnoRet": 1} for a in "ALLOW LOG KILL TRAP".split()],
      "an action without an errno: a warning, as runc ignores it")
bads("SE-2", "seccomp-errno-bad", S, [rule(errnoRet=e) for e in (-1, 2 ** 32, "EPERM", "1", 1.5)], "not an unsigned 32-bit integer", at=S + "/syscalls/0/errnoRet")
frees("SE-2", "seccomp-errno-big", S, [rule(errnoRet=e) for e in (4096, 65535, 65536, 2 ** 32 - 1)], "beyond the kernel's errnos")
goods("SE-3", "seccomp-arch", S, [{**rule(), "architectures": a} for a in ([], None, ["SCMP_ARCH_X86_64"], ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
      ["SCMP_ARCH_AARCH64"], ["SCMP_ARCH_ARM", "SCMP_ARCH_AARCH64"], ["SCMP_ARCH_X86", "SCMP_ARCH_X86"])], "names of architectures")
for a in "MIPS MIPS64 MIPS64N32 PPC PPC64 S390 S390X PARISC PARISC64".split():
    free("SE-3", "seccomp-arch-" + a, {S: {**rule(), "architectures": ["SCMP_ARCH_" + a]}}, "a name of the list, of the other endianness: one filter cannot be for both")
for a in "MIPSEL MIPSEL64 MIPSEL64N32 PPC64LE RISCV64".split():
    good("SE-3", "seccomp-arch-" + a, {S: {**rule(), "architectures": ["SCMP_ARCH_" + a]}}, "a name of the list")
for a in "LOONGARCH64 M68K SH SHEB".split():
    frees("SE-3", "seccomp-arch-" + a, S, [{**rule(), "architectures": ["SCMP_ARCH_" + a]}], "a name of the list that only a new libseccomp knows")
bads("SE-3", "seccomp-arch-bad", S, [{**rule(), "architectures": [a]} for a in ("", "amd64", "x86_64", "SCMP_ARCH_AMD64", "SCMP_ARCH_", "SCMP_ARCH_NATIVE2", 1)],
     "no such architecture", at=S + "/architectures/0")
goods("SE-4", "seccomp-flag", S, [{**rule(), "flags": f} for f in ([], None, ["SECCOMP_FILTER_FLAG_LOG"], ["SECCOMP_FILTER_FLAG_SPEC_ALLOW"],
      ["SECCOMP_FILTER_FLAG_TSYNC"], ["SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_LOG"])], "flags of the list")
frees("SE-4", "seccomp-flag-wait", S, [{**rule(), "flags": ["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"]}], "the kernel wants a listener with it")
bads("SE-4", "seccomp-bad-flag", S, [{**rule(), "flags": [f]} for f in ("", "LOG", "SECCOMP_FILTER_FLAG_NONSENSE", "SECCOMP_FILTER_FLAG_NEW_LISTENER", "7", 7)], "no such flag",
     at=S + "/flags/0")
for op in "NE LT LE EQ GE GT MASKED_EQ".split():
    good("SE-6", "seccomp-op-" + op, {S: argument(op="SCMP_CMP_" + op, valueTwo=1)}, "an operator")
bads("SE-6", "seccomp-op-bad", S, [argument(op=o) for o in ("", "EQ", "==", "SCMP_CMP_FOO", "SCMP_CMP_EQUAL", 1)], "no such operator", at=S + "/syscalls/0/args/0/op")
bads("SE-7", "seccomp-no-names", S, [{**ALLOW, "syscalls": [r]} for r in ({"action": "SCMP_ACT_ERRNO"}, {"names": [], "action": "SCMP_ACT_ERRNO"},
     {"names": None, "action": "SCMP_ACT_ERRNO"}, {"name": "mkdirat", "action": "SCMP_ACT_ERRNO"})], "names are required, at least one",
     at="%s/syscalls/0 %s/syscalls/0/names" % (S, S))
goods("SE-7", "seccomp-names", S, [rule(names=n) for n in (["nonexistent_call"], ["mkdirat", "nonexistent_call"], ["mkdirat", "mkdirat"], ["mkdirat"] * 300)],
      "unknown names are skipped")
frees("SE-7", "seccomp-name-odd", S, [rule(names=[n]) for n in ("", " ", "x" * 5000, "-1", "99999")], "no name of a call")
bads("SE-7", "seccomp-names-type", S, [rule(names=n) for n in ("mkdirat", [1], {"a": 1}, [["mkdirat"]])], "a list of strings",
     at="%s/syscalls/0/names %s/syscalls/0/names/0" % (S, S))
goods("SE-8", "seccomp-index", S, [argument(index=i) for i in (0, 5)], "0 to 5")
goods("SE-8", "seccomp-value", S, [argument(value=v, valueTwo=v) for v in (0, 2 ** 31, 2 ** 63, 2 ** 64 - 1)], "64 bits")
bads("SE-8", "seccomp-bad-index", S, [argument(index=i) for i in (6, 7, 100, 2 ** 32 - 1, 2 ** 32, -1, 1.5, "0")], "a call has six arguments", at=S + "/syscalls/0/args/0/index")
bads("SE-8", "seccomp-bad-value", S, [argument(value=v) for v in (-1, 2 ** 64, 1.5, "1", None)], "not an unsigned 64-bit integer", at=S + "/syscalls/0/args/0/value")
for gone in ("index", "value", "op"):
    arg = {k: v for k, v in {"index": 0, "value": 1, "op": "SCMP_CMP_EQ"}.items() if k != gone}
    bad("SE-8", "seccomp-arg-no-" + gone, "%s/syscalls/0/args/0 %s/syscalls/0/args/0/%s" % (S, S, gone), {S: rule(args=[arg])}, "%s is required" % gone)
bads("SE-8", "seccomp-args-type", S, [rule(args=a) for a in ({}, "x", [1], [[]])], "a list of objects", at="%s/syscalls/0/args %s/syscalls/0/args/0" % (S, S))
frees("SE-8", "seccomp-arg-twice", S, [rule(args=[{"index": 0, "value": v, "op": "SCMP_CMP_EQ"} for v in (1, 2)])], "one argument compared twice")
good("SE-9", "seccomp-listener-no-notify", {S: {**rule(), "listenerPath": "/nonexistent/agent.sock"}}, "ignored without SCMP_ACT_NOTIFY")
bads("SE-9", "seccomp-listener", S, [{**rule(action="SCMP_ACT_NOTIFY"), "listenerPath": p} for p in ("/nonexistent/agent.sock", "/etc/passwd", "/tmp", "/" + "x" * 200)],
     "nobody listens there", at="-")
bad("SE-9", "seccomp-notify-no-path", "-", {S: rule(action="SCMP_ACT_NOTIFY")}, "NOTIFY without anybody to notify")
bads("SE-11", "seccomp-metadata-no-path", S, [{**rule(), "listenerMetadata": m} for m in ("x", "{}")], "metadata without listenerPath",
     at=S + "/listenerMetadata " + S + "/listenerPath " + S)

# --- the rest ----------------------------------------------------------------------------------------------
R = "/linux/intelRdt"
goods("RD-2", "rdt", R, [None], "not asked for")
bads("RD-1", "rdt-none", R, [{}, {"closID": "gold"}, {"l3CacheSchema": "L3:0=f"}, {"memBwSchema": "MB:0=50"}, {"schemata": ["L3:0=f"]}, {"enableMonitoring": True}],
     "no resctrl is mounted here", at="-")
bads("RD-4", "rdt-newline", R, [{"memBwSchema": v} for v in ("MB:0=50\nL3:0=f", "MB:0=50\n", "L3:0=f", "mb:0=50", " MB:0=50", "", "0=50")], "one line that starts with MB:", at="-")
bads("RD-5", "rdt-schemata", R, [{"schemata": s} for s in (["L3:0=f\nMB:0=50"], ["L3:0=f\n"], "L3:0=f", [1], {})], "one line for each entry", at="-")
bads("RD-3", "rdt-closid", R, [{"closID": c} for c in ("..", ".", "a/b", "../x", 7, "a\nb", "x" * 300)], "not the name of a group", at="-")

P = "/linux/memoryPolicy"
goods("MP-1", "mpol", P, [None, {"mode": "MPOL_DEFAULT"}, {"mode": "MPOL_LOCAL"}, {"mode": "MPOL_BIND", "nodes": "0"}, {"mode": "MPOL_INTERLEAVE", "nodes": "0"},
      {"mode": "MPOL_PREFERRED", "nodes": "0"}, {"mode": "MPOL_PREFERRED"}, {"mode": "MPOL_PREFERRED_MANY", "nodes": "0"}, {"mode": "MPOL_BIND", "nodes": "0-0"},
      {"mode": "MPOL_BIND", "nodes": "0", "flags": []}, {"mode": "MPOL_BIND", "nodes": "0", "flags": ["MPOL_F_STATIC_NODES"]}, {"mode": "MPOL_DEFAULT", "nodes": ""}],
      "a mode, with what belongs to it")
bads("MP-2", "mpol-mode", P, [{"mode": m} for m in ("", "BIND", "mpol_bind", "MPOL_FOO", "MPOL_MAX", 1)], "no such mode", at=P + "/mode")
bads("MP-1", "mpol-no-mode", P, [{}, {"nodes": "0"}, {"flags": []}], "mode is required", at="%s %s/mode" % (P, P))
bads("MP-2", "mpol-nodes", P, [{"mode": "MPOL_BIND", "nodes": n} for n in ("x", "-1", "1-0", "0;1", "0-", "99999", "1023-1024")] + [{"mode": "MPOL_BIND"}, {"mode": "MPOL_INTERLEAVE"},
     {"mode": "MPOL_DEFAULT", "nodes": "0"}, {"mode": "MPOL_LOCAL", "nodes": "0"}, {"mode": "MPOL_BIND", "nodes": ""}], "the nodes do not fit the mode", at="-")
bads("MP-2", "mpol-flag", P, [{"mode": "MPOL_BIND", "nodes": "0", "flags": f} for f in (["MPOL_F_FOO"], [""], ["STATIC_NODES"], [1], "MPOL_F_STATIC_NODES")], "no such flag",
     at="%s/flags %s/flags/0" % (P, P))
bads("MP-2", "mpol-flags-both", P, [{"mode": "MPOL_BIND", "nodes": "0", "flags": ["MPOL_F_STATIC_NODES", "MPOL_F_RELATIVE_NODES"]}], "one excludes the other", at="-")

goods("PE-1", "pers", "/linux/personality", [None, {"domain": "LINUX"}, {"domain": "LINUX32"}, {"domain": "LINUX", "flags": []}], "a domain")
bads("PE-1", "pers-domain", "/linux/personality", [{"domain": d} for d in ("", "linux", "Linux", "LINUX64", "SOLARIS", "BSD", 32)], "no such domain", at="/linux/personality/domain")
bads("PE-1", "pers-no-domain", "/linux/personality", [{}, {"flags": []}], "domain is required", at="/linux/personality /linux/personality/domain")
bads("PE-1", "pers-flags", "/linux/personality", [{"domain": "LINUX", "flags": [f]} for f in ("ADDR_NO_RANDOMIZE", "", "x")], "no flag is supported by the specification",
     at="/linux/personality/flags /linux/personality/flags/0")
goods("EX-3", "linux-empty", "/linux/x-unknown", [1, {"a": []}], "unknown properties are ignored")
