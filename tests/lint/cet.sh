#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every object keeps to indirect branch tracking and shadow stacks: one that does not takes both from the whole program.
#   cet.sh FILE... (libraries and programs)
set -u
echo "TAP version 13"
if [ "$(uname -m)" != x86_64 ]; then
	echo "1..0 # SKIP the notes are those of x86"
	exit 0
fi
echo "1..$#"
n=0 bad=0
for file; do
	n=$((n + 1))
	objects=1
	[ "${file##*.}" != a ] || objects=$(ar t "$file" | wc -l)
	good=$(readelf -n "$file" 2>/dev/null | grep -c 'x86 feature:.*IBT.*SHSTK')
	if [ "$good" = "$objects" ]; then
		echo "ok $n - ${file##*/} has IBT and SHSTK"
	else
		bad=1
		echo "not ok $n - ${file##*/} has IBT and SHSTK"
		echo "# $good of $objects objects"
	fi
done
exit $bad
