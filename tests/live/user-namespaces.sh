#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The runtime itself in a user namespace, and on hosts that hide or restrict /proc: what holds for its own process
# or mount is not taken for a property of the host.
. "$(dirname "$0")/../lib/live.sh"
[ -z "${LIVE_SYSTEMD:-}" ] || plan_skip "systemd makes no difference to user namespaces"

IDENTITY="0 0 4294967295"
DENIED=(unshare --user --map-root-user --mount --propagation private --)
as_root_of() { local map=$1; shift; python3 "$LIB/userns.py" "$map" "$@"; }
# commands of the runtime in one namespace; the cgroups of others are not the matter here
export ROOT LIFE='rt() { timeout -k 5 30 "$RUNTIME" --root "$ROOT" $NO_CGROUP "$@"; }
	status() { rt state "$ID" | jq -r .status; }
	until_it_is() { until [ "$(status)" = "$1" ]; do sleep 0.02; done; }
	set -e;'
export NO_CGROUP=--cgroup-manager=disabled
[ "$KIND" != runc ] || NO_CGROUP=
in_ns() { cap "${@:1:$#-1}" bash -c "$LIFE ${!#}"; }

plain_bundle() {
	bundle
	config 'del(.linux.resources,.linux.cgroupsPath)
		|.mounts|=map(select(.type!="cgroup" and .type!="sysfs"))
		|.linux.namespaces|=map(select(.type!="network" and .type!="cgroup"))'
	export B ID
	chmod 755 "$B" "$B/rootfs"
}

# --- setgroups denied: bwrap, Bazel, Nix, Podman for users without a line in /etc/subuid (runc#1918) ---

denied_run() {
	plain_bundle
	sh_args 'id -u; cat /proc/self/setgroups'
	in_ns "${DENIED[@]}" 'rt run --bundle "$B" "$ID"'
	ok
	is "$OUT" "0
deny"
}

denied_life() {
	peers_differ "the words and fields are hezi's"
	plain_bundle
	args sleep 60
	in_ns "${DENIED[@]}" 'rt create --bundle "$B" "$ID" </dev/null >/dev/null 2>&1
		rt start "$ID"
		rt state "$ID" | grep -c running
		rt exec "$ID" sh -c "id -u; id -g"
		rt exec --additional-gids 7 "$ID" true && exit 9
		rt kill "$ID" KILL
		rt delete --force "$ID"'
	ok
	is "$OUT" "1
0
0"
	says 'exec failed: setgroups is denied .*/proc/self/setgroups.*remove additionalGids'
}

denied_groups() {
	plain_bundle
	args id -G
	config '.process.user.additionalGids=[0]'
	in_ns "${DENIED[@]}" 'rt run --bundle "$B" "$ID"'
	ok # the own gid: Alpine has root in the group root
	like "$OUT" ^0
	config '.process.user.additionalGids=[0,7]'
	in_ns "${DENIED[@]}" 'rt run --bundle "$B" "$ID"'
	peers_differ "ignores them"
	bad
	says '/process/user/additionalGids: setgroups is denied .*/proc/self/setgroups.*remove additionalGids'
}

# a namespace below one where setgroups is denied inherits the denial
denied_nested() {
	plain_bundle
	ns_add user
	config '.linux.uidMappings=[{containerID:0,hostID:0,size:1}]|.linux.gidMappings=.linux.uidMappings'
	sh_args 'id -u; cat /proc/self/setgroups'
	in_ns "${DENIED[@]}" 'rt run --bundle "$B" "$ID"'
	ok
	is "$OUT" "0
deny"
	in_ns "${DENIED[@]}" "${DENIED[@]}" 'rt run --bundle "$B" "$ID"'
	ok
	config '.process.user.additionalGids=[7]'
	in_ns "${DENIED[@]}" 'rt run --bundle "$B" "$ID"'
	peers_differ "ignores them"
	bad
	says '/process/user/additionalGids'
}

# no call is made that cannot succeed: a filter that kills for it is none of the runtime's business
denied_no_call() {
	needs_sealed
	command -v strace >/dev/null || skip "no strace"
	plain_bundle
	args true
	in_ns "${DENIED[@]}" 'strace -f -qq -e trace=setgroups "$RUNTIME" --root "$ROOT" $NO_CGROUP run --bundle "$B" "$ID"'
	ok
	unlike "$ERR" 'setgroups'
}

# --- the initial user namespace is told by its inode, not by its map (crun#2150) ---

mapped_run() {
	local map=$1 owner=${1% *}
	[ "$map" != "$IDENTITY" ] || { old_peer runc "1.1 takes it for the host"; old_peer crun "1.8 takes it for the host"; }
	owner=${owner#* }
	plain_bundle
	chown -R "$owner:$owner" "$B/rootfs"
	install -d -m 700 -o "$owner" -g "$owner" "$T/mapped"
	config '.process.oomScoreAdj=10|.linux.sysctl={"kernel.msgmax":"8192"}
		|.linux.devices=[{path:"/dev/zero",type:"c",major:1,minor:5}]
		|.linux.resources.devices=[{allow:false,access:"rwm"}]'
	if [ "$owner" = 0 ]; then
		NO_CGROUP=
		config --arg p "/$ID" '.linux.cgroupsPath=$p'
	fi
	sh_args 'head -c 1 /dev/zero | wc -c; [ -c /dev/null ]; cat /proc/self/oom_score_adj /proc/sys/kernel/msgmax'
	in_ns as_root_of "$map" 'ROOT=${ROOT%/*}/mapped; rt run --bundle "$B" "$ID"'
	rm -rf "$T/mapped"
	ok
	is "$OUT" "1
10
8192"
	[ "$KIND$NO_CGROUP" != hezi ] || says 'device rules need root on the host'
}

# limits of the namespaces that a user may create are per user namespace
user_sysctl() {
	local here
	here=$(</proc/sys/user/max_user_namespaces)
	peer_differs crun "refuses them"
	plain_bundle
	config '.linux.sysctl={"user.max_user_namespaces":"3"}'
	sh_args 'cat /proc/sys/user/max_user_namespaces'
	cap rt run --bundle "$B" "$ID"
	bad
	old_peer runc "1.1 does not know user.* sysctls"
	says 'setting ucounts without a user namespace not allowed: user.max_user_namespaces'
	ns_add user
	config '.linux.uidMappings=[{containerID:0,hostID:0,size:1000}]|.linux.gidMappings=.linux.uidMappings'
	cap rt run --bundle "$B" "$ID"
	ok
	is "$OUT" 3
	is "$(</proc/sys/user/max_user_namespaces)" "$here"
	user_bundle
	config '.linux.sysctl={"user.max_user_namespaces":"3"}|del(.process.oomScoreAdj)'
	sh_args 'cat /proc/sys/user/max_user_namespaces'
	in_ns "${AS_USER[@]}" 'RUNTIME=${ROOT%/*}/runtime ROOT=${ROOT%/*}/user; rt run --bundle "$B" "$ID"'
	rm -rf "$T/user"
	ok
	is "$OUT" 3
	peers_differ "changes the host"
	plain_bundle
	ns_path user /proc/self/ns/user
	config '.linux.sysctl={"user.max_user_namespaces":"3"}'
	cap rt run --bundle "$B" "$ID"
	bad
	says 'sysctl "user.max_user_namespaces" would change the host'
}

# --- /proc that hides or lacks what the runtime reads ---

# with_proc OPTIONS CMD...: CMD under another /proc
with_proc() { unshare --mount --propagation private sh -c 'mount -t proc -o "$0" proc /proc && exec "$@"' "$@"; }
AS_USER=(setpriv --reuid 54321 --regid 54321 --clear-groups)
user_bundle() {
	plain_bundle
	ns_add user
	config '.linux.uidMappings=[{containerID:0,hostID:54321,size:1}]|.linux.gidMappings=.linux.uidMappings|.process.oomScoreAdj=300'
	rm -rf "$B/rootfs" "$T/user" # the base is shared by hard links: its owner stays
	cp -a "$T/base" "$B/rootfs"
	install -m 755 "$RUNTIME" "$T/runtime"
	install -d -m 700 -o 54321 -g 54321 "$T/user"
	chown -R 54321:54321 "$B"
}
# the words of a life, whatever /proc shows
LIVES='rt create --bundle "$B" "$ID" </dev/null >/dev/null 2>&1
	status
	rt start "$ID"
	status
	rt list | grep -c "$ID"
	rt exec "$ID" cat /proc/1/oom_score_adj
	rt delete "$ID" 2>/dev/null && exit 9
	rt kill "$ID" KILL
	until_it_is stopped
	status
	rt delete "$ID"'
lived() {
	ok
	is "$OUT" "created
running
1
${1:-300}
stopped"
}

# hardened hosts hide the processes of others; init is nobody's to look at while it makes the container
hidden_user() {
	local options=$1 program=$2
	[ "$options" = hidepid=2 ] || peer_differs crun "wants what /proc hides"
	user_bundle
	args sleep 60
	# what its user may not read is hidden from him as long as it runs
	chmod "$program" "$B/rootfs/bin/busybox"
	in_ns with_proc "$options" "${AS_USER[@]}" 'RUNTIME=${ROOT%/*}/runtime ROOT=${ROOT%/*}/user; '"$LIVES"
	is "$(ls "$T/user" 2>/dev/null)" ""
	rm -rf "$T/user"
	lived
}

restricted_root() {
	old_peer crun "1.8 reads /proc/mounts"
	plain_bundle
	args sleep 60
	config '.process.oomScoreAdj=300'
	in_ns with_proc "$1" "$LIVES"
	lived
}

# root whose capabilities are few (CapabilityBoundingSet= of a service) cannot look at init either
restricted_few_caps() {
	plain_bundle
	args sleep 60
	config '.process.oomScoreAdj=300'
	in_ns with_proc hidepid=2 setpriv --bounding-set=-sys_ptrace --inh-caps=-sys_ptrace "$LIVES"
	lived
}

# init says itself when it began, but a mount namespace that it joins may have anything as /proc
joined_fifo() {
	local few=(setpriv --bounding-set=-sys_ptrace --inh-caps=-sys_ptrace) other type
	peers_differ "need a /proc in the namespace"
	plain_bundle
	args sleep 60
	unshare --mount --pid --fork --kill-child --propagation private "${few[@]}" bash -c \
		'mount -t tmpfs none /proc && mkdir /proc/self && mkfifo /proc/self/stat && exec sleep 30' &
	other=/proc/$!/task/$!/children
	within 5 eval 'grep -qs sleep "/proc/$(tr -d " " <$other)/comm"' || die "no namespaces"
	for type in mount:mnt pid:pid; do
		ns_path ${type%:*} "/proc/$(tr -d " " <$other)/ns/${type#*:}"
	done
	config 'del(.mounts,.linux.maskedPaths,.linux.readonlyPaths)|.root.readonly=false'
	in_ns "${few[@]}" 'rt create --bundle "$B" "$ID" </dev/null >/dev/null 2>&1
		status
		rt delete --force "$ID"'
	kill -9 $! || true
	wait $! || true
	ok
	is "$OUT" created
}

# a container whose process is gone is stopped, wherever it is asked from
hidden_gone() {
	user_bundle
	args sleep 60
	in_ns "${AS_USER[@]}" 'RUNTIME=${ROOT%/*}/runtime ROOT=${ROOT%/*}/user
		rt create --bundle "$B" "$ID" </dev/null >/dev/null 2>&1; kill -9 $(rt state "$ID" | jq .pid)
		until_it_is stopped'
	in_ns with_proc hidepid=2 "${AS_USER[@]}" 'RUNTIME=${ROOT%/*}/runtime ROOT=${ROOT%/*}/user
		status; rt delete "$ID"'
	rm -rf "$T/user"
	ok
	is "$OUT" stopped
}

# --- other time namespaces: start times are seen with an offset there ---

time_ns() {
	local here=$1 there=$2
	[ -e /proc/self/ns/time ] || skip "no time namespaces"
	peers_differ "take the container for stopped"
	plain_bundle
	args sleep 60
	OTHER='rt() { unshare --time --boottime 86400 --monotonic -7 --fork "$RUNTIME" --root "$ROOT" $NO_CGROUP "$@"; };'
	[ "$there" = other ] || OTHER=
	[ "$here" != other ] || in_ns env 'rt() { unshare --time --boottime 5000 --fork "$RUNTIME" --root "$ROOT" $NO_CGROUP "$@"; }
		rt create --bundle "$B" "$ID" </dev/null'
	[ "$here" = other ] || in_ns env 'rt create --bundle "$B" "$ID" </dev/null'
	ok
	in_ns env "$OTHER"'status
		rt start "$ID"
		status
		rt exec "$ID" echo exec
		rt delete "$ID" 2>/dev/null && exit 9
		rt kill "$ID" KILL
		until_it_is stopped
		rt delete "$ID"'
	ok
	is "$OUT" "created
running
exec"
}

# --- memory files that cannot be executed, or not made at all ---

# the sysctl belongs to a pid namespace
NOEXEC=(unshare --pid --fork --mount --propagation private --mount-proc sh -c 'echo 2 >/proc/sys/vm/memfd_noexec && exec "$@"' -)
noexec_or_skip() { [ -e /proc/sys/vm/memfd_noexec ] || skip "no vm.memfd_noexec"; }
image_bundle() {
	needs_sealed
	peers_differ "the words and fields are hezi's"
	plain_bundle
	args sleep 60
	# the state comes to the hook in a memory file too, the filter leaves libseccomp through one, exec's plan is in one
	printf '#!/bin/sh\nhead -c 30 >/dev/shm/state\n' >"$B/rootfs/bin/hook"
	chmod 755 "$B/rootfs/bin/hook"
	config '.process.oomScoreAdj=300|.hooks.createContainer=[{path:"/bin/true"}]|.hooks.startContainer=[{path:"/bin/hook"}]
		|.linux.seccomp={defaultAction:"SCMP_ACT_ALLOW",syscalls:[{names:["swapon"],action:"SCMP_ACT_ERRNO"}]}'
}
image_life() {
	in_ns "$@" "$LIVES"
	lived
	in_ns "$@" 'rt run --bundle "$B" "$ID-2" </dev/null >/dev/null 2>&1 & sleep 0.1
		until rt exec "$ID-2" cat /dev/shm/state 2>/dev/null; do sleep 0.1; done; rt kill "$ID-2" KILL; wait'
	like "$OUT" 'ociVersion'
}
image_noexec() { noexec_or_skip; image_bundle; image_life "${NOEXEC[@]}"; }
image_denied() { image_bundle; image_life "$LIB/deny.py" "$1" memfd_create; }
# a file without a name in some directory
image_user() {
	noexec_or_skip
	needs_sealed
	old_peer runc "1.1 executes a memory file only"
	peer_differs crun "executes a memory file only"
	user_bundle
	args sleep 60
	in_ns "${NOEXEC[@]}" "${AS_USER[@]}" 'RUNTIME=${ROOT%/*}/runtime ROOT=${ROOT%/*}/user; '"$LIVES"
	rm -rf "$T/user"
	lived
}
# what a container executes first is no file of the host and no other container's, and nobody can write to it
image_look='rt create --bundle "$B" "$ID" </dev/null >/dev/null 2>&1; pid=$(rt state "$ID" | jq .pid)
	readlink /proc/$pid/exe
	exec 9</proc/$pid/exe
	(: >>/proc/$pid/exe) 2>&1 | grep -oE "Text file busy|Read-only file system|Permission denied"
	stat -L -c "%h links, %a" /proc/$pid/exe
	ln -L /proc/$pid/exe "$B/link" 2>/dev/null && echo linked
	rt kill "$ID" KILL; until_it_is stopped
	(: >>/proc/self/fd/9) 2>&1 | grep -oE "Read-only file system" || true
	rt delete "$ID"'
image_tmpfs() {
	noexec_or_skip
	image_bundle
	in_ns "${NOEXEC[@]}" "$image_look"
	ok
	like "$OUT" $'^[^\n]*/hezi-init\n(Text file busy|Read-only file system)\n1 links, 500\nRead-only file system$'
}
image_nameless() {
	noexec_or_skip
	needs_sealed
	peer_differs runc "its user may write to the file once the container has stopped"
	peer_differs crun "executes a memory file only"
	user_bundle
	args sleep 60
	in_ns "${NOEXEC[@]}" "${AS_USER[@]}" 'RUNTIME=${ROOT%/*}/runtime ROOT=${ROOT%/*}/user; '"$image_look"
	rm -rf "$T/user"
	ok
	like "$OUT" $'\\(deleted\\)\nPermission denied\n0 links, 500$'
}

# privileges in a namespace where one is not root: systemd's PrivateUsers=self, unshare --map-current-user
self_run() {
	peers_differ "runc takes it for rootless"
	user_bundle
	config '.process.user={uid:54321,gid:54321}|del(.linux.uidMappings,.linux.gidMappings)|.linux.namespaces|=map(select(.type!="user"))'
	sh_args 'id -u; cat /proc/self/setgroups'
	in_ns "${AS_USER[@]}" unshare --user --mount --map-current-user --keep-caps 'RUNTIME=${ROOT%/*}/runtime ROOT=${ROOT%/*}/user
		rt run --bundle "$B" "$ID"'
	rm -rf "$T/user"
	ok
	is "$OUT" "54321
deny"
}

t "setgroups denied: run" denied_run
t "setgroups denied: the whole life, exec with groups is rejected" denied_life
t "setgroups denied: additionalGids are rejected by name" denied_groups
t "setgroups denied: in the namespace above" denied_nested
t "setgroups denied: it is not called" denied_no_call
t "a namespace that maps all ids onto themselves is not the host" mapped_run "$IDENTITY"
t "a namespace that maps some ids onto themselves is not the host" mapped_run "0 0 65536"
t "a namespace of other ids" mapped_run "0 100000 65536"
t "privileges without root in a namespace" self_run
t "user.* sysctls belong to the container's user namespace" user_sysctl
for hide in 1 2 4; do
	t "hidepid=$hide: the life of a user's container" hidden_user hidepid=$hide 755
done
t "hidepid=2: a program that its user may not read" hidden_user hidepid=2 111
t "hidepid=2: a container that has ended" hidden_gone
t "hidepid=2,subset=pid: the life of a user's container" hidden_user hidepid=2,subset=pid 755
t "subset=pid: the life of a container" restricted_root subset=pid
t "hidepid=2: root without CAP_SYS_PTRACE" restricted_few_caps
t "root without CAP_SYS_PTRACE: a FIFO as /proc/self/stat of a namespace that is joined" joined_fifo
t "time: a container of this namespace, seen from another" time_ns this other
t "time: a container of another namespace, seen from this" time_ns other this
t "time: a container of another namespace, seen from a third" time_ns other other
t "memfd_noexec=2: the life of a container" image_noexec
t "memfd_noexec=2: the life of a user's container" image_user
t "memfd_noexec=2: a file system of its own, read-only" image_tmpfs
t "memfd_noexec=2: a user's file without a name" image_nameless
t "memfd_create fails with ENOSYS: the life of a container" image_denied ENOSYS
t "memfd_create fails with EPERM: the life of a container" image_denied EPERM
finish
