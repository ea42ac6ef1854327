#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# libhezi in a program with threads (tests/library/host.c).
#
#	HOST	that program
. "$(dirname "$0")/../lib/live.sh"

[ "$KIND" = hezi ] || plan_skip "libhezi is hezi's"
HOST=${HOST:-$(dirname "$RUNTIME")/../../tests/library/host}
[ -x "$HOST" ] || plan_skip "no program $HOST"
[ -z "${LIVE_USER:-}" ] || plan_skip "the program runs as root"

# host WORK THREADS ROUNDS; SCRIPT is what the containers do
host() {
	needs_sealed # a fork of a program with threads has its locks as they were
	paths_only
	bundle
	sh_args "$SCRIPT"
	config 'del(.linux.cgroupsPath)'
	cap timeout --foreground -k 5 "${HOST_LIMIT:-120}" $HOST_WRAP "$HOST" "$1" "$ROOT" "$B" "$ID-" "$2" "$3"
	is "$OUT" "0 wrong"
	is "$ERR" ""
	ok
}

HOST_WRAP=${HOST_WRAP:-}
SCRIPT='exec sleep 60'
t "8 threads with 25 containers each" host lives 8 25
t "start as soon as the state is created" host polls 2 60
SCRIPT='sleep 1; exit 5'
t "runs and execs in the foreground of threads" host runs 4 3
finish
