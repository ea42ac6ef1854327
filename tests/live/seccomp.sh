#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# seccomp: actions, errno values, arguments, a whole real profile.
. "$(dirname "$0")/../lib/live.sh"

filter() { config --argjson f "$1" '.linux.seccomp=$f'; }
mode() { awk '$1 == "Seccomp:" {print $2}' <<<"$OUT"; }

case $(uname -m) in
x86_64) ARCHES='["SCMP_ARCH_X86_64","SCMP_ARCH_X86","SCMP_ARCH_X32"]' ;;
aarch64) ARCHES='["SCMP_ARCH_AARCH64","SCMP_ARCH_ARM"]' ;;
*) ARCHES='[]' ;;
esac

off() {
	bundle
	in_box 'grep ^Seccomp: /proc/self/status'
	is "$(mode)" 0
}

errno_default() {
	bundle
	filter '{"defaultAction":"SCMP_ACT_ALLOW","architectures":'"$ARCHES"',
		"syscalls":[{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_ERRNO"}]}'
	run_sh 'grep ^Seccomp: /proc/self/status; mkdir /tmp/d && echo made'
	is "$(mode)" 2
	unlike "$OUT" made
	like "$ERR" 'Operation not permitted'
}

errno_chosen() {
	bundle
	filter '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_ERRNO","errnoRet":28}]}'
	run_sh 'mkdir /tmp/d && echo made'
	unlike "$OUT" made
	like "$ERR" 'No space left'
}

with_nnp_and_without() {
	local nnp
	bundle
	filter '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_ERRNO","errnoRet":28}]}'
	for nnp in true false; do
		config ".process.noNewPrivileges=$nnp"
		run_sh 'mkdir /tmp/d && echo made'
		unlike "$OUT" made "noNewPrivileges $nnp"
		like "$ERR" 'No space left'
		config '.process.user.uid=1000'
		run_sh 'mkdir /tmp/d && echo made'
		like "$ERR" 'No space left' "noNewPrivileges $nnp as a user"
		config '.process.user.uid=0'
	done
}

default_errno() {
	# everything but what a shell needs is refused with the default's errno
	bundle
	peer_differs runc "1.1 does not know all of this"
	filter '{"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":38,
		"syscalls":[{"names":["read","write","close","fstat","stat","newfstatat","openat","open","mmap","mprotect","munmap","brk",
		"execve","exit_group","exit","arch_prctl","set_tid_address","set_robust_list","rt_sigaction","rt_sigprocmask","getpid","getppid",
		"getuid","geteuid","getgid","getegid","ioctl","prlimit64","getrandom","fork","vfork","clone","wait4","getcwd","rseq","readlink",
		"prctl","uname","getdents64","lseek","dup2","dup3","fcntl","access","faccessat","pipe","pipe2","rt_sigreturn",
		"close_range","setresuid","setresgid","setgroups","capset","capget","fchdir","chdir","umask","poll","futex",
		"sched_getaffinity","tgkill","gettid","madvise","sigaltstack","epoll_ctl","epoll_pwait","nanosleep","select","pselect6",
		"lstat","readlinkat","fadvise64","setuid","setgid","statfs","sendmsg","recvmsg","sendto","recvfrom","execveat","statx"],
		"action":"SCMP_ACT_ALLOW"}]}'
	run_sh 'echo alive; mkdir /tmp/d'
	like "$OUT" alive
	like "$ERR" 'not implemented'
}

arguments() {
	bundle
	filter '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["kill"],"action":"SCMP_ACT_ERRNO","errnoRet":13,
		"args":[{"index":1,"value":10,"op":"SCMP_CMP_EQ"}]}]}'
	run_sh 'trap "" USR1 USR2; kill -USR1 $$ && echo usr1; kill -USR2 $$ && echo usr2'
	is "$OUT" usr2
	like "$ERR" 'denied'
}

# op NAME VALUE [VALUETWO] expects that kill with signal 10 is refused and 12 is not
operator() {
	bundle
	filter '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["kill"],"action":"SCMP_ACT_ERRNO","errnoRet":13,
		"args":[{"index":1,"value":'"$2"',"valueTwo":'"${3:-0}"',"op":"'"$1"'"}]}]}'
	run_sh 'trap "" USR1 USR2; kill -USR1 $$ && echo usr1; kill -USR2 $$ && echo usr2'
	is "$OUT" usr2
}

kill_action() {
	bundle
	filter '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_KILL_PROCESS"}]}'
	run_sh 'busybox mkdir /tmp/d; echo "status $?"'
	is "$OUT" "status 159"
}

trap_action() {
	bundle
	filter '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_TRAP"}]}'
	run_sh 'busybox mkdir /tmp/d; echo "status $?"'
	is "$OUT" "status 159"
}

log_action() {
	bundle
	filter '{"defaultAction":"SCMP_ACT_LOG"}'
	in_box 'mkdir /tmp/d; grep ^Seccomp: /proc/self/status'
	is "$(mode)" 2
}

unknown_syscalls() {
	bundle
	filter '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["no_such_syscall_at_all","mkdir","mkdirat"],
		"action":"SCMP_ACT_ERRNO","errnoRet":28}]}'
	run_sh 'mkdir /tmp/d'
	like "$ERR" 'No space left'
}

flags() {
	peer_differs runc "1.1 has no flags"
	bundle
	filter '{"defaultAction":"SCMP_ACT_ALLOW","flags":["SECCOMP_FILTER_FLAG_LOG","SECCOMP_FILTER_FLAG_SPEC_ALLOW"],
		"syscalls":[{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_ERRNO","errnoRet":28}]}'
	run_sh 'mkdir /tmp/d'
	like "$ERR" 'No space left'
}

# refused JSON: the filter must not be taken
refused() {
	bundle
	filter "$1"
	cap rt run --bundle "$B" "$ID"
	bad
	nothing_left || die "left: $(leftovers)"
}

refused_flag() {
	peer_differs crun "takes an unknown flag"
	peer_differs runc "1.1 ignores an unknown flag"
	refused '{"defaultAction":"SCMP_ACT_ALLOW","flags":["SECCOMP_FILTER_FLAG_NONSENSE"],
		"syscalls":[{"names":["mkdir"],"action":"SCMP_ACT_ERRNO"}]}'
}

refused_no_default() {
	peers_differ "takes a filter without defaultAction as none"
	refused '{"syscalls":[{"names":["mkdir"],"action":"SCMP_ACT_ERRNO"}]}'
}

refused_no_names() {
	peers_differ "takes an entry without names"
	refused '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":[],"action":"SCMP_ACT_ERRNO"}]}'
}

refused_errno_on_kill() {
	peers_differ "takes an errno for an action that has none"
	refused '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir"],"action":"SCMP_ACT_KILL","errnoRet":5}]}'
}

real_profile() {
	# a profile of the size that engines send: some 350 names, argument rules, three architectures
	bundle
	config --slurpfile f "$TESTS/data/seccomp-engine.json" --argjson a "$ARCHES" \
		'.linux.seccomp=($f[0] + {architectures:$a})'
	in_box 'grep ^Seccomp: /proc/self/status; ls / >/dev/null; mkdir /tmp/d; echo x | cat; hostname'
	is "$(mode)" 2
	run_sh 'unshare -U true && echo made; mount -t tmpfs t /mnt && echo mounted'
	unlike "$OUT" 'made|mounted'
}

inherited_by_children() {
	bundle
	filter '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_ERRNO","errnoRet":28}]}'
	run_sh '(sh -c "mkdir /tmp/d")'
	like "$ERR" 'No space left'
}

twice_the_same() {
	# a filter that is kept from one run to the next must not lose its meaning
	local n
	for n in 1 2 3; do
		bundle
		filter '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_ERRNO","errnoRet":'$((n + 10))'}]}'
		run_sh 'mkdir /tmp/d'
		case $n in
		1) like "$ERR" 'Resource temporarily unavailable' ;;
		2) like "$ERR" 'allocate memory|Out of memory' ;;
		3) like "$ERR" 'Permission denied' ;;
		esac
	done
}

[ -e /proc/sys/kernel/seccomp ] || {
	echo "1..0 # SKIP this kernel has no seccomp filters"
	bye
	exit 0
}
t "no filter when none is asked for" off
t "ERRNO without a value is EPERM" errno_default
t "errnoRet" errno_chosen
t "with and without noNewPrivileges, root and user" with_nnp_and_without
t "defaultErrnoRet" default_errno
t "argument rules" arguments
t "operator EQ" operator SCMP_CMP_EQ 10
t "operator NE" operator SCMP_CMP_NE 12
t "operator LT" operator SCMP_CMP_LT 11
t "operator LE" operator SCMP_CMP_LE 10
t "operator MASKED_EQ" operator SCMP_CMP_MASKED_EQ 2 2
t "KILL_PROCESS" kill_action
t "TRAP" trap_action
t "LOG" log_action
t "unknown syscall names are passed over" unknown_syscalls
t "flags" flags
t "children are under the filter too" inherited_by_children
t "filters are not mixed up between runs" twice_the_same
t "a real engine's profile" real_profile
t "an unknown action is refused" refused '{"defaultAction":"SCMP_ACT_NONSENSE"}'
t "an unknown architecture is refused" refused '{"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_NONSENSE"],"syscalls":[{"names":["mkdir"],"action":"SCMP_ACT_ERRNO"}]}'
t "an unknown operator is refused" refused '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["kill"],"action":"SCMP_ACT_ERRNO","args":[{"index":1,"value":1,"op":"SCMP_CMP_NONSENSE"}]}]}'
t "an argument index over 5 is refused" refused '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["kill"],"action":"SCMP_ACT_ERRNO","args":[{"index":6,"value":1,"op":"SCMP_CMP_EQ"}]}]}'
t "an unknown flag is refused" refused_flag
t "a filter without defaultAction is refused" refused_no_default
t "an entry without names is refused" refused_no_names
t "an errno on an action without one is refused" refused_errno_on_kill
finish
