#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# run: exit status, stdio, signals, detached.
. "$(dirname "$0")/../lib/live.sh"

exit_status() {
	local n
	bundle
	for n in 0 1 7 255; do
		run_sh "exit $n"
		is "$ST" "$n" "exit status"
		is "$OUT$ERR" ""
	done
}

killed_by_signal() {
	bundle
	# pid 1 of a pid namespace cannot signal itself: the program has to share the namespace
	ns_drop pid
	run_sh 'kill -9 $$'
	is "$ST" 137 "killed by 9"
	run_sh 'kill -15 $$'
	is "$ST" 143 "killed by 15"
	run_sh 'kill -6 $$'
	is "$ST" 134 "killed by 6"
}

killed_from_outside() {
	local run st=0
	bundle
	args sleep 60
	rt run --bundle "$B" "$ID" &
	run=$!
	within 10 status_is running || die "never running"
	rt kill "$ID" KILL
	wait $run || st=$?
	is $st 137
}

output() {
	bundle
	in_box 'echo to stdout; echo to stderr >&2'
	is "$OUT" "to stdout"
	is "$ERR" "to stderr"
}

deletes_itself() {
	bundle
	in_box true
	nothing_left || die "left: $(leftovers)"
	cap rt state "$ID"
	bad
	run_sh 'exit 3'
	nothing_left || die "left after a failure of the program: $(leftovers)"
}

keep() {
	old_peer crun "1.8 does not have --keep"
	bundle
	args true
	cap rt run --keep --bundle "$B" "$ID"
	ok
	is "$(status_of)" stopped
	cap rt delete "$ID"
	ok
}

stdin_passes() {
	local out
	bundle
	sh_args 'cat; echo end'
	out=$(printf 'a\nb' | rt run --bundle "$B" "$ID")
	is "$out" $'a\nbend'
}

stdin_large() {
	local out
	bundle
	args md5sum
	head -c 5000000 /dev/urandom >"$T/blob"
	out=$(rt run --bundle "$B" "$ID" <"$T/blob")
	is "${out%% *}" "$(md5sum <"$T/blob" | cut -d' ' -f1)"
	out=$(cat "$T/blob" | rt run --bundle "$B" "$ID")
	is "${out%% *}" "$(md5sum <"$T/blob" | cut -d' ' -f1)" "by a pipe"
}

stdin_left_unread() {
	# the program ends without reading: run must not hang on the rest of its input
	local st=0
	bundle
	sh_args 'exit 4'
	mkfifo "$T/fifo"
	rt run --bundle "$B" "$ID" 0<>"$T/fifo" || st=$?
	rm "$T/fifo"
	is $st 4
}

output_large() {
	bundle
	sh_args 'head -c 20000000 /dev/zero; echo tail >&2'
	is "$(rt run --bundle "$B" "$ID" 2>"$T/e" | wc -c)" 20000000
	is "$(cat "$T/e")" tail
	rt run --bundle "$B" "$ID" >"$T/file" 2>/dev/null
	is "$(stat -c %s "$T/file")" 20000000 "to a file"
	rm "$T/file"
}

output_slow_reader() {
	bundle
	sh_args 'head -c 3000000 /dev/zero; exit 5'
	is "$(rt run --bundle "$B" "$ID" | (sleep 0.7; wc -c))" 3000000
	rt run --bundle "$B" "$ID" | sleep 0.2 || true
}

grandchildren_do_not_hold() {
	# a process that keeps stdout open dies with pid 1; run must return
	bundle
	run_sh 'sleep 50 & echo out; exit 6'
	is "$ST" 6
	is "$OUT" out
}

# a terminal of ours could be typed into
no_terminal() {
	bundle
	peer_differs crun "passes its own stdio"
	sh_args 'for fd in 0 1 2; do readlink /proc/self/fd/$fd; done | sed "s/:.*//"'
	OUT=$(python3 "$LIB/onterm.py" -- "${RT[@]}" run --bundle "$B" "$ID")
	is "${OUT//$'\r'/}" $'pipe\npipe\npipe'
}

reader_leaves() {
	bundle
	sh_args "while echo y; do :; done"
	OUT=$(RT_LIMIT=10 rt run --bundle "$B" "$ID" 2>"$B/err" </dev/null | head -n 1)
	is "$OUT" y
	within 5 nothing_left || die "left: $(leftovers)"
}

closed_output() {
	# the program closes its own end: run goes on until it ends
	bundle
	sh_args 'echo out; exec >&- 2>&- <&-; sleep 0.5; exit 4'
	cap rt run --bundle "$B" "$ID"
	is "$ST" 4
	is "$OUT" out
}

signals_forwarded() {
	local run st sig
	bundle
	sh_args 'for s in HUP USR1 USR2 TERM WINCH; do trap "echo got $s" $s; done
		echo ready; i=0; while [ $i -lt 200 ]; do sleep 0.1; i=$((i+1)); done'
	: >"$T/o"
	"${RT[@]}" run --bundle "$B" "$ID" >"$T/o" &
	run=$!
	within 10 grep -q ready "$T/o" || die "not ready"
	for sig in HUP USR1 USR2 TERM; do
		kill -$sig $run
		within 5 grep -q "got $sig" "$T/o" || die "SIG$sig did not arrive: $(cat "$T/o")"
	done
	rt kill "$ID" KILL
	st=0
	wait $run || st=$?
	is $st 137
}

sigint_forwarded() {
	bundle
	sh_args 'trap "echo got INT; exit 9" INT; echo ready; i=0; while [ $i -lt 200 ]; do sleep 0.1; i=$((i+1)); done'
	cap python3 - "$RUNTIME" "$ROOT" "$B" "$ID" <<-'PY'
		import os, signal, subprocess, sys
		runtime, root, bundle, ident = sys.argv[1:]
		signal.signal(signal.SIGINT, signal.SIG_DFL)
		child = subprocess.Popen([runtime, "--root", root, *os.environ["DRIVER"].split(), "run", "--bundle", bundle, ident],
		                         stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
		assert child.stdout.readline() == "ready\n"
		child.send_signal(signal.SIGINT)
		out, _ = child.communicate(timeout=20)
		assert (out, child.returncode) == ("got INT\n", 9), (out, child.returncode)
	PY
	ok
}

term_ends_run() {
	local run st=0
	bundle
	sh_args 'trap "exit 11" TERM; echo ready; i=0; while [ $i -lt 200 ]; do sleep 0.1; i=$((i+1)); done'
	: >"$T/o"
	"${RT[@]}" run --bundle "$B" "$ID" >"$T/o" &
	run=$!
	within 10 grep -q ready "$T/o" || die "not ready"
	kill -TERM $run
	wait $run || st=$?
	is $st 11
	nothing_left || die "left: $(leftovers)"
}

detached() {
	bundle
	sh_args 'echo ran >/tmp/ran; sleep 60'
	cap rt run -d --bundle "$B" "$ID"
	ok
	is "$OUT$ERR" "" "run -d prints nothing"
	is "$(status_of)" running
	within 5 test -e "$B/rootfs/tmp/ran" || die "did not run"
}

detached_ends() {
	bundle
	args true
	cap rt run --detach --bundle "$B" "$ID"
	ok
	wait_status stopped
	cap rt delete "$ID"
	ok
}

not_found() {
	bundle
	args no-such-program
	cap rt run --bundle "$B" "$ID"
	bad
	says 'exec: "no-such-program": executable file not found in \$PATH'
	unlike "$ERR" 'permission denied|not permitted'
	nothing_left || die "left: $(leftovers)"
	cap rt create --bundle "$B" "$ID"
	bad
	nothing_left || die "left by create: $(leftovers)"
}

not_found_absolute() {
	bundle
	args /no/such/program
	cap rt run --bundle "$B" "$ID"
	bad
	says 'no such file or directory'
	unlike "$ERR" 'permission denied|not permitted'
	nothing_left || die "left: $(leftovers)"
}

not_executable() {
	bundle
	echo '#!/bin/sh' >"$B/rootfs/tmp/plain"
	args /tmp/plain
	cap rt run --bundle "$B" "$ID"
	bad
	says 'exec: "/tmp/plain": permission denied'
	unlike "$ERR" 'no such file'
	args /etc
	cap rt run --bundle "$B" "$ID"
	bad
	says 'exec: "/etc": (permission denied|is a directory)'
	nothing_left || die "left: $(leftovers)"
}

# odd_program KIND: /tmp/odd in the rootfs, which lookups accept and execve does not; WORDS: why
odd_program() {
	rm -rf "$B/rootfs/tmp/odd"
	case $1 in
	script) printf '#!/no/such/interpreter\n' >"$B/rootfs/tmp/odd"; WORDS='no such file or directory' ;;
	garbage) printf 'not a program' >"$B/rootfs/tmp/odd"; WORDS='exec format error' ;;
	empty) : >"$B/rootfs/tmp/odd"; WORDS='exec format error' ;;
	foreign) # an ELF header for a machine that no host of these tests is (EM_S390)
		printf '\177ELF\2\2\1\0\0\0\0\0\0\0\0\0\0\2\0\026\0\0\0\1' >"$B/rootfs/tmp/odd"
		head -c 4096 /dev/zero >>"$B/rootfs/tmp/odd"
		WORDS='exec format error' ;;
	ring) printf '#!/tmp/odd\n' >"$B/rootfs/tmp/odd"; WORDS='(too many levels of symbolic links|exec format error)' ;;
	folder) printf '#!/etc\n' >"$B/rootfs/tmp/odd"; WORDS='permission denied' ;;
	esac
	chmod 755 "$B/rootfs/tmp/odd"
}

# the program is there and the kernel does not take it: the container has run and ended, and says why itself
bad_interpreter() {
	local kind
	peer_differs crun "exits with 1, in words of its own"
	old_peer runc "1.1 exits with 1"
	bundle
	args /tmp/odd
	for kind in script garbage empty foreign ring folder; do
		odd_program $kind
		cap rt --log "$B/log" run --bundle "$B" "$ID"
		is "$ST" 255 "$kind"
		like "$ERR" "^exec /tmp/odd: $WORDS\$" "$kind"
		is "$OUT" ""
		is_peer || grep -Eq "exec /tmp/odd: $WORDS" "$B/log" || die "$kind: nothing in the log"
		rm -f "$B/log"
	done
	odd_program script
	cap rt run -d --bundle "$B" "$ID"
	ok
	wait_status stopped
}

path_lookup() {
	bundle
	mkdir "$B/rootfs/one" "$B/rootfs/two"
	printf '#!/bin/sh\necho one\n' >"$B/rootfs/one/tool"
	printf '#!/bin/sh\necho two\n' >"$B/rootfs/two/tool"
	chmod +x "$B/rootfs/two/tool"
	config '.process.env=["PATH=/one:/two:/bin"]'
	args tool
	cap rt run --bundle "$B" "$ID"
	ok
	is "$OUT" two "a file that is not executable is passed over"
}

t "exit status of the program is run's" exit_status
t "a program ended by a signal gives 128 + N" killed_by_signal
t "killed from outside gives 137" killed_from_outside
t "stdout and stderr are passed and kept apart" output
t "run deletes the container at its end" deletes_itself
t "run --keep leaves a stopped container" keep
t "stdin is passed, with its end" stdin_passes
t "5 MB of stdin arrive whole" stdin_large
t "unread stdin does not hold up run" stdin_left_unread
t "20 MB of output arrive whole" output_large
t "a slow or absent reader loses nothing and hangs nothing" output_slow_reader
t "a grandchild with an open stdout does not hold up run" grandchildren_do_not_hold
t "in the foreground a terminal is relayed" no_terminal
t "a reader that leaves ends the writer" reader_leaves
t "a program that closes its stdio" closed_output
t "signals are forwarded" signals_forwarded
t "SIGINT is forwarded" sigint_forwarded
t "SIGTERM to run ends the program, its status is kept" term_ends_run
t "run -d returns at once and leaves it running" detached
t "run -d of a short program leaves it stopped" detached_ends
t "program not found in PATH fails in create" not_found
t "absolute program not found" not_found_absolute
t "program not executable, or a folder" not_executable
t "missing interpreter and wrong format" bad_interpreter
t "args[0] is searched in the container's PATH" path_lookup
finish
