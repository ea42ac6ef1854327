#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A kubelet's end of the CRI (runtime.v1 of k8s.io/cri-api), as far as the tests need it.

usage: cri.py SOCKET version
       cri.py SOCKET pod NAME HANDLER LOGDIR           prints the sandbox's id
       cri.py SOCKET create POD NAME LOGDIR IMAGE MEMORY ARG...   prints the container's id
       cri.py SOCKET start|stop|remove|status|stats ID
       cri.py SOCKET stop-pod|remove-pod|pod-status ID
       cri.py SOCKET update ID MEMORY
       cri.py SOCKET exec ID ARG...                    ExecSync: prints its output, exits with its status
       cri.py SOCKET exec-url ID ARG...                Exec: prints the address for the stream

Messages are encoded by hand: there are few fields, and no generated code is needed.
"""
import sys

import grpc

SERVICE = "/runtime.v1.RuntimeService/"
STATES = ["created", "running", "exited", "unknown"]


def varint(n):
    n &= (1 << 64) - 1
    out = bytearray()
    while n > 127:
        out.append(n & 127 | 128)
        n >>= 7
    out.append(n)
    return bytes(out)


def message(*fields):
    """(number, value) pairs: int, str, bytes (a message or bytes); lists are repeated."""
    out = b""
    for number, value in fields:
        for v in value if isinstance(value, list) else [value]:
            if isinstance(v, int):
                out += varint(number << 3) + varint(v)
            else:
                v = v.encode() if isinstance(v, str) else v
                out += varint(number << 3 | 2) + varint(len(v)) + v
    return out


def parse(data):
    """Field number -> last value (int or bytes)."""
    fields, at = {}, 0

    def number():
        nonlocal at
        n = shift = 0
        while True:
            b = data[at]
            at += 1
            n |= (b & 127) << shift
            shift += 7
            if b < 128:
                return n

    while at < len(data):
        key = number()
        if key & 7 == 0:
            fields[key >> 3] = number()
        elif key & 7 == 2:
            size = number()
            fields[key >> 3] = data[at : at + size]
            at += size
        else:
            raise ValueError(f"wire type {key & 7}")
    return fields


def sandbox(name, logs):
    host_network = message((1, message((1, 2))))  # security_context.namespace_options.network = NODE
    # a kubelet gives no hostname to a pod of the host's network
    return message((1, message((1, name), (2, name + "-uid"), (3, "tests"))), (3, logs), (8, message((1, "/" + name), (2, host_network))))


def main():
    path, verb, *args = sys.argv[1:]
    channel = grpc.insecure_channel("unix:" + path)

    def call(method, *fields):
        return parse(channel.unary_unary(SERVICE + method)(message(*fields), timeout=50))

    if verb == "version":
        print(call("Version")[2].decode())
    elif verb == "pod":
        print(call("RunPodSandbox", (1, sandbox(args[0], args[2])), (2, args[1]))[1].decode())
    elif verb == "create":
        pod, name, logs, image, memory, *words = args
        config = message(
            (1, message((1, name))),
            (2, message((1, image))),
            (3, words),
            (6, message((1, "FROM_POD"), (2, "yes"))),
            (11, name + ".log"),
            (15, message((1, message((4, int(memory)))))),
        )
        print(call("CreateContainer", (1, pod), (2, config), (3, sandbox(pod[:8], logs)))[1].decode())
    elif verb in ("start", "remove"):
        call(verb.capitalize() + "Container", (1, args[0]))
    elif verb == "stop":
        call("StopContainer", (1, args[0]), (2, 1))
    elif verb == "stop-pod":
        call("StopPodSandbox", (1, args[0]))
    elif verb == "remove-pod":
        call("RemovePodSandbox", (1, args[0]))
    elif verb == "pod-status":
        print("notready" if parse(call("PodSandboxStatus", (1, args[0]))[1]).get(3, 0) else "ready")
    elif verb == "status":
        status = parse(call("ContainerStatus", (1, args[0]))[1])
        print(STATES[status.get(3, 0)], status.get(7, 0), status.get(10, b"").decode())
    elif verb == "stats":
        stats = parse(call("ContainerStats", (1, args[0]))[1])
        print("cpu" if 2 in stats else "", "memory" if 3 in stats else "")
    elif verb == "update":
        call("UpdateContainerResources", (1, args[0]), (2, message((4, int(args[1])))))
    elif verb == "exec":
        result = call("ExecSync", (1, args[0]), (2, args[1:]), (3, 20))
        sys.stdout.write(result.get(1, b"").decode() + result.get(2, b"").decode())
        sys.exit(result.get(3, 0) & 255)
    elif verb == "exec-url":
        print(call("Exec", (1, args[0]), (2, args[1:]), (5, 1))[1].decode())
    else:
        sys.exit(__doc__)


try:
    main()
except grpc.RpcError as error:
    sys.exit(f"{error.code().name}: {error.details()}")
