#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every operation in every state: exit status, text, and the state afterwards.
. "$(dirname "$0")/../lib/live.sh"

# freeze STATE: by hand, on whatever cgroups there are
freeze() {
	local d
	for d in $(our_cgroups); do
		if [ -e "$d/cgroup.freeze" ] && [ -e /sys/fs/cgroup/cgroup.controllers ]; then
			[ "$1" = FROZEN ] && echo 1 >"$d/cgroup.freeze" || echo 0 >"$d/cgroup.freeze"
			return
		elif [ -e "$d/freezer.state" ]; then
			echo "$1" >"$d/freezer.state"
			return
		fi
	done
	skip "no freezer here"
}

# in_state STATE: a container in that state
in_state() {
	bundle
	args sleep 60
	case $1 in
	none) return ;;
	stopped) args true ;;
	esac
	must_create
	[ "$1" != created ] || return 0
	cap rt start "$ID"
	ok
	case $1 in
	stopped) wait_status stopped ;;
	paused) within 5 grep -q '^sleep$' "/proc/$(pid_of)/comm" && freeze FROZEN; within 5 status_is paused || die "not seen as paused: $(status_of)" ;;
	esac
}

after() { [ "$1" = none ] && { cap rt state "$ID"; bad; return 0; }; is "$(status_of)" "$1" "state afterwards"; }

# try STATE OP ok|bad AFTER [TEXT]
try() {
	in_state "$1"
	case $2 in
	create) create ;;
	delete-force) cap rt delete --force "$ID" ;;
	kill) cap rt kill "$ID" KILL ;;
	kill0) cap rt kill "$ID" 0 ;;
	*) cap rt "$2" "$ID" ;;
	esac
	$3
	[ -z "${5:-}" ] || says "$5"
	[ "$1" != paused ] || [ "$4" != paused ] || { after paused; freeze THAWED; return 0; }
	[ "$4" != stopped ] || within 5 status_is stopped || true
	after "$4"
}

creating() {
	# a container whose create is still busy: a hook holds it up; start waits for it
	bundle
	args sleep 60
	config --arg b "$B" '.hooks.createRuntime=[{path:"/bin/sh",args:["sh","-c","touch \($b)/there; sleep 2"]}]'
	rt create --bundle "$B" "$ID" >/dev/null 2>&1 &
	local job=$! s
	within 5 test -e "$B/there" || die "the hook did not run"
	create
	bad
	peer_differs crun "no lock: other operations meddle with a create under way"
	s=$(status_of) || true
	[ "$s" = creating ] || [ "$s" = "" ] || is_peer || die "status is $s"
	cap rt start "$ID"
	is_peer || ok
	wait $job || is_peer || die "the first create was harmed"
	is_peer || is "$(status_of)" running
}

creating_force_deleted() {
	local job st=0
	peers_differ "no lock between create and delete"
	bundle
	config --arg b "$B" '.hooks.createRuntime=[{path:"/bin/sh",args:["sh","-c","touch \($b)/there; sleep 2"]}]'
	rt create --bundle "$B" "$ID" >/dev/null 2>&1 &
	job=$!
	within 5 test -e "$B/there" || die "the hook did not run"
	cap rt delete --force "$ID"
	ok
	wait $job || st=$?
	within 3 nothing_left || die "left: $(leftovers)"
	cap rt state "$ID"
	bad
}

# foreign FILE...: a state directory as another runtime leaves it; every command rejects it and it stays as it is
foreign() {
	local command before
	[ "$KIND" = hezi ] || skip "the state of others is theirs"
	bundle
	must_create # makes the root
	local mine=$ID
	ID=$ID-theirs
	mkdir -m 700 "$ROOT/$ID"
	for file; do echo '{"id":"x","pid":1,"init_process_pid":1}' >"$ROOT/$ID/$file"; done
	chown --reference="$ROOT" "$ROOT/$ID"
	before=$(ls -l "$ROOT/$ID")
	echo '{"args":["true"],"cwd":"/","user":{"uid":0,"gid":0}}' >"$T/process.json"
	for command in state start pause resume ps "delete" "delete --force" "kill" "exec" "update --pids-limit 9" "events --stats" stats checkpoint; do
		# shellcheck disable=SC2086
		case $command in
		kill) cap rt kill "$ID" KILL ;;
		exec) cap rt exec --process "$T/process.json" "$ID" ;;
		checkpoint) cap rt checkpoint --image-path "$T/img" "$ID" ;;
		*) cap rt $command "$ID" ;;
		esac
		[ "$ST" != 0 ] || die "$command succeeded"
		says "the container belongs to another runtime"
		is "$(ls -l "$ROOT/$ID")" "$before" "the directory after $command"
	done
	create
	bad
	says "already exists"
	cap rt list
	ok
	like "$ERR" "$ID is left out: .*another runtime"
	like "$OUT" "$mine "
	cap rt stats
	ok
	like "$ERR" "$ID is left out: .*another runtime"
	unlike "$OUT" "$ID"
	is "$(ls -l "$ROOT/$ID")" "$before" "the directory at the end"
	rm -r "${ROOT:?}/$ID"
	ID=$mine
}
foreign_runc() { foreign state.json config.json; }
foreign_crun() { foreign status config.json; }

# The pid of a stopped container is a thread's of another process by now: pidfd_open(2) has an errno of its own for that.
thread_has_pid() {
	[ "$KIND" = hezi ] || skip "the state of others is theirs"
	local command pid tid
	bundle
	args true
	must_create
	cap rt start "$ID"
	wait_status stopped
	python3 -c '
import os, sys, threading, time
t = threading.Thread(target=time.sleep, args=(60,), daemon=True)
t.start()
with open(sys.argv[1] + ".new", "w") as f:
    f.write(str(t.native_id))
os.rename(sys.argv[1] + ".new", sys.argv[1])
time.sleep(60)' "$T/tid" &
	pid=$!
	trap "kill $pid" EXIT
	within 20 test -s "$T/tid" || die "no thread"
	tid=$(<"$T/tid")
	[ "$tid" != "$pid" ] || die "$tid is no thread but the process"
	jq ".pid=$tid" "$ROOT/$ID/record.json" >"$T/record"
	cat "$T/record" >"$ROOT/$ID/record.json"
	is "$(status_of)" stopped
	for command in "kill" "kill --all" exec "events --stats"; do
		case $command in
		exec) cap rt exec "$ID" true ;;
		kill*) cap rt $command "$ID" TERM ;;
		*) cap rt $command "$ID" ;;
		esac
		unlike "$ERR" "pidfd_open|ENOENT|EINVAL" "$command"
	done
	kill -0 "$pid" || die "the other process was killed"
	cap rt "$@" "$ID"
	ok
	kill -0 "$pid" || die "the other process was killed"
	[ ! -e "$ROOT/$ID" ] || die "the state is still there"
}

# a create was killed between the directory and its record: the id is free, in the eyes of every command
unfinished() {
	local content command
	peers_differ "leave more behind, or need a delete"
	bundle
	args sleep 60
	must_create # makes the root
	rt delete --force "$ID"
	for content in nothing .record.json.tmp; do
		for command in create delete "delete --force"; do
			install -d -m 700 ${LIVE_USER:+-o $USER_ID} "$ROOT/$ID"
			[ $content = nothing ] || head -c 30 "$B/config.json" >"$ROOT/$ID/$content"
			[ -z "${LIVE_USER:-}" ] || chown -R $USER_ID "$ROOT/$ID"
			cap rt state "$ID"
			bad
			says "does not exist"
			for list in list "list -q" "list -f json" stats; do
				# shellcheck disable=SC2086
				cap rt $list
				ok
				unlike "$OUT$ERR" "$ID"
			done
			if [ "$command" = create ]; then must_create; is "$(status_of)" created; else cap rt $command "$ID"; ok; fi
			[ "$command" != create ] || rt delete --force "$ID"
			[ ! -e "$ROOT/$ID" ] || die "left after $command"
		done
	done
}

# files of a container without its record: list warns of it, create and delete leave it alone, delete --force removes it
lost_record() {
	peers_differ "files of its own"
	bundle
	must_create
	cp -r "$ROOT/$ID" "$T/kept"
	rt delete --force "$ID"
	install -d -m 700 ${LIVE_USER:+-o $USER_ID} "$ROOT/$ID"
	mv "$T/kept/plan" "$T/kept/config.json" "$ROOT/$ID"
	rm -r "$T/kept"
	[ -z "${LIVE_USER:-}" ] || chown -R $USER_ID "$ROOT/$ID"
	for list in list "list -q"; do
		# shellcheck disable=SC2086
		cap rt $list
		ok
		like "$ERR" "$ID is left out: .*record.json: the record is missing"
		unlike "$OUT" "$ID"
	done
	cap rt state "$ID"
	bad
	says "the record is missing"
	create
	bad
	says "already exists"
	cap rt delete "$ID"
	bad
	says "the record is missing"
	cap rt delete --force "$ID"
	ok
}

# record_as NAME: the container's record as another version of hezi writes it
record_as() {
	local change record=$ROOT/$ID/record.json
	case $1 in
	checksum) return ;;
	first) change='del(.unit,.unitOfUser,.resctrlDirs,.mountBelow,.pidfdInode)' ;;
	systemd) change='del(.resctrlDirs,.mountBelow,.pidfdInode)' ;;
	resctrl) change='del(.mountBelow,.pidfdInode)' ;;
	hostmount) change='del(.pidfdInode)' ;;
	pidfd) change=. ;;
	future) change='.version=9|.later={deep:[{list:[1,2.5,null,true]}]}|.flags=[[]]|.none=null' ;;
	esac
	[ "$1" != first ] || [ -z "${LIVE_SYSTEMD:-}" ] || skip "the first version has no systemd driver"
	jq -c "del(.checksum)|$change" "$record" >"$T/record" && cat "$T/record" >"$record"
}

# of_version NAME: list, state, kill and delete work on a container of every other version
of_version() {
	local command old
	peers_differ "records of their own"
	bundle
	sleeper
	record_as "$1"
	is "$(rt list -q)" "$ID"
	is "$(rt list -f json | jq -r '.[0]|"\(.id) \(.status) \(.bundle)"')" "$ID running $B"
	is "$(status_of)" running
	is "$(rt ps -f json "$ID")" "[$(pid_of)]"
	cap rt stats "$ID"
	ok
	cap rt delete "$ID"
	bad
	says "that is not stopped: running"
	echo '{"args":["true"],"cwd":"/","user":{"uid":0,"gid":0}}' >"$T/process.json"
	for command in "exec --process $T/process.json $ID" "update --pids-limit 9 $ID" "start $ID" "checkpoint --image-path $T/img $ID"; do
		[ "$1" = future ] || break
		# shellcheck disable=SC2086
		cap rt $command
		[ "$ST" != 0 ] || die "$command worked"
		says "was created by a newer version of hezi \(record version 9, this version knows 1\)"
		says "hint: use the newer hezi"
	done
	if [ "$1" != future ]; then cap rt exec "$ID" true; ok; fi
	old=$(<"$ROOT/$ID/record.json")
	cap rt kill "$ID" KILL
	ok
	wait_status stopped
	is "$(<"$ROOT/$ID/record.json")" "$old" "the record"
	cap rt delete "$ID"
	ok
	[ "$1" != future ] || says "created by a newer version of hezi"
	nothing_left || die "left: $(leftovers)"
	# and while it runs
	sleeper
	record_as "$1"
	cap rt delete --force "$ID"
	ok
	nothing_left || die "left: $(leftovers)"
}

# other_plan: the container's plan as one of another version of hezi (the second word)
other_plan() { printf '\377' | dd of="$ROOT/$ID/plan" bs=1 seek=4 conv=notrunc status=none; }

# A container whose plan is of another version of hezi runs on: exec works, and delete runs its poststop hooks, from the
# configuration. What starts needs its own version.
of_other_plan() {
	peers_differ "files of its own"
	bundle
	args sleep 60
	config --arg b "$B" '.hooks.poststop=[{path:"/bin/sh",args:["sh","-c","cat >\($b)/poststop"]}]'
	must_create
	other_plan
	cap rt start "$ID"
	bad
	says "was created by another version of hezi \(plan version 255, this version knows [0-9]+\)"
	says "hint: use that version of hezi, or delete the container"
	is "$(status_of)" created
	cap rt delete "$ID"
	ok
	is "$ERR" ""
	is "$(jq -r .id "$B/poststop")" "$ID"
	rm "$B/poststop"
	sleeper
	other_plan
	cap rt exec "$ID" echo works
	ok
	is "$OUT" works
	if [ -z "$V2" ] || [[ $V2_CONTROLLERS == *" pids "* ]]; then
		cap rt update --pids-limit 77 "$ID"
		ok
	fi
	cap rt delete --force "$ID"
	ok
	is "$(jq -r .id "$B/poststop")" "$ID"
	# without the configuration they are lost, not the delete
	sleeper
	other_plan
	rm "$ROOT/$ID/config.json" "$B/poststop"
	cap rt delete --force "$ID"
	ok
	says "poststop hooks of container .* are lost"
	[ ! -e "$B/poststop" ] || die "a hook ran"
}

exists='container with given ID already exists|already exists'
gone='does not exist'
live='that is not stopped: running'

while read -r state op want then text; do
	t "$op of a container that is $state" try "$state" "$op" "$want" "$then" "${text:-}"
done <<-EOT
	none	state	bad	none	$gone
	none	create	ok	created
	none	start	bad	none	$gone
	none	kill	bad	none	$gone
	none	delete	bad	none	$gone
	none	delete-force	ok	none
	created	state	ok	created
	created	create	bad	created	$exists
	created	start	ok	running
	created	kill	ok	stopped
	created	kill0	ok	created
	created	delete	ok	none
	created	delete-force	ok	none
	running	state	ok	running
	running	create	bad	running	$exists
	running	start	bad	running	cannot start an already running container
	running	kill	ok	stopped
	running	kill0	ok	running
	running	delete	bad	running	$live
	running	delete-force	ok	none
	paused	state	ok	paused
	paused	create	bad	paused	$exists
	paused	start	bad	paused
	paused	delete	bad	paused
	paused	delete-force	ok	none
	stopped	state	ok	stopped
	stopped	create	bad	stopped	$exists
	stopped	start	bad	stopped	cannot start a container that has stopped
	stopped	kill	bad	stopped	container not running
	stopped	kill0	bad	stopped	container not running
	stopped	delete	ok	none
	stopped	delete-force	ok	none
EOT

paused_kill() {
	peer_differs crun "1.8 leaves it frozen on v1"
	try paused kill ok stopped
}
t "kill of a container that is paused" paused_kill
t "operations while create is busy" creating
t "a container of runc in the same root is rejected by every command" foreign_runc
t "a container of crun in the same root is rejected by every command" foreign_crun
t "what a create leaves that was killed before its record" unfinished
t "a container whose record is lost" lost_record
for version in first systemd resctrl hostmount pidfd checksum future; do
	t "a container of another version of hezi: $version" of_version $version
done
t "a container whose plan is of another version of hezi" of_other_plan
t "delete --force while create is busy" creating_force_deleted
t "the pid is a thread's by now: delete" thread_has_pid delete
t "the pid is a thread's by now: delete --force" thread_has_pid delete --force
finish
