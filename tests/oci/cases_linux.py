# SPDX-License-Identifier: Apache-2.0
"""linux.*: namespaces, ids, devices, resources, seccomp, sysctl, paths."""
from cases import DROP, bad, each, good

L = "/linux/"
UTS, MOUNT = 2, 3


def add():
    namespaces()
    ids()
    devices()
    resources()
    seccomp()
    rest()


def namespaces():
    n = L + "namespaces"
    each(bad, "ns-type", "eight names", n + "/1/type", ["", "IPC", "foo", "net", "mnt", "ipc "])
    bad("ns-no-type", "required", (n + "/1", {}))
    for t in ("pid", "ipc", "uts", "mount", "network"):
        bad(f"ns-twice-{t}", "duplicates are an error", (n + "/-", {"type": t}), at=[n])
    bad("ns-twice-path", "duplicates are an error", (n + "/-", {"type": "ipc", "path": "/proc/self/ns/ipc"}), at=[n])
    bad("ns-path-relative", "absolute", (n + "/1/path", "proc/self/ns/ipc"))
    bad("ns-path-nowhere", "no such namespace", (n + "/1/path", "/proc/self/ns/nowhere"))
    bad("ns-path-file", "not a namespace", (n + "/1/path", "/etc/passwd"))
    bad("ns-path-directory", "not a namespace", (n + "/1/path", "/tmp"))
    bad("ns-path-other-type", "of another type", (n + "/1/path", "/proc/self/ns/net"))
    bad("ns-path-other-type-net", "of another type", (n + "/4/path", "/proc/self/ns/ipc"))
    good("ns-path", "the process is put there", (n + "/4/path", "/proc/self/ns/net"))
    good("ns-path-empty", "encoders in Go write an empty path", (n + "/1/path", ""))
    for number, t in ((0, "pid"), (1, "ipc"), (4, "network")):
        good(f"ns-without-{t}", "inherited", (f"{n}/{number}", DROP))
    good("ns-cgroup", "4.6", (n + "/-", {"type": "cgroup"}))
    good("ns-order", "entries have no order", (n, [{"type": t} for t in ("network", "mount", "uts", "ipc", "pid")]))


def userns(edit):
    return (L + "namespaces/-", {"type": "user"}), edit


def ids():
    n = (L + "namespaces/-", {"type": "user"})
    one = [{"containerID": 0, "hostID": 100000, "size": 65536}]
    for key in ("uidMappings", "gidMappings"):
        other = (L + ("gidMappings" if key[0] == "u" else "uidMappings"), one)
        at = [L + key, L + "namespaces"]
        bad(f"map-{key}-alone-no-userns", "mappings without a user namespace", (L + key, one), at=at)
        bad(f"map-{key}-size-0", "the kernel refuses it", (L + key, [dict(one[0], size=0)]), n, other, at=at)
        bad(f"map-{key}-overlap", "the kernel refuses it", (L + key, one + one), n, other, at=at)
        bad(f"map-{key}-341", "at most 340 lines", n, other, at=at,
            *[(L + key, [{"containerID": i, "hostID": 100000 + 2 * i, "size": 1} for i in range(341)])])
        bad(f"map-{key}-wrap", "beyond the last id", (L + key, [{"containerID": 4294967290, "hostID": 0, "size": 10}]), n, other, at=at)
        for part in ("containerID", "hostID", "size"):
            bad(f"map-{key}-no-{part}", "required", (L + key, [{k: v for k, v in one[0].items() if k != part}]), n, other, at=at)
            bad(f"map-{key}-{part}-minus", "uint32", (L + key, [dict(one[0], **{part: -1})]), n, other, at=at)
            bad(f"map-{key}-{part}-2-32", "uint32", (L + key, [dict(one[0], **{part: 2**32})]), n, other, at=at)
    bad("userns-no-maps", "root of the box would be nobody", n, at=[L + "namespaces", "/linux/uidMappings", "/linux/gidMappings"])
    bad("userns-user-unmapped", "the user is not in the map", ("/process/user/uid", 70000), n, (L + "uidMappings", one), (L + "gidMappings", one))
    t = (L + "namespaces/-", {"type": "time"})
    each(bad, "time-clock", "two clocks", L + "timeOffsets", [{"realtime": {"secs": 1}}, {"": {"secs": 1}}, {"boottime": {"nanosecs": 10**9}},
                                                            {"boottime": {"secs": "1"}}, {"boottime": {"nanosecs": -1}}], t)
    bad("time-no-namespace", "offsets without a time namespace", (L + "timeOffsets", {"boottime": {"secs": 1}}))
    good("time", "time_namespaces(7)", t, (L + "timeOffsets", {"boottime": {"secs": 100, "nanosecs": 5}, "monotonic": {"secs": 10}}))


def devices():
    d = L + "devices"
    dev = {"type": "c", "path": "/dev/x", "major": 1, "minor": 3}
    here = [d + "/0"]
    for key in ("type", "path", "major", "minor"):
        bad(f"device-no-{key}", "required", (d, [{k: v for k, v in dev.items() if k != key}]), at=here)
    for value in ("", "x", "C", "cc", "a"):
        bad(f"device-type-{value or 'empty'}", "c, b, u or p", (d, [dict(dev, type=value)]), at=here)
    bad("device-path-relative", "absolute", (d, [dict(dev, path="dev/x")]), at=here)
    bad("device-path-empty", "absolute", (d, [dict(dev, path="")]), at=here)
    bad("device-mode", "permission bits", (d, [dict(dev, fileMode=65536)]), at=here)
    bad("device-mode-minus", "permission bits", (d, [dict(dev, fileMode=-1)]), at=here)
    bad("device-uid-minus", "an id", (d, [dict(dev, uid=-1)]), at=here)
    bad("device-over-file", "a file is there that does not match", (d, [dict(dev, path="/bin/busybox")]), at=here)
    bad("device-below-file", "a file is on the way", (d, [dict(dev, path="/bin/busybox/x")]), at=here)
    for t in "cbu":
        good(f"device-{t}", "config-linux.md, devices", (d, [dict(dev, type=t)]))
    good("device-p", "a FIFO has no numbers", (d, [{"type": "p", "path": "/dev/f"}]))
    good("device-mode-0", "a mode", (d, [dict(dev, fileMode=0)]))
    good("device-mode-type", "engines write the whole st_mode", (d, [dict(dev, fileMode=0o20666)]))
    good("device-owner", "ids of the box", (d, [dict(dev, uid=5, gid=6, fileMode=384)]))
    good("device-deep", "anywhere in the box", (d, [dict(dev, path="/run/a/b/x")]))
    good("device-default", "one of the default devices", (d, [dict(dev, path="/dev/null")]))
    good("devices-empty", "none", (d, []))


def resources():
    r = L + "resources/"
    rule = r + "devices"
    each(bad, "rule", "config-linux.md, device access", rule, [[{"access": "rwm"}], [{"allow": True, "access": "x"}],
                                                            [{"allow": True, "access": "rwmx"}], [{"allow": True, "type": "x"}],
                                                            [{"allow": True, "type": "cc"}], [{"allow": 1}]], at=[rule + "/0"])
    each(good, "rule", "config-linux.md, device access", rule, [[], [{"allow": True}], [{"allow": False}], [{"allow": True, "type": "a"}],
                                                              [{"allow": True, "type": "c", "major": 1, "minor": 3, "access": "r"}],
                                                              [{"allow": False, "access": "rwm"}, {"allow": True, "type": "b", "access": "m"}]])
    m = r + "memory"
    each(bad, "memory", "bytes, -1 for no limit", m, [{"limit": -2}, {"limit": "5"}, {"limit": 2**64}, {"limit": 1.5},
                                                    {"swappiness": 101}, {"limit": 2**30, "swap": 2**29}])
    each(good, "memory", "bytes, -1 for no limit", m, [{}, {"limit": 2**30}, {"limit": -1}, {"limit": 2**30, "swap": 2**31},
                                                     {"reservation": 2**29}, {"limit": 2**30, "swap": -1}])
    c = r + "cpu"
    each(bad, "cpu", "config-linux.md, cpu", c, [{"shares": -1}, {"quota": "x"}, {"period": -1}, {"cpus": "x"}, {"cpus": "0-"},
                                               {"mems": "-"}, {"cpus": 0}, {"quota": 1}, {"period": 1}])
    each(good, "cpu", "config-linux.md, cpu", c, [{}, {"shares": 2}, {"shares": 512}, {"shares": 262144}, {"quota": 50000},
                                                {"quota": 50000, "period": 100000}, {"quota": -1}])
    p = r + "pids"
    each(bad, "pids", "int64", p, [{"limit": "5"}, {"limit": 1.5}, {"limit": 2**63}])
    each(good, "pids", "int64", p, [{"limit": 100}, {"limit": -1}, {"limit": 32768}])
    h = r + "hugepageLimits"
    each(bad, "huge", "^[1-9][0-9]*[KMG]B$", h, [[{"pageSize": s, "limit": 1}] for s in ("64kB", "2M", "0MB", "", "MB", "2 MB", "2mb", "-2MB")]
         + [[{"limit": 1}], [{"pageSize": "2MB"}], [{"pageSize": "2MB", "limit": -1}]], at=[h + "/0"])
    each(bad, "rdma", "one at least", r + "rdma", [{"d": {}}, {"d": {"hcaHandles": -1}}, {"d": {"hcaObjects": "x"}}], at=[r + "rdma"])
    b = r + "blockIO"
    each(bad, "blkio", "config-linux.md, block IO", b, [{"weight": -1}, {"weight": 65536}, {"weight": "x"}, {"throttleReadBpsDevice": [{"major": 1}]},
                                                      {"weightDevice": [{"major": 8, "minor": 0}]}, {"throttleReadBpsDevice": {"major": 1}}], at=[b])
    bad("unified-slash", "a file of the cgroup", (r + "unified", {"../x": "1"}), at=[r + "unified"])
    bad("unified-type", "strings", (r + "unified", {"memory.high": 5}), at=[r + "unified"])


def seccomp():
    s = L + "seccomp"
    rule = {"names": ["acct"], "action": "SCMP_ACT_ERRNO"}
    arg = {"index": 0, "value": 1, "op": "SCMP_CMP_EQ"}
    base = {"defaultAction": "SCMP_ACT_ALLOW"}

    def one(rule_):
        return dict(base, syscalls=[rule_])
    at = [s]
    bad("seccomp-no-default", "required", (s, {}), at=at)
    for key, values in (("defaultAction", ["", "ALLOW", "SCMP_ACT_FOO", "scmp_act_allow"]), ("architectures", [["SCMP_ARCH_FOO"], ["x86_64"], [""], "SCMP_ARCH_X86_64"]),
                        ("flags", [["SECCOMP_FILTER_FLAG_FOO"], ["LOG"], [""]])):
        each(bad, f"seccomp-{key}", "config-linux.md, seccomp", s, [dict(base, **{key: v}) for v in values], at=at)
    each(bad, "seccomp-rule", "config-linux.md, seccomp", s, [one({"action": "SCMP_ACT_ERRNO"}), one(dict(rule, names=[])), one({"names": ["acct"]}),
                                                              one(dict(rule, action="FOO")), one(dict(rule, action="SCMP_ACT_KILL", errnoRet=1)),
                                                              one(dict(rule, action="SCMP_ACT_ALLOW", errnoRet=1)),
                                                              one(dict(rule, errnoRet=-1))], at=at)
    each(bad, "seccomp-arg", "config-linux.md, seccomp", s, [one(dict(rule, args=[dict(arg, **change)])) for change in
                                                             ({"index": 6}, {"index": -1}, {"op": "EQ"}, {"op": ""}, {"value": -1}, {"value": 2**64}, {"value": "x"})]
         + [one(dict(rule, args=[{k: v for k, v in arg.items() if k != key}])) for key in arg], at=at)
    bad("seccomp-metadata-no-path", "only with listenerPath", (s, dict(base, listenerMetadata="x")), at=at)
    bad("seccomp-default-errno-on-allow", "an action without errno", (s, dict(base, defaultErrnoRet=1)), at=at)
    for action in ("KILL", "KILL_PROCESS", "KILL_THREAD", "TRAP", "ERRNO", "TRACE", "ALLOW", "LOG"):
        good(f"seccomp-action-{action.lower()}", "config-linux.md, seccomp", (s, one(dict(rule, action="SCMP_ACT_" + action))))
    for op in ("NE", "LT", "LE", "EQ", "GE", "GT", "MASKED_EQ"):
        good(f"seccomp-op-{op.lower()}", "config-linux.md, seccomp", (s, one(dict(rule, args=[dict(arg, op="SCMP_CMP_" + op, valueTwo=1)]))))
    for arch in ("X86", "X86_64", "X32", "ARM", "AARCH64", "MIPSEL", "MIPSEL64", "MIPSEL64N32", "PPC64LE", "RISCV64"):
        good(f"seccomp-arch-{arch.lower()}", "config-linux.md, seccomp", (s, dict(one(rule), architectures=["SCMP_ARCH_" + arch])))
    for flag in ("TSYNC", "LOG", "SPEC_ALLOW"):
        good(f"seccomp-flag-{flag.lower()}", "config-linux.md, seccomp", (s, dict(one(rule), flags=["SECCOMP_FILTER_FLAG_" + flag])))
    good("seccomp-unknown-syscall", "skipped, by practice", (s, one(dict(rule, names=["nosuchcall", "acct"]))))
    good("seccomp-errno-max", "an errno", (s, one(dict(rule, errnoRet=38))))


def rest():
    each(bad, "sysctl", "only of namespaces of its own", L + "sysctl", [{k: "1"} for k in (
        "kernel.pid_max", "vm.swappiness", "fs.file-max", "kernel.core_pattern", "", "net", "net.", "net/../kernel/core_pattern", "../kernel/x",
        "/proc/sys/net/ipv4/ip_forward", "netx.ipv4", "net.ipv4.nosuch", "kernel.shmmax.x")], at=[L + "sysctl"])
    bad("sysctl-value-type", "strings", (L + "sysctl", {"net.ipv4.ip_forward": 1}), at=[L + "sysctl"])
    each(good, "sysctl", "of namespaces of its own", L + "sysctl", [{"net.ipv4.ip_forward": "1"}, {"net/ipv4/ip_forward": "1"}, {"kernel.msgmax": "8192"},
                                                                  {"fs.mqueue.msg_max": "10"}, {}])
    bad("sysctl-net-no-netns", "it would be the host's", (L + "sysctl", {"net.ipv4.ip_forward": "1"}), (L + "namespaces/4", DROP), at=[L + "sysctl"])
    bad("sysctl-ipc-no-ipcns", "it would be the host's", (L + "sysctl", {"kernel.msgmax": "8192"}), (L + "namespaces/1", DROP), at=[L + "sysctl"])
    for key in ("maskedPaths", "readonlyPaths"):
        each(bad, key, "absolute", L + key, [[""], ["proc/kcore"], ["./x"], ["/proc/kcore", "x"], "/proc", [1]])
        each(good, key, "what is not there is skipped", L + key, [[], ["/nosuch"], ["/proc/kcore", "/proc/kcore"], ["/tmp"], ["/etc"]])
    each(bad, "propagation", "four names", L + "rootfsPropagation", ["foo", "PRIVATE", "rfoo"])
    each(good, "propagation", "four names", L + "rootfsPropagation", ["shared", "slave", "private", "unbindable"])
    each(bad, "personality", "two domains, no flags", L + "personality", [{"domain": "FOO"}, {"domain": ""}, {}, {"domain": "LINUX", "flags": ["X"]}])
    each(good, "personality", "two domains", L + "personality", [{"domain": "LINUX"}, {"domain": "LINUX32"}, {"domain": "LINUX", "flags": []}])
    each(bad, "rdt", "config-linux.md, IntelRdt", L + "intelRdt", [{"closID": "x"}, {"memBwSchema": "MB:0=1\nL3:0=1"}, {"schemata": ["L3:0=1\n"]},
                                                                 {"memBwSchema": "0=1"}, {"closID": "../x"}, {}], at=[L + "intelRdt"])
    each(bad, "mempolicy", "set_mempolicy(2)", L + "memoryPolicy", [{}, {"mode": "FOO"}, {"mode": "MPOL_BIND"}, {"mode": "MPOL_DEFAULT", "nodes": "0"},
                                                                  {"mode": "MPOL_BIND", "nodes": "x"}, {"mode": "MPOL_BIND", "nodes": "0", "flags": ["FOO"]}])
    good("mempolicy-bind", "set_mempolicy(2)", (L + "memoryPolicy", {"mode": "MPOL_BIND", "nodes": "0"}))
    good("mempolicy-local", "set_mempolicy(2)", (L + "memoryPolicy", {"mode": "MPOL_LOCAL"}))
    each(bad, "netdev", "config-linux.md, network devices", L + "netDevices", [{"nosuchlink": {}}, {"nosuchlink": {"name": 5}}, {"lo": {}}, {"": {}},
                                                                             {"nosuchlink": {"name": "x" * 16}}, {"nosuchlink": {"name": "a/b"}}], at=[L + "netDevices"])
    each(bad, "cgpath", "cannot be a cgroup", L + "cgroupsPath", ["/" + "x" * 300])
    bad("labels-apparmor", "AppArmor is not here", ("/process/apparmorProfile", "nosuchprofile"))
    bad("labels-selinux", "SELinux is not here", ("/process/selinuxLabel", "a:b:c:d"))
    good("labels-empty", "encoders in Go write empty strings", ("/process/apparmorProfile", ""), ("/process/selinuxLabel", ""), (L + "mountLabel", ""))
