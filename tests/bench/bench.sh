#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Times hezi beside crun and runc in one run, so that the noise of the machine hits all alike, and prints ratios.
#   bench.sh BENCH-PROGRAM HEZI [ROUNDS]
# Needs root, busybox-static and jq. Runs in a mount namespace of its own; CGROUP=v1 (default where the host has v1) shows the runtimes
# the v1 hierarchies alone, because crun refuses hybrid hosts, CGROUP=v2 a pure cgroup2 tree (with the controllers that v1 leaves).
set -euo pipefail
bench=$(realpath "$1") hezi=$(realpath "$2") rounds=${3:-25}

if [ -z "${HEZI_BENCH_INSIDE:-}" ]; then
	[ "$(id -u)" = 0 ] || { echo "bench: needs root"; exit 77; }
	for tool in busybox jq strace; do command -v $tool >/dev/null || { echo "bench: $tool is missing"; exit 77; }; done
	HEZI_BENCH_INSIDE=1 exec unshare --mount --propagation private "$0" "$bench" "$hezi" "$rounds"
fi

view=native
if [ -d /sys/fs/cgroup/memory ]; then
	view=${CGROUP:-v1}
	case $view in
	v1) umount /sys/fs/cgroup/unified 2>/dev/null || true ;;
	v2) mount -t cgroup2 none /sys/fs/cgroup ;;
	esac
fi

T=$(mktemp -d /tmp/hezi-bench.XXXXXX)
runtimes=()
for r in "$hezi" crun runc; do command -v "$r" >/dev/null && runtimes+=("$(command -v "$r")"); done
cleanup() {
	for r in "${runtimes[@]}"; do
		for d in "$T/$(basename "$r")"/b*r*; do [ -d "$d" ] && "$r" --root "$T/$(basename "$r")" delete --force "$(basename "$d")"; done
	done
	rm -rf --one-file-system "$T"
} 2>/dev/null
trap cleanup EXIT

mkdir -p "$T/bundle/rootfs"/{bin,proc,sys,dev,tmp,etc}
cp "$(command -v busybox)" "$T/bundle/rootfs/bin/busybox"
ln -s busybox "$T/bundle/rootfs/bin/true"; ln -s busybox "$T/bundle/rootfs/bin/sleep"
(cd "$T/bundle" && "$hezi" spec)
jq '.ociVersion = "1.0.2" | .process.terminal = false | .process.args = ["/bin/true"]' "$T/bundle/config.json" >"$T/true.json"
jq '.process.args = ["/bin/sleep", "1000"]' "$T/true.json" >"$T/sleep.json"

# measure NAME COMMAND… : the command of each runtime, without its name and --root
measure() {
	local name=$1 args=() i=0
	shift
	for r in "${runtimes[@]}"; do args+=(-- "$r" --root "$T/$(basename "$r")" "$@"); done
	"$bench" "$rounds" "$pause" "${args[@]}" >"$T/out" </dev/null 2>"$T/err" || { echo "$name failed:"; cat "$T/err"; return 1; }
	while read -r med min cpu rss; do
		[ $i = 0 ] && base="$med $cpu $rss"
		printf '%-14s %-6s wall %8.3f ms (min %8.3f)  cpu %7.3f ms  peak %6d KiB' "$name" "$(basename "${runtimes[$i]}")" "$med" "$min" "$cpu" "$rss"
		[ $i -gt 0 ] && awk -v b="$base" -v w="$med" -v c="$cpu" -v m="$rss" 'BEGIN { split(b, x, " ");
			printf "   hezi is %.2f of its wall, %.2f of its cpu, %.2f of its memory", x[1]/w, (c > 0 ? x[2]/c : 0), x[3]/m }'
		echo
		i=$((i + 1))
	done <"$T/out"
}

# a peer that cannot run in this view of the cgroups at all is left out by name
cp "$T/true.json" "$T/bundle/config.json"
able=()
for r in "${runtimes[@]}"; do
	if why=$("$r" --root "$T/$(basename "$r")" run --bundle "$T/bundle" probe </dev/null 2>&1 >/dev/null); then able+=("$r")
	else echo "# left out: $(basename "$r"): $why"; fi
done
runtimes=("${able[@]}")

echo "# cgroup view: $view; rounds: $rounds"
pause=20
cp "$T/true.json" "$T/bundle/config.json"
measure run run --bundle "$T/bundle" @
cp "$T/sleep.json" "$T/bundle/config.json"
measure create create --bundle "$T/bundle" @
pause=0
measure state state @
measure start start @
sleep 0.1
measure exec exec @ /bin/true
measure kill kill @ KILL
sleep 0.3
measure delete delete @
cp "$T/true.json" "$T/bundle/config.json"
for r in "${runtimes[@]}"; do
	strace -f -o "$T/trace" "$r" --root "$T/$(basename "$r")" run --bundle "$T/bundle" count </dev/null >/dev/null 2>&1 || true
	printf '%-14s %-6s %d (all processes, the program included)\n' 'system calls' "$(basename "$r")" "$(grep -c '(' "$T/trace")"
done
