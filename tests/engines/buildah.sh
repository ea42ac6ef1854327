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
check "a directory as program" 1 'denied' $RUN "$w" /etc
check "run --user by name" 0 'uid=1000\(bob\).*2000' $RUN --user bob "$w" id
check "run --hostname" 0 'boxed' $RUN --hostname boxed "$w" hostname
check "run --mount type=tmpfs" 0 'tmpfs /t' $RUN --mount type=tmpfs,dst=/t "$w" grep ' /t ' /proc/mounts
check "run --isolation oci" 0 'oci' $RUN --isolation oci "$w" echo oci
check "run --isolation rootless" 0 'rootless' $RUN --isolation rootless "$w" echo rootless
check "run: stdin, all of it" 0 '3000000' sh -c "head -c 3000000 /dev/zero | $RUN $w wc -c"
check "run: killed by a signal" 137 '' $RUN "$w" sh -c 'sh -c "kill -9 \$\$"; exit $?'
check "run on a terminal" 0 '/dev/pts/0' script -qec "$RUN -t $w tty" /dev/null
check "from with limits" 0 '^67108864' sh -c "c=\$($B from --memory 64m --ulimit nofile=123:123 scratch) && $B copy -q \$c img / >/dev/null 2>&1 && $RUN \$c cat /sys/fs/cgroup/memory/memory.limit_in_bytes"
check "commit" 0 '' $B commit -q "$w" base
printf 'FROM base\nRUN echo built >/tmp/x\nRUN cat /tmp/x\n' >Containerfile
check "bud" 0 'built' $B bud --network none --runtime "$RUNTIME" -f Containerfile -t out "$D/img"
printf 'FROM base\nUSER bob\nWORKDIR /work\nENV A=b\nRUN id -u; pwd; echo $A; ulimit -n\nRUN --mount=type=tmpfs,target=/tt grep /tt /proc/mounts\nRUN --mount=type=bind,from=base,source=/etc,target=/bb ls /bb\n' >More
check "bud: user, folder, environment, limits, mounts" 0 '1000./work.b.123.*tmpfs /tt.*passwd' $B bud --network none --ulimit nofile=123:123 --runtime "$RUNTIME" -f More "$D/img"
printf 'FROM base\nRUN ["nosuch"]\n' >None
check "bud with a program that is not there" 1 'executable file' $B bud --network none --runtime "$RUNTIME" -f None "$D/img"
printf 'FROM base\nRUN exit 3\n' >Bad
check "bud with a step that fails" 3 'exit status 3' $B bud --network none --runtime "$RUNTIME" -f Bad "$D/img"
check "rm" 0 '' $B rm -a
done_all
