# SPDX-License-Identifier: Apache-2.0
"""Wrong types, generated: every value of a rich configuration in each other JSON type must be refused (EX-2, schema)."""
import cases
from cases import Case

RICH = [
    ("/domainname", "example.org"),
    ("/process/apparmorProfile", "p"), ("/process/selinuxLabel", "l"), ("/process/oomScoreAdj", 5),
    ("/process/consoleSize", {"height": 1, "width": 1}), ("/process/scheduler", {"policy": "SCHED_OTHER", "nice": 1}),
    ("/process/ioPriority", {"class": "IOPRIO_CLASS_BE", "priority": 1}), ("/process/execCPUAffinity", {"initial": "0", "final": "0"}),
    ("/process/user/umask", 18), ("/process/user/additionalGids", [5]),
    ("/hooks", {"createRuntime": [{"path": "/bin/true", "args": ["true"], "env": ["A=b"], "timeout": 5}]}),
    ("/linux/uidMappings", [{"containerID": 0, "hostID": 0, "size": 1}]), ("/linux/sysctl", {"net.ipv4.ip_forward": "1"}),
    ("/linux/rootfsPropagation", "private"), ("/linux/mountLabel", "l"), ("/linux/timeOffsets", {"boottime": {"secs": 1, "nanosecs": 1}}),
    ("/linux/devices", [{"type": "c", "path": "/dev/x", "major": 1, "minor": 3, "fileMode": 438, "uid": 0, "gid": 0}]),
    ("/linux/personality", {"domain": "LINUX"}), ("/linux/intelRdt", {"closID": "c", "l3CacheSchema": "L3:0=f", "memBwSchema": "MB:0=10"}),
    ("/linux/seccomp", {"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64"], "flags": [],
                        "syscalls": [{"names": ["acct"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1,
                                      "args": [{"index": 0, "value": 1, "valueTwo": 1, "op": "SCMP_CMP_EQ"}]}]}),
    ("/linux/resources/memory", {"limit": 1, "swap": 1, "swappiness": 1, "reservation": 1, "checkBeforeUpdate": False}),
    ("/linux/resources/cpu", {"shares": 2, "quota": 1, "period": 1, "burst": 1, "idle": 0, "cpus": "0", "mems": "0"}),
    ("/linux/resources/pids", {"limit": 5}), ("/linux/resources/unified", {"pids.max": "5"}),
    ("/linux/resources/blockIO", {"weight": 10, "throttleReadBpsDevice": [{"major": 1, "minor": 1, "rate": 5}]}),
    ("/linux/resources/hugepageLimits", [{"pageSize": "2MB", "limit": 5}]),
    ("/linux/resources/network", {"classID": 1, "priorities": [{"name": "lo", "priority": 1}]}),
    ("/linux/resources/rdma", {"mlx": {"hcaHandles": 1, "hcaObjects": 1}}),
]
SAMPLES = {"string": "x", "number": 7, "boolean": True, "array": [1], "object": {"k": 1}}


def kind(value):
    if isinstance(value, bool):
        return "boolean"
    for name, kinds in (("number", (int, float)), ("string", str), ("array", list), ("object", dict)):
        if isinstance(value, kinds):
            return name
    raise TypeError(value)


def walk(value, pointer):
    yield pointer, value
    items = value.items() if isinstance(value, dict) else enumerate(value[:1]) if isinstance(value, list) else ()
    for key, child in items:
        yield from walk(child, f"{pointer}/{str(key).replace('~', '~0').replace('/', '~1')}")


def add():
    rich = cases.base()
    for pointer, value in RICH:
        cases.edit(rich, pointer, value)
    for pointer, value in walk(rich, ""):
        if not pointer:
            continue
        # wrong types are found by the decoder, before anything that depends on the host
        top = [edit for edit in RICH if pointer == edit[0] or pointer.startswith(edit[0] + "/")]
        for name, sample in SAMPLES.items():
            if name == kind(value):
                continue
            title = f"type-{pointer[1:].replace('/', '.')}-{name}"
            cases.CASES.append(Case(False, title, f"it is a {kind(value)}", top + [(pointer, sample)], at=[pointer]))
