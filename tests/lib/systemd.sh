# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Scopes of systemd: sourced by tests of the systemd cgroup driver after live.sh. Skips the file where systemd is not pid 1.

[ "$(cat /proc/1/comm)" = systemd ] || plan_skip "systemd is not pid 1 here"
[ -S /run/systemd/private ] || plan_skip "systemd cannot be reached"
if [ "$KIND" = hezi ] && "$RUNTIME" --systemd-cgroup --root "$ROOT" state x 2>&1 | grep -q 'built without'; then
	plan_skip "built without libsystemd"
fi
unit() { echo "test-${1:-$ID}.scope"; }
shows() { systemctl show -p "$1" --value "$(unit)"; }
cgroup() { echo "/sys/fs/cgroup$(shows ControlGroup)"; }
note() { config --arg k "org.systemd.property.$1" --arg v "$2" '.annotations[$k]=$v'; }
# on v1 systemd learns from a release agent that a cgroup is empty, and has none when it runs in namespaces itself
sees_ends() { [ -n "$V2" ] || skip "systemd is not told of empty cgroups on v1"; }
v2() { [ -n "$V2" ] || skip "cgroup v1 here"; }
# alone: while systemd re-executes itself, systemctl of other tests may fail
alone() { [ -n "${LIVE_ALONE:-}" ] || skip "other tests may use this systemd (LIVE_ALONE=1: none does)"; }
no_unit() { [ -z "$(our_units)$(our_cgroups)" ]; }

# --- a user's manager: on a kernel of its own only, for a user and a service of his are made

. "$LIB/user-manager.sh"
user_rt() { as_user timeout --foreground -k 5 30 "$RUNTIME" --root "$USER_DIR/state" "$@"; }
user_shows() { as_user systemctl --user show -p "$1" --value "$(unit)"; }
user_unit_is_gone() { [ -z "$(as_user systemctl --user list-units --all --plain --no-legend "*$PREFIX*")" ]; }
# users_controllers: this machine's v2 tree may have none to give
users_controllers() { grep -w memory /sys/fs/cgroup/cgroup.controllers; }
# with_user HOST-ID: a bundle for him, whose root is this id of his
with_user() {
	v2
	[ -n "${HEZI_LAB:-}" ] || skip "only in the lab"
	start_user_manager
	bundle
	config --arg id "$ID" --argjson host "$1" '.linux.cgroupsPath="user.slice:test:"+$id
		|.linux.namespaces=[{type:"pid"},{type:"mount"},{type:"uts"},{type:"ipc"},{type:"user"},{type:"cgroup"}]
		|.linux.uidMappings=[{containerID:0,hostID:$host,size:1}]|.linux.gidMappings=.linux.uidMappings
		|.mounts=[{destination:"/proc",type:"proc",source:"proc"}]
'
	[ -z "$(users_controllers)" ] || limits '{"memory":{"limit":67108864},"pids":{"limit":30}}'
	args sleep 60
	chmod 711 "$T"
	find "$B" -type d -exec chown $USER_ID:$USER_ID {} +
}
