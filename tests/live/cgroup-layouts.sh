#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Hosts whose cgroups are laid out in other ways: what a container gets there. Other views of the hierarchies are made
# in mount namespaces of their own; the machine's is not touched.
. "$(dirname "$0")/../lib/live.sh"

tun_by_default() {
	bundle
	limits '{"devices":[{"allow":false,"access":"rwm"}]}'
	config '.process.capabilities={bounding:["CAP_MKNOD"],effective:["CAP_MKNOD"],permitted:["CAP_MKNOD"]}'
	# without a file descriptor of a network the read fails; the open must not
	in_box 'cd /tmp; mknod tun c 10 200; (: <tun) 2>&1; mknod fuse c 10 229; (: <fuse) 2>&1; true'
	unlike "$OUT" 'tun: .*not permitted'
	like "$OUT" 'fuse: .*not permitted' "another misc device"
}

t "deny-all device rule: tun stays allowed" tun_by_default
finish
