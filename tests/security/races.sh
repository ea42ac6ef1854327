#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Links that take the place of a folder, and back, as fast as can be, while containers are made on top of them. What the
# container gets may be the one or the other or an error; the host must not show, and nothing of it may change.
. "$(dirname "$0")/../lib/live.sh"
. "$LIB/victim.sh"

ROUNDS=${ROUNDS:-25}

# exchange A B ...: renameat2(RENAME_EXCHANGE) of each pair until it is ended
exchange() {
	python3 - "$@" <<-'PY' &
		import ctypes, os, sys, time
		libc = ctypes.CDLL(None)
		names = [name.encode() for name in sys.argv[1:]]
		pairs = list(zip(names[::2], names[1::2]))
		end = time.monotonic() + 60
		while time.monotonic() < end:
		    for a, b in pairs:
		        libc.renameat2(-100, a, -100, b, 2)
	PY
	EXCHANGER=$!
}
# the swapped names: a folder "a" and a link "a.link" that leads to $1
pair() { mkdir -p "$1"; ln -s "$2" "$1.link"; }

rounds() {
	local n
	exchange "$@"
	for n in $(seq "$ROUNDS"); do
		cap rt run --bundle "$B" "$ID"
		[ "$ST" != 124 ] && [ "$ST" != 137 ] || die "out of time"
		[[ $OUT != *canary* && $OUT != *lib64* ]] || die "the container sees the host: $(grep -n -e canary -e lib64 <<<"$OUT" | head -n 3)"
		unlike "$(</proc/self/mountinfo)" "$V" "mounts of the host"
		[ "$ST" = 0 ] || [ -n "$ERR" ] || die "failed without a word"
	done
	kill $EXCHANGER
	wait $EXCHANGER 2>/dev/null || true
	is "$(listing)" "$BEFORE" "the host's folder"
	nothing_left || die "left: $(leftovers)"
}
start_race() {
	bundle
	victim
	echo canary >"$V/canary"
	BEFORE=$(listing)
}
LOOK='for d in / /vol /vol/a /vol/a/b /m /m/x /dev /proc /sys /masked; do ls $d/ 2>/dev/null; done; cat /vol/a/canary /m/canary 2>/dev/null; true'

in_volume() {
	start_race
	pair "$B/vol/a" "$1"
	mkdir "$B/vol/a/b"
	config --arg s "$B/vol" '.mounts+=[{destination:"/vol",type:"bind",source:$s,options:["rbind"]},
		{destination:"/vol/a",type:"tmpfs",source:"t"},{destination:"/vol/a/b/c",type:"tmpfs",source:"t"}]'
	sh_args "$LOOK"
	rounds "$B/vol/a" "$B/vol/a.link"
}
two_levels() {
	peer_differs runc "makes folders on the host"
	start_race
	pair "$B/vol/a" "$V"
	pair "$B/vol/a/b" "../../../../../../../../../../../$V/dir"
	config --arg s "$B/vol" '.mounts+=[{destination:"/vol",type:"bind",source:$s,options:["rbind"]},
		{destination:"/vol/a/b/new/newer",type:"tmpfs",source:"t"},{destination:"/vol/a/b/file",type:"bind",source:"/dev/null",options:["bind"]}]'
	sh_args "$LOOK"
	rounds "$B/vol/a" "$B/vol/a.link" "$B/vol/a/b" "$B/vol/a/b.link"
}
bind_into_volume() {
	start_race
	mkdir "$B/data"
	pair "$B/vol/a" "$V"
	config --arg s "$B" '.mounts+=[{destination:"/vol",type:"bind",source:($s+"/vol"),options:["rbind"]},
		{destination:"/vol/a",type:"bind",source:($s+"/data"),options:["rbind","ro"]},
		{destination:"/vol/a/f",type:"bind",source:($s+"/config.json"),options:["bind","ro"]}]'
	sh_args "$LOOK"
	rounds "$B/vol/a" "$B/vol/a.link"
}
in_image() {
	[ "$1" != dev ] || peers_differ "has this fault"
	start_race
	rmdir "$B/rootfs/$1" 2>/dev/null || true
	pair "$B/rootfs/$1" "$2"
	[ "$1" != dev ] || config '.mounts|=map(select(.destination|startswith("/dev")|not))'
	sh_args "$LOOK"
	rounds "$B/rootfs/$1" "$B/rootfs/$1.link"
}
dev_with_mount() {
	peer_differs runc "has this fault"
	start_race
	rmdir "$B/rootfs/dev"
	pair "$B/rootfs/dev" "$V/dir"
	sh_args "$LOOK"
	rounds "$B/rootfs/dev" "$B/rootfs/dev.link"
}
proc_writes() {
	# the file that a sysctl is written to, below a /proc that comes and goes
	start_race
	rmdir "$B/rootfs/proc"
	mkdir -p "$B/rootfs/other/sys/net" "$B/rootfs/proc"
	ln -s other "$B/rootfs/proc.link"
	echo image >"$B/rootfs/other/sys/net/file"
	config '.linux.sysctl={"net.ipv4.ip_forward":"1"}'
	sh_args "$LOOK"
	rounds "$B/rootfs/proc" "$B/rootfs/proc.link"
	is "$(cat "$B/rootfs/other/sys/net/file")" image
}
masked() {
	start_race
	pair "$B/rootfs/masked" "$V"
	echo secret >"$B/rootfs/masked/secret"
	config '.linux.maskedPaths=["/masked"] | .linux.readonlyPaths=["/masked.link"]'
	sh_args "$LOOK; cat /masked/secret 2>/dev/null; true"
	rounds "$B/rootfs/masked" "$B/rootfs/masked.link"
}
copied_up() {
	peer_differs crun "shows the host's files"
	start_race
	pair "$B/rootfs/m/x" "$V/dir"
	pair "$B/rootfs/m/y" "$V"
	echo inside >"$B/rootfs/m/x/f"
	mount_add '{"destination":"/m","type":"tmpfs","source":"t","options":["tmpcopyup"]}'
	sh_args "$LOOK; ls -lR /m; cat /m/*/* 2>/dev/null; true"
	rounds "$B/rootfs/m/x" "$B/rootfs/m/x.link" "$B/rootfs/m/y" "$B/rootfs/m/y.link"
}
working_directory() {
	start_race
	pair "$B/rootfs/work" "$V"
	config '.process.cwd="/work/a/b"'
	sh_args "pwd; ls; $LOOK"
	rounds "$B/rootfs/work" "$B/rootfs/work.link"
}
file_target() {
	peer_differs runc "makes files on the host"
	start_race
	mkdir "$B/vol"
	echo image >"$B/vol/f"
	ln -s "$V/file" "$B/vol/f.link"
	config --arg s "$B" '.mounts+=[{destination:"/vol",type:"bind",source:($s+"/vol"),options:["rbind"]},
		{destination:"/vol/f",type:"bind",source:($s+"/config.json"),options:["bind"]},
		{destination:"/vol/new",type:"bind",source:($s+"/config.json"),options:["bind"]}]'
	ln -s "$V/new" "$B/vol/new.link"
	sh_args "$LOOK"
	rounds "$B/vol/f" "$B/vol/f.link" "$B/vol/new" "$B/vol/new.link"
}

t "CVE-2021-30465: links swapped in a volume, to the root" in_volume /
t "CVE-2021-30465: links swapped in a volume, to a folder of the host" in_volume ../../../../../../../../../../../../tmp
t "CVE-2021-30465: links swapped on two levels" two_levels
t "CVE-2021-30465: binds into a volume whose links are swapped" bind_into_volume
t "CVE-2024-45310: files made where links are swapped" file_target
t "CVE-2019-19921: /proc of the image swapped with a link" in_image proc /tmp
t "CVE-2023-28642: /sys of the image swapped with a link" in_image sys /tmp
t "CVE-2026-41579: /dev of the image swapped with a link, no mount" in_image dev ../victim/dir
t "CVE-2026-41579: /dev of the image swapped with a link, with a mount" dev_with_mount
t "CVE-2025-52881: a sysctl while /proc of the image is swapped" proc_writes
t "CVE-2025-31133: a masked path swapped with a link" masked
t "folders swapped while they are copied up" copied_up
t "the working directory swapped with a link" working_directory
finish
