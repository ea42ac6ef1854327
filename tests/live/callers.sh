#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Callers that make it hard: signals they ignore, limits they set, descriptors they lack.
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
	bundle
	sh_args 'exit 7'
	cap timeout -k 1 10 python3 -c 'import os, signal, sys
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
os.execv(sys.argv[1], sys.argv[1:])' "$RUNTIME" --root "$ROOT" run --bundle "$B" "$ID"
	is "$ST" 7
}

sigchld_ignored_hook() {
	peer_differs crun "waits for SIGCHLD"
	bundle
	args sleep 30
	hook poststart 'exit 5'
	must_create
	cap ignoring SIGCHLD timeout -k 1 10 "$RUNTIME" --root "$ROOT" start "$ID"
	bad
	says 'exit status 5'
}

file_size_limit() {
	peers_differ "ended by SIGXFSZ, or no limit on what it writes"
	bundle
	cap prlimit --fsize=0 "$RUNTIME" --root "$ROOT" create --bundle "$B" "$ID"
	[ "$ST" = 1 ] || die "expected an error"
	nothing_left || die "left: $(leftovers)"
}

few_descriptors() {
	local n
	peers_differ "not held to this"
	bundle
	args true
	for n in 5 6 7 8 10 12 14 16 18 20 24; do
		cap prlimit --nofile=$n:$n "$RUNTIME" --root "$ROOT" run --bundle "$B" "$ID"
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
		cap unshare -m sh -c 'mount -t tmpfs -o size=$4 none "$1" && { "$2" --root "$1" run --bundle "$3" x; s=$?; ls "$1"; exit $s; }' \
			- "$T/small" "$RUNTIME" "$B" $size
		[ "$ST" = 0 ] || says ENOSPC
		is "$OUT" "" "left with $size"
	done
}

hook_daemon() {
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
		cap prlimit --nofile=$n:$n "$RUNTIME" --root "$ROOT" list
		[ "$ST" != 0 ] || like "$OUT" "$ID" "list with $n descriptors"
	done
}

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
finish
