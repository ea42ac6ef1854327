#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# update: new limits for a container that is there, by what the kernel has and by what they do.
. "$(dirname "$0")/../lib/live.sh"

update() { cap rt update "$@" "$ID"; }
must_update() { update "$@"; ok; [ -z "$OUT$ERR" ] || die "it prints something"; }
# fed TEXT ARG...: hezi with TEXT on standard input
fed() { local text=$1; shift; rt "$@" <<<"$text"; }
stored() { jq -c "$1" "$ROOT/$ID/config.json"; }

memory() {
	peer_differs crun "takes bytes only"
	bundle
	limits '{"memory":{"limit":67108864}}'
	sleeper
	must_update --memory 100m
	is "$(reads memory memory.limit_in_bytes memory.max)" 104857600
	must_update --memory 1g
	is "$(reads memory memory.limit_in_bytes memory.max)" 1073741824
	must_update --memory-reservation 32M
	is "$(reads memory memory.soft_limit_in_bytes memory.low)" 33554432
	is "$(reads memory memory.limit_in_bytes memory.max)" 1073741824
}

# what Docker sends when other limits are changed: 0 for all that is not named
zero_is_not_named() {
	local zeros='"reservation":0,"kernel":0},"cpu":{"shares":0,"quota":0,"period":0},"blockIO":{"weight":0}'
	[ "$KIND" = hezi ] || skip "peers store the zeros"
	bundle
	limits '{"memory":{"limit":67108864},"cpu":{"quota":50000,"period":100000}}'
	sleeper
	[ -n "$V2" ] || [ -e "$(cg memory "$(pid_of)")/memory.memsw.limit_in_bytes" ] || skip "no swap accounting"
	[ -z "$V2" ] || [ -e "$(cg memory "$(pid_of)")/memory.swap.max" ] || skip "no swap accounting"
	cap fed "{\"memory\":{\"limit\":104857600,\"swap\":104857600,$zeros}" update --resources - "$ID"
	ok
	cap fed "{\"memory\":{\"limit\":0,$zeros,\"pids\":{\"limit\":44}}" update --resources - "$ID"
	ok
	is "$(reads memory memory.limit_in_bytes memory.max)" 104857600
	is "$(reads pids pids.max pids.max)" 44
	is "$(stored '.linux.resources|[.memory.limit,.memory.swap,.cpu.quota,.pids.limit]')" "[104857600,104857600,50000,44]"
}

memory_up_and_down_with_swap() {
	bundle
	limits '{"memory":{"limit":67108864,"swap":67108864}}'
	sleeper
	[ -n "$V2" ] || [ -e "$(cg memory "$(pid_of)")/memory.memsw.limit_in_bytes" ] || skip "no swap accounting"
	[ -z "$V2" ] || [ -e "$(cg memory "$(pid_of)")/memory.swap.max" ] || skip "no swap accounting"
	must_update --memory 209715200 --memory-swap 314572800
	is "$(reads memory memory.limit_in_bytes memory.max)" 209715200
	is "$(reads memory memory.memsw.limit_in_bytes memory.swap.max)" "$([ -n "$V2" ] && echo 104857600 || echo 314572800)"
	must_update --memory 67108864 --memory-swap 67108864
	is "$(reads memory memory.limit_in_bytes memory.max)" 67108864
	[ "$KIND" != hezi ] || {
		must_update --memory -1
		[ -n "$V2" ] && is "$(reads memory - memory.max)" max
		[ -n "$V2" ] || [ "$(reads memory memory.limit_in_bytes -)" -gt 1000000000000 ] || die "still limited"
	}
}

cpu() {
	local v
	bundle
	limits '{"cpu":{"shares":512,"quota":50000,"period":100000}}'
	sleeper
	must_update --cpu-quota 20000
	v=$(reads cpu cpu.cfs_quota_us cpu.max)
	is "${v%% *}" 20000
	must_update --cpu-period 50000
	v=$(reads cpu cpu.cfs_period_us cpu.max)
	is "${v##* }" 50000
	v=$(reads cpu cpu.cfs_quota_us cpu.max)
	is "${v%% *}" 20000 "the quota beside the new period"
	must_update --cpu-share 2048
	[ -n "$V2" ] || is "$(reads cpu cpu.shares -)" 2048
	[ -z "$V2" ] || [ "$(reads cpu - cpu.weight)" -gt 60 ] || die "weight $(reads cpu - cpu.weight)"
}

cpuset() {
	bundle
	needs_optional cpuset
	[ "$(nproc)" -gt 1 ] || skip "one CPU"
	config '.linux.resources={cpu:{cpus:"0-1"}}'
	sleeper
	must_update --cpuset-cpus 1
	like "$(grep Cpus_allowed_list "/proc/$(pid_of)/status")" $'\t1$'
	cap rt exec "$ID" busybox nproc
	is "$OUT" 1
	cap rt update --cpuset-cpus 4000 "$ID"
	bad
	like "$(grep Cpus_allowed_list "/proc/$(pid_of)/status")" $'\t1$'
}

nothing_known() {
	# keys that no version of the specification has are passed over, and nothing is left to change
	bundle
	sleeper
	rt update -r - "$ID" <<<'{"nonsense":{"of":"1"}}' || die "refused"
}

# an idle cgroup takes no weight, and has that of before when it is not idle any more
idle() {
	[ "$KIND" = hezi ] || skip "peers cannot change what is idle"
	bundle
	limits '{"cpu":{"shares":512}}'
	sleeper
	[ -e "$(cg cpu "$(pid_of)")/cpu.idle" ] || skip "no cpu.idle in this kernel"
	must_update --cpu-idle 1
	is "$(reads cpu cpu.idle cpu.idle)" 1
	if [ -n "${LIVE_SYSTEMD:-}" ]; then # one property: the last one counts
		must_update --cpu-share 700
		is "$(reads cpu cpu.idle cpu.idle)" 0
		[ -n "$V2" ] || is "$(reads cpu cpu.shares -)" 700
		[ -z "$V2" ] || is "$(our_systemctl show -p CPUWeight --value "test-$ID.scope")" "$(reads cpu - cpu.weight)"
		must_update --cpu-idle 1
	else
		update --cpu-share 700
		bad
		says 'an idle container has no weight'
	fi
	must_update --cpu-quota 50000
	must_update --cpu-idle 1 --cpu-share 900
	must_update --cpu-period 50000
	is "$(reads cpu cpu.idle cpu.idle)" 1
	must_update --cpu-idle 0
	is "$(reads cpu cpu.idle cpu.idle)" 0
	[ -n "$V2" ] || is "$(reads cpu cpu.shares -)" 900
	must_update --cpu-share 2048
	[ -n "$V2" ] || is "$(reads cpu cpu.shares -)" 2048
	[ -z "$V2" ] || is "$(reads cpu - cpu.weight)" 174
}

pids() {
	needs_controller pids
	bundle
	sleeper
	must_update --pids-limit 30
	is "$(reads pids pids.max pids.max)" 30
	peer_differs crun "writes -1"
	must_update --pids-limit -1
	is "$(reads pids pids.max pids.max)" max
}

resources_stdin() {
	bundle
	limits '{"memory":{"limit":67108864},"pids":{"limit":40}}'
	sleeper
	cap fed '{"memory":{"limit":83886080},"cpu":{"quota":30000,"period":100000},"devices":null}' update --resources - "$ID"
	ok
	is "$(reads memory memory.limit_in_bytes memory.max)" 83886080
	is "$(reads pids pids.max pids.max)" 40
	echo '{"pids":{"limit":50}}' >"$T/r.json"
	cap rt update -r "$T/r.json" "$ID"
	ok
	is "$(reads pids pids.max pids.max)" 50
	is "$(reads memory memory.limit_in_bytes memory.max)" 83886080
}

# an empty value is none; nothing to change is no error, as with both peers
empty_values() {
	local o
	peers_differ "take some of them for numbers"
	bundle
	limits '{"memory":{"limit":67108864}}'
	sleeper
	for o in memory memory-swap memory-reservation kernel-memory kernel-memory-tcp cpu-share cpu-quota cpu-period cpu-burst cpu-rt-runtime cpu-rt-period \
		cpu-idle cpuset-cpus cpuset-mems pids-limit blkio-weight l3-cache-schema mem-bw-schema resources; do
		update --$o ''
		ok
		like "$ERR" 'nothing to change' "$o"
	done
	update
	ok
	must_update --memory= --memory-reservation 32M
	is "$(reads memory memory.soft_limit_in_bytes memory.low)" 33554432
	cap rt update "$ID-none"
	bad
	says 'does not exist'
}

# what has no effect is told, once: not again for what is stored
warnings() {
	peers_differ "words of their own"
	bundle
	limits '{"memory":{"limit":67108864}}'
	config '.process.capabilities.bounding += ["CAP_NONSENSE"]'
	sleeper
	cap fed '{"memory":{"kernel":1000000,"kernelTCP":1000000}}' update --resources - "$ID"
	ok
	like "$ERR" 'standard input /memory/kernel: kernel memory cannot be limited'
	like "$ERR" 'standard input /memory/kernelTCP: kernel memory cannot be limited'
	unlike "$ERR" NONSENSE
	must_update --memory-reservation 32M
	# 0 is how Docker leaves a value out
	cap fed '{"memory":{"reservation":0},"cpu":{"shares":0}}' update --resources - "$ID"
	ok
	is "$OUT$ERR" ""
	# after a failure there is the error alone
	cap fed '{"memory":{"kernel":2000000},"cpu":{"cpus":"nonsense"}}' update --resources - "$ID"
	bad
	unlike "$ERR" 'kernel memory'
}

is_stored() {
	[ "$KIND" = hezi ] || skip "looks into hezi's state"
	bundle
	limits '{"memory":{"limit":67108864}}'
	config '.annotations={"com.example.large":"1"}'
	sleeper
	must_update --memory 80m --pids-limit 30
	is "$(stored .linux.resources.memory.limit)" 83886080
	is "$(stored .linux.resources.pids.limit)" 30
	is "$(stored '.annotations["com.example.large"]')" '"1"'
	cap rt exec "$ID" true
	ok
	jq -e . "$ROOT/$ID/config.json" >/dev/null || die "no JSON"
}

states() {
	needs_controller pids
	bundle
	must_create
	must_update --pids-limit 25
	is "$(reads pids pids.max pids.max)" 25
	args sleep 60
	cap rt delete --force "$ID"
	sleeper
	cap rt pause "$ID"
	ok
	must_update --pids-limit 26
	is "$(reads pids pids.max pids.max)" 26
	cap rt resume "$ID"
	ok
	cap rt kill "$ID" KILL
	wait_status stopped
	peer_differs crun "no error for a stopped one"
	update --pids-limit 27
	bad
	[ "$KIND" != hezi ] || says 'container not running'
	cap rt delete "$ID"
	update --pids-limit 27
	bad
	says 'does not exist'
}

wrong_values() {
	[ "$KIND" = hezi ] || skip "the words are hezi's"
	bundle
	limits '{"memory":{"limit":67108864},"pids":{"limit":40}}'
	sleeper
	update --memory lots
	bad
	says '--memory: "lots"'
	update --pids-limit 1x
	bad
	if [ "$KIND" = hezi ]; then
		update --pids-limit 41 --l3-cache-schema 'L3:0=f'
		bad
		says 'in no resctrl group'
		is "$(reads pids pids.max pids.max)" 40 "the limit before"
	fi
	printf '{"memory":\n{"limit":"x"}}' >"$T/r.json"
	update --resources "$T/r.json"
	bad
	says "$T/r.json:2:10" '/memory/limit'
	echo '{"pids":{"limit":5}},"hooks":{}' >"$T/r.json"
	update --resources "$T/r.json"
	bad
	update --resources /nonexistent
	bad
	says 'ENOENT'
	is "$(reads pids pids.max pids.max)" 40
	is "$(reads memory memory.limit_in_bytes memory.max)" 67108864
}

# v1 refuses a limit that is in use already, and it is written twice when that of swap is changed with it
in_use() {
	[ "$KIND" = hezi ] || skip "the words are hezi's"
	[ -z "$V2" ] || skip "v2 would kill the container"
	bundle
	limits '{"memory":{"limit":67108864,"swap":67108864}}'
	sleeper
	[ -e "$(cg memory "$(pid_of)")/memory.memsw.limit_in_bytes" ] || skip "no swap accounting"
	update --memory 4k --memory-swap 64m
	bad
	says '/memory/limit: unable to set memory limit to 4096 \(current usage: [0-9]+'
	is "$(reads memory memory.limit_in_bytes -)" 67108864
}

put_back() {
	[ "$KIND" = hezi ] || skip "peers leave what they have set"
	bundle
	limits '{"memory":{"limit":67108864},"pids":{"limit":40},"cpu":{"quota":50000,"period":100000}}'
	sleeper
	update --memory 80m --cpu-quota 1
	bad
	says 'cpu'
	is "$(reads memory memory.limit_in_bytes memory.max)" 67108864
	is "$(stored .linux.resources.memory.limit)" 67108864
}

# a value that the stored configuration does not have, and a device
put_back_unset() {
	local dev
	[ "$KIND" = hezi ] || skip "peers leave what they have set"
	bundle
	needs_controller cpuset
	[ -z "$V2" ] || needs_controller memory
	dev=$(cat /sys/block/*/dev | head -n 1)
	sleeper
	was=$(reads memory memory.limit_in_bytes memory.max)
	update --memory 80m --cpuset-cpus 4000
	bad
	says 'cpuset.cpus'
	is "$(reads memory memory.limit_in_bytes memory.max)" "$was"
	is "$(stored .linux.resources.memory)" null
	[ -z "$V2" ] || skip "the rest is for v1"
	[ -n "$dev" ] || skip "the rest needs a block device"
	cap fed "{\"blockIO\":{\"throttleReadBpsDevice\":[{\"major\":${dev%:*},\"minor\":${dev#*:},\"rate\":5000},{\"major\":99,\"minor\":99,\"rate\":5}]}}" \
		update --resources - "$ID"
	bad
	unlike "$(reads blkio blkio.throttle.read_bps_device -)" "$dev"
}

kills_at_the_limit() {
	bundle
	limits '{"memory":{"limit":268435456,"swap":268435456}}'
	sh_args 'until [ -e /out/go ]; do sleep 0.1; done; head -c 100000000 /dev/zero | tail -c 100000000 >/dev/null && echo survived >/out/done'
	mkdir -p "$B/out"
	mount_add '{"destination":"/out","type":"bind","source":"'"$B/out"'","options":["bind"]}'
	must_create
	cap rt start "$ID"
	ok
	must_update --memory 31457280 --memory-swap 31457280
	touch "$B/out/go"
	within 60 any_oom || die "nothing was killed: $(ls "$B/out")"
}
any_oom() {
	local n
	[ "$(status_of)" != stopped ] || { [ ! -e "$B/out/done" ]; return; }
	[ -n "$V2" ] && n=$(awk '$1 == "oom_kill" {print $2}' "$(cg memory "$(pid_of)")/memory.events") ||
		n=$(awk '$1 == "oom_kill" {print $2}' "$(cg memory "$(pid_of)")/memory.oom_control")
	[ "${n:-0}" -gt 0 ]
}

# each list of blockIO is of devices: what the change does not name keeps its limit, in the kernel and in what is stored
block_io_by_device() {
	local two a b
	old_peer runc "1.1 changes the weight alone"
	two=($(cat /sys/block/*/dev))
	[ ${#two[@]} -ge 2 ] || skip "not two block devices here"
	a="\"major\":${two[0]%:*},\"minor\":${two[0]#*:}" b="\"major\":${two[1]%:*},\"minor\":${two[1]#*:}"
	bundle
	[ -z "$V2" ] || needs_controller io
	config ".linux.resources={blockIO:{throttleReadBpsDevice:[{$a,\"rate\":1048576}]}}"
	sleeper
	cap fed "{\"blockIO\":{\"weight\":0,\"throttleReadBpsDevice\":[{$b,\"rate\":2097152}],\"throttleWriteIOPSDevice\":[{$a,\"rate\":50}]}}" \
		update --resources - "$ID"
	ok
	if [ -n "$V2" ]; then
		like "$(reads io - io.max)" "${two[0]} rbps=1048576 wbps=max riops=max wiops=50"
		like "$(reads io - io.max)" "${two[1]} rbps=2097152"
	else
		like "$(reads blkio blkio.throttle.read_bps_device -)" "${two[0]} 1048576"
		like "$(reads blkio blkio.throttle.read_bps_device -)" "${two[1]} 2097152"
		like "$(reads blkio blkio.throttle.write_iops_device -)" "${two[0]} 50"
	fi
	cap fed "{\"blockIO\":{\"throttleReadBpsDevice\":[{$a,\"rate\":0}]}}" update --resources - "$ID"
	ok
	unlike "$(reads blkio blkio.throttle.read_bps_device io.max)" "${two[0]} (rbps=)?1048576"
	[ "$KIND" = hezi ] || return 0
	is "$(stored '[.linux.resources.blockIO.throttleReadBpsDevice[].rate]')" '[0,2097152]'
	is "$(stored '[.linux.resources.blockIO.throttleWriteIOPSDevice[].rate]')" '[50]'
}

devices() {
	[ "$KIND" = hezi ] || skip "peers leave devices alone"
	local open='{"allow":true,"type":"c","major":1,"minor":11,"access":"rwm"}' rules
	rules="[{\"allow\":false,\"access\":\"rwm\"},$open]"
	bundle
	config '.linux.devices+=[{path:"/dev/kmsg",type:"c",major:1,minor:11,fileMode:438}]'
	limits "{\"devices\":$rules}"
	sleeper
	cap rt exec "$ID" sh -c ': >/dev/kmsg'
	ok
	needs_controller pids
	cap fed "{\"pids\":{\"limit\":30},\"devices\":$rules}" update --resources - "$ID"
	ok
	cap rt exec "$ID" sh -c ': >/dev/kmsg'
	ok
	cap fed '{"devices":[{"allow":false,"access":"rwm"}]}' update --resources - "$ID"
	ok
	cap rt exec "$ID" sh -c ': >/dev/kmsg'
	bad
	says 'Operation not permitted' "can't create"
	cap rt exec "$ID" sh -c ': >/dev/null'
	ok
}

many() {
	bundle
	limits '{"pids":{"limit":40}}'
	sleeper
	for n in 31 32 33 34 35 36; do rt update --pids-limit $n "$ID" & done
	wait
	n=$(reads pids pids.max pids.max)
	[ "$n" -ge 31 ] && [ "$n" -le 36 ] || die "pids.max is $n"
	[ "$KIND" != hezi ] || is "$(stored .linux.resources.pids.limit)" "$n" "what is stored"
}

t "memory, in units; what is not named stays" memory
t "memory and swap, up and down" memory_up_and_down_with_swap
t "cpu quota, period, shares" cpu
t "the CPUs that are allowed" cpuset
t "a change of nothing that is known" nothing_known
t "cpu: idle and not" idle
t "pids" pids
t "--resources, a file and standard input; null is nothing" resources_stdin
t "warnings" warnings
t "empty values, and none" empty_values
t "the new limits are stored, and all else is kept" is_stored
t "created, running and paused containers; not stopped ones" states
t "wrong values name the option or the place, and change nothing" wrong_values
t "what was set before a failure is put back" put_back
t "what was not set before a failure is not set" put_back_unset
t "a memory limit that is in use" in_use
t "a lower memory limit is one" kills_at_the_limit
t "block devices are changed one by one" block_io_by_device
t "device rules are replaced" devices
t "updates at once" many
t "update: 0 is a value that is not named" zero_is_not_named
finish
