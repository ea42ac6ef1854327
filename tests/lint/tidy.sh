#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# clang-tidy and cppcheck over the sources, two files at a time: one TAP line for each file and one for cppcheck.
#   tidy.sh SOURCE-ROOT BUILD-ROOT
set -u
src=$(realpath "$1") build=$(realpath "$2")
cd "$src" || exit 1
echo "TAP version 13"
for tool in clang-tidy cppcheck; do
	command -v $tool >/dev/null || { echo "1..0 # SKIP $tool is not installed"; exit 0; }
done
files=$(find src libocispec -name '*.c' | sort)
total=$(echo "$files" | wc -l)
echo "1..$((total + 1))"
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
check() {
	# flags of gcc that clang lacks are no finding
	clang-tidy -quiet -p "$2" --extra-arg=-Wno-unknown-warning-option --extra-arg=-Wno-ignored-optimization-argument "$1" >"$3/$(echo "$1" | tr / _)" 2>/dev/null
}
export -f check
echo "$files" | xargs -P 2 -I{} bash -c 'check "$@"' _ {} "$build" "$out"
n=0 bad=0
for f in $files; do
	n=$((n + 1))
	found=$(grep -E '(warning|error):' "$out/$(echo "$f" | tr / _)" | head -5)
	if [ -z "$found" ]; then
		echo "ok $n - clang-tidy: $f"
	else
		bad=1
		echo "not ok $n - clang-tidy: $f"
		printf '%s\n' "$found" | sed 's/^/# /'
	fi
done
if cppcheck -q -j 2 --std=c11 --enable=warning,performance,portability --inline-suppr --error-exitcode=1 -D_GNU_SOURCE -D__x86_64__ \
	--suppress=missingIncludeSystem --suppress=unknownMacro -I include -I src -I libocispec src libocispec >"$out/cppcheck" 2>&1; then
	echo "ok $((total + 1)) - cppcheck"
else
	bad=1
	echo "not ok $((total + 1)) - cppcheck"
	head -20 "$out/cppcheck" | sed 's/^/# /'
fi
exit $bad
