#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Users that are not root: `spec --rootless`, ranges of /etc/subuid, cgroups that they may not make.
. "$(dirname "$0")/../lib/live.sh"

U=1000
as_user() {
	(cd / && exec env XDG_RUNTIME_DIR="$T/run" timeout -k 2 20 setpriv --reuid $U --regid $U --clear-groups \
		"$T/runtime" "$@")
}
user_bundle() {
	[ "$KIND" = hezi ] || skip "its own rootless mode is not judged here"
	bundle
	cp -f "$RUNTIME" "$T/runtime"
	chmod 755 "$T/runtime"
	mkdir -p "$T/run"
	rm -f "$B/config.json"
	# the base is shared by hard links: its owner stays
	rm -rf "$B/rootfs"
	cp -a "$T/base" "$B/rootfs"
	chown -R $U:$U "$T/run" "$B"
	chmod 700 "$T/run"
	as_user spec --rootless --bundle "$B" >"$T/log.spec" 2>&1 || die "spec: $(cat "$T/log.spec")"
	config '.process.terminal=false'
	cap as_user run --bundle "$B" probe
	[[ $ERR != *"map uids"*EPERM* && $ERR != *clone3*EPERM* && $ERR != *clone3*ENOSPC* ]] || skip "no user namespaces for users here"
}
user_left() { ls -A "$T/run/hezi" 2>/dev/null; }

rootless_run() {
	user_bundle
	config '.root.readonly=false'
	sh_args 'id -u; echo x >/x; cat /proc/self/uid_map | tr -s " "; ls /sys/fs/cgroup >/dev/null; exit 5'
	cap as_user run --bundle "$B" "$ID"
	is "$ST" 5
	is "$OUT" "0
 0 $U 1"
	is "$(stat -c %u "$B/rootfs/x")" $U "the owner outside"
	is "$(user_left)" ""
}

rootless_life() {
	user_bundle
	args sleep 30
	cap as_user create --bundle "$B" "$ID"
	ok
	like "$(as_user state "$ID")" '"status": "created"'
	cap as_user start "$ID"
	ok
	like "$(as_user list)" "$ID.*running"
	cap as_user kill "$ID" KILL
	ok
	within 5 eval 'as_user state "$ID" | grep -q stopped' || die "not stopped"
	cap as_user delete "$ID"
	ok
	is "$(user_left)" ""
}

# without a cgroup there is nothing to measure
rootless_stats() {
	user_bundle
	args sleep 30
	cap as_user run -d --bundle "$B" "$ID"
	ok
	! grep -q "$ID" "/proc/$(as_user state "$ID" | jq .pid)/cgroup" || skip "this user has a cgroup"
	cap as_user events --stats "$ID"
	ok
	is "$(jq -c '[.type,.id,(.data|type)]' <<<"$OUT")" '["stats","'"$ID"'","object"]'
	cap as_user delete --force "$ID"
	ok
}

# a user may not write to the files of a process that is not dumpable: init's, until it executes the program
rootless_oom_score() {
	local own value
	own=$(</proc/self/oom_score_adj)
	for value in "$own" $((own + 100)); do
		user_bundle
		args sleep 30
		config '.process.oomScoreAdj='"$value"
		cap as_user create --bundle "$B" "$ID"
		ok
		cap as_user start "$ID"
		ok
		cap as_user exec "$ID" cat /proc/1/oom_score_adj /proc/self/oom_score_adj
		ok
		is "$(echo $OUT)" "$value $value"
		as_user delete --force "$ID"
	done
}

# the agent is a process of the user; the runtime has no privileges to look into init
rootless_seccomp() {
	local agent
	user_bundle
	cp "$LIB/seccomp-agent.py" "$T/agent.py"
	rm -f "$T/run/agent"*
	setpriv --reuid $U --regid $U --clear-groups python3 "$T/agent.py" "$T/run/agent.sock" "$T/run/agent" 28 &
	agent=$!
	within 10 test -e "$T/run/agent.ready" || die "the agent does not listen"
	sh_args 'ln /etc/passwd /tmp/l; cat /proc/self/status'
	config --arg p "$T/run/agent.sock" '.root.readonly=false|.linux.seccomp={defaultAction:"SCMP_ACT_ALLOW",listenerPath:$p,
		syscalls:[{names:["link","linkat"],action:"SCMP_ACT_NOTIFY"}]}'
	cap as_user run --bundle "$B" "$ID"
	ok
	like "$ERR" 'No space left'
	like "$OUT" 'Seccomp:[[:space:]]2'
	wait $agent
	ls "$T/run/hezi-seccomp" >/dev/null
	rm -rf "$T/run/agent"*
	is "$(user_left)" ""
}

# who asks for limits or a place gets them or an error
rootless_cgroups() {
	user_bundle
	args true
	config '.linux.resources.pids={limit:50}'
	cap as_user run --bundle "$B" "$ID"
	bad
	[[ $ERR == *'no "pids" cgroup controller'* ]] || says "rootless needs no limits \+ no cgrouppath"
	config 'del(.linux.resources)|.linux.cgroupsPath="/'"$ID"'"'
	cap as_user run --bundle "$B" "$ID"
	bad
	says "unable to apply cgroup configuration: create cgroup .*(EACCES|EPERM|EROFS)"
	is_peer || like "$ERR" "hint.*delegated"
	config 'del(.linux.cgroupsPath)'
	cap as_user --rootless=false run --bundle "$B" "$ID"
	bad
	is "$(user_left)" ""
}

# cgroups of v1 that the user was given, and none in the tree of v2 beside them
rootless_given_v1() {
	local mount trees=() f
	user_bundle
	[ -z "$V2" ] || skip "trees of cgroup v2 are another case"
	[ -z "${LIVE_SYSTEMD:-}" ] || skip "systemd on v1 removes empty cgroups that are not its own"
	for mount in $(awk '$0 ~ / - cgroup /{print $5}' /proc/self/mountinfo); do
		mkdir "$mount/$ID"
		trees+=("$mount/$ID")
		for f in cpus mems; do
			[ ! -e "$mount/cpuset.$f" ] || cat "$mount/cpuset.$f" >"$mount/$ID/cpuset.$f"
		done
		chown $U:$U "$mount/$ID" "$mount/$ID"/{tasks,cgroup.procs}
	done
	args sleep 60
	config '.linux.cgroupsPath="/'"$ID"'/box"|.linux.resources={pids:{limit:33}}'
	cap as_user run --detach --bundle "$B" "$ID"
	ok
	is "$(cat "/sys/fs/cgroup/pids/$ID/box/pids.max")" 33
	for f in pause resume; do
		cap as_user $f "$ID"
		ok
	done
	cap as_user exec "$ID" true
	ok
	cap as_user delete --force "$ID"
	ok
	rmdir "${trees[@]}"
}

# a container of root's, or a cgroup of whoever, has the name of the user's
rootless_same_name() {
	local tree
	user_bundle
	[ -n "$V2" ] && tree=/sys/fs/cgroup/$ID || tree=/sys/fs/cgroup/pids/$ID
	mkdir -m 755 "$tree" || skip "no hierarchy to make a cgroup in"
	sleep 60 &
	echo $! >"$tree/cgroup.procs"
	args true
	cap as_user run --bundle "$B" "$ID"
	kill $!
	within 5 rmdir "$tree"
	ok
	is "$(user_left)" ""
}

# neither a cgroup nor a pid namespace: nobody can end what outlives the program
rootless_unbounded() {
	user_bundle
	args true
	config '.linux.namespaces-=[{type:"pid"}]|.mounts=[.mounts[]|if .type=="proc" then .type="none"|.source="/proc"|.options=["rbind"] else . end]'
	cap as_user run --bundle "$B" "$ID"
	ok
	says "strongly discouraged"
}

# CVE-2023-25809: without a cgroup namespace the host's cgroups are not writable, asked for or not
# a tree that the user was given: he is in it himself, makes cgroups below it, and sets limits there
rootless_delegated() {
	local tree f
	user_bundle
	[ -n "$V2" ] || skip "trees of cgroup v2 are given to users"
	tree=/sys/fs/cgroup/$ID
	mkdir "$tree" "$tree/self"
	chown $U:$U "$tree" "$tree"/self "$tree"/cgroup.{procs,subtree_control,threads}
	in_tree() { (echo "$BASHPID" >"$tree/self/cgroup.procs" && as_user "$@"); }
	args sleep 60
	config '.linux.cgroupsPath="/'"$ID"'/box"'
	! grep -qw pids "$tree/cgroup.controllers" || config '.linux.resources={pids:{limit:33}}'
	cap in_tree run --detach --bundle "$B" "$ID"
	ok
	is "$(cut -d: -f3 "/proc/$(as_user state "$ID" | jq .pid)/cgroup" | tail -n 1)" "/$ID/box"
	! grep -qw pids "$tree/cgroup.controllers" || is "$(cat "$tree/box/pids.max")" 33
	cap in_tree exec "$ID" true
	ok
	for f in pause resume; do
		cap as_user $f "$ID"
		ok
	done
	if grep -qw pids "$tree/cgroup.controllers"; then
		cap as_user update --pids-limit 44 "$ID"
		ok
		is "$(cat "$tree/box/pids.max")" 44
	fi
	cap as_user delete --force "$ID"
	ok
	[ ! -e "$tree/box" ] || die "the cgroup is left"
	rmdir "$tree/self" "$tree"
}

rootless_cgroup_mount() {
	user_bundle
	config '.mounts|=map(if .destination=="/sys/fs/cgroup" then .options=["nosuid","noexec","nodev","relatime"] else . end)
		|.linux.namespaces|=map(select(.type!="cgroup"))'
	# what is mounted later at a place, or above it, covers what was there (the tree of the host's /sys)
	sh_args 'awk "\$5 ~ /^\\/sys\\/fs\\/cgroup/ {split(\$6, o, \",\"); m[\$5] = o[1]} END {for (p in m) print p, m[p]}" /proc/self/mountinfo |
		while read -r p o; do [ ! -d "$p" ] || echo "$o"; done'
	cap as_user run --bundle "$B" "$ID"
	ok
	is "$(sort -u <<<"$OUT")" ro
}

# no maps by newuidmap: the only ids are the user's own, and setgroups is denied
rootless_groups() {
	user_bundle
	sh_args 'cat /proc/self/setgroups; id -u; id -g'
	cap as_user run --bundle "$B" "$ID"
	is "$OUT" "deny
0
0"
	config '.process.user.additionalGids=[0]' # what it is anyway
	cap as_user run --bundle "$B" "$ID"
	ok
	config '.process.user.additionalGids=[0,7]'
	cap as_user run --bundle "$B" "$ID"
	bad
	says 'additionalGids: setgroups is denied'
}

rootless_binds() {
	user_bundle
	mkdir "$B/src" "$B/secret"
	echo mine >"$B/src/file"
	chown -R $U:$U "$B/src"
	chmod 700 "$B/secret"
	config --arg b "$B" '.mounts+=[{destination:"/b",type:"bind",source:($b+"/src"),options:["rbind","ro"]},
		{destination:"/r",type:"bind",source:"src",options:["bind"]}]'
	sh_args 'cat /b/file; ! touch /b/x 2>/dev/null && echo new >/r/new'
	cap as_user run --bundle "$B" "$ID"
	ok
	is "$OUT" mine
	is "$(stat -c %u "$B/src/new")" $U
	config --arg b "$B" '.mounts[-1].source=($b+"/secret/x")'
	cap as_user run --bundle "$B" "$ID"
	bad
	says "$B/secret/x.*EACCES"
	is "$(user_left)" ""
}

rootless_ranges() {
	command -v newuidmap >/dev/null || skip "newuidmap is not installed"
	[ -e /etc/subuid ] && [ -e /etc/subgid ] || skip "no /etc/subuid"
	user_bundle
	args cat /proc/self/uid_map
	config '.linux.uidMappings+=[{containerID:1,hostID:100000,size:1000}]|.linux.gidMappings+=[{containerID:1,hostID:100000,size:1000}]'
	echo "$U:100000:65536" >"$T/sub"
	in_ranges() {
		unshare -m sh -c 'mount --bind "$1" /etc/subuid && mount --bind "$1" /etc/subgid || exit 99; shift; exec "$@"' - "$T/sub" \
			env XDG_RUNTIME_DIR="$T/run" timeout -k 2 20 setpriv --reuid $U --regid $U --clear-groups "$T/runtime" run --bundle "$B" "$ID"
	}
	cap in_ranges
	ok
	is "$(tr -s ' ' <<<"$OUT")" " 0 $U 1
 1 100000 1000"
	echo "$U:200000:65536" >"$T/sub"
	cap in_ranges
	bad
	says "newuidmap.* refused the mapping"
	is "$(user_left)" ""
}

# newuidmap and newgidmap get none of the signals that run blocks, so that they can be interrupted
rootless_helper_signals() {
	local name
	user_bundle
	mkdir -p "$T/run/bin"
	for name in newuidmap newgidmap; do
		# by the shell itself: dash unblocks signals for the programs that it starts
		printf '#!/bin/sh\nwhile read -r a b; do [ $a != SigBlk: ] || echo $b >"%s"; done </proc/self/status\nexit 1\n' \
			"$T/run/$name" >"$T/run/bin/$name"
		chmod 755 "$T/run/bin/$name"
	done
	config '.linux.uidMappings+=[{containerID:1,hostID:100000,size:1000}]|.linux.gidMappings+=[{containerID:1,hostID:100000,size:1000}]'
	PATH=$T/run/bin:$PATH
	cap as_user run --bundle "$B" "$ID"
	bad
	says "new[ug]idmap.* refused the mapping"
	is "$(cat "$T/run/"new?idmap)" 0000000000000000
	rm -r "$T/run/bin" "$T/run/"new?idmap
}

t "run" rootless_run
t "create, state, start, list, kill, delete" rootless_life
t "events without a cgroup: an empty record" rootless_stats
t "oomScoreAdj is set for create and exec" rootless_oom_score
t "an agent for seccomp without privileges" rootless_seccomp
t "cgroups are forgiven when nothing is asked" rootless_cgroups
t "a cgroup tree that was given to the user" rootless_delegated
t "cgroups of v1 that were given to the user" rootless_given_v1
t "a cgroup of that name that is not the user's" rootless_same_name
t "neither a cgroup nor a pid namespace: a warning" rootless_unbounded
t "a cgroup mount without a cgroup namespace is read-only" rootless_cgroup_mount
t "one id, no groups" rootless_groups
t "bind mounts" rootless_binds
t "ranges of /etc/subuid" rootless_ranges
t "newuidmap can be interrupted" rootless_helper_signals
finish
