# SPDX-License-Identifier: Apache-2.0
"""The cases of configs.py: edits of one configuration, each with what the runtime-spec expects and why.

`bad(name, why, edits)` must be refused, `good(…)` must be created. An edit is (JSON pointer, value); DROP removes. A bad
case is expected to be reported at the first edit's pointer or one of its parents' (`at=` names another).
"""
import copy
import json

DROP = object()
CASES = []


def base():
    """What every runtime creates on every host: no resources, no seccomp, all namespaces but user and cgroup."""
    return {
        "ociVersion": "1.0.2",
        "process": {
            "terminal": False, "user": {"uid": 0, "gid": 0}, "args": ["sleep", "60"], "cwd": "/",
            "env": ["PATH=/bin", "TERM=xterm"], "noNewPrivileges": True,
            "capabilities": {s: ["CAP_KILL", "CAP_CHOWN"] for s in ("bounding", "effective", "permitted")},
            "rlimits": [{"type": "RLIMIT_NOFILE", "soft": 256, "hard": 512}],
        },
        "root": {"path": "rootfs", "readonly": False},
        "hostname": "box",
        "mounts": [
            {"destination": "/proc", "type": "proc", "source": "proc"},
            {"destination": "/dev", "type": "tmpfs", "source": "tmpfs",
             "options": ["nosuid", "strictatime", "mode=755", "size=65536k"]},
            {"destination": "/dev/pts", "type": "devpts", "source": "devpts",
             "options": ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"]},
            {"destination": "/tmp", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "nodev"]},
        ],
        "annotations": {"org.example.key": "value"},
        "linux": {
            "namespaces": [{"type": t} for t in ("pid", "ipc", "uts", "mount", "network")],
            "maskedPaths": ["/proc/kcore"], "readonlyPaths": ["/proc/sys"],
            "resources": {"devices": [{"allow": False, "access": "rwm"}]},
        },
    }


class Case:
    def __init__(self, good, name, why, edits, at=None, raw=None):
        self.good, self.name, self.why, self.edits, self.raw = good, name, why, edits, raw
        self.pointers = []
        if not good and edits:
            self.pointers = list(at) if at is not None else parents(edits[0][0])

    def text(self, config):
        for pointer, value in self.edits:
            edit(config, pointer, value)
        text = json.dumps(config, indent=1).encode()
        return self.raw(text) if self.raw else text


def parents(pointer):
    """The pointer and what may stand for it: the object or array around it (a key that lacks, a combination)."""
    up = pointer.rpartition("/")[0]
    return [pointer, up] if up.count("/") else [pointer]


def edit(config, pointer, value):
    keys = [k.replace("~1", "/").replace("~0", "~") for k in pointer.split("/")[1:]]
    for key in keys[:-1]:
        if isinstance(config, list):
            config = config[int(key)]
        else:
            config = config.setdefault(key, {})
    last = keys[-1]
    if isinstance(config, list):
        if last == "-":
            config.append(copy.deepcopy(value))
        elif value is DROP:
            del config[int(last)]
        else:
            config[int(last)] = copy.deepcopy(value)
    elif value is DROP:
        config.pop(last, None)
    else:
        config[last] = copy.deepcopy(value)


def bad(name, why, *edits, at=None):
    CASES.append(Case(False, name, why, list(edits), at))


def good(name, why, *edits):
    CASES.append(Case(True, name, why, list(edits)))


def bad_raw(name, why, change):
    CASES.append(Case(False, name, why, [], raw=change))


def each(make, stem, why, pointer, values, *more, at=None):
    """One case for each value at one place."""
    for number, value in enumerate(values, 1):
        word = json.dumps(value, ensure_ascii=True).strip('"')[:24]
        word = "".join(c if c.isalnum() or c in "._-" else "_" for c in word) or "empty"
        edits = [(pointer, value), *more]
        CASES.append(Case(make is good, f"{stem}-{'good' if make is good else 'bad'}-{number}-{word}", why, edits, at))


def all_cases():
    if not CASES:
        import cases_document
        import cases_linux
        import cases_process
        import cases_types
        for module in (cases_document, cases_process, cases_linux, cases_types):
            module.add()
        names = [case.name for case in CASES]
        assert len(names) == len(set(names)), [n for n in names if names.count(n) > 1]
    return CASES
