#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Mounts: types, every option, targets that have to be made, propagation, rootfs.
. "$(dirname "$0")/../lib/live.sh"

# opts_of DEST: the vfs options that mountinfo shows in OUT for DEST
opts_of() { awk -v d="$1" '$5 == d {o=$6} END {print o}' <<<"$OUT"; }
# the optional fields (propagation) of DEST
peer_of() { awk -v d="$1" '$5 == d {o=""; for (i=7; $i != "-"; i++) o=o $i " "} END {print o}' <<<"$OUT"; }
fs_of() { awk -v d="$1" '$5 == d {for (i=7; $i != "-"; i++); f=$(i+1)} END {print f}' <<<"$OUT"; }
super_of() { awk -v d="$1" '$5 == d {for (i=7; $i != "-"; i++); f=$(i+3)} END {print f}' <<<"$OUT"; }
has() { [[ ",$1," == *",$2,"* ]] || die "$2 is not among '$1'"; }
lacks() { [[ ",$1," != *",$2,"* ]] || die "$2 is among '$1'"; }

# bind OPTIONS [SOURCE]: a bind mount on /b with these comma-separated options
bind() {
	mkdir -p "$B/src/sub"
	echo content >"$B/src/file"
	config --arg o "$1" --arg s "${2:-$B/src}" '.mounts+=[{destination:"/b",type:"bind",source:$s,options:($o/",")}]'
}
tmpfs() {
	config --arg o "$1" '.mounts+=[{destination:"/b",type:"tmpfs",source:"tmpfs",options:($o/","|map(select(.!="")))}]'
}
info() { in_box 'cat /proc/self/mountinfo'; }

standard() {
	bundle
	info
	is "$(fs_of /proc)" proc
	is "$(fs_of /dev)" tmpfs
	is "$(fs_of /dev/pts)" devpts
	is "$(fs_of /dev/shm)" tmpfs
	is "$(fs_of /dev/mqueue)" mqueue
	is "$(fs_of /sys)" sysfs
	has "$(opts_of /sys)" ro
	has "$(opts_of /sys)" nosuid
	has "$(opts_of /dev/shm)" nodev
	has "$(opts_of /dev/shm)" noexec
	has "$(opts_of /dev)" nosuid
	lacks "$(opts_of /dev)" nodev
	has "$(super_of /dev/shm)" size=65536k
	has "$(super_of /dev)" mode=755
	has "$(super_of /dev/pts)" mode=620
	has "$(super_of /dev/pts)" ptmxmode=666
}

order() {
	bundle
	config '.mounts+=[{destination:"/m",type:"tmpfs",source:"a"},{destination:"/m/in",type:"tmpfs",source:"b"},
		{destination:"/m",type:"tmpfs",source:"c"}]'
	info
	is "$(awk '$5 ~ "^/m" {print $5}' <<<"$OUT" | tr '\n' ' ')" "/m /m/in /m "
}

# one_option NAME PRESENT ABSENT: a bind with the option shows PRESENT and not ABSENT
one_option() {
	bundle
	bind "rbind,$1"
	info
	[ "$2" = - ] || has "$(opts_of /b)" "$2"
	[ "$3" = - ] || lacks "$(opts_of /b)" "$3"
}

last_wins() {
	[ "$1" != ro,rw ] || peer_differs crun "does not let rw win"
	bundle
	bind "bind,$1"
	info
	has "$(opts_of /b)" "$2"
}

tmpfs_options() {
	bundle
	tmpfs "ro,nosuid,nodev,noexec,size=1024k,mode=700,nr_inodes=50"
	info
	has "$(opts_of /b)" ro
	has "$(opts_of /b)" nosuid
	has "$(opts_of /b)" nodev
	has "$(opts_of /b)" noexec
	has "$(super_of /b)" size=1024k
	has "$(super_of /b)" mode=700
	has "$(super_of /b)" nr_inodes=50
}

tmpfs_plain() {
	bundle
	tmpfs ""
	in_box 'stat -c %a /b; cat /proc/self/mountinfo'
	is "$(head -n 1 <<<"$OUT")" 1777
	lacks "$(opts_of /b)" nosuid
}

super_flags() {
	bundle
	tmpfs "sync,dirsync,strictatime,lazytime"
	peer_differs crun "does not know lazytime"
	info
	has "$(super_of /b)" sync
	has "$(super_of /b)" dirsync
}

accepted_words() {
	# words of the spec's table that show nothing in mountinfo
	local word
	for word in defaults async atime rw suid dev exec diratime loud silent nomand relatime norelatime \
		strictatime nostrictatime nolazytime noiversion; do
		bundle
		tmpfs "$word"
		run_sh true
		if [ "$ST" != 0 ]; then
			is_peer || die "the option $word is refused"
			[[ " defaults silent loud noiversion nolazytime nomand " == *" $word "* ]] || die "the option $word is refused"
		fi
	done
}

unknown_option() {
	bundle
	tmpfs "nonsense=1"
	cap rt run --bundle "$B" "$ID"
	bad
	nothing_left || die "left: $(leftovers)"
}

unknown_option_bind() {
	peers_differ "drops data of a bind mount"
	bundle
	bind "bind,nonsense"
	cap rt run --bundle "$B" "$ID"
	bad
	nothing_left || die "left: $(leftovers)"
}

unknown_type() {
	bundle
	config '.mounts+=[{destination:"/b",type:"nosuchfs",source:"x"}]'
	cap rt run --bundle "$B" "$ID"
	bad
	says 'no such device'
	nothing_left || die "left: $(leftovers)"
}

nosymfollow() {
	peer_differs crun "does not know nosymfollow"
	old_peer runc "1.1 does not know nosymfollow"
	bundle
	bind "bind,nosymfollow"
	ln -s file "$B/src/link"
	run_sh 'cat /b/file; cat /b/link'
	is "$OUT" content
	[ "$ST" != 0 ] || die "the link was followed"
}

recursive_option() {
	bundle
	old_peer crun "1.8 knows part of them"
	sh_args 'cat /proc/self/mountinfo'
	mkdir "$B/tree"
	bind "rbind,$1" "$B/tree"
	cap unshare --mount --propagation private bash -c '
		set -eu
		mount -t tmpfs t "$1/tree"; mkdir "$1/tree/sub"; mount -t tmpfs u "$1/tree/sub"
		shift; exec "$@"' - "$B" timeout 20 "${RT[@]}" run --bundle "$B" "$ID"
	ok
	has "$(opts_of /b)" "$2"
	has "$(opts_of /b/sub)" "$2"
}

bind_is_not_recursive() {
	bundle
	sh_args 'cat /proc/self/mountinfo'
	mkdir "$B/tree"
	bind "$1" "$B/tree"
	cap unshare --mount --propagation private bash -c '
		set -eu
		mount -t tmpfs t "$1/tree"; mkdir "$1/tree/sub"; mount -t tmpfs u "$1/tree/sub"
		shift; exec "$@"' - "$B" timeout 20 "${RT[@]}" run --bundle "$B" "$ID"
	ok
	is "$(fs_of /b)" tmpfs
	is "$(fs_of /b/sub)" "$2"
}

bind_file() {
	bundle
	bind bind "$B/src/file"
	in_box 'cat /b'
	is "$OUT" content
}

bind_relative_source() {
	bundle
	bind bind src
	in_box 'cat /b/file'
	is "$OUT" content
}

bind_writes() {
	bundle
	bind bind
	in_box 'echo new >/b/made; cat /b/made'
	is "$(cat "$B/src/made")" new
}

bind_ro_refuses() {
	bundle
	bind bind,ro
	run_sh 'cat /b/file; echo x >/b/file'
	[ "$ST" != 0 ] || die "written"
	is "$OUT" content
	is "$(cat "$B/src/file")" content
}

bind_missing_source() {
	bundle
	bind bind /no/such/source
	cap rt run --bundle "$B" "$ID"
	bad
	says 'no such file or directory'
	nothing_left || die "left: $(leftovers)"
}

bind_keeps_locked_flags() {
	peers_differ "fails, or drops them"
	# in a user namespace the source's nosuid, nodev, noexec are locked: a remount must not try to drop them
	bundle
	sh_args 'cat /proc/self/mountinfo'
	ns_add user
	config '.linux.uidMappings=[{containerID:0,hostID:100000,size:65536}]
		| .linux.gidMappings=[{containerID:0,hostID:100000,size:65536}]'
	mkdir "$B/tree" "$B/rootfs/b"
	bind "rbind,ro" "$B/tree"
	cap unshare --mount --propagation private bash -c '
		set -eu
		mount -t tmpfs -o nosuid,nodev,noexec t "$1/tree"
		shift; exec "$@"' - "$B" timeout 20 "${RT[@]}" run --bundle "$B" "$ID"
	ok
	has "$(opts_of /b)" ro
	has "$(opts_of /b)" nosuid
	has "$(opts_of /b)" nodev
	has "$(opts_of /b)" noexec
}

makes_targets() {
	bundle
	mkdir -p "$B/src"
	echo content >"$B/src/file"
	config --arg s "$B/src" '.mounts+=[
		{destination:"/made/by/mount",type:"bind",source:$s,options:["bind"]},
		{destination:"/made/a/file",type:"bind",source:($s+"/file"),options:["bind"]},
		{destination:"/made/tmp",type:"tmpfs",source:"t"}]'
	in_box 'cat /made/by/mount/file /made/a/file; test -d /made/tmp'
	is "$OUT" $'content\ncontent'
	[ -f "$B/rootfs/made/a/file" ] || die "no file was made as target"
	[ -d "$B/rootfs/made/tmp" ] || die "no folder was made as target"
	[ "$KIND" = crun ] || is "$(stat -c %a "$B/rootfs/made/by/mount")" 755
}

relative_destination() {
	bundle
	config '.mounts+=[{destination:"rel/dest",type:"tmpfs",source:"t"}]'
	info
	is "$(fs_of /rel/dest)" tmpfs
}

dir_on_file() {
	bundle
	mkdir "$B/dir"
	config --arg s "$B/dir" '.mounts+=[{destination:"/etc/passwd",type:"bind",source:$s,options:["bind"]}]'
	cap rt run --bundle "$B" "$ID"
	bad
	says 'not a directory'
	nothing_left || die "left: $(leftovers)"
}

copyup() {
	bundle
	echo original >"$B/rootfs/etc/in-etc"
	chmod 640 "$B/rootfs/etc/in-etc"
	ln -s in-etc "$B/rootfs/etc/link"
	mkdir -m 750 "$B/rootfs/etc/d"
	echo deep >"$B/rootfs/etc/d/deep"
	config '.mounts+=[{destination:"/etc",type:"tmpfs",source:"t",options:["tmpcopyup"]}]'
	in_box 'cat /etc/in-etc /etc/d/deep; stat -c %a /etc/in-etc /etc/d; readlink /etc/link; echo x >/etc/in-etc
		cat /proc/self/mountinfo'
	is "$(head -n 5 <<<"$OUT")" $'original\ndeep\n640\n750\nin-etc'
	is "$(fs_of /etc)" tmpfs
	is "$(cat "$B/rootfs/etc/in-etc")" original
}

propagation() {
	# $1 the option, $2 what mountinfo shows
	[ "$2" = '^$' ] || peer_differs crun "loses the propagation of a mount"
	bundle
	bind "bind,$1"
	info
	like "$(peer_of /b)" "$2"
}

idmap() {
	old_peer runc "1.1 has no id-mapped mounts"
	if [ "$(stat -f -c %T "$T")" = tmpfs ] && [ "$(printf '6.3\n%s\n' "$(uname -r)" | sort -V | head -n 1)" != 6.3 ]; then
		skip "this kernel has no id-mapped tmpfs"
	fi
	old_peer crun "1.8 wants its own syntax"
	bundle
	mkdir -p "$B/src" "$B/rootfs/b"
	echo x >"$B/src/file"
	chown 0:0 "$B/src" "$B/src/file"
	ns_add user
	config --arg s "$B/src" '.linux.uidMappings=[{containerID:0,hostID:100000,size:65536}]
		| .linux.gidMappings=[{containerID:0,hostID:100000,size:65536}]
		| .mounts+=[{destination:"/b",type:"bind",source:$s,options:["bind","idmap"],
		uidMappings:[{containerID:0,hostID:100000,size:65536}],gidMappings:[{containerID:0,hostID:100000,size:65536}]}]'
	run_sh 'stat -c %u:%g /b/file; touch /b/new'
	if [ "$ST" = 1 ] && [[ $ERR == *"not supported yet"* ]]; then
		nothing_left || die "left: $(leftovers)"
		skip "id-mapped mounts are refused by name"
	fi
	ok
	is "$OUT" 0:0
	is "$(stat -c %u "$B/src/new")" 0
}

cgroup_mount() {
	bundle
	config '.mounts+=[{destination:"/sys/fs/cgroup",type:"cgroup",source:"cgroup",
		options:["nosuid","noexec","nodev","relatime","ro"]}]'
	in_box 'ls /sys/fs/cgroup; cat /proc/self/mountinfo'
	is "$(awk '$5 ~ "^/sys/fs/cgroup" && / - cgroup2? / && $6 !~ /^ro,/' <<<"$OUT")" "" "writable hierarchies"
	[[ $OUT == *cgroup.procs* ]] || [[ $OUT == *memory* ]] || die "no hierarchies: $OUT"
}

# in a namespace of its own the container makes cgroups of its own, and they go with it
cgroup_mount_writable() {
	bundle
	ns_drop cgroup
	ns_add cgroup
	config '.mounts=[.mounts[]|select(.destination!="/sys/fs/cgroup")]+[{destination:"/sys/fs/cgroup",type:"cgroup",source:"cgroup",
		options:["nosuid","noexec","nodev","rw"]}]'
	sh_args 'cd /sys/fs/cgroup; [ ! -d freezer ] || cd freezer
		mkdir inner && echo $$ >inner/cgroup.procs && grep -E "^0:|freezer" /proc/self/cgroup; exec sleep 60'
	must_create_logged
	cap rt start "$ID"
	ok
	within 5 grep -q /inner "$T/inner" || die "it could not: $(cat "$T/inner")"
	cap rt exec "$ID" true
	ok
	cap rt delete --force "$ID"
	ok
	is "$(our_cgroups)" ""
}
must_create_logged() { timeout 30 "${RT[@]}" create --bundle "$B" "$ID" >"$T/inner" 2>&1 </dev/null || die "$(cat "$T/inner")"; }
cgroup_mount_with_ns() {
	bundle
	config '.linux.namespaces+=[{type:"cgroup"}]
		| .mounts+=[{destination:"/sys/fs/cgroup",type:"cgroup",source:"cgroup",options:["nosuid","noexec","nodev","relatime","ro"]}]'
	in_box 'ls /sys/fs/cgroup; cat /proc/self/mountinfo'
	[[ $OUT == *cgroup.procs* ]] || [[ $OUT == *memory* ]] || die "no hierarchies: $OUT"
	unlike "$OUT" "$ID"
}

no_mounts() {
	bundle
	config '.mounts=[] | .linux.maskedPaths=[] | .linux.readonlyPaths=[]'
	args sh -c 'echo alive'
	peer_differs runc "wants /proc to set things up"
	cap rt run --bundle "$B" "$ID"
	ok
	is "$OUT" alive
}

host_unseen() {
	bundle
	in_box 'cat /proc/self/mountinfo; ls /'
	unlike "$(awk '{print $5}' <<<"$(grep ' - ' <<<"$OUT")")" 'hezi-live'
	peer_differs crun "1.29 masks directories by one of its root directory"
	unlike "$OUT" "$(basename "$T")/root"
}

# but for the folders of other tests, which run at the same time
host_table() { awk -v own="$T/" -v tests="${T%.*}." 'index($5, own) || !index($5, tests)' /proc/self/mountinfo | sort; }
host_table_untouched() {
	local before
	bundle
	before=$(host_table)
	sleeper
	is "$(host_table)" "$before" "the host's mount table while it runs"
	rt delete --force "$ID"
	is "$(host_table)" "$before" "the host's mount table after it"
}

# --- rootfs ----------------------------------------------------------------------------------------

readonly_rootfs() {
	bundle
	config '.root.readonly=true'
	run_sh 'touch /tmp/x'
	[ "$ST" != 0 ] || die "written"
	like "$ERR" '[Rr]ead-only'
	in_box 'cat /proc/self/mountinfo; echo x >/dev/shm/x; test -c /dev/null'
	has "$(opts_of /)" ro
}

writable_rootfs() {
	bundle
	in_box 'touch /tmp/x; cat /proc/self/mountinfo'
	has "$(opts_of /)" rw
	[ -e "$B/rootfs/tmp/x" ] || die "not in the rootfs"
}

rootfs_absolute() {
	bundle
	mv "$B/rootfs" "$B/elsewhere"
	config --arg p "$B/elsewhere" '.root.path=$p'
	in_box 'echo fine'
	is "$OUT" fine
}

rootfs_symlink() {
	bundle
	mv "$B/rootfs" "$B/elsewhere"
	ln -s elsewhere "$B/rootfs"
	run_sh 'echo fine'
	[ "$ST" != 0 ] || is "$OUT" fine
}

rootfs_is_mount() {
	# engines hand over a mounted overlay
	bundle
	sh_args 'echo fine; touch /new'
	mkdir "$B/up" "$B/work" "$B/merged"
	config '.root.path="merged"'
	cap unshare --mount --propagation private bash -c '
		set -eu
		mount -t tmpfs t "$1/up"; mkdir "$1/up/u" "$1/up/w"
		mount -t overlay -o "lowerdir=$1/rootfs,upperdir=$1/up/u,workdir=$1/up/w" o "$1/merged"
		shift; exec "$@"' - "$B" timeout 20 "${RT[@]}" run --bundle "$B" "$ID"
	ok
	is "$OUT" fine
	[ ! -e "$B/rootfs/new" ] || die "written below the overlay"
}

rootfs_propagation() {
	[ "$2" = '^$' ] || old_peer runc "1.1 leaves the rootfs private, or fails"
	bundle
	config --arg p "$1" '.linux.rootfsPropagation=$p'
	info
	like "$(peer_of /)" "$2"
}

rootfs_propagation_bad() {
	peer_differs crun "ignores it"
	bundle
	config '.linux.rootfsPropagation="nonsense"'
	cap rt run --bundle "$B" "$ID"
	bad
}

slave_receives() {
	# rslave: a mount made on the host's side afterwards appears inside
	bundle
	sh_args 'i=0; while [ ! -e /b/sub/late ] && [ $i -lt 50 ]; do sleep 0.1; i=$((i+1)); done; ls /b/sub'
	mkdir -p "$B/shared/sub"
	config --arg s "$B/shared" '.linux.rootfsPropagation="rslave"
		| .mounts+=[{destination:"/b",type:"bind",source:$s,options:["rbind","rslave"]}]'
	cap unshare --mount --propagation private bash -c '
		set -eu
		mount --bind "$1/shared" "$1/shared"; mount --make-shared "$1/shared"
		(sleep 0.7; mount -t tmpfs t "$1/shared/sub"; touch "$1/shared/sub/late") & 
		shift; "$@"; wait' - "$B" timeout 20 "${RT[@]}" run --bundle "$B" "$ID"
	ok
	is "$OUT" late
}

private_does_not_leak_out() {
	bundle
	config '.process.capabilities.bounding+=["CAP_SYS_ADMIN"] | .process.capabilities.effective+=["CAP_SYS_ADMIN"]
		| .process.capabilities.permitted+=["CAP_SYS_ADMIN"]'
	sh_args 'mount -t tmpfs t /mnt && touch /mnt/inside'
	cap unshare --mount --propagation shared bash -c 'set -eu; d=$1; shift; "$@"; ! grep -q "$d/rootfs/mnt" /proc/self/mountinfo' \
		- "$B" timeout 20 "${RT[@]}" run --bundle "$B" "$ID"
	ok
}

t "the usual mounts, with their options" standard
t "mounts are made in the listed order" order
while read -r name present absent; do
	t "option $name" one_option "$name" "$present" "$absent"
done <<-EOT
	ro ro rw
	rw rw ro
	nosuid nosuid -
	suid - nosuid
	nodev nodev -
	dev - nodev
	noexec noexec -
	exec - noexec
	noatime noatime relatime
	relatime relatime noatime
	strictatime - relatime
	nodiratime nodiratime -
EOT
t "the last of two wins: ro,rw" last_wins ro,rw rw
t "the last of two wins: rw,ro" last_wins rw,ro ro
t "the last of two wins: suid,nosuid" last_wins suid,nosuid nosuid
t "options and data of a tmpfs" tmpfs_options
t "a tmpfs without options is 1777 and plain" tmpfs_plain
t "options of the superblock" super_flags
t "words that change nothing are accepted" accepted_words
t "data that the file system refuses fails create" unknown_option
t "an unknown option on a bind mount is refused" unknown_option_bind
t "an unknown file system is refused" unknown_type
t "nosymfollow" nosymfollow
for pair in rro:ro rnosuid:nosuid rnodev:nodev rnoexec:noexec rnoatime:noatime; do
	t "recursive option ${pair%:*}" recursive_option "${pair%:*}" "${pair#*:}"
done
t "bind takes one mount, not the tree" bind_is_not_recursive bind ""
t "rbind takes the tree" bind_is_not_recursive rbind tmpfs
t "a file as bind source" bind_file
t "a bind source relative to the bundle" bind_relative_source
t "a bind mount is the source itself" bind_writes
t "a read-only bind refuses writes" bind_ro_refuses
t "a missing bind source is refused" bind_missing_source
t "a read-only bind keeps the source's nosuid, nodev, noexec" bind_keeps_locked_flags
t "missing targets are made, files and folders" makes_targets
t "a relative destination counts from /" relative_destination
t "a folder on a file is refused" dir_on_file
t "tmpcopyup" copyup
t "propagation private" propagation private '^$'
t "propagation rprivate" propagation rprivate '^$'
t "propagation shared" propagation shared 'shared:'
t "propagation rshared" propagation rshared 'shared:'
t "propagation unbindable" propagation unbindable 'unbindable'
t "id-mapped mount" idmap
t "cgroup mount, read-only" cgroup_mount
t "cgroup mount with a cgroup namespace" cgroup_mount_with_ns
t "cgroup mount, writable: cgroups of the container's own" cgroup_mount_writable
t "no mounts at all" no_mounts
t "nothing of the host's mounts is seen inside" host_unseen
t "the host's mount table stays as it was" host_table_untouched
t "root.readonly" readonly_rootfs
t "a writable root" writable_rootfs
t "an absolute root.path" rootfs_absolute
t "a root.path that is a symlink" rootfs_symlink
t "a rootfs that is a mounted overlay" rootfs_is_mount
t "rootfsPropagation private" rootfs_propagation private '^$'
t "rootfsPropagation shared" rootfs_propagation shared 'shared:'
t "rootfsPropagation unbindable" rootfs_propagation unbindable unbindable
t "rootfsPropagation of nonsense is refused" rootfs_propagation_bad
t "rslave receives later mounts" slave_receives
t "mounts made inside stay inside" private_does_not_leak_out
finish
