#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# systemd as the first process of a container: it boots to a target, runs units and stops on SIGRTMIN+3.
# Its root holds nothing of this machine but /usr (read-only): no unit, tmpfiles.d or mount can reach out of the container.
. "$(dirname "$0")/../lib/live.sh"
. "$LIB/machine.sh"
[ -x /lib/systemd/systemd ] || plan_skip "systemd is not installed"

CAPS='["CAP_AUDIT_WRITE","CAP_CHOWN","CAP_DAC_OVERRIDE","CAP_FOWNER","CAP_FSETID","CAP_KILL","CAP_MKNOD","CAP_NET_BIND_SERVICE",
	"CAP_SETFCAP","CAP_SETGID","CAP_SETPCAP","CAP_SETUID","CAP_SYS_CHROOT"]'

# machine: $B is a container with systemd
machine() {
	[ "$(realpath /lib)" = /usr/lib ] || skip "/lib is no part of /usr here"
	bundle
	rm -rf "$B/rootfs"
	mkdir "$B/out"
	machine_root "$B/rootfs"
	args /lib/systemd/systemd --system --unit=box.target --log-target=console --log-level=info --show-status=0
	config --argjson caps "$CAPS" --arg out "$B/out" '.process.env+=["container=oci"]|.process.noNewPrivileges=false
		|.process.capabilities={bounding:$caps,effective:$caps,permitted:$caps}
		|.linux.maskedPaths=[]|.linux.readonlyPaths=[]
		|.mounts+=[{destination:"/sys/fs/cgroup",type:"cgroup",source:"cgroup",options:["nosuid","noexec","nodev"]},
			{destination:"/run",type:"tmpfs",source:"tmpfs",options:["mode=755"]},
			{destination:"/run/lock",type:"tmpfs",source:"tmpfs",options:["mode=1777"]},
			{destination:"/tmp",type:"tmpfs",source:"tmpfs",options:["mode=1777"]},
			{destination:"/usr",type:"bind",source:"/usr",options:["rbind","ro","nosuid"]},
			{destination:"/out",type:"bind",source:$out,options:["bind"]}]'
}

# boots: runs it until the target is reached, then stops it
boots() {
	rt run --bundle "$B" "$ID" >"$B/console" 2>&1 </dev/null &
	if ! within 20 test -e "$B/out/done"; then
		die "it does not boot: $(tail -n 20 "$B/console")"
	fi
	like "$(<"$B/out/show")" 'ControlGroup=.*report.service'
	like "$(<"$B/out/cgroup")" "(name=systemd|0:):$1"
	rt kill "$ID" "$2"
	ST=0
	wait $! || ST=$?
	is "$ST" 0 "the status of a systemd that was told to halt; $(tail -n 20 "$B/console")"
}

host_cgroups() {
	machine
	boots '/.*/report.service' "$([ "$KIND" = runc ] && echo 37 || echo SIGRTMIN+3)"
}

own_cgroups() {
	machine
	ns_add cgroup
	boots '/.*report.service' 37
}

# on v1: read-only but for systemd's own hierarchy, of which there is the host's
engine_cgroups() {
	[ -z "$V2" ] || skip "only for v1"
	cg name=systemd self >/dev/null
	machine
	config '.mounts|=map(if .destination=="/sys/fs/cgroup" then .options+=["ro"] else . end)
		|.mounts+=[{destination:"/sys/fs/cgroup/systemd",type:"bind",source:"/sys/fs/cgroup/systemd",options:["bind","nodev","noexec","nosuid"]}]
		|.linux.maskedPaths+=["/sys/fs/cgroup/systemd/release_agent"]'
	boots '/.*/report.service' 37
}

t "systemd boots and halts, in the cgroup namespace of the host" host_cgroups
t "systemd boots and halts with the cgroups that Podman mounts on v1" engine_cgroups
t "systemd boots and halts, in a cgroup namespace" own_cgroups
finish
