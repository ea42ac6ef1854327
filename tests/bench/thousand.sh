#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Many containers at once: what one costs when there are few and when there are many, and that nothing is left.
#
#	tests/bench/thousand.sh [COUNT]		(default 1000; RUNTIME: any runtime)
#
# Prints for each tenth of create, start, kill and delete the ms per container, and how many of them a CPU worked for the
# command; ms of one `list`; and what is left at the end. On a busy machine look at the second number: the first one grows
# with the others' work, and what they do that walks through /proc and /sys/fs/cgroup grows with the containers.
set -eu
N=${1:-1000}
RUNTIME=$(command -v "${RUNTIME:-$(dirname "$0")/../../build/src/cli/hezi}")
T=$(mktemp -d /tmp/hezi-thousand.XXXXXX)
NAME=hezi-thousand-$$
rt() { "$RUNTIME" --root "$T/root" "$@"; }
ids() { seq -f "$NAME-%.0f" 1 "$N"; }
# a container of ours by its cgroup's name, or by the path of its mounts
left() {
	echo "left: $(find "$T/root" -mindepth 1 -maxdepth 1 -name "$NAME*" 2>/dev/null | wc -l) states," \
		"$(find /sys/fs/cgroup -type d -name "$NAME*" | wc -l) cgroups, $(grep -c "$T" /proc/self/mountinfo || true) mounts," \
		"$(cat /proc/[0-9]*/cgroup 2>/dev/null | grep -c "$NAME" || true) lines of processes' cgroups"
}
clean() {
	for id in $(rt list -q 2>/dev/null); do rt delete --force "$id" >/dev/null 2>&1 || true; done
	rm -rf "$T"
}
trap clean EXIT

mkdir -p "$T/rootfs"/{bin,dev,proc,sys}
cp "$(command -v busybox)" "$T/rootfs/bin/sleep"
(cd "$T" && "$RUNTIME" spec)
jq '.process.args=["sleep","1000"] | .process.terminal=false' "$T/config.json" >"$T/c" && mv "$T/c" "$T/config.json"

# ticks of a CPU for the commands that have ended
worked() { awk '{sub(/.*\) /, ""); print $14 + $15}' /proc/$$/stat; }
HZ=$(getconf CLK_TCK)

# each WORD…: for every id, with @ for it; "ms/ms of a CPU" per container in each tenth
each() {
	local i=0 step=$((N / 10)) begin cpu id line="$1:"
	begin=$(date +%s%N) cpu=$(worked)
	for id in $(ids); do
		rt "${@//@/$id}" >/dev/null 2>"$T/err" </dev/null || { cat "$T/err"; exit 1; }
		i=$((i + 1))
		if [ $((i % step)) = 0 ]; then
			line+=" $(awk -v a="$begin" -v b="$(date +%s%N)" -v n=$step -v c="$cpu" -v d="$(worked)" -v hz="$HZ" \
				'BEGIN {printf "%.1f/%.1f", (b-a)/1e6/n, (d-c)*1e3/hz/n}')"
			begin=$(date +%s%N) cpu=$(worked)
		fi
	done
	echo "$line"
}
each create --bundle "$T" @
each start @
begin=$(date +%s%N)
[ "$(rt list -q | wc -l)" = "$N" ]
[ "$(rt list | grep -c running)" = "$N" ]
echo "list -q and list: $(((($(date +%s%N) - begin)) / 1000000)) ms"
each kill @ KILL
each delete @
left
