#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Keep ocispec-keys.txt in step with the JSON schema of the runtime-spec.

  ocispec-schema.py SCHEMA-DIR           print the list of keys that the schema has for Linux
  ocispec-schema.py --test KEYS          TAP: is KEYS that list? Needs HEZI_OCI_SCHEMA=SCHEMA-DIR, else it is skipped.

One line per key: JSON pointer ("*" for items and free keys), type, "required" where it is so. Where the project says
something else than the schema does, on purpose, it is said here (AS_MAPS, INTEGERS).
"""
import json
import os
import sys

OTHER_PLATFORMS = {"solaris", "windows", "vm", "zos", "freebsd"}
# Objects whose names of members are kept as they come: unknown clocks are to be refused by name.
AS_MAPS = {"/linux/timeOffsets"}
# Integers for which the schema names no width.
INTEGERS = {"/process/oomScoreAdj": "int32", "timeout": "int32", "fileMode": "uint32"}


class Schema:
    def __init__(self, folder):
        self.folder = folder
        self.files = {}
        self.lines = []

    def load(self, name):
        if name not in self.files:
            with open(os.path.join(self.folder, name), encoding="utf-8") as f:
                self.files[name] = json.load(f)
        return self.files[name]

    def resolve(self, node, name):
        """Follow references and merge allOf/anyOf; returns (node, file, name of the last definition)."""
        definition = None
        while "$ref" in node:
            file, _, path = node["$ref"].partition("#")
            name = file or name
            node = self.load(name)
            for step in path.strip("/").split("/"):
                node = node[step]
            definition = path.rsplit("/", 1)[-1]
        if "anyOf" in node:
            return self.resolve(node["anyOf"][0], name)
        if "allOf" in node:
            merged = {"type": "object", "properties": {}, "required": []}
            for part in node["allOf"]:
                part, file, _ = self.resolve(part, name)
                for key, value in part.get("properties", {}).items():
                    merged["properties"][key] = (value, file)
                merged["required"] += part.get("required", [])
            return merged, name, definition
        return node, name, definition

    def emit(self, pointer, kind, required):
        self.lines.append(f"{pointer} {kind}{' required' if required else ''}")

    def walk(self, node, name, pointer, required):
        node, name, definition = self.resolve(node, name)
        kind = node.get("type", "object")
        if kind == "object":
            self.walk_object(node, name, pointer, required)
        elif kind == "array":
            self.emit(pointer, "array", required)
            self.walk(node["items"], name, pointer + "/*", False)
        elif "enum" in node:
            self.emit(pointer, "enum:" + ",".join(node["enum"]), required)
        elif kind == "integer":
            last = pointer.rsplit("/", 1)[-1]
            self.emit(pointer, INTEGERS.get(pointer) or INTEGERS.get(last) or self.integer(node), required)
        else:
            self.emit(pointer, {"boolean": "bool"}.get(kind, kind), required)

    def integer(self, node):
        for bits in (8, 16, 32, 64):
            if node["minimum"] == 0 and node["maximum"] == 2**bits - 1:
                return f"uint{bits}"
            if node["minimum"] == -(2 ** (bits - 1)) and node["maximum"] == 2 ** (bits - 1) - 1:
                return f"int{bits}"
        raise SystemExit(f"no integer type for {node}")

    def walk_object(self, node, name, pointer, required):
        props = node.get("properties", {})
        free = node.get("additionalProperties") or next(iter(node.get("patternProperties", {}).values()), None)
        if pointer in AS_MAPS:
            free, props = next(iter(props.values())), {}
        if pointer:
            self.emit(pointer, "map" if free else "object", required)
        if free:
            self.walk(free, name, pointer + "/*", False)
        for key, value in props.items():
            if pointer == "" and key in OTHER_PLATFORMS:
                continue
            value, file = value if isinstance(value, tuple) else (value, name)
            self.walk(value, file, f"{pointer}/{key}", key in node.get("required", []))

    def keys(self):
        self.walk_object(self.load("config-schema.json"), "config-schema.json", "", False)
        return sorted(self.lines)


def test(path):
    folder = os.environ.get("HEZI_OCI_SCHEMA")
    if not folder:
        print("1..0 # SKIP HEZI_OCI_SCHEMA does not name a folder with the schema of the runtime-spec")
        return 0
    with open(path, encoding="utf-8") as f:
        ours = {line.strip() for line in f if line.strip() and not line.startswith("#")}
    theirs = set(Schema(folder).keys())
    good = ours == theirs
    print(f"{'ok' if good else 'not ok'} 1 - the list of keys is that of the schema")
    for line in sorted(theirs - ours):
        print(f"# not in the list: {line}")
    for line in sorted(ours - theirs):
        print(f"# not in the schema: {line}")
    print("1..1")
    return 0 if good else 1


def main():
    if len(sys.argv) == 3 and sys.argv[1] == "--test":
        return test(sys.argv[2])
    print("\n".join(Schema(sys.argv[1]).keys()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
