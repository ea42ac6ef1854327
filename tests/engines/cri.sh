#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The way of Kubernetes: containerd's CRI plugin with a runtime handler, driven over its socket as a kubelet does.
. "$(dirname "$0")/lib.sh"
need containerd ctr podman
/usr/bin/python3 -c 'import grpc' 2>/dev/null || plan_skip "python3-grpcio is not installed"
image

# a pod's network without any: the loopback device is up
mkdir cni logs
cat >cni/loopback <<'X'
#!/bin/sh
case $CNI_COMMAND in
VERSION) echo '{"cniVersion":"0.4.0","supportedVersions":["0.3.1","0.4.0"]}' ;;
ADD)
	nsenter --net="$CNI_NETNS" busybox ip link set lo up
	echo '{"cniVersion":"0.4.0","interfaces":[{"name":"'$CNI_IFNAME'","sandbox":"'$CNI_NETNS'"}],"ips":[{"version":"4","interface":0,"address":"127.0.0.1/8"}]}'
	;;
esac
X
chmod 755 cni/loopback
cp cni/loopback cni/alone
echo '{"cniVersion":"0.4.0","name":"alone","plugins":[{"type":"alone"}]}' >cni/1.conflist
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
stream_server_address = "127.0.0.1"
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
$C version >/dev/null 2>&1 || plan_skip "containerd has no CRI here: $(grep -o "failed to load plugin io.containerd.grpc.v1.cri.*" log | head -n 1)"

check "version" 0 'containerd' $C version
POD=$($C pod "hezi-cri-$$" under_test "$D/logs" privileged 2>pod.err)
check "a pod sandbox" 0 '^[0-9a-f]{64}$' echo "$POD$(cat pod.err)"
check "it is ready" 0 '^ready$' $C pod-status "$POD"
check "the runtime of the sandbox" 0 "$POD +[0-9]+ +running" sh -c "'$RUNTIME' --root /run/containerd/runc/k8s.io list"
export C ID
create() { $C create "$POD" "$@" 2>&1; }
ID=$(create c1 "$D/logs" localhost/bb:latest memory=67108864 -- /bin/sh -c 'echo out; echo err >&2; exec sleep 1000')
check "a container" 0 '^[0-9a-f]{64}$' echo "$ID"
check "created" 0 '^created' $C status "$ID"
check "start" 0 '' $C start "$ID"
check "running" 0 '^running' $C status "$ID"
check "exec" 0 '^inexec' $C exec "$ID" echo inexec
check "exec: the program's status" 7 '' $C exec "$ID" sh -c 'exit 7'
check "exec: not there" 1 'executable file not found in \$PATH' $C exec "$ID" nosuch
check "exec: the environment" 0 'FROM_POD=yes' $C exec "$ID" env
check "exec: both streams" 0 '^o.e' $C exec "$ID" sh -c 'echo o; echo e >&2'
check "exec: a directory" 1 'denied' $C exec "$ID" /etc
check "exec: killed by a signal" 137 '' $C exec "$ID" sh -c 'kill -9 $$'
check "exec by a stream, as kubectl does: its status" 6 'so' $C stream "$ID" sh -c 'echo so; echo se >&2; exit 6'
check "exec by a stream: stdin" 0 '^fed' bash -c 'echo fed | $C stream "$ID" sh -c "read x; echo \$x"'
check "exec by a stream: a terminal, resized" 4 '/dev/pts/[0-9].*37 91' $C stream "$ID" -t sh -c 'sleep 1; tty; stty size; exit 4'
check "exec by a stream: not there" 1 'executable file not found in \$PATH' $C stream "$ID" nosuch
check "exec, 30 at a time" 0 '^30$' bash -c 'for i in $(seq 30); do $C exec $ID echo p$i & done | sort -u | wc -l; wait'
check "no exec is left" 0 '^COMMAND.sleep 1000.ps -o args$' $C exec "$ID" ps -o args
check "the log" 0 'stdout F out' cat logs/c1.log
check "the log of stderr" 0 'stderr F err' cat logs/c1.log
check "stats" 0 'cpu memory' $C stats "$ID"
check "the memory limit" 0 '^67108864' $C exec "$ID" cat /sys/fs/cgroup/memory/memory.limit_in_bytes
check "update" 0 '' $C update "$ID" memory=104857600 shares=300
check "the new limit holds" 0 '^104857600' $C exec "$ID" cat /sys/fs/cgroup/memory/memory.limit_in_bytes
check "update of cpu" 0 '' $C update "$ID" quota=30000 cpus=0
check "they hold" 0 '^300.30000.0' $C exec "$ID" sh -c 'cd /sys/fs/cgroup; cat cpu/cpu.shares cpu/cpu.cfs_quota_us cpuset/cpuset.cpus'
check "an update that cannot be" 1 'memory' $C update "$ID" memory=4096
check "exec while it stops" 0 '' bash -c 'for i in 1 2 3 4; do $C exec $ID sleep 0.2 & done >/dev/null 2>&1; $C stop $ID; wait'
check "stop" 0 '' $C stop "$ID"
check "exec in what has stopped" 1 'EXITED' $C exec "$ID" true
check "as process 1 it did not hear SIGTERM" 0 '^exited 137' $C status "$ID"
check "remove" 0 '' $C remove "$ID"
ID=$(create c2 "$D/logs" localhost/bb:latest -- /nosuch)
check "a program that is not there" 1 'no such file or directory' $C start "$ID"
check "its status" 0 '^exited 12[78] StartError' $C status "$ID"
ID=$(create c3 "$D/logs" localhost/bb:latest memory=16777216 -- /bin/busybox tail -n 1 /dev/zero)
check "out of memory: start" 0 '' $C start "$ID"
sleep 2
check "OOMKilled" 0 '^exited 137 OOMKilled' $C status "$ID"
ID=$(create c4 "$D/logs" localhost/bb:latest -- /bin/sh -c 'exit 3')
check "a program that ends: start" 0 '' $C start "$ID"
sleep 1
check "its own status" 0 '^exited 3 Error' $C status "$ID"
# one WHAT REGEX OPTION... -- ARG...: a container's whole life, its state and log against the regex
NR=10
one() {
	local what=$1 regex=$2 id
	shift 2
	NR=$((NR + 1))
	id=$(create c$NR "$D/logs" localhost/bb:latest "$@")
	sh_check "$what" 0 "$regex" "$C start $id; for i in \$(seq 40); do $C status $id | grep -q running || break; sleep 0.1; done; $C status $id; cut -d' ' -f4- logs/c$NR.log; $C remove $id"
}
one "runAsUser" 'uid=1000\(bob\) gid=1000\(bob\)' user=1000 -- id
one "runAsGroup, supplementalGroups" 'uid=1000\(bob\) gid=77 groups=77,88,99' user=1000 group=77 groups=88,99 -- id
one "the user's name" 'uid=1000\(bob\)' username=bob -- id
one "capabilities" 'CapEff:.0000000000001000' drop=ALL add=NET_ADMIN -- grep CapEff /proc/self/status
one "privileged" 'CapEff:.*fff.Seccomp:.0.mounted' privileged -- sh -c 'grep -E "CapEff|Seccomp:" /proc/self/status; mount -t tmpfs t /tmp && echo mounted'
one "readOnlyRootFilesystem" 'exited 1 .*Read-only' ro -- touch /x
one "allowPrivilegeEscalation: false" 'NoNewPrivs:.1' nnp -- grep NoNew /proc/self/status
one "seccompProfile: RuntimeDefault" 'Seccomp:.2' seccomp=default -- grep Seccomp: /proc/self/status
echo '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_ERRNO"}]}' >sc.json
one "seccompProfile: Localhost" 'exited 1 .*not permitted' seccomp="$D/sc.json" -- busybox mkdir /tmp/x
one "maskedPaths, readonlyPaths" 'Read-only' mask=/proc/version readonly=/proc/sys -- sh -c 'cat /proc/version; echo x >/proc/sys/kernel/domainname'
one "a volume, read-only" 'exited 1 .*Read-only' mount="$D/img:/v:ro" -- touch /v/x
mkdir shared
mount -t tmpfs shared shared
mount --make-rshared shared
mkdir shared/a
one "mountPropagation: HostToContainer" 'exited 0 .*master:' mount="$D/shared:/v:slave" -- grep ' /v ' /proc/self/mountinfo
one "mountPropagation: Bidirectional" 'exited 0' privileged mount="$D/shared:/v:shared" -- sh -c 'mount -t tmpfs in /v/a && touch /v/a/inner'
check "what the container mounted is there" 0 '^inner$' ls shared/a
umount shared/a
one "a device" '1, +3' device=/dev/null:/dev/xnull:r -- ls -l /dev/xnull
one "workingDir that is not there" '/tmp/new/dir' cwd=/tmp/new/dir -- pwd
one "requests and limits" '67108864.512.50000.0.100' memory=67108864 shares=512 quota=50000 cpus=0 oom=100 -- \
	sh -c 'cd /sys/fs/cgroup; cat memory/memory.limit_in_bytes cpu/cpu.shares cpu/cpu.cfs_quota_us cpuset/cpuset.cpus /proc/self/oom_score_adj'
one "tty" '/dev/pts/0' tty -- tty
one "killed by a signal" 'exited 137 Error' pid=pod -- sh -c 'kill -9 $$; sleep 1'
one "not in PATH" 'executable file not found in \$PATH.*exited 128 StartError' -- nosuch
one "not executable" 'permission denied.*exited 128 StartError' -- /etc/passwd
ID=$(create c5 "$D/logs" localhost/bb:latest stdin -- cat)
check "a container with stdin: start" 0 '' $C start "$ID"
sh_check "attach" 0 '^attached' "(sleep 0.5; echo attached; sleep 1) | timeout -s KILL 6 $C attach $ID; true"
check "stop it by force" 0 '' $C stop "$ID"
ID=$(create c6 "$D/logs" localhost/bb:latest memory=20000000 -- sleep 1000)
check "an exec that is out of memory" 137 '' bash -c '$C start $ID; $C exec $ID busybox tail -n 1 /dev/zero'
ID=$(create c7 "$D/logs" localhost/bb:latest -- sh -c 'echo a; sleep 2; echo b; sleep 100')
sh_check "the log, rotated" 0 'stdout F b' "$C start $ID; sleep 0.3; mv logs/c7.log logs/old; $C reopen-log $ID; sleep 3; cat logs/c7.log"
ID=$(create c8 "$D/logs" localhost/bb:latest -- sleep 100)
check "remove what was never started" 0 '' $C remove "$ID"
check "stop the pod" 0 '' $C stop-pod "$POD"
check "not ready" 0 '^notready$' $C pod-status "$POD"
check "remove the pod" 0 '' $C remove-pod "$POD"
check "nothing is left of it" 0 '^$' sh -c "ls '$D/state/io.containerd.runtime.v2.task/k8s.io' /run/containerd/runc/k8s.io 2>/dev/null | grep '$POD' || true"
# a pod with a network, a hostname, sysctls and a pid namespace of its own
POD=$($C pod "hezi-cri-$$-2" under_test "$D/logs" network=pod pid=pod hostname=poddy sysctl=net.ipv4.ip_forward=1 sysctl=kernel.msgmax=65536 2>&1)
one "hostname and sysctls of the pod" 'poddy.1.65536.lo' network=pod pid=pod -- sh -c 'hostname; cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/msgmax; ls /sys/class/net'
one "shareProcessNamespace" '/bin/sleep 10000' network=pod pid=pod -- ps -o args
ID=$(create e1 "$D/logs" localhost/bb:latest network=pod pid=pod -- sh -c 'while :; do busybox nc -l -p 7777 -e /bin/cat; done')
sh_check "port-forward" 0 '^forwarded' "$C start $ID; sleep 0.5; echo forwarded | timeout -s KILL 9 $C forward $POD 7777"
ID2=$(create e2 "$D/logs" localhost/bb:latest network=pod pid=pod -- sh -c 'sleep 4324 & exec sleep 4325')
sh_check "stop one of them: all of it ends" 0 '^0' "$C start $ID2; sleep 0.5; $C stop $ID2; sleep 0.5; ps ax -o args= | grep -c '^sleep 432[45]\$'; true"
check "the other one runs" 0 '^running' $C status "$ID"
check "stop and remove the pod" 0 '' sh -c "$C stop-pod $POD && $C remove-pod $POD"
# a kubelet removes the cgroup of a pod that it has made; peers leave it
left=$(find /sys/fs/cgroup -depth -type d -path "*/hezi-cri-$$*" 2>/dev/null)
peer_fails runc crun -- check "no cgroup is left" 0 '^$' echo "$left"
[ -z "$left" ] || rmdir $left
done_all
