#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Hosts whose cgroups are laid out in other ways: what a container gets there. Other views of the hierarchies are made
# in mount namespaces of their own; the machine's is not touched.
. "$(dirname "$0")/../lib/live.sh"

tun_by_default() {
	bundle
	limits '{"devices":[{"allow":false,"access":"rwm"}]}'
	config '.process.capabilities={bounding:["CAP_MKNOD"],effective:["CAP_MKNOD"],permitted:["CAP_MKNOD"]}'
	# without a file descriptor of a network the read fails; the open must not
	in_box 'cd /tmp; mknod tun c 10 200; (: <tun) 2>&1; mknod fuse c 10 229; (: <fuse) 2>&1; true'
	unlike "$OUT" 'tun: .*not permitted'
	like "$OUT" 'fuse: .*not permitted' "another misc device"
}

# systemd in the container takes a directory "unified" for its own (hybrid hosts)
v1_hierarchies_only() {
	local want
	[ -z "$V2" ] || skip "cgroup v2"
	bundle
	[ "$1" = own ] || ns_drop cgroup
	config '.mounts|=(map(select(.destination!="/sys/fs/cgroup"))
		+[{destination:"/sys/fs/cgroup",type:"cgroup",source:"cgroup",options:["nosuid","noexec","nodev","relatime","ro"]}])'
	in_box 'ls /sys/fs/cgroup; cat /sys/fs/cgroup/memory/cgroup.procs'
	like $'\n'"$OUT" $'\nmemory\n'
	unlike $'\n'"$OUT" $'\nunified\n'
	want=$(awk '/ - cgroup /{n = split($5, a, "/"); print a[n]}' /proc/self/mountinfo | sort -u)
	for want in $want; do like $'\n'"$OUT" $'\n'"$want"$'\n'; done
}

# configs from before runtime-spec 1.3.0 mean no limit by 0
pids_zero() {
	bundle
	needs_controller pids
	peer_differs runc "it takes 0 as 1 in every version"
	config '.ociVersion="1.2.0"'
	limits '{"pids":{"limit":0}}'
	sleeper
	is "$(reads pids pids.max pids.max)" max
	cap rt exec "$ID" sh -c 'true & wait'
	ok
	cap rt update --pids-limit 5 "$ID"
	ok
	is "$(reads pids pids.max pids.max)" 5
	cap rt update --pids-limit 0 "$ID"
	ok
	[ "$KIND" = crun ] || is "$(reads pids pids.max pids.max)" max
}

pids_zero_1_3() {
	bundle
	needs_controller pids
	peer_differs crun "0 is no limit in every version"
	config '.ociVersion="1.3.0"'
	limits '{"pids":{"limit":0}}'
	sleeper
	is "$(reads pids pids.max pids.max)" 1
	cap rt update --pids-limit 5 "$ID"
	ok
	cap rt update --pids-limit 0 "$ID"
	ok
	is "$(reads pids pids.max pids.max)" 1
}

# v2 limits swap alone: it needs no limit for memory to be subtracted from
swap_without_memory_limit() {
	local file
	[ -n "$V2" ] || skip "cgroup v1 limits memory and swap together"
	bundle
	limits '{"memory":{"limit":-1,"swap":67108864}}'
	sleeper
	file=$(cg memory "$(pid_of)")/memory
	[ -e "$file.swap.max" ] || skip "no swap accounting"
	is "$(cat "$file".{max,swap.max})" $'max\n67108864'
	cap rt update --memory 33554432 --memory-swap 67108864 "$ID"
	ok
	is "$(cat "$file".{max,swap.max})" $'33554432\n33554432'
	cap rt update --memory -1 --memory-swap 50331648 "$ID"
	ok
	is "$(cat "$file".{max,swap.max})" $'max\n50331648'
	cap rt update --memory 33554432 --memory-swap 67108864 "$ID"
	ok
	peer_differs crun "the swap limit stays"
	echo '{"memory":{"limit":-1,"swap":0}}' >"$B/change"
	cap rt update --resources "$B/change" "$ID"
	ok
	is "$(cat "$file".{max,swap.max})" $'max\nmax'
	bundle
	limits '{"memory":{"swap":67108864}}'
	create
	bad
	says 'needs a limit for memory' 'without memory limit'
}

t "a cgroup mount on v1 shows its hierarchies only" v1_hierarchies_only own
t "a cgroup mount on v1 shows its hierarchies only, no cgroup namespace" v1_hierarchies_only none
t "pids.limit 0 before 1.3.0 is no limit" pids_zero
t "pids.limit 0 from 1.3.0 on" pids_zero_1_3
t "memory.limit -1 with a swap limit" swap_without_memory_limit
t "deny-all device rule: tun stays allowed" tun_by_default
finish
