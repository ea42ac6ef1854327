#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# seccomp: SCMP_ACT_NOTIFY with an agent.
. "$(dirname "$0")/../lib/live.sh"

SOCK=$T/agent.sock
STATE=$T/agent.json

# notify NAMES [JQ]: a profile that asks about these calls
notify() {
	config --arg p "$SOCK" --argjson n "$1" '.linux.seccomp={defaultAction:"SCMP_ACT_ALLOW",listenerPath:$p,
		syscalls:[{names:$n,action:"SCMP_ACT_NOTIFY"}]}'
	[ -z "${2:-}" ] || config "$2"
}

agent() {
	rm -f "$SOCK" "$STATE" "$STATE.ready"
	python3 "$LIB/seccomp-agent.py" "$SOCK" "$STATE" "$@" &
	AGENT=$!
	within 10 test -e "$STATE.ready" || die "the agent does not listen"
}
agent_end() {
	within 30 test -e "$STATE" || die "the agent has seen no end"
	wait $AGENT
}
said() { jq -r "$1" "$STATE"; }

answers() {
	bundle
	notify '["link","linkat"]'
	agent 28
	run_sh 'ln /etc/passwd /tmp/l && echo made'
	agent_end
	unlike "$OUT" made
	like "$ERR" 'No space left'
	is "$(said '.served|length')" 1 "calls that were asked about"
}

goes_on() {
	bundle
	notify '["link","linkat"]'
	agent
	in_box 'ln /etc/passwd /tmp/l && echo made'
	agent_end
	is "$OUT" made
}

message() {
	local pid
	bundle
	notify '["link","linkat"]' '.linux.seccomp.listenerMetadata="what the agent wants"|.annotations={"a.b":"c"}'
	agent 28
	args sleep 60
	must_create
	pid=$(pid_of)
	cap rt start "$ID"
	ok
	wait_status running
	rt kill "$ID" KILL
	agent_end
	is "$(said '.messages')" 1 "messages"
	is "$(said '.fds')" 1 "descriptors"
	[ "$KIND" != hezi ] || is "$(said .closed)" true "closed afterwards"
	is "$(said '.state.fds|join(",")')" seccompFd
	is "$(said '.state.pid')" "$pid" "pid"
	is "$(said '.state.metadata')" "what the agent wants"
	is "$(said '.state.state.id')" "$ID"
	is "$(said '.state.state.pid')" "$pid" "pid of the state"
	is "$(said '.state.state.bundle')" "$B"
	is "$(said '.state.state.annotations."a.b"')" c
	like "$(said '.state.state.status')" '^(creating|created)$'
	is "$(said '.state.ociVersion')" "$(said '.state.state.ociVersion')"
	[ "$KIND" != hezi ] || is "$(said '.state.ociVersion')" "$(state | jq -r .ociVersion)"
}

first_calls() {
	# every call of the program is asked about, those of its loader and those that a runtime needs to speak too
	peer_differs runc "cannot load such a filter: it speaks to itself under it"
	peer_differs crun "asks about calls of its own"
	bundle
	notify '["writev","sendmsg","sendto","recvmsg","brk","mmap","close","futex","exit_group","read","openat","getuid"]'
	agent
	in_box 'echo hello'
	agent_end
	is "$OUT" hello
	[ "$(said '.served|length')" -ge 3 ] || die "only $(said .served)"
}

write_is_refused() {
	peer_differs crun "loads it"
	bundle
	notify '["link","write"]'
	agent
	cap rt run --bundle "$B" "$ID"
	bad
	says "SCMP_ACT_NOTIFY cannot be used for the write syscall"
	nothing_left || die "left: $(leftovers)"
	kill "$AGENT"
}

no_agent() {
	bundle
	notify '["link"]'
	rm -f "$SOCK"
	cap rt run --bundle "$B" "$ID"
	bad
	nothing_left || die "left: $(leftovers)"
	[ "$KIND" != hezi ] || like "$ERR" 'listenerPath.*agent.sock'
	peer_differs crun "another text"
	says "failed to connect with seccomp agent"
}

deaf_agent() {
	# nobody accepts and nobody reads: the state is too large for the socket
	peers_differ "waits for ever"
	bundle
	notify '["link"]'
	head -c 400000 /dev/zero | tr '\0' x >"$T/big"
	config --rawfile t "$T/big" '.annotations={big:$t}'
	python3 - "$SOCK" <<-'EOF' &
		import os, socket, sys, time
		if os.path.exists(sys.argv[1]):
		    os.unlink(sys.argv[1])
		s = socket.socket(socket.AF_UNIX)
		s.bind(sys.argv[1])
		s.listen(1)
		time.sleep(20)
	EOF
	within 10 test -S "$SOCK"
	sleep 0.2
	args touch /tmp/ran
	cap rt run --bundle "$B" "$ID"
	kill %1
	bad
	[ ! -e "$B/rootfs/tmp/ran" ] || die "the program was executed"
	nothing_left || die "left: $(leftovers)"
}

start_without_agent() {
	peers_differ "sends at create"
	bundle
	notify '["link"]'
	rm -f "$SOCK"
	args sleep 60
	create
	bad # at once, not at start
	nothing_left || die "left: $(leftovers)"
	rm -f "$SOCK"
	python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$SOCK"
	must_create
	cap rt start "$ID"
	bad
	like "$ERR" 'agent.sock'
	wait_status stopped
}

unused() {
	peer_differs crun "connects all the same"
	bundle
	config '.linux.seccomp={defaultAction:"SCMP_ACT_ALLOW",listenerPath:"/nonexistent/agent",
		syscalls:[{names:["link"],action:"SCMP_ACT_ERRNO"}]}'
	in_box 'echo hello'
	is "$OUT" hello
}

receiver() {
	peer_differs runc "does not know run.oci.seccomp.receiver"
	bundle
	notify '["link","linkat"]' "del(.linux.seccomp.listenerPath)|.annotations={\"run.oci.seccomp.receiver\":\"$SOCK\"}"
	agent 28
	run_sh 'ln /etc/passwd /tmp/l'
	agent_end
	like "$ERR" 'No space left'
}

in_exec() {
	peer_differs crun "names the container's process as the one of the exec"
	bundle
	notify '["link","linkat"]'
	agent
	sleeper
	rm -f "$SOCK"
	# the first agent still serves the container; this one is for the exec'd process
	STATE=$T/agent2.json
	agent 28
	cap rt exec "$ID" ln /etc/passwd /tmp/l
	bad
	like "$ERR" 'No space left'
	agent_end
	like "$(said .state.state.status)" '^(running|created)$'
	[ "$(said .state.pid)" != "$(said .state.state.pid)" ] || die "not the pid of the new process"
	is "$(said .state.state.pid)" "$(pid_of)"
	rt kill "$ID" KILL
	STATE=$T/agent.json
	within 30 test -e "$STATE"
}

with_flags() {
	peer_differs crun "asks for TSYNC with a listener, which the kernel refuses"
	peer_differs runc "1.1 has no flags, and 1.5 those of its libseccomp"
	bundle
	notify '["link","linkat"]' '.linux.seccomp.flags=["SECCOMP_FILTER_FLAG_TSYNC","SECCOMP_FILTER_FLAG_LOG","SECCOMP_FILTER_FLAG_SPEC_ALLOW",
		"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"]'
	agent 28
	run_sh 'ln /etc/passwd /tmp/l'
	agent_end
	like "$ERR" 'No space left'
}

as_user() {
	local nnp
	for nnp in true false; do
		bundle
		notify '["link","linkat"]' ".process.noNewPrivileges=$nnp|.process.user={uid:1000,gid:1000}"
		agent 28
		run_sh 'ln /etc/passwd /tmp/l'
		agent_end
		like "$ERR" 'No space left' "noNewPrivileges $nnp"
	done
}

[ -e /proc/sys/kernel/seccomp ] || {
	echo "1..0 # SKIP this kernel has no seccomp filters"
	bye
	exit 0
}
t "the agent's errno" answers
t "the agent lets a call go on" goes_on
t "the message, its one descriptor and its end" message
t "the agent sees the first calls of the program" first_calls
t "SCMP_ACT_NOTIFY for write is refused" write_is_refused
t "without an agent nothing runs and nothing is left" no_agent
t "an agent that does not listen" deaf_agent
t "start without an agent" start_without_agent
t "listenerPath is ignored without SCMP_ACT_NOTIFY" unused
t "run.oci.seccomp.receiver" receiver
t "exec has a listener of its own" in_exec
t "all flags" with_flags
t "as a user, with and without noNewPrivileges" as_user
finish
