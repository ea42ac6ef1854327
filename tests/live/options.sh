#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Options of create and run that are not about the box itself.
. "$(dirname "$0")/../lib/live.sh"

pid_file() {
	bundle
	args sleep 60
	must_create --pid-file "$B/pid"
	is "$(cat "$B/pid")" "$(pid_of)"
	is "$(wc -l <"$B/pid")" 0 "no newline"
	is "$(find "$B" -maxdepth 1 -name '.pid*')" "" "no temporary file"
}

pid_file_replaced() {
	# CRI-O makes the file before; whoever holds the old file open must not see half a number
	bundle
	echo old >"$B/pid"
	local before
	before=$(stat -c %i "$B/pid")
	peer_differs crun "writes into the file"
	must_create --pid-file "$B/pid"
	is "$(cat "$B/pid")" "$(pid_of)"
	[ "$(stat -c %i "$B/pid")" != "$before" ] || die "the same inode: not renamed"
}

pid_file_run() {
	bundle
	sh_args 'sleep 60'
	cap rt run -d --pid-file "$B/pid" --bundle "$B" "$ID"
	ok
	is "$(cat "$B/pid")" "$(pid_of)"
}

pid_file_foreground() {
	bundle
	mount_add '{"destination":"/tmp","type":"bind","source":"'"$B"'","options":["bind"]}'
	sh_args 'i=0; while [ ! -s /tmp/pid ] && [ $i -lt 50 ]; do sleep 0.1; i=$((i+1)); done; cat /tmp/pid'
	cap rt run --pid-file "$B/pid" --bundle "$B" "$ID"
	ok
	like "$OUT" '^[0-9]+$'
}

pid_file_not_after_failure() {
	bundle
	args no-such-program
	create --pid-file "$B/pid"
	bad
	[ ! -e "$B/pid" ] || die "a pid file after a failed create"
}

pid_file_unwritable() {
	bundle
	create --pid-file "$B/no/such/dir/pid"
	bad
	nothing_left || die "left: $(leftovers)"
}

options_both_styles() {
	bundle
	args sleep 60
	cap rt create -b "$B" --pid-file="$B/pid" "$ID"
	ok
	is "$(cat "$B/pid")" "$(pid_of)"
}

no_new_keyring() {
	# with the default a fresh session keyring, named after the id; with the option the caller's own
	local k=/proc/keys
	[ -e $k ] || skip "this kernel has no keyrings"
	bundle
	config '.linux.maskedPaths=[]'
	sh_args 'cat /proc/keys'
	cap rt run --bundle "$B" "$ID"
	if [ "$KIND" = crun ]; then like "$OUT" "$ID"; else like "$OUT" "_ses\.$ID"; fi
	bundle
	config '.linux.maskedPaths=[]'
	sh_args 'cat /proc/keys'
	cap rt run --no-new-keyring --bundle "$B" "$ID"
	unlike "$OUT" "$ID"
}

no_pivot() {
	bundle
	sh_args 'ls / && ls /proc/1/exe >/dev/null && cat /proc/self/mountinfo | wc -l'
	cap rt run --no-pivot --bundle "$B" "$ID"
	ok
	like "$OUT" home
	unlike "$OUT" "$(basename "$T")"
	args cat /etc/passwd
	cap rt run --no-pivot --bundle "$B" "$ID"
	ok
	like "$OUT" '^root:x:0:0:root:/root:/bin/sh'
	nothing_left || die "left: $(leftovers)"
}

# the parent of what loses its parent in a container without a pid namespace of its own
orphans_parent() {
	bundle
	ns_drop pid
	sh_args "(sh -c 'sleep 0.3; sed -n \"s/^PPid:.//p\" /proc/\$\$/status >/tmp/parent' &) ; sleep 1"
	"${RT[@]}" run "$@" --bundle "$B" "$ID" &
	RUN=$!
	wait $RUN
	PARENT=$(cat "$B/rootfs/tmp/parent")
}

subreaper() {
	peer_differs crun "is no subreaper in the foreground"
	orphans_parent
	is "$PARENT" "$RUN"
}

no_subreaper() {
	peer_differs crun "is a subreaper or not as it likes"
	orphans_parent --no-subreaper
	unlike "$PARENT" "^$RUN\$"
	[ "$KIND" = runc ] && return # it takes it with run only
	bundle
	must_create --no-subreaper
}

debug_works() {
	bundle
	sh_args 'echo fine'
	cap rt --debug run --bundle "$B" "$ID"
	ok
	is "$OUT" fine
}

debug_tells() {
	peers_differ "tell other things"
	bundle
	args true
	cap rt --debug --log "$B/log" --log-format json run --bundle "$B" "$ID"
	ok
	is "$OUT$ERR" ""
	is "$(jq -rs 'map(.level)|unique|.[]' "$B/log")" debug
	like "$(jq -r .msg "$B/log")" 'cgroup'
	like "$(jq -r .msg "$B/log")" "remove container \"$ID\""
	cap rt --log-level info --log "$B/info" run --bundle "$B" "$ID"
	ok
	[ ! -s "$B/info" ] || die "at info: $(cat "$B/info")"
}

config_file() {
	peer_differs runc "has none"
	bundle
	args echo from-file
	mv "$B/config.json" "$B/other.json"
	cap bash -c 'cd "$1" && shift && exec "$@"' - "$B" "${RT[@]}" run --config other.json --bundle "$B" "$ID"
	ok
	is "$OUT" from-file
	cap rt run -f "$B/other.json" --bundle "$B" "$ID"
	ok
	cap rt create --config "$B/none.json" --bundle "$B" "$ID"
	bad
	says 'none.json'
	nothing_left || die "left: $(leftovers)"
	echo '{"ociVersion":' >"$B/wrong.json"
	cap rt create --config "$B/wrong.json" --bundle "$B" "$ID"
	bad
	says 'wrong.json:[0-9]+:[0-9]+'
}

root_equals() {
	bundle
	args sleep 60
	cap timeout 20 "$RUNTIME" --root="$ROOT" $DRIVER create --bundle="$B" "$ID"
	ok
	is "$(status_of)" created
}

root_is_private() {
	bundle
	must_create
	is "$(stat -c %a "$ROOT")" 700
}

annotations() {
	bundle
	config '.annotations={"org.example/very.long":"'"$(head -c 5000 /dev/zero | tr '\0' x)"'","empty":"","u":"é\"\\\n"}'
	must_create
	is "$(state | jq -r '.annotations["org.example/very.long"] | length')" 5000
	is "$(state | jq -c '.annotations.u')" '"é\"\\\n"'
	cap rt start "$ID"
	ok
}

t "--pid-file: the pid, no newline" pid_file
t "--pid-file replaces the file by renaming" pid_file_replaced
t "--pid-file of run -d" pid_file_run
t "--pid-file of run" pid_file_foreground
t "no pid file after a failed create" pid_file_not_after_failure
t "a pid file that cannot be written fails create" pid_file_unwritable
t "-b DIR and --opt=value" options_both_styles
t "a session keyring unless --no-new-keyring" no_new_keyring
t "--no-pivot" no_pivot
t "run is the parent of orphans" subreaper
t "--no-subreaper: it is not" no_subreaper
t "--debug does not disturb" debug_works
t "--debug tells the steps" debug_tells
t "--config FILE" config_file
t "--root=DIR" root_equals
t "the root folder is private" root_is_private
t "annotations pass through unharmed" annotations
finish
