#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# process.rlimits of every type and from 0 up: what they do to the program, and never to init. Limits of the caller. More
# CPUs than a machine at hand has.
. "$(dirname "$0")/../lib/live.sh"

# Those of which a program can live with none at all, by their names in /proc/PID/limits. Not NPROC: of root only.
SURVIVED=(CORE FSIZE LOCKS MEMLOCK MSGQUEUE NICE NOFILE RSS RTPRIO RTTIME SIGPENDING)
declare -A LINE=([AS]="address space" [CORE]="core file size" [CPU]="cpu time" [DATA]="data size" [FSIZE]="file size" [LOCKS]="file locks"
	[MEMLOCK]="locked memory" [MSGQUEUE]="msgqueue size" [NICE]="nice priority" [NOFILE]="open files" [NPROC]="processes"
	[RSS]="resident set" [RTPRIO]="realtime priority" [RTTIME]="realtime timeout" [SIGPENDING]="pending signals" [STACK]="stack size")

# rlimit TYPE SOFT [HARD]
rlimit() {
	config --arg t "RLIMIT_$1" --argjson s "$2" --argjson h "${3:-$2}" '.process.rlimits+=[{type:$t,soft:$s,hard:$h}]'
}
all_zero() {
	local type
	for type in "${SURVIVED[@]}" "$@"; do rlimit "$type" 0; done
}
# a profile under which nobody can set or read a limit
no_limits_call() {
	config --arg a "$1" '.linux.seccomp={defaultAction:"SCMP_ACT_ALLOW",syscalls:[{names:["prlimit64","setrlimit","getrlimit"],action:$a}]}'
}
as_a_user() { config '.process.user={uid:1000,gid:1000}'; }
# has PID TYPE SOFT [HARD]: as the kernel shows it, for the program may be unable to ask
has() {
	like "$(<"/proc/$1/limits")" "Max ${LINE[$2]} +$3 +${4:-$3} " "$2"
}
has_zeros() {
	local type
	for type in "${SURVIVED[@]}"; do has "$1" "$type" 0; done
}
hook() { config --arg k "$1" --arg c "$2" '.hooks[$k]=[{path:"/bin/sh",args:["sh","-c",$c]}]'; }

# zeros PREPARATION...: create, start, exec and run with all of them 0
zeros() {
	local pid prepare
	peers_differ "works under the limits of the program"
	bundle
	for prepare; do $prepare; done
	all_zero
	sleeper
	wait_status running
	has_zeros "$(pid_of)"
	cap rt exec --detach --pid-file "$B/exec.pid" "$ID" sleep 60
	ok
	has_zeros "$(<"$B/exec.pid")"
	rt delete --force "$ID"
	sh_args 'exit 7'
	cap rt run --bundle "$B" "$ID"
	is "$ST" 7 "status of run"
	is "$ERR" ""
}
refusing() { no_limits_call SCMP_ACT_ERRNO; }
user_namespace() {
	[ -z "${LIVE_USER:-}" ] || return 0 # it has one
	ns_add user
	config '.linux.uidMappings=[{containerID:0,hostID:100000,size:65536}]|.linux.gidMappings=.linux.uidMappings'
	chown -R 100000:100000 "$B/rootfs"
}

# Even libc asks for a limit first: the program makes one system call, ppoll(2) without an end.
killing() {
	peers_differ "works under the limits of the program"
	bundle
	python3 "$LIB/rawcall.py" "$B/rootfs/bin/wait" "$(python3 -c 'import os; print({"x86_64": 271}.get(os.uname().machine, 73))')"
	no_limits_call SCMP_ACT_KILL_PROCESS
	all_zero
	args wait
	must_create
	cap rt start "$ID"
	ok
	within 5 grep -q '^Seccomp:.2' "/proc/$(pid_of)/status"
	has_zeros "$(pid_of)"
	cap rt exec --detach --pid-file "$B/exec.pid" "$ID" wait
	ok
	alive "$(<"$B/exec.pid")" || die "exec was killed"
	has_zeros "$(<"$B/exec.pid")"
}

few_descriptors() {
	local n
	peers_differ "works under the limits of the program"
	bundle
	args sleep 60
	refusing
	for n in 1 2 3 4 5 6 7 8 9 10 11; do
		config --argjson n "$n" '.process.rlimits=[{type:"RLIMIT_NOFILE",soft:$n,hard:($n+1)}]'
		must_create
		cap rt start "$ID"
		ok
		has "$(pid_of)" NOFILE "$n" $((n + 1))
		rt delete --force "$ID"
	done
}

# What ends the program ends nothing before it.
deadly() {
	local type
	for type in AS DATA; do
		bundle
		rlimit $type 0
		[ $type != AS ] || as_a_user
		cap rt run --bundle "$B" "$ID"
		is "$ST" 139 "$type"
		is "$ERR" "" "$type"
		must_create
		cap rt start "$ID"
		ok
		wait_status stopped
		rt delete "$ID"
	done
}

# It may get by with the pages that execve(2) has filled: that is by chance.
no_stack() {
	bundle
	rlimit STACK 0
	args true
	cap rt run --bundle "$B" "$ID"
	[ "$ST" = 0 ] || is "$ST" 139
	is "$ERR" ""
}

deadly_exec() {
	peer_differs runc "its own init may be ended by the limit"
	bundle
	sleeper
	jq '.process|.args=["true"]|.rlimits=[{type:"RLIMIT_AS",soft:0,hard:0}]' "$B/config.json" >"$B/process.json"
	cap rt exec --process "$B/process.json" "$ID"
	is "$ST" 139
}

processor_time() {
	peer_differs crun "is ended by the limit itself"
	bundle
	rlimit CPU 1 1
	sh_args 'while :; do :; done'
	cap rt run --bundle "$B" "$ID"
	is "$ST" 137
}

on_a_terminal() {
	peers_differ "works under the limits of the program"
	bundle
	all_zero
	config '.process.terminal=true'
	sh_args 'echo here'
	cap timeout 20 python3 "$LIB/onterm.py" -- "${RT[@]}" run --bundle "$B" "$ID"
	ok
	like "$OUT" here
}

# A startContainer hook comes from the image: it is held to what the program is held to. Others are the host's.
hooks() {
	peer_differs crun "runs startContainer under the caller's limits"
	bundle
	rlimit NOFILE 50 60
	rlimit CORE 5 6
	mkdir "$B/rootfs/out"
	mount_add "{\"destination\":\"/out\",\"type\":\"bind\",\"source\":\"$B/rootfs/out\",\"options\":[\"bind\",\"rw\"]}"
	hook startContainer 'grep -E "open files|core" /proc/self/limits >/out/start'
	hook createContainer "grep 'open files' /proc/self/limits >$B/rootfs/out/create"
	chmod 777 "$B/rootfs/out"
	args true
	cap rt run --bundle "$B" "$ID"
	ok
	like "$(<"$B/rootfs/out/start")" "Max core file size +5 +6 .*Max open files +50 +60 "
	[ "$KIND" != hezi ] || unlike "$(<"$B/rootfs/out/create")" "files +50 "
}

hook_under_zeros() {
	peers_differ "works under the limits of the program"
	bundle
	all_zero
	hook startContainer 'exit 3'
	args true
	cap rt run --bundle "$B" "$ID"
	bad
	says 'startContainer hook #0: /bin/sh: exit status 3'
}

# From low ones of the caller, for root and for a user that is none any more when the limits are set.
raised() {
	local who
	for who in true as_a_user; do
		bundle
		$who
		rlimit NOFILE 500 "$1"
		rlimit CORE 1000 "$2"
		args sleep 60
		cap prlimit --nofile=100:1000 --core=0:2000 timeout 20 "${RT[@]}" create --bundle "$B" "$ID"
		ok
		cap rt start "$ID"
		ok
		has "$(pid_of)" NOFILE 500 "$1"
		has "$(pid_of)" CORE 1000 "$2"
	done
}
raised_hard() {
	prlimit --nofile=100:100 prlimit --nofile=101:101 true || skip "no CAP_SYS_RESOURCE here"
	raised 1500 3000
}
raised_without_privilege() {
	bundle
	rlimit NOFILE 500 1500
	cap prlimit --nofile=1000:1000 setpriv --bounding-set -sys_resource timeout 20 "${RT[@]}" create --bundle "$B" "$ID"
	bad
	nothing_left || die "left: $(leftovers)"
	says '' 'operation not permitted'
	[ "$KIND" = hezi ] || return 0
	says '/process/rlimits/0: raise RLIMIT_NOFILE.*prlimit64: operation not permitted'
	says "hard limit .*1000.*CAP_SYS_RESOURCE"
}
raised_over_nr_open() {
	local most
	most=$(</proc/sys/fs/nr_open)
	bundle
	rlimit NOFILE 500 $((most + 1))
	create
	bad
	[ "$KIND" = hezi ] || return 0
	says "fs.nr_open is $most"
}

listener_needs_one() {
	peers_differ "not held to this"
	bundle
	config '.linux.seccomp={defaultAction:"SCMP_ACT_ALLOW",listenerPath:"/run/none",syscalls:[{names:["mkdir"],action:"SCMP_ACT_NOTIFY"}]}'
	rlimit NOFILE 4
	create
	bad
	says '/process/rlimits/0: .*at least 5 descriptors'
}

# every command under a limit of its caller: an error that names the limit, or all is well; no hang, nothing left
under() {
	local type=$1 n command words=$2
	shift 2
	for n; do
		bundle
		args sleep 60
		must_create
		for command in "state $ID" "ps $ID" list "start $ID" "exec $ID true" "kill $ID KILL" "delete --force $ID"; do
			# shellcheck disable=SC2086
			cap timeout -k 2 20 prlimit "--$type=$n:$n" "${RT[@]}" $command
			[ "$ST" = 0 ] || like "$ERR" "$words" "$type=$n $command, status $ST"
		done
		rt delete --force "$ID"
		args true
		cap timeout -k 2 20 prlimit "--$type=$n:$n" "${RT[@]}" run --bundle "$B" "$ID-run"
		[ "$ST" = 0 ] || like "$ERR" "$words" "$type=$n run, status $ST"
		nothing_left || die "$type=$n left: $(leftovers)"
	done
}
callers_descriptors() {
	peers_differ "not held to this"
	under nofile RLIMIT_NOFILE 4 6 9 13 18
}
callers_stack() {
	peers_differ "not held to this"
	needs_sealed
	under stack "RLIMIT_STACK.*128 KiB are needed" 16384 65536 100000
}
callers_files() {
	local n
	peers_differ "not held to this"
	needs_sealed # the image of init is the largest file
	for n in 100 4096; do
		bundle
		ERR=$(timeout 20 prlimit --fsize=$n:$n "${RT[@]}" run --bundle "$B" "$ID" 2>&1 | cat) # a file would end there too
		like "$ERR" "caller's limit is $n bytes in a file \(RLIMIT_FSIZE"
		nothing_left || die "left: $(leftovers)"
	done
}

# exec_on LIST: one exec, started on these CPUs
exec_on() {
	jq --arg l "$1" '.process|.args=["true"]|.execCPUAffinity={initial:$l}' "$B/config.json" >"$B/process.json"
	cap rt exec --process "$B/process.json" "$ID"
}

cpu_lists() {
	local list
	peers_differ "not held to this"
	bundle
	sleeper
	for list in 0 0, ,0 "0 , 1" 0,,1 0-1023 0-8191; do
		exec_on "$list"
		[ "$ST" = 0 ] || die "list '$list'"
	done
	for list in , " " 0- 1-0 0-0-1 8192 0-99999999999; do
		exec_on "$list"
		[ "$ST" != 0 ] || die "list '$list' was accepted"
		like "$ERR" '/execCPUAffinity/initial: .*no list of CPUs from 0 to 8191'
	done
	[ "$(</sys/devices/system/cpu/possible)" != 0-8191 ] || return 0
	exec_on 8191
	like "$ERR" "/execCPUAffinity/initial: .*invalid argument.*this host has the CPUs $(</sys/devices/system/cpu/possible)[^0-9]"
}

# Each of 8,192 CPUs is the container's, whatever those of the caller are.
all_cpus() {
	peers_differ "not held to this"
	command -v strace >/dev/null || skip "no strace"
	bundle
	args true
	cap env ASAN_OPTIONS=detect_leaks=0 strace -f -qq -e trace=sched_setaffinity "${RT[@]}" run --bundle "$B" "$ID"
	ok
	like "$ERR" 'sched_setaffinity\(0, 1024, \['
}

t "every limit that a program can live with is 0" zeros
t "the same under a profile that forbids to set limits" zeros refusing as_a_user
t "the same under a profile that kills for it" killing
t "the same in a user namespace" zeros user_namespace
t "the same on a terminal" on_a_terminal
t "RLIMIT_NOFILE from 1 up, create and start" few_descriptors
t "no address space, no data: SIGSEGV at execve" deadly
t "no stack" no_stack
t "no address space: SIGSEGV for exec too" deadly_exec
t "processor time" processor_time
t "startContainer hooks have the limits of the program, createContainer hooks do not" hooks
t "startContainer hooks with every limit 0" hook_under_zeros
t "soft limits above the caller's own" raised 1000 2000
t "hard limits above the caller's own" raised_hard
t "a hard limit above the caller's needs privilege" raised_without_privilege
t "no limit of descriptors above fs.nr_open" raised_over_nr_open
t "a seccomp listener needs a descriptor" listener_needs_one
t "RLIMIT_NOFILE of the caller, in every command" callers_descriptors
t "RLIMIT_STACK of the caller, in every command" callers_stack
t "RLIMIT_FSIZE of the caller" callers_files
t "lists of CPUs, up to those that no kernel can have" cpu_lists
t "a container may use all of 8,192 CPUs" all_cpus
finish
