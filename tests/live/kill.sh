#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# kill: names, numbers, errors, whole containers.
. "$(dirname "$0")/../lib/live.sh"

# a container that notes the signals it gets
trapper() {
	bundle
	sh_args 'for s in HUP INT TERM USR1 USR2; do trap "echo $s >>/tmp/got" $s; done; touch /tmp/ready
		i=0; while [ $i -lt 300 ]; do sleep 0.05; i=$((i+1)); done'
	must_create
	cap rt start "$ID"
	ok
	within 5 test -e "$B/rootfs/tmp/ready" || die "not ready"
}
gets() { within 5 grep -q "^$1$" "$B/rootfs/tmp/got"; }

default_is_term() {
	trapper
	cap rt kill "$ID" ${1+"$1"}
	ok
	is "$OUT$ERR" ""
	gets TERM || die "no TERM"
}

# spelling ARG NAME
spelling() {
	[[ $1 != *[a-z]* ]] || peer_differs crun "takes upper case only"
	trapper
	cap rt kill "$ID" "$1"
	ok
	gets "$2" || die "$1 did not arrive as $2"
}

bad_signal() {
	local s
	peer_differs crun "takes numbers with a tail"
	bundle
	sleeper
	for s in NONSENSE SIGNONSENSE 999 -1 9x SIG; do
		cap rt kill "$ID" "$s"
		if [ "$s" = 999 ] || [ "$s" = -1 ]; then
			[ "$KIND" = hezi ] || continue
		fi
		bad
		[ "$s" = -1 ] || says "unknown signal \"$s\""
	done
	is "$(status_of)" running
}

probe() {
	bundle
	sleeper
	cap rt kill "$ID" 0
	ok
	is "$(status_of)" running
	rt kill "$ID" KILL
	wait_status stopped
	cap rt kill "$ID" 0
	bad
	says 'container not running'
}

not_running() {
	bundle
	args true
	must_create
	rt start "$ID"
	wait_status stopped
	cap rt kill "$ID" TERM
	bad
	says 'container not running'
}

unknown_id() {
	cap rt kill hezi-no-such-container TERM
	bad
	says 'does not exist'
}

created() {
	bundle
	must_create
	cap rt kill "$ID" KILL
	ok
	wait_status stopped
	cap rt delete "$ID"
	ok
}

# the first process of a pid namespace has to handle signals to be ended by them
created_by_signal() {
	peer_differs runc "Go handles HUP, INT, QUIT and TERM only"
	peer_differs crun "handles none"
	bundle
	[ "$1" = own ] || ns_drop pid
	args sleep 60
	for signal in TERM HUP USR1 40; do
		must_create
		cap rt kill "$ID" WINCH
		ok
		cap rt kill "$ID" CONT
		ok
		cap rt exec "$ID" true
		ok
		is "$(status_of)" created "after signals that end nothing"
		cap rt kill "$ID" $signal
		ok
		wait_status stopped
		cap rt delete "$ID"
		ok
	done
	[ "$1" = own ] || return 0
	# the program is again the first process as the kernel has it
	in_box 'kill -HUP $$; kill -TERM $$; grep -E "Sig(Blk|Ign|Cgt|Pnd)|ShdPnd" /proc/self/status; echo unharmed'
	like "$OUT" unharmed
	like "$OUT" 'SigBlk:.0000000000000000'
}

all_shared_pid() {
	bundle
	ns_drop pid
	sh_args 'setsid sleep 61 & setsid sleep 62 & exec sleep 60'
	must_create
	cap rt start "$ID"
	ok
	local pids
	within 5 three_sleeps || die "only: $(sleeps)"
	pids=$(sleeps)
	cap rt kill "$@" "$ID" KILL
	ok
	within 5 all_dead $pids || die "still there of $pids"
	wait_status stopped
}
sleeps() {
	local f
	for f in $(our_cgroups); do cat "$f/cgroup.procs"; done 2>/dev/null | sort -u
}
three_sleeps() { [ "$(sleeps | wc -l)" = 3 ]; }
all_dead() { local p; for p; do dead "$p" || return 1; done; }

plain_shared_pid() {
	peers_differ "plain SIGKILL ends the first process alone"
	all_shared_pid
}

all_after_init_ended() {
	# -a must reach the rest of the container when its first process is gone already
	bundle
	peers_differ "says that it is not running"
	ns_drop pid
	sh_args 'setsid sleep 61 & sleep 0.2'
	must_create
	cap rt start "$ID"
	ok
	wait_status stopped
	[ -n "$(sleeps)" ] || die "the test is wrong: nothing left running"
	cap rt kill --all "$ID" KILL
	ok
	within 5 test -z "$(sleeps)" || true
	is "$(sleeps)" ""
}

all_on_stopped() {
	peers_differ "fails; newer ones swallow it"
	bundle
	args true
	must_create
	rt start "$ID"
	wait_status stopped
	cap rt kill --all "$ID" KILL
	ok
}

kill_pid_namespace() {
	# SIGKILL to pid 1 takes all of the namespace along
	bundle
	sh_args 'sleep 61 & exec sleep 60'
	must_create
	rt start "$ID"
	within 5 test "$(sleeps | wc -l)" = 2 || true
	rt kill "$ID" 9
	wait_status stopped
	within 5 test -z "$(sleeps)" || true
	is "$(sleeps)" ""
}

real_time() {
	bundle
	sh_args 'trap "echo rt >/tmp/got" 40; touch /tmp/ready; i=0; while [ $i -lt 300 ]; do sleep 0.05; i=$((i+1)); done'
	must_create
	rt start "$ID"
	within 5 test -e "$B/rootfs/tmp/ready"
	cap rt kill "$ID" 40
	ok
	gets rt || die "signal 40 did not arrive"
}

regex() {
	local one two other
	peer_differs runc "has none"
	bundle
	sleeper
	one=$ID
	bundle
	sleeper
	two=$ID
	bundle
	sleeper
	other=$ID
	cap rt kill --regex "^($one|$two)\$" KILL
	ok
	wait_status stopped "$one"
	wait_status stopped "$two"
	is "$(status_of "$other")" running
	cap rt kill -r "$one-none" KILL
	ok
	cap rt kill --regex '(' KILL
	bad
	says 'invalid regular expression'
	cap rt delete --regex "^($one|$two)\$"
	ok
	is "$(rt list -q)" "$other"
	peer_differs crun "warns and succeeds"
	cap rt delete --regex "^$other\$"
	bad
	says "$other: cannot delete container"
	cap rt delete --force --regex .
	ok
	is "$(rt list -q)" ""
}

# init has to wait for a CPU behind all the others, once for each of them
fork_bomb() {
	local start
	bundle
	limits '{"pids":{"limit":300}}'
	sh_args 'i=0; while [ $i -lt 100 ]; do (while :; do (:); done) & i=$((i+1)); done; touch /tmp/ready; wait'
	must_create
	cap rt start "$ID"
	ok
	within 20 test -e "$B/rootfs/tmp/ready" || die "not ready"
	start=${EPOCHREALTIME/./}
	cap rt delete --force "$ID"
	ok
	start=$((${EPOCHREALTIME/./} - start))
	[ $start -lt 8000000 ] || die "it took $start us"
	nothing_left || die "left: $(leftovers)"
}

t "the default is TERM" default_is_term
empty_is_term() {
	peer_differs crun "takes it for an unknown signal"
	default_is_term ""
}
t "an empty signal counts as not given" empty_is_term
for s in HUP:HUP SIGHUP:HUP 1:HUP 15:TERM TERM:TERM SIGUSR1:USR1 usr1:USR1 sigusr2:USR2 SigInt:INT; do
	t "signal written ${s%:*}" spelling "${s%:*}" "${s#*:}"
done
t "bad signals are refused" bad_signal
t "signal 0 probes" probe
t "a real-time signal by its number" real_time
t "not running" not_running
t "unknown id" unknown_id
t "a created container can be killed" created
t "a signal ends a created container" created_by_signal own
t "a signal ends a created container in the host's pid namespace" created_by_signal host
t "SIGKILL takes the pid namespace along" kill_pid_namespace
t "--all with the host's pid namespace" all_shared_pid --all
t "-a with the host's pid namespace" all_shared_pid -a
t "plain SIGKILL with the host's pid namespace ends all" plain_shared_pid
t "--all reaches what is left when init has ended" all_after_init_ended
t "--all on a stopped container succeeds" all_on_stopped
t "--regex of kill and delete" regex
t "delete --force ends a fork bomb" fork_bomb
finish
