#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# libhezi for its callers: what pkg-config says is about them, not about the machine that built it, and is enough to link.
#   library.sh SOURCES HEZI.PC LIBHEZI.SO LIBHEZI.A
set -u
top=$1 pc=$2 shared=$3 archive=$4 n=0 bad=0
T=$(mktemp -d "${TMPDIR:-/tmp}/hezi-library.XXXXXX")
trap 'rm -rf "$T"' EXIT

result() { # STATUS NAME
	n=$((n + 1))
	if [ "$1" = 0 ]; then
		echo "ok $n - $2"
	else
		bad=1
		echo "not ok $n - $2"
		sed 's/^/# /' "$T/log"
	fi
}
no_lines() { [ ! -s "$T/log" ]; } # what is wrong
ask() { PKG_CONFIG_PATH=${pc%/*} pkg-config "$@" hezi; }

echo "TAP version 13"
grep '^Libs' "$pc" | tr ' ' '\n' | grep '^/' >"$T/log"
no_lines
result $? "hezi.pc names no file of this machine"
grep '^Libs' "$pc" | tr ' ' '\n' | sort | uniq -d >"$T/log"
no_lines
result $? "hezi.pc names each library once"
grep '^Requires.*yajl' "$pc" >"$T/log"
ask --cflags --static 2>&1 | grep yajl >>"$T/log"
no_lines
result $? "callers do not get the include path of yajl"
readelf -d "$shared" >"$T/log"
grep -q 'FLAGS.*NOW' "$T/log"
result $? "libhezi.so binds its symbols before it runs (-z now)"
readelf -lW "$shared" >"$T/log"
grep -q GNU_RELRO "$T/log"
result $? "and makes them read-only (-z relro)"

cat >"$T/caller.c" <<'END'
#include <hezi/hezi.h>
#include <stdio.h>
int main(void) { return puts(hz_version()) < 0; }
END
libs=$(ask --static --libs-only-l)
# shellcheck disable=SC2086
cc -I"$top/include" "$T/caller.c" -o "$T/caller" ${libs//-lhezi/"$archive"} >"$T/log" 2>&1 && "$T/caller" >"$T/log" 2>&1
result $? "a caller links with libhezi.a and the libraries of pkg-config --static"
cc -I"$top/include" "$T/caller.c" -o "$T/caller" "$shared" >"$T/log" 2>&1
result $? "a caller links with libhezi.so alone"
echo "1..$n"
exit $bad
