#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Callers that make it hard: signals they ignore, limits they set, descriptors they lack, users that are not root.
. "$(dirname "$0")/../lib/live.sh"

# ignoring SIGNAL CMD...: CMD with that signal ignored; a shell may put SIGCHLD back
ignoring() {
	python3 -c 'import os, signal, sys
signal.signal(getattr(signal, sys.argv[1]), signal.SIG_IGN)
os.execvp(sys.argv[2], sys.argv[2:])' "$@"
}
hook() { config --arg k "$1" --arg c "$2" --argjson t "${3:-30}" '.hooks[$k]=[{path:"/bin/sh",args:["sh","-c",$c],timeout:$t}]'; }
# at_most SECONDS: since SECONDS was set to 0
at_most() { [ "$SECONDS" -le "$1" ] || die "took $SECONDS s"; }

sigchld_ignored() {
	peer_differs crun "waits for SIGCHLD"
	bundle
	sh_args 'exit 7'
	cap timeout -k 1 10 python3 -c 'import os, signal, sys
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
os.execv(sys.argv[1], sys.argv[1:])' "${RT[@]}" run --bundle "$B" "$ID"
	is "$ST" 7
}

sigchld_ignored_hook() {
	peers_differ "waits for SIGCHLD, or runs poststart at create"
	bundle
	args sleep 30
	hook poststart 'exit 5'
	must_create
	cap ignoring SIGCHLD timeout -k 1 10 "${RT[@]}" start "$ID"
	bad
	says 'exit status 5'
}

file_size_limit() {
	peers_differ "ended by SIGXFSZ, or no limit on what it writes"
	bundle
	cap prlimit --fsize=0 "${RT[@]}" create --bundle "$B" "$ID"
	[ "$ST" = 1 ] || die "expected an error"
	nothing_left || die "left: $(leftovers)"
}

few_descriptors() {
	local n
	peers_differ "not held to this"
	bundle
	args true
	for n in 5 6 7 8 10 12 14 16 18 20 24; do
		cap prlimit --nofile=$n:$n "${RT[@]}" run --bundle "$B" "$ID"
		[ "$ST" = 0 ] || says EMFILE
		nothing_left || die "$n descriptors, left: $(leftovers)"
	done
}

read_only_root() {
	peers_differ "not held to this"
	bundle
	mkdir -p "$T/ro"
	cap unshare -m sh -c 'mount -t tmpfs -o ro none "$1" && "$2" --root "$1" delete --force x' - "$T/ro" "$RUNTIME"
	ok
	cap unshare -m sh -c 'mount -t tmpfs -o ro none "$1" && "$2" --root "$1" create --bundle "$3" x' - "$T/ro" "$RUNTIME" "$B"
	bad
	says EROFS
}

small_root() {
	local size
	peers_differ "not held to this"
	bundle
	args true
	mkdir -p "$T/small"
	for size in 4k 8k 12k 16k 64k; do
		cap unshare -m sh -c 'mount -t tmpfs -o size=$4 none "$1" && { "$2" --root "$1" $DRIVER run --bundle "$3" x; s=$?; ls "$1"; exit $s; }' \
			- "$T/small" "$RUNTIME" "$B" $size
		[ "$ST" = 0 ] || says ENOSPC
		is "$OUT" "" "left with $size"
	done
}

hook_daemon() {
	peers_differ "waits for the end of the output"
	bundle
	args true
	hook prestart 'sleep 5 & exit 0'
	SECONDS=0
	cap rt run --bundle "$B" "$ID"
	ok
	at_most 3
	pkill_orphans
}
pkill_orphans() { local p; for p in $(orphans); do kill -KILL "$p" 2>/dev/null || true; done; }

hook_flood() {
	peers_differ "takes it all, or leaves the hook behind"
	bundle
	args true
	hook prestart 'yes' 1
	SECONDS=0
	cap rt run --bundle "$B" "$ID"
	bad
	at_most 5
}

hook_output_end() {
	peers_differ "keep other parts of the output"
	bundle
	args true
	hook createRuntime 'yes | head -c 100000; echo the end; exit 3'
	cap rt run --bundle "$B" "$ID"
	bad
	says 'exit status 3, output: .*the end'
	hook createContainer 'echo "the end"; exit 3'
	config 'del(.hooks.createRuntime)'
	cap rt run --bundle "$B" "$ID"
	bad
	says 'output: the end$'
}

foreign_pid_file() {
	peers_differ "not held to this"
	bundle
	args true
	echo mine >"$B/pid"
	hook createRuntime 'exit 1'
	create --pid-file "$B/pid"
	bad
	is "$(cat "$B/pid")" mine
}

list_is_whole() {
	local n
	peers_differ "not held to this"
	bundle
	sleeper
	for n in 4 5 6 7; do
		cap prlimit --nofile=$n:$n "${RT[@]}" list
		[ "$ST" != 0 ] || like "$OUT" "$ID" "list with $n descriptors"
	done
}

# --- not root ------------------------------------------------------------------------------------

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

rootless_exec() {
	user_bundle
	args sleep 30
	cap as_user create --bundle "$B" "$ID"
	ok
	cap as_user exec "$ID" sh -c 'id -u; cat /proc/self/uid_map | tr -s " "; readlink /proc/self/ns/mnt'
	ok
	like "$OUT" "^0
 0 $U 1"
	is "$(tail -n 1 <<<"$OUT")" "$(readlink "/proc/$(as_user state "$ID" | jq .pid)/ns/mnt")"
	cap as_user start "$ID"
	ok
	cap as_user exec --env A=b --cwd /tmp "$ID" sh -c 'echo $A; pwd; exit 6'
	is "$ST" 6
	is "$OUT" $'b\n/tmp'
	cap as_user delete --force "$ID"
	ok
}

# who asks for limits or a place gets them or an error
rootless_cgroups() {
	user_bundle
	args true
	config '.linux.resources.pids={limit:50}'
	cap as_user run --bundle "$B" "$ID"
	bad
	config 'del(.linux.resources)|.linux.cgroupsPath="/'"$ID"'"'
	cap as_user run --bundle "$B" "$ID"
	bad
	says "create cgroup .*(EACCES|EPERM|EROFS)"
	config 'del(.linux.cgroupsPath)'
	cap as_user --rootless=false run --bundle "$B" "$ID"
	bad
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

# no answer is better than "stopped": an engine would clean up under a container that runs
# without_proc COMMAND...: one that can tell the process without /proc does its work, the others name it
without_proc() {
	cap unshare -m sh -c 'umount -l /proc && exec "$@"' - "${RT[@]}" "$@"
	[ "$ST" = 0 ] || like "$ERR" '/proc|not stopped: running'
}

no_proc() {
	local command
	peers_differ "take it for stopped"
	bundle
	sleeper
	without_proc state "$ID"
	unlike "$OUT" stopped
	for command in "kill $ID 0" "exec $ID true" "delete $ID"; do
		without_proc $command
		is "$(status_of)" running "status after $command"
	done
}

# no_cgroups HIDE DELETE...: where no cgroup file system can be seen, nobody can say that a container's cgroups are gone
no_cgroups() {
	local hide=$1
	shift
	peers_differ "take them for removed"
	bundle
	sleeper
	rt kill "$ID" KILL
	wait_status stopped
	cap unshare --mount --propagation private sh -c "$hide"' && exec "$@"' - "${RT[@]}" "$@" "$ID"
	bad
	says "is not mounted here"
	is "$(status_of)" stopped
	cap rt delete "$ID"
	ok
	[ -z "$(our_cgroups)" ] || die "left: $(our_cgroups)"
}

# removed_cgroups DELETE...: systemd, or an administrator, was faster
removed_cgroups() {
	local d
	bundle
	sleeper
	rt kill "$ID" KILL
	wait_status stopped
	for d in $(our_cgroups); do within 5 eval "[ ! -e '$d' ] || rmdir '$d'"; done
	cap rt "$@" "$ID"
	ok
}

# --- a whole life under one condition ------------------------------------------------------------

# as_caller SCRIPT CMD...: CMD after the script, in a shell and a mount namespace of its own
as_caller() {
	local script=$1
	shift
	unshare --mount --propagation private bash -c "$script"' && exec "$@"' - "$@" </dev/null
}

# life SCRIPT: for the caller that SCRIPT makes of us everything is as for any other
life() {
	local pid
	[ -z "${LIVE_SYSTEMD:-}" ] || skip "callers are the same for every cgroup driver"
	[[ $1 != trap* ]] || peer_differs runc "exec and create hand ignored signals on"
	[[ $1 != *'&-'* ]] || peer_differs crun "1.8 fails at the closed descriptors, 1.29 ends with SIGSEGV"
	bundle
	args sleep 60
	config '.process.user.umask=18|.process.rlimits=[{type:"RLIMIT_STACK",soft:8388608,hard:8388608}]'
	with() { cap as_caller "$1" "${RT[@]}" "${@:2}"; }
	with "$1" create --bundle "$B" "$ID"
	ok
	is "$(find "$ROOT" -perm /022 \( -type f -o -type d \))" "" "what others may write"
	with "$1" state "$ID"
	[[ $1 == *'>&-'* ]] || { ok; like "$OUT" '"status": "created"'; }
	with "$1" start "$ID"
	ok
	pid=$(pid_of)
	within 5 grep -q '^sleep$' "/proc/$pid/comm" || die "the program does not run"
	is "$(awk '/^SigBlk|^SigIgn/ {print $2}' "/proc/$pid/status" | sort -u)" 0000000000000000 "signals"
	is "$(awk '/^Umask/ {print $2}' "/proc/$pid/status")" 0022 "umask"
	is "$(awk '/^Max stack size/ {print $4}' "/proc/$pid/limits")" 8388608 "stack"
	with "$1" exec "$ID" true
	ok
	with "$1" exec "$ID" sh -c 'exit 7'
	is "$ST" 7 "the status of an exec"
	with "$1" list -q
	[[ $1 == *'>&-'* ]] || is "$OUT" "$ID"
	with "$1" kill "$ID" KILL
	ok
	wait_status stopped
	with "$1" delete "$ID"
	ok
	nothing_left || die "left: $(leftovers)"
	# and in one go
	sh_args 'exit 7'
	with "$1" run --bundle "$B" "$ID"
	is "$ST" 7 "the status of a run"
}
while IFS='|' read -r what script; do
	t "a caller with $what: a whole life" life "$script"
done <<-'EOT'
	no condition|true
	umask 0|umask 0
	umask 0777|umask 0777
	a stack of 128 KiB|ulimit -S -s 128
	64 descriptors|ulimit -n 64
	no locked memory|ulimit -l 0
	no pending signals|ulimit -i 0
	no message queues|ulimit -q 0
	core files|ulimit -c unlimited
	a closed stdin|exec <&-
	a closed stdout|exec >&-
	closed stdin, stdout and stderr|exec <&- >&- 2>&-
	200 open descriptors|for i in {20..220}; do eval "exec $i</dev/zero"; done
	a directory that was deleted|mkdir "$0d" 2>/dev/null; d=$(mktemp -d) && cd "$d" && rmdir "$d"
	no environment|for v in $(compgen -e); do unset "$v"; done
	a TMPDIR that is not there|export TMPDIR=/nowhere XDG_RUNTIME_DIR=/nowhere HOME=/nowhere
	PATH of garbage|export PATH=::/nowhere:/etc/passwd
	locales of garbage|export LC_ALL=xx_YY.UTF-9 LANG=$'\377' LANGUAGE=:
	signals ignored|trap "" HUP INT QUIT PIPE ALRM TERM USR1 USR2 TSTP TTIN TTOU WINCH
	the lowest priority|renice -n 19 $$ >/dev/null
	an OOM score of 1000|echo 1000 >/proc/self/oom_score_adj
	a session of its own|true
	an empty /run|mount -t tmpfs none /run
	a read-only /run and /var|mount -t tmpfs -o ro none /run && mount -t tmpfs -o ro none /var
	an empty /etc|mount -t tmpfs none /etc
	an empty /dev/shm|mount -t tmpfs -o ro none /dev/shm
	/proc with hidepid=2|mount -t proc -o hidepid=2 proc /proc
	all mounts shared|mount --make-rshared /
EOT

t "delete where no cgroups are mounted" no_cgroups 'umount -l /sys/fs/cgroup' delete
t "delete --force where no cgroups are mounted" no_cgroups 'umount -l /sys/fs/cgroup' delete --force
t "delete where cgroups are hidden under another mount" no_cgroups 'mount -t tmpfs none /sys/fs/cgroup' delete
t "delete of a container whose cgroups are gone" removed_cgroups delete
t "delete --force of a container whose cgroups are gone" removed_cgroups delete --force
t "SIGCHLD ignored by the caller" sigchld_ignored
t "SIGCHLD ignored by the caller: a hook's end is known" sigchld_ignored_hook
t "a limit on the size of files" file_size_limit
t "few descriptors: an error, and nothing left" few_descriptors
t "few descriptors: list shows all, or fails" list_is_whole
t "--root on a read-only file system" read_only_root
t "--root on a full file system" small_root
t "a hook's child that keeps its output open" hook_daemon
t "a hook that writes without end" hook_flood
t "the end of a hook's output is in the error" hook_output_end
t "a pid file that was there stays after a failed create" foreign_pid_file
t "not root: run" rootless_run
t "not root: create, state, start, list, kill, delete" rootless_life
t "a user runs exec, in a created and in a running container" rootless_exec
t "not root: cgroups are forgiven when nothing is asked" rootless_cgroups
t "not root: ranges of /etc/subuid" rootless_ranges
t "without /proc nothing is said to have stopped" no_proc
finish
