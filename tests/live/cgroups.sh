#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# cgroups: where the container is, limits, removal; on v1, hybrid and v2.
. "$(dirname "$0")/../lib/live.sh"

in_its_cgroup() {
	local pid
	bundle
	sleeper
	pid=$(pid_of)
	like "$(cat "/proc/$pid/cgroup")" "/$(cgroup_name)"
	grep -qx "$pid" "$(cg memory "$pid")/cgroup.procs" || die "not in cgroup.procs"
	if [ -z "$V2" ]; then
		for c in memory cpu pids freezer devices; do
			[[ "$(cg $c "$pid")" == *"/$(cgroup_name)" ]] || die "$c: $(cg $c "$pid")"
		done
	fi
}

already_at_create() {
	# engines open the cgroup right after create
	bundle
	limits '{"pids":{"limit":20}}'
	must_create
	like "$(cat "/proc/$(pid_of)/cgroup")" "/$(cgroup_name)"
	is "$(reads pids pids.max pids.max)" 20
}

children_too() {
	bundle
	in_box 'cat /proc/self/cgroup'
	like "$OUT" "$ID"
}

removed() {
	bundle
	sleeper
	[ -n "$(our_cgroups)" ] || die "no cgroup while it runs"
	rt delete --force "$ID"
	is "$(our_cgroups)" ""
	in_box true
	is "$(our_cgroups)" "" "after run"
}

removed_with_children() {
	local pid c
	bundle
	sleeper
	pid=$(pid_of)
	mkdir -p "$(cg memory "$pid")/sub1/sub2" "$(cg pids "$pid")/sub3"
	rt delete --force "$ID"
	is "$(our_cgroups)" ""
	within 3 dead "$pid" || die "alive"
}

removed_with_processes_inside() {
	# a process in a sub-cgroup, in the container's pid namespace or in another
	local pid
	bundle
	ns_drop pid
	sh_args 'setsid sleep 61 & setsid sleep 62 & exec sleep 60'
	must_create
	rt start "$ID"
	pid=$(pid_of)
	within 5 test "$(wc -l <"$(cg pids "$pid")/cgroup.procs")" -ge 3 || true
	rt delete --force "$ID"
	is "$(our_cgroups)" ""
	within 3 nothing_left || die "left: $(leftovers)"
}

memory_limit() {
	bundle
	limits '{"memory":{"limit":67108864}}'
	sleeper
	is "$(reads memory memory.limit_in_bytes memory.max)" 67108864
}

memory_reservation() {
	bundle
	limits '{"memory":{"limit":67108864,"reservation":33554432}}'
	sleeper
	is "$(reads memory memory.soft_limit_in_bytes memory.low)" 33554432
}

memory_unlimited() {
	bundle
	limits '{"memory":{"limit":-1}}'
	sleeper
	like "$(reads memory memory.limit_in_bytes memory.max)" '^(max|9223372036854771712)$'
}

memory_enforced() {
	bundle
	limits '{"memory":{"limit":20971520,"swap":20971520}}'
	[ -n "$V2" ] || [ -e /sys/fs/cgroup/memory/memory.memsw.limit_in_bytes ] || limits '{"memory":{"limit":20971520}}'
	run_sh 'busybox head -c 300000000 /dev/zero | busybox tail -c 300000000 >/dev/null; echo "status $?"'
	like "$OUT $ST" 'status (137|1)|137'
}

# 137 alone does not say who has killed the program
oom_is_told() {
	peers_differ "say nothing"
	bundle
	limits '{"memory":{"limit":20971520,"swap":20971520}}'
	[ -n "$V2" ] || [ -e /sys/fs/cgroup/memory/memory.memsw.limit_in_bytes ] || limits '{"memory":{"limit":20971520}}'
	run_sh 'exec busybox tail -c 300000000 /dev/zero'
	is "$ST" 137
	says "OOM killer ended a process of container \"$ID\" .*memory.limit"
	run_sh 'kill -9 $$' # by its parent's choice: nothing is said
	unlike "$ERR" OOM
}

cpu_quota() {
	bundle
	limits '{"cpu":{"quota":50000,"period":100000}}'
	sleeper
	if [ -n "$V2" ]; then
		is "$(reads cpu - cpu.max)" "50000 100000"
	else
		is "$(reads cpu cpu.cfs_quota_us -)" 50000
		is "$(reads cpu cpu.cfs_period_us -)" 100000
	fi
}

cpu_period_alone() {
	bundle
	limits '{"cpu":{"period":50000}}'
	sleeper
	if [ -n "$V2" ]; then
		is "$(reads cpu - cpu.max)" "max 50000"
	else
		is "$(reads cpu cpu.cfs_quota_us -)" -1
		is "$(reads cpu cpu.cfs_period_us -)" 50000
	fi
}

cpu_shares() {
	bundle
	limits '{"cpu":{"shares":512}}'
	sleeper
	if [ -z "$V2" ]; then
		is "$(reads cpu cpu.shares -)" 512
	elif is_peer; then
		is "$(reads cpu - cpu.weight)" 20 "the older formula"
	else
		is "$(reads cpu - cpu.weight)" 59
	fi
}

cpu_shares_default() {
	[ -n "$V2" ] || skip "only for v2"
	peers_differ "the older formula"
	bundle
	limits '{"cpu":{"shares":1024}}'
	sleeper
	is "$(reads cpu - cpu.weight)" 100
}

pids_limit() {
	bundle
	limits '{"pids":{"limit":33}}'
	sleeper
	is "$(reads pids pids.max pids.max)" 33
}

pids_unlimited() {
	old_peer crun "1.8 writes -1"
	bundle
	limits '{"pids":{"limit":-1}}'
	sleeper
	is "$(reads pids pids.max pids.max)" max
}

pids_enforced() {
	bundle
	limits '{"pids":{"limit":4}}'
	run_sh 'for i in 1 2 3 4 5 6 7 8; do sleep 5 & done; echo unreached'
	like "$ERR" 'fork'
}

together() {
	bundle
	limits '{"memory":{"limit":67108864},"cpu":{"shares":256,"quota":20000,"period":100000},"pids":{"limit":9}}'
	in_box 'echo fine'
	is "$OUT" fine
}

limits_refused_by_kernel() {
	peer_differs crun "leaves the cgroup behind"
	bundle
	limits '{"cpu":{"quota":1,"period":7}}'
	create
	bad
	nothing_left || die "left: $(leftovers)"
}

deny_all_devices() {
	# the rule of every engine: deny all, then what the runtime itself allows still works
	bundle
	limits '{"devices":[{"allow":false,"access":"rwm"}]}'
	in_box 'echo x >/dev/null; head -c 2 /dev/zero | wc -c; test -r /dev/urandom'
	is "$(head -n 1 <<<"$OUT")" 2
}

# the containers of a pod: the first one creates the pod's cgroup, and may be deleted before the others
shared_parent() {
	local pod first
	peers_differ "a cgroup above the container's stays"
	paths_only
	bundle
	pod=/${PREFIX}pod
	config --arg p "$pod" '.linux.cgroupsPath=$p+"/"+"a/b"'
	sleeper
	first=$ID
	bundle
	config --arg p "$pod" '.linux.cgroupsPath=$p+"/c"'
	sleeper
	rt delete --force "$first"
	like "$(our_cgroups)" "$pod/c"
	unlike "$(our_cgroups)" "$pod/a"
	rt delete --force "$ID"
	is "$(our_cgroups)" ""
}

# a cgroup that the engine or an administrator created stays
foreign_parent() {
	local parent c
	peers_differ "a cgroup above the container's stays in the other hierarchies"
	paths_only
	bundle
	parent=${PREFIX}own
	c=$(cg memory self)
	c=${c%"$(sed -n 's/^[0-9]*:[^:]*memory[^:]*:\|^0:://p' /proc/self/cgroup | head -n 1)"}/$parent
	mkdir "$c"
	config --arg p "/$parent/x" '.linux.cgroupsPath=$p'
	sleeper
	rt delete --force "$ID"
	is "$(find "$c" -type d)" "$c"
	rmdir "$c"
}

path_nested() {
	paths_only
	bundle
	config --arg p "/$ID/one/two" '.linux.cgroupsPath=$p'
	sleeper
	like "$(cat "/proc/$(pid_of)/cgroup")" "/$ID/one/two"
	rt delete --force "$ID"
	# the peers leave parents that they made; hezi removes its own
	if is_peer; then
		our_cgroups | xargs -r rmdir
	fi
	is "$(our_cgroups)" ""
}

path_relative() {
	paths_only
	bundle
	config --arg p "$ID-rel" '.linux.cgroupsPath=$p'
	sleeper
	like "$(cat "/proc/$(pid_of)/cgroup")" "$ID-rel"
}

path_absent() {
	bundle
	config 'del(.linux.cgroupsPath)'
	sleeper
	like "$(cat "/proc/$(pid_of)/cgroup")" "$ID"
	rt delete --force "$ID"
	is "$(our_cgroups)" ""
}

path_same_twice() {
	local first
	bundle
	config --arg p "${CGROUP_PREFIX#/}$PREFIX-same" '.linux.cgroupsPath=$p'
	sleeper
	first=$(cat "/proc/$(pid_of)/cgroup")
	rt delete --force "$ID"
	sleeper
	is "$(cat "/proc/$(pid_of)/cgroup")" "$first"
}

path_dots() {
	paths_only
	peer_differs crun "makes the folder anywhere on the host"
	bundle
	mkdir "$B/outside"
	config --arg p "/$ID/../../../../../../../../$B/outside/$ID" '.linux.cgroupsPath=$p'
	cap rt run -d --bundle "$B" "$ID"
	is "$(ls "$B/outside")" "" "outside of the cgroup tree"
	rt delete --force "$ID"
	if is_peer; then # they leave the cgroups above
		find /sys/fs/cgroup -depth -type d -path "*$B/outside" -exec rmdir -p --ignore-fail-on-non-empty {} +
	fi
}

path_occupied() {
	paths_only
	# another container's cgroup with processes in it
	local first
	bundle
	sleeper
	first=$ID
	bundle
	config --arg p "/$first" '.linux.cgroupsPath=$p'
	peers_differ "only newer runc refuses, and only warns on v1"
	create
	bad
	like "$ERR" 'not empty'
	is "$(status_of "$first")" running
	[ -n "$(our_cgroups)" ] || die "the first container's cgroup is gone"
}

limit_read_back() {
	bundle
	limits '{"memory":{"limit":67108864}}'
	config '.linux.namespaces+=[{type:"cgroup"}]
		| .mounts+=[{destination:"/sys/fs/cgroup",type:"cgroup",source:"cgroup",options:["ro"]}]'
	in_box 'cat /sys/fs/cgroup/memory.max 2>/dev/null || cat /sys/fs/cgroup/memory/memory.limit_in_bytes'
	is "$OUT" 67108864
}

init_is_killed_with_oom_text() {
	bundle
	limits '{"memory":{"limit":4096}}'
	create
	[ "$ST" = 0 ] || { nothing_left || die "left: $(leftovers)"; }
}

hidden_by_a_mount() { # engines give the runtime such a view of /sys/fs/cgroup
	is_peer && skip "peers are in such a view already"
	bundle
	sh_args 'cat /proc/self/cgroup'
	cap timeout 20 "$LIB/v1view" "${RT[@]}" run --bundle "$B" "$ID"
	ok
}

t "hierarchies that a later mount hides are not used" hidden_by_a_mount
t "the process is in the cgroup of cgroupsPath" in_its_cgroup
t "limits and place are set when create returns" already_at_create
t "children are in it too" children_too
t "delete and run remove the cgroup" removed
t "delete removes sub-cgroups made by others" removed_with_children
t "delete ends processes outside of the pid namespace" removed_with_processes_inside
t "memory.limit" memory_limit
t "memory.reservation" memory_reservation
t "memory.limit -1" memory_unlimited
t "the memory limit bites" memory_enforced
t "a run that the OOM killer ended says so" oom_is_told
t "cpu.quota and cpu.period" cpu_quota
t "cpu.period alone" cpu_period_alone
t "cpu.shares" cpu_shares
t "cpu.shares 1024 is weight 100" cpu_shares_default
t "pids.limit" pids_limit
t "pids.limit -1" pids_unlimited
t "the pids limit bites" pids_enforced
t "several limits together" together
t "a limit that the kernel refuses fails create" limits_refused_by_kernel
t "deny-all device rule: the default devices work" deny_all_devices
t "a nested cgroupsPath" path_nested
t "the last container in a cgroup that hezi created removes it" shared_parent
t "a cgroup above that was there before stays" foreign_parent
t "a relative cgroupsPath" path_relative
t "no cgroupsPath" path_absent
t "one cgroupsPath gives one place" path_same_twice
t "a cgroupsPath with .. stays in the tree" path_dots
t "a cgroup with processes is refused" path_occupied
t "the limit is seen inside" limit_read_back
t "a limit too small for init leaves nothing" init_is_killed_with_oom_text
finish
