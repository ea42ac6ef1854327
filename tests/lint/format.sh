#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every C file is as clang-format leaves it.
#   format.sh SOURCE-ROOT
set -u
cd "$1" || exit 1
echo "TAP version 13"
if ! command -v clang-format >/dev/null; then
	echo "1..0 # SKIP clang-format is not installed"
	exit 0
fi
files=$(find src include libocispec tests -name '*.[ch]' | sort)
echo "1..$(echo "$files" | wc -l)"
n=0 bad=0
for f in $files; do
	n=$((n + 1))
	if out=$(clang-format --dry-run -Werror "$f" 2>&1); then
		echo "ok $n - $f is formatted"
	else
		bad=1
		echo "not ok $n - $f is formatted"
		echo "$out" | grep error | head -3 | sed 's/^/# /'
	fi
done
exit $bad
