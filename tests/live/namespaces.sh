#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Namespaces: new, inherited, joined; user namespaces; time offsets.
. "$(dirname "$0")/../lib/live.sh"

declare -A NSFILE=([pid]=pid [network]=net [ipc]=ipc [uts]=uts [mount]=mnt [cgroup]=cgroup [time]=time [user]=user)
has_ns() { [ -e "/proc/self/ns/${NSFILE[$1]}" ]; }
ns_of() { readlink "/proc/$1/ns/${NSFILE[$2]}"; }

new_ns() {
	local type=$1
	bundle
	ns_drop "$type"
	ns_add "$type"
	sleeper
	[ "$(ns_of "$(pid_of)" "$type")" != "$(ns_of self "$type")" ] || die "the $type namespace is the host's"
}

inherited_ns() {
	local type=$1
	bundle
	ns_drop "$type"
	[ "$type" != uts ] || config 'del(.hostname)'
	[ "$type" != network ] || config '.mounts|=map(select(.type!="sysfs"))'
	sleeper
	is "$(ns_of "$(pid_of)" "$type")" "$(ns_of self "$type")"
}

joined_ns() {
	local type=$1 other pid
	bundle
	ns_drop "$type"
	ns_add "$type"
	sleeper
	other=$(pid_of)
	bundle
	ns_path "$type" "/proc/$other/ns/${NSFILE[$type]}"
	case $type in
	uts) config 'del(.hostname)' ;;
	network) config '.mounts|=map(select(.type!="sysfs"))' ;;
	esac
	sleeper
	pid=$(pid_of)
	is "$(ns_of "$pid" "$type")" "$(ns_of "$other" "$type")"
	[ "$(ns_of "$pid" "$type")" != "$(ns_of self "$type")" ] || die "the host's"
}

joined_pid_ns() {
	local other st=0
	bundle
	sleeper
	other=$(pid_of)
	bundle
	ns_path pid "/proc/$other/ns/pid"
	in_box 'echo $$; ls -d /proc/1; tr "\0" " " </proc/1/cmdline'
	like "$OUT" 'sleep 60'
	unlike "$(head -n 1 <<<"$OUT")" '^1$'
	run_sh 'exit 3'
	is "$ST" 3
	run_sh 'kill -9 $$'
	is "$ST" 137
	alive "$other" || die "the first container was ended"
}

joined_pid_ns_lifecycle() {
	local first pid
	bundle
	sleeper
	first=$ID
	ns=/proc/$(pid_of)/ns/pid
	bundle
	ns_path pid "$ns"
	sleeper
	pid=$(pid_of)
	is "$(ns_of "$pid" pid)" "$(readlink "$ns")"
	cap rt kill "$ID" KILL
	ok
	wait_status stopped
	cap rt delete "$ID"
	ok
	is "$(status_of "$first")" running
}

wrong_type() {
	bundle
	ns_path network /proc/self/ns/uts
	cap rt run --bundle "$B" "$ID"
	bad
	nothing_left || die "left: $(leftovers)"
	ns_drop network
	ns_path ipc /proc/self/ns/net
	cap rt run --bundle "$B" "$ID"
	bad
	ns_drop ipc
	ns_path pid /proc/self/ns/ipc
	cap rt run --bundle "$B" "$ID"
	bad
	nothing_left || die "left: $(leftovers)"
}

missing_path() {
	bundle
	ns_path network /no/such/ns
	cap rt run --bundle "$B" "$ID"
	bad
	says 'no such file or directory'
	ns_path network /etc/passwd
	cap rt run --bundle "$B" "$ID"
	bad
	nothing_left || die "left: $(leftovers)"
}

relative_path() {
	peers_differ "takes a relative path"
	bundle
	ns_path network ../../proc/self/ns/net
	cap rt run --bundle "$B" "$ID"
	bad
}

duplicate() {
	peer_differs crun "takes two entries"
	bundle
	ns_add ipc
	cap rt run --bundle "$B" "$ID"
	bad
	nothing_left || die "left: $(leftovers)"
}

unknown() {
	bundle
	ns_add nonsense
	cap rt run --bundle "$B" "$ID"
	bad
	nothing_left || die "left: $(leftovers)"
}

network_is_up() {
	bundle
	in_box 'cat /sys/class/net/lo/operstate /sys/class/net/lo/flags; ls /sys/class/net'
	like "$OUT" 0x9 "lo is up"
}

bound_network_ns() {
	# as engines do: a namespace that lives as a bind mount
	local netns=$T/netns
	touch "$netns"
	unshare --net="$netns" true
	bundle
	ns_path network "$netns"
	config '.mounts|=map(select(.type!="sysfs"))'
	sleeper
	is "net:[$(stat -L -c %i "$netns")]" "$(ns_of "$(pid_of)" network)"
	rt delete --force "$ID"
	umount "$netns"
	rm "$netns"
}

pid_one() {
	bundle
	in_box 'echo $$; ls -d /proc/[0-9]*'
	is "$(head -n 1 <<<"$OUT")" 1
	is "$(grep -c /proc <<<"$OUT")" 1 "processes that sh sees"
}

cgroup_ns() {
	bundle
	config '.linux.namespaces+=[{type:"cgroup"}]'
	in_box 'cat /proc/self/cgroup'
	unlike "$OUT" "$ID"
	is "$(cut -d: -f3 <<<"$OUT" | sort -u)" / "the container's own cgroup is the root"
}

# --- user ----------------------------------------------------------------------------------------

user_ns() {
	ns_add user
	config --argjson size "${1:-65536}" '.linux.uidMappings=[{containerID:0,hostID:100000,size:$size}]
		| .linux.gidMappings=[{containerID:0,hostID:200000,size:$size}]'
	chmod 755 "$B" "$B/rootfs"
}

user_maps() {
	bundle
	user_ns
	in_box 'cat /proc/self/uid_map /proc/self/gid_map; id -u; id -g; cat /etc/passwd | head -n 1'
	is "$(tr -s ' ' <<<"$OUT" | head -n 4)" $' 0 100000 65536\n 0 200000 65536\n0\n0'
}

user_host_ids() {
	local pid
	bundle
	user_ns
	config '.process.user={uid:5,gid:6,additionalGids:[7]}'
	sleeper
	pid=$(pid_of)
	is "$(awk '/^Uid/{print $2}' "/proc/$pid/status")" 100005
	is "$(awk '/^Gid/{print $2}' "/proc/$pid/status")" 200006
	is "$(awk '/^Groups/{print $2}' "/proc/$pid/status")" 200007
	is "$(readlink "/proc/$pid/ns/user" | grep -c "$(readlink /proc/self/ns/user)")" 0
}

user_several_maps() {
	bundle
	user_ns
	config '.linux.uidMappings=[{containerID:0,hostID:100000,size:10},{containerID:10,hostID:300000,size:5},
		{containerID:1000,hostID:1000,size:1}]'
	in_box 'tr -s " " </proc/self/uid_map'
	is "$OUT" $' 0 100000 10\n 10 300000 5\n 1000 1000 1'
}

user_setgroups() {
	bundle
	user_ns
	in_box 'cat /proc/self/setgroups'
	is "$OUT" allow
}

user_devices() {
	bundle
	user_ns
	in_box 'echo x >/dev/null && head -c 3 /dev/zero | wc -c && test -c /dev/urandom && stat -c %u:%g /dev/null'
	is "$(head -n 1 <<<"$OUT")" 3
}

user_caps() {
	bundle
	user_ns
	config '.process.capabilities={bounding:["CAP_KILL"],permitted:["CAP_KILL"],effective:["CAP_KILL"]}'
	in_box 'grep -E "^Cap(Eff|Bnd)" /proc/self/status'
	is "$(tr -s '\t\n' '  ' <<<"$OUT" | sed 's/ $//')" "CapEff: 0000000000000020 CapBnd: 0000000000000020"
}

user_hostname() {
	bundle
	user_ns
	in_box 'hostname; cat /proc/sys/kernel/hostname'
	is "$OUT" $'box\nbox'
}

user_unmapped_uid() {
	bundle
	user_ns 10
	config '.process.user.uid=11'
	cap rt run --bundle "$B" "$ID"
	bad
	nothing_left || die "left: $(leftovers)"
}

user_no_maps() {
	peer_differs crun "makes up a map"
	bundle
	ns_add user
	cap rt run --bundle "$B" "$ID"
	bad
	nothing_left || die "left: $(leftovers)"
}

user_maps_overlap() {
	bundle
	user_ns
	config '.linux.uidMappings=[{containerID:0,hostID:100000,size:10},{containerID:5,hostID:300000,size:10}]'
	cap rt run --bundle "$B" "$ID"
	bad
	nothing_left || die "left: $(leftovers)"
}

user_maps_many() {
	# runc once overflowed an attribute with these (CVE-2021-43784)
	bundle
	user_ns
	config '.linux.uidMappings=[range(5000)|{containerID:.,hostID:(100000+.),size:1}]'
	cap rt run --bundle "$B" "$ID"
	bad
	nothing_left || die "left: $(leftovers)"
}

# the process that clones init counts as well, but only until then
one_process() {
	[ "$2" = 1 ] || old_peer runc "1.1 takes 0 for no limit"
	local other
	old_peer crun "1.8 rejects ociVersion 1.3.0"
	[ "$2" = 1 ] || peer_differs crun "takes 0 for no limit"
	bundle
	config '.ociVersion="1.3.0"'
	[ "$1" = user ] && user_ns || { sleeper; other=$(pid_of); bundle; config '.ociVersion="1.3.0"'; ns_path pid "/proc/$other/ns/pid"; }
	limits '{"pids":{"limit":'"$2"'}}'
	run_sh 'echo one; (echo two); true' # sh fails when it cannot fork
	is "$OUT" one
	args sleep 60
	must_create
	is "$(reads pids pids.max pids.max)" 1
}

maps_without_user_ns() {
	peers_differ "ignores the maps"
	bundle
	config '.linux.uidMappings=[{containerID:0,hostID:100000,size:10}]
		| .linux.gidMappings=[{containerID:0,hostID:100000,size:10}]'
	cap rt run --bundle "$B" "$ID"
	bad
}

user_joined() {
	local other pid
	bundle
	user_ns
	sleeper
	other=$(pid_of)
	bundle
	chmod 755 "$B" "$B/rootfs"
	ns_path user "/proc/$other/ns/user"
	[ "$KIND" = hezi ] || config '.linux.uidMappings=[{containerID:0,hostID:100000,size:65536}]
		| .linux.gidMappings=[{containerID:0,hostID:200000,size:65536}]'
	old_peer runc "1.1 refuses maps with a joined user namespace, and no maps"
	sleeper
	pid=$(pid_of)
	is "$(ns_of "$pid" user)" "$(ns_of "$other" user)"
	is "$(awk '/^Uid/{print $2}' "/proc/$pid/status")" 100000
}

# made without privileges, so it denies setgroups: the caller's groups must not come along (SPEC NS-3)
user_joined_denied() {
	local holder
	peers_differ "wants maps beside a path, or refuses them"
	bundle
	chmod 755 "$B" "$B/rootfs"
	unshare -U -r sleep 60 &
	holder=$!
	within 5 grep -q deny "/proc/$holder/setgroups"
	ns_path user "/proc/$holder/ns/user"
	config 'del(.linux.resources)'
	sh_args 'grep ^Groups /proc/self/status | tr -d " \t"'
	cap setpriv --groups 5,77 "${RT[@]}" run --bundle "$B" "$ID"
	ok
	is "$OUT" Groups:
	config '.process.user.additionalGids=[0]' # what it is anyway
	cap rt run --bundle "$B" "$ID"
	ok
	config '.process.user.additionalGids=[7]'
	cap rt run --bundle "$B" "$ID"
	kill "$holder"
	bad
	says '/process/user/additionalGids.*setgroups additionalGids.*/proc/self/setgroups'
}
# SPEC NS-5: the runtime's mount namespace, into which nothing is mounted
no_mount_ns() {
	local before
	peers_differ "runc leaves the rootfs mounted, crun wants mounts"
	bundle
	ns_drop mount
	config 'del(.mounts,.linux.maskedPaths,.linux.readonlyPaths,.root.readonly)'
	before=$(cut -d' ' -f5 /proc/self/mountinfo)
	args sleep 60
	must_create
	is "$(readlink "/proc/$(pid_of)/ns/mnt")" "$(readlink /proc/self/ns/mnt)"
	cap rt start "$ID"
	ok
	is "$(readlink "/proc/$(pid_of)/root")" "$B/rootfs"
	is "$(cut -d' ' -f5 /proc/self/mountinfo)" "$before"
	rt delete --force "$ID"
	bundle
	ns_drop mount
	create
	bad
	says 'without a mount namespace'
}
host_mounts() {
	# without a mount namespace its mounts are the host's, below its rootfs alone, and go with it; what is the user's stays
	local before
	peer_differs runc "leaves them"
	peer_differs crun "leaves them"
	bundle
	ns_drop mount
	config 'del(.linux.maskedPaths,.linux.readonlyPaths,.root.readonly)'
	before=$(findmnt -rn -o TARGET,PROPAGATION)
	args sleep 60
	must_create
	mountpoint -q "$B/rootfs/proc" || die "no proc"
	rt delete --force "$ID"
	is "$(findmnt -rn -o TARGET,PROPAGATION)" "$before"
	config '.hooks.createRuntime=[{path:"/bin/false"}]'
	create
	bad
	is "$(findmnt -rn -o TARGET,PROPAGATION)" "$before" "after a failed create"
	config 'del(.hooks)'
	mount --bind "$B/rootfs" "$B/rootfs"
	must_create
	rt delete --force "$ID"
	mountpoint -q "$B/rootfs" || die "the user's mount is gone"
	umount "$B/rootfs"
	is "$(findmnt -rn -o TARGET,PROPAGATION)" "$before" "with a mount of the user's"
}
host_readonly() {
	# without a mount namespace a read-only root is a mount below the host's, and goes with the container
	local before
	peers_differ "leave the root writable, or fail"
	bundle
	ns_drop mount
	config 'del(.mounts,.linux.maskedPaths,.linux.readonlyPaths)|.root.readonly=true|.process.cwd="/made"'
	before=$(findmnt -rn -o TARGET,OPTIONS,PROPAGATION)
	args sh -c 'touch /x || echo "no file"; sleep 60'
	cap rt run --detach --bundle "$B" "$ID"
	ok
	within 10 grep -q "no file" "$T/out" || die "the root is not read-only: $(<"$T/out") $(<"$T/err")"
	is "$(findmnt -rn -o TARGET,OPTIONS,PROPAGATION | grep -vF "$B/rootfs")" "$before" "the host's own mounts"
	rt delete --force "$ID"
	is "$(findmnt -rn -o TARGET,OPTIONS,PROPAGATION)" "$before" "after delete"
	touch "$B/rootfs/made/here"
	config '.hooks.createRuntime=[{path:"/bin/false"}]'
	create
	bad
	is "$(findmnt -rn -o TARGET,OPTIONS,PROPAGATION)" "$before" "after a failed create"
}
user_pod() {
	# a pod: the second container joins user, network, ipc and uts of the first
	local other type pid
	bundle
	user_ns
	sleeper
	other=$(pid_of)
	bundle
	chmod 755 "$B" "$B/rootfs"
	for type in user network ipc uts; do
		ns_path $type "/proc/$other/ns/${NSFILE[$type]}"
	done
	config 'del(.hostname)'
	peers_differ "wants maps beside a path, or refuses them"
	sleeper
	pid=$(pid_of)
	for type in user network ipc uts; do
		is "$(ns_of "$pid" $type)" "$(ns_of "$other" $type)" "$type"
	done
}

# --- time ----------------------------------------------------------------------------------------

need_time() {
	has_ns time || skip "this kernel has no time namespaces"
	peers_differ "this version has no time namespace"
}

time_offsets() {
	need_time
	local up
	bundle
	ns_add time
	config '.linux.timeOffsets={monotonic:{secs:5000,nanosecs:7},boottime:{secs:100000}}'
	up=$(cut -d. -f1 /proc/uptime)
	in_box 'tr -s " " </proc/self/timens_offsets; cut -d. -f1 /proc/uptime'
	like "$OUT" 'monotonic 5000 7'
	like "$OUT" 'boottime 100000 0'
	[ "$(tail -n 1 <<<"$OUT")" -ge $((up + 100000)) ] || die "uptime inside $OUT, outside $up"
}

time_without_offsets() {
	need_time
	new_ns time
}

time_joined() {
	need_time
	joined_ns time
}

time_bad_clock() {
	need_time
	bundle
	ns_add time
	config '.linux.timeOffsets={realtime:{secs:5}}'
	cap rt run --bundle "$B" "$ID"
	bad
}

time_offsets_without_ns() {
	peers_differ "this version has no time namespace"
	bundle
	config '.linux.timeOffsets={monotonic:{secs:5}}'
	cap rt run --bundle "$B" "$ID"
	bad
}

for type in pid network ipc uts mount cgroup; do
	t "a new $type namespace" new_ns $type
done
for type in pid network ipc uts cgroup; do
	t "the host's $type namespace when it is not listed" inherited_ns $type
done
for type in network ipc uts cgroup; do
	t "another container's $type namespace by its path" joined_ns $type
done
t "another container's pid namespace by its path" joined_pid_ns
t "a container in another's pid namespace lives and dies alone" joined_pid_ns_lifecycle
t "a path of another type is refused" wrong_type
t "a path that is missing or no namespace is refused" missing_path
t "a relative path is refused" relative_path
t "two entries of one type are refused" duplicate
t "an unknown type is refused" unknown
t "lo is up in a new network namespace" network_is_up
t "a network namespace kept by a bind mount" bound_network_ns
t "the program is pid 1 and alone" pid_one
t "a cgroup namespace hides the path" cgroup_ns
t "user: maps" user_maps
t "user: ids on the host" user_host_ids
t "user: several ranges" user_several_maps
t "user: setgroups is allowed with full maps" user_setgroups
t "user: devices work" user_devices
t "user: capabilities" user_caps
t "user: hostname" user_hostname
t "user: a uid that is not mapped is refused" user_unmapped_uid
t "user: no maps are refused" user_no_maps
t "user: maps that overlap are refused" user_maps_overlap
t "user: 5000 ranges fail cleanly" user_maps_many
t "maps without a user namespace are refused" maps_without_user_ns
t "user: joined by its path" user_joined
t "user: joined, with setgroups denied there" user_joined_denied
t "no mount namespace and no mounts: nothing is mounted" no_mount_ns
t "no mount namespace: its mounts are the host's, and go with it" host_mounts
t "a new user namespace with pids.limit 1" one_process user 1
t "a new user namespace with pids.limit 0" one_process user 0
t "a joined pid namespace with pids.limit 1" one_process pid 1
t "no mount namespace, a read-only root" host_readonly
t "user: joined together with network, ipc and uts" user_pod
t "time: offsets" time_offsets
t "time: no offsets" time_without_offsets
t "time: joined by its path" time_joined
t "time: an unknown clock is refused" time_bad_clock
t "time: offsets without the namespace are refused" time_offsets_without_ns
finish
