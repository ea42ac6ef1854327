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
export ROOT LIFE='rt() { timeout -k 5 30 "$RUNTIME" --root "$ROOT" $NO_CGROUP "$@"; }; set -e;'
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

t "setgroups denied: run" denied_run
t "setgroups denied: the whole life, exec with groups is rejected" denied_life
t "setgroups denied: additionalGids are rejected by name" denied_groups
t "setgroups denied: in the namespace above" denied_nested
t "setgroups denied: it is not called" denied_no_call
t "a namespace that maps all ids onto themselves is not the host" mapped_run "$IDENTITY"
t "a namespace that maps some ids onto themselves is not the host" mapped_run "0 0 65536"
t "a namespace of other ids" mapped_run "0 100000 65536"
finish
