# SPDX-License-Identifier: Apache-2.0
"""The document itself: JSON, versions, annotations, root, mounts, hooks."""
from cases import DROP, bad, bad_raw, each, good

LONG = "x" * 5000


def add():
    json_text()
    versions()
    annotations()
    root()
    mounts()
    hooks()


def json_text():
    why = "RFC 8259 (glossary, JSON)"
    bad_raw("json-empty", why, lambda t: b"")
    bad_raw("json-blank", why, lambda t: b" \n")
    bad_raw("json-cut", why, lambda t: t[: len(t) // 2])
    bad_raw("json-last-brace", why, lambda t: t[:-1])
    bad_raw("json-trailing-word", why, lambda t: t + b"x")
    bad_raw("json-trailing-brace", why, lambda t: t + b"}")
    bad_raw("json-two-documents", why, lambda t: t + t)
    bad_raw("json-comment-line", why, lambda t: b"// c\n" + t)
    bad_raw("json-comment-block", why, lambda t: t.replace(b'"root"', b'/* c */ "root"', 1))
    bad_raw("json-trailing-comma", why, lambda t: t[:-1].rstrip() + b",}")
    bad_raw("json-single-quotes", why, lambda t: t.replace(b'"', b"'"))
    bad_raw("json-array", why, lambda t: b"[" + t + b"]")
    bad_raw("json-null", why, lambda t: b"null")
    bad_raw("json-string", why, lambda t: b'"config"')
    bad_raw("json-nan", why, lambda t: t.replace(b'"uid": 0', b'"uid": NaN', 1))
    bad_raw("json-hex", why, lambda t: t.replace(b'"uid": 0', b'"uid": 0x0', 1))
    bad_raw("json-leading-zero", why, lambda t: t.replace(b'"uid": 0', b'"uid": 00', 1))
    bad_raw("json-plus", why, lambda t: t.replace(b'"uid": 0', b'"uid": +0', 1))
    bad_raw("json-raw-newline", why, lambda t: t.replace(b'"box"', b'"bo\nx"', 1))
    bad_raw("json-bad-escape", why, lambda t: t.replace(b'"box"', b'"b\\qx"', 1))
    bad_raw("json-short-escape", why, lambda t: t.replace(b'"box"', b'"b\\u12"', 1))
    bad_raw("json-true-capital", why, lambda t: t.replace(b"true", b"True", 1))
    for name, octets in (("ff", b"\xff"), ("latin1", b"\xe9t\xe9"), ("overlong-2", b"\xc0\xaf"), ("overlong-3", b"\xe0\x80\xaf"),
                         ("surrogate", b"\xed\xa0\x80"), ("too-big", b"\xf4\x90\x80\x80"), ("cut", b"\xe2\x82"),
                         ("tail", b"\x80"), ("five", b"\xf8\x88\x80\x80\x80")):
        bad_raw(f"utf8-{name}", "UTF-8 throughout", lambda t, o=octets: t.replace(b'"value"', b'"v' + o + b'"', 1))
        bad_raw(f"utf8-{name}-in-arg", "UTF-8 throughout", lambda t, o=octets: t.replace(b'"60"', b'"6' + o + b'"', 1))
    for name, pointer in (("hostname", b'"box"'), ("arg", b'"60"'), ("env", b'"TERM=xterm"'), ("cwd", b'"cwd": "/"'),
                          ("annotation", b'"value"'), ("masked", b'"/proc/kcore"'), ("destination", b'"/tmp"')):
        bad_raw(f"nul-{name}", "a NUL would cut the string for the kernel",
                lambda t, p=pointer: t.replace(p, p[:-1] + b'\\u0000x"', 1))
    for name, text in (("top", b'"hostname": "box"'), ("nnp", b'"noNewPrivileges": true'), ("uid", b'"uid": 0'),
                       ("cwd", b'"cwd": "/"'), ("annotation", b'"org.example.key": "value"')):
        bad_raw(f"dup-{name}", "names in an object are unique (glossary)", lambda t, x=text: t.replace(x, x + b", " + x, 1))
    bad_raw("depth-200", "a limit on what a user controls", lambda t: t[:-1].rstrip() + b',"x":' + b"[" * 200 + b"]" * 200 + b"}")
    good("unknown-top", "unknown properties are ignored", ("/foo", {"a": [1, None, "x"]}))
    good("unknown-process", "unknown properties are ignored", ("/process/foo", True))
    good("unknown-linux", "unknown properties are ignored", ("/linux/foo", 1))
    good("unknown-resources", "unknown properties are ignored", ("/linux/resources/foo", {"x": 1}))
    good("unknown-mount-key", "unknown properties are ignored", ("/mounts/0/foo", "x"))
    for platform in ("windows", "solaris", "vm", "zos", "freebsd"):
        good(f"platform-{platform}", "other platforms' objects do not matter on Linux", (f"/{platform}", {"anything": 1}))


def versions():
    why = "ociVersion is SemVer 2.0.0"
    each(bad, "ociversion", why, "/ociVersion", ["", "abc", "1", "1.0", "v1.0.0", "1.0.0.0", "01.0.0", "1.0.-1", " 1.0.0", "1.0.0-",
                                                 "1.0.0+", "1.0.0-a..b"])
    bad("ociversion-missing", "required", ("/ociVersion", DROP), at=["ociVersion"])
    bad("ociversion-2", "a newer major version", ("/ociVersion", "2.0.0"))
    bad("ociversion-99", "a newer major version", ("/ociVersion", "99.0.0"))
    each(good, "ociversion", "compatible versions", "/ociVersion", ["1.0.0", "1.1.0", "1.2.1", "1.3.0", "1.0.2-dev", "1.0.0-rc.1+x.5"])


def annotations():
    bad("annotation-empty-key", "keys are not empty", ("/annotations", {"": "x"}))
    each(bad, "annotation-value", "values are strings", "/annotations/a", [1, True, ["x"], {"x": "y"}])
    good("annotation-empty-value", "a value may be empty", ("/annotations/a", ""))
    good("annotations-none", "optional", ("/annotations", DROP))
    good("annotations-empty", "may be empty", ("/annotations", {}))
    good("annotation-long", "no limit in the spec", ("/annotations/a", LONG))
    good("annotation-unicode", "any string", ("/annotations/盒子", "箱\n\t\"\\"))


def root():
    bad("root-missing", "required on Linux", ("/root", DROP), at=["/root", "root"])
    bad("root-path-missing", "required", ("/root/path", DROP))
    bad("root-path-empty", "a directory must be there", ("/root/path", ""))
    bad("root-path-nowhere", "a directory must be there", ("/root/path", "/nowhere/at/all"))
    bad("root-path-relative-nowhere", "a directory must be there", ("/root/path", "nowhere"))
    bad("root-path-file", "a directory must be there", ("/root/path", "config.json"))
    bad("root-path-device", "a directory must be there", ("/root/path", "/dev/null"))
    good("root-relative", "relative to the bundle", ("/root/path", "../rootfs"))
    good("root-dots", "a path", ("/root/path", "./../rootfs/../rootfs/."))
    good("root-readonly", "may be read-only", ("/root/readonly", True))
    good("root-no-readonly", "default false", ("/root/readonly", DROP))


def mounts():
    m = {"destination": "/mnt", "type": "tmpfs", "source": "tmpfs"}
    bad("mount-no-destination", "required", ("/mounts/-", {"type": "tmpfs", "source": "tmpfs"}), at=["/mounts/4"])
    bad("mount-empty-destination", "a path", ("/mounts/-", dict(m, destination="")), at=["/mounts/4"])
    bad("mount-type-unknown", "no such file system", ("/mounts/-", dict(m, type="nosuchfs")), at=["/mounts/4"])
    bad("mount-bind-nowhere", "the source is not there", at=["/mounts/4"],
        *[("/mounts/-", {"destination": "/mnt", "source": "/nowhere", "options": ["bind"]})])
    bad("mount-bind-no-source", "a bind mount has a source", ("/mounts/-", {"destination": "/mnt", "options": ["bind"]}), at=["/mounts/4"])
    bad("mount-tmpfs-bad-data", "the kernel refuses it", ("/mounts/-", dict(m, options=["size=abc"])), at=["/mounts/4"])
    bad("mount-tmpfs-unknown-data", "the kernel refuses it", ("/mounts/-", dict(m, options=["nosuchoption"])), at=["/mounts/4"])
    bad("mount-bind-data", "the kernel would drop it", at=["/mounts/4"],
        *[("/mounts/-", {"destination": "/mnt", "source": "/usr", "options": ["bind", "size=5"]})])
    bad("mount-uid-only", "uidMappings come with gidMappings", at=["/mounts/4"],
        *[("/mounts/-", {"destination": "/mnt", "source": "/usr", "options": ["bind", "idmap"],
                         "uidMappings": [{"containerID": 0, "hostID": 1, "size": 1}]})])
    bad("mount-idmap-no-userns", "nothing to map with", at=["/mounts/4"],
        *[("/mounts/-", {"destination": "/mnt", "source": "/usr", "options": ["bind", "idmap"]})])
    bad("mount-over-file", "a directory over a file", at=["/mounts/4"],
        *[("/mounts/-", {"destination": "/bin/busybox", "type": "tmpfs", "source": "tmpfs"})])
    bad("mount-below-file", "a file is on the way", at=["/mounts/4"],
        *[("/mounts/-", {"destination": "/bin/busybox/x", "type": "tmpfs", "source": "tmpfs"})])
    for option in ("async atime defaults dev diratime dirsync exec iversion lazytime loud noatime nodev nodiratime noexec noiversion "
                   "nolazytime norelatime nostrictatime nosuid private ro rprivate rshared rslave runbindable rw shared silent slave "
                   "strictatime suid sync unbindable relatime nosymfollow symfollow ratime rdev rdiratime rrelatime rexec rnoatime "
                   "rnodiratime rnoexec rnorelatime rnostrictatime rnosuid rnodev rnosymfollow rro rrw rstrictatime rsuid rsymfollow "
                   "nomand tmpcopyup size=64k nr_inodes=100 mode=700 uid=5 gid=5").split():
        good(f"mount-option-{option}", "config.md, mount options", ("/mounts/-", dict(m, options=[option])))
    for option in ("bind", "rbind"):
        for extra in ("ro", "rw", "nosuid", "nodev", "noexec", "noatime", "rro", "private", "rslave", "unbindable"):
            good(f"mount-{option}-{extra}", "config.md, mount options",
                 ("/mounts/-", {"destination": "/mnt", "source": "/usr", "type": "none", "options": [option, extra]}))
    good("mount-bind-file", "a file on a file that is made", ("/mounts/-", {"destination": "/etc/f", "source": "/etc/passwd", "options": ["bind"]}))
    good("mount-relative-destination", "taken from /", ("/mounts/-", dict(m, destination="mnt")))
    good("mount-deep-destination", "what is missing is made", ("/mounts/-", dict(m, destination="/run/a/b/c/d")))
    good("mount-dots", "a path", ("/mounts/-", dict(m, destination="/mnt/../mnt/./")))
    good("mount-no-options", "optional", ("/mounts/-", dict(m, options=[])))
    good("mount-null-options", "encoders in Go write null", ("/mounts/-", dict(m, options=None)))
    good("mount-twice", "in listed order", ("/mounts/-", m), ("/mounts/-", m))
    good("mount-over-root-parts", "a tmpfs over /etc", ("/mounts/-", dict(m, destination="/etc")))


def hooks():
    six = ("prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop")
    for kind in six:
        place = f"/hooks/{kind}"
        here = [f"{place}/0"]
        bad(f"hook-{kind}-relative", "path is absolute", (place, [{"path": "bin/true"}]), at=here)
        bad(f"hook-{kind}-empty-path", "path is absolute", (place, [{"path": ""}]), at=here)
        bad(f"hook-{kind}-no-path", "path is required", (place, [{"args": ["x"]}]), at=here)
        bad(f"hook-{kind}-timeout-0", "timeout is more than zero", (place, [{"path": "/bin/true", "timeout": 0}]), at=here)
        bad(f"hook-{kind}-timeout-minus", "timeout is more than zero", (place, [{"path": "/bin/true", "timeout": -1}]), at=here)
        bad(f"hook-{kind}-env-type", "env is an array of strings", (place, [{"path": "/bin/true", "env": "A=b"}]), at=here)
        bad(f"hook-{kind}-object", "hooks are arrays", (place, {"path": "/bin/true"}), at=[place])
        good(f"hook-{kind}", "a hook", (place, [{"path": "/bin/true", "args": ["true"], "env": ["A=b"], "timeout": 5}]))
        good(f"hook-{kind}-empty", "an empty list", (place, []))
    for kind in six[:3]:
        bad(f"hook-{kind}-fails", "create fails with a hook that fails", (f"/hooks/{kind}", [{"path": "/bin/false"}]), at=[f"/hooks/{kind}/0"])
        bad(f"hook-{kind}-nowhere", "create fails with a hook that is not there", (f"/hooks/{kind}", [{"path": "/nowhere"}]), at=[f"/hooks/{kind}/0"])
        bad(f"hook-{kind}-slow", "a hook that takes longer than its timeout fails", at=[f"/hooks/{kind}/0"],
            *[(f"/hooks/{kind}", [{"path": "/bin/sleep", "args": ["sleep", "30"], "timeout": 1}])])
    good("hooks-empty", "no hooks", ("/hooks", {}))
