#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# list: table, JSON, quiet.
. "$(dirname "$0")/../lib/live.sh"

OWNER=root
[ -z "${LIVE_USER:-}" ] || OWNER=hezitest

only_own() { rm -rf --one-file-system "$ROOT"; install -d -m 700 ${LIVE_USER:+-o $USER_ID} "$ROOT"; }

empty() {
	only_own
	cap rt list
	ok
	cap rt list -q
	ok
	is "$OUT" ""
	cap rt list --format json
	ok
	like "$OUT" '^(null|\[[[:space:]]*\])$'
	[ "$KIND" = crun ] || is "$OUT" null
}

missing_root() {
	peers_differ "an empty list; newer runc fails"
	cap "$RUNTIME" --root "$T/no-such-root" list
	bad
	[ ! -e "$T/no-such-root" ] || die "list made the folder"
}

two() {
	bundle
	sleeper
	FIRST=$ID
	FIRST_B=$B
	bundle
	must_create
}

quiet() {
	two
	cap rt list -q
	ok
	is "$(sort <<<"$OUT")" "$(printf '%s\n' "$FIRST" "$ID" | sort)"
	cap rt list --quiet
	ok
	is "$(wc -l <<<"$OUT")" 2
}

table() {
	peer_differs crun "columns of its own"
	two
	cap rt list
	ok
	# columns as wide as their widest cell plus three blanks, but at least twelve
	is "$OUT" "$(rt list -f json | jq -r '([["ID","PID","STATUS","BUNDLE","CREATED","OWNER"]]
		+ [.[]|[.id,(.pid|tostring),.status,.bundle,.created,.owner]]) as $rows
		| [range(6)|. as $c|[$rows[][$c]|length]|max] as $w
		| $rows[]|[range(6) as $c|.[$c] + if $c==5 then "" else " " * ([12-(.[$c]|length), $w[$c]+3-(.[$c]|length)]|max) end]|join("")')"
}

table_words() {
	two
	cap rt list
	ok
	like "$OUT" "$FIRST +$(pid_of "$FIRST") +running +$FIRST_B +20[^ ]+ +$OWNER"
	like "$OUT" "$ID +$(pid_of) +created +$B "
}

json() {
	two
	cap rt list -f json
	ok
	is "$(jq length <<<"$OUT")" 2
	is "$(jq -r --arg i "$ID" '.[]|select(.id==$i)|.status' <<<"$OUT")" created
	is "$(jq -r --arg i "$ID" '.[]|select(.id==$i)|.pid' <<<"$OUT")" "$(pid_of)"
	is "$(jq -r --arg i "$ID" '.[]|select(.id==$i)|.bundle' <<<"$OUT")" "$B"
	is "$(jq -r --arg i "$ID" '.[]|select(.id==$i)|.owner' <<<"$OUT")" "$OWNER"
	like "$(jq -r '.[0].created' <<<"$OUT")" '^20.*Z$'
	[ "$KIND" = crun ] || is "$(wc -l <"$T/out")" 1 "lines"
}

json_annotations() {
	peer_differs crun "leaves them out"
	bundle
	config '.annotations={"k":"v"}'
	must_create
	is "$(rt list -f json | jq -r '.[0].annotations.k')" v
	is "$(rt list -f json | jq -r '.[0].rootfs')" "$B/rootfs"
	like "$(rt list -f json | jq -r '.[0].ociVersion')" '^1\.'
}

stopped_too() {
	bundle
	args true
	must_create
	rt start "$ID"
	wait_status stopped
	is "$(rt list -f json | jq -r '.[0]|"\(.status) \(.pid)"')" "stopped 0"
}

bad_format() {
	peer_differs crun "ignores it"
	cap rt list -f nonsense
	bad
}

stray_files() {
	# what is not a container does not break the list
	peer_differs crun "fails"
	bundle
	sleeper
	mkdir "$ROOT/stray"
	echo x >"$ROOT/file"
	cap rt list -q
	ok
	like "$OUT" "$ID"
	rm -r "$ROOT/stray" "$ROOT/file"
}

# bad_entries: beside a running container all that is no container, or no readable one
bad_entries() {
	peers_differ "records of their own"
	bundle
	sleeper
	mkdir -m 700 "$ROOT"/{garbage,empty,cut,no-pid,list,long,runc,crun,nothing,~gone,link-target}
	echo '{bad' >"$ROOT/garbage/record.json"
	: >"$ROOT/empty/record.json"
	head -c 40 "$ROOT/$ID/record.json" >"$ROOT/cut/record.json"
	jq '.pid=-5' "$ROOT/$ID/record.json" >"$ROOT/no-pid/record.json"
	echo '[]' >"$ROOT/list/record.json"
	truncate -s 1G "$ROOT/long/record.json"
	echo '{}' >"$ROOT/runc/state.json"
	echo '{}' >"$ROOT/crun/status"
	echo x >"$ROOT/file"
	ln -s link-target "$ROOT/link"
	mkfifo "$ROOT/fifo"
	[ -z "${LIVE_USER:-}" ] || chown -hR $USER_ID "$ROOT"
	# another user's, which hezi does not read
	mkdir -m 700 "$ROOT/others"
	cp "$ROOT/$ID/record.json" "$ROOT/others"
	chown -R 4999 "$ROOT/others"
}
DAMAGED="garbage empty cut no-pid list long"

# warned: each bad entry by its id, and by the file where that is at fault
warned() {
	local id
	for id in $DAMAGED; do like "$ERR" "container $id is left out: $ROOT/$id/record.json" "warnings"; done
	for id in runc crun; do like "$ERR" "container $id is left out: the container belongs to another runtime" "warnings"; done
	like "$ERR" "container others is left out: " "warnings"
	is "$(grep -c 'left out' <<<"$ERR")" 9 "warnings"
	like "$ERR" 'level=warning|^(warning: )?container' "warnings"
}

bad_list() {
	bad_entries
	for option in "" -q "-f json"; do
		# shellcheck disable=SC2086
		cap rt list $option
		ok
		case $option in
		"") is "$(awk 'NR > 1 {print $1}' <<<"$OUT")" "$ID" ;;
		-q) is "$OUT" "$ID" ;;
		*) is "$(jq -r '.[].id' <<<"$OUT")" "$ID" ;;
		esac
		warned
	done
	rm -r "$ROOT"/{others,link,fifo,file,garbage,empty,cut,no-pid,list,long,runc,crun,~gone}
}

bad_stats() {
	bad_entries
	cap rt stats
	ok
	is "$(awk 'NR > 1 {print $1}' <<<"$OUT")" "$ID"
	warned
	cap rt stats --format json
	ok
	is "$(jq -r .id <<<"$OUT")" "$ID"
	warned
	rm -r "$ROOT"/{others,link,fifo,file,garbage,empty,cut,no-pid,list,long,runc,crun,~gone}
}

# asked for one of them by name, a command fails and names the file
bad_by_name() {
	local id command
	bad_entries
	for id in $DAMAGED; do
		for command in state ps "events --stats" stats; do
			# shellcheck disable=SC2086
			cap rt $command $id
			bad
			is "$OUT" ""
			says "$ROOT/$id/record.json"
		done
	done
	rm -r "$ROOT"/{others,link,fifo,file,garbage,empty,cut,no-pid,list,long,runc,crun,~gone}
}

# the id is the name of the directory in every command, whatever a copied record says
copied_record() {
	peers_differ "records of their own"
	bundle
	sleeper
	mkdir -m 700 "$ROOT/$ID-copy"
	jq 'del(.pid,.startTime)|.cgroupDirs=[]|del(.unit)' "$ROOT/$ID/record.json" >"$ROOT/$ID-copy/record.json"
	[ -z "${LIVE_USER:-}" ] || chown -R $USER_ID "$ROOT/$ID-copy"
	is "$(rt list -q | sort)" "$(printf '%s\n' "$ID" "$ID-copy" | sort)"
	is "$(rt list -f json | jq -r '.[].id' | sort)" "$(rt list -q | sort)"
	is "$(rt state "$ID-copy" | jq -r .id)" "$ID-copy"
}

while_others_vanish() {
	local i job
	peers_differ "fails when a container vanishes"
	bundle
	sleeper
	FIRST=$ID
	(
		for i in 1 2 3 4 5 6 7 8; do
			bundle
			args true
			rt run --bundle "$B" "$ID"
		done
	) >/dev/null 2>&1 &
	job=$!
	while kill -0 $job 2>/dev/null; do
		cap rt list -f json
		ok
		like "$OUT" "$FIRST"
	done
	wait $job || true
}

t "no containers" empty
t "a missing --root is an error" missing_root
t "-q" quiet
t "table: columns" table
t "table: words" table_words
t "json" json
t "json: rootfs, version, annotations" json_annotations
t "stopped containers are listed" stopped_too
t "an unknown format is refused" bad_format
t "stray entries do not break it" stray_files
t "bad entries: list, list -q and JSON show the others and name each bad one" bad_list
t "bad entries: stats shows the others and names each bad one" bad_stats
t "bad entries: asked for by name they are errors that name the file" bad_by_name
t "the id is the name of the directory, in list, list -q and state" copied_record
t "containers that vanish meanwhile do not break it" while_others_vanish
finish
