#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Many short execs, as health checks and probes are, while the container starts, stops, pauses and is removed: each ends, with the program's
# status or an error, and nothing of them is left on the host.
. "$(dirname "$0")/lib.sh"
need dockerd docker containerd
image

printf '{"runtimes": {"under_test": {"path": "%s"}}, "default-runtime": "under_test", "bridge": "none", "iptables": false, "ip6tables": false,
 "default-ulimits": {"nofile": {"Name": "nofile", "Hard": 20000, "Soft": 20000}}}' "$RUNTIME" >daemon.json
dockerd --config-file daemon.json --data-root "$D/data" --exec-root "$D/exec" -p "$D/pid" -H "unix://$D/sock" --storage-driver vfs >log 2>&1 &
ENGINE=$!
export DOCKER_HOST=unix://$D/sock DOCKER_CONFIG=$D/client D
for _ in {1..80}; do docker version >/dev/null 2>&1 && break; sleep 0.25; done
docker version >/dev/null 2>&1 || plan_skip "dockerd does not start here: $(tail -n 1 log)"
tar -C img -c . | docker import - bb >/dev/null

# what the engine's own processes hold: the daemon's shim of the container
shim() { grep -slzE 'containerd-shim-runc-v2' /proc/[0-9]*/cmdline | while read -r f; do grep -sqz "^$1" "$f" && echo "${f//[!0-9]/}"; done; }
fds() { find "/proc/$(shim "$1")/fd" -type l | wc -l; }
inside() { docker top "$1" | tail -n +2 | wc -l; }
ours() { grep -slz -- "$RUNTIME" /proc/[0-9]*/cmdline 2>/dev/null | while read -r f; do [ "$(readlink "${f%cmdline}exe")" = "$RUNTIME" ] && grep -sqz -- "$D" "$f" && tr '\0' ' ' <"$f"; done; }
export -f shim fds inside ours

ID=$(docker run -d --name e1 --network none bb sleep 1000)
docker exec e1 true
before=$(fds "$ID")
sh_check "120 execs, 12 at a time: each says its own" 0 '^120$' 'seq 120 | xargs -P 12 -I N docker exec e1 sh -c "echo said N" | sort -u | grep -c said'
sh_check "each has its own status" 0 '^3 4 5 6 7$' 'for s in 3 4 5 6 7; do (docker exec e1 sh -c "exit $0" 2>/dev/null; docker exec e1 sh -c "exit $s"; echo $?) & done | sort | tr "\n" " " | sed "s/ $//"'
sh_check "24 terminals at a time" 0 '^24$' 'seq 24 | xargs -P 8 -I N docker exec -t e1 sh -c "tty >/dev/null && echo on N" | grep -c on'
sh_check "100,000 bytes through each of 12" 0 '^12 100000$' 'for i in $(seq 12); do head -c 100000 /dev/zero | docker exec -i e1 wc -c & done | sort | uniq -c | sed "s/^ *//"'
sh_check "the client that goes leaves the exec to end" 0 '^0' 'for i in 1 2 3 4 5 6; do timeout -s KILL 0.3 docker exec e1 sleep 1; done >/dev/null 2>&1; sleep 2; docker top e1 | grep -c "sleep 1$"; true'
sh_check "nothing but the program is left in it" 0 '^1$' 'for i in 1 2 3 4 5 6 7 8; do [ $(inside e1) = 1 ] && break; sleep 0.5; done; inside e1'
sh_check "the shim holds no more files than before" 0 '' "sleep 1; now=\$(fds $ID); [ \$now -le $((before + 1)) ] || { echo $before, \$now now; exit 1; }"
# pause and unpause under fire (an exec of runc or crun that meets the freezer waits for ever, and what follows fails)
peer_fails runc crun -- sh_check "execs while it is paused and goes on" 0 '^20$' '(for i in 1 2 3 4 5; do docker pause e1; sleep 0.1; docker unpause e1; sleep 0.1; done) >/dev/null 2>&1 &
	for i in $(seq 20); do timeout 20 docker exec e1 true >/dev/null 2>&1; s=$?; [ $s != 124 ] && echo $s; done | wc -l; wait; docker exec e1 true'
# the program ends under execs
sh_check "each exec ends with the container" 0 '^137$' '(for i in 1 2 3 4 5; do (docker exec e1 sleep 1000; echo $?) & done; sleep 2; docker kill e1 >/dev/null; wait) 2>/dev/null | sort -u'
sh_check "an exec that comes too late says so" 1 'is not running' 'docker exec e1 true'
sh_check "it starts again" 0 '^again' 'docker start e1 >/dev/null && docker exec e1 echo again'
docker rm -f e1 >/dev/null
# execs all through the lives of some containers
lives() {
	local i
	for i in $(seq 6); do
		docker run -d --name "$1" --network none bb sleep 1000 >/dev/null
		for _ in 1 2 3; do timeout 30 docker exec "$1" true >/dev/null 2>&1 & done
		[ $((i % 3)) = 0 ] || docker restart -t 0 "$1" >/dev/null
		timeout 30 docker exec "$1" sleep 5 >/dev/null 2>&1 &
		docker rm -f "$1" >/dev/null
		wait
	done
	docker ps -aq --filter "name=$1"
}
export -f lives
sh_check "execs during start, restart and removal" 0 '^$' 'lives l1 & lives l2 & wait'
sleep 1
sh_check "no process of the runtime is left" 0 '^$' 'ours; true'
sh_check "no cgroup is left" 0 '^$' "find /sys/fs/cgroup -type d -path '*/docker/$ID*' 2>/dev/null; true"
sh_check "no state is left" 0 '^$' "find $D/exec/runtime-*/moby -mindepth 1 2>/dev/null; true"
sh_check "no shim is left" 0 '^$' "grep -slz '^[^ ]*containerd-shim-runc' /proc/[0-9]*/cmdline | while read -r f; do grep -sqz -- $D \$f && echo \$f; done; true"
done_all
