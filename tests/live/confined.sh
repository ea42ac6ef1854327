#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The runtime itself is in a sandbox: seccomp filters, something mounted below /proc and /sys, a chroot, a root that is the
# caller's own.
. "$(dirname "$0")/../lib/live.sh"

# denied ERRNO CALL[,CALL...]: from here on the runtime is under a filter
denied() {
	"$LIB/deny.py" "$1" "$2" true 2>"$T/deny" || skip "no filter: $(<"$T/deny")"
	RT=("$LIB/deny.py" "$1" "$2" "${RT[@]}")
}

# --- seccomp filters -----------------------------------------------------------------------

no_openat2() {
	denied "$1" openat2
	bundle
	mkdir -p "$B/rootfs/real/deep"
	ln -s ../../real/deep/../link2 "$B/rootfs/mnt/link"
	ln -s /real/deep "$B/rootfs/real/link2"
	mount_add '{"destination":"/mnt/link/new","type":"tmpfs","source":"tmpfs"}'
	config '.linux.maskedPaths=["/proc/keys"]|.linux.readonlyPaths=["/proc/sys"]|.process.cwd="/made/for/it"
		|.linux.sysctl={"net.ipv4.ip_forward":"1"}|.linux.devices=[{path:"/dev/deep/one",type:"c",major:1,minor:3}]'
	in_box 'pwd; echo $HOME; cat /proc/sys/net/ipv4/ip_forward; wc -c </proc/keys; [ -c /dev/deep/one ] && [ -d /real/deep/new ] &&
		grep -o " /real/deep/new " /proc/self/mountinfo'
	is "$OUT" "/made/for/it
/root
1
0
 /real/deep/new "
	sleeper
	cap rt exec -u 1000 "$ID" sh -c 'echo $HOME'
	ok
	is "$OUT" /home/u "HOME of an exec"
	cap rt exec --cgroup . "$ID" true
	ok
}

no_openat2_terminal() {
	denied ENOSYS openat2
	bundle
	config '.process.terminal=true'
	args sh -c 'tty; echo $HOME'
	cap python3 "$LIB/onterm.py" -- "${RT[@]}" run --bundle "$B" "$ID"
	like "$OUT$ERR" "/dev/pts/0"
}

no_openat2_hostile() {
	local link
	denied EPERM openat2
	mkdir "$T/host"
	for link in "$T/host" "../../../../../../../../../..$T/host" "/../..$T/host" "/proc/self/root$T/host" /proc/1/cwd; do
		bundle
		ln -s "$link" "$B/rootfs/mnt/out"
		mount_add '{"destination":"/mnt/out/new","type":"tmpfs","source":"tmpfs"}'
		run_sh true
		is "$(ls -A "$T/host")" "" "files of the host, with a link to $link"
		[ "$ST" != 0 ] || [[ $link != /proc* ]] || die "a link of /proc was followed: $link"
	done
	rmdir "$T/host"
}

t "openat2 gives ENOSYS" no_openat2 ENOSYS
t "openat2 gives EPERM" no_openat2 EPERM
t "openat2 gives EACCES" no_openat2 EACCES
t "a terminal without openat2" no_openat2_terminal
t "hostile links without openat2" no_openat2_hostile
finish
