#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# /dev, masked and read-only paths, sysctl.
. "$(dirname "$0")/../lib/live.sh"

default_devices() {
	bundle
	in_box 'for d in null zero full random urandom tty; do stat -c "%n %F %t:%T %a %u:%g" /dev/$d; done'
	is "$OUT" "/dev/null character special file 1:3 666 0:0
/dev/zero character special file 1:5 666 0:0
/dev/full character special file 1:7 666 0:0
/dev/random character special file 1:8 666 0:0
/dev/urandom character special file 1:9 666 0:0
/dev/tty character special file 5:0 666 0:0"
}

devices_work() {
	bundle
	in_box 'echo x >/dev/null; head -c 4 /dev/zero | od -An -tx1; head -c 4 /dev/urandom | wc -c; echo x >/dev/full || echo full'
	is "$(tr -s ' \n' ' ' <<<"$OUT")" " 00 00 00 00 4 full "
}

links() {
	bundle
	in_box 'for l in fd stdin stdout stderr ptmx; do readlink /dev/$l; done; (echo through >/dev/stdout; echo in | cat /dev/stdin) | cat'
	is "$(head -n 4 <<<"$OUT")" $'/proc/self/fd\n/proc/self/fd/0\n/proc/self/fd/1\n/proc/self/fd/2'
	like "$OUT" 'pts/ptmx'
	like "$OUT" $'through\nin'
}

ptmx_opens() {
	bundle
	config '.process.user={uid:1000,gid:1000}'
	in_box 'exec 3<>/dev/ptmx && echo opened; ls /dev/pts'
	like "$OUT" $'opened\n0'
}

extra_device() {
	bundle
	config '.linux.devices=[
		{path:"/dev/mine",type:"c",major:1,minor:3,fileMode:416,uid:5,gid:6},
		{path:"/dev/sub/dir/u",type:"u",major:1,minor:5},
		{path:"/dev/pipe",type:"p",fileMode:384},
		{path:"/elsewhere/zero",type:"c",major:1,minor:5,fileMode:438,uid:0,gid:0}]'
	in_box 'for d in /dev/mine /dev/sub/dir/u /dev/pipe /elsewhere/zero; do stat -c "%n %F %t:%T %a %u:%g" $d; done'
	is "$OUT" "/dev/mine character special file 1:3 640 5:6
/dev/sub/dir/u character special file 1:5 666 0:0
/dev/pipe fifo 0:0 600 0:0
/elsewhere/zero character special file 1:5 666 0:0"
}

# SPEC DV-5: set-id bits stay, with an owner as well
device_set_id() {
	peers_differ "lose them with the owner"
	bundle
	config '.linux.devices=[{path:"/dev/a",type:"c",major:1,minor:3,fileMode:3565,uid:5,gid:6},
		{path:"/dev/b",type:"p",fileMode:2541,uid:7,gid:0},{path:"/dev/c",type:"b",major:7,minor:0,fileMode:1024}]'
	in_box 'stat -c "%a %u:%g" /dev/a /dev/b /dev/c'
	is "$OUT" "6755 5:6
4755 7:0
2000 0:0"
}
# SPEC DV-3: what is there and is the same device is taken
device_there() {
	bundle
	mknod "$B/rootfs/etc/zero" c 1 5
	mkfifo "$B/rootfs/etc/pipe"
	chmod 600 "$B/rootfs/etc/zero"
	config '.linux.devices=[{path:"/etc/zero",type:"c",major:1,minor:5},{path:"/etc/pipe",type:"p"}]'
	in_box 'head -c 3 /etc/zero | od -An -tx1; stat -c %F /etc/pipe'
	is "$OUT" " 00 00 00
fifo"
}
# SPEC DV-3, DV-4
device_refused() {
	peers_differ "accepts it"
	bundle
	rm -f "$B/rootfs/etc/x"
	eval "$2"
	config --argjson d "$1" '.linux.devices=[$d]'
	create
	bad
}
# in a user namespace the host's node is bound; a fifo is made, with the ids of the container
device_user_ns() {
	peer_differs runc "wants to bind the fifo as well"
	bundle
	ns_add user
	chown -R 100000:200000 "$B/rootfs"
	chmod 755 "$B" "$B/rootfs"
	config '.linux.uidMappings=[{containerID:0,hostID:100000,size:65536}]|.linux.gidMappings=[{containerID:0,hostID:200000,size:65536}]
		|.linux.devices=[{path:"/dev/zero",type:"c",major:1,minor:5},{path:"/dev/pipe",type:"p",fileMode:384,uid:5,gid:6}]'
	in_box 'head -c 2 /dev/zero | od -An -tx1; stat -c "%F %a %u:%g" /dev/pipe'
	is "$OUT" " 00 00
fifo 600 5:6"
}
block_device() {
	bundle
	config '.linux.devices=[{path:"/dev/blk",type:"b",major:7,minor:200,fileMode:432,uid:0,gid:6}]'
	in_box 'stat -c "%F %t:%T %a %u:%g" /dev/blk'
	is "$OUT" "block special file 7:c8 660 0:6"
}

device_twice() {
	# an entry for a default device is the same device; nothing fails
	peer_differs runc "does not allow it then"
	bundle
	config '.linux.devices=[{path:"/dev/null",type:"c",major:1,minor:3,fileMode:438,uid:0,gid:0}]'
	in_box 'stat -c "%t:%T %a" /dev/null'
	is "$OUT" "1:3 666"
}

device_bad_type() {
	peer_differs crun "takes an unknown type"
	bundle
	config '.linux.devices=[{path:"/dev/x",type:"q",major:1,minor:3}]'
	cap rt run --bundle "$B" "$ID"
	bad
	nothing_left || die "left: $(leftovers)"
}

device_other_file_there() {
	peers_differ "accepts another file at the device's path"
	bundle
	echo x >"$B/rootfs/etc/dev"
	config '.linux.devices=[{path:"/etc/dev",type:"c",major:1,minor:3}]'
	cap rt run --bundle "$B" "$ID"
	bad
	is "$(cat "$B/rootfs/etc/dev")" x
}

dev_not_mounted() {
	# the image's own /dev: devices are made there
	bundle
	config '.mounts|=map(select(.destination=="/proc"))'
	in_box 'test -c /dev/null && test -c /dev/tty && readlink /dev/fd'
	is "$OUT" /proc/self/fd
}

dev_listing() { stat -c '%n %F %a %u:%g %t:%T' /dev/* | grep -v '^/dev/\(pts\|shm\)'; }
dev_bound_from_host() {
	# a bind of the host's /dev: nothing may be made or changed in it
	local before
	peer_differs crun "1.8 changes the owner of the host's /dev/null, here or in a test beside this one"
	bundle
	before=$(dev_listing)
	config '.mounts|=map(select(.destination|startswith("/dev")|not))
		| .mounts+=[{destination:"/dev",type:"bind",source:"/dev",options:["rbind"]}]'
	in_box 'test -c /dev/null && echo x >/dev/null'
	is "$(dev_listing)" "$before" "the host's /dev"
}

host_null_unharmed() {
	# crun 1.8 gave the host's /dev/null to the container's user
	local before
	peer_differs crun "1.8 changes the owner of the host's /dev/null"
	bundle
	before=$(stat -c '%u:%g %a' /dev/null)
	config '.process.user={uid:1000,gid:1000}'
	args true
	rt run --bundle "$B" "$ID" </dev/null >/dev/null 2>&1
	is "$(stat -c '%u:%g %a' /dev/null)" "$before"
}

# --- masked and read-only paths --------------------------------------------------------------------

masked_twice() {
	old_peer runc "1.1 covers it twice"
	peer_differs crun "covers it each time"
	bundle
	mkdir "$B/rootfs/secret"
	config '.linux.maskedPaths=["/secret","/secret/","/secret"]'
	in_box 'grep -c " /secret " /proc/self/mountinfo'
	is "$OUT" 1
}

masked() {
	bundle
	mkdir -p "$B/rootfs/secret/deep"
	echo secret >"$B/rootfs/secret/deep/f"
	echo secret >"$B/rootfs/etc/secret"
	config '.linux.maskedPaths+=["/secret","/etc/secret","/no/such/path"]'
	run_sh 'ls -A /secret; cat /etc/secret; wc -c </proc/keys; stat -c %t:%T /etc/secret; ls /sys/firmware | wc -l
		touch /secret/new && echo written'
	unlike "$OUT" 'secret$|written'
	is "$(head -n 3 <<<"$OUT")" $'0\n1:3\n0'
}

readonly_paths() {
	bundle
	mkdir -p "$B/rootfs/data/sub"
	config '.linux.readonlyPaths+=["/data","/etc/passwd","/no/such/path"]'
	run_sh 'touch /data/x && echo written; touch /data/sub/x && echo written; echo x >>/etc/passwd && echo written
		echo 1 >/proc/sys/kernel/printk && echo written; cat /etc/passwd | head -n 1; touch /home/u/x || echo no'
	unlike "$OUT" written
	like "$OUT" '^root:'
}

readonly_paths_keep_flags() {
	bundle
	in_box 'cat /proc/self/mountinfo'
	like "$(awk '$5 == "/proc/sys" {print $6}' <<<"$OUT")" '^ro'
}

mask_survives_remount_attempt() {
	bundle
	run_sh 'umount /proc/keys && echo unmasked; mount -o remount,rw /proc/sys && echo remounted'
	unlike "$OUT" 'unmasked|remounted'
}

masked_relative() {
	peers_differ "takes a relative path and masks nothing"
	bundle
	config '.linux.maskedPaths+=["proc/keys"]'
	cap rt run --bundle "$B" "$ID"
	bad
	config '.linux.maskedPaths=[""]'
	cap rt run --bundle "$B" "$ID"
	bad
	config '.linux.maskedPaths=[] | .linux.readonlyPaths=["sys"]'
	cap rt run --bundle "$B" "$ID"
	bad
}

no_masks() {
	bundle
	config 'del(.linux.maskedPaths,.linux.readonlyPaths)'
	in_box 'cat /proc/self/mountinfo'
	is "$(awk '$5 ~ "^/proc/" {print $5}' <<<"$OUT")" ""
}

# --- sysctl ---------------------------------------------------------------------------------------

sysctl() {
	bundle
	config '.linux.sysctl={"net.ipv4.ip_forward":"1","net/ipv4/ip_default_ttl":"99","kernel.shmmni":"1234","fs.mqueue.msg_max":"11"}'
	in_box 'cd /proc/sys; cat net/ipv4/ip_forward net/ipv4/ip_default_ttl kernel/shmmni fs/mqueue/msg_max'
	is "$OUT" $'1\n99\n1234\n11'
}

# sysctl_refused KEY VALUE [NAMESPACE-TO-DROP]
sysctl_refused() {
	local before
	bundle
	config --arg k "$1" --arg v "$2" '.linux.sysctl={($k):$v}'
	[ -z "${3:-}" ] || ns_drop "$3"
	[ "${3:-}" != network ] || config '.mounts|=map(select(.type!="sysfs"))'
	[ "${3:-}" != uts ] || config 'del(.hostname)'
	before=$(cat "/proc/sys/${1//.//}" 2>/dev/null) || true
	cap rt run --bundle "$B" "$ID"
	is "$(cat "/proc/sys/${1//.//}" 2>/dev/null)" "$before" "the host's value"
	bad
	nothing_left || die "left: $(leftovers)"
}

sysctl_dots() {
	local before
	peers_differ "goes wrong on .. in a key"
	before=$(cat /proc/sys/kernel/domainname)
	sysctl_refused 'net/../kernel/domainname' x
	is "$(cat /proc/sys/kernel/domainname)" "$before"
}

sysctl_value_refused() {
	bundle
	config '.linux.sysctl={"net.ipv4.ip_forward":"nonsense"}'
	cap rt run --bundle "$B" "$ID"
	bad
	nothing_left || die "left: $(leftovers)"
}

sysctl_missing() {
	bundle
	config '.linux.sysctl={"net.ipv4.no_such_key":"1"}'
	cap rt run --bundle "$B" "$ID"
	bad
	nothing_left || die "left: $(leftovers)"
}

mode_with_type() { # podman --device
	bundle
	config '.linux.devices=[{type:"c",path:"/dev/x",major:1,minor:3,fileMode:8630}]'
	in_box 'stat -c "%a %F" /dev/x'
	is "$OUT" "666 character special file"
}

t "default devices, modes and owners" default_devices
t "default devices work" devices_work
t "/dev links" links
t "/dev/ptmx opens for a user" ptmx_opens
t "extra devices: c, u, p, with mode, owner and made folders" extra_device
t "devices with set-id bits" device_set_id
t "a fitting device that is there is taken" device_there
t "another device at the path is refused" device_refused '{"path":"/etc/x","type":"c","major":1,"minor":3}' 'mknod "$B/rootfs/etc/x" c 1 5'
t "another kind of device at the path is refused" device_refused '{"path":"/etc/x","type":"b","major":1,"minor":3}' 'mknod "$B/rootfs/etc/x" c 1 3'
t "a link at a device's path is refused" device_refused '{"path":"/etc/x","type":"c","major":1,"minor":3}' 'ln -s /dev/null "$B/rootfs/etc/x"'
t "a file at a fifo's path is refused" device_refused '{"path":"/etc/x","type":"p"}' 'touch "$B/rootfs/etc/x"'
t "a device without its major number is refused" device_refused '{"path":"/etc/x","type":"c","minor":3}' true
t "a device without its minor number is refused" device_refused '{"path":"/etc/x","type":"b","major":3}' true
t "a device on a relative path is refused" device_refused '{"path":"etc/x","type":"p"}' true
t "devices in a user namespace" device_user_ns
t "extra block device" block_device
t "a default device listed again" device_twice
t "an unknown device type is refused" device_bad_type
t "another file at a device's path is refused" device_other_file_there
t "no mount on /dev: devices in the image's own" dev_not_mounted
t "a bind of the host's /dev is left as it is" dev_bound_from_host
t "the host's /dev/null keeps its owner" host_null_unharmed
t "masked paths: one that is listed twice is covered once" masked_twice
t "masked paths: files, folders, missing ones" masked
t "read-only paths" readonly_paths
t "read-only paths are read-only mounts" readonly_paths_keep_flags
t "masks cannot be taken off from inside" mask_survives_remount_attempt
t "relative masked and read-only paths are refused" masked_relative
t "no masked or read-only paths" no_masks
t "sysctl with dots and with slashes" sysctl
t "sysctl of the host is refused: kernel.panic" sysctl_refused kernel.panic 77
t "sysctl of the host is refused: vm.swappiness" sysctl_refused vm.swappiness 33
t "sysctl of the host is refused: fs.file-max" sysctl_refused fs.file-max 100000
t "net sysctl without a network namespace is refused" sysctl_refused net.ipv4.ip_default_ttl 77 network
t "ipc sysctl without an ipc namespace is refused" sysctl_refused kernel.shmmni 1234 ipc
t "domainname sysctl without a uts namespace is refused" sysctl_refused kernel.domainname evil uts
t "sysctl with .. in its key is refused" sysctl_dots
t "a sysctl value that the kernel refuses" sysctl_value_refused
t "a sysctl that does not exist" sysctl_missing
t "a fileMode with the type bits of st_mode" mode_with_type
finish
