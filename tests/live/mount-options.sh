#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Mount options beyond the everyday ones: SPEC MO-4, MO-6 … MO-18, PP-1.
. "$(dirname "$0")/../lib/live.sh"

# opts_of DESTINATION: a line of mountinfo in the container: options, optional fields, type, super options
OPTS_OF='opts() { while read -r _ _ _ _ p o r; do if [ "$p" = "$1" ]; then echo "$o $r"; fi; done </proc/self/mountinfo; }'
bind() { config --arg s "$1" --arg d "$2" --argjson o "$3" '.mounts+=[{destination:$d,type:"bind",source:$s,options:$o}]'; }

# --- every name of the specification (MO-6, MO-7, MO-8) ----------------------------------------------

NAMES="async atime defaults dev diratime dirsync exec iversion lazytime loud noatime nodev nodiratime noexec noiversion
	nolazytime norelatime nostrictatime nosuid private relatime ro rprivate rshared rslave runbindable rw
	shared silent slave strictatime suid sync unbindable nosymfollow symfollow mand nomand
	ratime rdev rdiratime relatime rexec rnoatime rnodiratime rnoexec rnorelatime rnostrictatime rnosuid rnosymfollow
	rrelatime rro rrw rstrictatime rsuid rsymfollow rnodev"

names_tmpfs() {
	peers_differ "refuse some names"
	bundle
	args true
	config --arg n "$NAMES" '.mounts+=[$n|split("[ \n\t]+";null)|.[]|{destination:("/m/"+.),type:"tmpfs",source:"t",options:[.]}]'
	cap rt run --bundle "$B" "$ID"
	ok
}

names_bind() {
	peers_differ "refuse some names"
	bundle
	args true
	mkdir "$B/src"
	config --arg n "$NAMES" --arg s "$B/src" \
		'.mounts+=[$n|split("[ \n\t]+";null)|.[]|{destination:("/m/"+.),type:"bind",source:$s,options:["rbind",.]}]'
	cap rt run --bundle "$B" "$ID"
	ok
}

# recursive OPTION WANT: of the mount and of the one below it (MO-8)
recursive() {
	old_peer runc "1.1 lacks some"
	old_peer crun "1.8 lacks some, and sets the one mount only"
	[ "$1" != rnosymfollow ] || peer_differs crun "does not know it"
	bundle
	mkdir -p "$B/src/sub"
	bind "$B/src" /b "[\"rbind\",\"$1\"]"
	sh_args "$OPTS_OF; opts /b; opts /b/sub"
	cap unshare -m sh -c 'mount -t tmpfs t "$1" && shift && exec "$@"' - "$B/src/sub" "${RT[@]}" run --bundle "$B" "$ID"
	ok
	while read -r line; do like "$line" "^([a-z]*,)*$2[, ]" "$1"; done <<<"$OUT"
	is "$(wc -l <<<"$OUT")" 2
}

recursive_but_one() {
	peers_differ "1.1 and 1.8 lack it"
	bundle
	mkdir -p "$B/src/sub"
	bind "$B/src" /b '["rbind","rro","rw"]'
	sh_args 'touch /b/x && ! touch /b/sub/x'
	cap unshare -m sh -c 'mount -t tmpfs t "$1" && shift && exec "$@"' - "$B/src/sub" "${RT[@]}" run --bundle "$B" "$ID"
	ok
}

nosymfollow() {
	peer_differs crun "does not know it"
	bundle
	mkdir "$B/src"
	ln -s /etc/passwd "$B/src/link"
	bind "$B/src" /b '["bind","'"$1"'"]'
	run_sh 'cat /b/link'
	[ "$ST" != 0 ] || die "the link was followed"
}

# --- data (MO-15, MO-18) --------------------------------------------------------------------------------

bind_data() {
	peers_differ "crun and runc 1.1 take it in silence"
	bundle
	bind "$B" /b '["bind","size=4k"]'
	create
	bad
	says 'size=4k'
	says '/mounts/[0-9]+/options/1'
}

# every file system without a device that this kernel offers to a container (MO-4)
all_types() {
	local type tried=0
	for type in $(awk '$1 == "nodev" {print $2}' /proc/filesystems); do
		case $type in
		tmpfs | proc | sysfs | ramfs | devpts | mqueue | securityfs | debugfs | tracefs | bpf | configfs | hugetlbfs | pstore | efivarfs | fusectl | binfmt_misc) ;;
		*) continue ;;
		esac
		unshare -m sh -c 'mount -t "$1" none /mnt' - "$type" 2>/dev/null || continue
		bundle
		config --arg t "$type" '.mounts+=[{destination:"/m",type:$t,source:$t}]'
		in_box 'while read -r _ _ _ _ p _; do if [ "$p" = /m ]; then echo yes; fi; done </proc/self/mountinfo'
		is "$OUT" yes "$type"
		tried=$((tried + 1))
	done
	[ $tried -ge 5 ] || die "only $tried types"
}

overlay() {
	bundle
	mkdir -p "$T/ov/l" "$T/ov/u" "$T/ov/w"
	echo low >"$T/ov/l/file"
	config --arg t "$T/ov" '.mounts+=[{destination:"/o",type:"overlay",source:"overlay",
		options:["lowerdir="+$t+"/l","upperdir="+$t+"/u","workdir="+$t+"/w"]}]'
	unshare -m mount -t overlay overlay -o "lowerdir=$T/ov/l,upperdir=$T/ov/u,workdir=$T/ov/w" /mnt 2>/dev/null || skip "no overlay here"
	in_box 'cat /o/file; echo up >/o/new'
	is "$OUT" low
	is "$(cat "$T/ov/u/new")" up
	rm -rf "$T/ov"
}

# --- links ------------------------------------------------------------------------------------------------

link_setup() {
	peer_differs runc "does not know it"
	old_peer crun "1.8 does not know it"
	bundle
	mkdir "$B/src" "$B/rootfs/real"
	echo content >"$B/src/file"
	ln -s file "$B/src/link"
}

copy_symlink() {
	link_setup
	bind "$B/src/link" /etc/link '["bind","copy-symlink"]'
	bind "$B/src/file" /etc/file '["bind","copy-symlink"]'
	in_box 'readlink /etc/link; cat /etc/link; grep -c "/etc/link" /proc/self/mountinfo || true'
	is "$OUT" "file
content
0"
	in_box 'readlink /etc/link'
	is "$OUT" file "again"
	rm "$B/rootfs/etc/link"
	echo other >"$B/rootfs/etc/link"
	create
	bad
	is "$(cat "$B/rootfs/etc/link")" other
}

src_nofollow() {
	link_setup
	bind "$B/src/link" /etc/link '["bind","src-nofollow"]'
	in_box 'readlink /etc/link'
	is "$OUT" file
}

dest_nofollow() {
	link_setup
	ln -s /real/target "$B/rootfs/etc/dest"
	bind "$B/src/file" /etc/dest '["bind","dest-nofollow"]'
	in_box 'cat /etc/dest; ls /real'
	is "$OUT" content
	is "$(readlink "$B/rootfs/etc/dest")" /real/target
	config '.mounts[-1].options=["bind"]'
	in_box 'cat /real/target'
	is "$OUT" content "followed without it"
}

links_refused() {
	peers_differ "do not know them"
	bundle
	config '.mounts+=[{destination:"/x",type:"tmpfs",source:"t",options:["copy-symlink"]}]'
	create
	bad
	says 'for bind mounts only'
}

# --- ids (MO-10 … MO-14) -----------------------------------------------------------------------------------

can_idmap() {
	old_peer runc "1.1 has no id-mapped mounts"
	if [ "$(stat -f -c %T "$T")" = tmpfs ] && [ "$(printf '6.3\n%s\n' "$(uname -r)" | sort -V | head -n 1)" != 6.3 ]; then
		skip "this kernel has no id-mapped tmpfs"
	fi
}
user_ns() {
	ns_add user
	config '.linux.uidMappings=[{containerID:0,hostID:100000,size:1000},{containerID:1000,hostID:300000,size:1000}]
		| .linux.gidMappings=[{containerID:0,hostID:200000,size:65536}]'
}
source_tree() {
	mkdir -p "$B/src/sub" "$B/rootfs/b"
	echo x >"$B/src/file"
	chown 5:6 "$B/src/file"
	chown 0:0 "$B/src"
	chmod 777 "$B/src"
	chmod 755 "$B" "$B/rootfs"
}

# the option's own ids: without a user namespace the host's are seen
idmap_option() {
	peer_differs runc "does not know it"
	can_idmap
	bundle
	source_tree
	bind "$B/src" /b '["bind","idmap=uids=0-1000-10#10-2000-10;gids=0-3000-10"]'
	in_box 'stat -c %u:%g /b/file'
	is "$OUT" 1005:3006
}

idmap_option_relative() {
	peer_differs runc "does not know it"
	old_peer crun "1.8 counts in the first range only"
	can_idmap
	bundle
	source_tree
	user_ns
	bind "$B/src" /b '["bind","idmap=uids=@5-1003-1;gids=@6-7-1"]'
	in_box 'stat -c %u:%g /b/file'
	is "$OUT" 1003:7
}

idmap_option_one_kind() {
	peers_differ "crun wants both"
	can_idmap
	bundle
	source_tree
	bind "$B/src" /b '["bind","idmap=uids=5-77-1"]'
	in_box 'stat -c %u:%g /b/file'
	is "$OUT" 77:6
}

idmap_option_bad() {
	local o
	peers_differ "not held to this"
	for o in idmap= idmap=uids= idmap=uids=1 idmap=uids=1-2 "idmap=uids=1-2-x" "idmap=gods=1-2-3" \
		"idmap=uids=1-2-99999999999" "idmap=uids=@1-2-3;gids=1-2-3" "idmap=uids=1-2-0;gids=1-2-3" "idmap=uids=1-2-3;uids=4-5-6"; do
		bundle
		bind "$B" /b "[\"bind\",\"$o\"]"
		create
		bad
		says '/mounts/[0-9]+/options/1'
	done
}

idmap_container() {
	can_idmap
	old_peer crun "1.8 needs another kernel"
	bundle
	source_tree
	user_ns
	bind "$B/src" /b '["bind","'"$1"'"]'
	in_box 'stat -c %u:%g /b/file; touch /b/new'
	is "$OUT" 5:6
	is "$(stat -c %u:%g "$B/src/new")" 0:0
}

# ridmap is for the tree, idmap for the one mount
idmap_recursive() {
	peers_differ "1.1 and 1.8 have no difference between the two"
	can_idmap
	bundle
	source_tree
	user_ns
	bind "$B/src" /b '["rbind","'"$1"'"]'
	sh_args 'stat -c %u /b /b/sub'
	cap unshare -m sh -c 'mount -t tmpfs t "$1" && shift && exec "$@"' - "$B/src/sub" "${RT[@]}" run --bundle "$B" "$ID"
	ok
	is "$OUT" "$2"
}

# without the option, and from a source relative to the bundle
idmap_mappings() {
	can_idmap
	peer_differs crun "1.8 does not know them, 1.29 not with a relative source"
	bundle
	source_tree
	config --argjson o "$1" '.mounts+=[{destination:"/b",type:"bind",source:"src",options:$o,
		uidMappings:[{containerID:5,hostID:50,size:1}],gidMappings:[{containerID:6,hostID:60,size:1}]}]'
	in_box 'stat -c %u:%g /b/file'
	is "$OUT" 50:60
}

idmap_bad() {
	peers_differ "not held to this"
	bundle
	bind "$B" /b '["bind","idmap"]'
	create
	bad
	says 'needs uidMappings'
	bundle
	config --arg s "$B" '.mounts+=[{destination:"/b",type:"bind",source:$s,options:["bind"],uidMappings:[{containerID:0,hostID:0,size:1}]}]'
	create
	bad
	says 'given together'
}

idmap_new() {
	peers_differ "for binds only"
	can_idmap
	bundle
	mkdir "$B/rootfs/t"
	touch "$B/rootfs/t/file"
	config --argjson o "$1" '.mounts+=[{destination:"/t",type:"tmpfs",source:"t",options:$o,
		uidMappings:[{containerID:0,hostID:500,size:10}],gidMappings:[{containerID:0,hostID:600,size:10}]}]'
	in_box 'stat -c %u:%g /t'
	is "$OUT" 500:600
}

# --- propagation (MO-17, PP-1) -------------------------------------------------------------------------------

# the container's view of a mount that the host makes later, and the host's of one that the container makes
effect() {
	[ "$1" != private ] || peers_differ "make the root alone private, not what is bound"
	[ "$1" != unbindable ] || peers_differ "runc 1.1 cannot, crun 1.8 makes the root alone so"
	local want_in=$2 want_out=$3
	bundle
	mkdir -p "$T/sh" "$B/rootfs/v"
	[ "$1" = none ] || config --arg p "$1" '.linux.rootfsPropagation=$p'
	config --arg s "$T/sh" --argjson o "$4" '.mounts+=[{destination:"/v",type:"bind",source:$s,options:$o}]
		| .process.capabilities=((.process.capabilities//{})|map_values(.+["CAP_SYS_ADMIN"]))'
	cat >"$T/effect" <<'S'
rt="$1 --root $2 $6" b=$3 id=$4 sh=$5
mount -t tmpfs t "$sh" && mount --make-shared "$sh" && mkdir -p "$sh/host" "$sh/box" && chmod 777 "$sh/host" "$sh/box" || exit 9
$rt create --bundle "$b" "$id" </dev/null >"$b/out" 2>&1 || { cat "$b/out"; exit 8; }
mount -t tmpfs t "$sh/host" && touch "$sh/host/seen"
$rt start "$id" || exit 7
i=0; while [ ! -e "$sh/done" ] && [ $i -lt 100 ]; do sleep 0.05; i=$((i + 1)); done
echo "in $(cat "$sh/done") out $([ -e "$sh/box/seen" ] && echo yes || echo no)"
$rt delete --force "$id"
S
	sh_args 'mount -t tmpfs t /v/box && touch /v/box/seen; if [ -e /v/host/seen ]; then echo yes; else echo no; fi >/v/tmp; mv /v/tmp /v/done; sleep 60'
	cap timeout 20 unshare -m --propagation private sh "$T/effect" "$RUNTIME" "$ROOT" "$B" "$ID" "$T/sh" "$DRIVER"
	is "$OUT" "in $want_in out $want_out" "$1 $4"
}

# flags_of OPTIONS SOURCE-OPTIONS: how the box sees a bind of a mount that has these
flags_of() {
	mkdir -p "$B/src"
	mount -t tmpfs src "$B/src" && mount -o "remount,bind,$2" "$B/src" || die "no source"
	config --arg s "$B/src" --arg o "$1" '.mounts=[.mounts[]|select(.destination!="/mnt")]+[{destination:"/mnt",source:$s,options:($o|split(","))}]'
	in_box 'awk "\$5 == \"/mnt\" {print \$6}" /proc/self/mountinfo'
	umount "$B/src"
}

bind_clears() {
	# an option of a bind says it all: what it does not name is cleared; without one the source's flags stay
	old_peer runc "1.1 has no nosymfollow"
	peer_differs crun "clears them without an option (1.8), or never"
	bundle
	flags_of bind ro,nosuid,nodev,noexec
	like "$OUT" 'ro,nosuid,nodev,noexec'
	flags_of bind,ro nosuid,nodev,noexec
	like "$OUT" '^ro'
	unlike "$OUT" 'nosuid|nodev|noexec'
	flags_of bind,nosuid ro
	like "$OUT" '^rw,nosuid'
}

bind_keeps_locked() {
	# in a user namespace they are locked
	old_peer runc "1.1 fails there"
	old_peer crun "1.8 clears them"
	bundle
	config '.linux.namespaces+=[{type:"user"}]|.linux.uidMappings=[{containerID:0,hostID:100000,size:65536}]|.linux.gidMappings=.linux.uidMappings'
	chmod 755 "$B"
	flags_of bind,ro nosuid,nodev,noexec
	like "$OUT" 'ro,nosuid,nodev,noexec'
}

# below_rootfs NAMESPACES: targets and sources that are named by their path on the host; the source is what was mounted before
below_rootfs() {
	bundle
	[ -z "$1" ] || config '.linux.namespaces+=[{type:"user"}]|.linux.uidMappings=[{containerID:0,hostID:100000,size:65536}]|.linux.gidMappings=.linux.uidMappings'
	chmod 755 "$B"
	[ -z "$1" ] || old_peer runc "1.1 looks for the source on the host"
	peer_differs crun "looks for the source on the host"
	mkdir -p "$B/src" "$B/rootfs/one" "$B/rootfs/two"
	echo inner >"$B/src/file"
	config --arg s "$B/src" --arg r "$B/rootfs" '.mounts+=[{destination:"/one",source:$s,options:["bind"]},
		{destination:($r+"/two"),source:($r+"/one"),options:["bind"]}]'
	in_box 'cat /two/file'
	is "$OUT" inner
}

t "every name of the specification: a new file system" names_tmpfs
t "every name of the specification: a bind mount" names_bind
t "recursive: rro" recursive rro ro
t "recursive: rnosuid" recursive rnosuid nosuid
t "recursive: rnodev" recursive rnodev nodev
t "recursive: rnoexec" recursive rnoexec noexec
t "recursive: rnosymfollow" recursive rnosymfollow nosymfollow
t "recursive: rnoatime" recursive rnoatime noatime
t "recursive: rnodiratime" recursive rnodiratime nodiratime
t "recursive, but for the one mount: rro,rw" recursive_but_one
t "a bind clears what its options do not name" bind_clears
t "a bind in a user namespace keeps what is locked" bind_keeps_locked
t "paths of the host below the rootfs" below_rootfs ""
t "paths of the host below the rootfs, in a user namespace" below_rootfs user
t "nosymfollow on a bind mount" nosymfollow nosymfollow
t "file system data on a bind mount is refused by name" bind_data
t "file systems of /proc/filesystems" all_types
t "overlay" overlay
t "copy-symlink" copy_symlink
t "src-nofollow" src_nofollow
t "dest-nofollow" dest_nofollow
t "copy-symlink without a bind is refused" links_refused
t "idmap=uids=…;gids=…" idmap_option
t "idmap=uids=@…: ids of the container" idmap_option_relative
t "idmap=uids=…: the other kind stays" idmap_option_one_kind
t "idmap=…: bad ones are refused" idmap_option_bad
t "idmap with the ids of the container" idmap_container idmap
t "ridmap with the ids of the container" idmap_container ridmap
t "idmap is for the one mount" idmap_recursive idmap "0
65534"
t "ridmap is for the tree" idmap_recursive ridmap "0
0"
t "uidMappings with idmap, of a relative source" idmap_mappings '["bind","idmap"]'
t "uidMappings without idmap" idmap_mappings '["bind"]'
t "idmap without ids is refused" idmap_bad
t "uidMappings of a tmpfs" idmap_new '[]'
t "uidMappings of a tmpfs with tmpcopyup" idmap_new '["tmpcopyup","mode=700"]'
t "rootfsPropagation shared spreads both ways" effect shared yes yes '["bind","shared"]'
t "rootfsPropagation slave: from the host only" effect slave yes no '["bind","slave"]'
t "rootfsPropagation rshared, as engines write it" effect rshared yes yes '["rbind","rshared","rw"]'
t "rootfsPropagation rslave, as engines write it" effect rslave yes no '["rbind","rslave"]'
t "rootfsPropagation private: neither" effect private no no '["bind"]'
t "rootfsPropagation unbindable: neither" effect unbindable no no '["bind"]'
t "no rootfsPropagation: nothing comes out" effect none no no '["bind","private"]'
finish
