#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What may leak into the box or out of it: descriptors, folders, the environment; and the places outside of the box where
# others could lie in wait: the state directory, the pid file, sockets.
. "$(dirname "$0")/../lib/live.sh"
. "$LIB/victim.sh"

fds_of_created() {
	# nothing of the host may hang on the waiting process's descriptors
	local pid fd target
	bundle
	rt create --bundle "$B" "$ID" </dev/null >/dev/null 2>&1
	pid=$(pid_of)
	for fd in /proc/"$pid"/fd/*; do
		target=$(readlink "$fd") || continue
		[ ! -d "$fd" ] || die "a folder: $fd -> $target"
		if [[ $target == "$ROOT"/* && $target != *fifo* ]]; then
			peers_differ "keeps files of its root open"
			die "a file of the state: $fd -> $target"
		fi
	done
	is "$(stat -L -c %F "/proc/$pid/cwd")" directory
	[ -e "/proc/$pid/root/home/u" ] || die "not in its root"
}

not_dumpable_inside() {
	# the waiting process cannot be traced by the container's user from inside its pid namespace
	local pid
	bundle
	must_create
	pid=$(pid_of)
	is "$(stat -c %u "/proc/$pid/environ")" 0
}

no_caller_environment() {
	needs_sealed
	local pid
	bundle
	args sleep 60
	SECRET_OF_CALLER=1 create
	ok
	pid=$(pid_of)
	peers_differ "keeps it until the program runs"
	unlike "$(tr '\0' '\n' <"/proc/$pid/environ")" SECRET_OF_CALLER
}

rootfs_is_slash() {
	# a rootfs of / with a new mount namespace is allowed by the spec; it must not break the host's mounts
	local before
	bundle
	before=$(sort /proc/self/mountinfo)
	config '.root={path:"/",readonly:true}'
	cap rt run --bundle "$B" "$ID"
	is "$(sort /proc/self/mountinfo)" "$before"
}

no_pivot_hides_proc() {
	# with --no-pivot no unmasked /proc or /sys of the host may stay reachable
	bundle
	config 'del(.mounts[]|select(.destination=="/proc" or .destination=="/sys")) | .linux.maskedPaths=[] | .linux.readonlyPaths=[]'
	peer_differs runc "wants /proc"
	sh_args 'ls /proc /sys'
	cap rt run --no-pivot --bundle "$B" "$ID"
	unlike "$OUT" 'version|kernel'
}

program_fds() {
	# neither what the caller left open nor what the runtime itself uses
	bundle
	run_sh 'for f in /proc/self/fd/*; do echo "${f##*/} $(readlink $f)"; done; true' 7</etc 200</etc/passwd
	ok
	unlike "$OUT" '/etc' 'of the caller'
	is "$(grep -c . <<<"$OUT")" "$(grep -c -e '^[012] ' -e '^[0-9]* $' -e '/proc/' <<<"$OUT")" "descriptors: $OUT"
}

hook_fds() {
	# a hook gets 0, 1 and 2 and nothing else, and the environment of its config
	local kind
	peers_differ "runs hooks with the caller's environment or more descriptors"
	bundle
	cat >"$B/hook" <<-'SH'
		#!/bin/sh
		cat >/dev/null
		for f in /proc/self/fd/*; do echo "${f##*/} $(readlink $f)"; done >"$1"
		env >>"$1"
		ulimit -a >/dev/null
	SH
	chmod 755 "$B/hook"
	for kind in prestart createRuntime createContainer poststart poststop; do
		config --arg k "$kind" --arg h "$B/hook" --arg o "$B/out.$kind" '.hooks[$k]=[{path:$h,args:["hook",$o],env:["PATH=/bin:/usr/bin","A=b"]}]'
	done
	export SECRET_OF_CALLER=1
	create 7</etc 200</etc/passwd
	ok
	rt start "$ID"
	wait_status stopped
	rt delete "$ID"
	for kind in prestart createRuntime createContainer poststart poststop; do
		[ -s "$B/out.$kind" ] || die "$kind did not run"
		unlike "$(<"$B/out.$kind")" "SECRET_OF_CALLER|/etc|$ROOT|hezi-init" "what the $kind hook has"
		is "$(grep -E '^[0-9]+ ' "$B/out.$kind" | grep -v -E '^([012]|10|255) ' | grep -v "/proc/[0-9]*/fd$" | grep -v 'hook$' | grep -v ' $')" "" "descriptors of $kind"
	done
}

hook_in_box_fds() {
	bundle
	peers_differ "is looser"
	cat >"$B/rootfs/bin/hook" <<-'SH'
		#!/bin/sh
		for f in /proc/self/fd/*; do echo "${f##*/} $(readlink $f)"; done >/tmp/out
		env >>/tmp/out
	SH
	chmod 755 "$B/rootfs/bin/hook"
	config '.hooks.startContainer=[{path:"/bin/hook",env:["A=b","PATH=/bin"]}]'
	SECRET_OF_CALLER=1 create 7</etc
	ok
	rt start "$ID"
	wait_status stopped
	unlike "$(<"$B/rootfs/tmp/out")" "SECRET_OF_CALLER|/etc|$T"
}

passwd_not_opened() {
	# to open a fifo or a device of the image has effects; whoever waits at the fifo would be woken
	local writer
	peers_differ "opens it"
	bundle
	rm "$B/rootfs/etc/passwd"
	mkfifo "$B/rootfs/etc/passwd"
	(: >"$B/rootfs/etc/passwd") &
	writer=$!
	in_box 'echo $HOME'
	is "$OUT" /
	alive $writer || die "the fifo was opened"
	kill $writer
}

made_cwd_stays_inside() {
	# with the host's processes in /proc a link of the image can name the root of one of them
	bundle
	victim
	ns_drop pid
	ln -s "/proc/$$/root$V/dir" "$B/rootfs/work"
	config '.process.cwd="/work/a/b"'
	peers_differ "makes the folder"
	cap rt run --bundle "$B" "$ID"
	unharmed
	bad
	config '.process.cwd="/work"'
	cap rt run --bundle "$B" "$ID"
	bad
	config '.process.cwd="/new/a/b"'
	in_box 'pwd'
	is "$OUT" /new/a/b
	sleeper
	cap rt exec --cwd /work/a/b "$ID" true
	[ "$ST" != 0 ] || die "exec went there"
	unharmed
}

foreign_state() {
	# another user puts a state where everybody can write: what it says must not be done
	local victim_pid word
	peers_differ "trusts what is there"
	bundle
	sleeper
	victim_pid=$(pid_of)
	chmod 1777 "$ROOT"
	mkdir "$ROOT/$PREFIX-evil"
	sed "s/$ID/$PREFIX-evil/g" "$ROOT/$ID/record.json" >"$ROOT/$PREFIX-evil/record.json"
	cp "$ROOT/$ID/plan" "$ROOT/$ID/config.json" "$ROOT/$PREFIX-evil/"
	chmod 700 "$ROOT/$PREFIX-evil"
	chown -R 1000:1000 "$ROOT/$PREFIX-evil"
	for word in state start "delete --force" delete kill "exec --cwd=/"; do
		cap rt $word "$PREFIX-evil" ${word:+$([ "${word%% *}" = exec ] && echo true)}
		[ "$ST" != 0 ] || die "$word worked on the state of another user"
		like "$ERR" 'belongs to user 1000'
	done
	alive "$victim_pid" || die "the other container was killed"
	chown -R 0:0 "$ROOT/$PREFIX-evil"
	chmod 777 "$ROOT/$PREFIX-evil"
	cap rt delete --force "$PREFIX-evil"
	bad
	alive "$victim_pid" || die "the other container was killed"
	rm -rf "$ROOT/$PREFIX-evil"
	chmod 700 "$ROOT"
}

linked_state() {
	# a link in the root leads to the state of another one, or to a folder with files
	local word
	bundle
	victim
	sleeper
	ln -s "$ROOT/$ID" "$ROOT/$PREFIX-l1"
	ln -s "$V" "$ROOT/$PREFIX-l2"
	for word in state "delete --force" kill; do
		cap rt $word "$PREFIX-l1"
		[ "$KIND" != hezi ] || [ "$ST" != 0 ] || die "$word followed a link"
		[ "$KIND" = hezi ] || break
		cap rt $word "$PREFIX-l2"
		unharmed
	done
	rm -f "$ROOT/$PREFIX-l1" "$ROOT/$PREFIX-l2"
	unharmed
}

pid_file_link() {
	# the pid file replaces what is at its name, and follows no link there
	peers_differ "follows it"
	bundle
	victim
	mkdir "$B/open"
	chmod 1777 "$B/open"
	ln -s "$V/file" "$B/open/pid"
	ln -s "$V/file" "$B/open/.pid.tmp"
	create --pid-file "$B/open/pid"
	ok
	unharmed
	is "$(stat -c %F "$B/open/pid")" "regular file"
	is "$(<"$B/open/pid")" "$(pid_of)"
}

state_is_private() {
	bundle
	must_create
	[ "$KIND" != hezi ] || is "$(stat -c '%a %u' "$ROOT/$ID")" "700 0"
	is "$(find "$ROOT/$ID" -perm /022 ! -type l ! -name '*fifo*' ! -type s | head -n 1)" "" "writable by others"
}

console_socket_is_other() {
	# a console socket that is a file, a fifo or nobody's: an error at once, and nothing is left
	local s
	bundle
	config '.process.terminal=true'
	mkfifo "$B/fifo"
	echo keep >"$B/file"
	ln -s "$B/file" "$B/link"
	for s in "$B/fifo" "$B/file" "$B/link" "$B/none" "$B" /dev/null "$(printf "$B/%0150d" 1)"; do
		RT_LIMIT=10 create --console-socket "$s"
		[ "$ST" != 0 ] || die "took $s"
		[ "$ST" != 124 ] || die "hung on $s"
	done
	is "$(<"$B/file")" keep
	nothing_left || die "left: $(leftovers)"
}

signals_blocked_by_caller() {
	# a hostile caller's mask and ignored signals do not get in
	peer_differs runc "keeps the caller's mask"
	bundle
	is "$(python3 - "$RUNTIME" --root "$ROOT" run --bundle "$B" "$ID" <<-'PY'
		import json, os, signal, sys
		path = sys.argv[sys.argv.index("--bundle") + 1] + "/config.json"
		config = json.load(open(path))
		config["process"]["args"] = ["grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status"]
		json.dump(config, open(path, "w"))
		signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM, signal.SIGUSR1, signal.SIGCHLD])
		signal.signal(signal.SIGHUP, signal.SIG_IGN)
		os.execv(sys.argv[1], sys.argv[1:])
	PY
	)" $'SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000'
}

escapes_in_messages() {
	# names of the image in messages do not drive the terminal
	bundle
	peers_differ "prints them as they are"
	ln -s nowhere "$B/rootfs/x"
	config '.process.args=["/\u001b[31mred\u0007"]'
	cap rt run --bundle "$B" "$ID"
	bad
	unlike "$ERR" $'\e|\a'
}

t "a waiting container holds nothing of the host" fds_of_created
t "a waiting container belongs to root" not_dumpable_inside
t "the program has its stdio and nothing more" program_fds
t "hooks have their stdio, their environment and nothing more" hook_fds
t "hooks in the box too" hook_in_box_fds
t "the caller's environment is not in the box" no_caller_environment
t "the caller's signals are not in the box" signals_blocked_by_caller
t "a rootfs of / leaves the host's mounts alone" rootfs_is_slash
t "--no-pivot without /proc and /sys mounts" no_pivot_hides_proc
t "/etc/passwd that is a fifo is not opened" passwd_not_opened
t "a working directory is not made through the root of a process of the host" made_cwd_stays_inside
t "the state of another user is not trusted" foreign_state
t "links among the states are not followed" linked_state
t "the state is private" state_is_private
t "a pid file follows no link" pid_file_link
t "console sockets that are none" console_socket_is_other
t "messages hold no control characters" escapes_in_messages
finish
