#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Known holes of runtimes, each under its number: none of them may be in this one. docs/security.md says what closes each,
# and what runc and crun do.
. "$(dirname "$0")/../lib/live.sh"

. "$LIB/victim.sh"

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

watched() {
	# a process of the container, root with CAP_SYS_PTRACE, watches what comes in: by exec, or as a neighbour in its pid
	# namespace
	local n first
	build_watch
	bundle
	first=$B
	cp "$T/watch" "$B/rootfs/bin/watch"
	[ "$1" = default ] || config '.process.capabilities|=map_values(.+["CAP_SYS_PTRACE","CAP_DAC_READ_SEARCH","CAP_DAC_OVERRIDE"])'
	config '.process.noNewPrivileges=false'
	args /bin/watch /tmp/seen
	must_create
	rt start "$ID"
	within 10 test -s "$B/rootfs/tmp/seen" || die "the watcher does not run"
	SUM=$(md5sum <"$RUNTIME")
	"$2"
	is "$(md5sum <"$RUNTIME")" "$SUM" "the host's binary"
	cp "$first/rootfs/tmp/seen" "$T/seen"
	[ -z "${KEEP_SEEN:-}" ] || cp "$T/seen" "$KEEP_SEEN.$1.$2"
}
by_exec() {
	local n
	for n in {1..40}; do rt exec "$ID" /bin/true </dev/null >/dev/null 2>&1 || true; done
}
by_neighbour() {
	local n ns
	ns=/proc/$(pid_of)/ns/pid
	for n in {1..20}; do
		bundle
		ns_path pid "$ns"
		rt run --bundle "$B" "$ID" </dev/null >/dev/null 2>&1 || true
	done
}
nothing_of_host_seen() {
	needs_sealed
	peer_differs runc "shows files of its own while it enters"
	peer_differs crun "shows files of its own while it enters"
	watched "$@"
	is "$(grep -F -e "$ROOT" -e /sys/fs/cgroup -e "$(dirname "$RUNTIME")/" "$T/seen" | sort -u)" "" "of the host"
	is "$(grep -v -e '^READY' -e '^TRACED' -e '^WRITABLE' -e '^/' "$T/seen" | grep -v -e 'pipe:' -e 'socket:' -e 'anon_inode:' | sort -u)" "" "odd"
}
closed() {
	needs_sealed
	watched default "$1"
	is "$(grep -v -e '^READY' -e '^/$' -e '^/bin/' -e '^/dev/null' -e '^pipe:' "$T/seen" | sort -u)" "" "seen"
}
not_written() {
	needs_sealed
	watched "$@"
	is "$(grep '^WRITABLE /' "$T/seen" | grep -v -x -e 'WRITABLE /bin/[a-z]*' | sort -u)" "" "writable programs"
}

script_of_itself() {
	local sum
	bundle
	sum=$(md5sum <"$RUNTIME")
	config '.process.capabilities|=map_values(.+["CAP_SYS_PTRACE","CAP_DAC_OVERRIDE"]) | .process.noNewPrivileges=false'
	printf '#!/proc/self/exe\n' >"$B/rootfs/tmp/evil"
	chmod +x "$B/rootfs/tmp/evil"
	if [ "$1" = exec ]; then
		sleeper
		cap rt exec "$ID" /tmp/evil
		cap rt exec "$ID" /proc/self/exe
		cap rt exec "$ID" sh -c 'for p in /proc/[0-9]*; do echo bad 2>/dev/null >>$p/exe; done; true'
	else
		args /tmp/evil
		cap rt run --bundle "$B" "$ID"
		args /proc/self/exe
		cap rt run --bundle "$B" "$ID"
		sh_args 'for p in /proc/[0-9]*; do echo bad 2>/dev/null >>$p/exe; done; true'
		cap rt run --bundle "$B" "$ID"
	fi
	is "$(md5sum <"$RUNTIME")" "$sum" "the binary"
}

exe_of_waiting() {
	# the process that waits in the box must not offer the host's binary for writing
	needs_sealed
	local pid exe
	bundle
	must_create
	pid=$(pid_of)
	exe=$(readlink "/proc/$pid/exe")
	if [ "$exe" = "$RUNTIME" ]; then
		peers_differ "a read-only view of the binary has the same name"
		die "/proc/$pid/exe is the host's $exe"
	fi
	! (: >>"/proc/$pid/exe") 2>/dev/null || die "/proc/$pid/exe can be written to"
}

many_maps() {
	# more than 64 KiB of id maps overflowed the message to the child
	bundle
	config '.linux.namespaces+=[{type:"user"}] | .linux.uidMappings=[range(5000)|{containerID:.,hostID:(100000+.),size:1}]
		| .linux.gidMappings=.linux.uidMappings'
	cap rt run --bundle "$B" "$ID"
	bad
	[ -n "$ERR" ] || die "without a word"
	nothing_left || die "left: $(leftovers)"
}

caps_of() { sed -n "s/^Cap$1:[[:space:]]*//p" <<<"$OUT"; }
no_inheritable_run() {
	bundle
	in_box 'grep ^Cap /proc/self/status'
	is "$(caps_of Inh)" 0000000000000000
	mkdir -p "$T/spec"
	rm -f "$T/spec/config.json"
	"$RUNTIME" spec --bundle "$T/spec"
	is_peer || is "$(jq -c '.process.capabilities.inheritable, .process.capabilities.ambient' "$T/spec/config.json" | tr '\n' ' ')" "null null "
}
no_inheritable_exec() {
	bundle
	sleeper
	cap rt exec "$@" "$ID" grep ^Cap /proc/self/status
	ok
	is "$(caps_of Inh)" 0000000000000000
}

cgroup_read_only() {
	# without a cgroup namespace the mount shows the host's tree: ro has to hold
	bundle
	mount_add '{"destination":"/sys/fs/cgroup","type":"cgroup","source":"cgroup","options":["ro","nosuid","nodev","noexec"]}'
	config 'del(.linux.namespaces[]|select(.type=="cgroup")) | .process.capabilities|=map_values(.+["CAP_DAC_OVERRIDE"])'
	[ "$1" = root ] || config '.linux.namespaces+=[{type:"user"}] | .linux.uidMappings=[{containerID:0,hostID:0,size:65536}]
		| .linux.gidMappings=.linux.uidMappings'
	# on v1 the tmpfs above the hierarchies is the container's own
	run_sh 'find /sys/fs/cgroup -type d | while read -r d; do [ -e $d/cgroup.procs ] || continue
		mkdir $d/evil 2>/dev/null && echo MADE $d; echo 0 2>/dev/null >$d/cgroup.procs && echo WROTE $d; done; true'
	unlike "$OUT" 'MADE|WROTE'
}

leaked_cwd() {
	# a descriptor of the host that stayed open, used as the working directory
	local fd
	peer_differs crun "goes where a descriptor of its caller leads"
	bundle
	victim
	exec 9<"$V" 23</
	[ "$1" != exec ] || sleeper
	for fd in {3..14} 23; do
		if [ "$1" = exec ]; then
			cap rt exec --cwd "/proc/self/fd/$fd" "$ID" sh -c 'pwd; cat file ../file ../../../../../../etc/hostname'
		else
			config --arg c "/proc/self/fd/$fd" '.process.cwd=$c'
			run_sh 'pwd; cat file ../file ../../../../../../etc/hostname; ls ../../../../../..'
		fi
		unlike "$OUT" 'keep|lib64|boot|unreachable' "what fd $fd shows"
	done
	exec 9<&- 23<&-
	unharmed
}
leaked_argv0() {
	local fd
	bundle
	printf '#!/bin/sh\necho ESCAPED\n' >"$B/prog"
	chmod 755 "$B/prog"
	exec 9<"$B" 23</
	for fd in {3..14} 23; do
		args "/proc/self/fd/$fd/prog"
		cap rt run --bundle "$B" "$ID"
		unlike "$OUT" ESCAPED "a program through fd $fd"
		args "/proc/self/fd/$fd/bin/sh" -c 'ls /'
		cap rt run --bundle "$B" "$ID"
		unlike "$OUT" lib64 "a program through fd $fd"
	done
	exec 9<&- 23<&-
}
leaked_stray() {
	bundle
	victim
	exec 9<"$V" 23</
	[ "$1" != exec ] || sleeper
	if [ "$1" = exec ]; then
		cap rt exec "$ID" sh -c 'for f in /proc/self/fd/*; do readlink $f; done; true'
	else
		run_sh 'for f in /proc/self/fd/*; do readlink $f; done; true'
	fi
	exec 9<&- 23<&-
	ok
	unlike "$OUT" "$V"
	unlike "$OUT" "(^|$'\n')/($'\n'|$)" "the host's root"
}

files_of_the_runtime() {
	# what some runtimes write into the rootfs
	local name
	bundle
	victim
	mkdir -p "$B/rootfs/run"
	for name in .krun_config.json run/.containerenv .dockerenv etc/hostname etc/hosts etc/resolv.conf etc/mtab; do
		rm -f "$B/rootfs/$name"
		ln -s "$V/$(basename $name)" "$B/rootfs/$name"
	done
	untouched_run
}

image_proc() {
	# procfs is not mounted: what the image has at /proc is no place to write to
	bundle
	rm -rf "$B/rootfs/proc"
	mkdir -p "$B/rootfs/proc/sys/kernel" "$B/rootfs/proc/self/attr" "$B/rootfs/proc/thread-self/attr"
	for f in sys/kernel/msgmax self/oom_score_adj self/attr/exec thread-self/attr/exec self/setgroups self/uid_map; do
		echo image >"$B/rootfs/proc/$f"
	done
	config 'del(.mounts[]|select(.destination=="/proc")) | .linux.maskedPaths=[] | .linux.readonlyPaths=[] | .process.oomScoreAdj=100'
	[ "$1" = oom ] || config '.linux.sysctl={"kernel.msgmax":"65536"}'
	peer_differs runc "takes the image's files for the kernel's"
	cap rt run --bundle "$B" "$ID"
	for f in sys/kernel/msgmax self/oom_score_adj self/attr/exec thread-self/attr/exec self/setgroups self/uid_map; do
		is "$(cat "$B/rootfs/proc/$f")" image "/proc/$f of the image"
	done
}

exec_users() {
	local u
	bundle
	sleeper
	for u in 1 7 100 1:2 65534; do
		cap rt exec --user "$u" "$ID" id -u
		is "$OUT" "${u%:*}" "exec --user $u"
	done
	peers_differ "takes some of these"
	for u in abc 1x -1 1: 1:x 0x1 ' 1' 4294967295 4294967296 99999999999999999999; do
		cap rt exec --user="$u" "$ID" id -u
		[ "$ST" != 0 ] || die "exec --user '$u' ran as $OUT"
	done
}

null_keeps_owner() {
	# stdio is given to the container's user, but not a device of the host
	local before
	peer_differs crun "gives the host's /dev/null away"
	before=$(stat -c '%a %u:%g %t:%T' /dev/null)
	bundle
	config '.process.user={uid:1000,gid:1000}'
	args true
	rt run --bundle "$B" "$ID" </dev/null >/dev/null 2>/dev/null
	is "$(stat -c '%a %u:%g %t:%T' /dev/null)" "$before" "the host's /dev/null"
	config '.process.user={uid:0,gid:0}'
	sleeper
	rt exec --user 1000:1000 "$ID" true </dev/null >/dev/null 2>/dev/null
	is "$(stat -c '%a %u:%g %t:%T' /dev/null)" "$before" "the host's /dev/null"
}

odd_ids() {
	local id
	# not even to judge the test: crun 1.8 removes what a name like ".." leads to
	[ "$KIND" != crun ] || skip "crun takes them for paths, and removes these"
	bundle
	for id in '' . .. ../x a/b /abs 'a b' $'a\nb' 'a*' '?' '[a]' 'ä' '~x' 'a:b' 'a%s' '$(id)' "$(printf 'x%.0s' {1..300})"; do
		cap rt create --bundle "$B" -- "$id"
		[ "$ST" != 0 ] || die "create took '$id'"
		for word in state start kill delete; do
			cap rt $word -- "$id"
			[ "$ST" != 0 ] || die "$word took '$id'"
		done
	done
	nothing_left || die "left: $(leftovers)"
}

exec_cgroup_up() {
	local c
	peer_differs crun "takes it"
	bundle
	sleeper
	for c in .. ../.. /.. x/../.. ../"$ID-x" /../../init; do
		cap rt exec --cgroup "$c" "$ID" true
		[ "$ST" != 0 ] || die "exec --cgroup $c"
	done
}

delegate_up() {
	# crun's annotation for a sub-cgroup of the container led upwards
	bundle
	config '.annotations={"run.oci.delegate-cgroup":"../../evil-'"$ID"'","run.oci.systemd.subgroup":"../../evil-'"$ID"'"}'
	cap rt run --bundle "$B" "$ID"
	is "$(find /sys/fs/cgroup -maxdepth 6 -name "evil-$ID" 2>/dev/null)" ""
}

unsafe_annotations_told() {
	peers_differ "lists its own, or has no features command"
	cap rt features
	ok
	[ "$(jq -r '.potentiallyUnsafeConfigAnnotations|length' <<<"$OUT")" -ge 0 ] || die "no list of unsafe annotations"
	local a
	for a in $(strings -n 8 "$RUNTIME" 2>/dev/null | grep -E -x '(run\.oci|org\.systemd\.property)\.[a-zA-Z_.]*' | sort -u); do
		jq -e --arg a "$a" '.potentiallyUnsafeConfigAnnotations|any(.==$a or (endswith(".") and (. as $p|$a|startswith($p))))' \
			<<<"$OUT" >/dev/null || [[ $a == *.receiver ]] || die "$a is understood, but not listed as unsafe"
	done
}

t "CVE-2016-9962: exec shows nothing of the host to a container that may trace" nothing_of_host_seen tracing by_exec
t "CVE-2016-9962: a neighbour in the pid namespace that may trace sees nothing of the host" nothing_of_host_seen tracing by_neighbour
t "CVE-2016-9962: what enters cannot be looked at without CAP_SYS_PTRACE" closed by_exec
t "CVE-2016-9962: what is made in a shared pid namespace cannot be looked at without CAP_SYS_PTRACE" closed by_neighbour
t "CVE-2019-5736: a waiting container does not show the host's binary" exe_of_waiting
t "CVE-2019-5736: a program that is /proc/self/exe leaves the host's binary alone" script_of_itself run
t "CVE-2019-5736: the same by exec" script_of_itself exec
t "CVE-2019-5736: /proc/PID/exe of an exec is not to be written to" not_written tracing by_exec
t "CVE-2019-16884: an ordinary folder on /proc" bind_on_proc
for d in /proc/sys/kernel/hostname /proc/self/attr/exec /proc/1/environ /proc/sysrq-trigger; do
	t "CVE-2019-16884: a bind mount on $d" bind_below_proc $d
done
t "CVE-2019-18837: a link in the way of a target" link_below_target
t "CVE-2019-18837: a link as target" link_is_target
t "CVE-2019-18837: a target with .." dot_dot_target
t "CVE-2019-19921: the image's /proc is a link into itself" proc_symlink proc /elsewhere
t "CVE-2021-43784: 5000 id mappings" many_maps
t "CVE-2022-24769: no inheritable capabilities in run and spec" no_inheritable_run
t "CVE-2022-27650: no inheritable capabilities in exec" no_inheritable_exec
t "CVE-2022-29162: no inheritable capabilities by exec --cap" no_inheritable_exec --cap CAP_KILL
t "CVE-2023-25809: cgroups without a cgroup namespace stay read-only" cgroup_read_only root
t "CVE-2023-25809: cgroups without a cgroup namespace stay read-only in a user namespace" cgroup_read_only user
t "CVE-2023-27561: the image's /proc is a link to the host" proc_symlink proc /tmp
t "CVE-2023-28642: the image's /sys is a link into itself" proc_symlink sys /elsewhere
t "CVE-2024-21626: the working directory is a leaked descriptor" leaked_cwd run
t "CVE-2024-21626: the working directory of exec is a leaked descriptor" leaked_cwd exec
t "CVE-2024-21626: the program is below a leaked descriptor" leaked_argv0
t "CVE-2024-21626: descriptors of the caller do not get in" leaked_stray run
t "CVE-2024-21626: descriptors of the caller do not get in by exec" leaked_stray exec
t "CVE-2024-45310: links that lead nowhere as targets" dangling_target
t "CVE-2024-45310: a link in the way of cwd" cwd_symlink
t "CVE-2025-24965: links where runtimes write files" files_of_the_runtime
t "CVE-2025-27612: no ambient capabilities by exec" no_inheritable_exec --cap CAP_NET_RAW
t "CVE-2025-31133: /dev/null is a link when masking" null_replaced
t "CVE-2025-52565: /dev/console is a link into the image" console_symlink /etc/keep
t "CVE-2025-52881: a sysctl over a fake /proc/sys" sysctl_link
t "CVE-2025-54867: the image's /sys is a link to the host" proc_symlink sys /tmp
t "CVE-2025-62161: masked and read-only paths that are links" masked_symlink
t "CVE-2025-62596: a sysctl with the image's own /proc" image_proc sysctl
t "CVE-2025-62596: an oom score with the image's own /proc" image_proc oom
t "CVE-2026-30892: users of exec are numbers, whole and in range" exec_users
t "CVE-2026-41579: the image's /dev is an absolute link, no mount" dev_symlink '$V/dir'
t "CVE-2026-47766: the image's /dev is a relative link, no mount" dev_symlink '../victim/dir'
t "CVE-2026-47766: the image's /dev is a link, with a mount" dev_symlink_with_mount
t "CVE-2026-88264: /dev/console is a link to the host" console_symlink_host
t "CVE-2026-88265: /dev/null is a link when stdio is /dev/null" null_link_reopened
t "the host's /dev/null keeps its owner" null_keeps_owner
t "ids that are paths, patterns or not ASCII" odd_ids
t "exec --cgroup does not lead upwards" exec_cgroup_up
t "annotations do not lead to cgroups above" delegate_up
t "annotations that are not safe are listed" unsafe_annotations_told
finish
