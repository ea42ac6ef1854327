# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A user with a systemd of his own, on a machine that is thrown away (tests/lab): sourced by live.sh.
USER_ID=4321
USER_DIR=/run/user/$USER_ID
AS_USER=(setpriv --reuid $USER_ID --regid $USER_ID --clear-groups env "XDG_RUNTIME_DIR=$USER_DIR")
as_user() { "${AS_USER[@]}" "HOME=$T" "$@"; }

# start_user_manager: once on this machine; files that run at the same time wait for the first
start_user_manager() {
	(
		flock 9
		[ ! -e $USER_DIR/began ] || exit 0
		mkdir -p /etc/systemd/system/user@.service.d $USER_DIR
		chown $USER_ID:$USER_ID $USER_DIR
		chmod 700 $USER_DIR
		echo "hezitest:x:$USER_ID:$USER_ID::/:/bin/sh" >>/etc/passwd
		echo "hezitest:200000:65536" | tee -a /etc/subuid >>/etc/subgid
		# no accounts and sessions of PAM here
		printf '[Service]\nPAMName=\nEnvironment=XDG_RUNTIME_DIR=%s\n' $USER_DIR >/etc/systemd/system/user@.service.d/test.conf
		systemctl daemon-reload
		systemctl start user@$USER_ID.service
		: >$USER_DIR/began
	) 9>/run/hezi-user-manager.lock
	within 20 test -S $USER_DIR/bus || die "no bus of the user"
}

# go_to_user: this process, and so all that it starts, as a scope of the user would be; from the system's
# part of the tree a user may not move a process to his own
go_to_user() {
	local dir
	dir=/sys/fs/cgroup/user.slice/user-$USER_ID.slice/user@$USER_ID.service/app.slice/run-$$.scope
	mkdir -p "$dir"
	chown -R $USER_ID:$USER_ID "${dir%/*}"
	echo $$ >"$dir/cgroup.procs"
}
