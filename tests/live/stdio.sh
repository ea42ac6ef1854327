#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# stdin, stdout and stderr of the caller, and the device nodes of the host that a container gets: what it can do to them.
. "$(dirname "$0")/../lib/live.sh"

MASKED="/proc/kcore /proc/keys /proc/timer_list /etc/secret /etc/secret2"
NODES="/dev/null /dev/zero /dev/full /dev/random /dev/urandom /dev/tty"
ALL_CAPS='["CHOWN","DAC_OVERRIDE","DAC_READ_SEARCH","FOWNER","FSETID","KILL","SETGID","SETUID","SYS_ADMIN","MKNOD","SETFCAP"]|map("CAP_"+.)'
HOST_ROOT='.linux.namespaces+=[{type:"user"}]|.linux.uidMappings=[{containerID:0,hostID:0,size:65536}]|.linux.gidMappings=.linux.uidMappings'
OTHERS='.linux.namespaces+=[{type:"user"}]|.linux.uidMappings=[{containerID:0,hostID:100000,size:65536}]|.linux.gidMappings=.linux.uidMappings'

# --- nodes of the host -----------------------------------------------------------------------

# nodes FILTER: a bundle, and a program (/bin/touch-nodes) that does to nodes what root may
nodes() {
	[ -z "${LIVE_USER:-}" ] || skip "makes device nodes"
	[ -e "$T/touch-nodes" ] || cc -static -O2 -o "$T/touch-nodes" "$LIB/touch-nodes.c" 2>/dev/null || skip "there is no static C library"
	bundle
	cp "$T/touch-nodes" "$B/rootfs/bin/"
	echo secret >"$B/rootfs/etc/secret"
	echo secret >"$B/rootfs/etc/secret2"
	config --arg m "$MASKED" '.process.capabilities=(['"$ALL_CAPS"'][0] as $c|{bounding:$c,permitted:$c,effective:$c,inheritable:$c,ambient:$c})
		|.linux.maskedPaths=($m|split(" "))|.process.env+=["DONE=/tmp/done"]|'"$1"
	args touch-nodes $MASKED $NODES
	printf '#!/bin/bash\nexec timeout -k 5 30 %s "$@"\n' "${RT[*]@Q}" >"$T/rt"
	chmod +x "$T/rt"
}

# in_dev SCRIPT: in a mount namespace with a /dev of its own, of which no node may be another one afterwards
in_dev() {
	cap env B="$B" ID="$ID" RT="$T/rt" LIB="$LIB" NODES="$MASKED $NODES" unshare --mount --propagation private bash -euc '
		dev=$B/dev
		mkdir "$dev"
		mount -t tmpfs -o mode=755 dev "$dev"
		for d in "null 1 3" "zero 1 5" "full 1 7" "random 1 8" "urandom 1 9" "kmsg 1 11" "tty 5 0"; do
			set -- $d
			mknod -m 666 "$dev/$1" c $2 $3
		done
		mknod -m 660 "$dev/loop" b 7 255
		mkdir "$dev/pts" "$dev/shm"
		mount -t devpts -o newinstance,ptmxmode=666,mode=620 devpts "$dev/pts"
		ln -s pts/ptmx "$dev/ptmx"
		ln -s /proc/self/fd "$dev/fd"
		mount --move "$dev" /dev
		rmdir "$dev"
		state() { python3 -c "
import os
for name in sorted(os.listdir(\"/dev\")):
    path = \"/dev/\" + name
    st = os.lstat(path)
    print(name, oct(st.st_mode), st.st_uid, st.st_gid, st.st_rdev, st.st_atime_ns, st.st_mtime_ns, st.st_ctime_ns,
          [(x, os.getxattr(path, x, follow_symlinks=False)) for x in os.listxattr(path, follow_symlinks=False)])
"; }
		finished() { # it is a moment after the program has done its work
			for i in $(seq 200); do [ ! -s "$B/rootfs/tmp/done" ] || break; sleep 0.05; done
			[ "$(cat "$B/rootfs/tmp/done")" = done ] || { echo "the program has not ended"; exit 1; }
			rm "$B/rootfs/tmp/done"
			unchanged "$1"
		}
		unchanged() {
			state >"$B/after"
			cmp -s "$B/before" "$B/after" || { echo "changed on the host by $1:"; diff "$B/before" "$B/after"; exit 1; }
		}
		state >"$B/before"
		'"$1"
	[ "$ST" = 0 ] || die "failed"
}

EACH_WAY='
	sleeper() { jq ".process.args=[\"sleep\",\"60\"]" "$B/config.json" >"$B/c" && mv "$B/c" "$B/config.json"; }
	for null in "null null" "zero full" "urandom random"; do
		set -- $null
		$RT run --bundle "$B" "$ID" </dev/$1 >/dev/$2 2>&1
		finished "run with $null"
	done
	$RT run --detach --bundle "$B" "$ID" </dev/null >/dev/null 2>&1
	finished "run --detach"
	$RT delete --force "$ID"
	$RT create --bundle "$B" "$ID" </dev/null >/dev/null 2>/dev/null
	$RT start "$ID"
	finished create
	$RT delete --force "$ID"
	sleeper
	$RT run --detach --bundle "$B" "$ID" </dev/null >/dev/null 2>&1
	$RT exec "$ID" touch-nodes $NODES </dev/null >/dev/null 2>&1
	finished exec
	$RT exec "$ID" touch-nodes $NODES </dev/zero >/dev/full 2>/dev/full
	finished "exec with others"
	$RT exec --detach "$ID" touch-nodes $NODES </dev/null >/dev/null 2>&1
	finished "exec --detach"
	$RT delete --force "$ID"'

# A peer passes the host's nodes on.
host_nodes_plain() { peers_differ "masks are the host's node, writable"; nodes .; in_dev "$EACH_WAY"; }
host_nodes_mapped() { peers_differ "devices are the host's nodes, writable"; nodes "$HOST_ROOT"; in_dev "$EACH_WAY"; }
host_nodes_unmapped() { peers_differ "devices are the host's nodes, writable"; nodes "$OTHERS"; in_dev "$EACH_WAY"; }
host_nodes_bound() {
	peers_differ "devices are the host's nodes, writable"
	nodes '.process.capabilities|=map_values(map(select(.!="CAP_MKNOD")))'
	in_dev 'RT="setpriv --bounding-set=-mknod $RT"
		'"$EACH_WAY"
}
# devices that the configuration names are bound in a user namespace too
host_nodes_listed() {
	peers_differ "devices are the host's nodes, writable"
	nodes "$HOST_ROOT"'|.linux.devices=[{path:"/dev/kmsg",type:"c",major:1,minor:11},{path:"/dev/loop",type:"b",major:7,minor:255}]'
	in_dev '$RT run --bundle "$B" "$ID" </dev/null >/dev/null 2>&1
		finished run'
}

# What has no node in the container: the host's, read-only. The program can still use it.
other_devices() {
	peers_differ "pass the node on"
	nodes .
	in_dev '$RT create --bundle "$B" "$ID" </dev/null >/dev/kmsg 2>/dev/null
		$RT start "$ID"
		finished "a kmsg on stdout"
		$RT delete --force "$ID"
		mknod -m 600 /dev/backed b 7 254
		# nobody has set it up: it can be opened, and reads nothing
		state >"$B/before"
		$RT create --bundle "$B" "$ID" </dev/backed >/dev/null 2>/dev/null
		$RT start "$ID"
		finished "a block device on stdin"
		$RT delete --force "$ID"'
}

# the caller's terminal on stdio of create, where nothing can be relayed
terminal_of_create() {
	peers_differ "pass the terminal on"
	nodes "$1"
	in_dev '
		cat >"$B/on-terminal" <<-"X"
			t=$(tty)
			stat -c "%a %u %g" "$t" >"$B/before"
			$RT create --bundle "$B" "$ID" && $RT start "$ID"
			for i in $(seq 100); do [ ! -s "$B/rootfs/tmp/done" ] || break; sleep 0.05; done
			stat -c "%a %u %g" "$t" >"$B/after"
			$RT delete --force "$ID"
			$RT create --bundle "$B" "$ID"-2 && $RT start "$ID"-2 && $RT exec --detach "$ID"-2 sh -c "echo to the terminal; sleep 1"
			sleep 0.5
			$RT delete --force "$ID"-2
		X
		python3 "$LIB/onterm.py" -- bash "$B/on-terminal"
		[ -s "$B/rootfs/tmp/done" ] || { echo "the program has not ended"; exit 1; }
		diff "$B/before" "$B/after"'
}
terminal_plain() { terminal_of_create .; }
terminal_mapped() { terminal_of_create "$HOST_ROOT"; }

# The container's own /dev/null is no null device: the host's through a read-only mount, no link is followed, no
# output is lost
hostile_null() {
	peers_differ "pass the host's node on"
	nodes '.mounts|=map(select(.destination|startswith("/dev")|not))|.mounts+=[{destination:"/dev",type:"bind",source:"'"$T"'/hostile-dev",options:["bind"]}]'
	echo canary >"$B/rootfs/etc/canary"
	for kind in link file directory fifo missing zero; do
		rm -rf "$T/hostile-dev"
		mkdir "$T/hostile-dev"
		case $kind in
		link) ln -s /etc/canary "$T/hostile-dev/null" ;;
		file) echo canary >"$T/hostile-dev/null" ;;
		directory) mkdir "$T/hostile-dev/null" ;;
		fifo) mkfifo "$T/hostile-dev/null" ;;
		zero) mknod "$T/hostile-dev/null" c 1 5 ;;
		esac
		sh_args 'touch-nodes; stat -L -c %t:%T /proc/self/fd/0 /proc/self/fd/2; wc -c </proc/self/fd/0; echo end'
		in_dev '$RT run --bundle "$B" "$ID" </dev/null 2>/dev/null | cat >"$B/out"
			finished "run, where /dev/null is '$kind'"'
		is "$(tr -d x <"$B/out")" $'1:3\n1:3\n0\nend' "run, where /dev/null is $kind"
		is "$(<"$B/rootfs/etc/canary")" canary
		[ $kind != file ] || is "$(<"$T/hostile-dev/null")" canary
	done
}
hostile_null_exec() {
	peers_differ "pass the host's node on"
	nodes "$1"
	args sh -c 'echo canary >/tmp/canary; ln -sf /tmp/canary /dev/null; sleep 60'
	in_dev '$RT run --detach --bundle "$B" "$ID" </dev/zero >/dev/zero 2>&1
		for i in $(seq 100); do [ ! -s "$B/rootfs/tmp/canary" ] || break; sleep 0.05; done
		$RT exec "$ID" sh -c "touch-nodes; stat -L -c %t:%T /proc/self/fd/0 /proc/self/fd/2; echo end" </dev/null 2>/dev/null | cat >"$B/out"
		finished exec
		$RT delete --force "$ID"'
	is "$(tr -d x <"$B/out")" $'1:3\n1:3\nend'
	is "$(<"$B/rootfs/tmp/canary")" canary
}
hostile_null_exec_plain() { hostile_null_exec .; }

# a masked file is empty, takes what is written to it, and looks as it did
masked_works() {
	bundle
	echo secret >"$B/rootfs/etc/secret"
	config '.linux.maskedPaths=["/etc/secret","/proc/keys"]'
	in_box 'wc -c </etc/secret; wc -c </proc/keys; echo x >/etc/secret && cat /etc/secret; stat -c %t:%T /etc/secret; test -r /etc/secret -a -w /etc/secret && echo usable'
	is "$OUT" $'0\n0\n1:3\nusable'
	is "$(<"$B/rootfs/etc/secret")" secret
}

# --- what the caller's stdio becomes ---------------------------------------------------------

# as_it_is CMD...: stdin, stdout and stderr of CMD are those of the caller: pipes, sockets and files
as_it_is() {
	cat >"$T/as-it-is.py" <<-'X'
		import os, socket, subprocess, sys, tempfile
		def pipe():
		    return os.pipe()
		def sockets():
		    a, b = socket.socketpair()
		    return b.detach(), a.detach()
		def file():
		    fd, name = tempfile.mkstemp()
		    os.unlink(name)
		    return fd, os.dup(fd)
		kept = []
		for kind in (pipe, sockets, file):
		    ends = kind(), kind(), kind()
		    kept.append(ends)
		    theirs = ends[0][0], ends[1][1], ends[2][1]
		    script = "all=$(for fd in 0 1 2; do stat -L -c %d:%i /proc/$$/fd/$fd; done); echo $all >/tmp/identity"
		    subprocess.run(sys.argv[1:] + [script], stdin=theirs[0], stdout=theirs[1], stderr=theirs[2], timeout=30, check=True)
		    want = ["%d:%d" % (os.fstat(fd).st_dev, os.fstat(fd).st_ino) for fd in theirs]
		    with open(os.environ["IDENTITY"]) as f:
		        got = f.read().split()
		    assert got == want, (kind.__name__, got, want)
		print("compared")
	X
	cap python3 "$T/as-it-is.py" "$@"
	ok
	is "$OUT" compared
}
as_it_is_run() {
	peer_differs runc "relays everything"
	bundle
	chmod 777 "$B/rootfs/tmp"
	args sh -c 'eval "$SCRIPT"'
	printf '#!/bin/bash\nS="$1" jq ".process.env+=[\\"SCRIPT=\\"+env.S]" %q >%q && cd %q && exec %s run "$ID"\n' \
		"$B/config.json" "$B/with/config.json" "$B/with" "${RT[*]@Q}" >"$T/run-script"
	mkdir "$B/with"
	config --arg r "$B/rootfs" '.root.path=$r'
	ID=$ID IDENTITY=$B/rootfs/tmp/identity as_it_is bash "$T/run-script"
}
as_it_is_exec() {
	peer_differs runc "relays everything"
	bundle
	chmod 777 "$B/rootfs/tmp"
	sleeper
	IDENTITY=$B/rootfs/tmp/identity as_it_is "${RT[@]}" exec "$ID" sh -c
}

# one by one: a terminal is relayed, the file beside it is not
each_by_itself() {
	peer_differs runc "relays everything"
	peer_differs crun "passes its terminal"
	bundle
	sh_args 'for fd in 0 1 2; do readlink /proc/$$/fd/$fd; done | sed "s/:.*//" >/tmp/kinds; head -n 1'
	chmod 777 "$B/rootfs/tmp"
	cap python3 "$LIB/onterm.py" --send $'typed\n' -- bash -c '"$@" >'"$B/out" - "${RT[@]}" run --bundle "$B" "$ID"
	ok
	is "$(<"$B/out")" typed
	like "$(<"$B/rootfs/tmp/kinds")" $'^pipe\n.*/out\npipe$'
}

# --- what is left in the background -----------------------------------------------------------

# of exec; with run it lives on only in a pid namespace that is not the container's own
background_writer() {
	local first start=$EPOCHREALTIME
	peer_differs runc "relays everything"
	bundle
	sleeper
	mkfifo "$B/fifo"
	exec 7<>"$B/fifo"
	cap rt exec "$ID" sh -c '(sleep 1; echo late; echo alive >/tmp/late) & echo first' # a file
	is "$OUT" first
	rt exec "$ID" sh -c '(sleep 1; echo late; echo alive >/tmp/late2; cat) & echo first' >&7 2>&1 <&7
	[ $((${EPOCHREALTIME/./} - ${start/./})) -lt 900000 ] || [ -n "${LIVE_SLOW:-}" ] || die "exec waited for what is in the background"
	read -r -t 5 -u 7 first
	is "$first" first
	read -r -t 5 -u 7 first
	is "$first" late
	within 5 test -s "$B/rootfs/tmp/late" || die "the writer to a file is dead"
	within 5 test -s "$B/rootfs/tmp/late2" || die "the writer to a pipe is dead"
	is "$(cat "$T/out")" $'first\nlate'
	exec 7<&-
}

# --- no signal of our own ---------------------------------------------------------------------

unread_input() {
	local st
	bundle
	sh_args 'exit 7'
	for _ in 1 2 3 4 5; do
		st=$(yes 2>/dev/null | { rt run --bundle "$B" "$ID" >/dev/null 2>&1; echo $?; })
		is "$st" 7 "status of run"
	done
	sleeper
	for _ in 1 2 3 4 5; do
		st=$(seq 200000 2>/dev/null | { rt exec "$ID" sh -c 'head -n 1; exit 7' >/dev/null 2>&1; echo $?; })
		is "$st" 7 "status of exec"
	done
}
absent_reader() {
	bundle
	sh_args 'sleep 0.2; exit 7'
	{ rt run --bundle "$B" "$ID" </dev/null 2>&1 || echo $? >"$T/status"; } | true
	is "$(<"$T/status")" 7 "status of run"
	sleeper
	{ rt exec "$ID" sh -c 'sleep 0.2; exit 7' </dev/null 2>&1 || echo $? >"$T/status"; } | true
	is "$(<"$T/status")" 7 "status of exec"
}
# with a terminal all is relayed: its output to a reader that has gone, input that nobody reads
absent_reader_terminal() {
	peers_differ "has no status then"
	bundle
	config '.process.terminal=true'
	sh_args 'sleep 0.2; seq 20000; exit 7'
	cap python3 "$LIB/onterm.py" -- bash -c '{ "$@"; echo $? >'"$T/status"'; } | true' - "${RT[@]}" run --bundle "$B" "$ID"
	is "$(<"$T/status")" 7 "output"
	config '.process.terminal=false'
	sh_args 'exec <&-; echo ready; sleep 0.5; exit 7'
	cap python3 "$LIB/onterm.py" --wait ready --send $'one\ntwo\n' -- "${RT[@]}" run --bundle "$B" "$ID"
	is "$ST" 7 "input"
}
# as much as fits is relayed and the program has ended, but nobody takes it
reader_waits() {
	local run
	peers_differ "cannot be ended"
	bundle
	config '.process.terminal=true'
	sh_args 'head -c 3000 /dev/zero; exit 5'
	mkfifo "$T/fifo"
	exec 8<>"$T/fifo"
	# full, so that the output stays in the terminal and in the runtime
	python3 -c 'import os; os.set_blocking(8, False)
try:
    while os.write(8, b"x" * 4096): pass
except BlockingIOError: os.set_blocking(8, True)'
	python3 "$LIB/onterm.py" -- bash -c 'echo $$ >'"$B/pid"'; exec "$@" >'"$T/fifo" - "${RT[@]}" run --bundle "$B" "$ID" >"$B/log" 2>&1 &
	run=$!
	wait_status stopped
	alive $run || die "did not wait for the reader"
	kill -TERM "$(<"$B/pid")"
	within 5 dead $run || die "SIGTERM does not end the waiting"
	wait $run || ST=$?
	exec 8<&-
	rm "$T/fifo"
	is "$ST" 5
	is "$(our_states)" ""
}

# --- files and pipes are given to the user ----------------------------------------------------

# given FILTER OWNER: files of ours that only their owner may open are opened again by the user 1000
given() {
	local owner=$2
	bundle
	config "$1"'|.process.user={uid:1000,gid:1000}'
	sh_args 'cat; echo two >>/dev/stdout; echo four >>/dev/stderr'
	echo in >"$B/in"
	: >"$B/out"
	: >"$B/err"
	chmod 600 "$B/in" "$B/out" "$B/err"
	chgrp 5 "$B/out"
	rt create --bundle "$B" "$ID" <"$B/in" >>"$B/out" 2>>"$B/err" || die "create failed: $(<"$B/err")"
	rt start "$ID"
	wait_status stopped
	is "$(<"$B/out")" $'in\ntwo' "stdout of create"
	is "$(<"$B/err")" four "stderr of create"
	is "$(stat -c %u "$B/out")" "$owner"
	[ "$KIND" = crun ] || is "$(stat -c %g "$B/out")" 5 "the group, which crun changes too"
	[ "$KIND" != hezi ] || is "$(stat -c %u "$B/in")" 0 "owner of a file that was opened for reading"
	cap rt delete "$ID"
}
given_create() { [ -z "${LIVE_USER:-}" ] || skip "files of the host's root"; given . 1000; }
# run and exec --user; in a user namespace init may not: the runtime does
given_run() {
	[ -z "${LIVE_USER:-}" ] || skip "files of the host's root"
	peer_differs runc "relays everything"
	peer_differs crun "gives away a file that was opened for reading"
	bundle
	config "$1"'|.process.user={uid:1000,gid:1000}'
	sh_args 'echo one; echo two >>/dev/stdout; echo three >>/dev/stderr'
	install -m 600 /dev/stdin "$B/out" </dev/null
	install -m 600 /dev/stdin "$B/err" </dev/null
	install -m 600 /dev/stdin "$B/in" </dev/null
	rt run --bundle "$B" "$ID" <"$B/in" >>"$B/out" 2>>"$B/err" || die "run failed: $(<"$B/err")"
	is "$(<"$B/out")" $'one\ntwo'
	is "$(stat -c %u "$B/in")" 0 "owner of a file that was opened for reading"
	is "$(<"$B/err")" three
	is "$(stat -c %u "$B/out")" $(($2 + 1000))
	is "$(rt run --bundle "$B" "$ID" </dev/null 2>&1 | sort)" $'one\nthree\ntwo' "by a pipe"
	args sleep 60
	cap rt run -d --bundle "$B" "$ID"
	ok
	: >"$B/out2"
	chmod 600 "$B/out2"
	rt exec --user 33:33 "$ID" sh -c 'echo one; echo two >>/dev/stdout' </dev/null >>"$B/out2" 2>"$B/err2" || die "exec failed: $(<"$B/err2")"
	is "$(<"$B/out2")" $'one\ntwo' "exec"
	is "$(stat -c %u "$B/out2")" $(($2 + 33))
}
given_run_plain() { given_run . 0; }
given_run_userns() { peers_differ "leave it"; given_run "$OTHERS" 100000; }

# what may not be given is passed all the same: a file of a read-only file system, one of another user's
not_given() {
	old_peer crun "1.8 gives away the file of another user"
	[ -z "${LIVE_USER:-}" ] || skip "mounts"
	bundle
	config '.process.user={uid:1000,gid:1000}'
	args cat
	mkdir "$B/ro"
	cap unshare --mount --propagation private bash -euc '
		mount -t tmpfs ro "$1/ro"
		echo text >"$1/ro/in"
		mount -o remount,ro "$1/ro"
		shift
		exec "$@" <"$0/ro/in"' "$B" "$B" "${RT[@]}" run --bundle "$B" "$ID"
	ok
	is "$OUT" text
	config "$OTHERS"
	install -o 55 -m 600 /dev/stdin "$B/in" <<<text
	cap bash -c 'exec "$@" <"$0"' "$B/in" "${RT[@]}" run --bundle "$B" "$ID"
	ok
	is "$OUT" text
	is "$(stat -c %u "$B/in")" 55
}
# a file that the caller opened only for reading is not made another user's across a user namespace
read_only_stays() {
	old_peer crun "1.8 gives it away"
	[ -z "${LIVE_USER:-}" ] || skip "files of the host's root"
	bundle
	config "$OTHERS"
	args cat
	echo text >"$B/in"
	cap bash -c 'exec "$@" <"$0"' "$B/in" "${RT[@]}" run --bundle "$B" "$ID"
	ok
	is "$OUT" text
	is "$(stat -c %u "$B/in")" 0
}

t "nodes of the host stay as they are: no user namespace" host_nodes_plain
t "nodes of the host stay as they are: host root mapped" host_nodes_mapped
t "nodes of the host stay as they are: other ids mapped" host_nodes_unmapped
t "nodes of the host stay as they are: no CAP_MKNOD" host_nodes_bound
t "nodes of the host stay as they are: listed devices in a user namespace" host_nodes_listed
t "nodes of the host stay as they are: kmsg and a block device as stdio" other_devices
t "the caller's terminal stays as it is: create" terminal_plain
t "the caller's terminal stays as it is: create, host root mapped" terminal_mapped
t "stdio of /dev/null where the container's is another thing" hostile_null
t "stdio of /dev/null in exec, where the container's is a link" hostile_null_exec_plain
t "a masked file can be read and written" masked_works
t "run passes pipes, sockets and files as they are" as_it_is_run
t "exec passes pipes, sockets and files as they are" as_it_is_exec
t "only terminals are relayed, one by one" each_by_itself
t "what exec leaves in the background keeps its stdio" background_writer
t "input that nobody reads leaves the program's status" unread_input
t "a reader that has gone leaves the program's status" absent_reader
t "the same where it is relayed" absent_reader_terminal
t "a reader that never comes: SIGTERM ends the waiting" reader_waits
t "files on stdio are given to the user: create" given_create
t "files on stdio are given to the user: run, exec" given_run_plain
t "files on stdio are given to the user: run, exec, in a user namespace" given_run_userns
t "what cannot be given is passed all the same" not_given
t "a file to read from keeps its owner across a user namespace" read_only_stays
finish
