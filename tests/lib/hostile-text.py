#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Text that could drive a terminal, and whether a command prints it as it is.

hostile-text.py check FILE...		fails when one of the files holds it
hostile-text.py strings CONFIG DIR CMD...	puts it into each string and key of CONFIG in turn, as DIR/config.json, and runs CMD,
				whose output must be free of it
"""
import copy
import json
import subprocess
import sys

# a colour and a window title, C1 forms of the same, DEL, backspaces, a faked line, right-to-left override and isolates
HOSTILE = "\x1b[31m\x1b]0;x\x07\x9b31m\x9d\x7f\b\r\nFAKED \u202e\u2066\u2028\u061c"


def is_control(char):
    code = ord(char)
    return (code < 32 and char not in "\n\t" or 127 <= code < 160 or code in (0x61C, 0x200E, 0x200F)
            or 0x2028 <= code <= 0x202E or 0x2066 <= code <= 0x2069)


def faults(data):
    try:
        text = data.decode()
    except UnicodeDecodeError as e:
        return f"bytes that are no UTF-8: {data[max(0, e.start - 60):e.start + 20]}"
    for i, char in enumerate(text):
        if is_control(char):
            return f"the control character {char!r}: {text[max(0, i - 80):i + 20]!r}"
    if "\nFAKED" in "\n" + text:
        return f"a faked line: {text!r}"
    return None


def places(node, path=()):
    """Paths of all strings and keys."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield path + (key,), True
            yield from places(value, path + (key,))
    elif isinstance(node, list):
        for i, value in enumerate(node):
            yield from places(value, path + (i,))
    elif isinstance(node, str):
        yield path, False


def changed(config, path, is_key, put):
    config = copy.deepcopy(config)
    node = config
    for step in path[:-1]:
        node = node[step]
    if is_key:
        node[put(path[-1])] = node.pop(path[-1])
    else:
        node[path[-1]] = put(node[path[-1]])
    return config


def run_strings(name, folder, command):
    with open(name, encoding="utf-8") as f:
        config = json.load(f)
    bad = seen = 0
    for path, is_key in places(config):
        with open(folder + "/config.json", "w", encoding="utf-8") as f:
            json.dump(changed(config, path, is_key, lambda text: text + HOSTILE), f)
        done = subprocess.run(command, capture_output=True, check=False, timeout=30)
        seen += b"FAKED" in done.stdout + done.stderr
        for data in (done.stdout, done.stderr):
            why = faults(data)
            if why:
                bad += 1
                print("/" + "/".join(map(str, path)), "as a key:" if is_key else "as a value:", why)
    if not seen:
        print("no output has any of it: the test judges nothing")
    return 1 if bad or not seen else 0


def main():
    if sys.argv[1] == "strings":
        return run_strings(sys.argv[2], sys.argv[3], sys.argv[4:])
    bad = 0
    for name in sys.argv[2:]:
        with open(name, "rb") as f:
            why = faults(f.read())
        if why:
            bad = 1
            print(f"{name}: {why}")
    return bad


if __name__ == "__main__":
    sys.exit(main())
