#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The command line: parser, help, version, spec, logs.
. "$(dirname "$0")/../lib/live.sh"

COMMANDS="create start state kill delete run list spec"
[ "$KIND" != hezi ] || COMMANDS="$COMMANDS explain"

commit_known() { grep -q '^commit: ' <<<"$OUT" || peer_differs runc "built without a commit"; }
version() {
	local opt
	for opt in --version -v; do
		cap "$RUNTIME" $opt
		ok
		like "$(sed -n 1p <<<"$OUT")" "^$KIND version [0-9]+\.[0-9]+\.[0-9]+[^ ]*$"
		commit_known
		like "$(sed -n 2p <<<"$OUT")" '^commit: '
		like "$(grep ^spec: <<<"$OUT")" '^spec: [0-9]+\.[0-9]+\.[0-9]+'
		is "$ERR" ""
	done
}

version_as_runc() {
	peers_differ "their names are their own"
	ln -s "$RUNTIME" "$T/runc"
	cap "$T/runc" --version
	ok
	like "$(sed -n 1p <<<"$OUT")" '^runc version [0-9]+\.[0-9]+\.[0-9]+\+hezi-[0-9]+\.[0-9]+\.[0-9]+$'
	rm "$T/runc"
}

version_lines() {
	peer_differs crun "has rundir before spec"
	cap "$RUNTIME" --version
	commit_known
	like "$(sed -n 3p <<<"$OUT")" '^spec: '
}

called_runc() {
	# under the name of runc, help speaks of runc
	peer_differs crun "argp has no -h"
	ln -s "$RUNTIME" "$T/runc"
	cap "$T/runc" create -h
	ok
	like "$(sed -n 2p <<<"$OUT")" '^   runc create - '
	cap "$T/runc" --help
	ok
	like "$(sed -n 2p <<<"$OUT")" 'runc - Open Container Initiative runtime'
}
help_everywhere() {
	local c
	cap "$RUNTIME" --help
	ok
	[ -n "$OUT" ] || die "no help"
	for c in $COMMANDS; do
		cap "$RUNTIME" $c --help
		ok
		[ -n "$OUT" ] || die "no help for $c"
		is "$ERR" "" "$c --help on stderr"
	done
}

help_form() {
	local c
	peer_differs crun "argp's form"
	for c in $COMMANDS; do
		cap "$RUNTIME" $c -h
		ok
		is "$(sed -n 1p <<<"$OUT")" "NAME:"
		like "$(sed -n 2p <<<"$OUT")" "^   $KIND $c - "
	done
}

no_command() {
	peer_differs crun "fails"
	cap "$RUNTIME"
	ok
	like "$OUT" NAME
}

unknown_command() {
	peer_differs crun "1"
	cap "$RUNTIME" nonsense
	is "$ST" 3
	like "$ERR" "No help topic for 'nonsense'"
}

unknown_option() {
	local c
	cap "$RUNTIME" --nonsense list
	bad
	for c in $COMMANDS; do
		cap rt $c --nonsense x
		bad
	done
	nothing_left || die "left: $(leftovers)"
}

wrong_count() {
	peer_differs crun "words of its own"
	cap rt state
	bad
	like "$OUT" '^Incorrect Usage'
	says '"state" requires exactly 1 argument'
	cap rt state a b
	bad
	says '"state" requires exactly 1 argument'
	cap rt create
	bad
	says '"create" requires exactly 1 argument'
	cap rt kill
	bad
	says '"kill" requires a minimum of 1 argument'
	cap rt kill a TERM c
	bad
	says '"kill" requires a maximum of 2 argument'
}

needs_argument() {
	peer_differs crun "argp's words"
	cap rt create --bundle
	bad
	like "$OUT$ERR" 'flag needs an argument'
	cap "$RUNTIME" --root
	bad
	like "$OUT$ERR" 'flag needs an argument'
}

single_dash() {
	peer_differs crun "argp has no single dash"
	bundle
	args sleep 60
	cap timeout 20 "$RUNTIME" -root "$ROOT" create -bundle "$B" -pid-file="$B/pid" "$ID"
	ok
	is "$(cat "$B/pid")" "$(pid_of)"
	cap timeout 20 "$RUNTIME" -root="$ROOT" delete -force "$ID"
	ok
	is "$(our_states)" ""
}

after_operands() {
	peer_differs crun "options come first"
	bundle
	args sleep 60
	cap rt create "$ID" --bundle "$B" --pid-file "$B/pid"
	ok
	is "$(cat "$B/pid")" "$(pid_of)"
	cap rt delete "$ID" --force
	ok
	is "$(our_states)" ""
}

# global options are taken behind the command too, before and after the id, as runc does
global_behind() {
	local line
	peer_differs crun "argp has none"
	old_peer runc "1.1 takes them before the command only"
	bundle
	args sleep 60
	must_create
	for line in "state --root $ROOT $ID" "state $ID --root=$ROOT" "--root /nowhere state $ID -root $ROOT" "kill --root $ROOT $ID 0"; do
		cap timeout 20 "$RUNTIME" $line
		ok
	done
	cap timeout 20 "$RUNTIME" --log "$B/one" state --root "$ROOT" --log "$B/two" --log-format json "$ID-none"
	bad
	is "$(jq -r .level "$B/two")" error
	cap timeout 20 "$RUNTIME" --root "$ROOT" state --log-format nonsense "$ID"
	bad
	# what the command runs has options of its own
	cap rt start "$ID"
	cap rt exec "$ID" echo --root /x
	is "$OUT" "--root /x"
}

# "--" right behind the id, where the command takes words of others
dashes_behind_id() {
	peer_differs crun "takes them for words"
	old_peer runc "1.1 passes -- on to ps(1)"
	bundle
	sleeper
	cap rt kill "$ID" -- 0
	ok
	cap rt kill -- "$ID" 0
	ok
	cap rt kill "$ID" ''
	ok
	cap rt ps "$ID" -- -o pid
	ok
	like "$OUT" PID
	cap rt state "$ID" --
	ok
	cap rt state -- "$ID"
	ok
}

boolean_values() {
	peer_differs crun "argp has none"
	bundle
	args sleep 60
	must_create
	rt start "$ID"
	cap rt delete --force=false "$ID"
	bad
	is "$(status_of)" running
	cap rt delete --force=0 "$ID"
	bad
	cap rt delete --force=nonsense "$ID"
	bad
	is "$(status_of)" running
	cap rt delete --force=true "$ID"
	ok
	cap rt --debug=false list
	ok
	cap rt --debug=f list -q=1
	ok
}

kill_keeps_dashes() {
	# after kill's first operand nothing is an option
	peers_differ "reads on; newer runc stops"
	bundle
	sleeper
	cap rt kill "$ID" --all
	bad
	is "$(status_of)" running
}

double_dash() {
	bundle
	must_create
	cap rt state -- "$ID"
	ok
	cap rt delete --force -- "$ID"
	ok
}

version_option_wins() {
	cap rt list --help
	ok
	[ ! -e "$ROOT/help" ] || die "ran"
}

# --- spec -------------------------------------------------------------------------------------------

spec_file() {
	local c=$T/spec
	mkdir -p "$c"
	rm -f "$c/config.json"
	cap bash -c 'cd "$1" && "$2" spec' - "$c" "$RUNTIME"
	ok
	is "$OUT$ERR" ""
	jq -e . "$c/config.json" >/dev/null || die "no JSON"
	cap bash -c 'cd "$1" && "$2" spec' - "$c" "$RUNTIME"
	bad
	says 'File config.json exists. Remove it first'
}

spec_content() {
	local c=$T/spec/config.json
	mkdir -p "$T/spec"
	rm -f "$c"
	cap "$RUNTIME" spec --bundle "$T/spec"
	ok
	is "$(jq -c '.process.args' "$c")" '["sh"]'
	is "$(jq -c '.process.terminal,.process.cwd,.process.noNewPrivileges,.root.path,.root.readonly' "$c" | tr '\n' ' ')" \
		'true "/" true "rootfs" true '
	is "$(jq -cS '.process.capabilities|map_values(sort)|keys' "$c" | grep -c bounding)" 1
	is "$(jq -c '[.linux.namespaces[].type]|sort' "$c" | sed 's/"cgroup",//')" '["ipc","mount","network","pid","uts"]'
	is "$(jq -c '[.mounts[].destination]' "$c")" \
		'["/proc","/dev","/dev/pts","/dev/shm","/dev/mqueue","/sys","/sys/fs/cgroup"]'
	like "$(jq -c '.process.env' "$c")" 'PATH=.*TERM=xterm'
	is "$(jq -c '.process.rlimits|map(.type)' "$c")" '["RLIMIT_NOFILE"]'
	like "$(jq -c '.linux.maskedPaths' "$c")" '/proc/kcore'
	like "$(jq -c '.linux.readonlyPaths' "$c")" '/proc/sys'
	like "$(jq -r '.ociVersion' "$c")" '^1\.'
}

spec_exact() {
	local c=$T/spec/config.json
	peers_differ "older defaults"
	mkdir -p "$T/spec"
	rm -f "$c"
	cap "$RUNTIME" spec -b "$T/spec"
	ok
	is "$(jq -cS '.process.capabilities' "$c")" '{"bounding":["CAP_AUDIT_WRITE","CAP_KILL","CAP_NET_BIND_SERVICE"],"effective":["CAP_AUDIT_WRITE","CAP_KILL","CAP_NET_BIND_SERVICE"],"permitted":["CAP_AUDIT_WRITE","CAP_KILL","CAP_NET_BIND_SERVICE"]}'
	is "$(jq -cS '.process.rlimits' "$c")" '[{"hard":1024,"soft":1024,"type":"RLIMIT_NOFILE"}]'
	is "$(jq -cS '.linux.resources' "$c")" '{"devices":[{"access":"rwm","allow":false}]}'
	is "$(jq -c '.linux.maskedPaths' "$c")" '["/proc/acpi","/proc/asound","/proc/kcore","/proc/keys","/proc/latency_stats","/proc/timer_list","/proc/timer_stats","/proc/sched_debug","/proc/scsi","/sys/firmware"]'
	is "$(jq -c '.linux.readonlyPaths' "$c")" '["/proc/bus","/proc/fs","/proc/irq","/proc/sys","/proc/sysrq-trigger"]'
	is "$(jq -c '.mounts[]|select(.destination=="/sys/fs/cgroup").options' "$c")" '["nosuid","noexec","nodev","relatime","ro"]'
	like "$(sed -n 2p "$c")" $'^\t"ociVersion"' "tab indented"
}

spec_rootless() {
	peer_differs crun "another template"
	local c=$T/spec/config.json
	mkdir -p "$T/spec"
	rm -f "$c"
	cap bash -c 'cd "$1" && "$2" spec --rootless' - "$T/spec" "$RUNTIME"
	ok
	like "$(jq -c '[.linux.namespaces[].type]|sort' "$c")" '"user"'
	unlike "$(jq -c '[.linux.namespaces[].type]' "$c")" network
	is "$(jq -c '.linux.uidMappings' "$c" | tr -d ' ')" '[{"containerID":0,"hostID":0,"size":1}]'
	is "$(jq -c '.linux.gidMappings' "$c")" '[{"containerID":0,"hostID":0,"size":1}]'
	is "$(jq -c '.mounts[]|select(.destination=="/dev/pts").options|map(select(test("^(uid|gid)=")))' "$c")" '[]'
	is "$(jq -c '.linux.resources' "$c")" null
	like "$(jq -c '.mounts[]|select(.destination=="/sys")' "$c")" 'rbind'
}

spec_runs() {
	bundle
	rm "$B/config.json"
	cap "$RUNTIME" spec --bundle "$B"
	ok
	config --arg p "$CGROUP_PREFIX$ID" '.process.terminal=false | .process.args=["sh","-c","echo from spec; touch /x"] | .linux.cgroupsPath=$p'
	cap rt run --bundle "$B" "$ID"
	is "$OUT" "from spec"
	is "$ST" 1 "the root is read-only"
}

# --- logs -------------------------------------------------------------------------------------------

log_json() {
	bundle
	args no-such-program
	cap rt --log "$B/log" --log-format json create --bundle "$B" "$ID"
	bad
	is "$(wc -l <"$B/log")" 1 "lines in the log: $(cat "$B/log")"
	is "$(jq -r .level "$B/log")" error
	like "$(jq -r .time "$B/log")" '^20[0-9][0-9]-[0-9][0-9]-[0-9][0-9]T'
	if [ "$KIND" != crun ]; then
		like "$(jq -r .msg "$B/log")" 'exec: "no-such-program": executable file not found in \$PATH'
		like "$ERR" 'exec: "no-such-program": executable file not found in \$PATH' "also on stderr"
		unlike "$ERR" 'level=|"level"' "plain on stderr"
	fi
	[ -n "$ERR" ] || die "nothing on stderr"
}

log_nothing_on_success() {
	bundle
	args true
	peer_differs crun "warns about cgroup v1"
	cap rt --log "$B/log" --log-format json run --bundle "$B" "$ID"
	ok
	is "$(cat "$B/log" 2>/dev/null)" ""
}

log_every_command() {
	local c
	for c in state start kill delete; do
		bundle
		cap rt --log "$B/log" --log-format json $c "$ID"
		bad
		is "$(wc -l <"$B/log")" 1 "$c"
		is "$(jq -r .level "$B/log")" error
		says 'does not exist'
	done
}

log_text() {
	peer_differs crun "a form of its own"
	bundle
	cap rt --log "$B/log" state "$ID"
	bad
	like "$(cat "$B/log")" '^time="20[0-9-]+T[0-9:]+(Z|[+-][0-9:]+)" level=error msg=.*does not exist'
	like "$ERR" 'container .*does not exist'
}

log_appends() {
	bundle
	echo before >"$B/log"
	cap rt --log "$B/log" --log-format json state "$ID"
	is "$(head -n 1 "$B/log")" before
	is "$(wc -l <"$B/log")" 2
}

log_mode() {
	peer_differs crun "another mode"
	bundle
	cap rt --log "$B/log" state "$ID"
	is "$(stat -c %a "$B/log")" 644
}

log_bad_format() {
	peer_differs crun "another text"
	cap rt --log-format nonsense list
	bad
	says 'invalid log-format: nonsense' 'nknown log-format|invalid log-format'
}

log_unwritable() {
	peer_differs crun "goes on"
	cap rt --log /no/such/folder/log list
	bad
}

json_on_stderr() {
	bundle
	peer_differs crun "plain text on stderr"
	cap rt --log-format json state "$ID"
	bad
	is "$(jq -r .level <<<"$ERR")" error
	like "$(jq -r .msg <<<"$ERR")" 'container .*does not exist'
}

log_long_message() {
	# messages are not cut, and stay one line of JSON
	local long
	long=$(head -c 3000 /dev/zero | tr '\0' y)
	bundle
	args "no-such-$long"
	cap rt --log "$B/log" --log-format json create --bundle "$B" "$ID"
	bad
	peer_differs crun "cut at 512 bytes"
	like "$(jq -r .msg "$B/log")" "$long"
}

log_hostile_text() {
	bundle
	args $'no-such-"\n\t\x01\\é'
	cap rt --log "$B/log" --log-format json create --bundle "$B" "$ID"
	bad
	is "$(wc -l <"$B/log")" 1
	jq -e .msg "$B/log" >/dev/null || die "no JSON: $(cat "$B/log")"
}

# with_service SOCKET CMD...: CMD in a mount namespace with a /run and /dev of its own, where somebody listens at SOCKET; what came is in
# $T/records
with_service() {
	rm -f "$T/records"
	cap unshare -m bash -c '
		mkdir -p "$T/dev"
		mount -t tmpfs tmpfs "$T/dev" && mknod -m 666 "$T/dev/null" c 1 3 && mount --move "$T/dev" /dev
		mount -t tmpfs tmpfs /run
		mkdir -p "$(dirname "$1")"
		python3 "$LIB/notify-listen.py" "$1" "$T/records" &
		listener=$!
		while [ ! -e "$T/records" ]; do kill -0 $listener || exit 99; sleep 0.02; done
		shift
		"$@"
		st=$?
		for i in 1 2 3 4 5 6 7 8 9 10; do [ -s "$T/records" ] || sleep 0.05; done
		kill $listener
		exit $st' - "$@"
}

log_journald() {
	peer_differs runc "takes it for a file"
	export T LIB
	bundle
	with_service /run/systemd/journal/socket "${RT[@]}" --log journald:my-id state nobody
	bad
	like "$(cat "$T/records")" 'PRIORITY=3'
	like "$(cat "$T/records")" 'MESSAGE=.*nobody.*'
	[ -n "$ERR" ] || die "nothing on stderr"
	peer_differs crun "no identifier, no JSON"
	like "$(cat "$T/records")" '(^| )ID=my-id'
	like "$(cat "$T/records")" 'SYSLOG_IDENTIFIER=my-id'
	like "$(cat "$T/records")" 'MESSAGE=container does not exist: "nobody"'
	with_service /run/systemd/journal/socket "${RT[@]}" --log journald:x --log-format json state nobody
	is "$(sed 's/.* MESSAGE=//' "$T/records" | jq -r .level)" error
}

log_syslog() {
	peer_differs runc "takes it for a file"
	export T LIB
	bundle
	with_service /dev/log "${RT[@]}" --log syslog:my-id state nobody
	bad
	like "$(cat "$T/records")" '^<11>[A-Z][a-z][a-z] [ 0-9][0-9] [0-9:]{8} my-id(\[[0-9]+\])?: .*nobody'
}

log_file_scheme() {
	peer_differs runc "takes it for a file"
	bundle
	cap rt --log "file:$B/log" --log-format json state nobody
	bad
	is "$(jq -r .level "$B/log")" error
	cap rt --log jornald:x state nobody
	bad
	says 'unknown kind of log'
	[ ! -e jornald:x ] || die "a file"
	peer_differs crun "other texts"
	cap rt --log file: state nobody
	bad
	cap rt --log ./a:b state nobody
	[ -s ./a:b ] || die "no file"
	rm -f ./a:b
}

log_no_service() {
	peers_differ "say nothing"
	export T LIB
	cap unshare -m sh -c 'mount -t tmpfs tmpfs /run; exec "$@"' - "${RT[@]}" --log journald:x list
	bad
	says 'log to journald: no such file or directory'
}

debug_lines() {
	peer_differs crun "other words"
	bundle
	args true
	cap rt --debug run --bundle "$B" "$ID"
	ok
	like "$ERR" 'time="[^"]*" level=debug msg="[^"]*nsexec container setup'
	like "$ERR" 'child process in init\(\)'
	like "$ERR" 'init: closing the pipe to signal completion'
	cap rt --debug --log "$B/log" run --bundle "$B" "$ID"
	ok
	is "$ERR" ""
	like "$(cat "$B/log")" 'level=debug msg="[^"]*nsexec container setup'
}

log_levels() {
	peers_differ "have fewer of them"
	bundle
	config '.process.capabilities.bounding+=["CAP_NONSENSE"]'
	args true
	cap rt --log "$B/warnings" --log-format json run --bundle "$B" "$ID"
	ok
	like "$(jq -r .level "$B/warnings")" warning
	cap rt --log "$B/errors" --log-level error run --bundle "$B" "$ID"
	ok
	[ ! -s "$B/errors" ] || die "a warning: $(cat "$B/errors")"
	cap rt --log-level nonsense list
	bad
	says 'invalid log-level: nonsense'
}

t "--version" version
t "--version: order of the lines" version_lines
t "--version of a link that is called runc" version_as_runc
t "--help under the name of runc" called_runc
t "--help of every command" help_everywhere
t "--help: form" help_form
t "no command prints help" no_command
t "an unknown command" unknown_command
t "unknown options" unknown_option
t "a wrong number of operands" wrong_count
t "an option without its value" needs_argument
t "long options with one dash" single_dash
t "options after operands" after_operands
t "values of boolean options" boolean_values
t "kill: no options after the id" kill_keeps_dashes
t "-- ends the options" double_dash
t "--help wins over the command" version_option_wins
t "spec writes config.json, never over one" spec_file
t "spec: content" spec_content
t "spec: content to the letter" spec_exact
t "spec --rootless" spec_rootless
t "spec: the result runs" spec_runs
t "--log json: one object after a failure, plain text on stderr" log_json
t "--log: nothing after success" log_nothing_on_success
t "--log json: one object for every command" log_every_command
t "--log text" log_text
t "--log appends" log_appends
t "--log: mode of the file" log_mode
t "a bad --log-format is refused" log_bad_format
t "a log that cannot be opened is an error" log_unwritable
t "--log-format json without --log" json_on_stderr
t "long messages are whole" log_long_message
t "--log journald:ID" log_journald
t "--log syslog:ID" log_syslog
t "global options behind the command" global_behind
t "-- behind the id" dashes_behind_id
t "--log file:PATH, and unknown kinds" log_file_scheme
t "--log journald:ID where there is none" log_no_service
t "--debug: runc's words, on stderr or in the log" debug_lines
t "--log-level" log_levels
t "hostile text stays one JSON line" log_hostile_text
finish
