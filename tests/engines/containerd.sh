#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# containerd through ctr.
. "$(dirname "$0")/lib.sh"
need containerd ctr
image

cat >config.toml <<X
version = 2
root = "$D/root"
state = "$D/state"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
address = "$D/sock"
X
containerd -c config.toml >log 2>&1 &
ENGINE=$!
export CONTAINERD_ADDRESS=$D/sock
for _ in {1..60}; do ctr version >/dev/null 2>&1 && break; sleep 0.25; done
ctr version >/dev/null 2>&1 || plan_skip "containerd does not start here: $(tail -n 1 log)"
R="ctr run --rm --runc-binary $RUNTIME --env PATH=/bin --rootfs $D/img"

check "run" 0 '^hi$' $R c1 echo hi
check "the program's status" 7 '' $R c2 sh -c 'exit 7'
check "a program that is not there" 1 'executable file not found in \$PATH' $R c3 nosuch
check "--memory-limit" 0 '' ctr run --rm --runc-binary "$RUNTIME" --env PATH=/bin --memory-limit 67108864 --rootfs "$D/img" c4 true
check "the cgroup" 0 ':/default/c5' $R c5 cat /proc/self/cgroup
check "--read-only" 1 'Read-only' ctr run --rm --runc-binary "$RUNTIME" --env PATH=/bin --read-only --rootfs "$D/img" c6 touch /x
check "--cwd and --env" 0 'A=b./tmp' ctr run --rm --runc-binary "$RUNTIME" --env PATH=/bin --cwd /tmp --env A=b --rootfs "$D/img" c7 sh -c 'env | grep A=; pwd'
check "--mount" 0 'etc' ctr run --rm --runc-binary "$RUNTIME" --env PATH=/bin --mount "type=bind,src=$D/img,dst=/v,options=rbind:ro" --rootfs "$D/img" c8 ls /v
check "--seccomp" 0 'Seccomp:.2' ctr run --rm --runc-binary "$RUNTIME" --env PATH=/bin --seccomp --rootfs "$D/img" c9 grep Seccomp: /proc/self/status
check "--privileged" 0 'CapEff:.*fff' ctr run --rm --runc-binary "$RUNTIME" --env PATH=/bin --privileged --rootfs "$D/img" c10 grep Cap /proc/self/status
check "run -d" 0 '' ctr run -d --runc-binary "$RUNTIME" --env PATH=/bin --rootfs "$D/img" d1 sleep 100
check "task ls: running" 0 'd1.*RUNNING' ctr task ls
check "exec" 0 '^inexec$' ctr task exec --exec-id e1 d1 echo inexec
check "exec: the program's status" 7 '' ctr task exec --exec-id e2 d1 sh -c 'exit 7'
check "exec: not there" 1 'executable file not found in \$PATH' ctr task exec --exec-id e3 d1 nosuch
check "exec --user" 0 'uid=1000' ctr task exec --exec-id e4 --user 1000 d1 id
check "exec -d" 0 '' ctr task exec -d --exec-id e5 d1 sleep 50
check "task ps" 0 'PID' ctr task ps d1
check "pause" 0 '' ctr task pause d1
check "task ls: paused" 0 'd1.*PAUSED' ctr task ls
check "resume" 0 '' ctr task resume d1
check "metrics" 0 'memory' ctr task metrics d1
check "kill" 0 '' ctr task kill -s KILL d1
check "wait for the end" 0 'd1.*STOPPED' sh -c 'sleep 1; ctr task ls'
check "task rm" 0 '' ctr task rm d1
check "container rm" 0 '' ctr c rm d1
# the shim is killed: containerd cleans up with the runtime's delete --force
check "a shim to be killed" 0 '' ctr run -d --runc-binary "$RUNTIME" --env PATH=/bin --rootfs "$D/img" s1 sleep 100
kill -KILL $(for f in $(grep -slzE 'containerd-shim-runc-v2' /proc/[0-9]*/cmdline); do grep -sqz -- "$D/sock" "$f" && echo "${f//[!0-9]/}"; done)
check "containerd has cleaned up" 0 '' sh -c 'for i in $(seq 50); do [ -z "$(ls /run/containerd/runc/default/s1 2>/dev/null)" ] && break; sleep 0.2; done; ! ls /run/containerd/runc/default/s1'
check "its cgroup is gone" 0 '^$' find /sys/fs/cgroup -type d -path '*/default/s1'
check "nothing is left in the runtime's folder" 0 '^$' sh -c 'ls /run/containerd/runc/default 2>/dev/null || true'
done_all
