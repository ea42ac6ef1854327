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
	old_peer runc "1.1 does not know all of this"
	filter '{"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":38,
		"syscalls":[{"names":["read","write","close","fstat","stat","newfstatat","openat","open","mmap","mprotect","munmap","brk",
		"execve","exit_group","exit","arch_prctl","set_tid_address","set_robust_list","rt_sigaction","rt_sigprocmask","getpid","getppid",
		"getuid","geteuid","getgid","getegid","ioctl","prlimit64","getrandom","fork","vfork","clone","wait4","getcwd","rseq","readlink",
		"prctl","uname","getdents64","lseek","dup2","dup3","fcntl","access","faccessat","pipe","pipe2","rt_sigreturn",
		"close_range","setresuid","setresgid","setgroups","capset","capget","fchdir","chdir","umask","poll","futex",
		"sched_getaffinity","tgkill","gettid","madvise","sigaltstack","epoll_ctl","epoll_pwait","nanosleep","select","pselect6",
		"lstat","readlinkat","fadvise64","setuid","setgid","statfs","fstatfs","openat2","sendmsg","recvmsg","sendto","recvfrom","execveat","statx"],
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
	old_peer runc "1.1 has no flags"
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
	old_peer runc "1.1 ignores an unknown flag"
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

# under a filter that lets nobody write: start is told by shared memory
unexecuted() {
	bundle
	local action
	printf nonsense >"$B/rootfs/tmp/p"
	chmod 755 "$B/rootfs/tmp/p"
	for action in SCMP_ACT_ERRNO SCMP_ACT_KILL_PROCESS; do
		peer_differs crun "fails to start"
		filter '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["write","sendto","sendmsg"],"action":"'$action'"}]}'
		args /tmp/p
		is_peer || {
			cap rt --log "$B/log" run --bundle "$B" "$ID"
			[ "$ST" != 0 ] || die "it has run"
			like "$(<"$B/log")" 'exec /tmp/p: exec format error' "$action"
			rm "$B/log"
		}
	done
	filter '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir"],"action":"SCMP_ACT_ERRNO"}]}'
	cap rt run --bundle "$B" "$ID"
	like "$ERR" $'(^|\n)exec /tmp/p: exec format error'
	old_peer runc "1.1 exits with 1"
	is "$ST" 255
}

# an errno where the action takes none does nothing, as with runc: create warns, the action stays what it is
ignored_errno() {
	local action
	peer_differs crun "rejects it"
	for action in ALLOW LOG TRACE KILL KILL_THREAD KILL_PROCESS TRAP ERRNO; do
		bundle
		filter '{"defaultAction":"SCMP_ACT_ALLOW","defaultErrnoRet":5,
			"syscalls":[{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_'$action'","errnoRet":5}]}'
		run_sh 'mkdir /tmp/d; echo "end $?"'
		is_peer || like "$ERR" 'defaultErrnoRet: has no effect: SCMP_ACT_ALLOW takes no errno' "$action"
		case $action in
		ALLOW | LOG) is "$OUT" "end 0" "$action" ;;
		TRACE) like "$ERR" 'Function not implemented' "$action" ;;
		ERRNO) like "$ERR" 'Input/output error' "$action" ;;
		*) [ ! -e "$B/rootfs/tmp/d" ] || die "$action is not in force" ;;
		esac
		is_peer || [[ $action =~ ^(ERRNO|TRACE)$ ]] ||
			like "$ERR" "syscalls/0/errnoRet: has no effect: SCMP_ACT_$action takes no errno" "$action"
	done
}

ignored_default_errno() {
	local action
	peer_differs crun "rejects it"
	peer_differs runc "waits for an init that its filter has killed"
	for action in LOG KILL KILL_PROCESS TRAP; do
		bundle
		filter '{"defaultAction":"SCMP_ACT_'$action'","defaultErrnoRet":1}'
		args true
		cap rt run --bundle "$B" "$ID"
		if [ $action = LOG ]; then ok; else [ "$ST" != 0 ] || die "$action is not in force"; fi
		is_peer || like "$ERR" "defaultErrnoRet: has no effect: SCMP_ACT_$action takes no errno" "$action"
	done
}

refused_errno_too_big() {
	local value
	peers_differ "cut the number to 16 bits"
	for value in 4095 4096 65536 65541 4294967295; do
		refused '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir"],"action":"SCMP_ACT_ERRNO","errnoRet":'$value'}]}'
		says "/linux/seccomp/syscalls/0/errnoRet: the value for SCMP_ACT_ERRNO must be at most 4094, not $value"
	done
	refused '{"defaultAction":"SCMP_ACT_TRACE","defaultErrnoRet":65536}'
	says '/linux/seccomp/defaultErrnoRet: the value for SCMP_ACT_TRACE must be at most 65535, not 65536'
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

# rawcall NUMBER [x86]: the errno of a call in the box, in ST
rawcall() {
	python3 "$LIB/rawcall.py" "$B/rootfs/bin/rawcall" "$@"
	args /bin/rawcall
	cap rt run --bundle "$B" "$ID"
}

# what no program of a few instructions needs is refused with EPERM
strict() {
	filter '{"defaultAction":"SCMP_ACT_'"$1"'","architectures":'"$ARCHES"',"syscalls":[{"names":["execve","exit","read","write","close",
		"futex","mmap","munmap","rt_sigreturn","rt_sigaction","sigaltstack","tgkill","getpid","gettid","madvise","epoll_ctl","epoll_pwait",
		"nanosleep","fcntl","openat","openat2","newfstatat","fstat","statx","capget","capset","prctl","setresuid","setresgid","setgroups","chdir",
		"fchdir","getcwd","close_range","dup3","clone","clone3","sched_yield","exit_group","getdents64","readlinkat","sendto",
		"recvmsg","faccessat2","fstatfs","pidfd_open","lseek","brk","umask","setsid","poll","select","pselect6","sigprocmask","rt_sigprocmask","prlimit64"],
		"action":"SCMP_ACT_ALLOW"}]}'
}

new_calls() {
	peer_differs crun "has nothing for them"
	bundle
	strict ERRNO
	rawcall 100000
	is $ST 38 "errno of a call newer than the profile"
	rawcall 170 # sethostname, settimeofday
	is $ST 1 "errno of a call that the profile leaves out"
	[ "$(uname -m)" = x86_64 ] || return 0
	rawcall 1000 x86
	[ $ST -gt 100 ] || is $ST 38 "errno in a 32-bit program"
	strict KILL_PROCESS
	rawcall 100000
	is $ST 38 "errno where the default kills"
}

new_calls_allowed() {
	bundle
	filter '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir"],"action":"SCMP_ACT_ERRNO"}]}'
	rawcall 100000
	is $ST 38 "the kernel's answer"
}

other_architecture() {
	[ "$(uname -m)" = x86_64 ] || skip "programs of x86 need an x86_64 kernel"
	python3 "$LIB/rawcall.py" "$T/x86" 1000 x86
	ST=0
	"$T/x86" 2>/dev/null || ST=$?
	[ $ST = 38 ] || skip "this kernel runs no 32-bit programs"
	bundle
	filter '{"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_X86_64"],"syscalls":[{"names":["mkdir"],"action":"SCMP_ACT_ERRNO"}]}'
	rawcall 39 x86
	is $ST 159 "status of a program of an architecture that is not in the profile"
	filter '{"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_X86_64","SCMP_ARCH_X86"],"syscalls":[{"names":["mkdir"],
		"action":"SCMP_ACT_ERRNO","errnoRet":99}]}'
	rawcall 39 x86
	is $ST 99 "errno in a program of another architecture of the profile"
}

# a program that is there and cannot be executed, under a filter that forbids init to say so
mute() {
	peers_differ "says nothing or the wrong thing, or hangs"
	bundle
	filter '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["write","writev","sendto","sendmsg","exit_group","exit"],
		"action":"SCMP_ACT_'"$1"'"}]}'
	printf '#!/nonexistent\n' >"$B/rootfs/bin/broken"
	chmod 755 "$B/rootfs/bin/broken"
	args /bin/broken
	cap rt run --bundle "$B" "$ID"
	[ "$ST" != 0 ] || die "it has run"
	like "$ERR" 'exec /bin/broken: no such file or directory'
	nothing_left || die "left: $(leftovers)"
	must_create
	cap rt start "$ID"
	ok
	like "$ERR" 'exec /bin/broken: no such file or directory'
}

strict_names() {
	peer_differs runc "does not know the annotation"
	bundle
	filter '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir","no_such_syscall"],"action":"SCMP_ACT_ERRNO"}]}'
	config '.annotations={"run.oci.seccomp_fail_unknown_syscall":"1"}'
	cap rt run --bundle "$B" "$ID"
	bad
	like "$ERR" no_such_syscall
	config '.annotations={"run.oci.seccomp_fail_unknown_syscall":"0"}'
	in_box 'echo hello'
}

# the cache: only hezi has one there
CACHE=/run/hezi-seccomp
cached() {
	[ "$KIND" = hezi ] || skip "about hezi's cache"
	bundle
	filter '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_ERRNO","errnoRet":'"$1"'}]}'
	# the file of this profile is the one that comes with the first run
	ls "$CACHE" >"$T/before" 2>/dev/null || :
	run_sh 'mkdir /tmp/d'
	FILE=$CACHE/$(ls "$CACHE" | comm -13 "$T/before" - | head -n 1)
	[ -f "$FILE" ] || skip "another one runs here as well"
	is "$(stat -c %a "$CACHE")" 700 "mode of the directory"
	is "$(stat -c %a "$FILE")" 600 "mode of the file"
}
cache_broken() {
	local wrong
	cached $((2000 + RANDOM % 2000))
	WANT=$ERR
	cp -p "$FILE" "$T/good"
	for wrong in 'truncate -s 41' 'truncate -s 0' 'truncate -s +8' 'chmod 640' 'chown 1' 'dd conv=notrunc bs=1 seek=50 count=1 status=none if=/dev/urandom of='; do
		cp -p "$T/good" "$FILE"
		case $wrong in
		dd*) $wrong"$FILE" ;;
		*) $wrong "$FILE" ;;
		esac
		run_sh 'mkdir /tmp/d'
		is "$ERR" "$WANT" "after $wrong"
	done
	# a program that allows all, in the place of this one
	rm -f "$FILE"
	ln -s /dev/zero "$FILE"
	run_sh 'mkdir /tmp/d'
	is "$ERR" "$WANT" "a link"
	cmp "$T/good" "$FILE" || die "no good file took the place of the bad one"
	rm -f "$FILE"
}
cache_foreign() {
	# a file of another profile under the name of this one
	local one
	cached $((1000 + RANDOM % 1000))
	one=$FILE
	cached $((1000 + RANDOM % 1000))
	WANT=$ERR
	cp -p "$one" "$FILE"
	run_sh 'mkdir /tmp/d'
	is "$ERR" "$WANT"
	rm -f "$one" "$FILE"
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
	peer_differs crun "1.29 mixes up the errnos"
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

hook_is_filtered() {
	# a startContainer hook is the image's, and under the filter like the program
	peer_differs crun "runs it before the filter"
	bundle
	config '.linux.seccomp={defaultAction:"SCMP_ACT_ALLOW",syscalls:[{names:["mkdir","mkdirat"],action:"SCMP_ACT_KILL"}]} |
		.hooks.startContainer=[{path:"/bin/sh",args:["sh","-c","mkdir /tmp/by-hook"]}]'
	args true
	cap rt run --bundle "$B" "$ID"
	[ "$KIND$ST" = runc255 ] || bad # where the hook runs after create
	says "error running startContainer hook" "error running (startContainer )?hook"
	says "bad system call"
	[ ! -e "$B/rootfs/tmp/by-hook" ] || die "the hook made a directory"
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
t "calls newer than the profile give ENOSYS" new_calls
t "not where the profile allows by default" new_calls_allowed
t "programs of another architecture" other_architecture
t "a failed execve under a filter that forbids to speak" mute ERRNO
t "a failed execve under a filter that kills for speaking" mute KILL_PROCESS
t "run.oci.seccomp_fail_unknown_syscall" strict_names
t "broken files of the cache are not used" cache_broken
t "a file of the cache under another name is not used" cache_foreign
t "children are under the filter too" inherited_by_children
t "filters are not mixed up between runs" twice_the_same
t "a real engine's profile" real_profile
t "an unknown action is refused" refused '{"defaultAction":"SCMP_ACT_NONSENSE"}'
t "an unknown architecture is refused" refused '{"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_NONSENSE"],"syscalls":[{"names":["mkdir"],"action":"SCMP_ACT_ERRNO"}]}'
t "an unknown operator is refused" refused '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["kill"],"action":"SCMP_ACT_ERRNO","args":[{"index":1,"value":1,"op":"SCMP_CMP_NONSENSE"}]}]}'
t "an argument index over 5 is refused" refused '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["kill"],"action":"SCMP_ACT_ERRNO","args":[{"index":6,"value":1,"op":"SCMP_CMP_EQ"}]}]}'
t "a startContainer hook is under the filter" hook_is_filtered
t "an unknown flag is refused" refused_flag
t "a filter without defaultAction is refused" refused_no_default
t "an entry without names is refused" refused_no_names
t "a program that the kernel does not execute" unexecuted
t "an errno for an action that takes none is ignored" ignored_errno
t "an errno for a default action that takes none is ignored" ignored_default_errno
t "an errno that no filter can return" refused_errno_too_big
finish
