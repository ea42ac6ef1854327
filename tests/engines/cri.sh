#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The way of Kubernetes: containerd's CRI plugin with a runtime handler, driven over its socket as a kubelet does.
. "$(dirname "$0")/lib.sh"
need containerd ctr podman
/usr/bin/python3 -c 'import grpc' 2>/dev/null || plan_skip "python3-grpcio is not installed"
image

cat >config.toml <<X
version = 2
root = "$D/root"
state = "$D/state"
[grpc]
address = "$D/sock"
[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "localhost/bb:latest"
restrict_oom_score_adj = true
disable_apparmor = true
[plugins."io.containerd.grpc.v1.cri".containerd]
snapshotter = "native"
default_runtime_name = "under_test"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.under_test]
runtime_type = "io.containerd.runc.v2"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.under_test.options]
BinaryName = "$RUNTIME"
[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "$D/cni"
conf_dir = "$D/cni"
X
# an image whose command is that of a sandbox
printf '[storage]\ndriver="vfs"\nrunroot="%s"\ngraphroot="%s"\n' "$D/prun" "$D/proot" >storage.conf
export CONTAINERS_STORAGE_CONF=$D/storage.conf
tar -C img -c . | podman import -c 'CMD ["/bin/sleep","10000"]' - localhost/bb:latest >/dev/null 2>&1 || plan_skip "podman cannot import an image here"
podman save -q --format oci-archive -o img.tar localhost/bb:latest || plan_skip "podman cannot save an image here"
containerd -c config.toml >log 2>&1 &
ENGINE=$!
export CONTAINERD_ADDRESS=$D/sock
for _ in {1..60}; do ctr version >/dev/null 2>&1 && break; sleep 0.25; done
ctr version >/dev/null 2>&1 || plan_skip "containerd does not start here: $(tail -n 1 log)"
ctr -n k8s.io images import --snapshotter native --base-name localhost/bb img.tar >import.log 2>&1 || plan_skip "ctr cannot import the image: $(tail -n 1 import.log)"
ctr -n k8s.io images ls -q | grep -qx localhost/bb:latest || ctr -n k8s.io images tag "$(ctr -n k8s.io images ls -q | head -n 1)" localhost/bb:latest >/dev/null
C="/usr/bin/python3 $HERE/../lib/cri.py $D/sock"
mkdir logs
$C version >/dev/null 2>&1 || plan_skip "containerd has no CRI here: $(grep -o "failed to load plugin io.containerd.grpc.v1.cri.*" log | head -n 1)"

check "version" 0 'containerd' $C version
POD=$($C pod "hezi-cri-$$" under_test "$D/logs" 2>pod.err)
check "a pod sandbox" 0 '^[0-9a-f]{64}$' echo "$POD$(cat pod.err)"
check "it is ready" 0 '^ready$' $C pod-status "$POD"
check "the runtime of the sandbox" 0 "$POD +[0-9]+ +running" sh -c "'$RUNTIME' --root /run/containerd/runc/k8s.io list"
create() { $C create "$POD" "$@" 2>&1; }
ID=$(create c1 "$D/logs" localhost/bb:latest 67108864 /bin/sh -c 'echo out; echo err >&2; exec sleep 1000')
check "a container" 0 '^[0-9a-f]{64}$' echo "$ID"
check "created" 0 '^created' $C status "$ID"
check "start" 0 '' $C start "$ID"
check "running" 0 '^running' $C status "$ID"
check "exec" 0 '^inexec' $C exec "$ID" echo inexec
check "exec: the program's status" 7 '' $C exec "$ID" sh -c 'exit 7'
check "exec: not there" 1 'executable file not found in \$PATH' $C exec "$ID" nosuch
check "exec: the environment" 0 'FROM_POD=yes' $C exec "$ID" env
check "exec by a stream has an address" 0 '^http://' $C exec-url "$ID" sh
check "the log" 0 'stdout F out' cat logs/c1.log
check "the log of stderr" 0 'stderr F err' cat logs/c1.log
check "stats" 0 'cpu memory' $C stats "$ID"
check "the memory limit" 0 '^67108864' $C exec "$ID" cat /sys/fs/cgroup/memory/memory.limit_in_bytes
check "update" 0 '' $C update "$ID" 104857600
check "the new limit holds" 0 '^104857600' $C exec "$ID" cat /sys/fs/cgroup/memory/memory.limit_in_bytes
check "stop" 0 '' $C stop "$ID"
check "ended by SIGTERM" 0 '^exited 143' $C status "$ID"
check "remove" 0 '' $C remove "$ID"
ID=$(create c2 "$D/logs" localhost/bb:latest 0 /nosuch)
check "a program that is not there" 1 'no such file or directory' $C start "$ID"
check "its status" 0 '^exited 12[78] StartError' $C status "$ID"
ID=$(create c3 "$D/logs" localhost/bb:latest 16777216 /bin/busybox tail -n 1 /dev/zero)
check "out of memory: start" 0 '' $C start "$ID"
sleep 2
check "OOMKilled" 0 '^exited 137 OOMKilled' $C status "$ID"
ID=$(create c4 "$D/logs" localhost/bb:latest 0 /bin/sh -c 'exit 3')
check "a program that ends: start" 0 '' $C start "$ID"
sleep 1
check "its own status" 0 '^exited 3 Error' $C status "$ID"
check "stop the pod" 0 '' $C stop-pod "$POD"
check "not ready" 0 '^notready$' $C pod-status "$POD"
check "remove the pod" 0 '' $C remove-pod "$POD"
check "nothing is left of it" 0 '^$' sh -c "ls '$D/state/io.containerd.runtime.v2.task/k8s.io' /run/containerd/runc/k8s.io 2>/dev/null | grep '$POD' || true"
# a kubelet removes the cgroup of a pod that it has made; peers leave it
left=$(find /sys/fs/cgroup -depth -type d -path "*/hezi-cri-$$*" 2>/dev/null)
peer_fails runc crun -- check "no cgroup is left" 0 '^$' echo "$left"
[ -z "$left" ] || rmdir $left
done_all
