#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Docker: a dockerd of its own, with the runtime as its default. HEZI_CGROUPS=systemd (where systemd is pid 1): with that cgroup driver.
. "$(dirname "$0")/lib.sh"
need dockerd docker containerd
image

cat >daemon.json <<X
{"runtimes": {"under_test": {"path": "$RUNTIME"}, "with_args": {"path": "$RUNTIME", "runtimeArgs": ["--debug"]}}, "default-runtime": "under_test",
 "exec-opts": ["native.cgroupdriver=${HEZI_CGROUPS:-cgroupfs}"], "default-ulimits": {"nofile": {"Name": "nofile", "Hard": 20000, "Soft": 20000}},
 "bridge": "none", "iptables": false, "ip6tables": false}
X
dockerd --config-file daemon.json --data-root "$D/data" --exec-root "$D/exec" -p "$D/pid" -H "unix://$D/sock" --storage-driver vfs >log 2>&1 &
ENGINE=$!
export DOCKER_HOST=unix://$D/sock DOCKER_CONFIG=$D/client
for _ in {1..80}; do docker version >/dev/null 2>&1 && break; sleep 0.25; done
docker version >/dev/null 2>&1 || plan_skip "dockerd does not start here: $(tail -n 1 log)"
tar -C img -c . | docker import - bb >/dev/null
RUN="docker run --rm --network none"
NET="--network none"
export RUN NET

check "info: the default runtime" 0 '^under_test$' docker info -f '{{.DefaultRuntime}}'
check "info: the cgroup driver" 0 "^${HEZI_CGROUPS:-cgroupfs}\$" docker info -f '{{.CgroupDriver}}'
check "run" 0 '^hi$' $RUN bb echo hi
check "the program's status" 7 '' $RUN bb sh -c 'exit 7'
check "a program that is not there: 127" 127 'executable file not found in \$PATH' $RUN bb nosuch
check "a path that is not there: 127" 127 'no such file or directory' $RUN bb /nosuch
check "a directory as program: 126" 126 '' $RUN bb /etc
check "a file that cannot be executed: 126" 126 'permission denied' $RUN bb /nofile
check "an empty program: 127" 127 'executable file' $RUN bb ''
check "a program of no format: 255" 255 'exec /foreign: exec format error' $RUN bb /foreign
check "a script without its interpreter: 255" 255 'exec /script: no such file or directory' $RUN bb /script
check "it has run, and says why in its log" 0 '^255 exited.exec /script: no such file or directory' sh -c "docker run -d --name f2 $NET bb /script >/dev/null; docker wait f2 >/dev/null
	docker inspect -f '{{.State.ExitCode}} {{.State.Status}}{{.State.Error}}' f2; docker logs f2 2>&1; docker rm f2 >/dev/null"
check "a restart policy starts it again" 0 '^[1-9]' sh -c "docker run -d --name f3 --restart on-failure:2 $NET bb /foreign >/dev/null; sleep 3; docker inspect -f '{{.RestartCount}}' f3; docker rm -f f3 >/dev/null"
check "what the daemon keeps of it" 0 '^127 created .*executable file' sh -c "docker run --name f1 $NET bb nosuch >/dev/null 2>&1; docker inspect -f '{{.State.ExitCode}} {{.State.Status}} {{.State.Error}}' f1; docker rm f1"
check "version: the runtime's" 0 "$KIND|under_test" docker version
check "--user" 0 'uid=1000' $RUN --user 1000 bb id
check "--user by name, its groups" 0 'uid=1000\(bob\) gid=1000\(bob\) groups=.*555.*2000' $RUN --group-add 555 --user bob bb id
check "no HOME given" 0 '^/tmp$' $RUN --user bob bb sh -c 'echo $HOME'
check "-w of a new folder" 0 '^/does/not/exist$' $RUN -w /does/not/exist bb pwd
check "a file over a directory: 125" 125 'not a directory' $RUN -v "$D/img/nofile:/etc" bb true
check "a volume's copy of what the image has" 0 'passwd' $RUN -v vol1:/etc bb ls /etc
check "--mount type=tmpfs" 0 'size=64k,mode=1770' $RUN --mount type=tmpfs,dst=/t,tmpfs-size=65536,tmpfs-mode=1770 bb grep ' /t ' /proc/mounts
check "--tmpfs: its options" 0 '^5 700.*No space' $RUN --tmpfs /t:size=64k,uid=5,mode=700 bb sh -c 'stat -c "%u %a" /t; dd if=/dev/zero of=/t/x bs=1k count=128 2>&1; true'
check "--shm-size" 0 'size=128k' $RUN --shm-size 128k bb grep ' /dev/shm ' /proc/mounts
check "--ipc none" 1 'No such file' $RUN --ipc none bb ls /dev/shm
check "--cap-add for root" 0 'CapEff:.00000000a80435fa' $RUN --cap-add NET_ADMIN --cap-drop CHOWN bb grep CapEff /proc/self/status
check "--device-cgroup-rule" 1 '1.*not permitted|not permitted.*1' $RUN --device-cgroup-rule 'c 1:5 rwm' bb sh -c 'mknod /tmp/z c 1 5 && head -c 1 /tmp/z | wc -c; mknod /tmp/k c 1 1; cat /tmp/k'
check "--sysctl" 0 '^1.65536$' $RUN --sysctl net.ipv4.ip_forward=1 --sysctl kernel.msgmax=65536 bb cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/msgmax
check "--sysctl of the host's network" 125 'sysctl' docker run --rm --network host --sysctl net.ipv4.ip_forward=1 bb true
check "--ulimit" 0 '^100.200.0$' $RUN --ulimit nofile=100:200 --ulimit core=0 bb sh -c 'ulimit -n; ulimit -Hn; ulimit -c'
check "--ulimit above the daemon's: 125" 125 'not permitted' $RUN --ulimit nofile=2000000:2000000 bb true
check "--oom-score-adj, --oom-kill-disable" 0 '^100.oom_kill_disable 1' $RUN --oom-score-adj 100 --oom-kill-disable -m 50m bb sh -c 'cat /proc/self/oom_score_adj; grep oom_kill_disable /sys/fs/cgroup/memory/memory.oom_control'
parent=$([ -z "${HEZI_CGROUPS:-}" ] && echo hezi-test-dock || echo hezitestdock.slice)
check "--cgroup-parent" 0 ":/$parent/(docker-)?[0-9a-f]{64}" $RUN --cgroup-parent "$parent" --cgroupns host bb cat /proc/self/cgroup
find /sys/fs/cgroup -depth -type d -name hezi-test-dock -exec rmdir {} + 2>/dev/null
check "--cgroupns private" 0 ':pids:/.' $RUN --cgroupns private bb cat /proc/self/cgroup
check "the limits, read back" 0 '^512.25000.0.33554432.67108864.44$' $RUN --cpu-shares 512 --cpu-period 50000 --cpu-quota 25000 --cpuset-cpus 0 -m 64m --memory-reservation 32m --memory-swap 64m --pids-limit 44 bb \
	sh -c 'cd /sys/fs/cgroup; cat cpu/cpu.shares cpu/cpu.cfs_quota_us cpuset/cpuset.cpus memory/memory.soft_limit_in_bytes memory/memory.memsw.limit_in_bytes pids/pids.max'
echo '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_ERRNO"}]}' >sc.json
check "a seccomp profile of one's own" 1 'not permitted' $RUN --security-opt seccomp="$D/sc.json" bb busybox mkdir /tmp/x
check "systempaths=unconfined" 0 'acpi' $RUN --security-opt systempaths=unconfined bb ls /sys/firmware
check "stdin, all of it" 0 '^3000000$' bash -c 'head -c 3000000 /dev/zero | $RUN -i bb wc -c'
check "stdout, all of it" 0 '^6400000$' bash -c '$RUN bb dd if=/dev/zero bs=64000 count=100 2>/dev/null | wc -c'
check "-it on a terminal of its size" 5 '33 99.*/dev/pts/0' script -qec "stty rows 33 cols 99; docker run --rm -it $NET bb sh -c 'sleep 1; stty size; tty; exit 5'" /dev/null
check "--read-only" 1 'Read-only' $RUN --read-only bb sh -c 'echo >/x'
check "--tmpfs" 0 '^a$' $RUN --tmpfs /t bb sh -c 'echo a >/t/x; cat /t/x'
check "-m, --cpus, --pids-limit" 0 '' $RUN -m 64m --cpus 0.5 --pids-limit 50 bb true
check "--cpuset-cpus" 0 '' $RUN --cpuset-cpus 0 bb true
check "-t" 0 'tty' $RUN -t bb echo tty
check "--hostname" 0 '^thebox$' $RUN --hostname thebox bb hostname
check "--device" 0 '1, +3' $RUN --device /dev/null:/dev/xnull bb ls -l /dev/xnull
check "--init" 0 '' $RUN --init bb true
check "host namespaces" 0 '' docker run --rm --network host --pid host --ipc host --uts host bb true
check "--cap-drop all" 0 'CapEff:.0000000000000000' $RUN --cap-drop all bb grep Cap /proc/self/status
check "seccomp is on" 0 'Seccomp:.2' $RUN bb grep Seccomp: /proc/self/status
check "no-new-privileges" 0 'NoNewPrivs:.1' $RUN --security-opt no-new-privileges bb grep NoNewPrivs: /proc/self/status
check "a volume" 0 'etc' $RUN -v "$D/img:/v:ro" bb ls /v
check "run -d" 0 '' docker run -d --name d1 --network none bb sleep 100
check "exec" 0 '^inexec$' docker exec d1 echo inexec
check "exec: the program's status" 7 '' docker exec d1 sh -c 'exit 7'
check "exec: not there" 126 'executable file not found in \$PATH' docker exec d1 nosuch
check "exec: an empty program" 126 'executable file' docker exec d1 ''
check "exec: a path that is not there" 126 'no such file' docker exec d1 /nosuch
check "exec: a directory" 126 'is a directory|permission denied' docker exec d1 /etc
check "exec -w that is not there" 126 'chdir.*no such file' docker exec -w /none d1 true
check "exec: killed by a signal: 137" 137 '' docker exec d1 sh -c 'kill -9 $$'
check "exec -i" 0 '^2000000$' bash -c 'head -c 2000000 /dev/zero | docker exec -i d1 wc -c'
check "exec -it on a terminal of its size" 5 '33 99' script -qec "stty rows 33 cols 99; docker exec -it d1 sh -c 'sleep 1; stty size; exit 5'" /dev/null
check "exec -u with a group" 0 'uid=1000\(bob\) gid=2000\(extra\)' docker exec -u bob:extra d1 id
check "exec, 40 at a time" 0 '^40$' bash -c 'for i in $(seq 40); do docker exec d1 echo p$i & done | sort -u | wc -l; wait'
check "no exec is left" 0 '^2$' sh -c 'sleep 0.5; docker top d1 | wc -l'
check "exec -t" 0 'tty' docker exec -t d1 echo tty
check "exec -u" 0 'uid=1000' docker exec -u 1000 d1 id
check "exec -w -e" 0 'A=b./tmp' docker exec -w /tmp -e A=b d1 sh -c 'env | grep A=; pwd'
check "exec -d" 0 '' docker exec -d d1 sleep 50
check "top" 0 'sleep 100' docker top d1
check "pause" 0 'd1' docker pause d1
check "paused" 0 '^paused$' docker inspect -f '{{.State.Status}}' d1
check "exec in a paused container" 1 'is paused' docker exec d1 true
check "update of a paused container" 0 'd1' docker update --pids-limit 55 d1
check "unpause" 0 'd1' docker unpause d1
check "stats" 0 'd1' docker stats --no-stream d1
check "update -m" 0 'd1' docker update -m 100m --memory-swap 100m d1
check "the new limit holds" 0 '^104857600$' docker exec d1 cat /sys/fs/cgroup/memory/memory.limit_in_bytes
check "update --pids-limit --cpus" 0 'd1' docker update --pids-limit 44 --cpus 0.5 d1
check "both hold" 0 '^44.50000$' docker exec d1 cat /sys/fs/cgroup/pids/pids.max /sys/fs/cgroup/cpu/cpu.cfs_quota_us
check "update: the rest of them" 0 '^333.20971520.0.209715200.314572800$' sh -c '{ docker update --cpu-shares 333 d1 && docker update --memory-reservation 20m d1 && docker update --cpuset-cpus 0 d1 &&
	docker update --memory 200m --memory-swap 300m d1; } >/dev/null; docker exec d1 sh -c "cd /sys/fs/cgroup; cat cpu/cpu.shares memory/memory.soft_limit_in_bytes cpuset/cpuset.cpus memory/memory.limit_in_bytes memory/memory.memsw.limit_in_bytes" | tail -n 5'
check "cp out of it" 0 '' docker cp d1:/etc/passwd "$D/passwd"
check "wait and its status" 0 '^9$' sh -c 'docker run -d --name w1 --network none bb sh -c "sleep 0.5; exit 9" >/dev/null; docker wait w1'
check "out of memory: 137" 137 '' docker run --name o1 --network none -m 16m --memory-swap 16m bb busybox tail -n 1 /dev/zero
check "OOMKilled" 0 '^true 137$' docker inspect -f '{{.State.OOMKilled}} {{.State.ExitCode}}' o1
sh_check "an exec that is out of memory" 0 '^137.running' "docker run -d --name o2 $NET -m 16m --memory-swap 16m bb sleep 100 >/dev/null; docker exec o2 busybox tail -n 1 /dev/zero 2>/dev/null; echo \$?; docker inspect -f '{{.State.Status}}' o2; docker rm -f o2"
sh_check "SIGTERM that the program handles" 0 '^t1.9' "docker run -d --name t1 $NET bb sh -c 'trap \"exit 9\" TERM; while :; do sleep 0.1; done' >/dev/null; sleep 0.5; docker stop t1; docker wait t1; docker rm t1"
sh_check "--stop-signal" 0 '^t2.8' "docker run -d --name t2 --stop-signal USR1 $NET bb sh -c 'trap \"exit 8\" USR1; while :; do sleep 0.1; done' >/dev/null; sleep 0.5; docker stop t2; docker wait t2; docker rm t2"
sh_check "--init passes SIGTERM on" 0 '^t3.143' "docker run -d --init --name t3 $NET bb sleep 100 >/dev/null; sleep 0.5; docker stop t3; docker wait t3; docker rm t3"
sh_check "kill a paused container" 0 '^t4.t4.exited' "docker run -d --name t4 $NET bb sleep 100 >/dev/null; docker pause t4; docker kill t4; docker inspect -f '{{.State.Status}}' t4; docker rm -f t4"
sh_check "rm -f a paused container" 0 '^t5.t5$' "docker run -d --name t5 $NET bb sleep 100 >/dev/null; docker pause t5; docker rm -f t5; docker ps -aq --filter name=t5"
sh_check "attach" 0 '^typed' "docker run -di --name t6 $NET bb cat >/dev/null; (echo typed; sleep 1) | timeout -s KILL 4 docker attach t6; docker rm -f t6"
sh_check "attach: the program's status" 4 'done' "docker run -d --name t7 $NET bb sh -c 'sleep 2; echo done; exit 4' >/dev/null; timeout -s KILL 20 docker attach t7; st=\$?; docker rm -f t7; exit \$st"
sh_check "logs -f" 0 '^1.2.3' "docker run -d --name t8 $NET bb sh -c 'for i in 1 2 3; do echo \$i; sleep 0.3; done' >/dev/null; timeout 20 docker logs -f t8; docker rm -f t8"
sh_check "commit, diff, rename" 0 'A /new.*made' "docker run --name t9 $NET bb sh -c 'echo made >/new'; docker rename t9 t10; docker diff t10; docker commit t10 com >/dev/null; $RUN com cat /new; docker rm t10"
sh_check "--pid host: nothing outlives it" 0 't11.0$' "docker run -d --name t11 --pid host $NET bb sh -c 'sleep 4331 & sleep 4332' >/dev/null; docker exec -d t11 sleep 4333; sleep 0.3; docker rm -f t11; sleep 0.5; ps ax -o args= | grep -c '^sleep 433[123]\$'; true"
sh_check "the program ends while an exec runs: 137" 0 '137' "docker run -d --name t12 $NET bb sleep 2 >/dev/null; docker exec t12 sleep 100; echo \$?; docker rm -f t12"
sh_check "namespaces of another container" 0 'sleep 100.*ps' "docker run -d --name t13 $NET --ipc shareable bb sleep 100 >/dev/null; docker run --rm --pid container:t13 --ipc container:t13 --network container:t13 bb ps -o args; docker rm -f t13"
check "stop" 0 'd1' docker stop -t 1 d1
check "exited with 137" 0 '^exited 137$' docker inspect -f '{{.State.Status}} {{.State.ExitCode}}' d1
check "start" 0 'd1' docker start d1
check "restart" 0 'd1' docker restart -t 0 d1
check "kill" 0 'd1' docker kill d1
check "logs" 0 '^logged$' sh -c 'docker run --name l1 --network none bb echo logged >/dev/null; docker logs l1'
check "a restart policy" 0 '^[2-9]' sh -c 'docker run -d --name r1 --restart on-failure:3 --network none bb sh -c "exit 3" >/dev/null; sleep 4; docker inspect -f "{{.RestartCount}}" r1'
check "health check" 0 '^healthy$' sh -c 'docker run -d --name h1 --health-cmd true --health-interval 1s --network none bb sleep 100 >/dev/null; sleep 3; docker inspect -f "{{.State.Health.Status}}" h1'
sh_check "a health check that fails, one that hangs" 0 '^unhealthy.unhealthy' "docker run -d --name h2 --health-cmd 'test -e /ok' --health-interval 0.5s --health-retries 1 $NET bb sleep 100 >/dev/null; docker run -d --name h3 --health-cmd 'sleep 50' --health-timeout 1s --health-interval 0.5s --health-retries 1 $NET bb sleep 100 >/dev/null
	for i in \$(seq 40); do [ \$(docker inspect -f '{{.State.Health.Status}}' h3) = unhealthy ] && break; sleep 0.2; done; docker inspect -f '{{.State.Health.Status}}' h2 h3; docker rm -f h2 h3"
check "runtimeArgs" 0 '^args$' docker run --rm --runtime with_args $NET bb echo args
mkdir ctx
printf 'FROM bb\nRUN echo built >/tmp/x\nCMD cat /tmp/x\n' >ctx/Dockerfile
check "build" 0 '' env DOCKER_BUILDKIT=0 docker build --network none -q -t built ctx
printf 'FROM bb\nUSER bob\nWORKDIR /work\nRUN id -u; pwd; cat /sys/fs/cgroup/memory/memory.limit_in_bytes\n' >ctx/Limits
check "build: user, folder, limit" 0 '1000./work.67108864' env DOCKER_BUILDKIT=0 docker build --network none -m 64m -f ctx/Limits ctx
printf 'FROM bb\nRUN exit 9\n' >ctx/Bad
check "build with a step that fails" 9 'non-zero code: 9' env DOCKER_BUILDKIT=0 docker build --network none -q -f ctx/Bad ctx
check "run what was built" 0 '^built$' $RUN built
check "rm all" 0 '' sh -c 'docker rm -f $(docker ps -aq)'

# a swarm of one node, a service of 20 replicas
replicas() { docker service ls --format '{{.Name}} {{.Replicas}}'; }
replicas_are() { local i; for i in $(seq 100); do [ "$(replicas)" != "s1 $1" ] || return 0; sleep 0.4; done; replicas; docker service ps s1 --no-trunc | head -n 5; return 1; }
export -f replicas replicas_are
check "swarm init" 0 'is now a manager' docker swarm init --advertise-addr 127.0.0.1
check "a service" 0 '' docker service create -q -d --name s1 --replicas 2 --network host --no-resolve-image bb sleep 1000
check "2 replicas" 0 '' bash -c 'replicas_are 2/2'
check "scale" 0 '' docker service scale -d s1=20
check "20 replicas" 0 '' bash -c 'replicas_are 20/20'
check "all run" 0 '^20$' sh -c 'docker ps -q | wc -l'
check "one is killed and replaced" 0 '' bash -c 'docker kill $(docker ps -q | head -n 1); sleep 2; replicas_are 20/20'
check "scale down" 0 '' docker service scale -d s1=1
check "1 replica" 0 '' bash -c 'replicas_are 1/1'
check "service rm" 0 's1' docker service rm s1
check "swarm leave" 0 '' docker swarm leave --force
done_all
