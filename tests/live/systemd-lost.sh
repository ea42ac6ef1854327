#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The systemd cgroup driver when systemd, or the bus to it, goes away in the middle.
export LIVE_SYSTEMD=1
. "$(dirname "$0")/../lib/live.sh"
. "$LIB/systemd.sh"

# lost COUNT MODE [once] -- CMD...: CMD with a way to systemd that ends at its message number COUNT
lost() {
	local how=() proxy
	rm -rf "$T/bus"
	mkdir -m 755 "$T/bus"
	while [ "$1" != -- ]; do how+=("$1"); shift; done
	shift
	python3 "$LIB/bus-proxy.py" "$T/bus/private" /run/systemd/private "${how[@]}" >"$T/bus/ready" &
	proxy=$!
	within 10 test -s "$T/bus/ready" || die "no proxy"
	cap unshare -m sh -c 'mount --bind "$1" /run/systemd && mount -t tmpfs x /run/dbus && shift && exec "$@"' sh "$T/bus" "$@"
	kill $proxy 2>/dev/null || true
	wait $proxy 2>/dev/null || true
}

# begun MODE: at each message that create, update and delete send, systemd is started anew
begun() {
	local n
	peers_differ "they give up"
	sees_ends
	for n in 1 2 3 4; do
		bundle
		args sleep 60
		note TasksMax 'uint64 40'
		lost $n "$1" once -- "${RT[@]}" create --bundle "$B" "$ID"
		ok
		is "$(shows ActiveState)" active "after message $n"
		is "$(shows TasksMax)" 40
		like "$(cat "/proc/$(pid_of)/cgroup")" "/$(unit)"
		cap rt start "$ID"
		ok
		lost $n "$1" once -- "${RT[@]}" delete --force "$ID"
		ok
		is "$ERR" "" "message $n of delete"
		within 5 no_unit || die "message $n of delete: $(our_units) $(our_cgroups)"
	done
}

update_begun() {
	local mode
	peers_differ "they give up"
	bundle
	limits '{"memory":{"limit":67108864}}'
	sleeper
	for mode in before after answer; do
		lost 1 $mode once -- "${RT[@]}" update --memory 80m "$ID"
		ok
		rt update --memory 64m "$ID"
	done
	rt delete --force "$ID"
}

gone_for_create() {
	local n
	peers_differ "they have other words"
	sees_ends
	for n in 2 3; do
		bundle
		lost $n after -- "${RT[@]}" create --bundle "$B" "$ID"
		bad
		like "$ERR" 'systemd went away'
		is "$(our_states)" ""
		within 5 no_unit || die "left: $(our_units) $(our_cgroups)"
	done
}

# the cgroup is removed all the same, and a systemd that has not heard of it finds an empty unit
gone_for_delete() {
	peers_differ "they have other words"
	sees_ends
	bundle
	sleeper
	lost 1 before -- "$RUNTIME" --root "$ROOT" --log-level=warning delete --force "$ID"
	ok
	like "$ERR" 'stop unit .*connect to systemd'
	is "$(our_states)" ""
	within 10 no_unit || die "left: $(our_units) $(our_cgroups)"
}

gone_for_update() {
	peers_differ "they have other words"
	bundle
	limits '{"memory":{"limit":67108864}}'
	sleeper
	lost 1 before -- "${RT[@]}" --log-level=warning update --memory 80m "$ID"
	bad
	like "$ERR" 'systemd went away'
	unlike "$ERR" 'former limits' "nothing was changed that is to be put back"
	is "$(reads memory memory.limit_in_bytes memory.max)" 67108864
	is "$(jq .linux.resources.memory.limit "$ROOT/$ID/config.json")" 67108864
}

# the real thing: it reads itself anew all the time
reexec_all_the_time() {
	local i loop
	peers_differ "they give up"
	alone
	(while :; do systemctl daemon-reexec; sleep 0.3; done) >/dev/null 2>&1 &
	loop=$!
	for i in 1 2 3 4 5 6 7 8; do
		bundle
		args sleep 60
		create
		ok
		cap rt start "$ID"
		ok
		is "$(status_of)" running
		cap rt delete --force "$ID"
		ok
	done
	kill $loop
	wait $loop 2>/dev/null || true
	within 10 no_unit || die "left: $(our_units) $(our_cgroups)"
}

# the user's bus is a daemon of its own, which his manager starts again when somebody calls
users_bus_killed() {
	local i
	with_user $USER_ID
	peers_differ "they give up"
	for i in 1 2 3; do
		cap user_rt --systemd-cgroup create --bundle "$B" "$ID"
		ok
		pkill_bus
		cap user_rt update --pids-limit 20 "$ID"
		[ -z "$(users_controllers)" ] || ok
		pkill_bus
		cap user_rt delete --force "$ID"
		ok
		is "$ERR" ""
	done
	within 5 user_unit_is_gone || die "a unit is left"
}
# More than five starts in ten seconds are too many for the user's systemd: its count begins anew, once it knows of the end.
pkill_bus() {
	as_user systemctl --user kill --signal=KILL dbus.service
	within 5 bus_has_failed || true
	as_user systemctl --user reset-failed dbus.service dbus.socket || true
}
bus_has_failed() { as_user systemctl --user is-failed --quiet dbus.service; }

t "systemd anew while create and delete ask: before a message" begun before
t "systemd anew while create and delete ask: after a message" begun after
t "systemd anew while create and delete ask: after an answer" begun answer
t "systemd anew while update asks" update_begun
t "systemd gone in the middle of create: nothing is left" gone_for_create
t "systemd gone in the middle of delete: nothing is left" gone_for_delete
t "systemd gone in the middle of update: nothing is changed" gone_for_update
t "daemon-reexec all the time" reexec_all_the_time
t "the bus of a user is killed" users_bus_killed
finish
