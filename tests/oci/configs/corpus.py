# SPDX-License-Identifier: Apache-2.0
"""The frame of the configurations: a case is one config.json with what the specification expects of `create`.

    bad(row, name, pointer, edits, why)     must be refused; hezi names one of these JSON pointers ("-": any)
    good(row, name, edits, why)             must be accepted
    free(row, name, edits, why)             the specification leaves it open: accepted or refused, but cleanly
    bads, goods, frees                      one case for each value at one pointer

row is an id of docs/spec-conformance.md. edits maps JSON pointers to values, on top of a configuration that runs
(tests/lib/base-config.json): "-/pointer" removes, "/list/-" appends, missing parents are made. on="v1" or "v2":
only where the cgroups are of that version.
"""
import copy
import json
import os
import re

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.dirname(os.path.dirname(HERE))
CASES = []
NAMES = set()

with open(os.path.join(TESTS, "lib", "base-config.json"), encoding="utf-8") as f:
    BASE = json.load(f)


class Case:
    def __init__(self, row, name, verdict, pointers, data, why, on=None):
        self.row, self.name, self.verdict, self.pointers = row, name, verdict, pointers.split()
        self.data, self.why, self.on = data, why, on


def add(row, name, verdict, pointers, data, why, on=None):
    if name in NAMES:
        raise ValueError("two cases are named " + name)
    NAMES.add(name)
    CASES.append(Case(row, name, verdict, pointers, data, why, on))


def tokens(pointer):
    return [t.replace("~1", "/").replace("~0", "~") for t in pointer.split("/")[1:]]


def step(node, token, make):
    """The child of node; made when it is missing (a list when the next token is a place in one)."""
    if isinstance(node, list):
        if token == "-":
            node.append(make)
            return node[-1]
        return node[int(token)]
    if node.get(token) is None:
        node[token] = make
    return node[token]


def edit(doc, edits):
    for pointer, value in edits.items():
        path = tokens(pointer.lstrip("-"))
        node = doc
        for token, after in zip(path, path[1:]):
            node = step(node, token, [] if after in ("-", "0") else {})
        last = path[-1]
        if pointer.startswith("-"):
            del node[int(last) if isinstance(node, list) else last]
        elif isinstance(node, list) and (last == "-" or int(last) == len(node)):
            node.append(copy.deepcopy(value))
        else:
            node[int(last) if isinstance(node, list) else last] = copy.deepcopy(value)
    return doc


def document(edits, base=None):
    return edit(copy.deepcopy(BASE if base is None else base), edits)


def encode(doc):
    return json.dumps(doc, ensure_ascii=False, indent=1).encode("utf-8", "surrogatepass")


def bad(row, name, pointer, edits, why, on=None):
    add(row, name, "bad", pointer, encode(document(edits)), why, on)


def good(row, name, edits, why, on=None):
    add(row, name, "good", "-", encode(document(edits)), why, on)


def free(row, name, edits, why, on=None):
    add(row, name, "free", "-", encode(document(edits)), why, on)


def slug(value):
    text = value if isinstance(value, str) else json.dumps(value)
    text = re.sub(r"[^A-Za-z0-9_.+]+", "-", text.replace("-", "minus-") if re.match(r"-\d", text) else text).strip("-")
    return text[:24] or "empty"


def each(function, row, stem, values):
    """One case for each value; names are made of the stem and the value."""
    for value in values:
        name = "%s-%s" % (stem, slug(value))
        while name in NAMES:
            name += "+"
        function(name, value)


def bads(row, stem, pointer, values, why, more=None, at=None, on=None):
    """more: edits that go with each; at: the pointers that may be named, when not the value's own."""
    each(lambda name, v: bad(row, name, at or pointer.replace("/-", "/0"), {**(more or {}), pointer: v}, why, on), row, stem, values)


def goods(row, stem, pointer, values, why, more=None, on=None):
    each(lambda name, v: good(row, name, {**(more or {}), pointer: v}, why, on), row, stem, values)


def frees(row, stem, pointer, values, why, more=None, on=None):
    each(lambda name, v: free(row, name, {**(more or {}), pointer: v}, why, on), row, stem, values)


def user_namespace(size=65536):
    maps = [{"containerID": 0, "hostID": 100000, "size": size}]
    return {"/linux/namespaces/-": {"type": "user"}, "/linux/uidMappings": maps, "/linux/gidMappings": maps}


def load():
    """Every case, always in the same order."""
    if not CASES:
        from . import documents, process, mounts, linux, cgroups, generated  # each adds its own
        assert documents and process and mounts and linux and cgroups and generated
    return CASES
