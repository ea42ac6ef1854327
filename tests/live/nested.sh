#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A runtime inside a container of the same runtime: what docs/nested.md says that it needs.
. "$(dirname "$0")/../lib/live.sh"

CAPS='["CAP_AUDIT_WRITE","CAP_BPF","CAP_CHOWN","CAP_DAC_OVERRIDE","CAP_DAC_READ_SEARCH","CAP_FOWNER","CAP_FSETID","CAP_KILL","CAP_MKNOD",
	"CAP_NET_ADMIN","CAP_NET_BIND_SERVICE","CAP_NET_RAW","CAP_PERFMON","CAP_SETFCAP","CAP_SETGID","CAP_SETPCAP","CAP_SETUID","CAP_SYS_ADMIN",
	"CAP_SYS_CHROOT","CAP_SYS_PTRACE","CAP_SYSLOG"]'

# outer: $B is an outer container as engines start it with --privileged, without a cgroup namespace. It has the runtime as
# /runtime, the programs of the host, and the bundle of an inner container at /inner, which is edited with `inner`.
outer() {
	local d
	bundle
	cp -al "$B" "$T/inner-$ID"
	mv "$T/inner-$ID" "$B/inner"
	mkdir -p "$B"/rootfs/{inner,usr,lib,lib64,state}
	cp "$RUNTIME" "$B/rootfs/runtime"
	config --argjson caps "$CAPS" --arg inner "$B/inner" '
		.process.capabilities={bounding:$caps,effective:$caps,permitted:$caps}
		|.process.noNewPrivileges=false
		|del(.linux.maskedPaths,.linux.readonlyPaths)
		|.linux.resources={devices:[{allow:true,access:"rwm"}]}
		|.mounts|=map(if .destination=="/sys" then .options-=["ro"] else . end)
		|.mounts+=[{destination:"/sys/fs/cgroup",type:"cgroup",source:"cgroup",options:["nosuid","noexec","nodev"]},
			{destination:"/state",type:"tmpfs",source:"tmpfs",options:["mode=700"]},
			{destination:"/inner",type:"bind",source:$inner,options:["rbind"]}]'
	for d in usr lib lib64; do
		mount_add '{"destination":"/'$d'","type":"bind","source":"'"$(realpath /$d)"'","options":["rbind","ro"]}'
	done
	inner '.linux.cgroupsPath="/box"|.linux.resources.devices=[{allow:false,access:"rwm"}]'
	cat >"$B/inner/lib" <<-'X'
		export PATH=/bin LC_ALL=C
		rt() { timeout 20 /runtime --root /state/root "$@" </dev/null; }
		# run SCRIPT: the inner container's output, then its status
		run() { set_args "$1"; rt run --bundle /inner box 2>&1; echo "status $?"; }
		set_args() { printf '%s' "$1" >/inner/rootfs/script; }
		# the cgroups of the inner container, as many as there are hierarchies
		boxes() { find /sys/fs/cgroup -type d -name box 2>/dev/null | wc -l; }
		# leaf: the processes of the root of this cgroup namespace into a cgroup of their own, as engines' images do it
		leaf() {
			[ ! -e /sys/fs/cgroup/cgroup.subtree_control ] || {
				mkdir /sys/fs/cgroup/leaf
				while read p; do echo $p >/sys/fs/cgroup/leaf/cgroup.procs; done </sys/fs/cgroup/cgroup.procs
			}
		}
	X
	inner '.process.args=["sh","/script"]'
}
# inner JQ-ARGS...: edit the inner container's config.json
inner() { jq "$@" <"$B/inner/config.json" >"$B/inner/.new" && mv "$B/inner/.new" "$B/inner/config.json"; }
# in_outer SCRIPT: the script as the life of the outer container
in_outer() { echo ". /inner/lib; $1" >"$B/inner/job"; sh_args "${2:-} sh /inner/job"; RT_LIMIT=60 cap rt run --bundle "$B" "$ID"; }
# cgroup_namespace: for the outer container
cgroup_namespace() { ns_add cgroup; }
# mapped: the outer container is in a user namespace of its own
mapped() {
	ns_add user
	config '.linux.uidMappings=[{containerID:0,hostID:100000,size:65536}]|.linux.gidMappings=.linux.uidMappings|.linux.resources={}'
	# the files of the base are shared by hard links: their owner stays
	rm -rf "$B/inner/rootfs"
	cp -a "$T/base" "$B/inner/rootfs"
	chown -R 100000:100000 "$B/inner"
	chown 100000:100000 "$B/rootfs" "$B"/rootfs/{state,inner,runtime,root}
}

life='
	run "echo \$\$; id -u; exit 7"
	set_args "trap \"exit 9\" TERM; while :; do sleep 0.05; done"
	rt create --bundle /inner box || exit 1
	rt state box | grep status
	rt start box
	echo "cgroups $(boxes)"
	rt exec box sh -c "echo exec; exit 5"; echo "status $?"
	rt ps box >/dev/null 2>&1; echo "ps $?"
	rt kill box TERM
	for i in $(seq 100); do rt state box | grep -q stopped && break; sleep 0.1; done
	rt delete box; echo "delete $?"
	set_args "sleep 60"
	rt run -d --bundle /inner box >/dev/null 2>&1; echo "detached $?"
	rt delete -f box; echo "force $?"
	echo "left $(boxes) $(ls /state/root | wc -l) $(grep -c /inner/ /proc/self/mountinfo)"'
# lived CGROUPS: the life above was right
lived() {
	ok
	like "$OUT" $'^1\n0\nstatus 7\n *"status": "created"' "run and create"
	like "$OUT" "cgroups $1"$'\nexec\nstatus 5\nps [01]\ndelete 0\ndetached 0\nforce 0\nleft 0 0 0$' "the rest"
}

privileged() {
	outer
	in_outer "$life"
	lived '[1-9][0-9]*'
}

private_cgroups() {
	outer
	cgroup_namespace
	in_outer "leaf; $life"
	lived '[1-9][0-9]*'
}

# the inner container is where the outer one is, on the host too: its limits are limits of a part
cgroups_below() {
	local pid own
	outer
	[ "$1" = own ] && cgroup_namespace
	needs_controller pids
	inner '.linux.resources.pids={limit:50}'
	sh_args '. /inner/lib; leaf; set_args "sleep 60"; rt run -d --bundle /inner box && rt exec box true && : >/inner/ready; sleep 60'
	must_create
	rt start "$ID"
	within 30 test -e "$B/inner/ready" || die "the inner container does not run"
	pid=$(pid_of)
	for own in pids memory; do
		[ -d "$(cg $own "$pid" | sed 's,/leaf$,,')/box" ] || die "no cgroup of the inner container below $(cg $own "$pid")"
	done
	own=$(cg pids "$pid")
	is "$(cat "${own%/leaf}/box/pids.max")" 50
	rt delete --force "$ID"
	is "$(our_cgroups)" ""
}

# cgroup v2 gives no memory controller to the children of a cgroup that has processes of its own
processes_in_parent() {
	[ -n "$V2" ] || skip "only for v2"
	needs_controller memory
	outer
	cgroup_namespace
	inner '.linux.resources.memory={limit:50000000}'
	in_outer 'run "echo hello"'
	ok
	unlike "$OUT" hello
	[ "$KIND" != hezi ] || like "$OUT" 'process|threaded'
	in_outer 'leaf; run "cat /sys/fs/cgroup/memory.max; echo hello"'
	ok
	like "$OUT" $'hello\nstatus 0$'
}

device_rules() {
	outer
	[ "$1" = own ] && cgroup_namespace
	inner '.process.capabilities={bounding:["CAP_MKNOD"],effective:["CAP_MKNOD"],permitted:["CAP_MKNOD"]}'
	in_outer 'leaf; run "mknod /dev/k c 1 11; head -c 1 /dev/k; head -c 1 /dev/zero | wc -c"'
	ok
	like "$OUT" "not permitted"
	like "$OUT" $'1\nstatus 0$'
}

seccomp_filters() {
	outer
	cgroup_namespace
	inner '.linux.seccomp={defaultAction:"SCMP_ACT_ALLOW",syscalls:[{names:["mkdir","mkdirat"],action:"SCMP_ACT_ERRNO",errnoRet:5}]}'
	# the filter of the outer container allows what the inner runtime needs
	config '.linux.seccomp={defaultAction:"SCMP_ACT_ALLOW",syscalls:[{names:["reboot"],action:"SCMP_ACT_ERRNO"}]}'
	in_outer 'leaf; run "mkdir /tmp/x; grep Seccomp_filters /proc/self/status"'
	ok
	like "$OUT" 'mkdir:.*(I/O|Input/output) error'
	like "$OUT" 'Seccomp_filters:.2'
}

user_namespace() {
	peer_differs crun "its ps needs a cgroup"
	outer
	cgroup_namespace
	mapped
	inner 'del(.linux.cgroupsPath,.linux.resources)'
	in_outer "$life"
	lived '[0-9]+'
}

# ids 1000 and above of the outer container are not mapped in the inner one: a range of its own
mapped_twice() {
	outer
	cgroup_namespace
	mapped
	inner 'del(.linux.cgroupsPath,.linux.resources)|.linux.namespaces+=[{type:"user"}]
		|.linux.uidMappings=[{containerID:0,hostID:1000,size:1000}]|.linux.gidMappings=.linux.uidMappings|.root.readonly=true'
	in_outer 'chmod -R a+rX /inner; run "cat /proc/self/uid_map | tr -s \" \"; id -u"'
	ok
	like "$OUT" $'^ 0 1000 1000\n0\nstatus 0$'
}

# docs/nested.md: what is missing, and what the inner runtime says then
no_capabilities() {
	outer
	config '.process.capabilities.bounding-=["CAP_SYS_ADMIN"]|.process.capabilities.effective-=["CAP_SYS_ADMIN"]|.process.capabilities.permitted-=["CAP_SYS_ADMIN"]'
	in_outer 'run "echo hello"'
	ok
	unlike "$OUT" 'hello'
	like "$OUT" 'EPERM|not permitted|requires user namespaces|CAP_SYS_ADMIN'
}

read_only_cgroups() {
	peer_differs crun "the error is another one"
	outer
	cgroup_namespace
	config '.mounts|=map(if .destination=="/sys/fs/cgroup" then .options+=["ro"] else . end)'
	in_outer 'run "echo hello"'
	ok
	unlike "$OUT" 'hello'
	like "$OUT" 'EROFS|[Rr]ead-only file system'
}

# a user in an outer container that has the capabilities of any other: rootless engines, image builds in CI
user_inside() {
	outer
	config '.process.capabilities={bounding:["CAP_SETUID","CAP_SETGID"],effective:["CAP_SETUID","CAP_SETGID"],permitted:["CAP_SETUID","CAP_SETGID"]}
		|del(.linux.resources)|.mounts|=map(select(.destination!="/sys/fs/cgroup"))'
	inner 'del(.linux.cgroupsPath,.linux.resources)|.linux.namespaces+=[{type:"user"}]|.linux.namespaces-=[{type:"network"}]
		|.linux.uidMappings=[{containerID:0,hostID:1000,size:1}]|.linux.gidMappings=.linux.uidMappings
		|.mounts|=map(select(.destination!="/sys"))|.linux.maskedPaths=[]|.linux.readonlyPaths=[]'
	rm -rf "$B/inner/rootfs"
	cp -a "$T/base" "$B/inner/rootfs"
	chown -R 1000:1000 "$B/inner"
	mount_add '{"destination":"/state","type":"tmpfs","source":"tmpfs","options":["mode=1777"]}'
}
AS_USER='/usr/bin/setpriv --reuid 1000 --regid 1000 --clear-groups'

rootless() {
	[ -n "$V2" ] || peers_differ "it wants to see cgroups"
	user_inside
	in_outer "$life" "$AS_USER"
	lived 0
}

# what covers parts of the outer /proc must not be uncovered by a new procfs in a user namespace
masked_proc() {
	[ -n "$V2" ] || peers_differ "it wants to see cgroups"
	user_inside
	config '.linux.maskedPaths=["/proc/uptime"]'
	in_outer 'run "echo hello"' "$AS_USER"
	ok
	unlike "$OUT" 'hello'
	like "$OUT" 'EPERM|not permitted'
	# with the pid namespace and /proc of the outer container it runs
	inner '.linux.namespaces-=[{type:"pid"}]|.mounts|=map(if .destination=="/proc" then {destination:"/proc",type:"bind",source:"/proc",options:["rbind"]} else . end)'
	in_outer 'run "echo hello"' "$AS_USER"
	ok
	like "$OUT" $'hello\nstatus 0$'
}

no_mknod() {
	peer_differs crun "it does not bind them"
	outer
	cgroup_namespace
	config '.process.capabilities|=map_values(.-["CAP_MKNOD"])'
	in_outer 'run "head -c 1 /dev/zero | wc -c; echo x >/dev/full"'
	ok
	like "$OUT" $'(^|\n)1\n' # two pipes: in any order
	like "$OUT" 'No space left'
}

sys_of_another_network() {
	peer_differs runc "it does not bind /sys"
	outer
	cgroup_namespace
	inner '.linux.namespaces-=[{type:"network"}]|.linux.namespaces+=[{type:"user"}]|.linux.uidMappings=[{containerID:0,hostID:0,size:65536}]
		|.linux.gidMappings=.linux.uidMappings'
	in_outer 'leaf; run "test -d /sys/kernel && ! touch /sys/x 2>/tmp/err && echo bound"'
	ok
	like "$OUT" $'^bound\nstatus 0$'
}

# a sandbox, or a host, that has lost its /dev/null or has a file there (a program of root that renames one over it)
without_null() {
	peer_differs crun "it masks with the node of the host"
	bundle
	sh_args 'cat /proc/keys; echo x >/dev/null && stat -c %F /dev/null /proc/keys'
	config '.linux.maskedPaths=["/proc/keys","/proc/timer_list"]'
	cap timeout 20 unshare --mount --propagation private sh -c 'mount -t tmpfs none /dev && '"$1"' && exec "$@"' - "${RT[@]}" run --bundle "$B" "$ID"
	ok
	is "$OUT" "character special file
character special file"
}

# a service of systemd with every setting that docs/nested.md names
unit() {
	local p options=()
	[ -n "${LIVE_SYSTEMD:-}" ] || skip "needs systemd as pid 1"
	bundle
	sh_args 'echo hello'
	config 'del(.linux.cgroupsPath)'
	for p; do options+=(-p "$p"); done
	cp "$RUNTIME" "$B/runtime"
	cap timeout 30 systemd-run -q --wait --pipe -p Delegate=yes "${options[@]}" "$B/runtime" --root "$ROOT" $DRIVER run --bundle "$B" "$ID"
}

hardened_unit() {
	peers_differ "runc needs netlink sockets"
	unit NoNewPrivileges=yes PrivateDevices=yes PrivateTmp=no PrivateMounts=yes PrivateNetwork=yes ProtectKernelTunables=yes ProtectKernelModules=yes \
		ProtectKernelLogs=yes ProtectClock=yes ProtectHome=yes ProtectProc=invisible ProcSubset=pid RestrictSUIDSGID=yes RestrictRealtime=yes \
		LockPersonality=yes MemoryDenyWriteExecute=yes RestrictAddressFamilies='AF_UNIX AF_INET' SystemCallArchitectures=native KeyringMode=private \
		UMask=0777 'CapabilityBoundingSet=~CAP_SYS_BOOT CAP_SYS_TIME CAP_MKNOD CAP_SYS_RESOURCE'
	ok
	is "$OUT" hello
}

closed_unit() {
	DRIVER= unit ProtectControlGroups=yes
	[ "$ST" != 0 ] || die "the cgroups are read-only"
	like "$ERR$OUT" 'EROFS|[Rr]ead-only'
	unit RestrictNamespaces=yes
	[ "$ST" != 0 ] || die "namespaces are restricted"
}

propagation() {
	peer_differs runc "the root is not shared"
	outer
	cgroup_namespace
	config '.linux.rootfsPropagation="shared"'
	in_outer "grep -c '^[0-9]* [0-9]* [^ ]* [^ ]* / .* shared:' /proc/self/mountinfo; leaf; $life"
	ok
	like "$OUT" $'^1\n' "a shared root"
	like "$OUT" $'left 0 0 0$'
}

t "privileged, the cgroup namespace of the host: the whole life" privileged
t "privileged, a cgroup namespace of its own: the whole life" private_cgroups
t "the inner cgroup is below the outer one" cgroups_below host
t "the inner cgroup is below the outer one, in a cgroup namespace" cgroups_below own
t "processes in the parent cgroup: an error until they are in a leaf" processes_in_parent
t "device rules of the inner container" device_rules host
t "device rules of the inner container, in a cgroup namespace" device_rules own
t "seccomp filters of both" seccomp_filters
t "the outer container in a user namespace: the whole life" user_namespace
t "both in user namespaces" mapped_twice
t "without CAP_SYS_ADMIN an error names the call" no_capabilities
t "read-only cgroups: an error names them" read_only_cgroups
t "a user in an outer container without privileges: the whole life" rootless
t "a masked /proc in a user namespace: an error, and a bind runs" masked_proc
t "without CAP_MKNOD the devices are bound" no_mknod
t "a user namespace and the outer network: /sys is bound" sys_of_another_network
t "no /dev/null outside: masks" without_null true
t "a file for /dev/null outside: masks" without_null 'echo x >/dev/null'
t "in a hardened unit of systemd" hardened_unit
t "in a unit without cgroups or namespaces: an error" closed_unit
t "a shared root: nothing of the inner container spreads" propagation
finish
