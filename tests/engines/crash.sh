#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# conmon, or the runtime under it, is killed at random while Podman starts CRASH_COUNT (60) containers: what is left
# is removed by `delete --force`, all of it.
. "$(dirname "$0")/lib.sh"
need podman conmon
image

N=${CRASH_COUNT:-60}
podman_as_root
P="$P --runtime-flag root=$D/state"
rt() { timeout 30 "$RUNTIME" --root "$D/state" "$@"; }

# pids of conmon or the runtime that work for this file
victims() { grep -slzE "$1" /proc/[0-9]*/cmdline 2>/dev/null | while read -r f; do grep -sqz -- "$D" "$f" && echo "${f//[!0-9]/}"; done; }
ids() { ls "$D/root/vfs-containers" 2>/dev/null | grep -E '^[0-9a-f]{64}$'; }
killed=0
for i in $(seq "$N"); do
	timeout -k 2 30 $P run -d --network none bb sleep 300 >/dev/null 2>&1 </dev/null &
	run=$!
	what='^/usr/bin/conmon'
	[ $((i % 2)) = 0 ] || what="^$RUNTIME"
	pid=
	for _ in $(seq 100); do
		pid=$(victims "$what" | shuf -n 1)
		[ -z "$pid" ] && [ -e "/proc/$run" ] || break
	done
	sleep "0.$(printf %03d $((RANDOM % 12)))"
	[ -z "$pid" ] || { kill -KILL "$pid" 2>/dev/null && killed=$((killed + 1)); }
	wait $run
done
echo "# $killed of $N times there was something to kill"
made=$(ids)

all_deleted() {
	local id
	for id in $(ls "$D/state"); do
		[[ $id =~ ^[0-9a-f]{64}$ ]] || continue
		rt delete --force "$id" || return 1
	done
	ls -A "$D/state" | grep -E '^[0-9a-f]{64}$'
	true
}
left_cgroups() {
	local id
	for id in $made; do find /sys/fs/cgroup -type d -path "*libpod-$id*" 2>/dev/null | grep -v conmon; done
}
left_processes() {
	local id
	for id in $made; do grep -l "libpod-$id" /proc/[0-9]*/cgroup 2>/dev/null; done | while read -r f; do
		grep -q '^State:.[ZX]' "${f%cgroup}status" 2>/dev/null || { echo "$f"; tr '\0' ' ' <"${f%cgroup}cmdline"; } | grep -v conmon
	done
}
left_mounts() { awk -v d="$D/root" 'index($5, d) == 1 {print $5}' /proc/self/mountinfo; }
check "something was killed" 0 '' test "$killed" -gt $((N / 4))
export -f all_deleted rt left_cgroups left_processes left_mounts
export D RUNTIME made
check "delete --force of all" 0 '^$' bash -c all_deleted
sleep 0.5
check "no cgroup is left" 0 '^$' bash -c 'left_cgroups; true'
check "no process is left" 0 '^$' bash -c 'left_processes; true'
check "no mount is left" 0 '^$' bash -c left_mounts
for pid in $(victims '^/usr/bin/conmon'); do kill -KILL "$pid" 2>/dev/null; done
for id in $made; do find /sys/fs/cgroup -depth -type d -path "*libpod-$id*" -exec rmdir {} + 2>/dev/null; done
done_all
