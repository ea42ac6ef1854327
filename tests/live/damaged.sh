#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Damaged state: whatever has become of the record of a container, "delete --force" ends its processes and removes its
# cgroups, mounts and state, or says that it cannot; nothing is silent.
. "$(dirname "$0")/../lib/live.sh"

RT_LIMIT=20
[ "$KIND" = hezi ] || plan_skip "the state of others is theirs"

# damage HOW FILE: in place, so that owner and mode stay
damage() {
	local size
	size=$(stat -c %s "$2")
	case $1 in
	missing) rm "$2" ;;
	empty) : >"$2" ;;
	cut-*) truncate -s $((size * ${1#cut-} / 100)) "$2" ;;
	flip-*) python3 -c '
import sys
name, share = sys.argv[1], int(sys.argv[2])
data = bytearray(open(name, "rb").read())
data[len(data) * share // 100] ^= 1 << share % 8
open(name, "wb").write(data)' "$2" "${1#flip-}" ;;
	zeros) python3 -c 'import sys; open(sys.argv[1], "wb").write(bytes(int(sys.argv[2])))' "$2" "$size" ;;
	garbage) head -c "$size" /dev/urandom >"$2" ;;
	other-json) echo '[{"id": 7}]' >"$2" ;;
	wrong-type) python3 -c '
import json, sys
record = json.load(open(sys.argv[1]))
del record["checksum"]
record["cgroupDirs"] = "x"
json.dump(record, open(sys.argv[1], "w"))' "$2" ;;
	long) truncate -s 100M "$2" ;;
	directory) rm "$2" && mkdir "$2" ;;
	link) rm "$2" && ln -s nothing "$2" ;;
	esac
}

# container STATE: with its pid in PID; it has a process beside init, and a session of that one's own
container() {
	bundle
	config --arg b "$B" '.hooks.poststop=[{path:"/bin/sh",args:["sh","-c","cat >\($b)/poststop"]}]'
	[ -n "${SHARED:-}" ] && ns_drop pid
	sh_args 'setsid sleep 60 & sleep 60'
	must_create
	PID=$(pid_of)
	[ "$1" = created ] || { cap rt start "$ID"; ok; }
}

# gone: nothing of it is left (t() looks again, after a delete of its own that must have nothing to do)
gone() {
	within 3 dead "$PID" || die "$1: process $PID is left"
	[ ! -e "$ROOT/$ID" ] || die "$1: the state directory is left"
	within 3 nothing_left || die "$1: left: $(leftovers)"
}

# in_checksum HOW SIZE: the damage is in the name of the checksum, and the rest is as it was
in_checksum() { [[ $1 == flip-* ]] && [ $(($2 * ${1#flip-} / 100)) -ge $(($2 - 31)) ]; }

# record STATE HOW...: one container for each way
record() {
	local how size state=$1
	shift
	for how; do
		container "$state"
		size=$(stat -c %s "$ROOT/$ID/record.json")
		damage "$how" "$ROOT/$ID/record.json"
		cap rt delete --force "$ID"
		ok
		gone "$how"
		[ -s "$B/poststop" ] || die "$how: no poststop hook has run"
		in_checksum "$how" "$size" || says "$ID"
	done
}

# the others say what is wrong and what to do, and leave the container alone
others() {
	local how command
	for how in missing empty cut-50 flip-7 flip-50 garbage; do
		container running
		damage "$how" "$ROOT/$ID/record.json"
		for command in "state $ID" "kill $ID KILL" "delete $ID" "start $ID" "pause $ID"; do
			# shellcheck disable=SC2086
			cap rt $command
			bad
			says "$ROOT/$ID/record.json"
			says "delete --force"
			[ -z "$OUT" ] || die "$how: $command prints $OUT"
		done
		alive "$PID" || die "$how: the container was ended"
		cap rt delete --force "$ID"
		ok
		gone "$how"
	done
}

# with the plan gone too, nothing is known
nothing_known() {
	local dir
	container running
	dir=$ROOT/$ID
	cp -a "$dir/record.json" "$dir/plan" "$T"
	for how in missing empty cut-50 flip-50 garbage; do
		damage "$how" "$dir/record.json"
		damage "$how" "$dir/plan"
		cap rt delete --force "$ID"
		bad
		says "nothing tells what container \"$ID\" has left"
		says "remove the directory \"$dir\""
		alive "$PID" || die "$how: the container was ended"
		cp -a "$T/record.json" "$T/plan" "$dir"
	done
	cap rt delete --force "$ID"
	ok
	gone "once more"
}

# a record that was copied from elsewhere, with a plan that is another container's
plan_of_another() {
	local other pid
	container running
	other=$ID pid=$PID
	container running
	cp -a "$ROOT/$ID/plan" "$T/plan"
	cat "$ROOT/$other/plan" >"$ROOT/$ID/plan"
	: >"$ROOT/$ID/record.json"
	cap rt delete --force "$ID"
	bad
	says "its plan is that of container \"$other\""
	alive "$pid" || die "the other container was ended"
	cp -a "$T/plan" "$ROOT/$ID/plan"
}

# a container without a mount namespace has its mount on the host
on_host() {
	local how
	for how in missing cut-50 garbage; do
		bundle
		ns_drop mount
		config 'del(.mounts,.linux.maskedPaths,.linux.readonlyPaths)'
		args sleep 60
		must_create
		PID=$(pid_of)
		damage "$how" "$ROOT/$ID/record.json"
		cap rt delete --force "$ID"
		ok
		gone "$how"
	done
}

# a pid in what is left of a record is that of a later process
other_process() {
	local pid
	container created
	sleep 60 &
	pid=$!
	sed -i "s/\"pid\":[0-9]*/\"pid\":$pid/" "$ROOT/$ID/record.json"
	cap rt delete --force "$ID"
	ok
	kill -0 $pid || die "another process was killed"
	kill $pid
	wait $pid || true
	gone "another pid"
}

# plan HOW...: the hooks come from config.json; without that delete fails, and --force says what is lost
plan() {
	local how
	for how; do
		container created
		damage "$how" "$ROOT/$ID/plan"
		cap rt delete "$ID"
		ok
		says "poststop hooks of its config.json"
		gone "$how"
		is "$(jq -r .status "$B/poststop")" stopped
		container created
		damage "$how" "$ROOT/$ID/plan"
		damage cut-50 "$ROOT/$ID/config.json" # a flipped bit may leave another config.json
		cap rt delete "$ID"
		bad
		says "poststop hooks"
		alive "$PID" || die "$how: the container was ended"
		cap rt delete --force "$ID"
		ok
		says "the poststop hooks of container \"$ID\" are lost"
		gone "$how"
		[ ! -e "$B/poststop" ] || die "$how: a hook has run"
	done
}

CUTS="cut-1 cut-10 cut-20 cut-30 cut-40 cut-50 cut-60 cut-70 cut-80 cut-90 cut-99"
FLIPS="flip-0 flip-3 flip-7 flip-20 flip-35 flip-50 flip-66 flip-80 flip-91 flip-99"
for s in created running; do
	t "a $s container with a missing, empty or other record: delete --force" record $s missing empty zeros garbage other-json wrong-type long directory link
	t "a $s container with a truncated record: delete --force" record $s $CUTS
	t "a $s container with a flipped bit in its record: delete --force" record $s $FLIPS
done
SHARED=1 t "a container in the host's pid namespace with a damaged record: delete --force" record running missing cut-50 flip-50
t "a container without a mount namespace with a damaged record: delete --force" on_host
t "other commands on a damaged record" others
t "nothing is known: delete --force says so" nothing_known
t "the plan of another container is not obeyed" plan_of_another
t "the pid in a damaged record is another process's" other_process
t "a damaged plan: poststop hooks" plan missing empty cut-50 flip-50 garbage directory
finish
