#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Generate bad documents from full.json, a configuration that uses every key of the Linux schema.

    generate.py DIR [KIND...]

writes DIR/<kind>/NNNNN.json and DIR/<kind>/index.tsv (columns as in cases/index.tsv, see README.md) for the kinds
  truncated  the document cut after every byte that leaves it incomplete
  missing    each required key left out in turn
  types      each value replaced by a value of each other JSON type in turn
The same input gives the same output.
"""
import copy
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))

# Required keys of runtime-spec 1.3 (config.md, config-linux.md, JSON schema). "*" stands for any index or map key. Those of the
# second list are required by the text only, so that the compiler finds them, not the decoder.
REQUIRED = """
/ociVersion
/root/path
/process/cwd
/process/consoleSize/height
/process/consoleSize/width
/process/rlimits/*/type
/process/rlimits/*/soft
/process/rlimits/*/hard
/process/ioPriority/class
/process/scheduler/policy
/mounts/*/destination
/mounts/*/uidMappings/*/containerID
/mounts/*/uidMappings/*/hostID
/mounts/*/uidMappings/*/size
/mounts/*/gidMappings/*/containerID
/mounts/*/gidMappings/*/hostID
/mounts/*/gidMappings/*/size
/hooks/*/*/path
/linux/uidMappings/*/containerID
/linux/uidMappings/*/hostID
/linux/uidMappings/*/size
/linux/gidMappings/*/containerID
/linux/gidMappings/*/hostID
/linux/gidMappings/*/size
/linux/namespaces/*/type
/linux/devices/*/type
/linux/devices/*/path
/linux/resources/devices/*/allow
/linux/resources/pids/limit
/linux/resources/blockIO/weightDevice/*/major
/linux/resources/blockIO/weightDevice/*/minor
/linux/resources/blockIO/throttleReadBpsDevice/*/major
/linux/resources/blockIO/throttleReadBpsDevice/*/minor
/linux/resources/blockIO/throttleWriteBpsDevice/*/major
/linux/resources/blockIO/throttleWriteBpsDevice/*/minor
/linux/resources/blockIO/throttleReadIOPSDevice/*/major
/linux/resources/blockIO/throttleReadIOPSDevice/*/minor
/linux/resources/blockIO/throttleWriteIOPSDevice/*/major
/linux/resources/blockIO/throttleWriteIOPSDevice/*/minor
/linux/resources/hugepageLimits/*/pageSize
/linux/resources/hugepageLimits/*/limit
/linux/resources/network/priorities/*/name
/linux/resources/network/priorities/*/priority
/linux/seccomp/defaultAction
/linux/seccomp/syscalls/*/names
/linux/seccomp/syscalls/*/action
/linux/seccomp/syscalls/*/args/*/index
/linux/seccomp/syscalls/*/args/*/value
/linux/seccomp/syscalls/*/args/*/op
""".split()

REQUIRED_BY_TEXT = """
/root
/linux/devices/0/major
/linux/devices/0/minor
""".split()

# One value of each JSON type; a fraction stands for the numbers that are no integers.
VALUES = [("null", None), ("boolean", True), ("number", 7), ("fraction", 1.5), ("string", "seven"), ("array", []), ("object", {})]

WORDS = {
    "boolean": "true or false|bool",
    "number": "integer",
    "string": "string",
    "array": "array",
    "object": "object",
}

CUT = "end|cut|short|incomplete|unterminated|missing|unexpected|premature|empty"


def kind_of(value):
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"


def join(path):
    return "".join("/" + str(t).replace("~", "~0").replace("/", "~1") for t in path)


def walk(value, path=()):
    """Every value with its path, the document itself first."""
    yield path, value
    if isinstance(value, dict):
        for key, sub in value.items():
            yield from walk(sub, path + (key,))
    elif isinstance(value, list):
        for i, sub in enumerate(value):
            yield from walk(sub, path + (i,))


def matches(pattern, path):
    parts = pattern.split("/")[1:]
    return len(parts) == len(path) and all(p in ("*", str(t)) for p, t in zip(parts, path))


def is_required(path, patterns):
    return any(matches(p, path) for p in patterns)


def parent_of(doc, path):
    for token in path[:-1]:
        doc = doc[token]
    return doc


def without(doc, path):
    doc = copy.deepcopy(doc)
    del parent_of(doc, path)[path[-1]]
    return doc


def with_value(doc, path, value):
    if not path:
        return value
    doc = copy.deepcopy(doc)
    parent_of(doc, path)[path[-1]] = value
    return doc


def is_complete(data):
    try:
        json.loads(data)
        return True
    except ValueError:
        return False


def truncated(text, _doc):
    data = text.encode()
    for n in range(len(data)):
        if not is_complete(data[:n]):
            yield data[:n], "-", CUT, "cut after %d of %d bytes" % (n, len(data))


def missing(_text, doc):
    patterns = REQUIRED + REQUIRED_BY_TEXT
    unused = set(patterns)
    for path, _ in walk(doc):
        hit = [p for p in patterns if matches(p, path)]
        if not hit:
            continue
        unused.difference_update(hit)
        pointer = "%s %s" % (join(path[:-1]) or "-", join(path))
        yield json.dumps(without(doc, path)).encode(), pointer, str(path[-1]), "%s is required" % join(path)
    if unused:
        sys.exit("full.json lacks " + " ".join(sorted(unused)))


def is_in_object(doc, path):
    return isinstance(parent_of(doc, path), dict) and not is_map(path[:-1])


def is_map(path):
    """Objects whose keys are free."""
    maps = ["/annotations", "/linux/sysctl", "/linux/netDevices", "/linux/timeOffsets", "/linux/resources/rdma",
            "/linux/resources/unified"]
    return join(path) in maps


def null_is_absent(doc, path, kind):
    """Encoders in Go write null for a list, map or pointer that is not there: allowed for keys that may be absent."""
    return kind in ("array", "object") and path and is_in_object(doc, path) and not is_required(path, REQUIRED + ["/root"])


def types(_text, doc):
    for path, old in walk(doc):
        kind = kind_of(old)
        for name, new in VALUES:
            if name == kind or (name == "null" and null_is_absent(doc, path, kind)):
                continue
            pointer = join(path) or "-"
            why = "%s in the place of %s %s" % (name, "an" if kind[0] in "ao" else "a", kind)
            yield json.dumps(with_value(doc, path, new)).encode(), pointer, WORDS[kind], why


def write(directory, cases):
    os.makedirs(directory, exist_ok=True)
    lines = []
    for i, (data, pointer, regex, why) in enumerate(cases):
        name = "%05d" % i
        with open(os.path.join(directory, name + ".json"), "wb") as f:
            f.write(data)
        lines.append("\t".join((name, pointer, regex, why)) + "\n")
    with open(os.path.join(directory, "index.tsv"), "w", encoding="utf-8") as f:
        f.writelines(lines)
    return len(lines)


KINDS = {"truncated": truncated, "missing": missing, "types": types}


def main(argv):
    if len(argv) < 2 or any(k not in KINDS for k in argv[2:]):
        sys.exit("usage: generate.py DIR [%s]..." % "|".join(KINDS))
    with open(os.path.join(HERE, "full.json"), encoding="utf-8") as f:
        text = f.read()
    doc = json.loads(text)
    for kind in argv[2:] or KINDS:
        n = write(os.path.join(argv[1], kind), KINDS[kind](text, doc))
        print("%s: %d documents" % (kind, n))


if __name__ == "__main__":
    main(sys.argv)
