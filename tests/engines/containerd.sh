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
check "an empty program" 1 'executable file not found' $R c3a ''
check "a path that is not there" 1 'no such file or directory' $R c3b /nosuch
check "a directory as program" 1 'denied' $R c3c /etc
check "killed by a signal: 137" 137 '' $R c3d sh -c 'sh -c "kill -9 \$\$"; exit $?'
check "-t" 0 '/dev/pts/0' script -qec "ctr run --rm -t --runc-binary $RUNTIME --env PATH=/bin --rootfs $D/img c3f tty" /dev/null
check "--net-host" 0 '^lo' ctr run --rm --net-host --runc-binary "$RUNTIME" --env PATH=/bin --rootfs "$D/img" c3g ls /sys/class/net
NS=$(readlink /proc/self/ns/ipc)
check "--with-ns" 0 "${NS//[!0-9]/}" ctr run --rm --with-ns ipc:/proc/self/ns/ipc --with-ns "uts:/proc/$$/ns/uts" --runc-binary "$RUNTIME" --env PATH=/bin --rootfs "$D/img" c3h busybox readlink /proc/self/ns/ipc
check "--cpus, --cpu-shares" 0 '^50000.300$' ctr run --rm --cpus 0.5 --cpu-shares 300 --runc-binary "$RUNTIME" --env PATH=/bin --mount type=cgroup,src=cgroup,dst=/sys/fs/cgroup,options=ro --rootfs "$D/img" c3i \
	cat /sys/fs/cgroup/cpu/cpu.cfs_quota_us /sys/fs/cgroup/cpu/cpu.shares
check "--cap-drop, --cap-add" 0 'CapEff:.00000000a80435fa' ctr run --rm --cap-drop CAP_CHOWN --cap-add CAP_NET_ADMIN --runc-binary "$RUNTIME" --env PATH=/bin --rootfs "$D/img" c3j grep CapEff /proc/self/status
check "--device" 0 '10, +229' ctr run --rm --device /dev/fuse --runc-binary "$RUNTIME" --env PATH=/bin --rootfs "$D/img" c3k ls -l /dev/fuse
check "--cgroup" 0 ':/hezi-test-ctr/x' ctr run --rm --cgroup /hezi-test-ctr/x --runc-binary "$RUNTIME" --env PATH=/bin --rootfs "$D/img" c3l cat /proc/self/cgroup
find /sys/fs/cgroup -depth -type d -name hezi-test-ctr -exec rmdir {} + 2>/dev/null
check "--no-pivot" 0 '^nopivot' ctr run --rm --no-pivot --runc-binary "$RUNTIME" --env PATH=/bin --rootfs "$D/img" c3m echo nopivot
check "--pid-file" 0 '^[0-9]+$' sh -c "ctr run --rm --pid-file $D/pidf --runc-binary $RUNTIME --env PATH=/bin --rootfs $D/img c3n true && cat $D/pidf"
check "another namespace of containerd" 0 ':/other/c1' ctr -n other run --rm --runc-binary "$RUNTIME" --env PATH=/bin --rootfs "$D/img" c1 cat /proc/self/cgroup
check "stdin, all of it" 0 '^3000000$' sh -c "head -c 3000000 /dev/zero | ctr run --rm --runc-binary $RUNTIME --env PATH=/bin --rootfs $D/img c3o wc -c"
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
check "exec: a directory" 1 'denied' ctr task exec --exec-id e3a d1 /etc
check "exec --cwd that is not there" 1 'chdir.*no such file' ctr task exec --exec-id e3b --cwd /none d1 true
check "exec -t" 0 '/dev/pts/[0-9]' script -qec 'ctr task exec -t --exec-id e3c d1 tty' /dev/null
check "exec, 20 at a time" 0 '^20$' bash -c 'for i in $(seq 20); do ctr task exec --exec-id p$i d1 sh -c "sleep 0.2; echo p$i; sleep 0.2" & done | sort -u | wc -l; wait' # ctr may lose what a quicker one says
check "exec --user" 0 'uid=1000' ctr task exec --exec-id e4 --user 1000 d1 id
check "exec -d" 0 '' ctr task exec -d --exec-id e5 d1 sleep 50
check "task ps" 0 'PID' ctr task ps d1
check "pause" 0 '' ctr task pause d1
check "task ls: paused" 0 'd1.*PAUSED' ctr task ls
check "exec in what is paused" 1 'paused|not running' ctr task exec --exec-id e6 d1 true
check "resume" 0 '' ctr task resume d1
check "metrics" 0 'memory' ctr task metrics d1
check "rm of what runs" 1 'running|not stopped' ctr task rm d1
check "kill an exec alone" 0 '' ctr task kill --exec-id e5 -s KILL d1
check "the container runs on" 0 'd1.*RUNNING' ctr task ls
check "kill" 0 '' ctr task kill -s KILL d1
check "wait for the end" 0 'd1.*STOPPED' sh -c 'sleep 1; ctr task ls'
check "kill of what has stopped" 1 'already finished|not found' ctr task kill -s KILL d1
check "exec in what has stopped" 1 'stopped|not running|not found' ctr task exec --exec-id e7 d1 true
check "task rm" 0 '' ctr task rm d1
check "container rm" 0 '' ctr c rm d1
# the shim is killed: containerd cleans up with the runtime's delete --force
check "a shim to be killed" 0 '' ctr run -d --runc-binary "$RUNTIME" --env PATH=/bin --rootfs "$D/img" s1 sleep 100
kill -KILL $(for f in $(grep -slzE 'containerd-shim-runc-v2' /proc/[0-9]*/cmdline); do grep -sqz -- "$D/sock" "$f" && echo "${f//[!0-9]/}"; done)
check "containerd has cleaned up" 0 '' sh -c 'for i in $(seq 50); do [ -z "$(ls /run/containerd/runc/default/s1 2>/dev/null)" ] && break; sleep 0.2; done; ! ls /run/containerd/runc/default/s1'
check "its cgroup is gone" 0 '^$' find /sys/fs/cgroup -type d -path '*/default/s1'
check "nothing is left in the runtime's folder" 0 '^$' sh -c 'ls /run/containerd/runc/default 2>/dev/null || true'
done_all
