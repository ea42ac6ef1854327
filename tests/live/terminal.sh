#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Terminals: run on the caller's, create with --console-socket.
. "$(dirname "$0")/../lib/live.sh"

terminal() { config '.process.terminal=true'; }
# on_tty [onterm.py OPTION...] : run $ID with a terminal
on_tty() { cap python3 "$LIB/onterm.py" "$@" -- "${RT[@]}" run --bundle "$B" "$ID"; }

run_tty() {
	bundle
	terminal
	sh_args 'tty; test -t 0 && test -t 1 && test -t 2 && echo all three; exit 7'
	on_tty
	is "$ST" 7
	like "$OUT" '/dev/(pts/[0-9]+|console)'
	like "$OUT" 'all three'
}

run_tty_echo() {
	bundle
	terminal
	sh_args 'echo ready; read x; echo "got <$x>"'
	on_tty --wait ready --send 'words\n'
	ok
	like "$OUT" 'got <words>'
}

run_tty_ctrl_c() {
	bundle
	terminal
	sh_args 'trap "echo caught; exit 5" INT; echo ready; while :; do sleep 0.1; done'
	on_tty --wait ready --send '\x03'
	is "$ST" 5
	like "$OUT" caught
}

run_tty_size() {
	peer_differs crun "1.8 does not copy the size"
	bundle
	terminal
	sh_args 'i=0; until [ "$(stty size)" = "33 111" ] || [ $i = 50 ]; do sleep 0.1; i=$((i+1)); done; stty size'
	on_tty --size 33x111
	ok
	like "$OUT" '33 111'
}

run_tty_size_at_once() {
	# a program that asks once, as it starts, must not be told 0 by 0
	local n
	peers_differ "copy the size while the program starts already"
	bundle
	terminal
	args stty size
	for n in 1 2 3 4 5 6 7 8; do
		on_tty --size 33x111
		like "$OUT" '33 111'
	done
}

run_tty_resize() {
	peer_differs crun "1.8 does not copy the size"
	bundle
	terminal
	sh_args 'trap "stty size; test \"\$(stty size)\" = \"44 99\" && exit 0" WINCH; echo ready; i=0; while [ $i -lt 100 ]; do sleep 0.1; i=$((i+1)); done; exit 1'
	on_tty --size 20x80 --wait ready --resize 44x99
	ok
	like "$OUT" '44 99'
}

run_tty_no_ctty() {
	# BuildKit's way: the terminal is on fds 0 to 2 but is not the controlling one
	peer_differs crun "1.8 does not copy the size"
	bundle
	terminal
	sh_args 'echo ready; read x; echo "got <$x>"; stty size'
	on_tty --no-ctty --size 21x81 --wait ready --send 'words\n'
	ok
	like "$OUT" 'got <words>'
	like "$OUT" '21 81'
}

run_tty_restored() {
	bundle
	terminal
	args true
	on_tty --raw-check
	ok
	args false
	on_tty --raw-check
	is "$ST" 1
	args no-such-program
	on_tty --raw-check
	bad
}

run_tty_output_whole() {
	local n
	bundle
	terminal
	sh_args 'i=0; while [ $i -lt 3000 ]; do echo "line $i of many"; i=$((i+1)); done; echo last'
	on_tty
	ok
	is "$(grep -c 'line .* of many' <<<"$OUT")" 3000
	like "$OUT" last
}

run_tty_newlines() {
	# the box's newline is turned into CR LF once, by one of the two terminals
	bundle
	terminal
	sh_args 'echo a; echo b'
	on_tty
	ok
	peer_differs crun "ONLCR stays set: CR CR LF"
	is "$(od -An -c <<<"$OUT" | tr -d ' \n')" 'a\r\nb\r\n'
}

run_tty_stdin_piped() {
	# stdout is the terminal, stdin a pipe: still a terminal inside
	peer_differs crun "needs a terminal on stdin"
	bundle
	terminal
	sh_args 'tty'
	cap python3 "$LIB/onterm.py" -- bash -c '"$@" </dev/null' - "${RT[@]}" run --bundle "$B" "$ID"
	ok
	like "$OUT" '/dev/(pts/|console)'
}

run_without_any_tty() {
	bundle
	terminal
	args true
	cap setsid --wait timeout 20 "${RT[@]}" run --bundle "$B" "$ID"
	bad
	nothing_left || die "left: $(leftovers)"
}

# receive [console.py OPTION...]: a receiver in the background; its output in $T/console
receive() {
	SOCK=$B/c.sock
	python3 "$LIB/console.py" "$SOCK" "$@" >"$T/console" 2>"$T/console.err" &
	RECEIVER=$!
	within 5 test -S "$SOCK" || die "no receiver"
}
received() { wait $RECEIVER || die "the receiver failed: $(cat "$T/console.err")"; CONSOLE=$(cat "$T/console"); }

console_socket() {
	bundle
	terminal
	sh_args 'tty; echo ready; read x; echo "got <$x>"'
	receive --wait ready --send $'words\n'
	must_create --console-socket "$SOCK"
	cap rt start "$ID"
	ok
	received
	like "$CONSOLE" 'got <words>'
	like "$CONSOLE" '/dev/(pts/0|console)'
}

console_socket_run_d() {
	bundle
	terminal
	sh_args 'echo hello from it'
	receive
	cap rt run -d --bundle "$B" --console-socket "$SOCK" "$ID"
	ok
	received
	like "$CONSOLE" 'hello from it'
}

console_late() {
	# whoever starts the receiver at the same moment may be a little late
	peers_differ "they are slower than most receivers"
	bundle
	terminal
	sh_args 'echo hello from it'
	SOCK=$B/c.sock
	python3 "$LIB/console.py" "$SOCK" >"$T/console" 2>"$T/console.err" &
	RECEIVER=$!
	cap rt run -d --bundle "$B" --console-socket "$SOCK" "$ID"
	ok
	received
	like "$CONSOLE" 'hello from it'
}

# a listener that never accepts hangs nobody once its queue is full
console_full() {
	peers_differ "hang"
	bundle
	python3 - "$T/full" <<'EOF' &
import os, socket, sys, time
path = sys.argv[1]
s = socket.socket(socket.AF_UNIX)
s.bind(path)
os.chmod(path, 0o666)
s.listen(0)
held = []
while True:
    c = socket.socket(socket.AF_UNIX)
    c.setblocking(False)
    try:
        c.connect(path)
    except BlockingIOError:
        break
    held.append(c)
os.rename(path, path + ".ready")
time.sleep(60)
EOF
	local listener=$!
	within 10 test -e "$T/full.ready" || die "no listener"
	config '.process.terminal=true'
	args sleep 60
	create --console-socket "$T/full.ready"
	kill $listener
	bad
	says 'send the terminal to ".*": connection timed out'
	rm "$T/full.ready"
}

console_size() {
	bundle
	terminal
	config '.process.consoleSize={height:31,width:97}'
	sh_args 'stty size'
	receive
	must_create --console-socket "$SOCK"
	cap rt start "$ID"
	ok
	received
	like "$CONSOLE" 'size 31 97.*31 97'
}

console_device() {
	bundle
	terminal
	config '.process.user.uid=1000 | .process.user.gid=1000'
	sh_args 'test -c /dev/console && test -w /dev/console && echo there >/dev/console
		stat -c "%u %t" "$(tty)"; ls -l /proc/self/fd/0; echo by name >/dev/tty'
	receive
	must_create --console-socket "$SOCK"
	cap rt start "$ID"
	ok
	received
	like "$CONSOLE" there
	like "$CONSOLE" '1000 88' "owner and major of the terminal"
	like "$CONSOLE" 'by name'
}

console_wanted() {
	bundle
	terminal
	args true
	create
	bad
	cap rt run -d --bundle "$B" "$ID"
	bad
	nothing_left || die "left: $(leftovers)"
}

console_unwanted() {
	peer_differs crun "ignores --console-socket without a terminal"
	bundle
	args true
	create --console-socket /no/such/socket
	bad
	nothing_left || die "left: $(leftovers)"
}

console_missing_socket() {
	bundle
	terminal
	args true
	create --console-socket /no/such/socket
	bad
	nothing_left || die "left: $(leftovers)"
}

console_size_without_terminal() {
	bundle
	config '.process.consoleSize={height:31,width:97}'
	in_box 'test -t 0 || echo none'
	is "$OUT" none
}

t "run on a terminal: tty inside, status kept" run_tty
t "run on a terminal: input arrives" run_tty_echo
t "run on a terminal: ^C reaches the program" run_tty_ctrl_c
t "run on a terminal: the window's size is copied" run_tty_size
t "run on a terminal: the size is there when the program starts" run_tty_size_at_once
t "run on a terminal: a resize is copied" run_tty_resize
t "run on a terminal that is nobody's controlling one" run_tty_no_ctty
t "the caller's terminal modes are restored" run_tty_restored
t "3000 lines on a terminal arrive whole" run_tty_output_whole
t "newlines are not doubled" run_tty_newlines
t "terminal on stdout alone" run_tty_stdin_piped
t "terminal asked for, none there: refused" run_without_any_tty
t "--console-socket gets one fd; both directions work" console_socket
t "run -d --console-socket" console_socket_run_d
t "a receiver that listens and never accepts" console_full
t "a receiver that is late" console_late
t "consoleSize" console_size
t "/dev/console, /dev/tty and the terminal's owner" console_device
t "terminal without --console-socket is refused" console_wanted
t "--console-socket without a terminal is refused" console_unwanted
t "--console-socket of a missing socket is refused" console_missing_socket
t "consoleSize without a terminal is ignored" console_size_without_terminal
finish
