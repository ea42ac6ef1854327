#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The runtime itself is in a sandbox: seccomp filters, something mounted below /proc and /sys, a chroot, a root that is the
# caller's own.
. "$(dirname "$0")/../lib/live.sh"
[ -z "${LIVE_SYSTEMD:-}" ] || plan_skip "sandboxes are the same for every cgroup driver"

# denied ERRNO CALL[,CALL...]: from here on the runtime is under a filter
denied() {
	"$LIB/deny.py" "$1" "$2" true 2>"$T/deny" || skip "no filter: $(<"$T/deny")"
	RT=("$LIB/deny.py" "$1" "$2" "${RT[@]}")
}

# --- seccomp filters -----------------------------------------------------------------------

no_openat2() {
	[ "$1" != EACCES ] || peer_differs crun "falls back for ENOSYS and EPERM only"
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

# libseccomp before 2.4.4 and Docker before 20.10: what uses the call has to do without
no_faccessat2() {
	denied "$1" faccessat2
	bundle
	in_box 'echo $HOME'
	is "$OUT" /root
	config '.process.user={uid:1000,gid:1000}'
	sleeper
	cap rt exec --user 1000:1000 "$ID" id -u
	ok
	is "$OUT" 1000
	cap rt exec --user 1000:1000 "$ID" /etc/passwd
	[ "$ST" != 0 ] || die "a file that is no program ran"
	says 'permission denied'
	cap rt pause "$ID"
	ok
	cap rt resume "$ID"
	ok
	cap rt delete --force "$ID"
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

# the hint of a blocked call names the call and the filter, and no capability
blocked() {
	peers_differ "gives no hint"
	bundle
	denied "$1" "${2/socket/socket:1}" # AF_UNIX
	run_sh true
	bad
	says "hint: $2 is blocked by a seccomp filter.*usual cause.*${3:-}"
	unlike "$ERR" CAP_
}

# a container in its caller's session could type into the caller's terminal
no_session() {
	peers_differ "have other words"
	bundle
	denied "$1" setsid
	run_sh true
	bad
	says "start the container's init: setsid: .*($1)"
	ns_path pid /proc/self/ns/pid
	run_sh true
	bad
	says "setsid: .*($1)"
}

# the device of the host that takes the place of a new one is missing too
no_mknod() {
	peers_differ "give no hint"
	bundle
	denied EPERM mknodat
	in_box '[ -c /dev/null ]'
	config '.linux.devices=[{path:"/dev/not-there",type:"c",major:10,minor:229}]'
	run_sh true
	bad
	says '"/dev/not-there".*: openat: no such file.*hint: mknod was refused \(EPERM'
}

# the process that holds the user namespace of a mount cannot be ended then
no_kill_idmap() {
	peers_differ "has no such process, or fails"
	bundle
	mkdir "$B/src" "$B/rootfs/b"
	chmod 755 "$B"
	mount_add '{"destination":"/b","type":"bind","source":"'"$B/src"'","options":["bind","idmap=uids=0-1000-10;gids=0-3000-10"]}'
	in_box 'stat -c %u:%g /b'
	is "$OUT" 1000:3000
	denied EPERM kill
	RT_LIMIT=5 in_box 'stat -c %u:%g /b'
	is "$OUT" 1000:3000
}

killed() {
	peers_differ "gives no hint"
	needs_sealed
	bundle
	denied KILL pivot_root
	run_sh true
	bad
	says 'before the container was ready: signal 31 .*hint: a seccomp filter killed it'
}

no_openat2_hostile() {
	local link
	peer_differs runc "follows links of the image's /proc by their text"
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

# --- something mounted below /proc and /sys -----------------------------------------------------

# behind SCRIPT: from here on the runtime is in a mount namespace in which SCRIPT was run
behind() {
	unshare --mount --propagation private sh -ec "$1" || skip "cannot be mounted here"
	RT=(unshare --mount --propagation private sh -ec "$1; exec \"\$@\"" - "${RT[@]}")
}

# with a sysctl, oom_score_adj, and all that is read from /proc
covered_box() {
	bundle
	config '.linux.sysctl={"net.ipv4.ip_forward":"1","kernel.shm_rmid_forced":"1"}|.process.oomScoreAdj=555
		|.linux.maskedPaths=["/proc/kcore","/proc/keys"]|.linux.readonlyPaths=["/proc/sys","/proc/bus"]'
	in_box 'cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/shm_rmid_forced /proc/self/oom_score_adj
		grep -c . /proc/meminfo >/dev/null && [ -d /proc/1/fd ] && echo mine'
	is "$OUT" "1
1
555
mine"
	sleeper
	cap rt exec "$ID" cat /proc/sys/net/ipv4/ip_forward
	ok
	is "$OUT" 1
	is "$(status_of)" running
}

covered() {
	[[ $1 != *,ro\ /proc ]] || peer_differs runc "cannot write oom_score_adj"
	[[ ! $1 =~ (,ro|none)\ /proc ]] || old_peer crun "1.8 writes to the caller's /proc"
	behind "$1"
	covered_box
}

RO='mount --bind /proc/sys /proc/sys; mount -o remount,bind,ro /proc/sys'

# a user namespace that LXC made: no procfs of one's own, but /proc/sys/net is writable
covered_in_userns() {
	peer_differs runc "needs a procfs of the container's own"
	bundle
	# without a pid namespace and procfs of the container's own
	config '.linux.sysctl={"net.ipv4.ip_forward":"1"}|del(.linux.resources,.linux.maskedPaths,.linux.readonlyPaths)
		|del(.mounts[]|select(.destination=="/proc"))|del(.linux.namespaces[]|select(.type=="pid"))'
	args true
	RT=("$LIB/userns.py" "0 0 65536" "${RT[@]}")
	behind "mount --bind /proc/sys/net /mnt; $RO; mount --move /mnt /proc/sys/net"
	cap rt run --bundle "$B" "$ID"
	ok
}

hint_of_covered() {
	peer_differs runc "does without fsopen"
	bundle
	config '.linux.sysctl={"net.ipv4.ip_forward":"1"}'
	behind "$RO; mount -t tmpfs none /proc/tty"
	RT=("$LIB/deny.py" EPERM fsopen "${RT[@]}")
	run_sh true
	bad
	says 'ip_forward.*mounted'
}

# --- where the root and /proc cannot be had -------------------------------------------------------

# in_chroot SETUP ARG...: OUT and ERR of "run ARG..." in a chroot that SETUP makes of the folder $C
in_chroot() {
	bundle
	args echo inside
	config 'del(.linux.resources)'
	mkdir "$B/chroot"
	export C=$B/chroot B ID
	cap unshare --mount --propagation private bash -ec "$1"'
		mkdir -p $C{/proc,/dev,/sys,/bundle,/state,/rt}
		touch $C/rt/runtime
		mount -t proc proc $C/proc
		mount --rbind /dev $C/dev
		mount --rbind /sys $C/sys
		mount --bind "$B" $C/bundle
		mount --bind "$RUNTIME" $C/rt/runtime
		for d in /lib /lib64 /usr; do [ ! -d $d ] || { mkdir -p $C$d; mount --bind $d $C$d; }; done
		shift
		exec chroot $C /rt/runtime --root /state $DRIVER run --bundle /bundle "$@" "$ID"' - "$@"
}

chroot_dir() {
	peers_differ "gives no hint"
	in_chroot 'shift 0' "$@"
	bad
	says '"/" is not a mount point'
}

chroot_mount() {
	peer_differs runc "cannot execute its own copy there"
	in_chroot 'mount --rbind $C $C;' "$@"
	ok
	is "$OUT" inside
}

private_home() {
	peers_differ "gives no hint"
	[ -z "${LIVE_USER:-}" ] || skip "maps of the host's root"
	bundle
	config '.linux.namespaces+=[{type:"user"}]|.linux.uidMappings=[{containerID:0,hostID:100000,size:65536}]
		|.linux.gidMappings=.linux.uidMappings|del(.linux.resources)'
	mkdir -p "$T/home/u"
	chown "$1" "$T/home/u"
	chmod "$2" "$T/home/u"
	mv "$B/rootfs" "$T/home/u/rootfs"
	config --arg p "$T/home/u/rootfs" '.root.path=$p'
	args true
	cap rt run --bundle "$B" "$ID"
	mv "$T/home/u/rootfs" "$B"
	rm -r "$T/home"
	if [ -z "$3" ]; then ok; return; fi
	bad
	says "$3"
}

covered_proc() {
	peers_differ "gives no hint"
	bundle
	args true
	config "$1|del(.linux.resources)"
	RT=("$LIB/userns.py" "0 0 65536" "${RT[@]}")
	behind 'mount --bind /dev/null /proc/keys' # made outside, so it is locked there
	cap rt run --bundle "$B" "$ID"
	bad
	says "$2"
}

# --- a root that shares nodes with the host -----------------------------------------------------

# in_own_dev SCRIPT: run it with a /dev of its own, whose ptmx is a node, and in a mount namespace of its own
in_own_dev() {
	cap unshare --mount --propagation private bash -ec '
		mount -t tmpfs -o mode=755 dev /mnt
		for d in "null 1 3" "zero 1 5" "full 1 7" "random 1 8" "urandom 1 9" "tty 5 0" "ptmx 5 2"; do set -- $d; mknod -m 666 /mnt/$1 c $2 $3; done
		mkdir /mnt/pts /mnt/shm
		mount -t devpts -o newinstance,ptmxmode=666 devpts /mnt/pts
		mount --move /mnt /dev
		look() { ls -lAR --time-style=full-iso /dev | grep -v "^[d.].*dev" ; cut -d" " -f5 /proc/self/mountinfo; }
		look >"$T/before"
		rt() { "$RUNTIME" --root "$T/own" $DRIVER "$@"; }
		'"$1"'
		look >"$T/after"
		diff "$T/before" "$T/after"'
}
export T

host_root() {
	peers_differ "makes the mounts and the link /dev/ptmx on the host"
	bundle
	ns_drop mount
	args true
	config --arg p "$1" 'del(.linux.maskedPaths,.linux.readonlyPaths)|.root.readonly=true|.root.path=$p
		|.mounts=[{destination:"/mnt/x",type:"tmpfs",source:"tmpfs"}]'
	ln -s / "$T/slash"
	mkdir -p "$T/bound"
	export B ID
	in_own_dev "$2"' ! rt run --bundle "$B" "$ID" 2>"$T/said"; umount "$T/bound" 2>/dev/null || true'
	rm "$T/slash"
	rmdir "$T/bound"
	ok
	ERR=$(<"$T/said")
	says '/root/path: .* is the root directory of the host'
}

# the host's /dev in the container: its ptmx is no link, and stays
host_dev() {
	peers_differ "replaces the host's /dev/ptmx"
	bundle
	config "$1"
	args true
	export B ID
	in_own_dev "$2"' rt run --bundle "$B" "$ID"; umount -R "$B/rootfs/dev" 2>/dev/null || true'
	ok
}

NO_NS='del(.linux.namespaces[]|select(.type=="mount"))|del(.linux.maskedPaths,.linux.readonlyPaths,.root.readonly)|.mounts=[]'

t "openat2 gives ENOSYS" no_openat2 ENOSYS
t "openat2 gives EPERM" no_openat2 EPERM
t "openat2 gives EACCES" no_openat2 EACCES
t "faccessat2 gives EPERM" no_faccessat2 EPERM
t "faccessat2 gives ENOSYS" no_faccessat2 ENOSYS
t "a terminal without openat2" no_openat2_terminal
t "hostile links without openat2" no_openat2_hostile
for call in clone3 close_range mount open_tree fsopen move_mount pivot_root; do
	t "$call is blocked, EPERM" blocked EPERM $call
done
t "mount_setattr is blocked, ENOSYS" blocked ENOSYS mount_setattr
t "the families of sockets are restricted" blocked EAFNOSUPPORT socket RestrictAddressFamilies
t "no device where mknod is refused" no_mknod
t "an id-mapped mount where kill is refused" no_kill_idmap
t "a session of its own is refused, EPERM" no_session EPERM
t "a session of its own is refused, ENOSYS" no_session ENOSYS
t "clone3 is blocked, ENOSYS" blocked ENOSYS clone3 RestrictNamespaces
t "init is killed by a filter" killed
t "/proc/sys is mounted read-only" covered "$RO"
t "a tmpfs on a part of /proc/sys" covered 'mount -t tmpfs none /proc/sys/net'
t "/proc is mounted read-only" covered 'mount -o remount,bind,ro /proc'
t "/proc is a bind mount" covered 'mount --rbind /proc /proc'
t "files of lxcfs on /proc" covered 'cp /proc/meminfo /proc/cpuinfo /dev/shm/ 2>/dev/null; mount --bind /dev/shm/meminfo /proc/meminfo;
	mount --bind /dev/shm/cpuinfo /proc/cpuinfo; mount --bind /dev/shm/meminfo /proc/uptime; rm /dev/shm/meminfo /dev/shm/cpuinfo'
t "a file on a sysctl" covered 'mount --bind /etc/hostname /proc/sys/net/ipv4/ip_forward'
t "masks of an outer container" covered "for f in meminfo keys timer_list; do mount --bind /dev/null /proc/\$f; done; mount -t tmpfs -o ro none /proc/irq
	for f in bus fs sys; do mount --bind /proc/\$f /proc/\$f; mount -o remount,bind,ro /proc/\$f; done"
t "/sys is mounted read-only" covered 'mount -o remount,bind,ro /sys; mount -t tmpfs none /sys/kernel/debug'
t "in a user namespace /proc/sys/net is a mount of its own" covered_in_userns
t "the hint where /proc is covered" hint_of_covered
t "in a chroot that is no mount point" chroot_dir
t "in a chroot that is no mount point, --no-pivot" chroot_dir --no-pivot
t "in a chroot that is a mount point" chroot_mount
t "in a chroot that is a mount point, --no-pivot" chroot_mount --no-pivot
t "a root below a private home" private_home 1000:1000 700 'uid 100000.*home/u" .mode 0700, owner 1000:1000'
t "a root below a home of a group" private_home 1000:100000 750 ''
t "a root below a home of another group" private_home 1000:1000 750 'uid 100000.*home/u" .mode 0750'
t "a root below a home of an id of the container" private_home 100005:100005 700 ''
t "procfs where /proc is covered" covered_proc . 'covers a part of /proc'
t "procfs of another user namespace's pids" covered_proc 'del(.linux.namespaces[]|select(.type=="pid"))' 'add ."type": "pid".'
t "no mount namespace and the root is /" host_root / ''
t "no mount namespace and the root is /." host_root /. ''
t "no mount namespace and the root is a link to /" host_root "$T/slash" ''
t "no mount namespace and the root is /proc/self/root" host_root /proc/self/root ''
t "no mount namespace and the root is / by way of .." host_root /usr/bin/../.. ''
t "no mount namespace and the root is a bind of /" host_root "$T/bound" 'mount --bind / "$T/bound";'
t "no mount namespace and the host's /dev in the root" host_dev "$NO_NS" 'mount --rbind /dev "$B/rootfs/dev";'
t "the host's /dev in the root, without a mount" host_dev '.mounts=[.mounts[]|select(.destination|startswith("/dev")|not)]' 'mount --bind /dev "$B/rootfs/dev";'
t "the root is / with a mount namespace" host_dev '.mounts=[{destination:"/proc",type:"proc",source:"proc"}]|.root.path="/"' ''
finish
