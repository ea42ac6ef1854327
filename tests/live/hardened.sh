#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Hosts that are hardened by sysctls. These are of the whole kernel, and some cannot be taken back: only on a kernel of the
# test's own (tests/lab/uml, tests/lab/vm).
. "$(dirname "$0")/../lib/live.sh"
case ${HEZI_LAB:-} in uml | vm) ;; *) plan_skip "changes sysctls of the machine: only in tests/lab/uml and tests/lab/vm" ;; esac
[ -z "${LIVE_SYSTEMD:-}" ] || plan_skip "systemd makes no difference to these"

U=1000
cp "$RUNTIME" "$T/runtime" # the way to it may be closed to others
chmod 755 "$T/runtime"
mkdir "$T/user-root"
chown $U:$U "$T/user-root"

# life: a container's, in all commands; rt() and RT say whose
life() {
	config '.linux.seccomp={defaultAction:"SCMP_ACT_ALLOW",syscalls:[{names:["mkdir"],action:"SCMP_ACT_ERRNO"}]}'
	args sh -c 'trap "exit 3" TERM; while :; do sleep 0.1; done'
	create
	ok
	is "$(status_of)" created
	cap rt exec "$ID" sh -c 'echo in a created one'
	ok
	cap rt start "$ID"
	ok
	is "$(status_of)" running
	cap rt exec "$ID" sh -c 'echo $$; mkdir /tmp/x'
	like "$ERR" 'not permitted|denied'
	rt kill "$ID" KILL
	wait_status stopped
	cap rt delete "$ID"
	ok
	run_sh 'exit 7'
	is "$ST" 7
}
# as_user: from here on the runtime is an ordinary user's, with a bundle of its own
as_user() {
	bundle
	ROOT=$T/user-root
	RT=(setpriv --reuid $U --regid $U --clear-groups "$T/runtime" --root "$ROOT")
	user_config
	chown -R $U:$U "$B"
}
user_config() {
	config --argjson u $U 'del(.linux.resources,.linux.cgroupsPath)|.linux.namespaces+=[{type:"user"}]
		|.mounts|=map(select(.type!="cgroup" and .type!="sysfs"))|.linux.namespaces|=map(select(.type!="network" and .type!="cgroup"))
		|.linux.uidMappings=[{containerID:0,hostID:$u,size:1}]|.linux.gidMappings=.linux.uidMappings'
}
of_root() { bundle; life; }
of_a_user() {
	peer_differs runc "needs a cgroup that the user may write to"
	as_user
	life
}

# sysctl NAME=VALUE...: those that this kernel has
sysctl() {
	local pair
	for pair; do
		[ ! -e "/proc/sys/${pair%%=*}" ] || echo "${pair#*=}" >"/proc/sys/${pair%%=*}" || die "$pair"
	done
}

no_user_namespaces() {
	sysctl user/max_user_namespaces=0
	bundle
	run_sh 'exit 7'
	is "$ST" 7 "without a user namespace"
	as_user
	cap rt run --bundle "$B" "$ID"
	[ "$ST" != 0 ] || die "a user namespace in spite of 0"
	is_peer || like "$ERR" 'hint: the sysctl user.max_user_namespaces is 0'
	sysctl user/max_user_namespaces=5000
}
debian_user_namespaces() {
	[ -e /proc/sys/kernel/unprivileged_userns_clone ] || skip "no kernel of Debian"
	sysctl kernel/unprivileged_userns_clone=0
	bundle
	user_config
	config --argjson u 100000 '.linux.uidMappings[0].hostID=$u|.linux.gidMappings=.linux.uidMappings'
	chown -R 100000:100000 "$B/rootfs"
	run_sh 'exit 7'
	is "$ST" 7 "root may"
	as_user
	cap rt run --bundle "$B" "$ID"
	[ "$ST" != 0 ] || die "a user namespace in spite of 0"
	is_peer || like "$ERR" 'hint: the sysctl kernel.unprivileged_userns_clone is 0'
	sysctl kernel/unprivileged_userns_clone=1
}
harden() {
	sysctl kernel/yama/ptrace_scope=3 kernel/unprivileged_bpf_disabled=2 kernel/kptr_restrict=2 kernel/dmesg_restrict=1 \
		kernel/perf_event_paranoid=3 kernel/io_uring_disabled=2 kernel/modules_disabled=1 kernel/kexec_load_disabled=1 \
		kernel/randomize_va_space=2 net/core/bpf_jit_harden=2 vm/overcommit_memory=2 vm/overcommit_ratio=80 vm/mmap_min_addr=65536 \
		vm/unprivileged_userfaultfd=0 vm/memfd_noexec=1 fs/protected_regular=2 fs/protected_fifos=2 fs/protected_hardlinks=1 \
		fs/protected_symlinks=1 fs/suid_dumpable=0 dev/tty/ldisc_autoload=0 dev/tty/legacy_tiocsti=0
	mount -o remount,hidepid=2 /proc
}

t "user.max_user_namespaces=0" no_user_namespaces
t "kernel.unprivileged_userns_clone=0" debian_user_namespaces
t "every sysctl of hardening guides, and /proc with hidepid=2" harden
t "root under all of them" of_root
t "an ordinary user under all of them" of_a_user
finish
