#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Operations at the same time, and operations killed halfway.
. "$(dirname "$0")/../lib/live.sh"

# eight CMD...: the command eight times at once; the number of successes in WON
eight() {
	local i jobs="" j
	WON=0
	for i in 1 2 3 4 5 6 7 8; do
		"$@" >"$T/c.$i" 2>&1 </dev/null &
		jobs="$jobs $!"
	done
	for j in $jobs; do
		if wait "$j"; then WON=$((WON + 1)); fi
	done
}

creates() {
	local round
	peers_differ "the losers may harm the winner"
	for round in 1 2 3; do
		bundle
		args sleep 60
		eight rt create --bundle "$B" "$ID"
		is "$WON" 1 "creates that won"
		is "$(status_of)" created
		alive "$(pid_of)" || die "no process"
		is "$(orphans | wc -l)" 1 "processes left by the losers"
		cap rt delete --force "$ID"
		ok
		nothing_left || die "left: $(leftovers)"
	done
}

starts() {
	peers_differ "several starts may win"
	local round
	for round in 1 2 3; do
		bundle
		sh_args 'echo x >>/tmp/ran; sleep 60'
		must_create
		eight rt start "$ID"
		is "$WON" 1 "starts that won"
		within 5 test -e "$B/rootfs/tmp/ran"
		is "$(status_of)" running
		is "$(wc -l <"$B/rootfs/tmp/ran")" 1
	done
}

deletes() {
	peers_differ "deletes meddle with each other"
	local round
	for round in 1 2 3; do
		bundle
		args true
		config --arg b "$B" '.hooks.poststop=[{path:"/bin/sh",args:["sh","-c","echo x >>\($b)/poststop"]}]'
		must_create
		rt start "$ID"
		wait_status stopped
		eight rt delete "$ID"
		is "$WON" 1 "deletes that won"
		is "$(wc -l <"$B/poststop")" 1 "poststop hooks run"
		nothing_left || die "left: $(leftovers)"
	done
}

force_deletes() {
	peers_differ "deletes meddle with each other"
	bundle
	sleeper
	eight rt delete --force "$ID"
	is "$WON" 8 "an unknown id is fine for --force"
	nothing_left || die "left: $(leftovers)"
}

create_and_delete() {
	# creates and forced deletes of one id, mixed: in the end either one whole container or none
	peers_differ "they meddle with each other"
	local i
	bundle
	args sleep 60
	for i in 1 2 3 4 5 6 7 8 9 10; do
		rt create --bundle "$B" "$ID" >/dev/null 2>&1 </dev/null &
		rt delete --force "$ID" >/dev/null 2>&1 &
	done
	wait
	cap rt state "$ID"
	if [ "$ST" = 0 ]; then
		is "$(jq -r .status <<<"$OUT")" created
		alive "$(jq -r .pid <<<"$OUT")" || die "no process"
	fi
	cap rt delete --force "$ID"
	ok
	within 3 nothing_left || die "left: $(leftovers)"
	must_create
}

different_ids() {
	local i jobs="" j
	for i in 1 2 3 4 5 6 7 8; do
		bundle
		sh_args "exit $((i + 10))"
		rt run --bundle "$B" "$ID" >/dev/null 2>&1 </dev/null &
		jobs="$jobs $!:$((i + 10))"
	done
	for j in $jobs; do
		local st=0
		wait "${j%:*}" || st=$?
		is "$st" "${j#*:}" "a run's status"
	done
	nothing_left || die "left: $(leftovers)"
}

states_meanwhile() {
	# state and list while containers come and go: never a crash, never half a document
	local i job
	bundle
	args true
	(
		for i in 1 2 3 4 5 6 7 8; do rt run --bundle "$B" "$ID"; done
	) >/dev/null 2>&1 </dev/null &
	job=$!
	while kill -0 $job 2>/dev/null; do
		cap rt state "$ID"
		[ "$ST" = 0 ] || [ "$ST" = 1 ] || die "state ended with $ST"
		[ "$ST" != 0 ] || jq -e .status <<<"$OUT" >/dev/null || die "no whole document"
	done
	wait $job || true
}

# killed COMMAND: SIGKILL at 20 moments spread over the command's duration, then delete --force
killed() {
	peers_differ "leaves processes or cgroups"
	bundle
	args sleep 60
	config '.linux.resources={memory:{limit:67108864},pids:{limit:30}}'
	cap python3 - "$RUNTIME" "$ROOT" "$B" "$ID" "$1" <<-'PY'
		import os, random, signal, subprocess, sys, time
		runtime, root, bundle, ident, command = sys.argv[1:]
		quiet = dict(stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
		def call(*args):
		    return subprocess.run([runtime, "--root", root, *os.environ["DRIVER"].split(), *args], timeout=30, stdin=subprocess.DEVNULL,
		                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
		def must(*args):
		    done = call(*args)
		    assert done.returncode == 0, (args, done)
		def cgroups():
		    return [d for d, _, _ in os.walk("/sys/fs/cgroup") if ident in d]
		def processes():
		    found = []
		    for pid in filter(str.isdigit, os.listdir("/proc")):
		        try:
		            stat = open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()
		            if stat[1] == os.environ["LIVE_REAPER"] and stat[0] not in "ZX":
		                found.append(pid)
		        except OSError:
		            pass
		    return found
		create = ("create", "--bundle", bundle, ident)
		doomed = {"create": create, "start": ("start", ident), "delete": ("delete", "--force", ident)}[command]
		def prepare():
		    if command != "create":
		        must(*create)
		def measure():
		    prepare()
		    begin = time.monotonic()
		    must(*doomed)
		    span = time.monotonic() - begin
		    must("delete", "--force", ident)
		    return span
		span = min(measure() for _ in range(3))
		mine = set(processes())
		random.seed(1)
		for n in range(20):
		    prepare()
		    child = subprocess.Popen([runtime, "--root", root, *doomed], **quiet)
		    time.sleep(span * 1.3 * (n + random.random()) / 20)
		    child.kill()
		    child.wait()
		    done = call("delete", "--force", ident)
		    assert done.returncode == 0, f"moment {n}: delete --force: {done}"
		    deadline = time.monotonic() + 3
		    while time.monotonic() < deadline and (set(processes()) - mine or cgroups()):
		        time.sleep(0.02)
		    assert not set(processes()) - mine, f"moment {n}: processes {set(processes()) - mine}"
		    assert not cgroups(), f"moment {n}: cgroups {cgroups()}"
		    left = [name for name in os.listdir(root) if name == ident]
		    assert not left, f"moment {n}: state {left}"
		    if n % 5 == 4:
		        must(*create)
		        must("start", ident)
		        must("delete", "--force", ident)
	PY
	ok
}

killed_run() {
	# run killed: its container may live on, but delete --force takes it away
	local run
	bundle
	args sleep 60
	"${RT[@]}" run --bundle "$B" "$ID" >/dev/null 2>&1 </dev/null &
	run=$!
	within 10 status_is running || die "never running"
	kill -KILL $run
	wait $run || true
	cap rt delete --force "$ID"
	ok
	within 3 nothing_left || die "left: $(leftovers)"
}

parent_death_is_not_inherited() {
	# engines set a parent death signal on the runtime; the container must not inherit it
	bundle
	args sleep 60
	cap setpriv --pdeathsig KILL timeout 20 "${RT[@]}" create --bundle "$B" "$ID"
	ok
	cap setpriv --pdeathsig KILL timeout 20 "${RT[@]}" start "$ID"
	ok
	sleep 0.2
	is "$(status_of)" running
}

# while_held CMD...: another operation has the container's lock for the first 0.3 s
while_held() {
	local holder
	flock "$ROOT/$ID" sh -c ": >$T/held; sleep 0.3" &
	holder=$!
	within 5 test -e "$T/held"
	cap "$@"
	rm "$T/held"
	ok
	if [ "$KIND" = hezi ] && kill -0 $holder 2>/dev/null; then die "it did not wait: $*"; fi
	wait $holder
}

operations_wait() {
	bundle
	args sleep 60
	must_create
	while_held rt start "$ID"
	while_held rt pause "$ID"
	is "$(status_of)" paused
	while_held rt resume "$ID"
	rt kill "$ID" KILL
	wait_status stopped
	while_held rt delete "$ID"
}

t "start, pause, resume and delete wait for another operation" operations_wait
t "8 creates of one id: one wins" creates
t "8 starts: one wins, the program runs once" starts
t "8 deletes: one wins, poststop hooks run once" deletes
t "8 forced deletes" force_deletes
t "creates and forced deletes mixed" create_and_delete
t "8 runs of 8 ids" different_ids
t "state while containers come and go" states_meanwhile
t "create killed at 20 moments leaves nothing after delete --force" killed create
t "start killed at 20 moments leaves nothing after delete --force" killed start
t "delete killed at 20 moments leaves nothing after another" killed delete
t "run killed: delete --force takes the container away" killed_run
t "a parent death signal is not inherited" parent_death_is_not_inherited
finish
