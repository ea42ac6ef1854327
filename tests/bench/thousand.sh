#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Many containers at once: what one costs when there are few and when there are many, and that nothing is left.
#
#	tests/bench/thousand.sh [COUNT]		(default 1000; RUNTIME: any runtime)
#
# Prints ms per container for each tenth of create, start, kill and delete, ms of one `list`, and what is left at the end.
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

# each WORD…: for every id, with @ for it; ms per container in each tenth
each() {
	local i=0 step=$((N / 10)) begin id line="$1:"
	begin=$(date +%s%N)
	for id in $(ids); do
		rt "${@//@/$id}" >/dev/null 2>"$T/err" </dev/null || { cat "$T/err"; exit 1; }
		i=$((i + 1))
		if [ $((i % step)) = 0 ]; then
			line+=" $(awk -v a="$begin" -v b="$(date +%s%N)" -v n=$step 'BEGIN {printf "%.1f", (b-a)/1e6/n}')"
			begin=$(date +%s%N)
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
