#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What a service manager hands over: NOTIFY_SOCKET (sd_notify), LISTEN_FDS (sd_listen_fds).
. "$(dirname "$0")/../lib/live.sh"

[ -x /usr/bin/python3 ] || plan_skip "needs /usr/bin/python3"
LISTENER=

# manager [SOCKET]: listen as a service manager does; what it got is in $T/told
manager() {
	HOST=${1:-$T/host.sock}
	rm -f "$T/told" "$T/host.sock"
	python3 "$LIB/notify-listen.py" "$HOST" "$T/told" &
	LISTENER=$!
	within 10 test -e "$T/told" || die "no listener"
	trap 'kill $LISTENER 2>/dev/null' EXIT
}
told() { within 10 grep -q "$1" "$T/told" || die "the manager was not told $1: $(cat "$T/told")"; }
told_nothing() { [ ! -s "$T/told" ] || die "the manager was told: $(cat "$T/told")"; }

# program TEXT [THEN]: sends these words one by one, then sleeps or does THEN
program() {
	local d
	for d in /usr /lib /lib64; do
		[ -d $d ] || continue
		mkdir -p "$B/rootfs$d"
		mount_add '{"destination":"'$d'","source":"'$d'","type":"bind","options":["rbind","ro"]}'
	done
	args /usr/bin/python3 -c "
import os, socket, sys, time
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.connect(os.environ['NOTIFY_SOCKET'])
for text in $1: s.send(text)
${2:-time.sleep(60)}"
}

notifying() { cap env NOTIFY_SOCKET="$HOST" timeout --foreground -k 5 30 "${RT[@]}" "$@"; }

create_start() {
	bundle
	manager
	program "(b'STATUS=warming up', b'READY=1')"
	notifying create --bundle "$B" "$ID"
	ok
	told_nothing
	notifying start "$ID"
	ok
	told READY=1
	[ "$KIND" = crun ] || told "MAINPID=$(pid_of)"
	unlike "$(cat "$T/told")" STATUS
	status_is running
}

waits() {
	bundle
	manager
	program "()" "
while not os.path.exists('/tmp/go'): time.sleep(0.02)
s.send(b'READY=1'); time.sleep(60)"
	notifying create --bundle "$B" "$ID"
	ok
	env NOTIFY_SOCKET="$HOST" "${RT[@]}" start "$ID" &
	local start=$!
	wait_status running
	sleep 0.3
	kill -0 $start || die "start did not wait for READY=1"
	told_nothing
	: >"$B/rootfs/tmp/go"
	wait $start
	told READY=1
}

ends_first() {
	bundle
	manager
	program "(b'STOPPING=1',)" "sys.exit(3)"
	notifying create --bundle "$B" "$ID"
	ok
	notifying start "$ID"
	ok
	told_nothing
	wait_status stopped
}

deleted_while_waiting() {
	peers_differ "not a matter of their locks"
	bundle
	manager
	program "()"
	notifying create --bundle "$B" "$ID"
	ok
	env NOTIFY_SOCKET="$HOST" "${RT[@]}" start "$ID" &
	wait_status running
	cap rt delete --force "$ID"
	ok
	wait $! || die "start failed"
	told_nothing
}

run_detached() {
	bundle
	manager
	program "(b'READY=1\nSTATUS=fine',)"
	notifying run -d --bundle "$B" "$ID"
	ok
	told READY=1
	[ "$KIND" = crun ] || told "MAINPID=$(pid_of)"
	unlike "$(cat "$T/told")" STATUS
}

run_foreground() {
	local run
	bundle
	manager
	program "(b'READY=1',)" "
while not os.path.exists('/tmp/go'): time.sleep(0.02)
sys.exit(7)"
	env NOTIFY_SOCKET="$HOST" "${RT[@]}" run --bundle "$B" "$ID" &
	run=$!
	told READY=1
	[ "$KIND" != hezi ] || told "MAINPID=$run"
	: >"$B/rootfs/tmp/go"
	cap wait $run
	is "$ST" 7
	nothing_left || die "left: $(leftovers)"
}

abstract() {
	bundle
	manager "@$PREFIX$COUNT"
	program "(b'READY=1',)"
	notifying run -d --bundle "$B" "$ID"
	ok
	told READY=1
}

user_namespace() {
	peer_differs crun "no rights to its state directory"
	bundle
	ns_add user
	mkdir -p "$B/rootfs/run/notify"
	config '.linux|=(.uidMappings=[{containerID:0,hostID:100000,size:65536}]|.gidMappings=.uidMappings)|.process.user={uid:1000,gid:1000}'
	chown -R 100000:100000 "$B/rootfs/tmp"
	manager
	program "(b'READY=1',)"
	notifying run -d --bundle "$B" "$ID"
	ok
	told READY=1
}

read_only() {
	peer_differs crun "puts the socket where the host has it"
	bundle
	manager
	program "(b'READY=1',)"
	# the socket can be used, and nothing be made or removed beside it
	args sh -c 'ls /run/notify; touch /run/notify/x || rm -f /run/notify/notify.sock || grep " /run/notify " /proc/self/mountinfo'
	notifying run --bundle "$B" "$ID"
	like "$OUT" notify.sock
	like "$ERR" 'Read-only file system'
	like "$OUT" ' ro,nosuid,nodev,noexec'
}

unset_costs_nothing() {
	bundle
	sh_args 'echo "${NOTIFY_SOCKET-none}"; ls -d /run/notify'
	cap rt run --bundle "$B" "$ID"
	is "$OUT" none
	config '.process.env+=["NOTIFY_SOCKET=/own"]'
	cap rt run --bundle "$B" "$ID"
	is "$OUT" /own "that of the configuration"
}

late() {
	peers_differ "fail"
	bundle
	manager
	args sleep 60
	must_create
	notifying --log-level warning start "$ID"
	ok
	like "$ERR" 'NOTIFY_SOCKET is set, but was not when the container was created'
	status_is running
}

unreachable() {
	peers_differ "fail or say nothing"
	bundle
	HOST=$T/nobody
	program "(b'READY=1',)"
	notifying --log-level warning run -d --bundle "$B" "$ID"
	ok
	says 'tell ".*/nobody" .*ready: no such file or directory'
	status_is running
}

# listening N CMD...: with LISTEN_PID as systemd sets it for what it executes
listening() {
	cap timeout --foreground -k 5 30 bash -c 'export LISTEN_PID=$BASHPID LISTEN_FDS=$0; exec "$@"' "$1" "${RT[@]}" "${@:2}"
}

listen_fds() {
	peer_differs crun "1.8 sets no LISTEN_FDS"
	bundle
	echo three >"$T/f3"
	echo four >"$T/f4"
	echo five >"$T/f5"
	sh_args 'echo $LISTEN_FDS $LISTEN_PID $$; cat <&3; cat <&4; ls /proc/self/fd'
	listening 2 run --bundle "$B" "$ID" 3<"$T/f3" 4<"$T/f4" 5<"$T/f5"
	ok
	is "$(tr '\n' ' ' <<<"$OUT")" "2 1 1 three four 0 1 2 3 4 5 "
	sh_args 'echo $LISTEN_FDS; cat <&3; cat <&4; cat <&5; ls /proc/self/fd'
	listening 2 run --preserve-fds 1 --bundle "$B" "$ID" 3<"$T/f3" 4<"$T/f4" 5<"$T/f5"
	ok
	is "$(tr '\n' ' ' <<<"$OUT")" "2 three four five 0 1 2 3 4 5 6 " "--preserve-fds comes behind them"
}

# closed ones stay closed, the numbers and LISTEN_FDS stay
listen_fds_holes() {
	peers_differ "cannot, or fill them"
	bundle
	echo four >"$T/f4"
	echo six >"$T/f6"
	sh_args '[ ! -e /proc/self/fd/3 ] || echo three; echo $LISTEN_FDS $(ls /proc/self/fd); cat <&4; cat <&6'
	listening 2 run --preserve-fds 2 --bundle "$B" "$ID" 3<&- 4<"$T/f4" 5<&- 6<"$T/f6" 7<"$T/f6"
	ok
	is "$OUT" $'2 0 1 2 3 4 6\nfour\nsix'
	listening 2 run --preserve-fds 4294967295 --bundle "$B" "$ID"
	bad
}

listen_fds_created() {
	peer_differs crun "1.8 sets no LISTEN_FDS"
	bundle
	echo three >"$T/f3"
	sh_args 'cat <&3 >/tmp/got; echo $LISTEN_FDS >>/tmp/got'
	listening 1 create --bundle "$B" "$ID" 3<"$T/f3"
	ok
	cap rt start "$ID"
	ok
	wait_status stopped
	is "$(tr '\n' ' ' <"$B/rootfs/tmp/got")" "three 1 "
}

listen_fds_of_others() {
	peer_differs crun "looks at no LISTEN_PID"
	bundle
	sh_args 'echo "${LISTEN_FDS-none} ${LISTEN_PID-none}"; ls /proc/self/fd'
	cap env LISTEN_PID=1 LISTEN_FDS=2 "${RT[@]}" run --bundle "$B" "$ID" 3</etc/passwd 4</etc/passwd
	ok
	is "$(tr '\n' ' ' <<<"$OUT")" "none none 0 1 2 3 "
}

t "NOTIFY_SOCKET: READY=1 and MAINPID, from create and start" create_start
t "start waits for READY=1" waits
t "a program that ends without READY=1 does not hold start" ends_first
t "a container whose start waits can be deleted" deleted_while_waiting
t "NOTIFY_SOCKET with run -d; the first READY=1 alone is passed on" run_detached
t "NOTIFY_SOCKET with run: MAINPID is the runtime" run_foreground
t "NOTIFY_SOCKET in the abstract namespace" abstract
t "NOTIFY_SOCKET with a user namespace and a user" user_namespace
t "the directory of the socket is read-only in the box" read_only
t "without NOTIFY_SOCKET there is nothing of it" unset_costs_nothing
t "NOTIFY_SOCKET for start alone is a warning" late
t "a manager that cannot be told is a warning" unreachable
t "LISTEN_FDS with holes" listen_fds_holes
t "LISTEN_FDS go to the program" listen_fds
t "LISTEN_FDS of create" listen_fds_created
t "LISTEN_FDS for another process are not taken" listen_fds_of_others
finish
