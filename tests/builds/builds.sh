#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# hezi builds without a warning, links and passes its quick tests at each level of optimization, with gcc and with clang,
# with link-time optimization, and gives the same bytes in every directory.
#
#	BUILDS=all tests/builds/builds.sh	(20 minutes; without BUILDS only what CI has time for)
set -u
TOP=$(cd "$(dirname "$0")/../.." && pwd)
T=$(mktemp -d "${TMPDIR:-/tmp}/hezi-builds.XXXXXX")
trap 'rm -rf "$T"' EXIT
trap 'exit 143' TERM INT HUP
N=0 BAD=0

result() { # STATUS NAME
	N=$((N + 1))
	if [ "$1" = 0 ]; then
		echo "ok $N - $2"
	else
		BAD=$((BAD + 1))
		echo "not ok $N - $2"
		grep -E 'error|warning|ERROR|FAILED|not ok|undefined' "$T/log" | head -n 20 | sed 's/^/# /'
	fi
}

configure_and_build() { # DIR SOURCE TARGET OPTION...
	local dir=$1 source=$2 target=$3
	shift 3
	meson setup --werror "$dir" "$source" "$@" >"$T/log" 2>&1 && ninja -C "$dir" $target >"$T/log" 2>&1
}

# quick DIR: what needs no golden files of another compiler
quick() { "$TOP/tests/tap" --meson "$1" --suite unit --suite plan --suite errors >"$T/log" 2>&1; }

builds() { # NAME COMPILER OPTION...
	local name=$1 cc=$2
	shift 2
	if ! command -v "$cc" >/dev/null; then
		N=$((N + 1))
		echo "ok $N - $name # SKIP $cc is not installed"
		return
	fi
	CC=$cc configure_and_build "$T/odd" "$TOP" "" "$@" && quick "$T/odd"
	result $? "$name"
	rm -rf "$T/odd"
}

# Two copies of the sources at paths of different length and depth; of the second, the build directory is elsewhere.
same_bytes() {
	local file good=0
	mkdir -p "$T/a" "$T/deeper/than/b/sources"
	tar -C "$TOP" --exclude='./build*' -cf - . | tar -C "$T/deeper/than/b/sources" -xf -
	configure_and_build "$T/a/build" "$TOP" src/cli/hezi "$@" &&
		configure_and_build "$T/deeper/than/a-build" "$T/deeper/than/b/sources" src/cli/hezi "$@" || good=1
	for file in src/cli/hezi src/init/hezi-init src/systemd/hezi-systemd; do
		[ $good != 0 ] || cmp "$T/a/build/$file" "$T/deeper/than/a-build/$file" >"$T/log" 2>&1 || good=1
	done
	result $good "the same bytes from two directories${*:+ ($*)}"
	rm -rf "$T/a" "$T/deeper"
}

echo "TAP version 13"
same_bytes
builds "gcc, release with link-time optimization" gcc --buildtype=release -Db_lto=true
if [ "${BUILDS:-}" = all ]; then
	same_bytes --buildtype=release
	for level in 0 g 1 2 3 s; do
		builds "gcc -O$level" gcc -Doptimization=$level
		builds "clang -O$level" clang -Doptimization=$level
	done
	for type in plain minsize; do
		builds "gcc, buildtype $type" gcc --buildtype=$type
	done
	for level in g 1 s; do
		builds "gcc -O$level with link-time optimization" gcc -Doptimization=$level -Db_lto=true
	done
	CC_LD=lld AR=llvm-ar builds "clang, release with link-time optimization" clang --buildtype=release -Db_lto=true
	builds "gcc, release, shared libraries" gcc --buildtype=release -Dstatic=false
	builds "gcc, no systemd" gcc -Dsystemd=disabled
	builds "gcc, init in a fork" gcc --buildtype=release -Dsealed_init=false
fi
echo "1..$N"
[ $BAD = 0 ]
