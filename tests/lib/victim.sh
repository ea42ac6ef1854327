# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What the tests of tests/security share; sourced after live.sh.

# victim: a folder of the host ($V) that must stay as it is
victim() {
	V=$B/victim
	mkdir -p "$V/dir"
	echo keep >"$V/file"
	BEFORE=$(listing)
}
listing() { (cd "$V" && find . -printf '%p %y %m %u:%g %l\n' | sort; cat file); }
unharmed() { is "$(listing)" "$BEFORE" "the host's folder"; }
untouched_run() { run_sh 'true'; unharmed; nothing_left || die "left: $(leftovers)"; }

# build_watch: $T/watch, a static program (see watch.c)
build_watch() {
	[ ! -e "$T/watch" ] || return 0
	command -v cc >/dev/null || skip "there is no C compiler"
	cc -static -O2 -o "$T/watch" "$TESTS/security/watch.c" 2>/dev/null || skip "there is no static C library"
}
