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
	like "$OUT" 'fuse: .*not permitted' "another misc device"
	old_peer crun "1.8 does not allow tun"
	unlike "$OUT" 'tun: .*not permitted'
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
	old_peer crun "1.8 rejects ociVersion 1.2.0"
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
	old_peer runc "1.1 leaves the limit as it is"
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

# view SETUP TEST: both in one mount namespace of their own, TEST sees what SETUP has mounted. Its containers are deleted there.
view() {
	{
		declare -p T B ID ROOT RT KIND RUNTIME PREFIX V2 LIB TESTS PEER_VERSION COUNT BASE_JSON CGROUP_PREFIX ARGS_LINE SERIAL RT_LIMIT 2>/dev/null || true
		declare -f
		echo "shopt -s nullglob globstar; set -e; ST=; trap delete_all EXIT; $1; $2"
	} >"$T/view.sh"
	local st=0
	unshare --mount --propagation private bash "$T/view.sh" || st=$?
	[ -n "${P:-}" ] || within 5 remove_outer || true
	[ $st = 0 ] || exit $st
}
remove_outer() { rmdir /sys/fs/cgroup/{,*/}$PREFIX$COUNT-outer{/init,/in,} 2>/dev/null; [ -z "$(our_cgroups)" ]; }
v1_mounts() { awk '/ - cgroup / && $5 ~ "^/sys/fs/cgroup/"{print $5}' /proc/self/mountinfo | sort -u; }
v1_hosts_only() {
	paths_only
	[ -z "$V2" ] || skip "cgroup v2"
}
# in_outer: this shell becomes what a container of Docker is on v1: in a cgroup of its own in each hierarchy
in_outer() {
	local m
	for m in $(v1_mounts); do
		mkdir -p "$m/$PREFIX$COUNT-outer"
		if [ -e "$m/$PREFIX$COUNT-outer/cpuset.cpus" ]; then
			cat "$m/cpuset.cpus" >"$m/$PREFIX$COUNT-outer/cpuset.cpus"
			cat "$m/cpuset.mems" >"$m/$PREFIX$COUNT-outer/cpuset.mems"
		fi
		echo $BASHPID >"$m/$PREFIX$COUNT-outer/cgroup.procs"
	done
}
# the outer container has no cgroup namespace: it sees its own part of each hierarchy
bind_own() {
	local m
	in_outer
	mount -t tmpfs view /mnt
	for m in $(v1_mounts); do
		mkdir "/mnt/${m##*/}"
		mount --bind $1 "$m/$PREFIX$COUNT-outer" "/mnt/${m##*/}"
	done
	mount -t tmpfs hide /sys/fs/cgroup
	for m in /mnt/*; do
		mkdir "/sys/fs/cgroup/${m##*/}"
		mount --move "$m" "/sys/fs/cgroup/${m##*/}"
	done
	umount /mnt
}
# whole hierarchies too, that cannot be written to; and one that is covered
bind_twice() {
	local m
	mkdir -p "$T/whole"
	for m in $(v1_mounts); do
		mkdir -p "$T/whole/${m##*/}" "$T/covered/${m##*/}"
		mount --bind "$m" "$T/whole/${m##*/}"
		mount -o remount,bind,ro "$T/whole/${m##*/}"
		mount --bind "$m" "$T/covered/${m##*/}"
	done
	mount -t tmpfs cover "$T/covered"
	bind_own
}
# everything that finds a cgroup by its path
whole_life() {
	local dir=/sys/fs/cgroup/memory/$ID pid
	limits '{"devices":[{"allow":false,"access":"rwm"}],"memory":{"limit":33554432},"pids":{"limit":30}}'
	config '.process.capabilities={bounding:["CAP_MKNOD"],effective:["CAP_MKNOD"],permitted:["CAP_MKNOD"]}
		|.mounts|=(map(select(.destination!="/sys/fs/cgroup"))+[{destination:"/sys/fs/cgroup",type:"cgroup",source:"cgroup",options:["ro"]}])'
	sleeper
	pid=$(pid_of)
	is "$(<"$dir/memory.limit_in_bytes")" 33554432
	grep -qx "$pid" "$dir/cgroup.procs" || die "init is not in $dir"
	for c in cpu freezer devices pids systemd; do
		grep -qx "$pid" "/sys/fs/cgroup/$c/$ID/cgroup.procs" || die "init is not in $c"
	done
	cap rt exec "$ID" sh -c 'mknod /tmp/kmsg c 1 11; (: </tmp/kmsg) 2>&1; cat /sys/fs/cgroup/memory/memory.limit_in_bytes /proc/self/cgroup'
	like "$OUT" 'not permitted' "the device rules"
	like "$OUT" $'\n33554432\n' "the mount in the container"
	like "$OUT" ":memory:[^ ]*/$ID"
	cap rt pause "$ID"
	ok
	is "$(<"/sys/fs/cgroup/freezer/$ID/freezer.state")" FROZEN
	status_is paused || die "not paused"
	cap rt resume "$ID"
	ok
	status_is running || die "not running"
	cap rt update --pids-limit 20 "$ID"
	ok
	is "$(<"/sys/fs/cgroup/pids/$ID/pids.max")" 20
	cap rt events --stats "$ID"
	is "$(jq -c '[.data.pids.limit,.data.memory.usage.limit]' <<<"$OUT")" "[20,33554432]"
	[ "$KIND" = crun ] || is "$(rt ps -f json "$ID" | tr -d ' \n')" "[$pid]"
	rt kill "$ID" KILL
	wait_status stopped
	cap rt delete "$ID"
	ok
	[ ! -d "$dir" ] || die "$dir is left"
}
v1_in_container() {
	v1_hosts_only
	peer_differs runc "it finds no source for the cgroup mount in the container"
	peer_differs crun "the cgroup mount in the container shows the outer container's cgroup"
	bundle
	[ "$2" = own ] || ns_drop cgroup
	config '.linux.cgroupsPath="/"+$i' --arg i "$ID"
	view "$1" whole_life
}
# after unshare --cgroup the mounts of before show more than the namespace: their roots are "/.."
v1_above_namespace() {
	v1_hosts_only
	peer_differs crun "the cgroup mount in the container shows the outer container's cgroup"
	bundle
	config '.linux.cgroupsPath="/"+$i' --arg i "$ID"
	view in_outer_namespace whole_life
}
in_outer_namespace() {
	[ -n "${IN_NAMESPACE:-}" ] || { in_outer; IN_NAMESPACE=1 exec unshare --cgroup bash "$T/view.sh"; }
	grep -q ' /\.\. .* - cgroup ' /proc/self/mountinfo || die "no root /.."
}

# v2 without a cgroup namespace: the outer container sees its own part, at the usual place or at another
bind_own_v2() {
	local outer=/sys/fs/cgroup/$PREFIX$COUNT-outer
	mkdir -p "$outer/init"
	echo $BASHPID >"$outer/init/cgroup.procs"
	mount -t tmpfs view /mnt
	mkdir /mnt/part
	mount --bind "$outer" /mnt/part
	if [ "$1" = /sys/fs/cgroup ]; then
		umount -l /sys/fs/cgroup
	else
		mount -t tmpfs hide /sys/fs/cgroup
		mount -t tmpfs run /run
		mkdir "$1"
	fi
	mount --move /mnt/part "$1"
	umount /mnt
	TREE=$1
}
life_v2() {
	local pid
	config '.linux.cgroupsPath="/in/"+$i' --arg i "$ID"
	sleeper
	pid=$(pid_of)
	grep -qx "$pid" "$TREE/in/$ID/cgroup.procs" || die "init is not in $TREE/in/$ID"
	cap rt exec "$ID" cat /proc/self/cgroup
	like "$OUT" "0::/"
	cap rt pause "$ID"
	ok
	status_is paused || die "not paused"
	cap rt resume "$ID"
	ok
	# its cgroup is gone: exec goes where init is, which the kernel names from the root of all
	peers_differ "it looks for the cgroup of create"
	mkdir "$TREE/other"
	echo "$pid" >"$TREE/other/cgroup.procs"
	rmdir "$TREE/in/$ID"
	rt exec --detach "$ID" sleep 30
	within 5 has_two "$TREE/other/cgroup.procs" || die "exec is not where init is"
	rt delete --force "$ID"
	within 5 rmdir "$TREE/other" || die "$TREE/other is in use"
}
has_two() { [ "$(wc -l <"$1")" = 2 ]; }
v2_in_container() {
	paths_only
	[ -n "$V2" ] || skip "cgroup v1"
	[ "$1" = /sys/fs/cgroup ] || peers_differ "cgroups are looked for in /sys/fs/cgroup"
	bundle
	config '.mounts|=map(select(.destination!="/sys/fs/cgroup"))'
	view "bind_own_v2 $1" life_v2
}

# rules that cannot be enforced must not be dropped
without_devices() {
	local m
	[ "$1" = none ] && { mount -t tmpfs hide /sys/fs/cgroup; return; }
	[ ! -d /sys/fs/cgroup/unified ] || mount -t tmpfs hide /sys/fs/cgroup/unified
	for m in $(v1_mounts); do [[ $m != */devices ]] || mount -t tmpfs hide "$m"; done
}
rules_are_enforced() {
	limits '{"devices":[{"allow":false,"access":"rwm"}]}'
	run_sh true
	bad
	like "$ERR" '/linux/resources/devices: device rules cannot be enforced'
	config '.linux.resources.devices+=[{allow:true,access:"rwm"}]'
	run_sh true
	ok
}
no_devices_controller() {
	v1_hosts_only
	peers_differ "they need the controller even where all devices are allowed"
	bundle
	config 'del(.linux.resources)|.mounts|=map(select(.destination!="/sys/fs/cgroup"))'
	view "without_devices $1" rules_are_enforced
}

bpf_blocked() {
	[ -n "$V2" ] || skip "cgroup v1"
	peers_differ "runc gives up for other rules"
	bundle
	limits '{"devices":[{"allow":false,"access":"rwm"}]}'
	"$LIB/deny.py" "$1" bpf true || skip "no filters here"
	RT=("$LIB/deny.py" "$1" bpf "${RT[@]}")
	run_sh true
	bad
	like "$ERR" 'load the device filter.*seccomp filter'
	config '.linux.resources.devices+=[{allow:true,access:"rwm"}]'
	run_sh true
	ok
}

# cpuset as on Android and old hosts, its files without "cpuset."; others together, under a name of their own. Only in an
# emulated machine: hierarchies that are in use cannot be mounted in another way.
odd_v1_mounts() {
	[ -z "$V2" ] || skip "cgroup v2"
	[ "${HEZI_LAB:-}" = vm ] || skip "hierarchies are in use here"
	peers_differ "they need the usual names"
	set_up_odd_v1 # the machine's own: a namespace would not let go of them
	trap restore_v1 EXIT
	odd_v1_life
}
set_up_odd_v1() {
	umount /sys/fs/cgroup/{cpuset,freezer,pids}
	mount -t cgroup -o cpuset,noprefix cgroup /sys/fs/cgroup/cpuset
	mkdir -p /sys/fs/cgroup/both
	mount -t cgroup -o freezer,pids cgroup /sys/fs/cgroup/both
	rmdir /sys/fs/cgroup/{freezer,pids}
	ln -s both /sys/fs/cgroup/freezer
	ln -s both /sys/fs/cgroup/pids
}
restore_v1() {
	delete_all
	umount /sys/fs/cgroup/{cpuset,both}
	rm /sys/fs/cgroup/{freezer,pids}
	mkdir /sys/fs/cgroup/{freezer,pids}
	for c in cpuset freezer pids; do within 5 mount -t cgroup -o $c cgroup /sys/fs/cgroup/$c; done
}
odd_v1_life() {
	local d=/sys/fs/cgroup
	bundle
	config '.linux.cgroupsPath="/"+$i|.linux.resources={pids:{limit:20},cpu:{cpus:"0"}}
		|.mounts|=(map(select(.destination!="/sys/fs/cgroup"))+[{destination:"/sys/fs/cgroup",type:"cgroup",source:"cgroup",options:["ro"]}])' --arg i "$ID"
	sleeper
	is "$(<$d/cpuset/$ID/cpus) $(<$d/cpuset/$ID/mems) $(<$d/both/$ID/pids.max)" "0 0 20"
	cap rt exec "$ID" cat /sys/fs/cgroup/{cpuset/cpus,freezer/freezer.state,pids/pids.max}
	is "$OUT" $'0\nTHAWED\n20'
	cap rt pause "$ID"
	ok
	status_is paused || die "not paused"
	cap rt resume "$ID"
	ok
	cap rt update --cpuset-cpus 0-1 "$ID"
	ok
	is "$(<$d/cpuset/$ID/cpus)" 0-1
	cap rt events --stats "$ID"
	is "$(jq -c '[.data.cpuset.cpus,.data.cpuset.mems,.data.pids.limit]' <<<"$OUT")" "[[0,1],[0],20]"
	rt delete --force "$ID"
	config 'del(.linux.resources)'
	in_box 'cat /proc/self/cgroup' # cpus and memory nodes of the parent
}

# systemd's own hierarchy is all there is
named_only() {
	v1_hosts_only
	peers_differ "they need other hierarchies"
	[ -d /sys/fs/cgroup/systemd ] || skip "no name=systemd"
	bundle
	config 'del(.linux.resources)|.linux.cgroupsPath="/"+$i|.mounts|=map(select(.destination!="/sys/fs/cgroup"))' --arg i "$ID"
	view set_up_named named_life
}
set_up_named() {
	mkdir -p "$T/named"
	mount --bind /sys/fs/cgroup/systemd "$T/named"
	mount -t tmpfs hide /sys/fs/cgroup
	mkdir /sys/fs/cgroup/systemd
	mount --move "$T/named" /sys/fs/cgroup/systemd
}
named_life() {
	sleeper
	grep -qx "$(pid_of)" "/sys/fs/cgroup/systemd/$ID/cgroup.procs" || die "not in its cgroup"
	status_is running || die "not running"
	cap rt exec "$ID" cat /proc/self/cgroup
	like "$OUT" "name=systemd:/$ID"
	cap rt pause "$ID"
	bad
	like "$ERR" 'freezer'
	rt delete --force "$ID"
	[ ! -d "/sys/fs/cgroup/systemd/$ID" ] || die "its cgroup is left"
	config '.linux.resources={memory:{limit:33554432}}'
	run_sh true
	bad
	like "$ERR" 'no "memory" cgroup controller'
}

huge_page_size() {
	peers_differ "they tell of a missing file"
	bundle
	config '.linux.resources={hugepageLimits:[{pageSize:"3KB",limit:0}]}'
	run_sh true
	bad
	[[ $ERR != *'no "hugetlb"'* && $ERR != *'could not be turned on'* ]] || skip "no hugetlb controller here"
	like "$ERR" 'no huge pages of size "3KB"; it has: .*MB'
}

# --- v2: a parent with processes, threaded parents, switches that are taken back ---

# v2_parent CONTROLLERS...: P is a cgroup below which containers go in this test
v2_parent() {
	paths_only
	[ -n "$V2" ] || skip "cgroup v1"
	local c
	for c; do needs_controller "$c"; done
	P=/sys/fs/cgroup/$PREFIX$COUNT-outer
	mkdir "$P"
	trap leave_v2_parent EXIT
	bundle
	config '.linux.cgroupsPath="/"+$i' --arg i "$PREFIX$COUNT-outer/$ID"
}
leave_v2_parent() {
	[ -z "${HOLDER:-}" ] || kill "$HOLDER"
	delete_all
	within 5 remove_outer || true
}
occupy() {
	sleep 60 &
	HOLDER=$!
	echo $HOLDER >"$P/cgroup.procs"
}
is_untouched() {
	is "$(<"$P/cgroup.subtree_control")" "" "controllers that are on"
	is "$(<"$P/cgroup.type")" domain
}

occupied_no_limits() {
	v2_parent
	peers_differ "cpu and pids are turned on, and stay on"
	occupy
	[[ $V2_CONTROLLERS != *' memory '* ]] || config '.linux.resources={cpu:{quota:-1},pids:{limit:-1},memory:{limit:-1}}'
	in_box 'cat /proc/self/cgroup'
	is_untouched
}

occupied_threaded() {
	v2_parent pids cpu
	peers_differ "limits of cpu fail, and controllers stay on"
	occupy
	config '.linux.resources={cpu:{shares:512},pids:{limit:20}}'
	sleeper
	is "$(<"$P/$ID/pids.max") $(<"$P/$ID/cpu.weight") $(<"$P/$ID/cgroup.type")" "20 59 threaded"
	cap rt exec "$ID" cat /proc/self/cgroup
	ok
	cap rt pause "$ID"
	ok
	status_is paused || die "not paused"
	cap rt resume "$ID"
	ok
	cap rt update --pids-limit 30 "$ID"
	ok
	is "$(<"$P/$ID/pids.max")" 30
	is "$(rt ps -f json "$ID" | tr -d ' \n')" "[$(pid_of)]"
	rt kill "$ID" KILL
	wait_status stopped
	# deeper down, beside the first
	config '.linux.cgroupsPath="/"+$i' --arg i "$PREFIX$COUNT-outer/a/b/$ID"
	cap rt run --bundle "$B" --detach "$ID-2"
	ok
	is "$(<"$P/a/b/$ID/pids.max")" 20
	rt delete --force "$ID-2"
	[ ! -d "$P/a" ] || die "$P/a is left"
}

# LIMITS: one of them needs a controller that cannot be on there
occupied_domain() {
	v2_parent pids memory
	peers_differ "controllers stay on"
	occupy
	config --argjson r "$1" '.linux.resources=$r'
	run_sh true
	bad
	like "$ERR" "processes live in cgroup .*$P.*: $HOLDER .sleep."
	is_untouched
}

# another runtime has left cpu and pids on
occupied_left_on() {
	v2_parent pids cpu
	peer_differs crun "limits fail"
	occupy
	echo "+cpu +pids" >"$P/cgroup.subtree_control"
	in_box 'cat /proc/self/cgroup'
	config '.linux.resources={pids:{limit:20}}'
	in_box true
	is_peer || { config '.linux.resources={memory:{limit:50000000}}' && run_sh true && bad && like "$ERR" "processes live in .*: $HOLDER .sleep."; }
}

# only threaded controllers are there, so the first container turns on all that there are
only_threaded() {
	v2_parent pids cpu
	peers_differ "limits of cpu fail"
	mkdir "$P/in"
	echo "+cpu +pids" >"$P/cgroup.subtree_control"
	config '.linux.cgroupsPath="/one"|.linux.resources={cpu:{shares:512},pids:{limit:20}}'
	view "in_namespace_v2 /in" second_of_two
}
second_of_two() {
	sleeper
	config '.linux.cgroupsPath="/two"'
	cap rt run --bundle "$B" --detach "$ID-2"
	ok
	is "$(</sys/fs/cgroup/two/pids.max) $(</sys/fs/cgroup/two/cgroup.type)" "20 threaded"
}

# the root of the cgroup namespace of an outer container has its processes
occupied_namespace() {
	v2_parent
	peers_differ "cpu and pids are turned on, and stay on"
	config '.linux.cgroupsPath="/in/er"'
	view "in_namespace_v2" "in_box 'cat /proc/self/cgroup'"
	is_untouched
}
# in_namespace_v2 [BELOW]
in_namespace_v2() {
	local p=/sys/fs/cgroup/$PREFIX$COUNT-outer${1:-}
	[ -n "${IN_NAMESPACE:-}" ] || { echo $BASHPID >"$p/cgroup.procs"; IN_NAMESPACE=1 exec unshare --cgroup bash "$T/view.sh"; }
	umount -l /sys/fs/cgroup
	mount -t cgroup2 cgroup2 /sys/fs/cgroup
}

threaded_parent() {
	local on
	v2_parent
	peer_differs runc "cannot be created below a threaded cgroup" # the kernel refuses controllers of domains
	mkdir "$P/in"
	echo threaded >"$P/in/cgroup.type"
	config '.linux.cgroupsPath="/"+$i' --arg i "$PREFIX$COUNT-outer/in/$ID"
	in_box 'cat /proc/self/cgroup'
	config '.linux.cgroupsPath="/"+$i' --arg i "$PREFIX$COUNT-outer/$ID" # beside a threaded one
	in_box 'cat /proc/self/cgroup'
	needs_controller memory
	on=$(<"$P/cgroup.subtree_control")
	config '.linux.resources={memory:{limit:50000000}}'
	run_sh true
	bad
	is_peer || like "$ERR" 'above it is threaded'
	is "$(<"$P/cgroup.subtree_control")" "$on" "controllers that are on"
}

taken_back() {
	v2_parent pids memory
	peers_differ "controllers stay on"
	config '.linux.resources={memory:{limit:50000000},pids:{limit:20}}|.linux.cgroupsPath="/"+$i' --arg i "$PREFIX$COUNT-outer/in/$ID"
	args /does/not/exist
	create
	bad
	is_untouched
	occupy
	config '.linux.resources={pids:{limit:20}}'
	create
	bad
	is "$(<"$P/cgroup.subtree_control")" "" "controllers that are on"
}

# another container has come meanwhile: it may rely on them
not_taken_back() {
	v2_parent pids
	config '.linux.resources={pids:{limit:20}}|.hooks={createRuntime:[{path:"/bin/sh",args:["sh","-c",$c]}]}' --arg c "mkdir $P/in; exit 1"
	create
	bad
	like "$(<"$P/cgroup.subtree_control")" pids
}

# the switches may not be written to
not_delegated() {
	v2_parent pids
	peers_differ "they fail without limits too"
	view "mount --bind $P/cgroup.subtree_control $P/cgroup.subtree_control; mount -o remount,bind,ro $P/cgroup.subtree_control" unwritable_switches
	is_untouched
}
unwritable_switches() {
	in_box true
	config '.linux.resources={pids:{limit:20}}'
	run_sh true
	bad
	like "$ERR" 'cgroup.subtree_control above it may not be written to'
}

read_only_cgroups() {
	v2_parent
	config 'del(.linux.resources)'
	view "mount -o remount,bind,ro /sys/fs/cgroup" unwritable_cgroups
}
unwritable_cgroups() {
	run_sh true
	bad
	is_peer || like "$ERR" 'hint.*mounted read-only here'
}

# Linux 6.14 to 6.18 kill a child of CLONE_INTO_CGROUP unless its cgroup and its parent's were ended equally often
called_from_an_ended_cgroup() {
	local p
	needs_sealed
	peer_differs crun "its processes are killed"
	p=$(awk '/ - cgroup2 /{print $5; exit}' /proc/self/mountinfo)
	[ -n "$p" ] && [ -e "$p/cgroup.procs" ] || skip "no cgroup v2 in sight"
	p=$p/$PREFIX$COUNT-ended
	mkdir "$p"
	[ -e "$p/cgroup.kill" ] || skip "no cgroup.kill"
	echo 1 >"$p/cgroup.kill"
	in_there=(sh -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$p" "${RT[@]}")
	bundle
	args sleep 60
	cap "${in_there[@]}" create --bundle "$B" "$ID"
	ok
	cap rt start "$ID"
	ok
	cap "${in_there[@]}" exec "$ID" cat /proc/self/cgroup
	ok
	is "$OUT" "$(rt exec "$ID" cat /proc/1/cgroup)" "cgroups of exec"
	unlike "$OUT" -ended
	within 5 rmdir "$p" || die "$p is in use"
}

t "a cgroup mount on v1 shows its hierarchies only" v1_hierarchies_only own
t "a cgroup mount on v1 shows its hierarchies only, no cgroup namespace" v1_hierarchies_only none
t "in a container on v1: binds of its cgroup" v1_in_container bind_own own
t "in a container on v1: binds of its cgroup, no cgroup namespace" v1_in_container bind_own none
t "in a container on v1: read-only and covered mounts beside the binds" v1_in_container bind_twice own
t "in a cgroup namespace on v1 with the mounts of before" v1_above_namespace
t "in a container on v2: a bind of its cgroup" v2_in_container /sys/fs/cgroup
t "in a container on v2: a bind of its cgroup at another place" v2_in_container /run/cg
t "v1 without the devices controller: rules are not dropped" no_devices_controller v1
t "no cgroups: device rules are not dropped" no_devices_controller none
t "v2 where bpf fails with EPERM: device rules are not dropped" bpf_blocked EPERM
t "v2 where bpf fails with ENOSYS: device rules are not dropped" bpf_blocked ENOSYS
t "v2, processes in the parent: no limits" occupied_no_limits
t "v2, processes in the parent: limits of threaded controllers" occupied_threaded
t "v2, processes in the parent: memory" occupied_domain '{"memory":{"limit":50000000}}'
t "v2, processes in the parent: memory and pids" occupied_domain '{"memory":{"limit":50000000},"pids":{"limit":20}}'
t "v2, processes in the parent: controllers were left on" occupied_left_on
t "v2, processes in the root of the cgroup namespace" occupied_namespace
t "v2, a threaded parent" threaded_parent
t "v2, only threaded controllers, and a second container" only_threaded
t "v2, a failed create takes controllers back" taken_back
t "v2, a failed create leaves controllers that others may need" not_taken_back
t "v2, cgroup.subtree_control cannot be written to" not_delegated
t "v2, a read-only mount" read_only_cgroups
t "v1 mounts: cpuset with noprefix, controllers together" odd_v1_mounts
t "v1 mounts: a named hierarchy only" named_only
t "a huge page size that the host has not" huge_page_size
t "pids.limit 0 before 1.3.0 is no limit" pids_zero
t "pids.limit 0 from 1.3.0 on" pids_zero_1_3
t "memory.limit -1 with a swap limit" swap_without_memory_limit
t "deny-all device rule: tun stays allowed" tun_by_default
t "hezi in a cgroup that was ended once" called_from_an_ended_cgroup
finish
