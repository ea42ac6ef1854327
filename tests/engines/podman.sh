#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Podman, as root. HEZI_CGROUPS=systemd (where systemd is pid 1): with its systemd cgroup manager.
. "$(dirname "$0")/lib.sh"
. "$HERE/../lib/machine.sh"
need podman conmon
image

podman_as_root '[containers]
default_ulimits=["nofile=20000:20000","nproc=4096:4096"]'
RUN="$P run --rm --network none"
NET="--network none"
export P RUN NET
printf '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir","mkdirat"],"action":"%s"%s}]}' SCMP_ACT_KILL_PROCESS '' >kill.json
printf '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir","mkdirat"],"action":"%s"%s}]}' SCMP_ACT_ERRNO ',"errnoRet":5' >errno.json

check "run" 0 '^hi$' $RUN bb echo hi
check "the program's status" 7 '' $RUN bb sh -c 'exit 7'
check "a program that is not there: 127" 127 'executable file' $RUN bb nosuch
check "a path that is not there: 127" 127 'no such file' $RUN bb /nosuch
check "a directory as program: 126" 126 '' $RUN bb /etc
check "a file that cannot be executed: 126" 126 'denied' $RUN bb /nofile
check "a program of no format: 255" 255 'exec /foreign: exec format error' $RUN bb /foreign
check "a script without its interpreter: 255" 255 'exec /script: no such file or directory' $RUN bb /script
check "it has run, and says why in its log" 0 '255 exited.exec /script: no such file or directory' sh -c "$P run -d --name f2 --network none bb /script >/dev/null; $P wait f2 >/dev/null
	$P inspect -f '{{.State.ExitCode}} {{.State.Status}}' f2; $P logs f2 2>&1; $P rm f2 >/dev/null"
check "--user" 0 'uid=1000\(bob\) gid=1000' $RUN --user 1000 bb id
check "--user by name, its groups" 0 'uid=1000\(bob\) gid=1000\(bob\) groups=1000\(bob\),2000' $RUN --user bob bb id
check "--group-add" 0 'groups=.*555' $RUN --group-add 555 --user bob bb id
check "--umask" 0 '^0077$' $RUN --umask 0077 bb sh -c umask
check "no HOME given" 0 '^/tmp$' $RUN --user bob bb sh -c 'echo $HOME'
check "an empty program: 127" 127 'executable file' $RUN bb ''
check "a script without its interpreter" 127 'not found|no such file' $RUN bb sh -c 'echo "#!/none" >/tmp/s; busybox chmod 755 /tmp/s; exec /tmp/s'
check "a signal: 128 and its number" 159 '' $RUN --security-opt seccomp="$D/kill.json" bb busybox mkdir /tmp/x
check "--user with a group" 0 'uid=1000\(bob\) gid=1001' $RUN --user 1000:1001 bb id
check "--read-only" 1 'Read-only' $RUN --read-only bb touch /x
check "--tmpfs" 0 '^a$' $RUN --tmpfs /t bb sh -c 'echo a >/t/x; cat /t/x'
check "--tmpfs: its options" 0 'nosuid,nodev,noexec.*size=1024k,mode=700' $RUN --tmpfs /t:rw,size=1m,mode=0700,noexec,nosuid,nodev bb grep ' /t ' /proc/mounts
check "--tmpfs over what the image has" 0 'passwd' $RUN --tmpfs /etc bb ls /etc
check "--shm-size" 0 'size=128k' $RUN --shm-size 128k bb grep ' /dev/shm ' /proc/mounts
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
check "a volume: its options" 0 'rw,nosuid,nodev,noexec' $RUN -v "$D/img:/v:nosuid,nodev,noexec" bb grep ' /v ' /proc/mounts
check "a volume with :O" 0 'over.*nofile|nofile.*over' sh -c "$RUN -v $D/img:/v:O bb sh -c 'touch /v/over; ls /v'; test ! -e $D/img/over"
check "a volume with :U" 0 '^1000$' $RUN -v volu:/v:U --user 1000 bb stat -c %u /v
check "a volume that is a file" 0 '^data$' $RUN -v "$D/img/nofile:/etc/one:ro" bb cat /etc/one
check "a file over a directory: 126" 126 '[Nn]ot a directory' $RUN -v "$D/img/nofile:/etc" bb true
check "a volume with :idmap" 0 '' sh -c "[ '$KIND' = runc ] || test x\$($RUN --uidmap 0:100000:65536 --gidmap 0:100000:65536 -v $D/img:/v:idmap bb stat -c %u /v/nofile) = x0"
check "--mount type=devpts" 0 'devpts' $RUN --mount type=devpts,destination=/dev/pts2 bb grep pts2 /proc/mounts
check "--sysctl that is not there: 127" 127 'no/such' $RUN --sysctl net.no.such=1 bb true
check "--device to read alone" 0 '' $RUN --device /dev/null:/dev/xnull:r bb head -c 1 /dev/xnull
check "--device-cgroup-rule" 1 '1.*not permitted|not permitted.*1' $RUN --device-cgroup-rule 'c 1:5 rwm' bb sh -c 'mknod /tmp/z c 1 5 && head -c 1 /tmp/z | wc -c; mknod /tmp/k c 1 1; cat /tmp/k'
check "other devices cannot be opened" 1 'not permitted' $RUN bb sh -c 'mknod /tmp/k c 1 1 && cat /tmp/k'
check "/proc is masked" 1 'Read-only.*^0$|^0.*Read-only' $RUN bb sh -c 'cat /proc/kcore 2>/dev/null | wc -c; echo x >/proc/sys/kernel/domainname'
check "--security-opt unmask=ALL" 0 'acpi' $RUN --security-opt unmask=ALL bb ls /sys/firmware
check "--security-opt mask" 0 '^0$' $RUN --security-opt mask=/proc/version bb sh -c 'cat /proc/version | wc -c'
check "--security-opt proc-opts" 0 'hidepid=' $RUN --security-opt proc-opts=hidepid=2 bb grep ' /proc ' /proc/mounts
check "a seccomp profile of one's own" 1 'Input/output error|I/O error' $RUN --security-opt seccomp="$D/errno.json" bb busybox mkdir /tmp/x
check "--ipc none" 1 'No such file' $RUN --ipc none bb ls /dev/shm
check "--cgroup-parent" 0 '/hezi-test-parent/libpod-' sh -c "[ -n '${HEZI_CGROUPS:-}' ] && echo /hezi-test-parent/libpod- || $RUN --cgroup-parent /hezi-test-parent --cgroupns host bb cat /proc/self/cgroup"
# conmon has a cgroup of its own in it, and ends a moment later
for _ in {1..50}; do
	find /sys/fs/cgroup -depth -type d -path '*/hezi-test-parent*' -exec rmdir {} + 2>/dev/null
	[ -n "$(find /sys/fs/cgroup -type d -name hezi-test-parent -print -quit)" ] || break
	sleep 0.1
done
peer_fails runc -- check "--cgroups=disabled" 0 "$(grep :pids: /proc/self/cgroup)" $RUN --cgroups disabled --cgroupns host bb grep :pids: /proc/self/cgroup
check "--preserve-fds" 0 '^given.given$' bash -c 'echo given >fd; $RUN --preserve-fds 2 bb sh -c "cat <&3; cat <&4" 3<fd 4<fd'
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
check "stdin, all of it" 0 '^3000000$' bash -c 'head -c 3000000 /dev/zero | $RUN -i bb wc -c'
check "stdout, all of it" 0 '^6400000$' bash -c '$RUN bb dd if=/dev/zero bs=64000 count=100 2>/dev/null | wc -c'
check "--uidmap: a volume, a tmpfs, a sysctl" 0 '^0.1$' $RUN --uidmap 0:100000:65536 --gidmap 0:100000:65536 --tmpfs /t --sysctl net.ipv4.ip_forward=1 -v volm:/v:U bb \
	sh -c 'touch /t/a /v/a && stat -c %u /v/a; cat /proc/sys/net/ipv4/ip_forward'
check "--uidmap -t" 0 '^/dev/pts/0' $RUN --uidmap 0:100000:65536 -t bb tty
check "a user's capabilities" 0 'CapEff:.0000000000000000' $RUN --user bob bb grep CapEff /proc/self/status
check "--cap-add for a user is ambient" 0 'CapAmb:.0000000000002000' $RUN --user bob --cap-add net_raw bb grep CapAmb /proc/self/status
check "the limits, read back" 0 '^512.25000.0.33554432.67108864$' bash -c '[ -n "$1" ] && printf "512\n25000\n0\n33554432\n67108864\n" || $RUN --cpu-shares 512 --cpu-period 50000 --cpu-quota 25000 --cpuset-cpus 0 \
	-m 64m --memory-reservation 32m --memory-swap 64m bb sh -c "cd /sys/fs/cgroup; cat cpu/cpu.shares cpu/cpu.cfs_quota_us cpuset/cpuset.cpus memory/memory.soft_limit_in_bytes memory/memory.memsw.limit_in_bytes"' - "${HEZI_CGROUPS:-}"
check "run -d" 0 '' $P run -d --name d1 --network none bb sleep 100
check "inspect" 0 '^running under_test$' $P inspect -f '{{.State.Status}} {{.OCIRuntime}}' d1
check "exec" 0 '^inexec$' $P exec d1 echo inexec
check "exec: the program's status" 7 '' $P exec d1 sh -c 'exit 7'
check "exec: not there: 127" 127 'executable file' $P exec d1 nosuch
check "exec: a directory: 126" 126 '' $P exec d1 /etc
check "exec: a path that is not there: 127" 127 'no such file' $P exec d1 /nosuch
check "exec: an empty program: 127" 127 'executable file' $P exec d1 ''
check "exec: a file that cannot be executed: 126" 126 'denied' $P exec d1 /nofile
check "exec --workdir that is not there: 127" 127 'chdir.*no such file' $P exec -w /none d1 true
check "exec: killed by a signal: 137" 137 '' $P exec d1 sh -c 'kill -9 $$'
check "exec -i" 0 '^2000000$' bash -c 'head -c 2000000 /dev/zero | $P exec -i d1 wc -c'
check "exec --preserve-fds" 0 '^given$' bash -c '$P exec --preserve-fds 1 d1 sh -c "cat <&3" 3<fd'
check "exec --privileged" 0 'CapEff:.*fff' $P exec --privileged d1 grep CapEff /proc/self/status
check "exec -it on a terminal" 5 '/dev/pts/[0-9]' script -qec "$P exec -it d1 sh -c 'tty; exit 5'" /dev/null
check "exec, 24 at a time" 0 '^24$' bash -c 'for i in $(seq 24); do $P exec d1 echo p$i & done | sort -u | wc -l; wait'
check "exec -t" 0 'tty' $P exec -t d1 echo tty
check "exec --user" 0 'uid=1000' $P exec --user 1000 d1 id
check "exec --env --workdir" 0 'A=b./tmp' $P exec --env A=b --workdir /tmp d1 sh -c 'env | grep A=; pwd'
check "exec -d" 0 '' $P exec -d d1 touch /tmp/fromexec
check "exec -d has run" 0 'fromexec' $P exec d1 sh -c 'sleep 1; ls /tmp'
check "top" 0 'sleep 100' $P top d1
check "pause" 0 'd1' $P pause d1
check "paused" 0 '^paused$' $P inspect -f '{{.State.Status}}' d1
check "exec in a paused container" 255 'running containers' $P exec d1 true
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
sh_check "SIGTERM that the program handles" 0 '^9' "$P run -d --name t1 $NET bb sh -c 'trap \"exit 9\" TERM; while :; do sleep 0.1; done' >/dev/null; sleep 0.5; $P stop -t 9 t1 >/dev/null; $P wait t1; $P rm t1"
sh_check "kill -s HUP" 0 '^7' "$P run -d --name t2 $NET bb sh -c 'trap \"exit 7\" HUP; while :; do sleep 0.1; done' >/dev/null; sleep 0.5; $P kill -s HUP t2 >/dev/null; $P wait t2; $P rm t2"
sh_check "--init passes SIGTERM on" 0 '^143' "$P run -d --init --name t3 $NET bb sleep 100 >/dev/null; sleep 0.5; $P stop -t 9 t3 >/dev/null; $P wait t3; $P rm t3"
sh_check "kill a paused container" 0 '^137' "$P run -d --name t4 $NET bb sleep 100 >/dev/null; $P pause t4 >/dev/null; $P kill t4 >/dev/null; $P unpause t4 >/dev/null 2>&1; timeout 20 $P wait t4; $P rm -f -t0 t4"
sh_check "rm -f a paused container" 0 '^t5' "$P run -d --name t5 $NET bb sleep 100 >/dev/null; $P pause t5 >/dev/null; timeout 20 $P rm -f -t0 t5"
sh_check "a restart policy" 0 '^2 3' "$P run -d --name t6 --restart on-failure:2 $NET bb sh -c 'exit 3' >/dev/null; for i in \$(seq 40); do [ \$($P inspect -f {{.RestartCount}} t6) = 2 ] && break; sleep 0.2; done; sleep 0.5; $P inspect -f '{{.RestartCount}} {{.State.ExitCode}}' t6; $P rm -f -t0 t6"
sh_check "attach" 0 '^typed' "$P run -d -i --name t7 $NET bb cat >/dev/null; (echo typed; sleep 1) | timeout -s KILL 5 $P attach t7; $P rm -f -t0 t7"
sh_check "commit" 0 '^made' "$P run --name t8 $NET bb sh -c 'echo made >/new' && $P commit -q t8 com >/dev/null && $RUN com cat /new; $P rm t8"
sh_check "cp into a paused container" 0 '^copied' "$P run -d --name t9 $NET bb sleep 100 >/dev/null; $P pause t9 >/dev/null; echo copied >in; $P cp in t9:/tmp/in && $P unpause t9 >/dev/null; $P exec t9 cat /tmp/in; $P rm -f -t0 t9"
sh_check "--pid host: nothing outlives it" 0 '^0' "$P run -d --name t10 --pid host $NET bb sh -c 'sleep 4321 & sleep 4322' >/dev/null; $P exec -d t10 sleep 4323 >/dev/null; sleep 0.3; $P rm -f -t0 t10 >/dev/null; sleep 0.5; ps ax -o args= | grep -c '^sleep 432[123]\$'; true"
sh_check "the program ends while an exec runs: 137" 0 '^137' "$P run -d --name t11 $NET bb sleep 2 >/dev/null; $P exec t11 sleep 100; echo \$?; $P rm -f -t0 t11"
sh_check "namespaces of another container" 0 'sleep 100.*sleep 101|sleep 101.*sleep 100' "$P run -d --name t12 $NET --ipc shareable bb sleep 100 >/dev/null; $P run -d --name t13 --pid container:t12 --ipc container:t12 --network container:t12 bb sleep 101 >/dev/null; $P exec t12 ps -o args; $P rm -f -t0 t13; $P rm -f -t0 t12"
check "logs" 0 '' $P run --name l1 --network none bb echo logged
check "logs are there" 0 '^logged$' $P logs l1
check "create" 0 '' $P create --name c1 --network none bb sleep 100
check "created" 0 '^created$' $P inspect -f '{{.State.Status}}' c1
check "init and start" 0 'c1' $P start c1
check "health check" 0 '' $P run -d --name h1 --health-cmd true --network none bb sleep 100
check "health check runs" 0 '' $P healthcheck run h1
sh_check "health check that fails" 1 'unhealthy' "$P run -d --name h2 --health-cmd 'test -e /ok' --health-retries 1 --health-interval disable $NET bb sleep 100 >/dev/null; $P healthcheck run h2"
sh_check "--hooks-dir" 0 '^stopped' "mkdir hooks; printf '{\"version\":\"1.0.0\",\"hook\":{\"path\":\"/bin/sh\",\"args\":[\"sh\",\"-c\",\"echo stopped >$D/hooked\"]},\"when\":{\"always\":true},\"stages\":[\"poststop\"]}' >hooks/h.json; $P --hooks-dir $D/hooks run --rm $NET bb true; cat hooked"
sh_check "a hook that fails: 126" 126 'hook' "sed -i 's/echo stopped.*hooked/exit 3/; s/poststop/createRuntime/' hooks/h.json; $P --hooks-dir $D/hooks run --rm $NET bb true"
# pods
tar -C img -c . | $P import -c 'CMD ["/bin/sleep","10000"]' - infra >/dev/null 2>&1
POD="$P pod create --infra-image localhost/infra $NET"
sh_check "a pod: one network, hostname and ipc" 0 '^poddy.1' "$POD --name p1 --hostname poddy --sysctl net.ipv4.ip_forward=1 >/dev/null; $P run --rm --pod p1 bb sh -c 'hostname; cat /proc/sys/net/ipv4/ip_forward'"
sh_check "pod pause, unpause, top" 0 'Paused.*sleep 300' "$P run -d --pod p1 --name pa bb sleep 300 >/dev/null; $P pod pause p1 >/dev/null; $P pod ps --format '{{.Status}}'; $P pod unpause p1 >/dev/null; $P pod top p1"
sh_check "pod stop, start, restart, kill, rm" 0 '' "for v in 'stop -t0' start restart kill 'rm -f -t0'; do $P pod \$v p1 || exit; done"
sh_check "a pod with one pid namespace" 0 'sleep 10000.*ps -o args' "$POD --name p2 --share pid,net,ipc,uts >/dev/null; $P run --rm --pod p2 bb ps -o args; $P pod rm -f -t0 p2"
cat >kube.yaml <<X
apiVersion: v1
kind: Pod
metadata: {name: kp}
spec:
  restartPolicy: Never
  hostNetwork: true
  securityContext: {runAsUser: 1000, supplementalGroups: [3000]}
  containers:
  - name: c
    image: localhost/bb
    command: ["/bin/sh", "-c", "id; grep -E 'NoNew|CapEff' /proc/self/status; touch /x 2>&1; sleep 100"]
    env: [{name: PATH, value: /bin}]
    resources: {limits: {memory: 64Mi}}
    securityContext: {allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {drop: ["ALL"]}}
X
sh_check "play kube" 0 'uid=1000.*3000.*CapEff:.0000000000000000.*NoNewPrivs:.1.*Read-only.*67108864' "$P play kube kube.yaml >/dev/null 2>&1; sleep 1; $P logs kp-c; $P exec kp-c cat /sys/fs/cgroup/memory/memory.limit_in_bytes; $P play kube --down kube.yaml >/dev/null"
# the infra container creates the pod's cgroup, in name=systemd too, where Podman itself removes nothing
peer_fails runc crun -- sh_check "play kube --down leaves no cgroup" 0 '^[0-9a-f]{64}$' "id=\$($P play kube kube.yaml 2>/dev/null | sed -n 2p); echo \$id
	$P play kube --down kube.yaml >/dev/null; find /sys/fs/cgroup -type d -path \"*\${id:-none}*\""
printf 'FROM bb\nRUN echo built >/tmp/x\nCMD cat /tmp/x\n' >Containerfile
check "build" 0 '' $P build -q --network none --runtime "$RUNTIME" -t built -f Containerfile "$D/img"
check "run what was built" 0 '^built$' $RUN built
printf 'FROM bb\nUSER bob\nWORKDIR /work\nRUN id -u; pwd; ulimit -n; cat /sys/fs/cgroup/memory/memory.limit_in_bytes\nRUN --mount=type=tmpfs,target=/tt grep /tt /proc/mounts\n' >Limits
check "build: user, folder, limits, mounts" 0 '1000./work.123.67108864.*tmpfs /tt' $P build --no-cache -m 64m --ulimit nofile=123:123 --network none --runtime "$RUNTIME" -f Limits "$D/img"
printf 'FROM bb\nRUN exit 9\n' >Bad
check "build with a step that fails" 9 'exit status 9' $P build --network none --runtime "$RUNTIME" -f Bad "$D/img"
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
# systemd as the first process
if [ -x /lib/systemd/systemd ] && [ "$(realpath /lib)" = /usr/lib ]; then
	machine_root machine
	tar -C machine -c . | $P import - machine >/dev/null 2>&1
	mkdir out
	check "--systemd=always" 0 '' $P run -d --name m1 --systemd=always --network none -v "$D/out:/out" -v /usr:/usr:ro -e container=podman \
		machine /lib/systemd/systemd --system --unit=box.target --log-target=console --show-status=0
	check "it boots" 0 'ControlGroup=.*report.service' sh -c 'for i in $(seq 100); do [ -e out/done ] && break; sleep 0.1; done; cat out/show'
	check "stop: SIGRTMIN+3" 0 'm1' $P stop -t 20 m1
	check "it has halted" 0 '^exited (0|130)$' $P inspect -f '{{.State.Status}} {{.State.ExitCode}}' m1
fi
check "rm all" 0 '' $P rm -fa -t 0
check "the cgroup manager" 0 "^${HEZI_CGROUPS:-cgroupfs}\$" $P info -f '{{.Host.CgroupManager}}'
check "the container's cgroup" 0 "$([ -z "${HEZI_CGROUPS:-}" ] && echo libpod_parent/ || echo 'machine.slice/libpod-[0-9a-f]+.scope')" \
	$RUN --cgroupns host bb cat /proc/self/cgroup
check "info names the runtime" 0 "$KIND" $P info -f '{{.Host.OCIRuntime.Version}}'
done_all
