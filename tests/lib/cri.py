#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A kubelet's end of the CRI (runtime.v1 of k8s.io/cri-api), as far as the tests need it.

usage: cri.py SOCKET version
       cri.py SOCKET pod NAME HANDLER LOGDIR [OPTION...]   prints the sandbox's id
       cri.py SOCKET create POD NAME LOGDIR IMAGE [OPTION...] -- ARG...   prints the container's id
       cri.py SOCKET start|stop|remove|status|stats|reopen-log ID
       cri.py SOCKET stop-pod|remove-pod|pod-status ID
       cri.py SOCKET list                                  the containers' ids
       cri.py SOCKET update ID OPTION...
       cri.py SOCKET exec ID ARG...        ExecSync: prints its output, exits with its status
       cri.py SOCKET stream ID [-t] ARG... Exec: by a WebSocket, with this process's stdin, as kubectl exec does
       cri.py SOCKET attach ID             Attach: the same with what runs
       cri.py SOCKET forward POD PORT      PortForward: sends stdin there, prints the answer

OPTION of a pod:       network=pod|node pid=pod|node ipc=pod|node hostname= user= privileged sysctl=KEY=VALUE cgroup=PATH
OPTION of a container: memory= shares= quota= cpus= oom= user= username= group= groups=N,N privileged ro nnp add=CAP drop=CAP
                       seccomp=default|unconfined|FILE pid=pod|container|node|target:ID mount=HOST:CONTAINER[:ro|slave|shared]...
                       device=HOST:CONTAINER:rwm cwd= env=K=V tty stdin mask=PATH readonly=PATH

Messages are encoded by hand: there are few fields, and no generated code is needed.
"""
import base64
import json
import os
import socket
import struct
import sys
import threading
import urllib.parse

import grpc

SERVICE = "/runtime.v1.RuntimeService/"
STATES = ["created", "running", "exited", "unknown"]
MODES = {"pod": 0, "container": 1, "node": 2, "target": 3}
PROPAGATION = {"slave": 1, "shared": 2}


def varint(n):
    n &= (1 << 64) - 1
    out = bytearray()
    while n > 127:
        out.append(n & 127 | 128)
        n >>= 7
    out.append(n)
    return bytes(out)


def message(*fields):
    """(number, value) pairs: int, str, bytes (a message or bytes); lists are repeated, None is left out."""
    out = b""
    for number, value in fields:
        for v in value if isinstance(value, list) else [value]:
            if v is None:
                continue
            if isinstance(v, int):
                out += varint(number << 3) + varint(v)
            else:
                v = v.encode() if isinstance(v, str) else v
                out += varint(number << 3 | 2) + varint(len(v)) + v
    return out


def parse(data):
    """Field number -> values (int or bytes)."""
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
            value = number()
        elif key & 7 == 2:
            size = number()
            value = data[at : at + size]
            at += size
        else:
            raise ValueError(f"wire type {key & 7}")
        fields.setdefault(key >> 3, []).append(value)
    return fields


class Options:
    """NAME=VALUE and NAME words."""

    def __init__(self, words):
        self.words = [word.partition("=")[::2] for word in words]

    def all(self, name):
        return [value for key, value in self.words if key == name]

    def text(self, name):
        return (self.all(name) or [None])[-1]

    def number(self, name):
        value = self.text(name)
        return None if value is None else int(value)

    def flag(self, name):
        return 1 if self.all(name) else None

    def boxed(self, name):
        """Int64Value"""
        value = self.number(name)
        return None if value is None else message((1, value))


def pairs(words):
    return [message((1, k), (2, v)) for k, _, v in (word.partition("=") for word in words)]


def namespaces(options):
    pid, _, target = (options.text("pid") or "container").partition(":")
    network = options.text("network") or "node"
    return message((1, MODES[network]), (2, MODES[pid]), (3, MODES[options.text("ipc") or "pod"]), (4, target or None))


def sandbox(name, logs, options):
    security = message((1, namespaces(options)), (3, options.boxed("user")), (6, options.flag("privileged")))
    cgroup = options.text("cgroup") or "/" + name
    # a kubelet gives no hostname to a pod of the host's network
    return message((1, message((1, name), (2, name + "-uid"), (3, "tests"))), (2, options.text("hostname")), (3, logs),
                   (8, message((1, cgroup), (2, security), (3, pairs(options.all("sysctl"))))))


def resources(o):
    return message((2, o.number("quota")), (3, o.number("shares")), (4, o.number("memory")), (5, o.number("oom")),
                   (6, o.text("cpus")))


def seccomp(how):
    if how is None or how == "default":
        return message((1, 0 if how else 1))
    return message((1, 1)) if how == "unconfined" else message((1, 2), (2, how))


def container_security(o):
    groups = [int(group) for words in o.all("groups") for group in words.split(",")]
    return message(
        (1, message((1, o.all("add")), (2, o.all("drop")))), (2, o.flag("privileged")), (3, namespaces(o)),
        (5, o.boxed("user")), (6, o.text("username")), (7, o.flag("ro")), (8, groups), (11, o.flag("nnp")),
        (12, o.boxed("group")), (13, o.all("mask")), (14, o.all("readonly")), (15, seccomp(o.text("seccomp"))))


def mount(words):
    host, where, *how = words.split(":")
    return message((1, where), (2, host), (3, 1 if "ro" in how else None),
                   (5, ([PROPAGATION[h] for h in how if h in PROPAGATION] or [None])[0]))


def device(words):
    host, where, permissions = words.split(":")
    return message((1, where), (2, host), (3, permissions))


def container(name, image, words):
    end = words.index("--")
    o = Options(words[:end])
    return message(
        (1, message((1, name))), (2, message((1, image))), (3, words[end + 1 :]), (5, o.text("cwd")),
        (6, pairs(["FROM_POD=yes"] + o.all("env"))), (7, [mount(m) for m in o.all("mount")]),
        (8, [device(d) for d in o.all("device")]), (11, name + ".log"), (12, o.flag("stdin")), (14, o.flag("tty")),
        (15, message((1, resources(o)), (2, container_security(o)))))


class WebSocket:
    """A client: RFC 6455 with the channels of v4.channel.k8s.io (the first byte of a frame)."""

    def __init__(self, url, protocol):
        at = urllib.parse.urlsplit(url)
        self.sock = socket.create_connection((at.hostname, at.port), 50)
        self.sock.sendall((f"GET {at.path}?{at.query} HTTP/1.1\r\nHost: {at.netloc}\r\nUpgrade: websocket\r\n"
                           "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nOrigin: http://localhost\r\n"
                           f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}\r\n"
                           f"Sec-WebSocket-Protocol: {protocol}\r\n\r\n").encode())
        self.file = self.sock.makefile("rb")
        status = self.file.readline().decode()
        while self.file.readline().strip():
            pass
        if " 101 " not in status:
            sys.exit("no web socket: " + status)
        self.lock = threading.Lock()

    def send(self, channel, data, kind=2):
        data = bytes([channel]) + data
        mask = os.urandom(4)
        size = bytes([128 | len(data)]) if len(data) < 126 else b"\xfe" + struct.pack(">H", len(data))
        with self.lock:
            self.sock.sendall(bytes([128 | kind]) + size + mask + bytes(b ^ mask[i & 3] for i, b in enumerate(data)))

    def frames(self):
        """(channel, data) until the other end closes."""
        while True:
            try:
                head = self.file.read(2)
            except ConnectionResetError:
                return
            if len(head) < 2 or head[0] & 15 == 8:
                return
            size = head[1] & 127
            if size > 125:
                size = int.from_bytes(self.file.read(2 if size == 126 else 8), "big")
            data = self.file.read(size)
            if head[0] & 15 in (0, 1, 2) and data:
                yield data[0], data[1:]


def pump(web, resize):
    if resize:
        web.send(4, json.dumps({"Width": 91, "Height": 37}).encode())
    for data in iter(lambda: os.read(0, 4096), b""):
        web.send(0, data)


def stream(url, terminal):
    web = WebSocket(url, "v4.channel.k8s.io")
    threading.Thread(target=pump, args=(web, terminal), daemon=True).start()
    status = 0
    for channel, data in web.frames():
        if channel in (1, 2):
            os.write(channel, data)
        elif channel == 3:
            answer = json.loads(data)
            for cause in (answer.get("details") or {}).get("causes", []):
                status = int(cause["message"]) if cause.get("reason") == "ExitCode" else status
            if answer["status"] != "Success" and not status:
                sys.stderr.write(answer["message"] + "\n")
                status = 1
    sys.stdout.flush()
    os._exit(status)  # the thread may wait for stdin


def forward(url, port):
    web = WebSocket(f"{url}?port={port}", "v4.channel.k8s.io")
    said = os.read(0, 4096)
    web.send(0, said)
    skipped = {0: 2, 1: 2}  # each channel begins with the port
    for channel, data in web.frames():
        cut = min(skipped[channel], len(data))
        skipped[channel] -= cut
        if data[cut:]:
            os.write(1, data[cut:])
            break
    os._exit(0)


def pod_verbs(call, verb, args):
    if verb == "pod":
        name, handler, logs, *words = args
        config = sandbox(name, logs, Options(words))
        pod = call("RunPodSandbox", (1, config), (2, handler))[1][0].decode()
        with open(f"{logs}/{pod}.config", "wb") as file:  # a kubelet gives it with each container
            file.write(config)
        print(pod)
    elif verb == "stop-pod":
        call("StopPodSandbox", (1, args[0]))
    elif verb == "remove-pod":
        call("RemovePodSandbox", (1, args[0]))
    elif verb == "pod-status":
        print("notready" if parse(call("PodSandboxStatus", (1, args[0]))[1][0]).get(3) else "ready")
    elif verb == "forward":
        forward(call("PortForward", (1, args[0]), (2, int(args[1])))[1][0].decode(), args[1])
    else:
        return False
    return True


def stream_verbs(call, verb, args):
    if verb == "exec":
        result = call("ExecSync", (1, args[0]), (2, args[1:]), (3, 20))
        sys.stdout.write(b"".join(result.get(1, []) + result.get(2, [])).decode())
        sys.exit(result.get(3, [0])[0] & 255)
    elif verb == "stream":
        terminal = args[1] == "-t"
        fields = (1, args[0]), (2, args[2 if terminal else 1 :]), (3, int(terminal)), (4, 1), (5, 1), (6, int(not terminal))
        stream(call("Exec", *fields)[1][0].decode(), terminal)
    elif verb == "attach":
        stream(call("Attach", (1, args[0]), (2, 1), (4, 1), (5, 1))[1][0].decode(), False)
    else:
        return False
    return True


def container_verbs(call, verb, args):
    if verb == "create":
        pod, name, logs, image, *words = args
        with open(f"{logs}/{pod}.config", "rb") as file:
            config = file.read()
        print(call("CreateContainer", (1, pod), (2, container(name, image, words)), (3, config))[1][0].decode())
    elif verb in ("start", "remove"):
        call(verb.capitalize() + "Container", (1, args[0]))
    elif verb == "stop":
        call("StopContainer", (1, args[0]), (2, 1))
    elif verb == "status":
        status = parse(call("ContainerStatus", (1, args[0]))[1][0])
        print(STATES[status.get(3, [0])[0]], status.get(7, [0])[0], status.get(10, [b""])[0].decode())
    elif verb == "stats":
        stats = parse(call("ContainerStats", (1, args[0]))[1][0])
        print("cpu" if 2 in stats else "", "memory" if 3 in stats else "")
    elif verb == "list":
        for item in call("ListContainers").get(1, []):
            print(parse(item)[1][0].decode())
    elif verb == "reopen-log":
        call("ReopenContainerLog", (1, args[0]))
    elif verb == "update":
        call("UpdateContainerResources", (1, args[0]), (2, resources(Options(args[1:]))))
    else:
        return False
    return True


def main():
    path, verb, *args = sys.argv[1:]
    channel = grpc.insecure_channel("unix:" + path)

    def call(method, *fields):
        return parse(channel.unary_unary(SERVICE + method)(message(*fields), timeout=50))

    if verb == "version":
        print(call("Version")[2][0].decode())
    elif not (pod_verbs(call, verb, args) or container_verbs(call, verb, args) or stream_verbs(call, verb, args)):
        sys.exit(__doc__)


try:
    main()
except grpc.RpcError as error:
    sys.exit(f"{error.code().name}: {error.details()}")
