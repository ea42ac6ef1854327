#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A container's whole life: create, state, start, kill, delete.
. "$(dirname "$0")/../lib/live.sh"

create_waits() {
	bundle
	sh_args 'echo ran >/tmp/ran; echo hello; sleep 60'
	must_create
	is "$OUT$ERR" "" "create prints nothing"
	is "$(status_of)" created
	[ ! -e "$B/rootfs/tmp/ran" ] || die "the program ran before start"
	alive "$(pid_of)" || die "no process after create"
	cap rt start "$ID"
	ok
	is "$OUT$ERR" "" "start prints nothing"
	within 5 test -e "$B/rootfs/tmp/ran" || die "the program did not run"
	is "$(status_of)" running
}

state_fields() {
	local s pid
	bundle
	config '.annotations={"org.example.key":"value","a":""}'
	args sleep 60
	must_create
	s=$(state)
	pid=$(jq .pid <<<"$s")
	is "$(jq -r .id <<<"$s")" "$ID"
	is "$(jq -r .bundle <<<"$s")" "$B"
	is "$(jq -r .status <<<"$s")" created
	like "$(jq -r .ociVersion <<<"$s")" '^1\.[0-9]+\.[0-9]+'
	is "$(jq -c .annotations <<<"$s" | jq -cS .)" '{"a":"","org.example.key":"value"}'
	like "$(jq -r .created <<<"$s")" '^20[0-9-]+T[0-9:]+\.[0-9]+Z$' created
	[ -d "/proc/$pid/root/home/u" ] || die "the process is not in its rootfs"
	cap rt start "$ID"
	ok
	is "$(state | jq .pid)" "$pid" "the pid stays"
	is "$(tr '\0' ' ' <"/proc/$pid/cmdline")" "sleep 60 "
}

state_rootfs_absolute() {
	peer_differs crun "state.rootfs is relative"
	bundle
	must_create
	is "$(state | jq -r .rootfs)" "$B/rootfs"
	is "$(state | jq -r .owner)" ""
}

state_format() {
	peer_differs crun "prints four spaces and a last newline"
	bundle
	must_create
	cap rt state "$ID"
	ok
	like "$OUT" $'^[{]\n  "ociVersion": '
	is "$(tail -c 1 "$T/out")" "}" "no trailing newline"
}

stops_and_deletes() {
	local pid
	bundle
	sleeper
	pid=$(pid_of)
	cap rt kill "$ID" KILL
	ok
	wait_status stopped
	is "$(state | jq .pid)" 0 "pid of a stopped container"
	within 5 dead "$pid" || die "process $pid still there"
	cap rt delete "$ID"
	ok
	is "$OUT$ERR" "" "delete prints nothing"
	cap rt state "$ID"
	bad
	says 'container does not exist'
	nothing_left || die "left: $(leftovers)"
}

ends_by_itself() {
	bundle
	args true
	must_create
	cap rt start "$ID"
	ok
	wait_status stopped
	cap rt delete "$ID"
	ok
}

id_again() {
	local n
	bundle
	args true
	for n in 1 2 3; do
		must_create
		cap rt start "$ID"
		ok
		wait_status stopped
		cap rt delete "$ID"
		ok
	done
}

config_later_edits() {
	bundle
	sh_args 'echo first >/tmp/which; sleep 60'
	must_create
	sh_args 'echo second >/tmp/which; sleep 60'
	cap rt start "$ID"
	ok
	within 5 test -s "$B/rootfs/tmp/which" || die "did not run"
	is "$(cat "$B/rootfs/tmp/which")" first
	rm "$B/config.json"
	is "$(status_of)" running
	cap rt kill "$ID" KILL
	ok
	wait_status stopped
	cap rt delete "$ID"
	ok
}

default_bundle_is_cwd() {
	bundle
	args true
	cd "$B"
	cap rt create "$ID"
	ok
	is "$(state | jq -r .bundle)" "$B"
	cap rt start "$ID"
	ok
}

relative_paths() {
	bundle
	args true
	cd "$B"
	cap timeout 20 "$RUNTIME" --root ../root $DRIVER create --bundle . --pid-file p.id "$ID"
	ok
	is "$(state | jq -r .bundle)" "$B" "bundle made absolute"
	is "$(cat p.id)" "$(pid_of)"
}

inherits_stdio() {
	bundle
	sh_args 'cat; echo err >&2'
	rt create --bundle "$B" "$ID" <<<"from stdin" >"$T/o" 2>"$T/e"
	cap rt start "$ID"
	ok
	is "$OUT$ERR" ""
	wait_status stopped
	is "$(cat "$T/o")" "from stdin"
	is "$(cat "$T/e")" "err"
}

zombie_is_stopped() {
	peer_differs crun "calls a zombie running"
	bundle
	args true
	cap python3 - "$RUNTIME" "$ROOT" "$B" "$ID" <<-'PY'
		import ctypes, json, os, subprocess, sys, time
		ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
		runtime, root, bundle, ident = sys.argv[1:]
		def call(*args):
		    return subprocess.run([runtime, "--root", root, *os.environ["DRIVER"].split(), *args], check=True, timeout=20,
		                          stdout=subprocess.PIPE, stdin=subprocess.DEVNULL).stdout
		call("create", "--bundle", bundle, ident)
		pid = json.loads(call("state", ident))["pid"]
		call("start", ident)
		for _ in range(500):
		    if open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()[0] == "Z":
		        break
		    time.sleep(0.01)
		else:
		    sys.exit("no zombie: the test itself is wrong")
		state = json.loads(call("state", ident))
		assert (state["status"], state["pid"]) == ("stopped", 0), state
		call("delete", ident)
	PY
	ok
}

started_by_session_leader_gone() {
	# the container must survive the end of whoever created it, and of its session
	bundle
	args sleep 60
	setsid --wait timeout 20 "${RT[@]}" create --bundle "$B" "$ID" </dev/null
	setsid --wait timeout 20 "${RT[@]}" start "$ID"
	sleep 0.1
	is "$(status_of)" running
}

# A program that the kernel does not execute: for engines the container has started and ended, with the reason in its
# own output. An error of start would leave it "created", and no policy would start it again.
unexecuted() {
	local how
	bundle
	peer_differs crun "exits with 1, in words of its own"
	config --arg b "$B" '.hooks={poststart:[{path:"/bin/touch",args:["touch",$b+"/poststart"]}],poststop:[{path:"/bin/touch",args:["touch",$b+"/poststop"]}]}'
	for how in garbage removed busy unreadable; do
		printf '#!/bin/sh\n' >"$B/rootfs/tmp/p"
		chmod 755 "$B/rootfs/tmp/p"
		args /tmp/p
		rt create --bundle "$B" "$ID" </dev/null >"$B/out" 2>"$B/err" || die "create: $(cat "$B/err")"
		[ ! -s "$B/err" ] || die "create speaks"
		case $how in
		garbage) echo nonsense >"$B/rootfs/tmp/p" ;;
		removed) rm "$B/rootfs/tmp/p" ;;
		busy) exec 7>>"$B/rootfs/tmp/p" ;;
		unreadable) chmod 600 "$B/rootfs/tmp/p" ;;
		esac
		cap rt --log "$B/log" start "$ID"
		ok
		is "$OUT$ERR" "" "what start prints"
		wait_status stopped
		exec 7>&-
		like "$(<"$B/err")" "^exec /tmp/p: (exec format error|no such file or directory|text file busy|permission denied)\$" "$how"
		is_peer || like "$(<"$B/log")" "level=warning msg=\"?exec /tmp/p: " "the log"
		is "$(<"$B/out")" ""
		is_peer || [ ! -e "$B/poststart" ] || die "a poststart hook of a program that never ran"
		cap rt delete "$ID"
		ok
		[ -e "$B/poststop" ] || die "no poststop hook"
		rm -f "$B/log" "$B"/post*
	done
}

# whoever reaps the container's process learns 255
unexecuted_status() {
	peer_differs crun "exits with 1"
	old_peer runc "1.1 exits with 1"
	bundle
	printf nonsense >"$B/rootfs/tmp/p"
	chmod 755 "$B/rootfs/tmp/p"
	args /tmp/p
	python3 - "$B" "$ID" "${RT[@]}" <<'EOF' || die "no status of 255"
import ctypes, os, subprocess, sys
ctypes.CDLL(None).prctl(36, 1)
bundle, id, rt = sys.argv[1], sys.argv[2], sys.argv[3:]
subprocess.run(rt + ["create", "--pid-file", bundle + "/pid", "--bundle", bundle, id], check=True, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
subprocess.run(rt + ["start", id], check=True, stderr=subprocess.DEVNULL)
while True:
    pid, status = os.wait()
    if pid == int(open(bundle + "/pid").read()):
        sys.exit(0 if os.waitstatus_to_exitcode(status) == 255 else 1)
EOF
}

t "create makes a process that waits, start runs the program" create_waits
t "state has every field" state_fields
t "state: rootfs is absolute, owner empty" state_rootfs_absolute
t "state: two spaces, no trailing newline" state_format
t "kill, then stopped, then delete leaves nothing" stops_and_deletes
t "a program that ends makes the container stopped" ends_by_itself
t "an id can be used again" id_again
t "edits to config.json after create have no effect" config_later_edits
t "the bundle defaults to the current folder" default_bundle_is_cwd
t "a program that the kernel does not execute" unexecuted
t "a program that the kernel does not execute: 255" unexecuted_status
t "relative --root, --bundle and --pid-file" relative_paths
t "create hands down stdin, stdout and stderr" inherits_stdio
t "an unreaped init counts as stopped" zombie_is_stopped
t "the container outlives its creator's session" started_by_session_leader_gone
finish
