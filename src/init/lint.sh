#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# lint.sh ELF IMAGE: init needs nothing from outside, is never relocated, has no writable code, and stays small.
set -u
bad=0
complain() { echo "$1" >&2; bad=1; }
[ -z "$(nm -u "$1")" ] || complain "undefined symbols: $(nm -u "$1")"
readelf -rW "$1" | grep -q 'no relocations' || complain "it has relocations"
readelf -lW "$1" | grep -Eq 'INTERP|DYNAMIC' && complain "it is linked dynamically"
readelf -lW "$1" | grep -q 'RWE' && complain "it has a segment that is writable and executable"
size=$(wc -c <"$2")
[ "$size" -le 65536 ] || complain "the image has $size bytes, more than 64 KiB"
[ $bad = 0 ] && echo "$size bytes"
exit $bad
