#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Names of every kind with control characters in them: nothing that hezi prints drives a terminal or fakes a line.
. "$(dirname "$0")/../lib/live.sh"

ESC=$'\e[31m\e]0;x\a\xc2\x9b31m\x7f\b\r\nFAKED \xe2\x80\xae'
BYTES=$'\xff\xfe\x9b31m' # no UTF-8
# shows: the last command's output is harmless, and (so that the test judges something) has the name in some form
harmless() { python3 "$LIB/hostile-text.py" check "$T/out" "$T/err" || die "not harmless"; }
shows() { harmless; like "$OUT$ERR" "FAKED"; }

# each string and key of a large configuration, in explain and its errors
every_string() {
	peers_differ "print names as they are"
	[ -z "${LIVE_SYSTEMD:-}" ] || skip "no cgroup is made, so one setting is enough"
	mkdir -p "$T/strings/rootfs"
	python3 "$LIB/hostile-text.py" strings "$LIB/../plan/bundles/$1/config.json" "$T/strings" \
		"$RUNTIME" --root "$T/no-root" ${2:-} explain --bundle "$T/strings" ${3:-} ${4:-} >"$T/log2" 2>&1 || die "$(head -n 20 "$T/log2")"
}

# a bundle whose name is hostile: ARGS run, then list and state
bundle_name() {
	local name
	peers_differ "print names as they are"
	for name in "$ESC" "é$BYTES"; do
		bundle
		mv "$B" "$B$name"
		B=$B$name
		args sleep 60
		cap rt create --bundle "$B" "$ID"
		harmless
		[[ $name == *$'\xff'* ]] || ok
		for c in "list" "list -f json" "state $ID" "ps $ID" "start $ID" "events --stats $ID" "kill $ID KILL" "delete --force $ID"; do
			cap rt $c
			harmless
			[[ $c != list ]] || is "$(grep -c "$ID" "$T/out")" "$([ "$name" = "$ESC" ] && echo 1 || grep -c "$ID" "$T/out")"
			[[ $c != state* ]] || [ "$name" != "$ESC" ] || [ "$(jq -r .bundle <<<"$OUT")" = "$B" ] || die "another bundle: $OUT"
		done
	done
}

# columns stay below each other, whatever is in them
columns() {
	peers_differ "print names as they are"
	bundle
	mv "$B" "$B$ESC"
	B=$B$ESC
	args sleep 60
	must_create
	cap rt list
	ok
	harmless
	LC_ALL=C awk 'NR == 1 {at = index($0, "CREATED")} NR == 2 {exit substr($0, at, 3) !~ /^20[0-9]/}' "$T/out" || die "columns differ"
}

# command lines: the name as each operand and option
arguments() {
	local name
	peers_differ "print names as they are"
	bundle
	sleeper
	for name in "$ESC" "$BYTES"; do
		while read -r line; do
			eval "cap rt $line"
			harmless
		done <<-'END'
			"$name"
			"--$name"
			"--root=$T/$name" list
			"--log-format=$name" list
			"--log-level=$name" list
			"--log=/nowhere/$name" list
			"--cgroup-manager=$name" list
			"--rootless=$name" list
			"--criu=$name" list
			list "--format=$name"
			list "--$name"
			state "$name"
			create --bundle "$B" "$name"
			create --bundle "$name" new
			create --bundle "$B" --pid-file "/nowhere/$name" new
			create --bundle "$B" --console-socket "/nowhere/$name" new
			create --bundle "$B" --preserve-fds "$name" new
			run --bundle "$B" "$name"
			kill "$ID" "$name"
			kill "$name" TERM
			delete "$name"
			delete --force "$name"
			start "$name"
			pause "$name"
			resume "$name"
			ps "$name"
			ps "$ID" "$name"
			ps --format "$name" "$ID"
			events --stats "$name"
			events --interval "$name" "$ID"
			stats "$name"
			update --memory "$name" "$ID"
			update --cpuset-cpus "$name" "$ID"
			update --resources "/nowhere/$name" "$ID"
			exec "$name" true
			exec "$ID" "$name"
			exec "$ID" "/$name"
			exec --cwd "/$name" "$ID" true
			exec --user "$name" "$ID" true
			exec --env "$name" "$ID" true
			exec --cap "$name" "$ID" true
			exec --process "/nowhere/$name" "$ID"
			exec --apparmor "$name" "$ID" true
			exec --process-label "$name" "$ID" true
			exec --cgroup "$name" "$ID" true
			checkpoint --image-path "/nowhere/$name" "$ID"
			restore --image-path "/nowhere/$name" --bundle "$B" new
			spec --bundle "/nowhere/$name"
			explain --bundle "/nowhere/$name"
			explain --bundle "$B" "$name"
			completion "$name"
			help "$name"
		END
	done
}

# what is in the container: the program, its directory, a mount's source and target, a hook and its output
failures() {
	peers_differ "print names as they are"
	bundle
	config --arg x "$ESC" "$1"
	cap rt create --bundle "$B" "$ID"
	[ "$ST" != 0 ] || cap rt start "$ID"
	bad
	shows
	cap rt delete --force "$ID"
	: >"$T/log-file" >"$T/log-json"
	chmod 666 "$T"/log-* # the runtime may be a user's
	cap rt --log "$T/log-file" create --bundle "$B" "$ID"
	[ "$ST" != 0 ] || cap rt --log "$T/log-file" start "$ID"
	cap rt delete --force "$ID"
	cap rt --log "$T/log-json" --log-format json create --bundle "$B" "$ID"
	[ "$ST" != 0 ] || cap rt --log "$T/log-json" --log-format json start "$ID"
	jq -e . <"$T/log-json" >/dev/null || die "no JSON: $(cat "$T/log-json")"
	cp "$T/log-file" "$T/out"
	cp "$T/log-json" "$T/err"
	harmless
	[ ! -s "$T/log-file" ] || is "$(grep -vc '^time="' "$T/log-file")" 0 # no line of the log is another's
}

# a directory beside the states, and a record with such names in it
state_names() {
	peers_differ "has files of its own"
	bundle
	sleeper
	mkdir -m 700 "$ROOT/$ESC" "$ROOT/$BYTES" "$ROOT/damaged"
	jq --arg x "$ESC" '.bundle=$x|.created=$x|.annotations={($x):$x}|del(.pid,.startTime)' "$ROOT/$ID/record.json" >"$ROOT/damaged/record.json"
	[ -z "${LIVE_USER:-}" ] || chown -R $USER_ID "$ROOT/damaged"
	for c in "list" "list -q" "list -f json" "state damaged" "ps damaged" "start damaged"; do
		cap rt $c
		harmless
	done
	cap rt list
	shows
	rm -r "$ROOT/$ESC" "$ROOT/$BYTES" "$ROOT/damaged"
}

t "each string of a configuration, in explain" every_string docker-default
t "each string of a configuration with the systemd driver, in explain as JSON" every_string podman-hooks --systemd-cgroup --format json
t "each string of a configuration, with messages in JSON" every_string hand-hugepages --log-format=json
t "the name of a bundle" bundle_name
t "columns of list" columns
t "operands and options of each command" arguments
t "the program" failures '.process.args=[$x]'
t "the working directory" failures '.process.cwd="/etc/passwd/"+$x|.process.user={uid:1000,gid:1000}|.root.readonly=true'
t "the root" failures '.root.path=$x'
t "the source of a mount" failures '.mounts+=[{destination:"/mnt",type:"bind",source:("/nowhere/"+$x),options:["bind"]}]'
t "an option of a mount" failures '.mounts+=[{destination:"/mnt",type:"tmpfs",source:"t",options:[$x]}]'
t "the path of a hook" failures '.hooks.createRuntime=[{path:("/nowhere/"+$x)}]'
t "the output of a hook" failures '.hooks.createRuntime=[{path:"/bin/sh",args:["sh","-c","echo \"$1\" >&2; exit 3","sh",$x]}]'
t "the names of state directories and of what is in records" state_names
finish
