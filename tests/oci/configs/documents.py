# SPDX-License-Identifier: Apache-2.0
"""Whole documents: the golden errors (tests/errors/cases), the odd but good ones (tests/errors/good), and JSON of our own."""
import json
import os

from .corpus import BASE, TESTS, add, document, encode

ROWS = {
    "json": "JS-4", "deep": "JS-4", "utf8": "JS-1", "surrogate": "JS-1", "dup": "JS-2", "nul": "JS-5", "ociversion": "VE-1", "num": "EX-2",
    "type": "EX-2", "enum": "EX-2", "missing": "EX-2", "several": "EX-2", "map": "UM-1", "mount": "MO-12", "ns": "NS-6", "sysctl": "SY-2",
    "seccomp": "SE-2", "time": "TO-2", "rdt": "RD-4", "rlimit": "PR-9", "device": "DV-4", "hook": "HK-2", "cwd": "PR-4", "args": "PR-6", "env": "PR-5",
    "annotation": "AN-2", "affinity": "PR-19", "hostname": "HO-1", "domainname": "HO-2", "hugepage": "CH-1", "memory": "CM-1", "cpu": "CC-1",
    "maskedpaths": "MK-1", "readonlypaths": "MK-2", "oom": "PR-13", "root": "RO-3", "uid": "PR-20", "gid": "PR-20",
}
# Good documents that ask for what no test machine need have, or that create alone cannot judge.
NOT_HERE = {"hostname-joined-uts", "map-joined-with-mappings", "map-340", "map-adjacent", "escapes", "sysctl-separators"}


def read(path):
    with open(path, "rb") as f:
        return f.read()


def with_mounts(data):
    """crun 1.8 wants a list of mounts; without it it would be right for the wrong reason."""
    return data if b'"mounts"' in data else data.replace(b'"root":', b'"mounts": [], "root":', 1)


def golden():
    folder = os.path.join(TESTS, "errors", "cases")
    cases = {}
    for line in read(os.path.join(folder, "index.tsv")).decode().splitlines():
        name, pointer, _, why = line.split("\t")
        cases.setdefault(name, (pointer, why))
    for name, (pointer, why) in cases.items():
        data = with_mounts(read(os.path.join(folder, name + ".json")))
        add(ROWS.get(name.split("-")[0], "EX-2"), "doc-" + name, "bad", pointer if name.split("-")[0] != "json" else "-", data, why)


def odd():
    folder = os.path.join(TESTS, "errors", "good")
    for name in sorted(os.listdir(folder)):
        stem = name[:-len(".json")]
        if name.endswith(".json") and stem not in NOT_HERE:
            add("EX-1", "doc-good-" + stem, "good" if stem not in ("version-before-one",) else "free", "-", read(os.path.join(folder, name)),
                "odd, but as the specification allows")


def raw(row, name, verdict, data, why):
    add(row, name, verdict, "-", data, why)


def syntax():
    text = encode(BASE)
    good = [("json-spaces", b" \t\r\n" + text + b"\r\n \t", "white space around it"), ("json-compact", json.dumps(BASE, separators=(",", ":")).encode(), "no white space"),
            ("json-escaped", text.replace(b'"rootfs"', b'"\\u0072ootf\\u0073"'), "escapes"), ("json-slash", text.replace(b'"/proc"', b'"\\/proc"'), "an escaped slash"),
            ("json-ascii", json.dumps(document({"/annotations": {"a": "\U0001F4E6"}})).encode(), "a surrogate pair, escaped")]
    for name, data, why in good:
        raw("JS-3", name, "good", data, why)
    reversed_order = json.dumps({k: BASE[k] for k in reversed(BASE)}).encode()
    raw("JS-3", "json-reversed", "good", reversed_order, "the order of entries has no meaning")
    bad = [("bom", b"\xef\xbb\xbf" + text), ("ff", text + b"\f"), ("vt", b"\v" + text), ("nbsp", b"\xc2\xa0" + text), ("nul-end", text + b"\0"),
           ("second-object", text + b"{}"), ("second-null", text + b"\nnull"), ("second-comma", text + b","), ("line-comment", b"// c\n" + text),
           ("end-comment", text + b"/* c */"), ("hash-end", text + b"# c"), ("yaml", b"ociVersion: 1.0.2\n"), ("xml", b"<config/>"), ("zeros", b"\0" * 4096),
           ("true", b"true"), ("string", b'"x"'), ("number", b"1"), ("list", b"[" + text + b"]"), ("utf16", text.decode().encode("utf-16")),
           ("utf32", text.decode().encode("utf-32")), ("plus", text.replace(b'"uid": 0', b'"uid": +0')), ("octal", text.replace(b'"uid": 0', b'"uid": 00')),
           ("minus", text.replace(b'"uid": 0', b'"uid": -')), ("hexadecimal", text.replace(b'"uid": 0', b'"uid": 0x0')), ("empty-value", text.replace(b'"uid": 0', b'"uid": ')),
           ("words", text.replace(b"false", b"False", 1)), ("nil", text.replace(b"false", b"nil", 1)), ("quotes", text.replace(b'"rootfs"', b"'rootfs'")),
           ("escape-x", text.replace(b'"rootfs"', b'"\\x72ootfs"')), ("escape-a", text.replace(b'"rootfs"', b'"\\a"')), ("tab", text.replace(b'"rootfs"', b'"root\tfs"')),
           ("newline", text.replace(b'"rootfs"', b'"root\nfs"')), ("delete-colon", text.replace(b'"rootfs"', b'"rootfs" "x"')),
           ("two-commas", text.replace(b'"rootfs",', b'"rootfs",,')), ("trailing-comma", text.replace(b'"rootfs",', b'"rootfs"').replace(b"false\n },", b"false,\n },"))]
    for name, data in bad:
        if data == text:
            raise ValueError(name + " changes nothing")
        raw("JS-4", "json-raw-" + name, "bad", data, "not one JSON document")
    for i in range(1, 24):
        raw("JS-4", "json-cut-%d" % i, "bad", text[:len(text) * i // 24], "cut off")


golden()
odd()
syntax()
