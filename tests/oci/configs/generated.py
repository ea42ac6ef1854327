# SPDX-License-Identifier: Apache-2.0
"""Cases made from every key of the schema (tests/errors/full.json): each alone in a configuration that runs otherwise, so that
nothing else is a reason to refuse it; and unknown keys and null in a configuration that uses much and runs."""
import copy
import importlib.util
import json
import os

from .corpus import BASE, TESTS, add, document, encode

spec = importlib.util.spec_from_file_location("generate", os.path.join(TESTS, "errors", "generate.py"))
keys = importlib.util.module_from_spec(spec)
spec.loader.exec_module(keys)

with open(os.path.join(TESTS, "errors", "full.json"), encoding="utf-8") as f:
    FULL = json.load(f)

IGNORED = {"commandLine", "username"}  # other platforms' strings go nowhere
SIGNED = {"oomScoreAdj", "nice", "timeout", "secs", "limit", "reservation", "swap", "kernel", "kernelTCP", "quota", "realtimeRuntime", "idle", "major", "minor", "priority"}
ROWS = [("hooks", "HK-2"), ("annotations", "AN-3"), ("mounts", "MO-2"), ("root", "RO-2"), ("process/user", "PR-20"), ("process", "EX-2"), ("linux/seccomp", "SE-8"),
        ("linux/resources", "CU-2"), ("linux/namespaces", "NS-1"), ("linux/devices", "DV-2"), ("linux", "EX-2"), ("", "EX-2")]


def row(path, kind):
    if kind in ("nul", "utf8", "dup"):
        return {"nul": "JS-5", "utf8": "JS-1", "dup": "JS-2"}[kind]
    text = "/".join(str(t) for t in path)
    return next(r for prefix, r in ROWS if text.startswith(prefix))


def prune(value, path, done):
    """A copy that holds what is on the path, and what is required beside it."""
    if not path:
        return copy.deepcopy(value)
    if isinstance(value, list):
        return [prune(value[path[0]], path[1:], done + (path[0],))]
    kept = {}
    for key, sub in value.items():
        if key == path[0]:
            kept[key] = prune(sub, path[1:], done + (key,))
        elif keys.is_required(done + (key,), keys.REQUIRED + keys.REQUIRED_BY_TEXT):
            kept[key] = copy.deepcopy(sub)
    return kept


def alone(path):
    """The base with the value of the full configuration at this path; and the path that it has there."""
    doc = copy.deepcopy(BASE)
    here, full = doc, FULL
    for i, token in enumerate(path):
        if isinstance(full, dict) and isinstance(here.get(token), dict) and i + 1 < len(path):
            here, full = here[token], full[token]
            continue
        here[token] = prune(full[token], path[i + 1:], path[:i + 1])
        break
    return doc, tuple(0 if isinstance(t, int) else t for t in path)


def name_of(path):
    return "-".join(str(t) for t in path if not isinstance(t, int)) or "top"


def put(kind, path, name, data, pointer, why):
    name = "gen-%s-%s-%s" % (kind, name_of(path).replace("/", "."), name)
    try:
        add(row(path, kind), name, "bad", pointer, data, why)
    except ValueError:
        pass  # the same key in another entry of a list


def types(path, old):
    kind = keys.kind_of(old)
    for name, new in keys.VALUES:
        if name == kind or (name == "fraction" and kind != "number") or (name == "null" and keys.null_is_absent(FULL, path, kind)):
            continue
        doc, there = alone(path)
        put("type", path, name, encode(keys.with_value(doc, there, new)), keys.join(there) or "-", "a value of another type")


def numbers(path, old):
    if keys.kind_of(old) != "number":
        return
    values = [10 ** 20, -10 ** 20, "1e400", "1.0", "1E2"]
    values += [-1] if path[-1] not in SIGNED or path[-2:] in ((0, "limit"),) else []
    for value in values:
        doc, there = alone(path)
        data = encode(keys.with_value(doc, there, "@NUMBER@")).replace(b'"@NUMBER@"', str(value).encode())
        put("number", path, str(value).replace("-", "minus"), data, keys.join(there), "not an integer of its range")


def strings(path, old):
    if keys.kind_of(old) != "string":
        return
    for kind, raw in (("nul", b"\\u0000"), ("utf8", b"\xff"), ("utf8", b"\xc0\xaf")):
        if kind == "nul" and path[-1] in IGNORED:
            continue
        doc, there = alone(path)
        put(kind, path, raw.hex(), encode(keys.with_value(doc, there, old + "@RAW@")).replace(b"@RAW@", raw), "-",
            "a NUL would cut the string" if kind == "nul" else "not UTF-8")


def doubles(path, old):
    if not path or not isinstance(path[-1], str):
        return
    doc, there = alone(path)
    parent = keys.parent_of(doc, there)
    parent[path[-1] + "@TWICE@"] = copy.deepcopy(parent[path[-1]])
    put("dup", path, "twice", encode(doc).replace(b"@TWICE@", b""), keys.join(there), "a name that is there twice in one object")


def missing(path, old):
    if not keys.is_required(path, keys.REQUIRED + keys.REQUIRED_BY_TEXT):
        return
    doc, there = alone(path)
    put("missing", path, "absent", encode(keys.without(doc, there)), "%s %s" % (keys.join(there[:-1]) or "-", keys.join(there)), "a required key")


RICH = document({
    "/process/rlimits": [{"type": "RLIMIT_CORE", "soft": 0, "hard": 0}], "/process/consoleSize": {"height": 24, "width": 80},
    "/process/user/additionalGids": [5], "/process/oomScoreAdj": 100, "/domainname": "example.org",
    "/hooks": {k: [{"path": "/bin/true", "args": ["true"], "env": ["A=b"], "timeout": 5}] for k in ("prestart", "createRuntime", "createContainer", "poststop")},
    "/annotations": {"org.example": "x"}, "/linux/sysctl": {"kernel.msgmax": "65536"}, "/linux/rootfsPropagation": "private",
    "/linux/devices": [{"type": "p", "path": "/run/p"}], "/linux/personality": {"domain": "LINUX"},
    "/linux/resources": {"memory": {"limit": 1 << 28}, "cpu": {"shares": 1024}, "pids": {"limit": 100}, "devices": [{"allow": False, "access": "rwm"}]},
    "/linux/seccomp": {"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64"], "syscalls": [
        {"names": ["mkdirat"], "action": "SCMP_ACT_ERRNO", "args": [{"index": 0, "value": 5, "op": "SCMP_CMP_EQ"}]}]},
})


def unknown():
    """An unknown property in each object, and null for each optional list, map and object."""
    add("EX-1", "rich", "good", "-", encode(RICH), "a configuration that uses much")
    for path, value in keys.walk(RICH):
        if isinstance(value, dict) and not keys.is_map(path):
            for name, new in (("object", {"a": [1, None]}), ("null", None)):
                doc = keys.with_value(RICH, path + ("x-unknown",), new)
                add("EX-1", "unknown-in-%s-%s" % ("-".join(map(str, path)) or "top", name), "good", "-", encode(doc), "unknown properties are ignored")


def all_of_them():
    for path, old in keys.walk(FULL):
        if path:
            for make in (types, numbers, strings, doubles, missing):
                make(path, old)
    unknown()


all_of_them()
