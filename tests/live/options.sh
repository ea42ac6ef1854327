#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Options of create and run that are not about the box itself.
. "$(dirname "$0")/../lib/live.sh"

pid_file() {
	bundle
	args sleep 60
	must_create --pid-file "$B/pid"
	is "$(cat "$B/pid")" "$(pid_of)"
	is "$(wc -l <"$B/pid")" 0 "no newline"
	is "$(find "$B" -maxdepth 1 -name '.pid*')" "" "no temporary file"
}

pid_file_replaced() {
	# CRI-O makes the file before; whoever holds the old file open must not see half a number
	bundle
	echo old >"$B/pid"
	local before
	before=$(stat -c %i "$B/pid")
	peer_differs crun "writes into the file"
	must_create --pid-file "$B/pid"
	is "$(cat "$B/pid")" "$(pid_of)"
	[ "$(stat -c %i "$B/pid")" != "$before" ] || die "the same inode: not renamed"
}

pid_file_run() {
	bundle
	sh_args 'sleep 60'
	cap rt run -d --pid-file "$B/pid" --bundle "$B" "$ID"
	ok
	is "$(cat "$B/pid")" "$(pid_of)"
}

pid_file_foreground() {
	bundle
	mount_add '{"destination":"/tmp","type":"bind","source":"'"$B"'","options":["bind"]}'
	sh_args 'i=0; while [ ! -s /tmp/pid ] && [ $i -lt 50 ]; do sleep 0.1; i=$((i+1)); done; cat /tmp/pid'
	cap rt run --pid-file "$B/pid" --bundle "$B" "$ID"
	ok
	like "$OUT" '^[0-9]+$'
}

pid_file_not_after_failure() {
	bundle
	args no-such-program
	create --pid-file "$B/pid"
	bad
	[ ! -e "$B/pid" ] || die "a pid file after a failed create"
}

pid_file_unwritable() {
	bundle
	create --pid-file "$B/no/such/dir/pid"
	bad
	nothing_left || die "left: $(leftovers)"
}

# what: kind, device numbers and inode of a file or link
what() { stat -c '%F %t:%T %i' "$1"; }

# pid_to COMMAND WORD... PATH: the command with --pid-file PATH; PATH is the same thing afterwards
pid_to() {
	local path=${!#} before
	before=$(what "$path")
	set -- "${@:1:$#-1}"
	if [ "$1" = exec ]; then cap rt "$@" --pid-file "$path" "$ID" true; else cap rt "$@" --pid-file "$path" --bundle "$B" "$ID"; fi
	is "$(what "$path")" "$before" "$* --pid-file $path"
	[ -z "$(find "$B" -maxdepth 1 -name '.*.tmp')" ] || die "a temporary file is left"
}

# every command that writes a pid, on a node of our own like the host's /dev/null, and on links to it
pid_file_device() {
	local path line
	peers_differ "replace or remove it"
	bundle
	mknod -m 666 "$B/null" c 1 3 2>/dev/null || skip "no device nodes here"
	[ -w "$B/null" ] && : >"$B/null" || skip "device nodes have no effect here"
	ln -s null "$B/link"
	ln -s link "$B/link2"
	for path in null link link2; do
		for line in create run 'run -d'; do
			args true
			pid_to $line "$B/$path"
			ok
			cap rt delete --force "$ID"
		done
		# after a failure it is there too
		args nosuch
		for line in create run 'run -d'; do
			pid_to $line "$B/$path"
			bad
		done
	done
	sleeper
	for line in exec 'exec -d'; do
		pid_to $line "$B/link"
		ok
	done
	pid_to exec --cwd /nosuch "$B/null"
	is "$ST" 255
	[ -c "$B/null" ] || die "the device is gone"
}

# a device that takes nothing: an error, and the device stays
pid_file_full() {
	peers_differ "replace or remove it"
	bundle
	mknod -m 666 "$B/full" c 1 7 2>/dev/null || skip "no device nodes here"
	[ -w "$B/full" ] || skip "device nodes have no effect here"
	pid_to create "$B/full"
	bad
	says 'write the pid file ".*/full": no space left on device'
	mknod "$B/disk" b 240 240
	pid_to create "$B/disk"
	bad
	says 'it is a block device'
}

pid_file_fifo() {
	peers_differ "replace or remove it"
	bundle
	args sleep 60
	mkfifo -m 666 "$B/fifo"
	ln -s fifo "$B/link"
	# nobody reads: an error in short time
	pid_to create "$B/fifo"
	bad
	says 'a FIFO that nobody reads'
	pid_to run "$B/link"
	bad
	# one who reads before, or comes late
	cat "$B/fifo" >"$B/read" &
	pid_to create "$B/link"
	ok
	wait
	is "$(<"$B/read")" "$(pid_of)"
	(sleep 0.3; cat "$B/fifo" >"$B/read") &
	pid_to exec -d "$B/fifo"
	ok
	wait
	like "$(<"$B/read")" '^[0-9]+$'
}

pid_file_other_kinds() {
	peers_differ "replace or remove them"
	bundle
	mkdir "$B/dir"
	ln -s dir "$B/to-dir"
	python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$B/sock"
	ln -s sock "$B/to-sock"
	for path in dir to-dir sock to-sock; do
		pid_to create "$B/$path"
		bad
		says "write the pid file \".*/$path\""
	done
	create --pid-file "$B/dir/"
	bad
	is "$(find "$B/dir" -mindepth 1)" ""
}

# links to a regular file, to nothing and in a ring are replaced, never followed
pid_file_links() {
	peers_differ "follows them"
	bundle
	echo kept >"$B/file"
	ln -s file "$B/to-file"
	ln -s nothing "$B/to-nothing"
	ln -s ring "$B/ring"
	for path in to-file to-nothing ring; do
		must_create --pid-file "$B/$path"
		is "$(stat -c %F "$B/$path")" "regular file"
		is "$(<"$B/$path")" "$(pid_of)"
		cap rt delete --force "$ID"
	done
	is "$(<"$B/file")" kept
	[ ! -e "$B/nothing" ] || die "the link was followed"
}

# the caller's own descriptors, whatever they are
pid_file_own() {
	peers_differ "opens them by name"
	local link
	bundle
	args sleep 60
	link=$(readlink /dev/stdout)
	must_create --pid-file /dev/stdout
	is "$OUT" "$(pid_of)"
	cap rt delete --force "$ID"
	is "$(rt create --pid-file /dev/fd/3 --bundle "$B" "$ID" 3>&1 >/dev/null </dev/null | cat)" "$(pid_of)"
	cap rt delete --force "$ID"
	echo before >"$B/log"
	rt create --pid-file /proc/self/fd/7 --bundle "$B" "$ID" 7>>"$B/log" </dev/null >/dev/null
	is "$(<"$B/log")" $'before\n'"$(pid_of)"
	is "$(readlink /dev/stdout)" "$link"
	# a descriptor of hezi's own is none of the caller's
	cap rt exec --pid-file /dev/fd/9 "$ID" true 9>&-
	is "$ST" 255
}

# logs go to devices, FIFOs and descriptors; a FIFO that nobody reads, or stops to read, hangs nobody
log_kinds() {
	peers_differ "is not held to this"
	local before
	bundle
	mkfifo -m 666 "$B/fifo"
	cap rt --log "$B/fifo" state "$ID"
	bad
	says 'open the log file ".*/fifo": .*no such device or address'
	cat "$B/fifo" >"$B/read" &
	cap rt --log "$B/fifo" state "$ID"
	bad
	wait
	like "$(<"$B/read")" 'level=error'
	[ -p "$B/fifo" ] || die "the FIFO is gone"
	before=$(what /dev/null)
	cap rt --log /dev/null state "$ID"
	bad
	is "$(what /dev/null)" "$before"
	cap rt --log /dev/stdout state "$ID"
	like "$OUT" 'level=error'
	# stderr may be a socket, as under systemd
	cap python3 -c 'import socket, subprocess, sys
a, b = socket.socketpair()
r = subprocess.run(sys.argv[1:], stderr=b)
b.close()
print(a.recv(4096).decode())
sys.exit(r.returncode)' "${RT[@]}" --log /dev/stderr --log-format json state "$ID"
	bad
	like "$OUT" '"level":"error"'
	mkdir "$B/dir"
	cap rt --log "$B/dir" state "$ID"
	bad
	# a reader that is gone ends nobody: the whole debug log of a create
	args true
	"${RT[@]}" --debug create --bundle "$B" "$ID" 2> >(exec true) </dev/null >/dev/null || die "create: $?"
	cap rt start "$ID"
	ok
}

# spec writes in place too, and over no file
spec_kinds() {
	local before
	peers_differ "has no --file, or opens it"
	bundle
	rm "$B/config.json"
	(cd "$B" && rt spec --file /dev/stdout | jq -e .ociVersion >/dev/null) || die "no config on stdout"
	cap rt spec --bundle "$B" -f other.json
	ok
	jq -e .process.args "$B/other.json" >/dev/null
	[ ! -e "$B/config.json" ] || die "config.json too"
	cap rt spec --bundle "$B" -f other.json
	bad
	says 'File other.json exists. Remove it first'
	for path in config.json named.json; do
		mkfifo -m 666 "$B/$path"
		before=$(what "$B/$path")
		cap rt spec --bundle "$B" --file=$path
		bad
		cat "$B/$path" >"$B/read" &
		cap rt spec --bundle "$B" --file=$path
		ok
		wait
		jq -e .root "$B/read" >/dev/null
		is "$(what "$B/$path")" "$before"
	done
	ln -s nothing "$B/link"
	cap rt spec --bundle "$B" --file link
	bad
	[ ! -e "$B/nothing" ] || die "the link was followed"
}

options_both_styles() {
	bundle
	args sleep 60
	cap rt create -b "$B" --pid-file="$B/pid" "$ID"
	ok
	is "$(cat "$B/pid")" "$(pid_of)"
}

no_new_keyring() {
	# with the default a fresh session keyring, named after the id; with the option the caller's own
	local k=/proc/keys
	[ -e $k ] || skip "this kernel has no keyrings"
	bundle
	config '.linux.maskedPaths=[]'
	sh_args 'cat /proc/keys'
	cap rt run --bundle "$B" "$ID"
	if [ "$KIND" = crun ]; then like "$OUT" "$ID"; else like "$OUT" "_ses\.$ID"; fi
	bundle
	config '.linux.maskedPaths=[]'
	sh_args 'cat /proc/keys'
	cap rt run --no-new-keyring --bundle "$B" "$ID"
	unlike "$OUT" "$ID"
}

no_pivot() {
	bundle
	sh_args 'ls / && ls /proc/1/exe >/dev/null && cat /proc/self/mountinfo | wc -l'
	cap rt run --no-pivot --bundle "$B" "$ID"
	ok
	like "$OUT" home
	unlike "$OUT" "$(basename "$T")"
	args cat /etc/passwd
	cap rt run --no-pivot --bundle "$B" "$ID"
	ok
	like "$OUT" '^root:x:0:0:root:/root:/bin/sh'
	nothing_left || die "left: $(leftovers)"
}

# the parent of what loses its parent in a container without a pid namespace of its own
orphans_parent() {
	bundle
	ns_drop pid
	sh_args "(sh -c 'sleep 0.3; sed -n \"s/^PPid:.//p\" /proc/\$\$/status >/tmp/parent' &) ; sleep 1"
	"${RT[@]}" run "$@" --bundle "$B" "$ID" &
	RUN=$!
	wait $RUN
	PARENT=$(cat "$B/rootfs/tmp/parent")
}

subreaper() {
	peer_differs crun "is no subreaper in the foreground"
	orphans_parent
	is "$PARENT" "$RUN"
}

no_subreaper() {
	peer_differs crun "is a subreaper or not as it likes"
	orphans_parent --no-subreaper
	unlike "$PARENT" "^$RUN\$"
	[ "$KIND" = runc ] && return # it takes it with run only
	bundle
	must_create --no-subreaper
}

debug_works() {
	bundle
	sh_args 'echo fine'
	cap rt --debug run --bundle "$B" "$ID"
	ok
	is "$OUT" fine
}

debug_tells() {
	peers_differ "tell other things"
	bundle
	args true
	cap rt --debug --log "$B/log" --log-format json run --bundle "$B" "$ID"
	ok
	is "$OUT$ERR" ""
	is "$(jq -rs 'map(.level)|unique|.[]' "$B/log")" debug
	like "$(jq -r .msg "$B/log")" 'cgroup'
	like "$(jq -r .msg "$B/log")" "remove container \"$ID\""
	cap rt --log-level info --log "$B/info" run --bundle "$B" "$ID"
	ok
	[ ! -s "$B/info" ] || die "at info: $(cat "$B/info")"
}

config_file() {
	peer_differs runc "has none"
	bundle
	args echo from-file
	mv "$B/config.json" "$B/other.json"
	cap bash -c 'cd "$1" && shift && exec "$@"' - "$B" "${RT[@]}" run --config other.json --bundle "$B" "$ID"
	ok
	is "$OUT" from-file
	cap rt run -f "$B/other.json" --bundle "$B" "$ID"
	ok
	cap rt create --config "$B/none.json" --bundle "$B" "$ID"
	bad
	says 'none.json'
	nothing_left || die "left: $(leftovers)"
	echo '{"ociVersion":' >"$B/wrong.json"
	cap rt create --config "$B/wrong.json" --bundle "$B" "$ID"
	bad
	says 'wrong.json:[0-9]+:[0-9]+'
}

root_equals() {
	bundle
	args sleep 60
	cap timeout 20 "$RUNTIME" --root="$ROOT" $DRIVER create --bundle="$B" "$ID"
	ok
	is "$(status_of)" created
}

root_is_private() {
	bundle
	must_create
	is "$(stat -c %a "$ROOT")" 700
}

annotations() {
	bundle
	config '.annotations={"org.example/very.long":"'"$(head -c 5000 /dev/zero | tr '\0' x)"'","empty":"","u":"é\"\\\n"}'
	must_create
	is "$(state | jq -r '.annotations["org.example/very.long"] | length')" 5000
	is "$(state | jq -c '.annotations.u')" '"é\"\\\n"'
	cap rt start "$ID"
	ok
}

t "--pid-file: the pid, no newline" pid_file
t "--pid-file replaces the file by renaming" pid_file_replaced
t "--pid-file of run -d" pid_file_run
t "--pid-file of run" pid_file_foreground
t "no pid file after a failed create" pid_file_not_after_failure
t "a pid file that cannot be written fails create" pid_file_unwritable
t "a pid file that is a device, and links to it" pid_file_device
t "a pid file that is a device which takes nothing" pid_file_full
t "a pid file that is a FIFO" pid_file_fifo
t "a pid file that is a folder or a socket" pid_file_other_kinds
t "a pid file that is a link to a file or to nothing" pid_file_links
t "a pid file that is a descriptor of the caller" pid_file_own
t "--log to a FIFO, a device, a socket" log_kinds
t "spec writes to other names, and in place" spec_kinds
t "-b DIR and --opt=value" options_both_styles
t "a session keyring unless --no-new-keyring" no_new_keyring
t "--no-pivot" no_pivot
t "run is the parent of orphans" subreaper
t "--no-subreaper: it is not" no_subreaper
t "--debug does not disturb" debug_works
t "--debug tells the steps" debug_tells
t "--config FILE" config_file
t "--root=DIR" root_equals
t "the root folder is private" root_is_private
t "annotations pass through unharmed" annotations
finish
