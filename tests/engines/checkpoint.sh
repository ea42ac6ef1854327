#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# podman container checkpoint and restore, docker checkpoint. CRIU has to work on the kernel (`criu check`):
# tests/lab/vm has one.
. "$(dirname "$0")/lib.sh"
need podman conmon criu
criu check >/dev/null 2>&1 || plan_skip "criu check fails on this kernel"
ENGINE_LIMIT=180 # emulated machines are slow
image
podman_as_root
COUNTER='i=0; while :; do i=$((i+1)); echo $i; sleep 0.2; done'
# the last number that the container NAME has printed
last() { $P logs "$1" | tail -n 1; }
# goes_on NAME FROM: its numbers go on from FROM
goes_on() {
	local n
	for _ in {1..50}; do
		n=$(last "$1")
		[ "${n:-0}" -gt "$2" ] && break
		sleep 0.2
	done
	[ "$n" -gt "$2" ] && [ "$n" -lt $(($2 + 100000)) ] && $P logs "$1" | awk 'NR > 1 && $1 != p + 1 {exit 1} {p = $1}'
}
export -f goes_on last
export P

check "podman run -d" 0 '' $P run -d --name c1 --network none bb sh -c "$COUNTER"
sleep 1
check "podman container checkpoint" 0 'c1|^[0-9a-f]+$' $P container checkpoint c1
N=$(last c1)
check "it has ended" 0 '^exited$' $P inspect -f '{{.State.Status}}' c1
check "podman container restore" 0 'c1|^[0-9a-f]+$' $P container restore c1
check "it runs" 0 '^running$' $P inspect -f '{{.State.Status}}' c1
check "it goes on where it was" 0 '' bash -c "goes_on c1 $N"
check "podman exec after a restore" 0 '^in$' $P exec c1 echo in
check "checkpoint --leave-running" 0 '' $P container checkpoint --leave-running c1
check "it still runs" 0 '^running$' $P inspect -f '{{.State.Status}}' c1
check "checkpoint --export" 0 '' $P container checkpoint --export "$D/c1.tar.gz" c1
check "podman rm" 0 '' $P rm -f -t 0 c1
check "restore --import, under another name" 0 '' $P container restore --import "$D/c1.tar.gz" --name c2
check "it runs" 0 '^running$' $P inspect -f '{{.State.Status}}' c2
check "podman stop" 0 'c2' $P stop -t 1 c2
check "podman rm of the restored one" 0 '' $P rm c2
check "a volume, read-only root, memory limit" 0 '' $P run -d --name c3 --network none --read-only -m 64m -v "$D/img:/v:ro" bb sh -c "$COUNTER"
sleep 1
check "checkpoint of it" 0 '' $P container checkpoint c3
check "restore of it" 0 '' $P container restore c3
check "the volume is there" 0 'etc' $P exec c3 ls /v
check "the limit holds" 0 '^67108864$' sh -c "cat /sys/fs/cgroup/memory\$(sed -n 's/.*:memory://p' /proc/\$($P inspect -f '{{.State.Pid}}' c3)/cgroup)/memory.limit_in_bytes"
check "podman rm -f" 0 '' $P rm -f -t 0 c3

if command -v dockerd >/dev/null; then
	cat >daemon.json <<-X
		{"runtimes": {"under_test": {"path": "$RUNTIME"}}, "default-runtime": "under_test", "experimental": true,
		 "default-ulimits": {"nofile": {"Name": "nofile", "Hard": 20000, "Soft": 20000}},
		 "bridge": "none", "iptables": false, "ip6tables": false}
	X
	dockerd --config-file daemon.json --data-root "$D/data" --exec-root "$D/exec" -p "$D/pid" -H "unix://$D/sock" --storage-driver vfs >log 2>&1 &
	ENGINE=$!
	export DOCKER_HOST=unix://$D/sock DOCKER_CONFIG=$D/client
	for _ in {1..120}; do docker version >/dev/null 2>&1 && break; sleep 0.5; done
	tar -C img -c . | docker import - bb >/dev/null
	check "docker run -d" 0 '' docker run -d --name d1 --network none --security-opt seccomp=unconfined bb sh -c "$COUNTER"
	sleep 1
	check "docker checkpoint create" 0 'p1' docker checkpoint create d1 p1
	check "it has ended" 0 '^exited$' docker inspect -f '{{.State.Status}}' d1
	check "docker checkpoint ls" 0 'p1' docker checkpoint ls d1
	check "docker start --checkpoint" 0 '' docker start --checkpoint p1 d1
	check "it runs" 0 '^running$' docker inspect -f '{{.State.Status}}' d1
	check "docker exec after it" 0 '^in$' docker exec d1 echo in
	check "docker rm -f" 0 'd1' docker rm -f d1
fi
done_all
