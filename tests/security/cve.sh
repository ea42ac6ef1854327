#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Hostile images and configs: each test names the known fault of some runtime that it guards against.
. "$(dirname "$0")/../lib/live.sh"

# victim: a folder of the host that must stay as it is
victim() {
	V=$B/victim
	mkdir -p "$V/dir"
	echo keep >"$V/file"
	BEFORE=$(listing)
}
listing() { (cd "$V" && find . -printf '%p %y %m %u:%g %l\n' | sort; cat file); }
unharmed() { is "$(listing)" "$BEFORE" "the host's folder"; }
untouched_run() { run_sh 'true'; unharmed; nothing_left || die "left: $(leftovers)"; }

proc_symlink() {
	# CVE-2019-19921, CVE-2023-27561, CVE-2025-54867: /proc or /sys of the image is a link
	bundle
	victim
	rmdir "$B/rootfs/$1"
	ln -s "$2" "$B/rootfs/$1"
	mkdir -p "$B/rootfs/elsewhere"
	cap rt run --bundle "$B" "$ID"
	unharmed
	bad
	nothing_left || die "left: $(leftovers)"
}

bind_on_proc() {
	# CVE-2019-16884: an ordinary folder on /proc makes label writes go nowhere
	peer_differs crun "checks its own writes instead"
	bundle
	victim
	config --arg s "$V" '.mounts+=[{destination:"/proc",type:"bind",source:$s,options:["bind"]}]'
	cap rt run --bundle "$B" "$ID"
	bad
	unharmed
}

bind_below_proc() {
	peer_differs crun "allows it"
	bundle
	victim
	config --arg s "$V/file" --arg d "$1" '.mounts+=[{destination:$d,type:"bind",source:$s,options:["bind"]}]'
	cap rt run --bundle "$B" "$ID"
	bad
	unharmed
}

dev_symlink() {
	# CVE-2026-41579, CVE-2026-47766: /dev of the image is a link and no mount covers it
	peers_differ "has this fault"
	bundle
	victim
	rmdir "$B/rootfs/dev"
	ln -s "$(eval echo "$1")" "$B/rootfs/dev"
	config '.mounts|=map(select(.destination|startswith("/dev")|not))'
	cap rt run --bundle "$B" "$ID"
	unharmed
	nothing_left || die "left: $(leftovers)"
}

dev_symlink_with_mount() {
	peer_differs runc "1.1 has this fault here too"
	bundle
	victim
	rmdir "$B/rootfs/dev"
	ln -s "$V/dir" "$B/rootfs/dev"
	cap rt run --bundle "$B" "$ID"
	unharmed
	is "$(grep -c "$V" /proc/self/mountinfo)" 0
}

link_below_target() {
	# CVE-2019-18837: a link in the way of a mount target
	bundle
	victim
	ln -s "$V/dir" "$B/rootfs/link"
	config '.mounts+=[{destination:"/link/sub",type:"tmpfs",source:"t"}]'
	untouched_run
}

link_is_target() {
	bundle
	victim
	ln -s "$V/dir" "$B/rootfs/link"
	config '.mounts+=[{destination:"/link",type:"tmpfs",source:"t"}]'
	untouched_run
	ln -sfn ../../../../../../../../../../"$V/dir" "$B/rootfs/link"
	untouched_run
}

dangling_target() {
	# CVE-2024-45310: folders and files are made on the host through a link that leads nowhere
	bundle
	victim
	mkdir "$B/src"
	echo x >"$B/src/f"
	ln -s "$V/new-dir" "$B/rootfs/d"
	ln -s "$V/new-file" "$B/rootfs/f"
	ln -s "$V" "$B/rootfs/deep"
	config --arg s "$B/src" '.mounts+=[{destination:"/d",type:"bind",source:$s,options:["bind"]},
		{destination:"/f",type:"bind",source:($s+"/f"),options:["bind"]},
		{destination:"/deep/a/b/c",type:"tmpfs",source:"t"}]'
	untouched_run
}

dot_dot_target() {
	bundle
	victim
	config '.mounts+=[{destination:"/../../../../../../../../../../../../tmp/'"$(basename "$T")/$(basename "$B")"'/victim/dir/x",type:"tmpfs",source:"t"}]'
	untouched_run
}

cwd_symlink() {
	bundle
	victim
	ln -s "$V/dir" "$B/rootfs/work"
	config '.process.cwd="/work/made"'
	cap rt run --bundle "$B" "$ID"
	unharmed
}

masked_symlink() {
	bundle
	victim
	ln -s "$V/file" "$B/rootfs/etc/secret"
	ln -s "$V/dir" "$B/rootfs/etc/rodir"
	config '.linux.maskedPaths+=["/etc/secret"] | .linux.readonlyPaths+=["/etc/rodir"]'
	untouched_run
	cat "$V/file" >/dev/null
	touch "$V/dir/probe" || die "the host's folder became read-only"
	rm "$V/dir/probe"
}

null_replaced() {
	# CVE-2025-31133: /dev/null of the image's own /dev is a link: masking binds another file
	peer_differs runc "1.1 has this fault"
	peer_differs crun "1.8 loses the program's stdio here"
	bundle
	mkdir "$B/dev"
	ln -s /etc/decoy "$B/dev/null"
	echo decoy >"$B/rootfs/etc/decoy"
	echo secret >"$B/rootfs/etc/secret"
	config --arg s "$B/dev" '.linux.maskedPaths=["/etc/secret"] | .mounts|=map(select(.destination|startswith("/dev")|not))
		| .mounts+=[{destination:"/dev",type:"bind",source:$s,options:["bind"]}]'
	run_sh 'stat -c %t:%T /etc/secret; cat /etc/secret'
	if [ "$ST" = 0 ]; then
		is "$OUT" 1:3
	fi
	unlike "$OUT" 'decoy|secret'
}

null_link_reopened() {
	# CVE-2026-88265: stdio of /dev/null reopened through a link, then given to the container's user
	peer_differs crun "has this fault"
	bundle
	victim
	mkdir "$B/dev"
	ln -s "$V/file" "$B/dev/null"
	config --arg s "$B/dev" '.process.user.uid=1000 | .mounts|=map(select(.destination|startswith("/dev")|not))
		| .mounts+=[{destination:"/dev",type:"bind",source:$s,options:["bind"]}]'
	args true
	rt run --bundle "$B" "$ID" </dev/null >/dev/null 2>&1 || true
	unharmed
}

on_tty() { cap python3 "$LIB/onterm.py" -- "$RUNTIME" --root "$ROOT" run --bundle "$B" "$ID"; }

console_symlink() {
	# CVE-2025-52565, CVE-2026-88264: /dev/console of the image is a link
	peers_differ "has this fault"
	bundle
	victim
	config '.process.terminal=true | .mounts|=map(select(.destination!="/dev"))'
	mkdir -p "$B/rootfs/dev"/{pts,shm,mqueue}
	echo keep >"$B/rootfs/etc/keep"
	ln -s "$1" "$B/rootfs/dev/console"
	sh_args 'stat -c %F /etc/keep'
	on_tty
	unharmed
	if [ "$ST" = 0 ]; then
		like "$OUT" 'regular file'
	fi
}
console_symlink_host() {
	bundle
	victim
	config '.process.terminal=true | .mounts|=map(select(.destination|startswith("/dev")|not))'
	peers_differ "has this fault"
	ln -s "$V/made" "$B/rootfs/dev/console"
	args true
	on_tty
	unharmed
}

exe_of_created() {
	needs_sealed
	# CVE-2019-5736: the process that waits in the box must not offer the host's binary for writing
	local pid exe
	bundle
	must_create
	pid=$(pid_of)
	exe=$(readlink "/proc/$pid/exe")
	if [ "$exe" = "$RUNTIME" ]; then
		peers_differ "a read-only view of the binary has the same name"
		die "/proc/$pid/exe is the host's $exe"
	fi
}

exe_overwrite() {
	local sum
	bundle
	sum=$(md5sum <"$RUNTIME")
	config '.process.capabilities.bounding+=["CAP_SYS_PTRACE","CAP_DAC_OVERRIDE"] | .process.capabilities.effective+=["CAP_SYS_PTRACE","CAP_DAC_OVERRIDE"]
		| .process.capabilities.permitted+=["CAP_SYS_PTRACE","CAP_DAC_OVERRIDE"] | .process.noNewPrivileges=false'
	printf '#!/proc/self/exe\n' >"$B/rootfs/tmp/evil"
	chmod +x "$B/rootfs/tmp/evil"
	args /tmp/evil
	cap rt run --bundle "$B" "$ID"
	sh_args 'for p in /proc/[0-9]*; do echo bad 2>/dev/null >>$p/exe; done; true'
	cap rt run --bundle "$B" "$ID"
	is "$(md5sum <"$RUNTIME")" "$sum" "the binary"
}

fds_of_created() {
	# CVE-2016-9962, CVE-2024-21626: nothing of the host may hang on the waiting process's descriptors
	local pid fd target
	bundle
	rt create --bundle "$B" "$ID" </dev/null >/dev/null 2>&1
	pid=$(pid_of)
	for fd in /proc/"$pid"/fd/*; do
		target=$(readlink "$fd") || continue
		[ ! -d "$fd" ] || die "a folder: $fd -> $target"
		if [[ $target == "$ROOT"/* && $target != *fifo* ]]; then
			peers_differ "keeps files of its root open"
			die "a file of the state: $fd -> $target"
		fi
	done
	is "$(stat -L -c %F "/proc/$pid/cwd")" directory
	[ -e "/proc/$pid/root/home/u" ] || die "not in its root"
}

ptrace_sees_nothing() {
	needs_sealed
	# a process of the first container, root with CAP_SYS_PTRACE, watches a second one being made in its pid namespace
	local ns
	bundle
	config '.process.capabilities.bounding+=["CAP_SYS_PTRACE"] | .process.capabilities.effective+=["CAP_SYS_PTRACE"]
		| .process.capabilities.permitted+=["CAP_SYS_PTRACE"]'
	sh_args 'while :; do for l in /proc/[0-9]*/fd/* /proc/[0-9]*/cwd /proc/[0-9]*/exe; do readlink $l >>/tmp/links 2>/dev/null; done; done'
	must_create
	rt start "$ID"
	ns=/proc/$(pid_of)/ns/pid
	local first=$B n
	for n in 1 2 3 4 5 6 7 8; do
		bundle
		ns_path pid "$ns"
		args true
		rt run --bundle "$B" "$ID" </dev/null >/dev/null 2>&1 || true
	done
	peers_differ "shows paths of the host while it enters"
	is "$(grep -F -e "$ROOT" -e /sys/fs/cgroup -e "$(dirname "$RUNTIME")/" "$first/rootfs/tmp/links" | sort -u)" ""
}

volume_link_swapped() {
	# CVE-2021-30465: a link takes the place of a folder in a shared volume between check and mount
	local swapper n
	bundle
	victim
	mkdir -p "$B/vol/a"
	ln -s / "$B/vol/link"
	config --arg s "$B/vol" '.mounts+=[{destination:"/vol",type:"bind",source:$s,options:["bind"]},
		{destination:"/vol/a",type:"tmpfs",source:"t"}]'
	python3 - "$B/vol" <<-'PY' &
		import ctypes, os, sys, time
		libc = ctypes.CDLL(None)
		os.chdir(sys.argv[1])
		end = time.monotonic() + 12
		while time.monotonic() < end:
		    libc.renameat2(-100, b"a", -100, b"link", 2)
	PY
	swapper=$!
	sh_args 'ls /vol/a/ 2>/dev/null; cat /proc/self/mountinfo'
	for n in $(seq 30); do
		cap rt run --bundle "$B" "$ID"
		unlike "$(grep -v ' - ' <<<"$OUT")" 'boot|lib64' "the host's root"
		is "$(awk '/ - tmpfs t / && $5 !~ "/vol"' /proc/self/mountinfo | wc -l)" 0
	done
	kill $swapper
	wait $swapper 2>/dev/null || true
	unharmed
}

sysctl_link() {
	# CVE-2025-52881: writes meant for /proc/sys land elsewhere
	bundle
	victim
	config --arg s "$V" '.mounts+=[{destination:"/proc/sys/net",type:"bind",source:$s,options:["bind"]}]
		| .linux.sysctl={"net.file":"evil"}'
	cap rt run --bundle "$B" "$ID"
	unharmed
	peer_differs crun "checks its own writes instead"
	bad
}

inheritable_empty() {
	# CVE-2022-29162 and its siblings
	bundle
	in_box 'grep ^CapInh /proc/self/status'
	like "$OUT" '0000000000000000'
	mkdir -p "$T/spec"
	rm -f "$T/spec/config.json"
	"$RUNTIME" spec --bundle "$T/spec"
	is_peer || is "$(jq -c '.process.capabilities.inheritable, .process.capabilities.ambient' "$T/spec/config.json" | tr '\n' ' ')" "null null "
}

not_dumpable_inside() {
	# the waiting process cannot be traced by the container's user from inside its pid namespace
	local pid
	bundle
	must_create
	pid=$(pid_of)
	is "$(stat -c %u "/proc/$pid/environ")" 0
}

no_caller_environment() {
	needs_sealed
	local pid
	bundle
	args sleep 60
	SECRET_OF_CALLER=1 create
	ok
	pid=$(pid_of)
	peers_differ "keeps it until the program runs"
	unlike "$(tr '\0' '\n' <"/proc/$pid/environ")" SECRET_OF_CALLER
}

rootfs_is_slash() {
	# a rootfs of / with a new mount namespace is allowed by the spec; it must not break the host's mounts
	local before
	bundle
	before=$(sort /proc/self/mountinfo)
	config '.root={path:"/",readonly:true}'
	cap rt run --bundle "$B" "$ID"
	is "$(sort /proc/self/mountinfo)" "$before"
}

no_pivot_hides_proc() {
	# with --no-pivot no unmasked /proc or /sys of the host may stay reachable
	bundle
	config 'del(.mounts[]|select(.destination=="/proc" or .destination=="/sys")) | .linux.maskedPaths=[] | .linux.readonlyPaths=[]'
	peer_differs runc "wants /proc"
	sh_args 'ls /proc /sys'
	cap rt run --no-pivot --bundle "$B" "$ID"
	unlike "$OUT" 'version|kernel'
}

t "the image's /proc is a link into itself" proc_symlink proc /elsewhere
t "the image's /proc is a link to the host" proc_symlink proc /tmp
t "the image's /sys is a link into itself" proc_symlink sys /elsewhere
t "an ordinary folder on /proc" bind_on_proc
for d in /proc/sys/kernel/hostname /proc/self/attr/exec /proc/1/environ /proc/sysrq-trigger; do
	t "a bind mount on $d" bind_below_proc $d
done
t "the image's /dev is an absolute link, no mount" dev_symlink '$V/dir'
t "the image's /dev is a relative link, no mount" dev_symlink '../victim/dir'
t "the image's /dev is a link, with a mount" dev_symlink_with_mount
t "a link in the way of a target" link_below_target
t "a link as target" link_is_target
t "links that lead nowhere as targets" dangling_target
t "a target with .." dot_dot_target
t "a link in the way of cwd" cwd_symlink
t "masked and read-only paths that are links" masked_symlink
t "/dev/null is a link when masking" null_replaced
t "/dev/null is a link when stdio is /dev/null" null_link_reopened
t "/dev/console is a link into the image" console_symlink /etc/keep
t "/dev/console is a link to the host" console_symlink_host
t "a waiting container does not show the host's binary" exe_of_created
t "the host's binary cannot be overwritten" exe_overwrite
t "a waiting container holds nothing of the host" fds_of_created
t "a neighbour that traces sees nothing of the host" ptrace_sees_nothing
t "links swapped in a shared volume" volume_link_swapped
t "a sysctl over a fake /proc/sys" sysctl_link
t "inheritable capabilities are empty" inheritable_empty
t "a waiting container belongs to root" not_dumpable_inside
t "the caller's environment is not in the box" no_caller_environment
t "a rootfs of / leaves the host's mounts alone" rootfs_is_slash
t "--no-pivot without /proc and /sys mounts" no_pivot_hides_proc
finish
