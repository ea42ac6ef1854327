#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# buildah run and bud.
. "$(dirname "$0")/lib.sh"
need buildah
image

B="buildah --root $D/root --runroot $D/run --storage-driver vfs"
w=$($B from scratch 2>/dev/null) || plan_skip "buildah does not work here"
$B copy -q "$w" img / >/dev/null 2>&1
RUN="$B run --network none --runtime $RUNTIME"

check "run" 0 'hi' $RUN "$w" echo hi
check "the program's status" 7 '' $RUN "$w" sh -c 'exit 7'
check "a program that is not there" 1 'executable file' $RUN "$w" nosuch
check "run -t" 0 'tty' $RUN -t "$w" echo tty
check "run --user" 0 'uid=1000' $RUN --user 1000 "$w" id
check "run -v" 0 'etc' $RUN -v "$D/img:/v:ro" "$w" ls /v
check "run --workingdir" 0 '/tmp' $RUN --workingdir /tmp "$w" sh -c pwd
check "run --cap-drop" 0 'CapEff' $RUN --cap-drop all "$w" grep Cap /proc/self/status
check "commit" 0 '' $B commit -q "$w" base
printf 'FROM base\nRUN echo built >/tmp/x\nRUN cat /tmp/x\n' >Containerfile
check "bud" 0 'built' $B bud --network none --runtime "$RUNTIME" -f Containerfile -t out "$D/img"
printf 'FROM base\nRUN exit 3\n' >Bad
check "bud with a step that fails" 3 'exit status 3' $B bud --network none --runtime "$RUNTIME" -f Bad "$D/img"
check "rm" 0 '' $B rm -a
done_all
