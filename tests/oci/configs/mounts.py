# SPDX-License-Identifier: Apache-2.0
"""Cases of mounts, and of the devices and paths inside (config.md, config-linux.md)."""
from .corpus import bad, bads, free, frees, good, goods, user_namespace

AT = "/mounts/6"  # what is appended to the base's six mounts
LONG = "/" + "x" * 5000


def tmpfs(options):
    return {"destination": "/mnt", "type": "tmpfs", "source": "tmpfs", "options": options}


def bind(options, source="/usr"):
    return {"destination": "/mnt", "type": "bind", "source": source, "options": options}


goods("MO-1", "mounts", "/mounts", [[], None], "none")
goods("MO-2", "mount-destination", "/mounts/-", [{**tmpfs([]), "destination": d} for d in ("/mnt", "/mnt/", "/mnt/a/b", "//mnt", "/mnt/.", "/tmp/../mnt", "/ü x")],
      "absolute")
goods("MO-2", "mount-destination-relative", "/mounts/-", [{**tmpfs([]), "destination": d} for d in ("mnt", "./mnt", "a/b")], "relative: taken from /")
bads("MO-2", "mount-destination-bad", "/mounts/-", [{**tmpfs([]), "destination": d} for d in ("", None, 7, ["/mnt"])], "a destination is a path",
     at=AT + "/destination " + AT)
bads("MO-2", "mount-destination-long", "/mounts/-", [{**tmpfs([]), "destination": d} for d in ("/" + "x" * 300, LONG)], "longer than the kernel takes", at="-")
bads("MO-2", "mount-no-destination", "/mounts/-", [{}, {"type": "tmpfs", "source": "tmpfs"}], "destination is required", at=AT + " " + AT + "/destination")
bads("MO-2", "mount-type", "/mounts/-", [None, "tmpfs", [], 1], "an object", at=AT)
bads("MO-3", "bind-source", "/mounts/-", [bind(["bind"], s) for s in ("/nonexistent", "nonexistent", "config.json/x", LONG)], "no source there", at="-")
bads("MO-3", "bind-source-empty", "/mounts/-", [bind(["bind"], s) for s in ("",)] + [{"destination": "/mnt", "type": "bind", "options": ["bind"]}],
     "a bind mount needs a source", at=AT + " " + AT + "/source")
goods("MO-3", "bind-source-good", "/mounts/-", [bind(["bind"]), bind(["rbind"]), bind(["bind"], "rootfs"), bind(["rbind", "ro"], "./rootfs/etc"),
      {"destination": "/mnt", "source": "/usr", "options": ["bind"]}, {"destination": "/mnt", "type": "none", "source": "/usr", "options": ["rbind"]},
      {"destination": "/mnt", "type": "whatever", "source": "/usr", "options": ["bind"]}], "a bind mount by its options")
good("MO-3", "source-absent", {"/mounts/-": {"destination": "/mnt", "type": "tmpfs"}}, "source is optional")
goods("MO-4", "type-good", "/mounts/-", [{"destination": "/mnt", "type": t, "source": t} for t in ("tmpfs", "ramfs", "proc", "sysfs", "devpts", "mqueue")],
      "any name of /proc/filesystems")
bads("MO-4", "type-bad", "/mounts/-", [{"destination": "/mnt", "type": t, "source": "x"} for t in ("nonsense", "tmpfs ", "TMPFS", "../tmpfs", "x" * 5000)],
     "no such file system", at="-")
bads("MO-4", "type-wrong", "/mounts/-", [{"destination": "/mnt", "type": t} for t in (1, [], {})], "a string", at=AT + "/type")
bads("MO-4", "type-absent", "/mounts/-", [{"destination": "/mnt", "source": "/usr"}, {"destination": "/mnt", "type": "", "source": "x"}, {"destination": "/mnt"}],
     "neither a file system nor a bind mount", at="-")

bads("MO-2", "mount-over-file", "/mounts/-", [{**tmpfs([]), "destination": d} for d in ("/bin/busybox", "/bin/busybox/x")], "a file is there", at=AT)
goods("MO-1", "mounts-on-one", "/mounts", [[tmpfs([]), tmpfs([])], [{**tmpfs([]), "destination": "/etc"}]], "in the listed order")
good("MO-3", "bind-file", {"/mounts/-": {"destination": "/etc/f", "source": "/etc/passwd", "options": ["bind"]}}, "a file on a file that is made")
for o in ("nosuid", "nodev", "noexec", "ro", "rro", "noatime"):
    good("MO-5", "option-rbind-" + o, {"/mounts/-": {"destination": "/mnt", "source": "/usr", "type": "none", "options": ["rbind", o]}}, "an option of the table")

PLAIN = """async atime defaults dev diratime dirsync exec iversion lazytime loud noatime nodev nodiratime noexec noiversion nolazytime norelatime
nostrictatime nosuid private rprivate relatime ro rshared rslave runbindable rw shared silent slave strictatime suid sync unbindable""".split()
for o in PLAIN:
    good("MO-6", "option-" + o, {"/mounts/-": tmpfs([o])}, "an option of the table")
    good("MO-6", "option-bind-" + o, {"/mounts/-": bind(["bind", o])}, "an option of the table")
for o in ("nosymfollow", "symfollow"):
    goods("MO-7", "option", "/mounts/-", [tmpfs([o]), bind(["rbind", o])], "an option of the table (Linux 5.10)")
for o in """ratime rdev rdiratime relatime rexec rnoatime rnodev rnodiratime rnoexec rnorelatime rnostrictatime rnosuid rnosymfollow rrelatime rro rrw
rstrictatime rsuid rsymfollow""".split():
    if o != "relatime":
        good("MO-8", "option-" + o, {"/mounts/-": bind(["rbind", o])}, "a recursive option of the table")
goods("MO-9", "option", "/mounts/-", [tmpfs(["tmpcopyup"]), tmpfs(["mand"]), tmpfs(["nomand"])], "an option that a runtime may have")
goods("MO-6", "options", "/mounts/-", [tmpfs([]), tmpfs(None), tmpfs(["ro", "rw", "ro"]), tmpfs(["nosuid"] * 100)], "a list of names")
bads("MO-6", "options-type", "/mounts/-", [tmpfs("ro"), tmpfs({"ro": True}), tmpfs([1]), tmpfs([None]), tmpfs([["ro"]])], "a list of strings",
     at=AT + "/options " + AT + "/options/0")
goods("MO-15", "data", "/mounts/-", [tmpfs(["size=1m"]), tmpfs(["mode=700", "uid=5", "gid=6"]), tmpfs(["nr_inodes=100"]), tmpfs(["size=50%"])],
      "unknown options are the file system's")
bads("MO-15", "data-bad", "/mounts/-", [tmpfs([o]) for o in ("nonsense", "size=lots", "mode=xyz", "RO", "ro ", "nosuidd", "size=1m,nonsense", "x" * 5000)],
     "the file system does not know it either", at="-")
bads("MO-18", "bind-data", "/mounts/-", [bind(["bind", o]) for o in ("size=1m", "mode=755", "nosiud", "RO", "uid=5", "x")],
     "a bind mount has no file system to give it to: the kernel would drop it", at=AT + "/options/1")
MAPS = [{"containerID": 0, "hostID": 100000, "size": 65536}]
bads("MO-12", "mount-map-one", "/mounts/-", [{**bind(["bind", "idmap"]), k: MAPS} for k in ("uidMappings", "gidMappings")], "the two come together",
     at=" ".join(AT + x for x in ("", "/uidMappings", "/gidMappings")))
bads("MO-11", "idmap-no-maps", "/mounts/-", [bind(["bind", "idmap"]), bind(["rbind", "ridmap"]), {**bind(["bind", "idmap"]), "uidMappings": [], "gidMappings": []}],
     "no mappings, and no user namespace to take them from", at="-")
goods("MO-10", "idmap", "/mounts/-", [{**bind(["bind", o], "rootfs/etc"), "uidMappings": MAPS, "gidMappings": MAPS} for o in ("idmap", "ridmap")], "an id-mapped mount")
frees("MO-13", "idmap-without-option", "/mounts/-", [{**bind(["bind"], "rootfs/etc"), "uidMappings": MAPS, "gidMappings": MAPS}], "the option should be there")
bads("MO-12", "mount-map-bad", "/mounts/-", [{**bind(["bind", "idmap"]), "gidMappings": MAPS, "uidMappings": m} for m in (
    [{"containerID": 0, "hostID": 1000, "size": 0}], [{"containerID": 0, "hostID": 1000}], [{}], [{"containerID": -1, "hostID": 1, "size": 1}],
    [{"containerID": 0, "hostID": 1, "size": 2 ** 32}])],
     "a mapping without a length", at=" ".join(AT + "/uidMappings/0" + x for x in ("", "/size", "/containerID", "/hostID")))

# --- devices --------------------------------------------------------------------------------------------
D = "/linux/devices/0"


def node(**keys):
    return {"type": "c", "path": "/dev/x", "major": 1, "minor": 3, **keys}


def without(key):
    d = node()
    del d[key]
    return d


goods("DV-1", "dev", "/linux/devices", [[], None, [node()], [node(type="u")], [node(type="b", major=7, minor=0)], [{"type": "p", "path": "/dev/x"}],
      [node(path="/tmp/x")], [node(path="/a/b/c")], [node(path="/dev/x"), node(path="/dev/y")]], "made there")
bads("DV-2", "dev-type", D, [node(type=t) for t in ("", "x", "char", "C", "cb", "s", "l", "-")], "a type is c, b, u or p", at=D + "/type")
bads("DV-2", "dev-part", D, [without("type"), {}], "type is required", at="%s %s/type" % (D, D))
bads("DV-3", "dev-path", D, [node(path=p) for p in ("", "dev/x", "x", "./x", "../dev/x")], "a path is absolute", at=D + "/path")
bads("DV-3", "dev-no-path", D, [without("path")], "path is required", at="%s %s/path" % (D, D))
bads("DV-3", "dev-over-existing", D, [node(path=p) for p in ("/etc/passwd", "/bin", "/bin/busybox", "/bin/busybox/x", "/dev/pts")], "another file is there", at="-")
bads("DV-3", "dev-path-root", D, [node(path=p) for p in ("/", "/.", "/dev", "/dev/..")], "a folder is there", at="-")
for key in ("major", "minor"):
    for kind in ("c", "b", "u"):
        bad("DV-4", "dev-no-%s-%s" % (key, kind), "%s %s/%s" % (D, D, key), {D: {**without(key), "type": kind}}, "required unless the type is p")
    bads("DV-4", "dev-%s" % key, D, [node(**{key: v}) for v in (-1, -5, "1", 1.5, 2 ** 63, None)], "not a device number", at="%s/%s %s" % (D, key, D))
    bads("DV-4", "dev-%s-big" % key, D, [node(**{key: v}) for v in (2 ** 32, 2 ** 40, 2 ** 63 - 1)], "more than the kernel has", at="-")
goods("DV-5", "dev-mode", "/linux/devices", [[node(fileMode=m)] for m in (0, 256, 438, 511)], "permission bits")
bads("DV-5", "dev-mode-bad", D, [node(fileMode=m) for m in (-1, "0666", 1.5, 2 ** 32, 65536)], "not a mode", at=D + "/fileMode")
frees("DV-5", "dev-mode-bits", "/linux/devices", [[node(fileMode=m)] for m in (512, 2048, 4095, 8630)], "beyond the schema's 511; set-id bits are usable")
goods("DV-6", "dev-owner", "/linux/devices", [[node(uid=u, gid=u)] for u in (0, 5, 65534, 2 ** 32 - 2)], "ids of the container")
bads("DV-6", "dev-owner-bad", D, [node(uid=u) for u in (-1, 2 ** 32, "0", "root", 1.5)], "not an unsigned 32-bit integer", at=D + "/uid")
bads("DV-6", "dev-group-bad", D, [node(gid=u) for u in (-1, 2 ** 32, "0", 1.5)], "not an unsigned 32-bit integer", at=D + "/gid")
frees("DV-7", "dev-twice", "/linux/devices", [[node(), node()], [node(path="/dev/null")], [node(), node(path="/dev/y")]], "one number should not be listed twice")
frees("DV-2", "dev-fifo-number", "/linux/devices", [[{"type": "p", "path": "/dev/x", "major": 1, "minor": 3}]], "numbers of a fifo mean nothing")
good("DV-8", "dev-default-again", {"/linux/devices": [{"type": "c", "path": "/dev/null", "major": 1, "minor": 3, "fileMode": 438, "uid": 0, "gid": 0}]},
     "a default device, listed as it is")
good("DV-1", "dev-user-namespace", {**user_namespace(), "/linux/devices": []}, "default devices in a user namespace")

# --- masked and read-only paths, propagation ------------------------------------------------------------------
for key, row in (("maskedPaths", "MK-1"), ("readonlyPaths", "MK-2")):
    p = "/linux/" + key
    goods(row, key, p, [[], None, ["/proc/kcore"], ["/etc/passwd"], ["/tmp"], ["/etc", "/etc/passwd"][::-1], ["/proc/keys", "/proc/keys"]], "absolute")
    goods("MK-3", key + "-missing", p, [["/nonexistent"], ["/proc/nonexistent", "/sys/nonexistent/a/b"], ["/etc/passwd/x"]], "what is missing is skipped")
    bads(row, key + "-relative", p, [[v] for v in ("", "proc/kcore", "./proc", "../proc", "kcore", " /proc")], "paths are absolute", at=p + "/0")
    bads(row, key + "-second", p, [["/proc/kcore", v] for v in ("", "proc")], "paths are absolute", at=p + "/1")
    bads(row, key + "-type", p, ["/proc/kcore", [1], {"a": "/proc"}, [["/proc"]], [None], 1], "a list of strings", at="%s %s/0" % (p, p))
    frees(row, key + "-long", p, [["/" + "x" * 300], [LONG]], "longer than a name can be: it cannot be there")
    free(row, key + "-root", {p: ["/"]}, "the whole root")
goods("PP-1", "prop", "/linux/rootfsPropagation", ["shared", "slave", "private", "unbindable"], "one of the four")
frees("PP-1", "prop-empty", "/linux/rootfsPropagation", [""], "not of the list; Go's encoder leaves it out")
frees("PP-1", "prop-r", "/linux/rootfsPropagation", ["rshared", "rslave", "rprivate", "runbindable"], "recursive names, which engines write")
bads("PP-1", "prop-bad", "/linux/rootfsPropagation", ["bad", "Private", "SHARED", "private ", "no", "shared,slave", "rrprivate", "x" * 5000], "no such propagation")
frees("ML-1", "mount-label", "/linux/mountLabel", ["system_u:object_r:container_file_t:s0", "nonsense"], "SELinux may be off")
good("ML-1", "mount-label-empty", {"/linux/mountLabel": ""}, "none")
