#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The systemd cgroup driver. Needs systemd as pid 1: tests/lab/uml --systemd -- tests/tap tests/live/systemd.sh
export LIVE_SYSTEMD=1
. "$(dirname "$0")/../lib/live.sh"

. "$LIB/systemd.sh"

in_a_scope() {
	bundle
	sleeper
	is "$(shows ActiveState)" active
	is "$(shows Slice)" system.slice
	is "$(shows Delegate)" yes
	is "$(shows DefaultDependencies)" no
	is "$(shows ControlGroup)" "/system.slice/$(unit)"
	like "$(cat "/proc/$(pid_of)/cgroup")" "/system.slice/$(unit)"
}

not_in_a_sub_cgroup() {
	peer_differs crun "it uses the sub-cgroup container"
	v2
	bundle
	sleeper
	is "$(sed -n 's/^0:://p' "/proc/$(pid_of)/cgroup")" "/system.slice/$(unit)"
	is "$(find "$(cgroup)" -mindepth 1 -type d)" ""
}

limits_are_properties() {
	peer_differs crun "1.8 sets the limits below the scope only"
	v2
	bundle
	limits '{"memory":{"limit":67108864,"reservation":33554432,"swap":100663296},"pids":{"limit":20},
		"cpu":{"shares":1024,"quota":20000,"period":50000}}'
	sleeper
	is "$(shows MemoryMax)" 67108864
	is "$(shows MemoryLow)" 33554432
	is "$(shows MemorySwapMax)" 33554432
	is "$(shows TasksMax)" 20
	is "$(shows CPUQuotaPerSecUSec)" 400ms
	is "$(shows CPUQuotaPeriodUSec)" 50ms
	[ "$KIND" = runc ] || is "$(shows CPUWeight)" 100 # older runc has the older conversion
	is "$(cat "$(cgroup)/memory.max")" 67108864
	is "$(cat "$(cgroup)/pids.max")" 20
	is "$(cat "$(cgroup)/cpu.max")" "20000 50000"
}

survives_daemon_reload() {
	local before
	peer_differs crun "1.8 sets the limits below the scope only"
	v2
	bundle
	limits '{"memory":{"limit":67108864},"pids":{"limit":20},"cpu":{"shares":512,"quota":20000,"period":50000}}'
	sleeper
	before=$(cd "$(cgroup)" && cat memory.max pids.max cpu.max cpu.weight)
	systemctl daemon-reload
	is "$(cd "$(cgroup)" && cat memory.max pids.max cpu.max cpu.weight)" "$before"
	wait_status running
}

survives_daemon_reexec() {
	alone
	bundle
	sleeper
	systemctl daemon-reexec
	is "$(shows ActiveState)" active
	wait_status running
	rt kill "$ID" KILL
	wait_status stopped
	cap rt delete "$ID"
	ok
}

pids_limit_of_one() {
	v2
	peer_differs runc "1.1 sets it before its own init has lost its threads"
	peer_differs crun "it needs more than one while it starts"
	bundle
	limits '{"pids":{"limit":1}}'
	in_box 'echo alive'
	like "$OUT" alive
}

devices_are_properties() {
	peer_differs crun "it sets a filter of its own"
	bundle
	limits '{"devices":[{"allow":false,"access":"rwm"},{"allow":true,"type":"c","major":1,"minor":11,"access":"rw"},
		{"allow":true,"type":"c","major":136,"access":"rwm"}]}'
	sleeper
	is "$(shows DevicePolicy)" strict
	like "$(shows DeviceAllow)" '/dev/char/1:11 rw'
	like "$(shows DeviceAllow)" 'char-pts rwm'
}

named_slice() {
	bundle
	config --arg p "hezitest-inner.slice:test:$ID" '.linux.cgroupsPath=$p'
	sleeper
	is "$(shows ControlGroup)" "/hezitest.slice/hezitest-inner.slice/$(unit)"
	rt delete --force "$ID"
	systemctl stop hezitest.slice
}

frozen_slice() {
	peers_differ "they wait for ever"
	v2
	bundle
	systemd-run -q --scope --slice=hezitest.slice --unit="frozen-$ID.scope" sleep 100 &
	within 10 systemctl -q is-active "frozen-$ID.scope" || die "no unit"
	systemctl freeze hezitest.slice
	config --arg p "hezitest.slice:test:$ID" '.linux.cgroupsPath=$p'
	create
	# systemd 252 may say that the freezing is still in progress, and stay with that
	within 5 systemctl thaw hezitest.slice 2>/dev/null || echo 0 >/sys/fs/cgroup/hezitest.slice/cgroup.freeze
	bad
	like "$ERR" 'cgroup unexpectedly frozen'
	is "$(our_states)$(orphans | grep -vx $!)" ""
	systemctl kill --signal=KILL "frozen-$ID.scope"
	within 5 no_unit || die "left: $(our_units) $(our_cgroups)"
	systemctl stop hezitest.slice
}

root_slice() {
	peers_differ "older ones take no root slice"
	bundle
	config --arg p "-:test:$ID" '.linux.cgroupsPath=$p'
	sleeper
	is "$(shows ControlGroup)" "/$(unit)"
}

default_name() {
	bundle
	config 'del(.linux.cgroupsPath)'
	sleeper
	like "$(cat "/proc/$(pid_of)/cgroup")" "/system.slice/$KIND-$ID.scope"
}

bad_paths() {
	local path
	bundle
	for path in /x x a:b a:b:c:d machine:p:n a/b.slice:p:n -a.slice:p:n; do
		[ "$KIND" = hezi ] || [ "$path" != x -a "$path" != a:b ] || continue
		config --arg p "$path" '.linux.cgroupsPath=$p'
		create
		if [ "$KIND" = hezi ]; then
			bad
			like "$ERR" 'cgroupsPath'
		fi
	done
}

properties_by_annotation() {
	bundle
	note TimeoutStopUSec 'uint64 5000000'
	note CollectMode "'inactive-or-failed'"
	note SendSIGHUP true
	sleeper
	is "$(shows TimeoutStopUSec)" 5s
	is "$(shows CollectMode)" inactive-or-failed
	is "$(shows SendSIGHUP)" yes
}

seconds_by_annotation() {
	bundle
	note TimeoutStopSec 'uint64 7'
	sleeper
	is "$(shows TimeoutStopUSec)" 7s
}

rich_annotations() {
	peers_differ "fewer types"
	bundle
	note IPAddressDeny '[(2, [byte 10, 0, 0, 0], uint32 8)]'
	note Before "['shutdown.target', 'umount.target']"
	note MemoryHigh 'uint64 100000000'
	sleeper
	like "$(shows Before)" 'umount.target'
	is "$(shows MemoryHigh)" 100000000
}

# a property of a scope for each type that those have; what systemd shows of it
types() {
	cat <<-'END'
		SendSIGKILL|false|no
		KillSignal|int32 10|10
		RestartKillSignal|12|12
		ManagedOOMMemoryPressureLimit|uint32 5|5
		CPUWeight|uint64 55|55
		ManagedOOMSwap|'kill'|kill
		Wants|['basic.target']|basic.target
		AllowedCPUs|[byte 0x01]|0
		AllowedMemoryNodes|@ay [1]|0
		IODeviceWeight|[('/dev/null', uint64 100)]|/dev/null 100
		IPAddressAllow|[(2, [byte 10, 0, 0, 0], uint32 8)]|10.0.0.0/8
		SocketBindAllow|[(2, 6, uint16 1, uint16 80)]|ipv4:tcp80
		RestrictNetworkInterfaces|(false, ['lo'])|~lo
	END
}
all_types() {
	local name value shown
	peers_differ "fewer types"
	v2
	bundle
	while IFS='|' read -r name value shown; do note "$name" "$value"; done < <(types)
	create
	ok
	while IFS='|' read -r name value shown; do is "$(shows "$name")" "$shown" "$name=$value"; done < <(types)
}

unknown_property() {
	bundle
	note NoSuchThing true
	create
	bad
	[ "$KIND" != hezi ] || like "$ERR" 'NoSuchThing'
	is "$(our_units)$(our_cgroups)$(our_states)" ""
}

bad_annotation() {
	peer_differs crun "it takes more for a string"
	bundle
	note TimeoutStopUSec 'uint64 x'
	create
	bad
	is "$(our_units)$(our_cgroups)$(our_states)" ""
}

exec_in_the_scope() {
	bundle
	sleeper
	cap rt exec "$ID" cat /proc/self/cgroup
	ok
	ns=$(cat "/proc/$(pid_of)/cgroup")
	cap rt exec --detach --pid-file "$T/exec.pid" "$ID" sleep 50
	ok
	like "$(cat "/proc/$(cat "$T/exec.pid")/cgroup")" "$(unit)"
}

delete_stops_the_unit() {
	bundle
	sleeper
	rt kill "$ID" KILL
	wait_status stopped
	cap rt delete "$ID"
	ok
	is "$(our_units)$(our_cgroups)" ""
	in_box true # the name is free again
}

delete_with_processes_inside() {
	bundle
	ns_drop pid
	sh_args 'trap "" TERM; setsid sleep 61 & setsid sleep 62 & exec sleep 60'
	must_create
	rt start "$ID"
	within 5 test "$(find "$(cgroup)" -name cgroup.procs -exec cat {} + | wc -l)" -ge 3 || true
	cap rt delete --force "$ID"
	ok
	is "$(our_units)$(our_cgroups)" ""
}

stopped_from_outside() {
	bundle
	sleeper
	systemctl kill --signal=KILL "$(unit)"
	wait_status stopped
	cap rt delete "$ID"
	ok
}

stopped_by_systemctl() {
	sees_ends
	bundle
	sh_args 'trap "exit 0" TERM; while :; do sleep 0.1; done'
	must_create
	rt start "$ID"
	systemctl stop "$(unit)"
	wait_status stopped
	cap rt delete "$ID"
	ok
}

# systemd gives the scope up, and the container lives on in it
abandoned_scope() {
	v2
	bundle
	sleeper
	busctl call org.freedesktop.systemd1 "/org/freedesktop/systemd1/unit/$(unit | sed 's/-/_2d/g; s/\./_2e/g')" \
		org.freedesktop.systemd1.Scope Abandon
	is "$(shows SubState)" abandoned
	cap rt exec "$ID" true
	ok
	cap rt delete --force "$ID"
	ok
	within 5 no_unit || die "left: $(our_units) $(our_cgroups)"
}

# the process was moved elsewhere: for systemd the scope is empty, and it drops it
dropped_scope() {
	local pid
	peer_differs crun "takes it for stopped"
	v2
	sees_ends
	bundle
	sleeper
	pid=$(pid_of)
	echo "$pid" >"/sys/fs/cgroup$(sed -n 's/^0:://p' /proc/self/cgroup)/cgroup.procs"
	within 10 no_unit || die "not dropped"
	is "$(status_of)" running
	cap rt exec "$ID" true
	ok
	cap rt pause "$ID"
	bad
	is_peer || like "$ERR" "$(unit)\" is gone"
	cap rt delete --force "$ID"
	ok
	dead "$pid" || die "the process is still there"
}

# systemd 246 has a freezer of its own, which is the same
frozen_by_systemd() {
	peer_differs crun "has a sub-cgroup, which is not frozen itself"
	v2
	bundle
	sleeper
	systemctl freeze "$(unit)"
	wait_status paused
	cap rt resume "$ID"
	ok
	wait_status running
	systemctl freeze "$(unit)"
	wait_status paused
	cap rt delete --force "$ID"
	ok
	within 5 no_unit || die "left: $(our_units) $(our_cgroups)"
}

unit_of_another() {
	sees_ends
	peer_differs runc "1.1 takes the unit over"
	bundle
	systemd-run -q --scope --unit="$(unit)" sleep 100 &
	within 10 systemctl -q is-active "$(unit)" || die "no unit"
	create
	bad
	[ "$KIND" != hezi ] || like "$ERR" 'UnitExists|already'
	is "$(shows ActiveState)" active "the other's unit"
	cap rt delete --force "$ID"
	is "$(shows ActiveState)" active "the other's unit after delete"
	systemctl kill --signal=KILL "$(unit)"
	within 5 not_active || die "still there"
}
not_active() { ! systemctl -q is-active "$(unit)"; }

failed_unit_is_reset() {
	sees_ends
	peer_differs runc "1.1 waits for a unit that does not come"
	bundle
	systemd-run -q --unit="$(unit)" --scope -p CollectMode=inactive -p RuntimeMaxSec=1 sleep 30 || true
	is "$(shows ActiveState)" failed "the unit before"
	in_box 'echo fine'
	is "$OUT" fine
}

killed_creates() {
	local i
	peers_differ "they leave things behind"
	bundle
	for i in 0 1 2 3 4 6 8 11 15 20 30 45 70 100 150; do
		timeout -s KILL "0.$(printf %03d "$i")" "${RT[@]}" create --bundle "$B" "$ID" >/dev/null 2>&1 || true
		cap rt delete --force "$ID"
		ok
		within 5 no_unit || die "after $i ms: $(our_units) $(our_cgroups)"
	done
}

nobody_answers() {
	peers_differ "they have other words"
	bundle
	cap unshare -m sh -c 'mount -t tmpfs x /run/systemd && mount -t tmpfs x /run/dbus &&
		exec "$@"' sh "${RT[@]}" create --bundle "$B" "$ID"
	bad
	like "$ERR" 'connect to systemd'
	like "$ERR" 'no such file|connection refused'
	is "$(our_units)$(our_cgroups)$(our_states)" ""
}

delete_without_systemd() {
	sees_ends
	peers_differ "they need it"
	bundle
	sleeper
	cap unshare -m sh -c 'mount -t tmpfs x /run/systemd && mount -t tmpfs x /run/dbus &&
		exec "$@"' sh "$RUNTIME" --root "$ROOT" delete --force "$ID"
	ok
	is "$(our_states)" ""
	within 10 no_unit || die "left: $(our_units) $(our_cgroups)"
}

by_the_bus() {
	peers_differ "they know no other way"
	bundle
	sleeper
	cap unshare -m sh -c 'mount -t tmpfs x /run/systemd && exec "$@"' sh "$RUNTIME" --root "$ROOT" delete --force "$ID"
	ok
	args true
	cap unshare -m sh -c 'mount -t tmpfs x /run/systemd && exec "$@"' sh "${RT[@]}" run --bundle "$B" "$ID"
	ok
}

no_libsystemd() {
	local lib
	peers_differ "they are linked to it"
	needs_sealed
	lib=$(ldconfig -p | sed -n 's/.*libsystemd\.so\.0.*=> //p' | head -n 1)
	bundle
	cap unshare -m sh -c 'lib=$1; shift; mount --bind /dev/null "$(realpath "$lib")"; exec "$@"' sh "$lib" \
		"${RT[@]}" create --bundle "$B" "$ID"
	bad
	like "$ERR" 'libsystemd.so.0'
	is "$(our_units)$(our_cgroups)$(our_states)" ""
}

by_option_name() {
	peer_differs runc "it has no --cgroup-manager"
	bundle
	args sleep 60
	cap timeout 30 "$RUNTIME" --root "$ROOT" --cgroup-manager=systemd create --bundle "$B" "$ID"
	ok
	is "$(shows ActiveState)" active
}

box_with_cgroup_mount() {
	v2
	bundle
	config '.mounts=[.mounts[]|select(.destination!="/sys/fs/cgroup")]+[{destination:"/sys/fs/cgroup",type:"cgroup",source:"cgroup",options:["rw","nosuid"]}]'
	ns_drop cgroup
	ns_add cgroup
	limits '{"pids":{"limit":33}}'
	in_box 'cat /sys/fs/cgroup/pids.max || cat /sys/fs/cgroup/../pids.max'
	peer_differs crun "the sub-cgroup shows no limit"
	is "$OUT" 33
}

# --- a user's manager

of_the_user() {
	local pid
	with_user $USER_ID
	cap user_rt --systemd-cgroup create --bundle "$B" "$ID"
	ok
	[ "$KIND" = crun ] || [ -z "$(users_controllers)" ] || is "$(user_shows MemoryMax)" 67108864
	like "$(user_shows ControlGroup)" "^/user.slice/user-$USER_ID.slice/user@$USER_ID.service/user.slice/$(unit)\$"
	pid=$(user_rt state "$ID" | sed -n 's/^ *"pid": *\([0-9]*\),*$/\1/p')
	like "$(cat "/proc/$pid/cgroup")" "$(unit)"
	cap user_rt start "$ID"
	ok
	cap user_rt delete --force "$ID"
	ok
	within 5 user_unit_is_gone || die "a unit is left"
}

exec_of_the_user() {
	local pid
	with_user $USER_ID
	peer_differs crun "it may not write to cgroup.procs"
	peer_differs runc "it leaves the process where it is"
	cap user_rt --systemd-cgroup run --detach --bundle "$B" "$ID"
	ok
	# this script is in the system's tree, from where a user may not move a process to his own
	cap user_rt exec --detach --pid-file "$USER_DIR/pid" "$ID" sleep 50
	ok
	pid=$(cat "$USER_DIR/pid")
	like "$(cat "/proc/$pid/cgroup")" "/$(unit)\$"
	cap user_rt delete --force "$ID"
	ok
	within 5 dead "$pid" || die "the process outlived the container"
}

in_a_user_namespace() {
	with_user 0
	cap as_user unshare -r timeout 30 "$RUNTIME" --root "$USER_DIR/state" --systemd-cgroup create --bundle "$B" "$ID"
	ok
	like "$(user_shows ControlGroup)" "user@$USER_ID.service/user.slice/$(unit)\$"
	cap as_user unshare -r timeout 30 "$RUNTIME" --root "$USER_DIR/state" delete --force "$ID"
	ok
	within 5 user_unit_is_gone || die "a unit is left"
}

no_manager_of_the_user() {
	peers_differ "they have other words"
	with_user $USER_ID
	cap as_user env XDG_RUNTIME_DIR=/run/user/none "$RUNTIME" --root "$USER_DIR/state" --systemd-cgroup create --bundle "$B" "$ID"
	bad
	like "$ERR" "connect to the user's systemd"
	like "$ERR" 'enable-linger'
	is "$(ls "$USER_DIR/state")" ""
}

t "a container is in a scope of its own" in_a_scope
t "in the scope itself" not_in_a_sub_cgroup
t "limits are properties and values of files" limits_are_properties
t "limits survive daemon-reload" survives_daemon_reload
t "a container survives daemon-reexec" survives_daemon_reexec
t "a pids limit of 1" pids_limit_of_one
t "device rules are properties" devices_are_properties
t "a slice of its own name is made" named_slice
t "a frozen slice" frozen_slice
t "the root slice" root_slice
t "the name without a cgroupsPath" default_name
t "paths of another form are refused" bad_paths
t "properties by annotation" properties_by_annotation
t "seconds in an annotation" seconds_by_annotation
t "arrays and tuples in annotations" rich_annotations
t "annotations of every type" all_types
t "an unknown property is an error and leaves nothing" unknown_property
t "a bad value in an annotation is an error and leaves nothing" bad_annotation
t "exec goes into the scope" exec_in_the_scope
t "delete stops the unit" delete_stops_the_unit
t "delete --force ends all that is in the scope" delete_with_processes_inside
t "a unit killed from outside" stopped_from_outside
t "a unit stopped by systemctl" stopped_by_systemctl
t "an abandoned scope" abandoned_scope
t "a scope that systemd has dropped" dropped_scope
t "a scope that systemd has frozen" frozen_by_systemd
t "a unit of the same name is left alone" unit_of_another
t "a failed unit of the same name is reset" failed_unit_is_reset
t "creates killed at any time leave nothing" killed_creates
t "without systemd create fails and leaves nothing" nobody_answers
t "without systemd delete removes the cgroup all the same" delete_without_systemd
t "the system bus when there is no private socket" by_the_bus
t "without libsystemd the error says what to install" no_libsystemd
t "--cgroup-manager=systemd" by_option_name
t "the cgroup mount shows the scope" box_with_cgroup_mount
t "a scope of a user's manager" of_the_user
t "exec into a scope of a user's manager" exec_of_the_user
t "root of a user namespace has the user's manager" in_a_user_namespace
t "without a manager of the user create fails and leaves nothing" no_manager_of_the_user
finish
