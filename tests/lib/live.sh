# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The frame of the live tests: sourced by each tests/live/*.sh, which then calls
#
#	t "what must hold" function	run one test (in a subshell with set -e), print its TAP line
#	finish				remove everything, print the plan
#
# What a test has:
#	RUNTIME		the program under test, KIND its name: hezi, runc or crun
#	T		a private folder of this file; B the bundle, ID the id (both from `bundle`)
#	bundle		a fresh bundle: busybox rootfs and config.json
#	config, args, sh_args	edit config.json
#	rt ARG...	the runtime with this file's --root
#	cap CMD...	run CMD; OUT, ERR, ST hold what it printed and its status
#	is, like, unlike, ok, bad, says, die, skip	judge
#
# After every test all its containers are deleted by force, and then no process, mount,
# cgroup or state of it may be left: what is left fails the test.
#
# With LIVE_SYSTEMD=1 the containers are scopes of systemd (--systemd-cgroup). With LIVE_USER=1 too they are those of
# a user's manager: a user runs them, in user namespaces (only in tests/lab: a user is made). What needs the
# host's root is listed with its reason in needs-root.tsv and skips there.
#
# Peers (RUNTIME=runc, RUNTIME=crun) run the same tests to judge the tests. Where a peer is known
# to do otherwise, `peer_differs NAME REASON` skips for it alone (not with PEER_STRICT=1 in the
# environment, to see what it does), `old_peer NAME REASON` only for versions of it that are years old; hezi is never excused.

set -u
shopt -s nullglob globstar
export LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
umask 022

LIB=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
TESTS=$(dirname "$LIB")

plan_skip() { echo "TAP version 13"; echo "1..0 # SKIP $1"; exit 0; }

[ "$(id -u)" = 0 ] || plan_skip "needs root"
for tool in jq busybox python3 setpriv; do
	command -v $tool >/dev/null || plan_skip "$tool is not installed"
done
RUNTIME=${RUNTIME:-$TESTS/../build/src/cli/hezi}
RUNTIME=$(command -v "$RUNTIME") || plan_skip "no runtime to test at ${RUNTIME:-RUNTIME}"
RUNTIME=$(realpath "$RUNTIME")
if [ -z "${LIVE_REAPER:-}" ]; then
	RUNTIME=$RUNTIME exec python3 "$LIB/reaper.py" bash "$0" "$@"
fi
export RUNTIME
KIND=$("$RUNTIME" --version 2>/dev/null | head -n 1 | cut -d' ' -f1)
PEER_VERSION=$("$RUNTIME" --version 2>/dev/null | sed -n '1s/.*version //p')
export KIND

PREFIX=hezi-test-${LIVE_RUN:-0}-$$-
T=$(mktemp -d "${TMPDIR:-/tmp}/hezi-live.${LIVE_RUN:-0}.XXXXXX")
chmod 755 "$T"
ROOT=$T/root
CGROUP_PREFIX=/
[ -z "${LIVE_SYSTEMD:-}" ] || CGROUP_PREFIX=system.slice:test:
[ -z "${LIVE_USER:-}" ] || CGROUP_PREFIX=user.slice:test:
COUNT=0
BAD=0
SERIAL=0

# --- the container's files -----------------------------------------------------------------

make_base() (
	d=$T/base
	mkdir -p "$d"/{bin,etc,dev,proc,sys,tmp,root,home/u,run,var,mnt}
	tools="[ awk basename cat chmod cut date dd dirname echo env false find grep head hostname id kill ln ls md5sum mkdir
		mknod mount mv nice od printf ps pwd readlink rm rmdir sed seq setsid sh sleep sort stat stty tail tee test
		timeout touch tr true tty umount uname unshare wc which xargs"
	chmod 1777 "$d/tmp"
	cp "$(command -v busybox)" "$d/bin/busybox"
	cd "$d/bin" || exit 1
	# one process for all the links: a process is dear on a slow kernel
	python3 -c 'import os, sys; [os.link("busybox", name) for name in sys.argv[1:]]' $tools
	printf 'root:x:0:0:root:/root:/bin/sh\nu:x:1000:1000:u:/home/u:/bin/sh\n' >"$d/etc/passwd"
	printf 'root:x:0:\nu:x:1000:\n' >"$d/etc/group"
	chown 1000:1000 "$d/home/u"
	cp "$LIB/base-config.json" "$T/base.json"
	if [ -n "${LIVE_USER:-}" ]; then
		jq --argjson u $USER_ID '.linux.namespaces+=[{type:"user"}]
			|.linux.uidMappings=[{containerID:0,hostID:$u,size:1},{containerID:1,hostID:200000,size:65535}]
			|.linux.gidMappings=.linux.uidMappings' "$LIB/base-config.json" >"$T/base.json"
	fi
)

# bundle: a fresh rootfs, config.json and id
bundle() {
	SERIAL=$((SERIAL + 1))
	ID=$PREFIX$COUNT-$SERIAL
	B=$T/b$COUNT-$SERIAL
	mkdir "$B"
	cp -al "$T/base" "$B/rootfs"
	echo "${BASE_JSON/@CGROUP@/"$CGROUP_PREFIX$ID"}" >"$B/config.json"
	[ -z "${LIVE_USER:-}" ] || user_owns
}

user_owns() {
	[ -d "$ROOT" ] || install -d -m 700 -o $USER_ID -g $USER_ID "$ROOT"
	chown $USER_ID:$USER_ID "$B" "$B"/rootfs{,/*,/home/u}
}

# config JQ-ARGS...: edit config.json in place
config() {
	jq "$@" <"$B/config.json" >"$B/.new" && mv "$B/.new" "$B/config.json"
}

# jq takes tens of milliseconds to start, and a third of a second on a slow machine: the commonest edits go without it
# (and without any other process) where the file still has jq's own layout and the words need no special escapes
ARGS_LINE=$'\n    "args": ['
args() {
	local word json= escaped text rest
	for word; do
		if [[ $word == *[![:print:]$'\t\n']* ]]; then json=; break; fi
		escaped=${word//\\/\\\\}
		escaped=${escaped//\"/\\\"}
		escaped=${escaped//$'\n'/\\n}
		json="$json${json:+, }\"${escaped//$'\t'/\\t}\""
	done
	text=$(<"$B/config.json")
	rest=${text#*"$ARGS_LINE"}
	if [ -n "$json" ] && [ "$rest" != "$text" ]; then
		# to the end of this line, or to the line that ends the array
		if [[ ${rest%%$'\n'*} == *'],' ]]; then rest=${rest#*$'\n'}; else rest=${rest#*$'\n    ],\n'}; fi
		echo "${text%%"$ARGS_LINE"*}$ARGS_LINE$json],"$'\n'"$rest" >"$B/config.json"
	else
		config '.process.args=$ARGS.positional' --args -- "$@"
	fi
}
sh_args() { args sh -c "$1"; }
ns_drop() { config --arg t "$1" 'del(.linux.namespaces[]|select(.type==$t))'; }
ns_add() { config --arg t "$1" '.linux.namespaces+=[{type:$t}]'; }
ns_path() { ns_drop "$1"; config --arg t "$1" --arg p "$2" '.linux.namespaces+=[{type:$t,path:$p}]'; }
mount_add() { config --argjson m "$1" '.mounts+=[$m]'; }

# --- cgroups -----------------------------------------------------------------------------------

V2= V2_CONTROLLERS=
[ ! -e /sys/fs/cgroup/cgroup.controllers ] || V2=1 V2_CONTROLLERS=" $(</sys/fs/cgroup/cgroup.controllers) "
# needs_controller NAME: a view of cgroup v2 beside v1 has few
needs_controller() {
	[ -z "$V2" ] || [[ $V2_CONTROLLERS == *" $1 "* ]] || skip "no $1 controller in cgroup v2 here"
}
# needs_optional NAME: one that neither layout needs to have
needs_optional() { needs_controller "$1"; [ -n "$V2" ] || cg "$1" self >/dev/null; }
# the last part of the path of the container's cgroup
cgroup_name() { [ -n "${LIVE_SYSTEMD:-}" ] && echo "test-$ID.scope" || echo "$ID"; }
# paths_only: systemd's cgroups have names, and their units tests of their own
paths_only() { [ -z "${LIVE_SYSTEMD:-}" ] || skip "systemd names the cgroup"; }
# limits JSON: linux.resources; see args()
limits() {
	local controller text linux=$'\n  "linux": {'
	for controller in memory cpu pids; do
		[[ $1 != *"\"$controller\""* ]] || needs_controller $controller
	done
	text=$(<"$B/config.json")
	if [[ $text == *"$linux"* && $text != *'"resources":'* ]]; then
		echo "${text/"$linux"/"$linux"$'\n    "resources": '"$1,"}" >"$B/config.json"
	else
		config --argjson r "$1" '.linux.resources=$r'
	fi
}
# where the hierarchies of v1 are mounted, as "controllers folder" lines
V1_MOUNTS=$(awk '/ - cgroup /{print "," $NF ",", $5}' /proc/self/mountinfo)
# cg CONTROLLER PID: the folder of the process's cgroup for this controller
cg() {
	local controller=$1 regex names path mnt=/sys/fs/cgroup
	if [ -n "$V2" ]; then
		controller=
	else
		regex=",$1,[^ ]* ([^"$'\n'"]+)"
		[[ $V1_MOUNTS =~ $regex ]] || skip "no $1 controller here"
		mnt=${BASH_REMATCH[1]}
	fi
	while IFS=: read -r _ names path; do
		[[ ,$names, != *,"$controller",* ]] || echo "$mnt$path"
	done <"/proc/$2/cgroup"
}
# reads CONTROLLER V1FILE V2FILE: the file of the container's cgroup
reads() { cat "$(cg "$1" "$(pid_of)")/$([ -n "$V2" ] && echo "$3" || echo "$2")"; }

# --- running ---------------------------------------------------------------------------------

# the command line up to the command, for those that rt() does not suit
RT=("$RUNTIME" --root "$ROOT" ${LIVE_SYSTEMD:+--systemd-cgroup})
# for tests that call the runtime by themselves: beside a systemd on v1 no cgroup of cgroupfs is safe (docs/systemd.md)
DRIVER=
[ -z "${LIVE_SYSTEMD:-}" ] || [ -n "${LIVE_USER:-}" ] || DRIVER=--systemd-cgroup
export DRIVER
if [ -n "${LIVE_USER:-}" ]; then
	[ -n "${HEZI_LAB:-}" ] || plan_skip "users are made in tests/lab only"
	. "$LIB/user-manager.sh"
	start_user_manager
	go_to_user
	ROOT=$USER_DIR/state-$$
	umask 0 # the user writes to files and sockets of the tests
	RT=("$(command -v bash)" -c 'umask 022 && exec "$@"' - "${AS_USER[@]}" "$RUNTIME" --root "$ROOT" --systemd-cgroup)
fi
make_base
BASE_JSON=$(<"$T/base.json")
rt() { timeout --foreground -k 5 "${RT_LIMIT:-30}" "${RT[@]}" "$@"; }

# cap CMD...: OUT, ERR and ST of a command
cap() {
	ST=0
	rm -f "$T/out" "$T/err" # a container may still hold the last ones
	"$@" >"$T/out" 2>"$T/err" </dev/null || ST=$?
	OUT=$(<"$T/out")
	ERR=$(<"$T/err")
}

# run_sh SCRIPT: the script as the whole life of a container; its own status in ST
run_sh() { sh_args "$1"; cap rt run --bundle "$B" "$ID"; }
# in_box SCRIPT: as run_sh, and it must succeed
in_box() { run_sh "$1"; ok; }

create() { cap rt create --bundle "$B" "$@" "$ID"; }
must_create() { create "$@"; ok; }
state() { rt state "${1:-$ID}"; }
# state_field NAME [ID]: a word or number
state_field() {
	local regex=$'\n *"'$1'": *"?([a-z0-9]+)'
	[[ ! $(state "${2:-$ID}") =~ $regex ]] || echo "${BASH_REMATCH[1]}"
}
status_of() { state_field status "$@" 2>/dev/null; }
pid_of() { state_field pid "$@"; }
# a container that sleeps, created and started
sleeper() { args sleep 60; must_create; cap rt start "$ID"; ok; }

# within SECONDS CMD...: poll until CMD succeeds
within() {
	local end=$((${EPOCHREALTIME/./} + $1 * 1000000))
	shift
	until "$@"; do
		[ "${EPOCHREALTIME/./}" -lt "$end" ] || return 1
		sleep 0.02
	done
}
status_is() { [ "$(status_of "${2:-$ID}")" = "$1" ]; }
wait_status() { within 10 status_is "$1" "${2:-$ID}" || die "no status $1, but $(status_of "${2:-$ID}")"; }
alive() { [ -e "/proc/$1" ] && ! grep -q '^State:.[ZX]' "/proc/$1/status" 2>/dev/null; }
dead() { ! alive "$1"; }

# --- judging -----------------------------------------------------------------------------------

die() {
	echo "$*"
	echo "  at line ${BASH_LINENO[*]}"
	[ -z "${ST:-}" ] || printf 'last status %s\nstdout: %s\nstderr: %s\n' "$ST" "$(head -c 3000 <<<"$OUT")" "$(head -c 3000 <<<"$ERR")"
	exit 1
}
is() { [ "$1" = "$2" ] || die "${3:-value}: got '$1', expected '$2'"; }
like() { [[ $1 =~ $2 ]] || die "${3:-text}: '$1' does not match '$2'"; }
unlike() { ! [[ $1 =~ $2 ]] || die "${3:-text}: '$1' matches '$2'"; }
ok() { [ "$ST" = 0 ] || die "expected success"; }
# bad: the last command failed as a runtime error (1; crun has others)
bad() {
	if [ "$KIND" = crun ]; then
		[ "$ST" != 0 ] || die "expected a failure"
	else
		[ "$ST" = 1 ] || die "expected a failure with status 1"
	fi
}
# says REGEX [RUNC-REGEX]: the error text. hezi keeps runc's wording, for engines match it; crun's is its own
says() {
	[ "$KIND" = crun ] && return
	local want=$1
	[ "$KIND" = runc ] && want=${2:-$1}
	like "${ERR//\\\"/\"}" "$want" "stderr" # in the text format the quotes of msg="..." are escaped
}
skip() { echo "$*" >"$T/skip"; exit 77; }
# peer_differs NAME REASON: a peer's known difference; hezi is held to the test
peer_differs() { [ "$KIND" != "$1" ] || [ -n "${PEER_STRICT:-}" ] || skip "$1 $PEER_VERSION differs: $2"; }
# old_peer NAME REASON: only versions before these differ; newer ones are held to the test
old_peer() {
	local -A today=([runc]=1.5 [crun]=1.29)
	[ "$KIND" != "$1" ] || printf '%s\n' "${today[$1]}" "$PEER_VERSION" | sort -CV || peer_differs "$@"
}
peers_differ() { [ "$KIND" = hezi ] || [ -n "${PEER_STRICT:-}" ] || skip "$KIND $PEER_VERSION differs: $1"; }
# needs_sealed: what an init inside a fork of hezi, as sanitizers need it, cannot give
needs_sealed() { [ -z "${LIVE_IN_PROCESS:-}" ] || skip "the init runs in a fork of hezi here"; }
is_peer() { [ "$KIND" != hezi ]; }

# --- what may be left over ---------------------------------------------------------------------

# orphans: pids of what came to the reaper, but for this script; sets ORPHANS too, without a process
find_orphans() {
	local stat line rest
	ORPHANS=
	for stat in /proc/[0-9]*/stat; do
		{ read -r line <"$stat"; } 2>/dev/null || continue
		rest=${line##*) }
		[[ $rest == [!ZX]" $LIVE_REAPER "* ]] || continue
		[ "${line%% *}" = $$ ] || ORPHANS="$ORPHANS ${line%% *}"
	done
}
orphans() { find_orphans; [ -z "$ORPHANS" ] || printf '%s\n' $ORPHANS; }
our_cgroups() {
	find /sys/fs/cgroup -depth -type d -path "*$PREFIX*" \( -fstype cgroup -o -fstype cgroup2 \) 2>/dev/null
}
our_mounts() { awk -v t="$T/" 'index($5 "/", t) == 1 {print $5}' /proc/self/mountinfo; }
our_systemctl() { if [ -n "${LIVE_USER:-}" ]; then as_user systemctl --user "$@"; else systemctl "$@"; fi; }
our_units() { [ -z "${LIVE_SYSTEMD:-}" ] || our_systemctl list-units --all --plain --no-legend "*$PREFIX*" 2>/dev/null | cut -d' ' -f1; }
our_states() { [ ! -d "$ROOT" ] || find "$ROOT" -mindepth 1 -maxdepth 1 ! -name '.*'; }

leftovers() {
	local x
	for x in $(orphans); do
		echo "process $x ($(tr '\0' ' ' <"/proc/$x/cmdline" 2>/dev/null))"
	done
	our_mounts | sed 's/^/mount /'
	our_cgroups | sed 's/^/cgroup /'
	our_states | sed 's/^/state /'
	our_units | sed 's/^/unit /'
}
# the same question, answered without a process
nothing_left() {
	local mounts names
	find_orphans
	IFS= read -r -d '' mounts </proc/self/mountinfo
	names=("$ROOT"/* /sys/fs/cgroup/**/*"$PREFIX"*)
	[ -z "${LIVE_SYSTEMD:-}" ] || names+=($(our_units))
	[ -z "$ORPHANS" ] && [[ $mounts != *" $T/"* ]] && [ -z "${names[*]}" ] || [ -z "$(leftovers)" ]
}

# delete_all: the runtime's own way of removing every container of this file
delete_all() {
	local d
	for d in "$ROOT"/*/; do
		[ -d "$d" ] || continue
		d=${d%/}
		rt delete --force -- "${d##*/}" >/dev/null 2>&1
	done
}

# force_clean: when the runtime could not; touches only what carries this file's names
force_clean() {
	local x
	for x in $(our_cgroups); do # a frozen process does not die
		{ echo THAWED >"$x/freezer.state"; } 2>/dev/null
		{ echo 0 >"$x/cgroup.freeze"; } 2>/dev/null
	done
	for x in $(orphans); do kill -KILL "$x" 2>/dev/null; done
	sleep 0.1
	our_mounts | sort -r | while read -r x; do umount -l "$x" 2>/dev/null; done
	our_cgroups | while read -r x; do
		[ ! -e "$x/cgroup.procs" ] || xargs -r kill -KILL <"$x/cgroup.procs" 2>/dev/null
		rmdir "$x" 2>/dev/null
	done
	[ -z "${LIVE_SYSTEMD:-}" ] || for x in $(our_units); do our_systemctl stop "$x"; our_systemctl reset-failed "$x"; done >/dev/null 2>&1
	rm -rf --one-file-system "$ROOT"
}

bye() {
	trap - EXIT
	delete_all
	force_clean
	rm -rf --one-file-system "$T"
}
trap bye EXIT
trap 'exit 143' TERM
trap 'exit 130' INT HUP

# --- the runner --------------------------------------------------------------------------------

# needs_root DESCRIPTION: sets WHY
needs_root() {
	local file pattern
	while IFS=$'\t' read -r file pattern WHY; do
		[[ $file/ == "${0##*/}/" && $1 =~ ^($pattern)$ ]] && return 0
	done <"$LIB/needs-root.tsv"
	return 1
}

# t DESCRIPTION FUNCTION [ARG...]; with LIVE_ONLY in the environment only where that regex matches
t() {
	local what=$1 st left
	[[ $what =~ ${LIVE_ONLY:-} ]] || return 0
	shift
	COUNT=$((COUNT + 1))
	rm -f "$T/skip"
	if [ -n "${LIVE_USER:-}" ] && needs_root "$what"; then
		echo "ok $COUNT - $what # SKIP needs the host's root: $WHY"
		return
	fi
	(
		trap - EXIT TERM INT HUP
		set -e
		ST=
		"$@"
	) >"$T/log" 2>&1 </dev/null
	st=$?
	delete_all
	if ! within 3 nothing_left; then
		left=$(leftovers)
		force_clean
		if [ -n "$left" ]; then
			printf 'left behind after delete --force:\n%s\n' "$left" >>"$T/log"
			st=1
		fi
	fi
	rm -rf --one-file-system "$T"/b[0-9]*
	if [ $st = 77 ] && [ -e "$T/skip" ]; then
		echo "ok $COUNT - $what # SKIP $(head -n 1 "$T/skip")"
	elif [ $st = 0 ]; then
		echo "ok $COUNT - $what"
	else
		BAD=$((BAD + 1))
		echo "not ok $COUNT - $what"
		sed 's/^/# /' "$T/log" | head -n 60
	fi
}

finish() {
	if [ $COUNT = 0 ]; then echo "1..0 # SKIP nothing matches LIVE_ONLY"; else echo "1..$COUNT"; fi
	bye
	[ $BAD = 0 ]
	exit
}

echo "TAP version 13"
