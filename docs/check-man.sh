#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every command has a manual page, every page names every option of its command, and no page names one that is not there.
#   check-man.sh HEZI MANUAL-DIRECTORY
set -u
hezi=$1 dir=$2 bad=0 n=0

# the long options in the help of "$@"
options_of_help() { "$hezi" "$@" --help | grep -oE -- '^ +--[a-z-]+' | tr -d ' ' | sort -u; }
# the long options that head an entry of a page
options_of_page() { sed 's/\\-/-/g' "$1" | grep -A1 '^\.TP' | grep -oE -- '^\.B[RI]? --[a-z-]+' | grep -oE -- '--[a-z-]+' | sort -u; }

commands=$("$hezi" --help | sed -n '/^COMMANDS:/,/^$/s/^   \([a-z]*\) .*/\1/p' | grep -vxE 'help|version')
echo "TAP version 13"
for c in "" $commands; do
	n=$((n + 1))
	page=$dir/hezi${c:+-$c}.8
	# shellcheck disable=SC2086
	if out=$(diff <(options_of_help $c) <(options_of_page "$page") 2>&1); then
		echo "ok $n - ${page##*/} has the options of hezi${c:+ $c}"
	else
		bad=1
		echo "not ok $n - ${page##*/} has the options of hezi${c:+ $c}"
		echo "$out" | sed 's/^/# /'
	fi
done
echo "1..$n"
exit $bad
