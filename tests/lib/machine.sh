# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# machine_root DIR: a root for a systemd that starts one target, box.target, with a service that reports to /out. It holds
# nothing of this machine; /usr is to be mounted into it read-only, and tmpfs to /run and /tmp.
machine_root() {
	local d u=$1/etc/systemd/system
	mkdir -p "$1"/{usr,etc/systemd/system,run,tmp,var/log,root,proc,sys,dev,out}
	for d in bin sbin lib lib64; do ln -s usr/$d "$1/$d"; done
	echo 'root:x:0:0:root:/root:/bin/sh' >"$1/etc/passwd"
	echo 'root:x:0:' >"$1/etc/group"
	: >"$1/etc/machine-id"
	printf '[Unit]\nDefaultDependencies=no\nAllowIsolate=yes\nRequires=report.service\nAfter=report.service\n' >"$u/box.target"
	printf '[Unit]\nDefaultDependencies=no\n[Service]\nType=oneshot\nRemainAfterExit=yes\nTasksMax=50\nExecStart=/bin/sh /report\n' >"$u/report.service"
	cat >"$1/report" <<-'X'
		cat /proc/self/cgroup >/out/cgroup
		systemctl show -p ControlGroup report.service >/out/show
		echo done >/out/done
	X
	for d in tmp.mount systemd-tmpfiles-setup.service systemd-tmpfiles-clean.timer systemd-journald.service systemd-journald.socket; do
		ln -s /dev/null "$u/$d"
	done
}
