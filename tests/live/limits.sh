#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Limits by what they do, and what becomes of a container whose cgroup is meddled with.
. "$(dirname "$0")/../lib/live.sh"

# --- what a limit does ---------------------------------------------------------------------------

out_of_memory() {
	bundle
	limits '{"memory":{"limit":20971520,"swap":20971520}}'
	[ -n "$V2" ] || [ -e /sys/fs/cgroup/memory/memory.memsw.limit_in_bytes ] || limits '{"memory":{"limit":20971520}}'
	# tail keeps a line that never ends in memory
	run_sh 'tail -n 1 </dev/zero; echo "status $?"'
	like "$OUT $ST" 'status 137|137'
}

fork_bomb() {
	bundle
	limits '{"pids":{"limit":12}}'
	sh_args '(bomb() { bomb & bomb & }; bomb) 2>/dev/null; exec sleep 60'
	must_create
	cap rt start "$ID"
	ok
	sleep 0.5
	[ "$(reads pids pids.current pids.current)" -le 12 ] || die "more than 12 processes"
	[ "$(awk '$1 == "max" {print $2}' "$(cg pids "$(pid_of)")/pids.events")" -gt 0 ] || die "the limit was not met"
	rt kill "$ID" KILL
	wait_status stopped
}

# ticks: of processor time that the container has had
ticks() { awk '{print $14 + $15}' "/proc/$PID/stat"; }
# a fifth of a processor, and no more than twice that, of the time that has passed: a slow machine needs more of it
cpu_share_of_time() {
	local used elapsed
	bundle
	limits '{"cpu":{"quota":20000,"period":100000}}'
	sh_args 'while :; do :; done'
	must_create
	cap rt start "$ID"
	ok
	PID=$(pid_of)
	elapsed=${EPOCHREALTIME/./} used=$(ticks)
	sleep 1.5
	used=$(($(ticks) - used)) elapsed=$((${EPOCHREALTIME/./} - elapsed))
	[ "$used" -ge 5 ] || die "it did not run: $used ticks"
	[ "$used" -le $((elapsed / 25000)) ] || die "$used ticks in $((elapsed / 10000))"
	rt kill "$ID" KILL
	wait_status stopped
}

forbidden_device() {
	bundle
	limits '{"devices":[{"allow":false,"access":"rwm"},{"allow":true,"type":"c","major":10,"minor":200,"access":"r"}]}'
	config '.process.capabilities={bounding:["CAP_MKNOD"],effective:["CAP_MKNOD"],permitted:["CAP_MKNOD"]}'
	# making a node is allowed by default, as with runc; opening it is not
	in_box 'cd /tmp; mknod kmsg c 1 11 && (: <kmsg) 2>&1; mknod null c 1 3 && echo x >null && echo written; (: >kmsg) 2>&1; true'
	is "$(grep -c 'not permitted' <<<"$OUT")" 2
	like "$OUT" 'written'
}

allowed_cpus() {
	bundle
	needs_controller cpuset
	[ "$(nproc)" -gt 1 ] || skip "one CPU"
	config '.linux.resources={cpu:{cpus:"1",mems:"0"}}'
	in_box 'grep Cpus_allowed_list /proc/self/status; busybox nproc' # this one asks sched_getaffinity
	like "$OUT" $':\t1\n1$'
	peer_differs crun "leaves the cgroup of a refused value behind"
	config '.linux.resources={cpu:{cpus:"0-4000"}}'
	cap rt run --bundle "$B" "$ID"
	bad
	is_peer || like "$ERR" 'cpuset.cpus.*0-4000'
}

# a process that needs more waits, and ends when it is told to
oom_killer_off() {
	local control
	[ -z "$V2" ] || skip "v2 has no such switch"
	bundle
	limits '{"memory":{"limit":20971520,"disableOOMKiller":true}}'
	args awk 'BEGIN {s = "x"; while (1) s = s s}'
	must_create
	cap rt start "$ID"
	ok
	control=$(cg memory "$(pid_of)")/memory.oom_control
	within 20 grep -q 'under_oom 1' "$control" || die "the limit was not met: $(cat "$control")"
	is "$(status_of)" running
	cap rt delete --force "$ID"
	ok
	nothing_left || die "left: $(leftovers)"
}

# one page of 2 MiB is allowed, two pages are there
huge_pages() {
	local here=/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages was
	bundle
	needs_optional hugetlb
	[ "${HEZI_LAB:-}" = vm ] || skip "reserves memory of the machine"
	was=$(cat $here)
	echo 2 >$here
	config '.linux.resources={hugepageLimits:[{pageSize:"2MB",limit:2097152}]}|.mounts+=[{destination:"/huge",type:"hugetlbfs",source:"h",options:["pagesize=2M"]}]'
	sleeper
	cap rt exec "$ID" sh -c 'for n in 1 2; do busybox fallocate -l 2097152 /huge/$n && echo $n; done'
	is "$OUT" 1 "pages that could be had"
	[ "$KIND" = crun ] || is "$(rt events --stats "$ID" | jq '.data.hugetlb["2MB"].usage')" 2097152 "what is told of it"
	is "$(reads hugetlb hugetlb.2MB.limit_in_bytes hugetlb.2MB.max)" 2097152
	echo "$was" >$here
}

rdma_limits() {
	bundle
	needs_optional rdma
	config '.linux.resources={rdma:{nosuch0:{hcaHandles:2}}}'
	create
	bad # the kernel knows the devices: this one is not there
	is_peer || like "$ERR" 'rdma.max.*nosuch0'
}

# a device of RDMA over Ethernet: of three contexts one can be had. The device stays: Linux 6.1 has been seen to fault
# when it is deleted
rdma_handles() {
	local node
	bundle
	needs_optional rdma
	[ "${HEZI_LAB:-}" = vm ] || skip "makes a device on the machine"
	modprobe rdma_rxe
	[ -e /sys/class/infiniband/hezitest ] || rdma link add hezitest type rxe netdev lo
	node=$(echo /sys/class/infiniband/hezitest/device/infiniband_verbs/uverbs* /sys/class/infiniband_verbs/uverbs0)
	node=${node##*/}
	config --arg path "/dev/infiniband/$node" --argjson major "$(sed 's/:.*//' "/sys/class/infiniband_verbs/$node/dev")" \
		--argjson minor "$(sed 's/.*://' "/sys/class/infiniband_verbs/$node/dev")" '
		.linux.devices=[{path:$path,type:"c",$major,$minor,fileMode:438}]
		|.linux.resources={rdma:{hezitest:{hcaHandles:1}},devices:[{allow:true,type:"c",$major,$minor,access:"rw"}]}
		|.mounts+=[("/usr","/lib","/lib64")|{destination:.,type:"bind",source:.,options:["rbind","ro"]}]'
	args python3 -c "$(cat "$LIB/rdma-contexts.py")" "/dev/infiniband/$node"
	cap rt run --bundle "$B" "$ID"
	ok
	is "$OUT" $'Resource temporarily unavailable\n1'
}

# new_disk: one of 16 MiB; prints its number. It stays, for a test that runs beside this one may have chosen it
new_disk() {
	local number
	modprobe zram
	number=$(cat /sys/class/zram-control/hot_add)
	echo 16M >"/sys/block/zram$number/disksize"
	echo "$number"
}
# 2 MiB at 1 MiB/s, and from a disk without a limit
slow_disk() {
	local slow fast major minors
	bundle
	if [ -n "$V2" ]; then needs_controller io; else needs_optional blkio; fi
	[ "${HEZI_LAB:-}" = vm ] || skip "makes disks on the machine"
	slow=$(new_disk) fast=$(new_disk)
	major=$(sed 's/:.*//' "/sys/block/zram$slow/dev")
	minors=$(jq -nc '$ARGS.positional' --jsonargs "$slow" "$fast")
	config --argjson major "$major" --argjson m "$minors" '
		.linux.devices=[{path:"/dev/slow",type:"b",$major,minor:$m[0],fileMode:438},{path:"/dev/fast",type:"b",$major,minor:$m[1],fileMode:438}]
		|.linux.resources={blockIO:{throttleReadBpsDevice:[{$major,minor:$m[0],rate:1048576}]},
			devices:[{allow:true,type:"b",$major,access:"r"}]}'
	in_box 'for disk in fast slow; do
			read began _ </proc/uptime
			busybox dd if=/dev/$disk of=/dev/null iflag=direct bs=64k count=32 2>/dev/null
			read end _ </proc/uptime
			awk "BEGIN {print int(100 * ($end - $began))}"
		done'
	[ $((${OUT#*$'\n'} - ${OUT%%$'\n'*})) -ge 100 ] || die "hundredths of a second: $OUT"
}

network_classes() {
	[ -z "$V2" ] || skip "v2 has no network classes"
	bundle
	needs_optional net_cls
	needs_optional net_prio
	config '.linux.resources={network:{classID:1048577,priorities:[{name:"lo",priority:7}]}}'
	sleeper
	is "$(reads net_cls net_cls.classid -)" 1048577
	is "$(reads net_prio net_prio.ifpriomap - | grep '^lo ')" "lo 7"
}

# --- a cgroup that others change -----------------------------------------------------------------

removed_under_it() {
	local pid dir p c
	peer_differs crun "takes it for stopped"
	bundle
	sleeper
	pid=$(pid_of)
	for dir in $(our_cgroups); do
		# the processes out, as a clumsy administrator's tool would do it
		for p in $(cat "$dir/cgroup.procs"); do echo "$p" >"$(away "$dir")/cgroup.procs"; done
		rmdir "$dir" 2>/dev/null || [ ! -d "$dir" ] # systemd removes it by itself
	done
	is "$(our_cgroups)" ""
	is "$(status_of)" running
	peer_differs runc "it counts nothing, and says so with success"
	for c in "pause $ID" "update --pids-limit 9 $ID" "events --stats $ID" "stats $ID"; do
		cap rt $c
		bad
		is_peer || like "$ERR" 'cgroup "/sys/fs/cgroup/.*" is gone|no "pids" cgroup controller' "$c"
	done
	cap rt ps --format json "$ID" # the table is by ps(1), which not every kernel suits
	ok
	cap rt exec "$ID" sh -c 'cat /proc/self/cgroup'
	# cgroup v2 has one place for a process, and exec goes to where init is
	if [ -z "$V2" ]; then
		bad_exec
		is_peer || like "$ERR" 'removed under the container'
	else
		ok
	fi
	cap rt delete --force "$ID"
	ok
	dead "$pid" || die "the process is still there"
	is "$(our_states)" ""
}
bad_exec() { is "$ST" 255; }
# a cgroup in the hierarchy of DIR where processes may be: that of this script, or the top of v1
away() {
	local dir=${1%/*}
	if [ -n "$V2" ]; then
		echo "/sys/fs/cgroup$(sed -n 's/^0:://p' /proc/self/cgroup)"
		return
	fi
	while [ -e "${dir%/*}/cgroup.procs" ]; do dir=${dir%/*}; done
	echo "$dir"
}

# freezer DIR on|off
freezer() {
	if [ -n "$V2" ]; then
		[ "$2" = on ] && echo 1 >"$1/cgroup.freeze" || echo 0 >"$1/cgroup.freeze"
	else
		[ "$2" = on ] && echo FROZEN >"$1/freezer.state" || echo THAWED >"$1/freezer.state"
	fi
}

frozen_parent() {
	local parent
	peer_differs crun "resume succeeds"
	peer_differs runc "looks at the container's own freezer alone"
	paths_only
	bundle
	config --arg p "/$ID/in" '.linux.cgroupsPath=$p'
	sleeper
	parent=$(dirname "$(cg freezer "$(pid_of)")")
	freezer "$parent" on
	wait_status paused
	cap rt exec "$ID" true
	[ "$ST" != 0 ] || die "exec in a frozen container"
	says 'paused container'
	cap rt resume "$ID"
	bad
	is_peer || like "$ERR" 'cgroup above it is frozen'
	freezer "$parent" off
	wait_status running
	freezer "$parent" on
	cap rt delete --force "$ID"
	ok
	is "$(our_states)$(orphans)" ""
	# the parent is hezi's own, and went too
	within 3 nothing_left || die "left: $(leftovers)"
}

# nothing can run in there, so nobody is to wait for it
create_in_frozen_parent() {
	local parent
	peers_differ "they wait for ever"
	paths_only
	bundle
	config --arg p "/$ID/in" '.linux.cgroupsPath=$p'
	parent=$([ -n "$V2" ] && echo "/sys/fs/cgroup/$ID" || echo "/sys/fs/cgroup/freezer/$ID")
	mkdir "$parent"
	freezer "$parent" on
	create
	bad
	like "$ERR" "cgroup unexpectedly frozen: \"$parent/in\""
	like "$ERR" 'thaw that one'
	is "$(our_states)$(orphans)$(ls "$parent" | grep -x in)" ""
	freezer "$parent" off
	must_create
	freezer "$parent" on
	wait_status paused
	cap rt start "$ID"
	bad
	cap rt kill "$ID" KILL
	ok
	cap rt delete --force "$ID"
	ok
	is "$(our_states)$(orphans)" ""
	rmdir "$parent"
}

full_tree() {
	[ -n "$V2" ] || skip "v1 has no limit on descendants"
	paths_only
	bundle
	config --arg p "/$ID/in" '.linux.cgroupsPath=$p'
	mkdir "/sys/fs/cgroup/$ID"
	echo 0 >"/sys/fs/cgroup/$ID/cgroup.max.descendants"
	create
	echo max >"/sys/fs/cgroup/$ID/cgroup.max.descendants"
	bad
	is_peer || like "$ERR" "create cgroup \"/sys/fs/cgroup/$ID/in\".*EAGAIN"
	is_peer || like "$ERR" 'cgroup.max.d'
	is "$(our_states)$(orphans)" ""
	sleeper
	rt delete --force "$ID"
	rmdir "/sys/fs/cgroup/$ID" 2>/dev/null || true
}

t "past the memory limit a process is killed" out_of_memory
t "a fork bomb stops at the pids limit" fork_bomb
t "the cpu quota holds" cpu_share_of_time
t "a forbidden device is not permitted" forbidden_device
t "the CPUs that are allowed" allowed_cpus
t "the OOM killer off" oom_killer_off
t "huge pages" huge_pages
t "a device of RDMA that is not there" rdma_limits
t "handles of RDMA" rdma_handles
t "a disk is read no faster than allowed" slow_disk
t "network class and priorities" network_classes
t "a cgroup removed under a running container" removed_under_it
t "a frozen parent" frozen_parent
t "create in a frozen parent" create_in_frozen_parent
t "a full tree" full_tree
finish
