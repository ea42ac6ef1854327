# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The frame of the engine tests: sourced by each tests/engines/*.sh.
#
#	need PROGRAM...			skip the file where one is missing
#	check WHAT STATUS REGEX CMD...	run CMD; its status, and stdout and stderr together against the regex (DOTALL)
#	sh_check WHAT STATUS REGEX SCRIPT	the same with a script for bash
#	image				a busybox root file system in $D/img
#	podman_as_root [LINES]		a Podman of this file's own, $P, with the image bb; more LINES for its containers.conf
#	done_all			remove all, print the plan
#
# RUNTIME is the runtime under test. Each file runs in mount and network namespaces of its own, with a view of
# /sys/fs/cgroup that holds the v1 hierarchies alone (see tests/lib/v1view): engines make directories there.
set -u
export LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

plan_skip() { echo "TAP version 13"; echo "1..0 # SKIP $1"; exit 0; }
need() { local p; for p; do command -v "$p" >/dev/null || plan_skip "$p is not installed"; done; }

[ "$(id -u)" = 0 ] || plan_skip "needs root"
RUNTIME=${RUNTIME:-$HERE/../../build/src/cli/hezi}
RUNTIME=$(realpath "$(command -v "$RUNTIME")") || plan_skip "no runtime to test"
need busybox unshare python3
if [ -z "${ENGINE_INSIDE:-}" ]; then
	export RUNTIME ENGINE_INSIDE=1
	exec unshare --mount --net --propagation private "$HERE/../lib/v1view" python3 "$HERE/../lib/reaper.py" bash "$0" "$@"
fi
KIND=$("$RUNTIME" --version | sed -n '1s/ .*//p')
ulimit -n 20000
busybox ip link set lo up 2>/dev/null || true

D=$(mktemp -d "${TMPDIR:-/tmp}/hezi-engine.XXXXXX")
cd "$D" || exit 1
COUNT=0 BAD=0 ENGINE=

image() {
	local name
	mkdir -p img/{bin,tmp,etc,dev,proc,sys,run}
	cp "$(command -v busybox)" img/bin/busybox
	for name in sh sleep cat ls id echo true ps touch grep env hostname stty tty pwd stat wc head dd mount mknod cut; do
		ln -s busybox "img/bin/$name"
	done
	printf 'root:x:0:0:root:/:/bin/sh\nbob:x:1000:1000:bob:/tmp:/bin/sh\n' >img/etc/passwd
	printf 'root:x:0:\nbob:x:1000:\nextra:x:2000:bob\n' >img/etc/group
	echo data >img/nofile
	echo nonsense >img/foreign
	echo '#!/none' >img/script
	chmod 755 img/foreign img/script
}

podman_as_root() {
	mkdir etc
	cat >etc/containers.conf <<-X
		${1:-}
		[engine]
		cgroup_manager="${HEZI_CGROUPS:-cgroupfs}"
		events_logger="file"
		runtime="under_test"
		runtime_supports_nocgroup=["under_test"]
		[engine.runtimes]
		under_test=["$RUNTIME"]
	X
	printf '[storage]\ndriver="vfs"\nrunroot="%s"\ngraphroot="%s"\n' "$D/run" "$D/root" >etc/storage.conf
	export CONTAINERS_CONF=$D/etc/containers.conf CONTAINERS_STORAGE_CONF=$D/etc/storage.conf
	P="podman --root $D/root --runroot $D/run --tmpdir $D/tmp --log-level error"
	tar -C img -c . | $P import - bb >/dev/null 2>&1 || plan_skip "podman cannot import an image here"
}

check() {
	local what=$1 want=$2 regex=$3 st=0 out
	shift 3
	COUNT=$((COUNT + 1))
	out=$(timeout -k 5 "${ENGINE_LIMIT:-60}" "$@" 2>&1 </dev/null) || st=$?
	if [ "$st" = "$want" ] && [[ $out =~ $regex ]]; then
		echo "ok $COUNT - $what"
		return
	fi
	BAD=$((BAD + 1))
	echo "not ok $COUNT - $what"
	printf 'status %s, expected %s; output, expected to match %s:\n%s\n' "$st" "$want" "$regex" "$(head -c 1500 <<<"$out")" | sed 's/^/# /'
}

sh_check() { check "$1" "$2" "$3" bash -c "$4"; }

# peer_fails KIND... -- check ARG...: a check that these runtimes are known to fail is skipped for them
peer_fails() {
	local who=" "
	while [ "$1" != -- ]; do who="$who$1 "; shift; done
	shift
	if [[ $who == *" $KIND "* ]]; then
		COUNT=$((COUNT + 1))
		echo "ok $COUNT - $2 # SKIP $KIND is known to fail it"
	else
		"$@"
	fi
}

stop_engine() {
	[ -z "$ENGINE" ] || { kill "$ENGINE" 2>/dev/null; wait "$ENGINE" 2>/dev/null; }
	ENGINE=
}
bye() {
	trap - EXIT
	stop_engine
	cd /
	awk -v d="$D/" 'index($5, d) == 1 {print $5}' /proc/self/mountinfo | sort -r | while read -r m; do umount -l "$m" 2>/dev/null; done
	rm -rf --one-file-system "$D"
}
trap bye EXIT
trap 'exit 143' TERM INT HUP

done_all() {
	echo "1..$COUNT"
	bye
	[ "$BAD" = 0 ]
	exit
}
echo "TAP version 13"
