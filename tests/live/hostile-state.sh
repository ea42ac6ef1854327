#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# State directories with FIFOs, devices, sockets, directories and links in the place of hezi's files: every command
# answers at once, says what is wrong, and "delete --force" removes what is left.
. "$(dirname "$0")/../lib/live.sh"

RT_LIMIT=10
KINDS="fifo full-directory socket link-to-fifo link-to-nothing zero unknown-device"
[ -z "${LIVE_USER:-}" ] || KINDS="fifo full-directory socket link-to-fifo link-to-nothing"

# put KIND PATH
put() {
	case $1 in
	fifo) mkfifo "$2" ;;
	full-directory) mkdir "$2" && echo x >"$2/file" && mkfifo "$2/fifo" ;;
	socket) (cd "${2%/*}" && python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "${2##*/}") ;;
	link-to-fifo) mkfifo "$T/fifo-$COUNT" && ln -s "$T/fifo-$COUNT" "$2" ;;
	link-to-nothing) ln -s nothing "$2" ;;
	zero) mknod "$2" c 1 5 ;;
	unknown-device) mknod "$2" c 254 254 ;;
	esac || die "no $1 at $2"
	[ -z "${LIVE_USER:-}" ] || chown -hR $USER_ID "$2"
}
# on time, and with a message when it failed
answers() {
	cap rt "$@"
	[ "$ST" != 124 ] && [ "$ST" != 137 ] || die "$KIND_OF for $FILE: $* hangs"
	[ "$ST" = 0 ] || [ -n "$ERR" ] || die "$KIND_OF for $FILE: $* says nothing"
}

# each FILE KIND: the file of a created container is exchanged, and put back for the end (mv of a socket works within one
# file system only)
each() {
	local dir=$ROOT/$ID
	FILE=$1 KIND_OF=$2
	[ ! -e "$dir/$FILE" ] || mv "$dir/$FILE" "$ROOT/.kept"
	put "$2" "$dir/$FILE"
	answers list
	like "$OUT" "(^|"$'\n'")$FIRST " # what is wrong with one hides no other
	answers list -q
	answers state "$ID"
	[ "$FILE" != record.json ] || { bad; says "not a regular file"; }
	answers ps "$ID"
	answers exec "$ID" true
	[ "$FILE" != config.json ] && [ "$FILE" != plan ] || { [ "$ST" = 255 ] || die "exec says $ST"; says "$FILE in the state directory is not a regular file"; }
	answers update --pids-limit 100 "$ID"
	answers pause "$ID"
	answers resume "$ID"
	answers events --stats "$ID"
	[ "$FILE" != plan ] || { answers start "$ID"; bad; says "plan in the state directory is not a regular file"; }
	[ "$FILE" != start ] || { answers start "$ID"; bad; }
	[ "$FILE" != record.json ] || { answers kill "$ID" KILL; bad; answers delete "$ID"; bad; answers start "$ID"; bad; }
	rm -rf --one-file-system "${dir:?}/$FILE" "$T/fifo-$COUNT"
	[ ! -e "$ROOT/.kept" ] || mv "$ROOT/.kept" "$dir/$FILE"
}

files() {
	local kind
	peers_differ "files of its own"
	bundle
	sleeper
	FIRST=$ID
	bundle
	args sleep 60
	must_create
	for kind in $KINDS; do
		each "$1" "$kind"
	done
	is "$(status_of)" created
	cap rt start "$ID"
	ok
}

# What start needs beside the plan: it listens for the program where the caller has a NOTIFY_SOCKET.
notify_dir() {
	local kind
	peers_differ "files of its own"
	bundle
	sleeper
	FIRST=$ID
	for kind in $KINDS; do
		bundle
		args sleep 60
		NOTIFY_SOCKET=$T/nobody must_create
		FILE=notify KIND_OF=$kind
		rm -r "$ROOT/$ID/notify"
		put "$kind" "$ROOT/$ID/notify"
		NOTIFY_SOCKET=$T/nobody rt start "$ID" >/dev/null 2>&1 &
		within 5 eval "status_is running || ! kill -0 $! 2>/dev/null" || die "$kind for notify: start hangs"
		kill $! 2>/dev/null || true
		wait $! 2>/dev/null || true
		answers delete --force "$ID"
		ok
		rm -f "$T/fifo-$COUNT"
	done
}

# delete_force FILE: of a create that was killed, and whose file was exchanged; without its record a container is found by its plan
delete_force() {
	local kind dir
	peers_differ "files of its own"
	bundle
	sleeper
	FIRST=$ID
	FILE=$1
	for KIND_OF in $KINDS; do
		ID=$FIRST-$KIND_OF
		if [ "$FILE" = record.json ]; then
			bundle
			args sleep 60
			must_create
		fi
		dir=$ROOT/$ID
		[ "$FILE" = record.json ] || install -d -m 700 ${LIVE_USER:+-o $USER_ID} "$dir"
		[ "$FILE" = record.json ] || jq --arg id "$ID" '.id=$id|del(.pid,.startTime,.unit)|.cgroupDirs=[]' "$ROOT/$FIRST/record.json" >"$dir/record.json"
		[ "$FILE" = record.json ] || cp "$ROOT/$FIRST/plan" "$ROOT/$FIRST/config.json" "$dir"
		rm -rf "${dir:?}/$FILE"
		put "$KIND_OF" "$dir/$FILE"
		[ -z "${LIVE_USER:-}" ] || chown -hR $USER_ID "$dir"
		answers delete --force "$ID"
		ok
		[ ! -e "$dir" ] || die "$KIND_OF for $FILE: left behind"
		rm -f "$T/fifo-$COUNT"
	done
	answers list -q
	is "$OUT" "$FIRST"
}

# the state directory itself
no_directory() {
	peers_differ "directories of its own"
	bundle
	sleeper
	FIRST=$ID
	for KIND_OF in fifo socket link-to-fifo link-to-nothing zero; do
		[[ " $KINDS " == *" $KIND_OF "* ]] || continue
		ID=$FIRST-$KIND_OF FILE=$FIRST-$KIND_OF
		put "$KIND_OF" "$ROOT/$ID"
		answers list
		ok
		like "$OUT" "$FIRST "
		for c in state start "exec $ID" kill ps pause delete "delete --force"; do
			answers $c "$ID"
		done
		rm -f "$ROOT/$ID" "$T/fifo-$COUNT"
	done
}

t "something else than a file in the place of record.json" files record.json
t "something else than a file in the place of plan" files plan
t "something else than a file in the place of config.json" files config.json
t "something else than a socket in the place of start" files start
t "something else than a directory in the place of notify" notify_dir
for f in record.json plan notify stranger; do
	t "delete --force with something else in the place of $f" delete_force $f
done
t "something else than a directory in the place of a state directory" no_directory
finish
