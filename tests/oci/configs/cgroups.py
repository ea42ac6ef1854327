# SPDX-License-Identifier: Apache-2.0
"""Cases of cgroupsPath and resources (config-linux.md)."""
from .corpus import bad, bads, frees, good, goods

R = "/linux/resources"
good("CG-2", "cgpath-absent", {"-/linux/cgroupsPath": 0}, "a default place")
goods("CG-2", "cgpath", "/linux/cgroupsPath", ["", "/@ID@/a/b", "/@ID@//a", "/@ID@/", "/@ID@/a.b", "/@ID@/ü"], "below the cgroup mount")
frees("CG-2", "cgpath-odd", "/linux/cgroupsPath", ["@ID@", "@ID@/a", "/@ID@/../@ID@", "./@ID@", "/@ID@/.", "/@ID@/a b", "/@ID@/a:b", "system.slice:@ID@:x"],
      "a runtime may refuse some values, or choose the place")
bads("CG-2", "cgpath-long", "/linux/cgroupsPath", ["/@ID@/" + "x" * 300, "/@ID@" + "/x" * 2100], "longer than the kernel takes", at="-")
bads("CG-2", "cgpath-newline", "/linux/cgroupsPath", ["/@ID@/a\nb"], "the kernel refuses it", at="-")
bads("CG-2", "cgpath-type", "/linux/cgroupsPath", [1, [], {}, True], "a string")
goods("CG-3", "res", R, [None, {}, {"memory": {}, "cpu": {}, "blockIO": {}, "network": {}}, {"memory": None, "cpu": None, "pids": None}, {"devices": []},
      {"hugepageLimits": []}, {"rdma": {}}, {"unified": {}}], "nothing is asked for")

# --- devices -------------------------------------------------------------------------------------------------
D = R + "/devices/0"
goods("CD-1", "res-dev", R + "/devices", [[{"allow": False}], [{"allow": False, "access": "rwm"}], [{"allow": True, "type": "a"}],
      [{"allow": False}, {"allow": True, "type": "c", "major": 1, "minor": 3, "access": "r"}], [{"allow": True, "type": "b", "major": 7, "access": "rw"}],
      [{"allow": True, "type": "c", "minor": 3, "access": "m"}], [{"allow": True, "type": "c", "major": 5, "minor": 1, "access": "mwr"}],
      [{"allow": False, "access": "rwm"}] * 20], "rules in the listed order")
bads("CD-1", "res-dev-bad-type", D, [{"allow": True, "type": t, "major": 1, "minor": 3, "access": "r"} for t in ("x", "p", "u", "C", "char", "ab")], "a rule is for a, c or b",
     at=D + "/type")
bads("CD-1", "res-dev-bad-access", D, [{"allow": True, "type": "c", "major": 1, "minor": 3, "access": a} for a in ("x", "RW", "0")],
     "access is made of r, w and m", at=D + "/access")
frees("CD-1", "res-dev-odd-access", D, [{"allow": True, "type": "c", "major": 1, "minor": 3, "access": a} for a in ("rwx", "r w", "rwmx")],
      "runc passes over other letters: a warning")
bads("CD-1", "res-dev-no-allow", D, [{}, {"type": "c"}, {"access": "rwm"}, {"allow": None}], "allow is required", at="%s %s/allow" % (D, D))
bads("CD-1", "res-dev-type", D, [{"allow": "true"}, {"allow": 1}, {"allow": []}], "a boolean", at=D + "/allow")
bads("CD-1", "res-dev-number", D, [{"allow": True, "type": "c", "major": v, "access": "r"} for v in ("1", 1.5, 2 ** 63)], "not a device number", at=D + "/major")
frees("CD-1", "res-dev-minus", D, [{"allow": True, "type": "c", "major": v, "minor": v, "access": "r"} for v in (-1, -2)], "-1 is how engines write all")

# --- memory --------------------------------------------------------------------------------------------------
M = R + "/memory"
MB = 1 << 20
goods("CM-1", "res-memory", M, [{"limit": 64 * MB}, {"limit": -1}, {"reservation": 32 * MB}, {"limit": 64 * MB, "reservation": 32 * MB}, {"limit": 2 ** 62}],
      "bytes, or -1 for no limit")
bads("CM-1", "res-memory-bad", M, [{"limit": v} for v in (-2, 2 ** 63, -2 ** 63 - 1, 1.5, "64M", "67108864", True, [])], "not a number of bytes", at=M + "/limit")
bads("CM-1", "res-reservation-bad", M, [{"reservation": v} for v in (-2, 2 ** 63, 1.5, "64M")], "not a number of bytes", at=M + "/reservation")
bads("CM-1", "res-swap-bad", M, [{"limit": 64 * MB, "swap": v} for v in (-2, 2 ** 63, 1.5, "64M", 32 * MB)], "memory and swap together, at least the limit",
     at=M + "/swap " + M)
bads("CM-1", "res-memory-tiny", M, [{"limit": 1}, {"limit": 4096}], "too small for a program to start", at="-")
bads("CM-3", "res-swappiness", M, [{"swappiness": v} for v in (101, 500, -1, 2 ** 64, "60", 1.5)], "0 to 100", at=M + "/swappiness")
goods("CM-3", "res-swappiness-good", M, [{"swappiness": v} for v in (0, 60, 100)], "0 to 100", on="v1")
frees("CM-4", "res-oom-kill", M, [{"disableOOMKiller": True, "limit": 64 * MB}], "v2 has no such switch")
goods("CM-4", "res-oom-kill-false", M, [{"disableOOMKiller": False}], "nothing is asked for")
frees("CM-5", "res-hierarchy", M, [{"useHierarchy": True}, {"useHierarchy": False}], "v1 only")
goods("CM-6", "res-check", M, [{"checkBeforeUpdate": v} for v in (True, False)], "for update")
bads("CM-6", "res-bool", M, [{k: v} for k in ("disableOOMKiller", "useHierarchy", "checkBeforeUpdate") for v in (1, "true", [])], "a boolean",
     at=" ".join(M + "/" + k for k in ("disableOOMKiller", "useHierarchy", "checkBeforeUpdate")))
frees("CM-2", "res-kernel", M, [{"kernel": v} for v in (-1, 64 * MB)] + [{"kernelTCP": v} for v in (-1, 64 * MB)], "not recommended")
bads("CM-2", "res-kernel-bad", M, [{k: v} for k in ("kernel", "kernelTCP") for v in ("64M", 1.5, 2 ** 63)], "not a 64-bit integer", at=M + "/kernel " + M + "/kernelTCP")

# --- cpu -----------------------------------------------------------------------------------------------------
C = R + "/cpu"
goods("CC-1", "res-cpu", C, [{"shares": 2}, {"shares": 1024}, {"shares": 262144}, {"quota": 50000, "period": 100000}, {"quota": -1}, {"period": 50000}, {"quota": 1000},
      {"cpus": "0"}, {"cpus": "0", "mems": "0"}, {"mems": "0"}, {"cpus": ""}, {"shares": 0}, {"quota": 0}, {"period": 0}], "the kernel's range, 0 and empty for unset")
bads("CC-1", "res-cpu-number", C, [{k: v} for k in ("shares", "period") for v in (-1, 2 ** 64, 1.5, "1024")], "not an unsigned 64-bit integer",
     at=C + "/shares " + C + "/period")
bads("CC-1", "res-quota", C, [{"quota": v} for v in (2 ** 63, 1.5, "50000")], "not a 64-bit integer", at=C + "/quota")
bads("CC-1", "res-cpu-kernel", C, [{"period": 1}, {"period": 999}, {"period": 1000001}, {"quota": 1, "period": 100000}, {"quota": 999}], "the kernel refuses it", at="-")
bads("CC-1", "res-cpus", C, [{"cpus": v} for v in ("x", "1-0", "0-", "-1", "0;1", "4096", "0-99999")], "not a list of CPUs of this machine", at="-")
bads("CC-1", "res-mems", C, [{"mems": v} for v in ("x", "1-0", "0-", "-1", "1023")], "not a list of nodes of this machine", at="-")
frees("CC-1", "res-rt", C, [{"realtimeRuntime": 0}, {"realtimeRuntime": 1000, "realtimePeriod": 1000000}, {"idle": 0}, {"idle": 1}, {"burst": 0}], "not in each kernel, or version of cgroups")
bads("CC-1", "res-idle", C, [{"idle": v} for v in (2, -1, 1.5, "1", True)], "0 or 1", at=C + "/idle -")
bads("CC-1", "res-rt-bad", C, [{"realtimeRuntime": v} for v in ("1", 1.5, 2 ** 63)], "not a 64-bit integer", at=C + "/realtimeRuntime")
bads("CC-2", "res-burst", C, [{"quota": 50000, "period": 100000, "burst": 60000}, {"quota": 50000, "burst": 2 ** 40}], "burst is at most the quota", at="-")
bads("CC-2", "res-burst-bad", C, [{"quota": 50000, "burst": v} for v in (-1, 1.5, "5", 2 ** 64)], "not an unsigned 64-bit integer", at=C + "/burst")

# --- the others --------------------------------------------------------------------------------------------------
goods("CP-1", "res-pids", R + "/pids", [{"limit": v} for v in (-1, 100, 4194304)], "a number, or -1 for no limit")
bads("CP-1", "res-pids-bad", R + "/pids", [{"limit": v} for v in (1.5, "10", 2 ** 63, None, True)] + [{}], "limit is a 64-bit integer", at=R + "/pids/limit " + R + "/pids")
bads("CP-1", "res-pids-minus", R + "/pids", [{"limit": v} for v in (-2, -100)], "only -1 means no limit", at=R + "/pids/limit -")
frees("CP-1", "res-pids-zero", R + "/pids", [{"limit": 0}], "0 is 0: no process at all can be made")
H = R + "/hugepageLimits/0"
bads("CH-1", "res-huge-name", H, [{"pageSize": s, "limit": 0} for s in ("", "64kB", "2M", "2mb", "0MB", "02MB", "MB", "-2MB", "2 MB", "2TB", "2MB ", "x", "../2MB", "2.5MB")],
     "a page size is [1-9][0-9]*[KMG]B", at=H + "/pageSize")
bads("CH-1", "res-huge-part", H, [{"pageSize": "2MB"}, {"limit": 0}, {}], "pageSize and limit are required", at=" ".join((H, H + "/limit", H + "/pageSize")))
bads("CH-1", "res-huge-limit", H, [{"pageSize": "2MB", "limit": v} for v in (-1, 1.5, "0", 2 ** 64)], "not an unsigned 64-bit integer", at=H + "/limit")
bads("CH-1", "res-huge-unknown", H, [{"pageSize": s, "limit": 0} for s in ("3KB", "7GB", "1024GB")], "the kernel has no such page size", at="-")
frees("CH-1", "res-huge", H, [{"pageSize": "2MB", "limit": v} for v in (0, 2 * MB, 2 ** 63)], "where the kernel has hugetlb cgroups")
B = R + "/blockIO"
frees("CB-1", "res-weight", B, [{"weight": v} for v in (10, 500, 1000)], "where the kernel has weights")
bads("CB-1", "res-weight-bad", B, [{"weight": v} for v in (-1, 65536, 1.5, "500")], "not an unsigned 16-bit integer", at=B + "/weight")
bads("CB-1", "res-weight-range", B, [{"weight": v} for v in (1, 9, 1001, 65535)], "10 to 1000", at=B + "/weight -")
bads("CB-1", "res-leaf-bad", B, [{"leafWeight": v} for v in (-1, 65536, 1.5, "500")], "not an unsigned 16-bit integer", at=B + "/leafWeight")
W = B + "/weightDevice/0"
bads("CB-1", "res-weightdev-none", W, [{"major": 8, "minor": 0}], "weight or leafWeight is required", at="-")
bads("CB-1", "res-weightdev-part", W, [{"minor": 0, "weight": 500}, {"major": 8, "weight": 500}, {}], "major and minor are required", at=" ".join((W, W + "/major", W + "/minor")))
for key in ("Read", "Write"):
    for unit in ("Bps", "IOPS"):
        t = "%s/throttle%s%sDevice" % (B, key, unit)
        bads("CB-1", "res-throttle-%s%s" % (key, unit), t + "/0", [{"minor": 0, "rate": 1}, {"major": 8, "rate": 1}, {"major": 8, "minor": 0, "rate": -1},
             {"major": 8, "minor": 0, "rate": "1M"}, {"major": "8", "minor": 0, "rate": 1}], "major and minor are required, rate is an unsigned integer",
             at=" ".join(t + "/0" + x for x in ("", "/major", "/minor", "/rate")))
        good("CB-1", "res-throttle-%s%s-empty" % (key, unit), {t: []}, "none")
N = R + "/network"
bads("CN-1", "res-net-bad", N, [{"classID": v} for v in (-1, 2 ** 32, "0x10", 1.5)], "not an unsigned 32-bit integer", at=N + "/classID")
bads("CN-1", "res-netprio", N, [{"priorities": [v]} for v in ({"name": "lo"}, {"priority": 1}, {}, {"name": "lo", "priority": -1}, {"name": 1, "priority": 1},
     {"name": "lo", "priority": "1"})], "name and priority are required", at=" ".join(N + "/priorities/0" + x for x in ("", "/name", "/priority")))
goods("CN-1", "res-net-none", N, [{}, {"priorities": []}], "nothing is asked for")
bads("CR-1", "res-rdma-none", R + "/rdma", [{"mlx5_0": {}}], "one of the two at least", at=R + "/rdma/mlx5_0 " + R + "/rdma")
bads("CR-1", "res-rdma-str", R + "/rdma", [{"mlx5_0": {"hcaHandles": v}} for v in ("1000", -1, 1.5, 2 ** 32)], "not an unsigned 32-bit integer", at=R + "/rdma/mlx5_0/hcaHandles")
bads("CR-1", "res-rdma-type", R + "/rdma", [{"mlx5_0": []}, {"mlx5_0": "max"}, [], "max"], "a map of objects", at=R + "/rdma " + R + "/rdma/mlx5_0")
bads("CR-1", "res-rdma-device", R + "/rdma", [{"nodevice9": {"hcaObjects": 1}}], "no such device", at="-")
U = R + "/unified"
bads("CU-1", "res-unified-type", U, [{"memory.high": v} for v in (1, None, True, [], {})], "values are strings", at=U + "/memory.high")
bads("CU-1", "res-unified-name", U, [{k: "1"} for k in ("", "../memory.high", "a/b", "..", ".", "/memory.high", "memory.high/..")], "not the name of a file in the cgroup", at="-")
bads("CU-1", "res-unified-v1", U, [{"memory.high": "1"}], "v2 settings on v1", at="-", on="v1")
bads("CU-1", "res-unified-file", U, [{"nonsense": "1"}], "a file that is not there", at="-")
