#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Bundles as `runc spec` and `crun spec` make them behave as with runc and crun.
. "$(dirname "$0")/../lib/live.sh"

# spec_bundle TOOL: a bundle with that tool's own config.json
spec_bundle() {
	command -v "$1" >/dev/null || skip "$1 is not installed"
	bundle
	rm "$B/config.json"
	(cd "$B" && "$1" spec)
	config --arg p "$CGROUP_PREFIX$ID" '.linux.cgroupsPath=$p'
}

quiet() {
	spec_bundle "$1"
	config '.process.terminal=false'
	in_box 'echo out; echo err >&2; id -u; hostname; pwd; cat /proc/self/cgroup | wc -l; touch /x 2>&1; echo $PATH'
	like "$OUT" $'^out\n0\n(runc|crun)\n/\n'
	like "$OUT" 'Read-only file system'
	# runc 1.5 warns of ambient capabilities that are not inheritable, as runc spec 1.1 lists them
	[ "$KIND" = runc ] || is "$ERR" err
	like "$ERR" $'(^|\n)err$'
	run_sh 'exit 42'
	is "$ST" 42
}

stdin() {
	local out
	spec_bundle "$1"
	config '.process.terminal=false'
	args cat
	out=$(echo through | rt run --bundle "$B" "$ID")
	is "$out" through
}

signals() {
	local run st=0
	spec_bundle "$1"
	config '.process.terminal=false'
	sh_args 'trap "exit 12" TERM; touch /dev/shm/ready; echo ready; i=0; while [ $i -lt 200 ]; do sleep 0.1; i=$((i+1)); done'
	: >"$T/o"
	"${RT[@]}" run --bundle "$B" "$ID" >"$T/o" </dev/null &
	run=$!
	within 10 grep -q ready "$T/o" || die "not ready"
	kill -TERM $run
	wait $run || st=$?
	is $st 12
}

terminal() {
	spec_bundle "$1"
	cap python3 "$LIB/onterm.py" --wait '/ #' --send 'tty; echo $((6*7)); exit 9\n' -- "${RT[@]}" run --bundle "$B" "$ID"
	is "$ST" 9
	like "$OUT" 42
	like "$OUT" '/dev/(pts/0|console)'
}

whole_life() {
	spec_bundle "$1"
	config '.process.terminal=false'
	sleeper
	is "$(status_of)" running
	cap rt kill "$ID" KILL
	ok
	wait_status stopped
	cap rt delete "$ID"
	ok
	nothing_left || die "left: $(leftovers)"
}

same_inside() {
	# what the program sees is what the tool's own container sees
	local mine theirs
	spec_bundle runc
	[ "$KIND" = hezi ] || skip "runc is the measure"
	config '.process.terminal=false'
	sh_args 'cd /proc/self; grep -E "^(Cap|NoNew|Seccomp|Uid|Gid|Groups|Sig[PBIC]|Umask)" status; cat limits attr/current 2>/dev/null
		ls -l /dev | sed "s/[A-Z][a-z][a-z] .*:[0-9]* //"; ls /proc/sys | sort; env | sort; ls -1 /proc/self/fd; umask
		awk "{print \$5}" mountinfo | grep -v /sys/fs/cgroup/ | sort; cat uid_map oom_score_adj'
	theirs=$(timeout 30 runc --root "$T/runc-root" ${LIVE_SYSTEMD:+--systemd-cgroup} run --bundle "$B" "$ID-r" </dev/null 2>&1)
	rmdir "$T/runc-root" 2>/dev/null || true
	mine=$(rt run --bundle "$B" "$ID" </dev/null 2>&1)
	if [ "$mine" != "$theirs" ]; then
		diff <(echo "$theirs") <(echo "$mine") || die "differs from runc (<)"
	fi
}

for tool in runc crun; do
	t "$tool spec: output and status" quiet $tool
	t "$tool spec: stdin" stdin $tool
	t "$tool spec: signals" signals $tool
	t "$tool spec: a shell on a terminal" terminal $tool
	t "$tool spec: create, start, kill, delete" whole_life $tool
done
t "runc spec: the program sees what it sees in runc" same_inside
finish
