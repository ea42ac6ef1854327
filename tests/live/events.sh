#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# events and stats: what a container uses, and that it ran out of memory.
. "$(dirname "$0")/../lib/live.sh"

[ "$KIND" != crun ] || plan_skip "crun has no events"

# shows JQ [ARG...]: of the statistics of now
shows() { jq -r "$1" <<<"$OUT"; }
stats() { cap rt events --stats "$ID"; ok; }

statistics() {
	bundle
	sh_args 'i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; exec sleep 60'
	limits '{"memory":{"limit":67108864},"pids":{"limit":33}}'
	create
	ok
	cap rt start "$ID"
	ok
	sleep 0.5
	stats
	is "$(wc -l <<<"$OUT")" 1 "lines"
	is "$(shows .type,.id | tr '\n' ' ')" "stats $ID "
	is "$(shows .data.pids.limit)" 33
	is "$(shows .data.pids.current)" 1
	[ "$(shows '.data.cpu.usage.total > 1000000')" = true ] || die "no CPU time: $OUT"
	[ "$(shows '.data.memory.usage.limit')" = 67108864 ] || die "no memory limit: $OUT"
	[ "$(shows '.data.memory.usage.usage > 0')" = true ] || die "no memory: $OUT"
	[ "$(shows '.data.memory.raw|length > 5')" = true ] || die "no memory.stat: $OUT"
}

# lines N: that the command under cap() has printed
lines() { [ "$(wc -l 2>/dev/null <"$T/out")" -ge "$1" ]; }

intervals_until_the_end() {
	peer_differs runc "it waits until the cgroup is removed"
	bundle
	sleeper
	: >"$T/out"
	{ within 15 lines 2; rt kill "$ID" KILL; } &
	cap timeout -k 2 20 "${RT[@]}" events --interval 300ms "$ID"
	ok
	is "$(jq -r .type <<<"$OUT" | sort -u)" stats
	lines 2 || die "too few: $OUT"
}

out_of_memory() {
	peer_differs runc "on a v1 host it may miss it"
	bundle
	# tail keeps a line that never ends in memory
	sh_args 'until [ -e /go ]; do sleep 0.1; done; tail -n 1 </dev/zero; sleep 0.5'
	limits '{"memory":{"limit":16777216}}'
	create
	ok
	cap rt start "$ID"
	ok
	: >"$T/out"
	{ within 15 lines 1; : >"$B/rootfs/go"; } & # the watch begins before the first statistics
	cap timeout -k 2 20 "${RT[@]}" events --interval 300ms "$ID"
	ok
	is "$(jq -r .type <<<"$OUT" | sort -u | xargs)" "oom stats"
	is "$(jq -r .id <<<"$OUT" | sort -u)" "$ID"
}

not_running() {
	bundle
	args true
	create
	ok
	cap rt start "$ID"
	ok
	wait_status stopped
	cap rt events --stats "$ID"
	[ "$ST" != 0 ] || die "it shows a stopped container"
	[[ $ERR == *"container with id $ID is not running"* ]] || die "$ERR"
	cap rt events "$ID"
	[ "$ST" != 0 ] || die "it waits for a stopped container"
	cap rt events --stats nobody
	[[ $ERR == *"does not exist"* ]] || die "$ERR"
}

bad_interval() {
	local i
	bundle
	args sleep 30
	create
	ok
	for i in 0 5 x -1s 1.2.3s 5parsecs 0s; do
		cap timeout -k 2 5 "${RT[@]}" events --interval="$i" "$ID"
		[ "$ST" != 0 ] && [ "$ST" != 124 ] || die "it takes the interval $i"
	done
}

table() {
	[ "$KIND" = hezi ] || skip "the table is hezi's own"
	bundle
	limits '{"memory":{"limit":67108864},"pids":{"limit":33}}'
	sleeper
	cap rt stats
	ok
	[[ $OUT == *"CPU TIME"* ]] || die "$OUT"
	[[ $OUT == *"$ID"* ]] || die "$OUT"
	[[ $OUT == *"64.0 MiB"* ]] || die "$OUT"
	[[ $OUT == *"1/33"* ]] || die "$OUT"
	cap rt stats "$ID"
	ok
	is "$(wc -l <<<"$OUT")" 2 "lines"
	cap rt stats --format json
	ok
	is "$(jq -r .id <<<"$OUT")" "$ID"
	cap rt stats nobody
	[ "$ST" != 0 ] || die "it shows nobody"
	[[ $ERR == *"does not exist"* ]] || die "$ERR"
}

t "events: the statistics of now" statistics
t "events: statistics in intervals until the container ends" intervals_until_the_end
t "events: memory has run out" out_of_memory
t "events: a container that does not run" not_running
t "events: an interval that is none" bad_interval
t "stats: a table" table
finish
