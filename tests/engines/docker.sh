#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Docker: a dockerd of its own, with the runtime as its default.
. "$(dirname "$0")/lib.sh"
need dockerd docker containerd
image

cat >daemon.json <<X
{"runtimes": {"under_test": {"path": "$RUNTIME"}}, "default-runtime": "under_test",
 "default-ulimits": {"nofile": {"Name": "nofile", "Hard": 20000, "Soft": 20000}},
 "bridge": "none", "iptables": false, "ip6tables": false}
X
dockerd --config-file daemon.json --data-root "$D/data" --exec-root "$D/exec" -p "$D/pid" -H "unix://$D/sock" --storage-driver vfs >log 2>&1 &
ENGINE=$!
export DOCKER_HOST=unix://$D/sock DOCKER_CONFIG=$D/client
for _ in {1..80}; do docker version >/dev/null 2>&1 && break; sleep 0.25; done
docker version >/dev/null 2>&1 || plan_skip "dockerd does not start here: $(tail -n 1 log)"
tar -C img -c . | docker import - bb >/dev/null
RUN="docker run --rm --network none"

check "info: the default runtime" 0 '^under_test$' docker info -f '{{.DefaultRuntime}}'
check "run" 0 '^hi$' $RUN bb echo hi
check "the program's status" 7 '' $RUN bb sh -c 'exit 7'
check "a program that is not there: 127" 127 'executable file not found in \$PATH' $RUN bb nosuch
check "a path that is not there: 127" 127 'no such file or directory' $RUN bb /nosuch
check "a directory as program: 126" 126 '' $RUN bb /etc
check "a file that cannot be executed: 126" 126 'permission denied' $RUN bb /nofile
check "--user" 0 'uid=1000' $RUN --user 1000 bb id
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
check "exec -t" 0 'tty' docker exec -t d1 echo tty
check "exec -u" 0 'uid=1000' docker exec -u 1000 d1 id
check "exec -w -e" 0 'A=b./tmp' docker exec -w /tmp -e A=b d1 sh -c 'env | grep A=; pwd'
check "exec -d" 0 '' docker exec -d d1 sleep 50
check "top" 0 'sleep 100' docker top d1
check "pause" 0 'd1' docker pause d1
check "paused" 0 '^paused$' docker inspect -f '{{.State.Status}}' d1
check "unpause" 0 'd1' docker unpause d1
check "stats" 0 'd1' docker stats --no-stream d1
check "update -m" 0 'd1' docker update -m 100m --memory-swap 100m d1
check "the new limit holds" 0 '^104857600$' docker exec d1 cat /sys/fs/cgroup/memory/memory.limit_in_bytes
check "update --pids-limit --cpus" 0 'd1' docker update --pids-limit 44 --cpus 0.5 d1
check "both hold" 0 '^44.50000$' docker exec d1 cat /sys/fs/cgroup/pids/pids.max /sys/fs/cgroup/cpu/cpu.cfs_quota_us
check "cp out of it" 0 '' docker cp d1:/etc/passwd "$D/passwd"
check "wait and its status" 0 '^9$' sh -c 'docker run -d --name w1 --network none bb sh -c "sleep 0.5; exit 9" >/dev/null; docker wait w1'
check "out of memory: 137" 137 '' docker run --name o1 --network none -m 16m --memory-swap 16m bb busybox tail -n 1 /dev/zero
check "OOMKilled" 0 '^true 137$' docker inspect -f '{{.State.OOMKilled}} {{.State.ExitCode}}' o1
check "stop" 0 'd1' docker stop -t 1 d1
check "exited with 137" 0 '^exited 137$' docker inspect -f '{{.State.Status}} {{.State.ExitCode}}' d1
check "start" 0 'd1' docker start d1
check "restart" 0 'd1' docker restart -t 0 d1
check "kill" 0 'd1' docker kill d1
check "logs" 0 '^logged$' sh -c 'docker run --name l1 --network none bb echo logged >/dev/null; docker logs l1'
check "a restart policy" 0 '^[2-9]' sh -c 'docker run -d --name r1 --restart on-failure:3 --network none bb sh -c "exit 3" >/dev/null; sleep 4; docker inspect -f "{{.RestartCount}}" r1'
check "health check" 0 '^healthy$' sh -c 'docker run -d --name h1 --health-cmd true --health-interval 1s --network none bb sleep 100 >/dev/null; sleep 3; docker inspect -f "{{.State.Health.Status}}" h1'
mkdir ctx
printf 'FROM bb\nRUN echo built >/tmp/x\nCMD cat /tmp/x\n' >ctx/Dockerfile
check "build" 0 '' env DOCKER_BUILDKIT=0 docker build --network none -q -t built ctx
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
