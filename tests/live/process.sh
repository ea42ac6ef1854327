#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# process: environment, folder, ids, umask, capabilities, rlimits, flags.
. "$(dirname "$0")/../lib/live.sh"

# cap_mask NAME...: the 64-bit mask as /proc/PID/status prints it
cap_mask() {
	local name mask=0
	declare -A bit=([CHOWN]=0 [KILL]=5 [SETUID]=7 [NET_BIND_SERVICE]=10 [SYS_ADMIN]=21 [AUDIT_WRITE]=29)
	for name; do mask=$((mask | 1 << bit[$name])); done
	printf '%016x' $mask
}
status_field() { awk -v f="$1:" '$1 == f {print $2}' <<<"$OUT"; }

environment() {
	bundle
	config '.process.env=["PATH=/bin","A=1","B=x=y z","A=2","EMPTY="]'
	args env
	FROM_CALLER=1 cap rt run --bundle "$B" "$ID"
	ok
	is "$(grep -v ^HOME= <<<"$OUT" | sort)" $'A=2\nB=x=y z\nEMPTY=\nPATH=/bin'
}

home() {
	bundle
	in_box 'echo $HOME'
	is "$OUT" /root
	config '.process.user.uid=1000'
	in_box 'echo $HOME'
	is "$OUT" /home/u
	config '.process.env+=["HOME=/mine"]'
	in_box 'echo $HOME'
	is "$OUT" /mine
}

home_unknown_user() {
	peer_differs crun "leaves HOME unset"
	bundle
	config '.process.user.uid=4242'
	in_box 'echo $HOME'
	is "$OUT" /
}

# the image's files may be closed to its users; whoever has the rights of root reads them for them
home_closed() {
	local what
	old_peer crun "1.8 executes as root"
	bundle
	config '.process.user.uid=1000|.process.user.gid=1000'
	for what in "700 etc" "600 etc/passwd"; do
		rm -rf "$B/rootfs/etc"
		cp -a "$T/base/etc" "$B/rootfs/etc"
		chmod ${what% *} "$B/rootfs/${what#* }"
		in_box 'echo $HOME'
		is "$OUT" /home/u "$what"
		sleeper
		cap rt exec "$ID" sh -c 'echo $HOME'
		ok
		is "$OUT" /home/u "exec, $what"
		rt delete --force "$ID"
		sh_args true
	done
	chown -R 1000:1000 "$B/rootfs/etc"
	config '.process.user={uid:0,gid:0}|.process.capabilities={}'
	in_box 'echo $HOME'
	is "$OUT" /root "root without capabilities"
}

home_without_passwd() {
	bundle
	rm "$B/rootfs/etc/passwd"
	in_box 'echo $HOME'
	like "$OUT" '^(/|/root)$'
}

# root reads it: what has the file of a kernel behind it gives an error, or is consumed
home_of_kernel() {
	local to
	peers_differ "reads whatever it is"
	bundle
	for to in /proc/self/mem /proc/kmsg /proc/self/environ; do
		ln -sf $to "$B/rootfs/etc/passwd"
		config '.process.user.uid=1000|.process.env=["PATH=/bin","X=\nu:x:1000:0::/odd:/\n"]'
		in_box 'echo $HOME'
		is "$OUT" / $to
	done
}

cwd() {
	bundle
	config '.process.cwd="/etc"'
	in_box 'pwd; readlink /proc/self/cwd'
	is "$OUT" $'/etc\n/etc'
}

cwd_created() {
	bundle
	config '.process.cwd="/new/dir"'
	in_box 'pwd'
	is "$OUT" /new/dir
}

# Kubernetes' readOnlyRootFilesystem with a workingDir that the image lacks
cwd_created_readonly() {
	bundle
	config '.process.cwd="/new/dir"|.root.readonly=true'
	in_box 'pwd; touch here || echo "read-only"'
	is "$OUT" $'/new/dir\nread-only'
}

cwd_relative() {
	peer_differs crun "takes a relative cwd"
	bundle
	config '.process.cwd="etc"'
	cap rt run --bundle "$B" "$ID"
	bad
	nothing_left || die "left: $(leftovers)"
}

cwd_is_file() {
	bundle
	config '.process.cwd="/etc/passwd"'
	cap rt run --bundle "$B" "$ID"
	bad
	nothing_left || die "left: $(leftovers)"
}

cwd_proc_fd() {
	# a leaked fd of a host folder, or the caller's own, as the working folder
	old_peer crun "1.8 has the fault for the caller's own fds"
	local n
	bundle
	for n in 3 4 5 6 7 8 9 10 11 12 13 14; do
		config --arg p "/proc/self/fd/$n" '.process.cwd=$p'
		run_sh 'ls ../../../../../../../../; pwd' 7</
		[ "$ST" != 0 ] || die "cwd /proc/self/fd/$n worked"
	done
}

args0_proc_fd() {
	local n
	bundle
	for n in 3 4 5 6 7 8 9; do
		args "/proc/self/fd/$n" -c 'echo escaped'
		cap rt run --bundle "$B" "$ID"
		[ "$ST" != 0 ] || die "args[0] /proc/self/fd/$n worked"
		unlike "$OUT" escaped
	done
}

user() {
	bundle
	config '.process.user={uid:1000,gid:1001,additionalGids:[5,20,1001]}'
	in_box 'grep -E "^(Uid|Gid|Groups)" /proc/self/status'
	is "$(tr -s '\t ' ' ' <<<"$OUT" | sed 's/ $//')" $'Uid: 1000 1000 1000 1000\nGid: 1001 1001 1001 1001\nGroups: 5 20 1001'
}

no_extra_groups() {
	# the caller's own groups do not pass
	bundle
	sh_args 'grep ^Groups /proc/self/status'
	cap setpriv --groups 4,24,27 timeout 20 "${RT[@]}" run --bundle "$B" "$ID"
	ok
	is "$(tr -d '[:space:]' <<<"$OUT")" "Groups:"
}

umask_set() {
	bundle
	config '.process.user.umask=63'
	in_box 'umask; touch /tmp/f; stat -c %a /tmp/f'
	is "$OUT" $'0077\n600'
}

umask_default() {
	bundle
	in_box umask
	is "$OUT" 0022
}

no_caps() {
	peer_differs runc "1.5 keeps its own"
	bundle
	config 'del(.process.capabilities)'
	in_box 'grep ^Cap /proc/self/status'
	is "$(status_field CapEff)" 0000000000000000
	is "$(status_field CapPrm)" 0000000000000000
	is "$(status_field CapInh)" 0000000000000000
	is "$(status_field CapAmb)" 0000000000000000
}

caps_root() {
	bundle
	config '.process.capabilities={bounding:["CAP_CHOWN","CAP_KILL"],effective:["CAP_KILL"],
		permitted:["CAP_CHOWN","CAP_KILL"]}'
	in_box 'grep ^Cap /proc/self/status'
	is "$(status_field CapBnd)" "$(cap_mask CHOWN KILL)" bounding
	is "$(status_field CapInh)" "$(cap_mask)" inheritable
	is "$(status_field CapAmb)" "$(cap_mask)" ambient
	# execve by uid 0 gives all of the bounding set
	is "$(status_field CapPrm)" "$(cap_mask CHOWN KILL)" permitted
}

caps_user_ambient() {
	bundle
	config '.process.user.uid=1000 | .process.capabilities={bounding:["CAP_KILL","CAP_CHOWN","CAP_NET_BIND_SERVICE"],
		effective:["CAP_KILL"],permitted:["CAP_KILL","CAP_CHOWN"],inheritable:["CAP_KILL"],ambient:["CAP_KILL"]}'
	in_box 'grep ^Cap /proc/self/status'
	is "$(status_field CapBnd)" "$(cap_mask KILL CHOWN NET_BIND_SERVICE)" bounding
	is "$(status_field CapInh)" "$(cap_mask KILL)" inheritable
	is "$(status_field CapAmb)" "$(cap_mask KILL)" ambient
	is "$(status_field CapPrm)" "$(cap_mask KILL)" permitted
	is "$(status_field CapEff)" "$(cap_mask KILL)" effective
}

# an ambient capability that cannot be granted is told: to who runs it, for root (who has it anyway) in the log alone
caps_warning() {
	peer_differs crun "no warning"
	old_peer runc "1.1 has no warning"
	bundle
	args true
	config '.process.capabilities={bounding:["CAP_KILL"],permitted:["CAP_KILL"],ambient:["CAP_KILL"]}'
	cap rt run --bundle "$B" "$ID"
	ok
	is_peer || is "$ERR" "" "stderr"
	cap rt --log "$B/log" run --bundle "$B" "$ID"
	ok
	is "$ERR" "" "stderr"
	like "$(<"$B/log")" "level=warning .*can't raise ambient capability.*CAP_KILL"
	is_peer || is "$(grep -c ambient "$B/log")" 1 "warnings"
	config '.process.user.uid=1000'
	cap rt run --bundle "$B" "$ID"
	ok
	like "$ERR" "can't raise ambient capability"
}

caps_user_plain() {
	bundle
	config '.process.user.uid=1000'
	in_box 'grep ^Cap /proc/self/status'
	is "$(status_field CapPrm)" "$(cap_mask)" permitted
	is "$(status_field CapEff)" "$(cap_mask)" effective
	is "$(status_field CapBnd)" "$(cap_mask AUDIT_WRITE KILL NET_BIND_SERVICE)" bounding
}

caps_unknown_warns() {
	# the spec: names that map to nothing warn, and the rest is applied
	peer_differs crun "1.29 rejects it"
	bundle
	config '.process.capabilities.bounding+=["CAP_NO_SUCH"]'
	in_box 'grep ^CapBnd /proc/self/status'
	is "$(status_field CapBnd)" "$(cap_mask AUDIT_WRITE KILL NET_BIND_SERVICE)" bounding
}

rlimits() {
	bundle
	config '.process.rlimits=[{type:"RLIMIT_NOFILE",soft:100,hard:200},{type:"RLIMIT_CORE",soft:0,hard:0},
		{type:"RLIMIT_NPROC",soft:50,hard:60},{type:"RLIMIT_STACK",soft:1048576,hard:2097152}]'
	in_box 'cat /proc/self/limits'
	like "$OUT" "Max open files +100 +200 "
	like "$OUT" "Max core file size +0 +0 "
	like "$OUT" "Max processes +50 +60 "
	like "$OUT" "Max stack size +1048576 +2097152 "
}

rlimits_unset() {
	local mine
	bundle
	in_box 'cat /proc/self/limits'
	mine=$(awk '/Max processes/{print $3,$4}' /proc/self/limits)
	is "$(awk '/Max processes/{print $3,$4}' <<<"$OUT")" "$mine" "inherited"
}

rlimits_nofile_inherited() {
	peer_differs runc "Go raises the soft limit of the caller"
	bundle
	sh_args 'ulimit -n; ulimit -Hn'
	cap bash -c 'ulimit -Sn 1000; exec timeout 20 "$@"' - "${RT[@]}" run --bundle "$B" "$ID"
	ok
	is "$OUT" $'1000\n'"$(ulimit -Hn)"
}

rlimits_bad() {
	bundle
	config '.process.rlimits=[{type:"RLIMIT_NONSENSE",soft:1,hard:1}]'
	cap rt run --bundle "$B" "$ID"
	bad
	nothing_left || die "left: $(leftovers)"
}

rlimits_soft_over_hard() {
	bundle
	config '.process.rlimits=[{type:"RLIMIT_NOFILE",soft:300,hard:200}]'
	cap rt run --bundle "$B" "$ID"
	bad
	nothing_left || die "left: $(leftovers)"
}

rlimits_duplicate() {
	peers_differ "accepts two limits of one type"
	bundle
	config '.process.rlimits=[{type:"RLIMIT_NOFILE",soft:100,hard:200},{type:"RLIMIT_NOFILE",soft:100,hard:200}]'
	cap rt run --bundle "$B" "$ID"
	bad
}

nnp() {
	bundle
	in_box 'grep NoNewPrivs /proc/self/status'
	is "$(status_field NoNewPrivs)" 1
	config '.process.noNewPrivileges=false'
	in_box 'grep NoNewPrivs /proc/self/status'
	is "$(status_field NoNewPrivs)" 0
}

oom_score() {
	local mine
	bundle
	config '.process.oomScoreAdj=100'
	in_box 'cat /proc/self/oom_score_adj'
	is "$OUT" 100
	mine=$(cat /proc/self/oom_score_adj)
	config 'del(.process.oomScoreAdj)'
	in_box 'cat /proc/self/oom_score_adj'
	is "$OUT" "$mine" "left alone"
}

scheduler() {
	peers_differ "does not know process.scheduler"
	bundle
	config '.process.scheduler={policy:"SCHED_BATCH",nice:7}'
	in_box 'awk "{print \$19, \$41}" /proc/self/stat'
	is "$OUT" "7 3" "nice and policy"
	config '.process.scheduler={policy:"SCHED_IDLE"}'
	in_box 'awk "{print \$41}" /proc/self/stat'
	is "$OUT" 5 policy
}

scheduler_fifo() {
	# a v1 cpu cgroup begins with no real-time budget (RT_GROUP_SCHED)
	[ ! -e /sys/fs/cgroup/cpu/cpu.rt_runtime_us ] || skip "real-time tasks want a budget of their cgroup here"
	chrt -f 1 true 2>/dev/null || skip "real-time policies are not to be had here"
	bundle
	config '.process.scheduler={policy:"SCHED_FIFO",priority:5}'
	in_box 'awk "{print \$40, \$41}" /proc/self/stat'
	is "$OUT" "5 1" "priority and policy"
}

scheduler_bad() {
	peers_differ "does not know process.scheduler"
	bundle
	config '.process.scheduler={policy:"SCHED_OTHER",priority:5}'
	create
	bad
	nothing_left || die "left: $(leftovers)"
}

scheduler_userns() {
	peers_differ "does not know process.scheduler"
	bundle
	ns_add user
	config '.linux.uidMappings=[{containerID:0,hostID:100000,size:65536}] | .linux.gidMappings=.linux.uidMappings |
		.process.scheduler={policy:"SCHED_OTHER",nice:-3}'
	chmod 711 "$B"
	in_box 'awk "{print \$19}" /proc/self/stat'
	is "$OUT" -3 nice
}

io_priority() {
	old_peer runc "1.1.5 does not know it"
	old_peer crun "1.8.1 does not know it"
	bundle
	config '.process.ioPriority={class:"IOPRIO_CLASS_BE",priority:6}'
	sleeper
	is "$(ionice -p "$(pid_of)")" "best-effort: prio 6"
}

personality() {
	old_peer runc "1.1.5 does not know it"
	[ "$(uname -m)" = x86_64 ] || skip "not every other machine has it"
	bundle
	config '.linux.personality={domain:"LINUX32"}'
	in_box 'uname -m'
	is "$OUT" i686
}

memory_policy() {
	peers_differ "does not know it"
	[ -e /proc/self/numa_maps ] || skip "this kernel has no NUMA"
	bundle
	config '.linux.memoryPolicy={mode:"MPOL_BIND",nodes:"0"}'
	in_box 'head -n 1 /proc/self/numa_maps'
	like "$OUT" '^[0-9a-f]+ bind:0 '
}

fds_none() {
	bundle
	sh_args 'ls -1 /proc/self/fd'
	cap rt run --bundle "$B" "$ID" 9</etc 23</
	ok
	# ls itself holds 3 while it lists
	is "$(tr '\n' ' ' <<<"$OUT")" "0 1 2 3 "
}

fds_none_created() {
	local fd n=0
	bundle
	sh_args 'ls -1 /proc/self/fd >/tmp/fds'
	rt create --bundle "$B" "$ID" 9</etc 23</ </dev/null >/dev/null 2>&1
	cap rt start "$ID" 11</etc
	ok
	wait_status stopped
	is "$(tr '\n' ' ' <"$B/rootfs/tmp/fds")" "0 1 2 3 "
}

preserve_fds() {
	bundle
	echo three >"$T/f3"
	echo four >"$T/f4"
	sh_args 'cat <&3; cat <&4; ls /proc/self/fd'
	cap rt run --preserve-fds 2 --bundle "$B" "$ID" 3<"$T/f3" 4<"$T/f4" 5</etc
	ok
	is "$(tr '\n' ' ' <<<"$OUT")" "three four 0 1 2 3 4 5 "
}

# a descriptor that is not open is no error, and not open inside either: not in the program, not in hooks
preserve_fds_holes() {
	local how
	peer_differs runc "passes descriptors of its own"
	bundle
	echo four >"$T/f4"
	echo nine >"$T/f9"
	config '.hooks.startContainer=[{path:"/bin/sh",args:["sh","-c","ls /proc/self/fd >/tmp/hook"]}]'
	sh_args '[ ! -e /proc/self/fd/3 ] || echo three; echo $(ls /proc/self/fd) >/tmp/fds; cat <&4 >>/tmp/fds; cat <&9 >>/tmp/fds'
	for how in run create 'run --no-new-keyring' filter namespaces; do
		case $how in
		filter) config '.linux.seccomp={defaultAction:"SCMP_ACT_ALLOW",syscalls:[{names:["swapon"],action:"SCMP_ACT_ERRNO"}]}' ;;
		namespaces)
			[ -z "${LIVE_USER:-}" ] || continue # a user may not join the host's
			ns_path network /proc/self/ns/net
			;;
		esac
		rm -f "$B/rootfs/tmp/fds"
		if [ "$how" = create ]; then
			cap "${RT[@]}" create --preserve-fds 7 --bundle "$B" "$ID" 3<&- 4<"$T/f4" 5<&- 6<&- 7<&- 8<&- 9<"$T/f9"
			ok
			cap rt start "$ID"
			wait_status stopped
			cap rt delete "$ID"
		else
			cap "${RT[@]}" ${how/#[fn]*/run} --preserve-fds 7 --bundle "$B" "$ID" 3<&- 4<"$T/f4" 5<&- 6<&- 7<&- 8<&- 9<"$T/f9"
		fi
		ok
		is "$OUT" "" "$how"
		is "$(<"$B/rootfs/tmp/fds")" $'0 1 2 3 4 9\nfour\nnine' "$how"
		is_peer || is "$(echo $(<"$B/rootfs/tmp/hook"))" "0 1 2 3" "the hook, $how"
	done
}

# caller_signals CODE: run with a caller that has done CODE to its signals
caller_signals() {
	bundle
	args grep -E '^Sig(Blk|Ign)' /proc/self/status # no shell: one changes its signals
	cap python3 -c "import os, signal, sys; $1; os.execv(sys.argv[1], sys.argv[1:])" \
		"${RT[@]}" run --bundle "$B" "$ID"
	ok
}

signals_blocked() {
	peer_differs runc "passes the caller's blocked signals on"
	caller_signals 'signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1, signal.SIGTERM})'
	is "$(status_field SigBlk)" 0000000000000000 blocked
}

signals_ignored() {
	peers_differ "passes some of the caller's ignored signals on"
	caller_signals 'signal.signal(signal.SIGQUIT, signal.SIG_IGN); signal.signal(signal.SIGUSR1, signal.SIG_IGN)'
	is "$(status_field SigIgn)" 0000000000000000 ignored
}

session_leader() {
	bundle
	in_box 'awk "{print \$6}" /proc/1/stat'
	is "$OUT" 1 "pid 1 leads its session"
}

hostname() {
	bundle
	in_box hostname
	is "$OUT" box
	is "$(cat /proc/sys/kernel/hostname)" "$(command hostname 2>/dev/null || uname -n)"
}

domainname() {
	old_peer runc "1.1 does not know domainname"
	bundle
	config '.domainname="dom.example"'
	in_box 'cat /proc/sys/kernel/domainname'
	is "$OUT" dom.example
}

hostname_without_uts() {
	bundle
	ns_drop uts
	cap rt run --bundle "$B" "$ID"
	bad
	says 'hostname'
}

t "the environment is config.json's alone, the last of two wins" environment
t "HOME comes from passwd unless it is set" home
t "HOME from a passwd that the user may not read" home_closed
t "HOME of an uid without a line in passwd" home_unknown_user
t "HOME without passwd" home_without_passwd
t "HOME where passwd is a link to a file of the kernel" home_of_kernel
t "cwd" cwd
t "a missing cwd is created" cwd_created
t "a missing cwd is created in a read-only root" cwd_created_readonly
t "a relative cwd is refused" cwd_relative
t "a cwd that is a file is refused" cwd_is_file
t "a cwd of /proc/self/fd/N fails (CVE-2024-21626)" cwd_proc_fd
t "args[0] of /proc/self/fd/N fails" args0_proc_fd
t "uid, gid and additional gids" user
t "the caller's groups do not pass" no_extra_groups
t "umask" umask_set
t "the default umask is 0022" umask_default
t "no capabilities block: none" no_caps
t "capabilities of root" caps_root
t "capabilities of a user, with ambient ones" caps_user_ambient
t "capabilities of a user without ambient ones" caps_user_plain
t "ambient capabilities that cannot be granted: a warning" caps_warning
t "an unknown capability only warns" caps_unknown_warns
t "rlimits" rlimits
t "rlimits that are not set are inherited" rlimits_unset
t "NOFILE is inherited unchanged" rlimits_nofile_inherited
t "an unknown rlimit is refused" rlimits_bad
t "a soft limit over the hard one is refused" rlimits_soft_over_hard
t "two limits of one type are refused" rlimits_duplicate
t "noNewPrivileges" nnp
t "oomScoreAdj: set, or left alone" oom_score
t "process.scheduler sets policy and nice (PR-16)" scheduler
t "process.scheduler sets a real-time priority (PR-16)" scheduler_fifo
t "a priority without a real-time policy is refused (PR-17)" scheduler_bad
t "process.scheduler with a user namespace (PR-16)" scheduler_userns
t "process.ioPriority is set (PR-18)" io_priority
t "linux.personality is set (PE-1)" personality
t "linux.memoryPolicy is set (MP-1)" memory_policy
t "only fds 0 to 2 reach the program (run)" fds_none
t "only fds 0 to 2 reach the program (create and start)" fds_none_created
t "--preserve-fds" preserve_fds
t "--preserve-fds with holes" preserve_fds_holes
t "signals that the caller blocks are not blocked inside" signals_blocked
t "signals that the caller ignores are not ignored inside" signals_ignored
t "the program leads its own session" session_leader
t "hostname" hostname
t "domainname" domainname
t "a hostname without a uts namespace is refused" hostname_without_uts
finish
