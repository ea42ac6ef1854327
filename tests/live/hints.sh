#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What hezi says when a limit, a sysctl or a namespace of the host is in the way: the cause by name, and only when it is the cause.
. "$(dirname "$0")/../lib/live.sh"
[ -z "${LIVE_SYSTEMD:-}" ] || plan_skip "systemd makes no difference to these"
is_peer && plan_skip "other runtimes have other words"

U=61234 # nobody's
RUN="$T/run.sh"
# without cgroups: they are not the matter, and an ordinary user has none
cat >"$RUN" <<'END'
#!/bin/sh
exec timeout -k 5 20 "$RUNTIME" --root "$ROOT" --cgroup-manager=disabled "$@"
END
chmod 755 "$RUN"
export ROOT
cp "$RUNTIME" "$T/runtime" # the way to it may be closed to others
chmod 755 "$T/runtime"
RUNTIME=$T/runtime

plain() {
	bundle
	config 'del(.linux.resources,.linux.cgroupsPath)
		|.mounts|=map(select(.type!="cgroup" and .type!="sysfs"))
		|.linux.namespaces|=map(select(.type!="network" and .type!="cgroup"))'
	args true
	export B ID
}
user_namespace() {
	ns_add user
	config --argjson h "$1" '.linux.uidMappings=[{containerID:0,hostID:$h,size:1}]|.linux.gidMappings=.linux.uidMappings'
}
# run [CMD...]: the container as a whole, started by CMD
run() { cap "$@" "$RUN" run --bundle "$B" "$ID"; }
# user [CMD...]: the same by an ordinary user
user() {
	export ROOT=$T/user-root
	mkdir -p "$ROOT"
	chown $U:$U "$ROOT" "$B" "$B/rootfs"
	run setpriv --reuid $U --regid $U --clear-groups "$@"
	"$RUN" delete --force "$ID" 2>/dev/null || true
}
hints() { bad; like "$ERR" "hint: $1"; }
# with_sysctls NAME=VALUE... -- CMD...: as if these were all in /proc/sys/kernel
cat >"$T/with-sysctls" <<'END'
#!/bin/sh
mount -t tmpfs none /proc/sys/kernel || exit 99
while [ "$1" != -- ]; do echo "${1#*=}" >"/proc/sys/kernel/${1%%=*}"; shift; done
shift
exec "$@"
END
chmod 755 "$T/with-sysctls"
WITH=(unshare --mount --propagation private "$T/with-sysctls")

# --- namespaces ----------------------------------------------------------------------------------

denied_by_filter() {
	plain
	run "$LIB/deny.py" EPERM clone3
	hints 'clone3 is blocked by a seccomp filter'
	user_namespace 100000
	run "$LIB/deny.py" EPERM clone3
	hints 'clone3 is blocked by a seccomp filter'
}
# user_in_chroot [NAME=VALUE]: in a chroot the kernel denies user namespaces; what a sysctl says comes first
user_in_chroot() {
	rm -rf "$B/state"
	cap unshare --mount --propagation private sh -c 'cd "$1" && mount -t proc proc host/proc && mount --bind . host/tmp || exit 99
		if [ "$2" ]; then mount -t tmpfs none host/proc/sys/kernel && echo "${2#*=}" >"host/proc/sys/kernel/${2%%=*}" || exit 99; fi
		exec setpriv --reuid '$U' --regid '$U' --clear-groups --ambient-caps +sys_chroot --inh-caps +sys_chroot \
			chroot host /runtime --root /tmp/state --cgroup-manager=disabled run --bundle /tmp x' - "$B" "${1:-}"
}
user_bundle() {
	needs_sealed # the sanitizers' libraries are not in the chroot
	plain
	user_namespace $U
	mkdir -p "$B/host"/{proc,tmp,sys} "$T/user-root"
	cp "$T/runtime" "$B/host/runtime"
	chown $U:$U "$T/user-root" "$B" "$B/rootfs"
}
in_a_chroot() {
	user_bundle
	user_in_chroot
	hints 'hezi runs in a chroot, where the kernel denies user namespaces'
}
debian() {
	user_bundle
	user_in_chroot unprivileged_userns_clone=0
	hints 'the sysctl kernel.unprivileged_userns_clone is 0'
	user_in_chroot unprivileged_userns_clone=1
	hints 'hezi runs in a chroot'
}
# Ubuntu denies the namespace, or what is done in it.
ubuntu() {
	local value
	user_bundle
	user_in_chroot apparmor_restrict_unprivileged_userns=1
	hints 'the sysctl kernel.apparmor_restrict_unprivileged_userns is 1'
	user_in_chroot apparmor_restrict_unprivileged_userns=0
	hints 'hezi runs in a chroot'
	for value in 1 0; do
		ROOT=$T/user-root run "${WITH[@]}" apparmor_restrict_unprivileged_userns=$value -- \
			setpriv --reuid $U --regid $U --clear-groups "$LIB/deny.py" EPERM sethostname
		bad
		[ $value = 0 ] || hints 'the sysctl kernel.apparmor_restrict_unprivileged_userns is 1'
	done
	unlike "$ERR" apparmor_restrict
}

OF_OWN=(unshare --user --map-root-user --mount --propagation private sh -c 'echo "$1" >"/proc/sys/user/max_$0_namespaces" || exit 98; shift; exec "$@"')
no_namespaces() {
	local kind file
	[ -e /proc/sys/user/max_user_namespaces ] || skip "no limits of namespaces"
	plain
	for kind in ipc:ipc uts:uts mount:mnt pid:pid user:user; do
		file=${kind#*:}
		[ $kind != user:user ] || user_namespace 0
		run "${OF_OWN[@]}" $file 0
		hints "the sysctl user.max_${file}_namespaces is 0"
	done
}
no_user_namespaces_needed() {
	plain
	run "${OF_OWN[@]}" user 0
	ok
}
few_namespaces() {
	plain
	run "${OF_OWN[@]}" uts 1 unshare --uts
	hints 'user.max_uts_namespaces \(1\), here or in a user namespace above, allows no more'
	unlike "$ERR" 'nested'
}
nested_deeply() {
	plain
	user_namespace 0
	cap python3 -c 'import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
while not libc.unshare(0x10000000):
    for name, text in (("setgroups", "deny"), ("uid_map", "0 0 1"), ("gid_map", "0 0 1")):
        with open("/proc/self/" + name, "w") as f:
            f.write(text)
os.execvp(sys.argv[1], sys.argv[1:])' "$RUN" run --bundle "$B" "$ID"
	hints 'user namespaces are nested 32 deep'
}
dead_pid_namespace() {
	local pid
	plain
	unshare --pid sh -c 'true & wait; exec sleep 30' &
	pid=$!
	within 5 grep -qz sleep "/proc/$pid/cmdline"
	ns_path pid "/proc/$pid/ns/pid_for_children"
	run
	kill $pid
	hints 'the first process of the pid namespace that is joined has ended'
}

# --- processes -------------------------------------------------------------------------------------

full_cgroup() {
	needs_sealed # the check for leaks makes a process
	local dir
	dir=$(cg pids self)/$PREFIX-full
	[ -n "$V2" ] && dir=/sys/fs/cgroup/$PREFIX-full
	plain
	mkdir "$dir"
	if ! echo 1 2>/dev/null >"$dir/pids.max"; then rmdir "$dir"; skip "no pids controller here"; fi
	cap sh -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$dir" "$RUNTIME" --root "$ROOT" --cgroup-manager=disabled run --bundle "$B" "$ID"
	rmdir "$dir"
	hints "cgroup \"[^\"]*-full\" may have 1 processes \\(pids.max\\)"
}
many_threads() {
	plain
	run "${WITH[@]}" threads-max=2 -- "$LIB/deny.py" EAGAIN clone3
	hints 'the sysctl kernel.threads-max is 2'
	run "${WITH[@]}" threads-max=4000000 -- "$LIB/deny.py" EAGAIN clone3
	unlike "$ERR" 'threads-max'
}
many_of_the_user() {
	needs_sealed # the check for leaks makes a process
	plain
	user_namespace $U
	export ROOT=$T/user-root
	mkdir -p "$ROOT"
	chown $U:$U "$ROOT" "$B" "$B/rootfs"
	cap setpriv --reuid $U --regid $U --clear-groups prlimit --nproc=1 "$RUNTIME" --root "$ROOT" --cgroup-manager=disabled run --bundle "$B" "$ID"
	hints "user $U may have 1 processes"
}
nproc_of_config() {
	local pids=() i
	plain
	config --argjson u $U '.process.user={uid:$u,gid:$u}|.process.rlimits=[{type:"RLIMIT_NPROC",soft:1,hard:1}]'
	for i in 1 2 3; do setpriv --reuid $U --regid $U --clear-groups sleep 30 & pids+=($!); done
	for i in "${pids[@]}"; do within 10 grep -qx sleep "/proc/$i/comm" || die "no process of the user"; done
	cap "$RUN" --log "$T/log.txt" run --bundle "$B" "$ID"
	kill "${pids[@]}"
	[ "$ST" != 0 ] || die "it ran"
	like "$(<"$T/log.txt")" 'resource temporarily unavailable.*RLIMIT_NPROC is 1 \(process.rlimits\)'
}
long_argument() {
	plain
	config '.process.args=["true","x"*200000]'
	cap "$RUN" --log "$T/log.txt" run --bundle "$B" "$ID"
	[ "$ST" != 0 ] || die "it ran"
	like "$(<"$T/log.txt")" 'argument list too long.*process.args and process.env may take a quarter of RLIMIT_STACK'
}

# --- the rest ----------------------------------------------------------------------------------------

keys() {
	plain
	run "$LIB/deny.py" EDQUOT keyctl
	hints ".*kernel.keys.root_maxkeys \\($(</proc/sys/kernel/keys/root_maxkeys)\\).*--no-new-keyring"
	user_namespace 100000
	chown 100000:100000 "$B/rootfs"
	run "$LIB/deny.py" EDQUOT keyctl
	hints ".*kernel.keys.maxkeys \\($(</proc/sys/kernel/keys/maxkeys)\\).*--no-new-keyring"
	cap "$LIB/deny.py" EDQUOT keyctl "$RUN" run --no-new-keyring --bundle "$B" "$ID"
	ok
}
# the container's processes would use the keys of the caller; the caller is told, and the container made, as by crun
no_keyctl() {
	[ -e /proc/keys ] || skip "a kernel without keyrings"
	plain
	run "$LIB/deny.py" ENOSYS keyctl
	ok
	like "$ERR" 'shares the session keyring of its caller.*keyctl'
	cap "$LIB/deny.py" ENOSYS keyctl "$RUN" run --no-new-keyring --bundle "$B" "$ID"
	ok
	is "$ERR" ""
	args sleep 30
	cap "$LIB/deny.py" ENOSYS keyctl "$RUN" create --bundle "$B" "$ID"
	ok
	like "$ERR" 'shares the session keyring'
	"$RUN" start "$ID"
	cap "$LIB/deny.py" ENOSYS keyctl "$RUN" exec "$ID" true
	ok
	is "$ERR" ""
	"$RUN" delete --force "$ID"
}
ping_groups() {
	plain
	ns_add network
	user_namespace 100000
	chown 100000:100000 "$B/rootfs"
	config '.linux.sysctl={"net.ipv4.ping_group_range":"0 0"}'
	run
	ok
	config '.linux.sysctl={"net.ipv4.ping_group_range":"0 100"}'
	run
	bad
	like "$ERR" '/linux/sysctl/net.ipv4.ping_group_range: .*invalid argument'
	hints 'both ends of the range have to be group ids that are mapped'
}
priorities() {
	plain
	user_namespace $U
	config '.process.scheduler={policy:"SCHED_FIFO",priority:99}'
	user
	hints 'a real-time policy needs CAP_SYS_NICE in the initial user namespace, or RLIMIT_RTPRIO'
	config '.process.scheduler={policy:"SCHED_OTHER",nice:-20}'
	user
	hints "a nice value below the caller's needs CAP_SYS_NICE"
	config 'del(.process.scheduler)|.process.ioPriority={class:"IOPRIO_CLASS_RT",priority:0}'
	user
	hints 'IOPRIO_CLASS_RT needs CAP_SYS_NICE'
	config 'del(.process.ioPriority)|.process.oomScoreAdj=-1000'
	user
	hints "the caller's own is $(</proc/self/oom_score_adj), and to lower it takes CAP_SYS_RESOURCE"
}

no_budget() {
	chrt -f 1 true 2>/dev/null || skip "real-time policies are not to be had here"
	[ -e /sys/fs/cgroup/cpu/cpu.rt_runtime_us ] || skip "no budgets for real-time tasks here"
	bundle
	config '.process.scheduler={policy:"SCHED_RR",priority:1}'
	cap rt run --bundle "$B" "$ID"
	like "$ERR" '/process/scheduler: .*hint: the cgroup has no budget for real-time tasks: set linux.resources.cpu.realtimeRuntime'
}
inotify() {
	[ -n "$V2" ] || skip "cgroup v1 has no use for it"
	needs_controller memory
	bundle
	sleeper
	cap timeout 10 "$LIB/deny.py" ENOSPC inotify_add_watch "${RT[@]}" events "$ID"
	hints 'the sysctl fs.inotify.max_user_watches is reached'
	cap timeout 10 "$LIB/deny.py" EMFILE inotify_init1 "${RT[@]}" events "$ID"
	hints 'fs.inotify.max_user_instances or RLIMIT_NOFILE is reached'
}

lacks_capabilities() {
	local cap
	bundle
	config '.process.user={uid:1000,gid:1000}'
	for cap in setpcap setgid setuid; do
		cap setpriv --bounding-set -$cap --inh-caps -$cap "${RT[@]}" run --bundle "$B" "$ID"
		hints "the caller lacks CAP_${cap^^}"
	done
}

t "capabilities that the caller lacks" lacks_capabilities
t "namespaces denied by a filter" denied_by_filter
t "Debian: kernel.unprivileged_userns_clone" debian
t "Ubuntu: kernel.apparmor_restrict_unprivileged_userns" ubuntu
t "no user namespace in a chroot" in_a_chroot
t "user.max_*_namespaces is 0" no_namespaces
t "user.max_user_namespaces of 0 forbids nothing else" no_user_namespaces_needed
t "user.max_*_namespaces is reached" few_namespaces
t "user namespaces nested too deeply" nested_deeply
t "a pid namespace without a first process" dead_pid_namespace
t "the cgroup of the caller is full" full_cgroup
t "kernel.threads-max" many_threads
t "RLIMIT_NPROC of the caller" many_of_the_user
t "RLIMIT_NPROC of the config" nproc_of_config
t "an argument that is too long" long_argument
t "session keyrings" keys
t "no keyctl: the caller's session keyring" no_keyctl
t "net.ipv4.ping_group_range of ids that are not mapped" ping_groups
t "priorities of an ordinary user" priorities
t "no budget for real-time tasks" no_budget
t "limits of inotify" inotify
finish
