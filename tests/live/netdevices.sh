#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# linux.netDevices (config-linux.md, "Network Devices"), and values that only an own namespace may have. The runtime's network
# namespace is one of the test's own, so nothing of the machine's changes.
. "$(dirname "$0")/../lib/live.sh"

command -v ip >/dev/null || plan_skip "ip(8) is not installed"

HOLD=
let_go() { [ -z "$HOLD" ] || { kill "$HOLD" && wait "$HOLD"; } 2>/dev/null || true; }

# hold: a network namespace with a pair of devices: dev0, which is up and has addresses, and far0
hold() {
	old_peer runc "1.1 does not know netDevices"
	old_peer crun "1.8 does not know netDevices"
	bundle
	unshare -n sleep 60 &
	HOLD=$!
	trap let_go EXIT
	within 5 elsewhere || die "no network namespace"
	host ip link add dev0 mtu 1400 type veth peer name far0 2>/dev/null || skip "this kernel has no veth"
	host ip addr add 10.7.0.2/24 dev dev0
	host ip addr add 10.8.0.2/24 dev dev0 label dev0:x
	host ip -6 addr add fd00:7::2/64 dev dev0 nodad 2>/dev/null || true
	host ip link set dev0 address 02:00:00:00:00:42
	host ip link set far0 up
	host ip link set dev0 up
	BEFORE=$(host ip -o addr show dev0 | sort)
}
elsewhere() { [ "$(readlink /proc/$HOLD/ns/net)" != "$(readlink /proc/self/ns/net)" ]; }
host() { nsenter -t "$HOLD" -n "$@"; }
hrt() { nsenter -t "$HOLD" -n timeout --foreground -k 5 30 "${RT[@]}" "$@"; }
devices() { config --argjson d "$1" '.linux.netDevices=$d'; }
unchanged() { is "$(host ip -o addr show dev0 | sort)" "$BEFORE" "the device on the host"; }

moved() {
	hold
	devices '{"dev0":{}}'
	sh_args 'ip -o addr show dev0; ip link show dev0'
	cap hrt run --bundle "$B" "$ID"
	ok
	like "$OUT" '10\.7\.0\.2/24'
	like "$OUT" '10\.8\.0\.2/24'
	[ "$KIND" = runc ] || [[ $BEFORE != *fd00:7::2* ]] || like "$OUT" 'fd00:7::2/64' "an address that runc loses"
	like "$OUT" 'UP'
	like "$OUT" 'mtu 1400'
	like "$OUT" '02:00:00:00:00:42'
}

renamed() {
	hold
	devices '{"dev0":{"name":"uplink"}}'
	sh_args 'ls /sys/class/net 2>/dev/null; ip -o addr show uplink; ip -o link show dev0 2>&1; true'
	cap hrt run --bundle "$B" "$ID"
	ok
	like "$OUT" 'uplink.*10\.7\.0\.2/24'
	unlike "$OUT" ': dev0'
}

numbered() {
	peers_differ "looks for it under this name"
	hold
	devices '{"dev0":{"name":"eth%d"},"far0":{"name":"eth%d"}}'
	sh_args 'ip -o link show'
	cap hrt run --bundle "$B" "$ID"
	ok
	like "$OUT" 'eth0'
	like "$OUT" 'eth1'
}

joined() {
	local other
	hold
	unshare -n sleep 60 &
	other=$!
	within 5 other_is_elsewhere $other || die "no network namespace"
	ns_path network "/proc/$other/ns/net"
	devices '{"dev0":{"name":"in0"}}'
	sh_args 'ip -o addr show in0'
	cap hrt run --bundle "$B" "$ID"
	kill $other
	ok
	like "$OUT" '10\.7\.0\.2/24'
}
other_is_elsewhere() { [ "$(readlink "/proc/$1/ns/net")" != "$(readlink /proc/self/ns/net)" ]; }

stays_after_delete() {
	hold
	devices '{"dev0":{}}'
	args sleep 30
	cap hrt create --bundle "$B" "$ID"
	ok
	! host ip link show dev0 >/dev/null 2>&1 || die "it is on the host"
	cap hrt delete --force "$ID"
	ok
}

missing() {
	hold
	devices '{"dev0":{},"nosuch0":{}}'
	cap hrt create --bundle "$B" "$ID"
	bad
	says '/linux/netDevices/nosuch0' 'netDevice nosuch0'
	says 'nosuch0' 'Link not found'
	peers_differ "does not put the other device back"
	unchanged
}

taken_name() {
	local other
	hold
	unshare -n sh -c 'ip link add in0 type veth peer name in1; exec sleep 60' &
	other=$!
	within 5 nsenter -t $other -n ip link show in0 >/dev/null 2>&1 || die "no device"
	ns_path network "/proc/$other/ns/net"
	devices '{"dev0":{"name":"in0"}}'
	cap hrt create --bundle "$B" "$ID"
	kill $other
	bad
	says 'already' 'file exists'
	peers_differ "does not put the device back"
	unchanged
}

fails_later() {
	peers_differ "does not put the devices back"
	hold
	devices '{"dev0":{"name":"in0"},"far0":{}}'
	args /no/such/program
	cap hrt run --bundle "$B" "$ID"
	bad
	unchanged
	host ip link show far0 >/dev/null || die "far0 is lost"
	args sleep 30
	mount_add '{"destination":"/x","type":"bind","source":"/no/such/source","options":["bind"]}'
	cap hrt create --bundle "$B" "$ID"
	bad
	unchanged
	config 'del(.mounts[-1])|.hooks={createContainer:[{path:"/bin/false"}]}'
	cap hrt create --bundle "$B" "$ID"
	bad
	unchanged
}

own_namespace() {
	peers_differ "does not reject it"
	hold
	ns_path network "/proc/$HOLD/ns/net"
	devices '{"dev0":{}}'
	cap hrt create --bundle "$B" "$ID"
	bad
	says 'own net namespace'
	unchanged
	config 'del(.linux.netDevices)|.linux.sysctl={"net.ipv4.ip_default_ttl":"77"}'
	cap hrt create --bundle "$B" "$ID"
	bad
	says net.ipv4.ip_default_ttl
	[ "$(host cat /proc/sys/net/ipv4/ip_default_ttl)" != 77 ] || die "the host is changed"
	ns_drop network
	ns_path ipc "/proc/$HOLD/ns/ipc"
	config '.linux.sysctl={"kernel.msgmax":"9000"}'
	cap hrt create --bundle "$B" "$ID"
	bad
	says 'kernel.msgmax'
}

t "moved with addresses, MTU and hardware address, and set up (ND-1, ND-4, ND-5)" moved
t "a new name (ND-2)" renamed
t "a name that ends in %d takes the first free number (ND-3)" numbered
t "into a namespace that is joined (ND-1)" joined
t "not fetched back by delete (ND-6)" stays_after_delete
t "a device that is not there changes nothing (ND-3)" missing
t "a name that is taken inside changes nothing (ND-3)" taken_name
t "a create that fails gives everything back" fails_later
t "the runtime's own namespace is refused, for devices and sysctls" own_namespace
finish
