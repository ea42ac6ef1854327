#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Random histories of operations on three ids, some ended by SIGKILL at a random moment, judged by a model of the states.
#
#	HISTORY_STEPS	how many operations (default 600: a minute)
#	HISTORY_SEED	the history is the same for the same seed, but for the moments of the kills
#
# A failure prints the steps that led to it.
. "$(dirname "$0")/../lib/live.sh"

[ "$KIND" = hezi ] || plan_skip "a killed create of the peers leaves what delete --force does not find"
STEPS=${HISTORY_STEPS:-600}
SEED=${HISTORY_SEED:-$$}

# What each operation does in each state: "ok AFTER" or "bad". What is not listed fails and changes nothing.
declare -A MODEL=(
	[none,create]="ok created" [none,run]="ok running" [none,delete-force]="ok none"
	[created,start]="ok running" [created,kill]="ok stopped" [created,pause]="ok paused-created" [created,exec]="ok created"
	[created,delete]="ok none" [created,delete-force]="ok none" [created,update]="ok created"
	[running,kill]="ok stopped" [running,pause]="ok paused" [running,exec]="ok running" [running,delete-force]="ok none"
	[running,update]="ok running"
	[paused,kill]="ok stopped" [paused,resume]="ok running" [paused,delete-force]="ok none" [paused,update]="ok paused"
	[paused-created,kill]="ok stopped" [paused-created,resume]="ok created" [paused-created,delete-force]="ok none"
	[paused-created,update]="ok paused-created"
	[stopped,delete]="ok none" [stopped,delete-force]="ok none"
)
OPERATIONS=(create create run start start kill delete delete-force pause resume exec update)

# words OPERATION: the command line in WORDS
words() {
	case $1 in
	create) WORDS=(create --bundle "$B" "$ID") ;;
	run) WORDS=(run --detach --bundle "$B" "$ID") ;;
	delete-force) WORDS=(delete --force "$ID") ;;
	kill) WORDS=(kill "$ID" KILL) ;;
	exec) WORDS=(exec "$ID" true) ;;
	update) WORDS=(update --pids-limit $((RANDOM % 50 + 10)) "$ID") ;;
	*) WORDS=("$1" "$ID") ;;
	esac
}

contradiction() {
	printf 'seed %s, step %s: %s\n' "$SEED" "$STEP" "$*"
	printf '%s\n' "${LOG[@]: -12}"
	die "a contradiction"
}

# shown: what `state` says, as the model has it
shown() {
	local s
	s=$(status_of) || true
	echo "${s:-none}"
}
agrees() { [ "$(shown)" = "${1%-created}" ]; }

step() {
	local op=$1 want after
	words "$op"
	want=${MODEL[${STATE[$ID]},$op]:-bad}
	after=${want#ok }
	cap rt "${WORDS[@]}"
	LOG+=("$STEP: $op of ${ID##*-}, which is ${STATE[$ID]}: status $ST${ERR:+, $(head -n 1 <<<"$ERR" | cut -c1-200)}")
	if [ "$want" = bad ]; then
		[ "$ST" != 0 ] && [ "$ST" -lt 126 -o "$ST" = 255 ] || contradiction "$op of what is ${STATE[$ID]} ended with $ST"
		agrees "${STATE[$ID]}" || contradiction "a refused $op has made it $(shown)"
		return
	fi
	[ "$ST" = 0 ] || contradiction "$op of what is ${STATE[$ID]} fails"
	STATE[$ID]=$after
	within 5 agrees "$after" || contradiction "after $op it is $(shown)"
}

# killed OPERATION: every answer afterwards must fit what there is, and delete --force must clear it all
killed() {
	local op=$1 listed
	words "$op"
	"${RT[@]}" "${WORDS[@]}" >/dev/null 2>&1 </dev/null &
	sleep "0.0$((RANDOM % 3))$((RANDOM % 10))"
	kill -KILL $! 2>/dev/null || true
	wait $! 2>/dev/null || true
	LOG+=("$STEP: $op of ${ID##*-}, which is ${STATE[$ID]}: killed; now it is $(shown)")
	# a helper that the kernel still ends may hold the lock
	within 2 judge_shown || contradiction "state says $(shown), list -q: ${LISTED:-nothing}"
	cap rt delete --force "$ID"
	[ "$ST" = 0 ] || contradiction "delete --force of a killed $op fails"
	STATE[$ID]=none
	within 5 none_left || contradiction "left after delete --force: $(leftovers | grep -F -- "$ID" | tr '\n' ' ')"
}
# judge_shown: state and list agree on what there is
judge_shown() {
	LISTED=$(rt list -q 2>/dev/null | grep -Fx -- "$ID")
	[ "$(shown)" = none ] && [ -z "$LISTED" ] || [ "$(shown)" != none -a -n "$LISTED" ]
}
none_left() { ! leftovers | grep -q -F -- "$ID"; }

# bundles: three of them, and the ids
bundles() {
	local i
	IDS=() BUNDLES=()
	for i in 0 1 2; do
		bundle
		args sleep 1000
		IDS+=("$ID")
		BUNDLES+=("$B")
		STATE[$ID]=none
	done
}

history() {
	local i op
	declare -A STATE=()
	LOG=()
	bundles
	RANDOM=$1
	for ((STEP = 1; STEP <= STEPS; STEP++)); do
		i=$((RANDOM % 3))
		ID=${IDS[i]} B=${BUNDLES[i]}
		op=${OPERATIONS[RANDOM % ${#OPERATIONS[@]}]}
		if [ $((RANDOM % 5)) = 0 ]; then killed "$op"; else step "$op"; fi
	done
	for ID in "${IDS[@]}"; do
		cap rt delete --force "$ID"
		ok
	done
	within 5 nothing_left || die "left: $(leftovers)"
}

t "three ids, $STEPS random operations, one in five killed" history $((SEED % 32768))
finish
