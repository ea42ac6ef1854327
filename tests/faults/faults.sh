#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# One fault at a time: a system call that fails, or a SIGKILL before it, at every place of the runtime and of init.
#
#	FAULT		the program made from fault.c
#	FAULT_EVERY	try each Nth place only (default 11: a minute; 1: all of them)
#
# A failing call must end in the same container as without it, or in one error that names the errno, with nothing left.
# After a kill `delete --force` must take everything away, and the id must be free.
. "$(dirname "$0")/../lib/live.sh"

[ "$KIND" = hezi ] || plan_skip "the places are those of hezi"
FAULT=${FAULT:-$(dirname "$RUNTIME")/../../tests/faults/fault}
[ -x "$FAULT" ] || plan_skip "no program $FAULT"
EVERY=${FAULT_EVERY:-11}

# what the container can see of itself, less what may differ from run to run
LOOK='id; umask; hostname; pwd; ulimit -n; ulimit -c; cat /proc/sys/net/ipv4/ip_forward /proc/self/oom_score_adj
	grep -E "^(Cap|NoNewPrivs|Seccomp:|Sig[PBIC]|Groups|Uid|Gid)" /proc/self/status
	while read -r a b c d e; do printf "%s\n" "${e%% -*} ${e#* - }"; done </proc/self/mountinfo
	ls -l /dev | awk "{print \$1, \$3, \$4, \$5, \$NF}"; ls /proc/self/fd; ls /masked; cat /ro/x
	touch /ro/y 2>&1; echo $X; cut -d: -f2 /proc/self/cgroup; exit 7'

rich() {
	bundle
	mkdir -p "$B/rootfs/masked" "$B/rootfs/rodir" "$B/ro"
	echo there >"$B/rootfs/masked/secret"
	echo content >"$B/ro/x"
	sh_args "$LOOK"
	config --arg ro "$B/ro" '
		.process.user={uid:1000,gid:1000,additionalGids:[5,6],umask:7} | .process.noNewPrivileges=true
		| .process.oomScoreAdj=100 | .process.env+=["X=y"] | .process.cwd="/home/u" | .hostname="faulty"
		| .process.rlimits=[{type:"RLIMIT_NOFILE",soft:100,hard:200},{type:"RLIMIT_CORE",soft:0,hard:0}]
		| .process.capabilities=({bounding:["CAP_KILL","CAP_CHOWN"]}|.effective=.bounding|.permitted=.bounding
			|.inheritable=.bounding|.ambient=["CAP_KILL"])
		| .mounts+=[{destination:"/ro",type:"bind",source:$ro,options:["bind","ro","nosuid","nodev"]},
			{destination:"/t",type:"tmpfs",source:"tmpfs",options:["size=64k","mode=1777","noexec"]}]
		| .linux.maskedPaths=["/masked","/proc/timer_list"] | .linux.readonlyPaths=["/rodir","/proc/bus"]
		| .linux.sysctl={"net.ipv4.ip_forward":"1"} | .linux.resources.pids={limit:50}
		| .linux.seccomp={defaultAction:"SCMP_ACT_ALLOW",syscalls:[{names:["acct"],action:"SCMP_ACT_ERRNO"}]}
		| .hooks=(["prestart","createRuntime","createContainer","startContainer","poststart","poststop"]
			|map({(.):[{path:"/bin/true"}]})|add)'
}

# places COMMAND...: "PROCESS NUMBER NAME" of each system call, thinned out. What the C library does before main is
# left out: it aborts when it gets no memory.
places() {
	"$FAULT" -r "$T/list" 0 0 list "$@" >/dev/null 2>&1 </dev/null || true
	awk -v every="$EVERY" '$3 == "rt_sigaction" {started = 1} started && $1 <= 1 && $3 !~ /^(exit_group|call-231)$/ && NR % every == 0 {print $1, $2, $3}' "$T/list"
}

# fault PROCESS NUMBER fail|kill ARG...: the runtime with a fault; OUT, ERR, ST as of `cap`, HIT
fault() {
	local at="$1 $2 $3"
	shift 3
	rm -f "$T/hit"
	cap timeout --foreground -k 2 "${FAULT_LIMIT:-20}" "$FAULT" -r "$T/hit" ${FAULT_ERRNO:+-e $FAULT_ERRNO} $at "$RUNTIME" --root "$ROOT" "$@"
	HIT=$(head -n 1 "$T/hit" 2>/dev/null)
	[ "$ST" != 124 ] || { wrong "it hangs"; rt delete --force "$ID" >/dev/null 2>&1 || true; force_clean; }
}

WRONG=0
wrong() {
	WRONG=$((WRONG + 1))
	printf '%s: %s\n  status %s, stderr: %s\n' "$HIT" "$1" "$ST" "$(head -c 600 <<<"$ERR")"
	[ "$WRONG" -lt 40 ] || { echo "too many"; exit 1; }
}

# judge_failure [STATUS]: exactly one error, with the errno
judge_failure() {
	local errno=${HIT##* } line
	[ "$ST" = "${1:-1}" ] || { wrong "odd status: it crashed or hung"; return; }
	[[ $HIT != *" execve "* || $ERR != "exec /"* ]] || return 0 # one bare line, as runc's
	line=$(grep -c '^hezi: ' <<<"$ERR") || true
	[ "$line" = 1 ] || { wrong "$line errors"; return; }
	# init that cannot talk cannot tell either; a value that cannot be read back is as bad as a wrong one
	[[ $ERR == *"($errno)"* || ( $HIT == 1* && $ERR == *"init ended before"* ) || $ERR == *"is not what was set"* ]] ||
		wrong "the errno is not named"
}

# clean: nothing is left, before any delete --force
clean() {
	within 2 nothing_left && return
	wrong "left: $(leftovers | tr '\n' ' ')"
	rt delete --force "$ID" >/dev/null 2>&1 || true
	within 3 nothing_left || { wrong "left after delete --force: $(leftovers | tr '\n' ' ')"; force_clean; }
}

nothing_wrong() { echo "$1 places"; is "$WRONG" 0 "wrong outcomes"; }

failing_run() {
	local want n=0 p i
	rich
	cap rt run --bundle "$B" "$ID"
	is "$ST" 7 "status without a fault"
	want=$OUT
	while read -r p i _; do
		n=$((n + 1))
		fault "$p" "$i" fail run --bundle "$B" "$ID"
		[ -n "$HIT" ] || continue
		if [[ $ERR == *"is lost: "*"(${HIT##* })"* ]]; then # told beside the program's own status
			:
		elif [ "$ST" = 7 ]; then
			[ "$OUT" = "$want" ] || wrong "another container: $(diff <(echo "$want") <(echo "$OUT") | tr '\n' ' ')"
		else
			judge_failure
		fi
		clean
	done < <(places "$RUNTIME" --root "$ROOT" run --bundle "$B" "$ID")
	nothing_wrong $n
}

killed_run() {
	local n=0 p i
	rich
	while read -r p i _; do
		n=$((n + 1))
		fault "$p" "$i" kill run --bundle "$B" "$ID"
		[ -n "$HIT" ] || continue
		if [ "$p" = 1 ] && [ "$ST" != 137 ]; then
			clean # init was killed: hezi has to say so and undo it all
			[[ $ERR == *"init ended before"*": signal 9 (killed)"* ]] || wrong "not how it ended"
		fi
		cap rt delete --force "$ID"
		[ "$ST" = 0 ] || wrong "delete --force fails"
		clean
	done < <(places "$RUNTIME" --root "$ROOT" run --bundle "$B" "$ID")
	cap rt run --bundle "$B" "$ID"
	is "$ST" 7 "the id is free"
	nothing_wrong $n
}

# operation STATE OP [ARG...]: a bundle that sleeps, the words of the operation in WORDS
operation() {
	args sleep 30
	BEFORE=$1
	shift
	WORDS=("${@/#@/$B}")
	case $1 in
	list) ;;
	kill) WORDS+=("$ID" KILL) ;;
	*) WORDS+=("$ID") ;;
	esac
	prepare
	places "$RUNTIME" --root "$ROOT" "${WORDS[@]}" >"$T/places"
	rt delete --force "$ID"
}
# prepare: the container in state BEFORE
prepare() {
	[ "$BEFORE" != none ] || return 0
	create
	ok
	[ "$BEFORE" != running ] || { cap rt start "$ID"; ok; }
	[ "$BEFORE" != stopped ] || { cap rt kill "$ID" KILL; ok; wait_status stopped; }
}

# failing OP STATE ARG...: the operation on a container in that state; it works as without a fault, or fails and can be done again
failing() {
	local n=0 p i op=$1 before=$2
	shift 2
	rich
	operation "$before" "$op" "$@"
	while read -r p i _; do
		n=$((n + 1))
		prepare
		fault "$p" "$i" fail "${WORDS[@]}"
		[ -z "$HIT" ] || [ "$ST" = 0 ] || judge_failure
		"judge_$op"
		cap rt delete --force "$ID"
		[ "$ST" = 0 ] || wrong "delete --force fails"
		clean
	done <"$T/places"
	nothing_wrong $n
}
judge_create() { if [ "$ST" = 0 ]; then [ "$(status_of)" = created ] || wrong "not created but $(status_of)"; else clean; fi; }
judge_restore() { if [ "$ST" = 0 ]; then [ "$(status_of)" = running ] || wrong "not running but $(status_of)"; else clean; fi; }
judge_start() { [ "$ST" != 0 ] || [ "$(status_of)" = running ] || wrong "not running but $(status_of)"; }
judge_delete() { [ "$ST" != 0 ] || clean; }
judge_state() { [ "$ST" != 0 ] || [[ $OUT == *'"status": "running"'* ]] || wrong "wrong state: $OUT"; }
judge_kill() { [ "$ST" != 0 ] || within 2 status_is stopped || wrong "not killed"; }
# all of the change, in the kernel and in what is stored, or nothing of it
judge_update() {
	local want="50 $([ -n "$V2" ] && echo max || echo 9223372036854771712) 50" got
	[ "$ST" != 0 ] || want="30 83886080 30"
	got="$(reads pids pids.max pids.max) $(reads memory memory.limit_in_bytes memory.max) $(jq .linux.resources.pids.limit "$ROOT/$ID/config.json")"
	[ "$got" = "$want" ] || wrong "limits: $got, not $want"
}
failing_update() { needs_controller memory; failing update running --pids-limit 30 --memory 80m; }
judge_list() { [ "$ST" != 0 ] || [[ $OUT == *running* ]] || wrong "wrong list: $OUT"; }

killing() {
	local n=0 p i op=$1 before=$2
	shift 2
	rich
	operation "$before" "$op" "$@"
	# Once init has said that it waits for start it closes its socket, gives memory back (madvise, 28) and waits
	# (ppoll, and accept4 where it has no pid namespace).
	# The numbers differ a little from run to run.
	waits=$(awk '$1 == 1 && $3 ~ /^(ppoll|accept4)$/ {at = $2} END {if (at) print at - 25}' "$T/list")
	while read -r p i _; do
		n=$((n + 1))
		prepare
		fault "$p" "$i" kill "${WORDS[@]}"
		[[ -z $HIT || $HIT != 1* || $HIT == *" accept4 "* || $HIT == *" call-28 "* || $HIT == *" ppoll "* || $op != create || $ST != 0 ]] ||
			[[ $HIT == *" close "* && $i -ge ${waits:-999999} ]] ||
			wrong "create says ok, its init was killed"
		cap rt delete --force "$ID"
		[ "$ST" = 0 ] || wrong "delete --force fails"
		clean
	done <"$T/places"
	nothing_wrong $n
}

# Between the directory of a container and its record a kill leaves a directory that tells nothing. The next create
# takes its place, without a delete.
unrecorded() {
	local first last p i name n=0
	rich
	operation none create --bundle @
	first=$(awk '$1 == 0 && $3 == "mkdirat" {print $2; exit}' "$T/list")
	last=$(awk -v first="$first" '$1 == 0 && $2 > first && $3 == "renameat" {print $2; exit}' "$T/list")
	[ "$((last - first))" -le 10 ] || wrong "$((last - first)) calls from the directory to its record"
	for ((i = first + 1; i <= last; i++)); do
		n=$((n + 1))
		fault 0 "$i" kill "${WORDS[@]}"
		[ -n "$HIT" ] || wrong "no such call"
		cap rt state "$ID"
		[[ $ST = 1 && $ERR == *"does not exist"* ]] || wrong "state finds it"
		cap rt list
		[[ $ST = 0 && $OUT$ERR != *"$ID"* ]] || wrong "list finds it"
		create
		[ "$ST" = 0 ] || wrong "create does not take its place"
		cap rt delete --force "$ID"
		[ "$ST" = 0 ] || wrong "delete --force fails"
		clean
	done
	nothing_wrong $n
}

# exec: the container is as it was, whatever came of it
exec_words() { WORDS=(exec --cwd /tmp --env X=z --cap CAP_CHOWN --additional-gids 9 --pid-file "$B/pid" "$ID" sh -c "$LOOK"); }
judge_rest() {
	[ "$(status_of)" = running ] || wrong "the container is $(status_of)"
	within 2 eval '[ "$(rt ps --format json "$ID")" = "[$INIT]" ]' || wrong "left: $(rt ps "$ID")"
}

failing_exec() {
	local want n=0 p i
	rich
	config '.process.args=["sleep","1000"]'
	must_create
	cap rt start "$ID"
	ok
	INIT=$(pid_of)
	exec_words
	cap rt "${WORDS[@]}"
	is "$ST" 7 "status without a fault"
	want=$OUT
	while read -r p i _; do
		n=$((n + 1))
		rm -f "$B/pid"
		fault "$p" "$i" fail "${WORDS[@]}"
		[ -n "$HIT" ] || continue
		if [[ $ERR == *"is lost: "*"(${HIT##* })"* ]]; then # told beside the program's own status
			:
		elif [ "$ST" = 7 ]; then
			[ "$OUT" = "$want" ] || wrong "another process: $(diff <(echo "$want") <(echo "$OUT") | tr '\n' ' ')"
		else
			judge_failure 255
			[ ! -e "$B/pid" ] || wrong "a pid file"
		fi
		judge_rest
	done < <(places "$RUNTIME" --root "$ROOT" "${WORDS[@]}")
	nothing_wrong $n
}

killed_exec() {
	local n=0 p i
	rich
	config '.process.args=["sleep","1000"]'
	must_create
	cap rt start "$ID"
	ok
	INIT=$(pid_of)
	exec_words
	while read -r p i _; do
		n=$((n + 1))
		fault "$p" "$i" kill "${WORDS[@]}"
		[ -n "$HIT" ] || continue
		[ "$p" = 0 ] || [ -n "$ERR" ] || [ "$ST" = 137 ] || wrong "no word"
		judge_rest
	done < <(places "$RUNTIME" --root "$ROOT" "${WORDS[@]}")
	nothing_wrong $n
}

# list_run: the calls of a run that is as those under fault()
list_run() {
	rt run --bundle "$B" "$ID" >/dev/null || true # the first one makes more calls
	cap "$FAULT" -r "$T/list" 0 0 list "$RUNTIME" --root "$ROOT" run --bundle "$B" "$ID"
}

# a hook that reads gets all of the state, or fails
hook_state() {
	local i n=0
	bundle
	args true
	config --arg o "$B/got" '.hooks.prestart=[{path:"/bin/sh",args:["sh","-c","cat >\($o)"]}]|.annotations.long=("x"*300000)'
	list_run
	for i in $(awk '$1 == 0 && $3 == "sendto" {print $2}' "$T/list"); do
		rm -f "$B/got"
		fault 0 "$i" fail run --bundle "$B" "$ID"
		[[ $HIT == *" sendto "* ]] || { clean; continue; }
		n=$((n + 1))
		if [ "$ST" = 0 ]; then
			[ "$(jq -r .id "$B/got" 2>&1)" = "$ID" ] || wrong "the hook got $(wc -c <"$B/got") bytes of the state"
		else
			judge_failure
		fi
		clean
	done
	[ $n != 0 ] || die "no send was hit"
	nothing_wrong $n
}

# interrupt_home ERRNO: /etc/passwd is the last file that init opens. How often init had to wait before is a matter of
# timing, so the call is looked for around its number.
interrupt_home() {
	local at by n
	for n in 1 2 3; do
		list_run
		at=$(awk '$1 == 1 && $3 == "openat2" {n = $2} END {print n}' "$T/list")
		for by in 0 -1 1 -2 2 -3 3 -4 4; do
			FAULT_ERRNO=$1 fault 1 $((at + by)) fail run --bundle "$B" "$ID"
			[[ $HIT != *" openat2 $1" ]] || return 0
		done
	done
	die "the call was not hit: $HIT"
}

home_interrupted() {
	bundle
	sh_args 'echo $HOME'
	config '.process.env|=map(select(startswith("HOME=")|not))'
	for errno in EINTR EAGAIN; do
		interrupt_home $errno
		ok
		is "$OUT" /root
	done
	interrupt_home EIO
	judge_failure
	says /etc/passwd
	nothing_wrong 3
}

# v1: of many hierarchies the one that refuses init is named
hierarchy_named() {
	local i names
	[ -z "$V2" ] || skip "cgroup v2 is one hierarchy"
	bundle
	args true
	list_run
	for i in $(awk '$1 == 1 && $3 == "write" {print $2}' "$T/list" | head -n 3); do
		fault 1 "$i" fail run --bundle "$B" "$ID"
		like "$HIT" " write ENOSPC"
		judge_failure
		says "/sys/fs/cgroup/[a-z_,]+/$ID/tasks: "
		names+=" ${ERR%%/"$ID"/*}"
		clean
	done
	is "$(tr ' ' '\n' <<<"$names" | grep /sys/fs | sort -u | wc -l)" 3 "hierarchies"
	nothing_wrong 3
}

# a look at /proc/self/ns that fails does not say that the kernel has no such namespaces
namespaces_unseen() {
	local i n=0
	bundle
	args true
	ns_add cgroup
	ns_add time
	config '.linux.timeOffsets={monotonic:{secs:1}}'
	list_run
	ok
	for i in $(awk '$1 == 0 && $3 ~ /^(access|faccessat2?|newfstatat|fstatat|call-21|call-269|call-439|call-262)$/ {print $2}' "$T/list"); do
		FAULT_ERRNO=EIO fault 0 "$i" fail run --bundle "$B" "$ID"
		[ -n "$HIT" ] || continue
		n=$((n + 1))
		[[ $ERR != *"not enabled"* ]] || wrong "namespaces are said to be missing"
		[ "$ST" = 0 ] || judge_failure
		clean
	done
	[ $n -gt 2 ] || die "only $n calls were hit"
	nothing_wrong $n
}

# what fails before the hook is executed is not the hook's
hook_filter() {
	local p i
	rich
	list_run
	read -r p i _ < <(awk '$1 > 1 && $3 == "seccomp"' "$T/list")
	FAULT_ERRNO=EACCES fault "$p" "$i" fail run --bundle "$B" "$ID"
	like "$HIT" " seccomp EACCES"
	judge_failure
	says 'startContainer hook #0: /bin/true: seccomp: '
	clean
	nothing_wrong 1
}

# Linux 6.14 to 6.18 kill what is born into a cgroup that was ended by cgroup.kill more or less often than its parent's
killed_at_birth() {
	grep -q ' - cgroup2 ' /proc/self/mountinfo || skip "no cgroup v2"
	rich
	args sleep 30
	fault 1 0 kill create --bundle "$B" "$ID"
	ok
	is "$HIT" "1 0 clone3 -"
	cap rt start "$ID"
	ok
	fault 1 0 kill exec "$ID" cat /proc/self/cgroup
	ok
	is "$HIT" "1 0 clone3 -"
	is "$OUT" "$(rt exec "$ID" cat /proc/1/cgroup)" "cgroups of exec"
}

# restored HOW: with a criu that makes a process which sleeps
restored() {
	local how=$1
	mkdir -p "$T/bin" "$T/image"
	ln -sf "$LIB/fake-criu.py" "$T/bin/criu"
	echo '["/dev/null","/dev/null","/dev/null"]' >"$T/image/descriptors.json"
	export FAKE_CRIU=restores FAKE_CRIU_LOG=/dev/null
	PATH=$T/bin:$PATH
	"$how" restore none -d --bundle @ --image-path "$T/image"
}

t "run: a call fails" failing_run
t "run: killed" killed_run
t "a hook's state cannot be sent" hook_state
t "HOME: the look-up is interrupted" home_interrupted
t "a cgroup cannot be entered" hierarchy_named
t "namespaces cannot be looked at" namespaces_unseen
t "the filter of a hook cannot be loaded" hook_filter
t "exec: a call fails" failing_exec
t "exec: killed" killed_exec
t "create: a call fails" failing create none --bundle @
t "start: a call fails" failing start created
t "delete: a call fails" failing delete stopped
t "delete --force: a call fails" failing delete running --force
t "kill: a call fails" failing kill running
t "state: a call fails" failing state running
t "list: a call fails" failing list running
t "update: a call fails" failing_update
t "create and exec: their process is killed at birth" killed_at_birth
t "create: killed" killing create none --bundle @
t "create: killed between the directory and its record" unrecorded
t "restore: a call fails" restored failing
t "restore: killed" restored killing
t "start: killed" killing start created
t "delete: killed" killing delete stopped
t "delete --force: killed" killing delete running --force
finish
