#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Podman as an ordinary user, with what Debian's packages set up and nothing else.
export TMPDIR=/var/tmp # /tmp is the user's own
. "$(dirname "$0")/lib.sh"
need podman conmon newuidmap setpriv
image

# a user of this mount namespace alone
U=4322
for f in passwd group subuid subgid; do
	touch "/etc/$f"
	cp "/etc/$f" "$D/$f"
	mount --bind "$D/$f" "/etc/$f"
done
cp "$RUNTIME" "$D/runtime" # it may be in what is hidden now
chmod 755 "$D/runtime"
# not every machine's are open to users
mount -t devpts -o newinstance,ptmxmode=666,mode=620 devpts /dev/pts
mount -t tmpfs -o mode=1777 tmp /tmp
echo "box:x:$U:$U::$D/home:/bin/sh" >>/etc/passwd
echo "box:x:$U:" >>/etc/group
echo 'box:300000:65536' | tee -a /etc/subuid >>/etc/subgid
chmod 711 "$D"
mkdir "$D"/{home,xdg,etc}
cat >"$D/etc/containers.conf" <<X
[engine]
cgroup_manager="cgroupfs"
events_logger="file"
runtime="under_test"
runtime_supports_nocgroup=["under_test"]
[engine.runtimes]
under_test=["$D/runtime"]
X
printf '[storage]\ndriver="vfs"\n' >"$D/etc/storage.conf"
tar -C img -cf img.tar .
chown -R $U:$U "$D"/{home,xdg}
chmod 700 "$D/xdg"
cat >"$D/p" <<X
#!/bin/sh
cd $D/home
exec setpriv --reuid $U --regid $U --clear-groups env -i PATH=$PATH HOME=$D/home XDG_RUNTIME_DIR=$D/xdg USER=box TMPDIR=$D/home \
	CONTAINERS_CONF=$D/etc/containers.conf CONTAINERS_STORAGE_CONF=$D/etc/storage.conf podman --log-level error "\$@"
X
chmod 755 "$D/p"
P=$D/p
"$P" import - bb <img.tar >import.log 2>&1 || plan_skip "podman cannot import an image here: $(tail -n 1 import.log)"
RUN="$P run --rm --network none"

# a first, cold run was seen to lose the output of a program that ends at once
check "run" 0 'hi' $RUN bb sh -c 'sleep 0.3; echo hi'
check "the program's status" 7 '' $RUN bb sh -c 'exit 7'
check "a program that is not there: 127" 127 'executable file' $RUN bb nosuch
check "a directory as program: 126" 126 '' $RUN bb /etc
check "root inside is the user" 0 "0 +$U +1" $RUN bb cat /proc/self/uid_map
check "an empty program: 127" 127 'executable file' $RUN bb ''
check "-w that the image does not have, at exec: 127" 127 'chdir.*no such file' sh -c "$P run -d --name w1 --network none bb sleep 100 >/dev/null; $P exec -w /none w1 true; st=\$?; $P rm -f -t0 w1 >/dev/null; exit \$st"
check "--uidmap" 0 '0 +1 +1000' $RUN --uidmap 0:1:1000 --gidmap 0:1:1000 bb cat /proc/self/uid_map
check "--user by name, its groups" 0 'uid=1000\(bob\) gid=1000\(bob\) groups=1000\(bob\),2000' $RUN --user bob bb id
check "--group-add keep-groups" 0 'uid=0' $RUN --group-add keep-groups bb id
check "-v of the user's own, with keep-id" 0 'mine' sh -c "$RUN --userns keep-id -v $D/home:/h bb sh -c 'echo mine >/h/mine'; cat $D/home/mine"
check "-v with :U" 0 '1000' $RUN -v volu:/v:U --user 1000 bb stat -c %u /v
peer_fails runc -- check "--cgroups=disabled" 0 'off' $RUN --cgroups disabled bb echo off
check "--pid host, --uts host" 0 'host' $RUN --pid host --uts host bb echo host
check "--network host" 0 'lo' $P run --rm --network host bb ls /sys/class/net
check "--ulimit, --shm-size" 0 '100.*size=128k' $RUN --ulimit nofile=100:100 --shm-size 128k bb sh -c 'ulimit -n; grep /dev/shm /proc/mounts'
check "stdin, all of it" 0 '3000000' sh -c "head -c 3000000 /dev/zero | $RUN -i bb wc -c"
check "/proc is masked" 0 '^0' sh -c "$RUN bb cat /proc/kcore 2>/dev/null | wc -c"
check "ids of /etc/subuid" 0 '1 +300000 +65536' $RUN bb cat /proc/self/uid_map
check "--user" 0 'uid=1000' $RUN --user 1000 bb id
check "--userns keep-id" 0 "uid=$U" $RUN --userns keep-id bb id
check "--userns auto" 0 'uid=0' $RUN --userns auto:size=1000 bb id
check "--read-only" 1 'Read-only' $RUN --read-only bb touch /x
check "--tmpfs" 0 'a' $RUN --tmpfs /t bb sh -c 'echo a >/t/x; cat /t/x'
check "a volume" 0 'etc' $RUN -v "$D/img:/v:ro" bb ls /v
check "a named volume" 0 '' $RUN -v vol:/v bb touch /v/x
check "-t" 0 'tty' $RUN -t bb echo tty
check "--hostname" 0 'thebox' $RUN --hostname thebox bb hostname
check "--init" 0 'init' $RUN --init bb echo init
check "--sysctl" 0 '1' $RUN --sysctl net.ipv4.ip_forward=1 bb cat /proc/sys/net/ipv4/ip_forward
check "--device" 0 '1, +3' $RUN --device /dev/null:/dev/xnull bb ls -l /dev/xnull
check "--cap-drop all" 0 'CapEff:.0000000000000000' $RUN --cap-drop all bb grep Cap /proc/self/status
check "--privileged" 0 'priv' $RUN --privileged bb echo priv
check "seccomp is on" 0 'Seccomp:.2' $RUN bb grep Seccomp: /proc/self/status
check "run -d" 0 '' $P run -d --name d1 --network none bb sleep 100
check "inspect" 0 'running under_test' $P inspect -f '{{.State.Status}} {{.OCIRuntime}}' d1
check "exec" 0 'inexec' $P exec d1 echo inexec
check "exec: the program's status" 7 '' $P exec d1 sh -c 'exit 7'
check "exec: not there: 127" 127 'executable file' $P exec d1 nosuch
check "exec, 20 at a time" 0 '20' bash -c "for i in \$(seq 20); do $P exec d1 echo p\$i & done | sort -u | wc -l; wait"
check "pause: no cgroup of its own, no freezer" 125 'cgroup|rootless' $P pause d1
check "exec -t --user" 0 'uid=1000' $P exec -t --user 1000 d1 id
check "top" 0 'sleep 100' $P top d1
check "cp" 0 '' $P cp d1:/etc/passwd "$D/home/passwd"
check "stop" 0 'd1' $P stop -t 1 d1
check "exited with 137" 0 'exited 137' $P inspect -f '{{.State.Status}} {{.State.ExitCode}}' d1
check "start" 0 'd1' $P start d1
check "kill" 0 'd1' $P kill d1
check "rm" 0 '' $P rm -f d1
check "logs" 0 '' $P run --name l1 --network none bb echo logged
check "logs are there" 0 'logged' $P logs l1
check "a pod" 0 '' $P pod create --name p1 --infra=false
check "kill -s TERM that is handled" 0 '9' bash -c "$P run -d --name k1 --network none bb sh -c 'trap \"exit 9\" TERM; while :; do sleep 0.1; done' >/dev/null; sleep 0.5; $P stop -t 9 k1 >/dev/null; $P wait k1; $P rm k1"
check "rm -f --all leaves no process" 0 '^0' bash -c "$P run -d --pid host --name k2 --network none bb sleep 4341 >/dev/null; $P rm -f -t0 k2 >/dev/null; sleep 0.5; ps ax -o args= | grep -c '^sleep 4341'; true"
check "in the pod" 0 'inpod' $P run --rm --pod p1 --network none bb echo inpod
printf 'FROM bb\nRUN echo built >/tmp/x\nCMD cat /tmp/x\n' >"$D/home/Containerfile"
check "build" 0 '' $P build -q --network none --runtime "$D/runtime" -t built -f Containerfile "$D/img"
check "run what was built" 0 'built' $RUN built
check "rm all" 0 '' $P rm -fa -t 0
check "info names the runtime" 0 "$KIND" $P info -f '{{.Host.OCIRuntime.Version}}'
done_all
