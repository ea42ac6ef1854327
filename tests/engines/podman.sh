#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Podman, as root. HEZI_CGROUPS=systemd (where systemd is pid 1): with its systemd cgroup manager.
. "$(dirname "$0")/lib.sh"
need podman conmon
image

podman_as_root '[containers]
default_ulimits=["nofile=20000:20000","nproc=4096:4096"]'
RUN="$P run --rm --network none"

check "run" 0 '^hi$' $RUN bb echo hi
check "the program's status" 7 '' $RUN bb sh -c 'exit 7'
check "a program that is not there: 127" 127 'executable file' $RUN bb nosuch
check "a path that is not there: 127" 127 'no such file' $RUN bb /nosuch
check "a directory as program: 126" 126 '' $RUN bb /etc
check "a file that cannot be executed: 126" 126 'denied' $RUN bb /nofile
check "--user" 0 'uid=1000 gid=0|uid=1000\(1000\) gid=0' $RUN --user 1000 bb id
check "--user with a group" 0 'uid=1000(\(1000\))? gid=1001' $RUN --user 1000:1001 bb id
check "--read-only" 1 'Read-only' $RUN --read-only bb touch /x
check "--tmpfs" 0 '^a$' $RUN --tmpfs /t bb sh -c 'echo a >/t/x; cat /t/x'
check "--memory, --cpus, --pids-limit" 0 '' $RUN --memory 64m --cpus 0.5 --pids-limit 50 bb true
check "--pids-limit is set" 0 '^50$' $RUN --pids-limit 50 -v /sys/fs/cgroup:/cg:ro bb sh -c 'cat "/cg/pids$(grep :pids: /proc/self/cgroup | busybox cut -d: -f3)/pids.max"'
check "-t" 0 'tty' $RUN -t bb echo tty
check "-t gives a terminal" 0 'speed' $RUN -t bb stty
check "--hostname" 0 '^thebox$' $RUN --hostname thebox bb hostname
check "--env" 0 'A=b' $RUN --env A=b bb env
check "--workdir" 0 '^/tmp$' $RUN --workdir /tmp bb sh -c pwd
check "a volume, read-only" 1 'Read-only' $RUN -v "$D/img:/v:ro" bb touch /v/x
check "a volume" 0 'etc' $RUN -v "$D/img:/v" bb ls /v
check "a named volume" 0 '' $RUN -v vol:/v bb touch /v/x
check "--sysctl" 0 '^1$' $RUN --sysctl net.ipv4.ip_forward=1 bb cat /proc/sys/net/ipv4/ip_forward
check "--device" 0 '1, +3' $RUN --device /dev/null:/dev/xnull bb ls -l /dev/xnull
check "--ulimit" 0 '^100$' $RUN --ulimit nofile=100:100 --ulimit nproc=4096:4096 bb sh -c 'ulimit -n'
check "--uidmap" 0 'uid=0' $RUN --uidmap 0:100000:65536 --gidmap 0:100000:65536 bb id
check "--privileged" 0 'priv' $RUN --privileged bb echo priv
check "--init" 0 'init' $RUN --init bb echo init
check "--cap-add all" 0 'CapEff:.*fff' $RUN --cap-add all bb grep Cap /proc/self/status
check "--cap-drop all" 0 'CapEff:.0000000000000000' $RUN --cap-drop all bb grep Cap /proc/self/status
check "seccomp is on" 0 'Seccomp:.2' $RUN bb grep Seccomp: /proc/self/status
check "seccomp=unconfined" 0 'Seccomp:.0' $RUN --security-opt seccomp=unconfined bb grep Seccomp: /proc/self/status
check "no-new-privileges" 0 'NoNewPrivs:.1' $RUN --security-opt no-new-privileges bb grep NoNewPrivs: /proc/self/status
check "host namespaces" 0 'host' $P run --rm --network host --pid host --ipc host --uts host bb echo host
check "--stop-signal and --oom-score-adj" 0 '^100$' $RUN --oom-score-adj 100 bb cat /proc/self/oom_score_adj
check "run -d" 0 '' $P run -d --name d1 --network none bb sleep 100
check "inspect" 0 '^running under_test$' $P inspect -f '{{.State.Status}} {{.OCIRuntime}}' d1
check "exec" 0 '^inexec$' $P exec d1 echo inexec
check "exec: the program's status" 7 '' $P exec d1 sh -c 'exit 7'
check "exec: not there: 127" 127 'executable file' $P exec d1 nosuch
check "exec: a directory: 126" 126 '' $P exec d1 /etc
check "exec -t" 0 'tty' $P exec -t d1 echo tty
check "exec --user" 0 'uid=1000' $P exec --user 1000 d1 id
check "exec --env --workdir" 0 'A=b./tmp' $P exec --env A=b --workdir /tmp d1 sh -c 'env | grep A=; pwd'
check "exec -d" 0 '' $P exec -d d1 touch /tmp/fromexec
check "exec -d has run" 0 'fromexec' $P exec d1 sh -c 'sleep 1; ls /tmp'
check "top" 0 'sleep 100' $P top d1
check "pause" 0 'd1' $P pause d1
check "paused" 0 '^paused$' $P inspect -f '{{.State.Status}}' d1
check "unpause" 0 'd1' $P unpause d1
check "stats" 0 'd1' $P stats --no-stream d1
check "cp" 0 '' $P cp d1:/etc/passwd "$D/passwd"
check "update -m" 0 '' $P update -m 100m --memory-swap 100m d1
check "the new limit holds" 0 '^104857600$' $P exec d1 cat /sys/fs/cgroup/memory/memory.limit_in_bytes
check "out of memory: 137" 137 '' $P run --name o1 --network none -m 16m --memory-swap 16m bb busybox tail -n 1 /dev/zero
check "stop" 0 'd1' $P stop -t 1 d1
check "exited with 137" 0 '^exited 137$' $P inspect -f '{{.State.Status}} {{.State.ExitCode}}' d1
check "start" 0 'd1' $P start d1
check "restart" 0 'd1' $P restart -t 0 d1
check "kill" 0 'd1' $P kill d1
check "rm" 0 '' $P rm -f d1
check "logs" 0 '' $P run --name l1 --network none bb echo logged
check "logs are there" 0 '^logged$' $P logs l1
check "create" 0 '' $P create --name c1 --network none bb sleep 100
check "created" 0 '^created$' $P inspect -f '{{.State.Status}}' c1
check "init and start" 0 'c1' $P start c1
check "health check" 0 '' $P run -d --name h1 --health-cmd true --network none bb sleep 100
check "health check runs" 0 '' $P healthcheck run h1
printf 'FROM bb\nRUN echo built >/tmp/x\nCMD cat /tmp/x\n' >Containerfile
check "build" 0 '' $P build -q --network none --runtime "$RUNTIME" -t built -f Containerfile "$D/img"
check "run what was built" 0 '^built$' $RUN built
# a service of systemd: the container says itself that it is ready
python3 "$HERE/../lib/notify-listen.py" "$D/notify" "$D/records" &
ENGINE=$!
for _ in $(seq 50); do [ -e records ] || sleep 0.05; done
check "--sdnotify=container" 0 '' env NOTIFY_SOCKET="$D/notify" $P run -d --name n1 --sdnotify container --network none -v /usr:/usr:ro -v /lib:/lib:ro \
	-v /lib64:/lib64:ro bb sh -c '/usr/bin/systemd-notify --ready; exec sleep 100'
for _ in $(seq 50); do grep -qs READY=1 records || sleep 0.05; done
check "the manager is told" 0 'READY=1' cat records
check "with the pid of conmon" 0 'MAINPID=[0-9]+' cat records
check "it runs" 0 '^running$' $P inspect -f '{{.State.Status}}' n1
stop_engine
check "rm all" 0 '' $P rm -fa -t 0
check "the cgroup manager" 0 "^${HEZI_CGROUPS:-cgroupfs}\$" $P info -f '{{.Host.CgroupManager}}'
check "the container's cgroup" 0 "$([ -z "${HEZI_CGROUPS:-}" ] && echo libpod_parent/ || echo 'machine.slice/libpod-[0-9a-f]+.scope')" \
	$RUN --cgroupns host bb cat /proc/self/cgroup
check "info names the runtime" 0 "$KIND" $P info -f '{{.Host.OCIRuntime.Version}}'
done_all
