#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# pause, resume and ps.
. "$(dirname "$0")/../lib/live.sh"

counter() { bundle; mount_add '{"destination":"/out","type":"bind","source":"'"$B"'","options":["bind"]}'; sh_args 'i=0; while :; do i=$((i+1)); echo $i >/out/n.new; mv /out/n.new /out/n; sleep 0.02; done'; must_create; cap rt start "$ID"; ok; within 5 test -e "$B/n" || die "it does not run"; }
stands() { local a; a=$(cat "$B/n"); sleep 0.3; [ "$(cat "$B/n")" = "$a" ]; }

pause_resume() {
	counter
	cap rt pause "$ID"
	ok
	[ -z "$OUT$ERR" ] || die "it prints something"
	is "$(status_of)" paused
	stands || die "it goes on"
	like "$(rt list)" "$ID .*paused"
	cap rt resume "$ID"
	ok
	is "$(status_of)" running
	! stands || die "it does not go on"
}

wrong_states() {
	bundle
	cap rt pause "$ID"
	bad
	says "does not exist"
	sleeper
	cap rt resume "$ID"
	[ "$KIND" = crun ] || { bad; says "container not paused" "not paused"; }
	cap rt pause "$ID"
	ok
	[ "$KIND" != hezi ] || { cap rt pause "$ID"; bad; says "already paused"; }
	cap rt start "$ID"
	bad
	cap rt delete "$ID"
	bad
	is "$(status_of)" paused
	cap rt kill "$ID" KILL
	ok
	[ "$KIND" = crun ] || wait_status stopped
	[ "$KIND" != crun ] || return 0
	for op in pause resume; do
		cap rt $op "$ID"
		bad
	done
}

pause_created() {
	peer_differs crun "says 0 and stays created"
	bundle
	args sleep 60
	must_create
	cap rt pause "$ID"
	ok
	is "$(status_of)" paused
	cap rt start "$ID"
	bad
	cap rt resume "$ID"
	ok
	is "$(status_of)" created
	cap rt start "$ID"
	ok
	is "$(status_of)" running
}

pause_delete_force() {
	bundle
	sleeper
	cap rt pause "$ID"
	ok
	cap rt delete --force "$ID"
	ok
}

pause_many() { # processes that fork all the time stand still as well
	bundle
	sh_args 'for i in 1 2 3; do (while :; do true | true; done) & done; wait'
	must_create
	cap rt start "$ID"
	ok
	for _ in 1 2 3 4 5; do
		cap rt pause "$ID"
		ok
		is "$(status_of)" paused
		cap rt resume "$ID"
		ok
	done
}

exec_paused() {
	peer_differs crun "has no --ignore-paused"
	bundle
	sleeper
	cap rt pause "$ID"
	ok
	cap rt exec "$ID" true
	[ "$ST" = 255 ] || die "status $ST"
	says "cannot exec in a paused container \(use --ignore-paused to override\)" "paused"
	timeout 20 "${RT[@]}" exec --ignore-paused "$ID" sh -c 'exit 5' >/dev/null 2>&1 </dev/null &
	sleep 0.5
	cap rt resume "$ID"
	ok
	ST=0
	wait $! || ST=$?
	is "$ST" 5 "status of the process"
}

ps_json() {
	bundle
	sh_args 'sleep 60 & sleep 60 & wait'
	must_create
	cap rt start "$ID"
	ok
	three() { [ "$(rt ps --format json "$ID" | jq length)" = 3 ]; }
	within 5 three || die "$(rt ps --format json "$ID")"
	cap rt ps -f json "$ID"
	ok
	for pid in $(jq -r '.[]' <<<"$OUT"); do
		alive "$pid" || die "no process $pid"
	done
	jq -e --argjson p "$(pid_of)" 'index($p) != null' <<<"$OUT" >/dev/null || die "init is not among them"
	[ "$KIND" != hezi ] || like "$OUT" '^\[[0-9]+(,[0-9]+)*\]$' "runc's form"
}

ps_table() {
	peer_differs crun "prints the pids alone"
	bundle
	sleeper
	! is_peer || within 5 grep -q sleep "/proc/$(pid_of)/comm" # runc's start does not wait for execve
	cap rt ps "$ID"
	ok
	like "$OUT" '^UID +PID +PPID.*sleep 60'
	is "$(wc -l <<<"$OUT")" 2 "lines"
	cap rt ps "$ID" -o pid,comm
	ok
	like "$OUT" " *PID COMMAND
 *$(pid_of) sleep"
	cap rt ps "$ID" -o comm
	[ "$ST" != 0 ] || die "no PID column, but no error"
	cap rt ps --format xml "$ID"
	[ "$ST" != 0 ] || die "an unknown format is taken"
}

ps_stopped() {
	peer_differs crun "fails"
	bundle
	args true
	must_create
	cap rt start "$ID"
	wait_status stopped
	cap rt ps --format json "$ID"
	ok
	like "$OUT" '^(\[\]|null)$'
}

ps_unknown() { bundle; cap rt ps "$ID"; [ "$ST" != 0 ] || die "no error"; says "does not exist"; }

t "pause stops a container, resume lets it go on" pause_resume
t "pause and resume in the wrong state" wrong_states
t "a created container can be paused" pause_created
t "delete --force of a paused container" pause_delete_force
t "pause while processes fork" pause_many
t "exec in a paused container wants --ignore-paused" exec_paused
t "ps --format json lists the host's pids" ps_json
t "ps prints the lines of ps(1)" ps_table
t "ps of a stopped container is empty" ps_stopped
t "ps of an unknown container" ps_unknown
finish
