#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Engines in a container of the runtime, with the same runtime for their own containers (docs/nested.md): Docker, Podman as root
# and as a user, buildah without privileges.
. "$(dirname "$0")/lib.sh"
need podman conmon buildah dockerd docker containerd jq setpriv newuidmap
image
CAPS=$(python3 -c 'import json
text = open("/proc/self/status").read()
have = int(text.split("CapBnd:")[1].split()[0], 16)
names = "CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE".split()
print(json.dumps(["CAP_" + n for i, n in enumerate(names) if have >> i & 1]))')
FEW='["CAP_CHOWN","CAP_DAC_OVERRIDE","CAP_FOWNER","CAP_SETUID","CAP_SETGID","CAP_SYS_CHROOT","CAP_KILL","CAP_NET_BIND_SERVICE","CAP_SETFCAP"]'

# outer NAME CAPABILITIES JQ: a container that runs, with this machine's files under a layer of its own, and its commands as "$IN CMD..."
outer() {
	local b=$D/outer-$1
	mkdir -p "$b"/{layer,rootfs}
	mount -t tmpfs layer "$b/layer"
	mkdir "$b/layer"/{upper,work}
	mount -t overlay -o "lowerdir=/,upperdir=$b/layer/upper,workdir=$b/layer/work" overlay "$b/rootfs"
	cp "$RUNTIME" "$b/rootfs/usr/local/bin/under-test"
	mkdir -p "$b/rootfs"/{img,etc/containers,var/lib/containers,var/lib/docker,home/nester}
	cp -a img/. "$b/rootfs/img"
	printf 'nester:x:4242:4242::/home/nester:/bin/sh\n' >>"$b/rootfs/etc/passwd"
	printf 'nester:10000:50000\n' | tee "$b/rootfs/etc/subuid" >"$b/rootfs/etc/subgid"
	chown -R 4242:4242 "$b/rootfs/home/nester"
	# setuid root is of no use to them without CAP_SYS_ADMIN; images for builds give them file capabilities
	python3 -c 'import os, struct, sys
for name, cap in ("newuidmap", 7), ("newgidmap", 6):
	path = sys.argv[1] + "/usr/bin/" + name
	os.chmod(path, 0o755)
	os.setxattr(path, "security.capability", struct.pack("<5I", 0x02000001, 1 << cap, 0, 0, 0))' "$b/rootfs"
	printf '[containers]\ndefault_ulimits=["nofile=20000:20000","nproc=4096:4096"]\n[engine]\ncgroup_manager="cgroupfs"\nevents_logger="file"\nruntime="under_test"\nruntime_supports_nocgroup=["under_test"]\n[engine.runtimes]\nunder_test=["/usr/local/bin/under-test"]\n' >"$b/rootfs/etc/containers/containers.conf"
	printf '[storage]\ndriver="vfs"\nrunroot="/run/containers/storage"\ngraphroot="/var/lib/containers/storage"\n' >"$b/rootfs/etc/containers/storage.conf"
	printf '{"runtimes":{"under_test":{"path":"/usr/local/bin/under-test"}},"default-runtime":"under_test","exec-opts":["native.cgroupdriver=cgroupfs"],"bridge":"none","iptables":false,"ip6tables":false,"storage-driver":"vfs","default-ulimits":{"nofile":{"Name":"nofile","Hard":20000,"Soft":20000}}}' >"$b/rootfs/etc/docker-daemon.json"
	jq --argjson caps "$2" '.process.args=["/usr/bin/catatonit","--","sleep","1000"]|.linux.cgroupsPath="/hezi-nested-'$$-"$1"'"
		|.process.env=["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin","HOME=/root"]
		|.process.capabilities={bounding:$caps,effective:$caps,permitted:$caps}|.process.noNewPrivileges=false
		|.mounts+=[{destination:"/run",type:"tmpfs",source:"tmpfs",options:["mode=755"]},{destination:"/tmp",type:"tmpfs",source:"tmpfs",options:["mode=1777"]},
			{destination:"/var/lib/docker",type:"tmpfs",source:"tmpfs"},{destination:"/var/lib/containers",type:"tmpfs",source:"tmpfs"}]'"$3" \
		"$HERE/../lib/base-config.json" >"$b/config.json"
	check "$1: the outer container" 0 '' sh -c "$RUNTIME --root $D/state run --detach --bundle $b $1 </dev/null >$b/log 2>&1 || { cat $b/log; exit 1; }"
	IN="$RUNTIME --root $D/state exec $1"
	export IN
}
gone() {
	check "$1: nothing is left" 0 '^$' sh -c "$RUNTIME --root $D/state delete --force $1; find /sys/fs/cgroup -type d -name 'hezi-nested-$$-$1'"
	umount -l "$D/outer-$1/rootfs" "$D/outer-$1/layer"
}
PRIVILEGED='|del(.linux.maskedPaths,.linux.readonlyPaths)|.linux.resources={devices:[{allow:true,access:"rwm"}]}
	|.mounts|=map(if .destination=="/sys" then .options-=["ro"] else . end)
	|.mounts+=[{destination:"/sys/fs/cgroup",type:"cgroup",source:"cgroup",options:["nosuid","noexec","nodev"]}]'

docker_inside() {
	outer "docker-$1" "$CAPS" "$2"
	check "Docker, $1: the daemon" 0 'Version' sh -c "$RUNTIME --root $D/state exec -d docker-$1 sh -c 'exec dockerd --config-file /etc/docker-daemon.json >/tmp/log 2>&1'
		for i in \$(seq 100); do \$IN docker version >$D/version 2>&1 && break; sleep 0.2; done; cat $D/version; \$IN tail -n 3 /tmp/log"
	check "Docker, $1: an image" 0 '' $IN sh -c 'tar -C /img -c . | docker import - bb'
	check "Docker, $1: run" 0 '^hi$' $IN docker run --rm --network none bb echo hi
	peer_fails crun -- check "Docker, $1: limits" 0 '^67108864.33$' $IN docker run --rm --network none -m 64m --pids-limit 33 bb sh -c 'cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/pids/pids.max'
	check "Docker, $1: devices" 1 'not permitted' $IN docker run --rm --network none bb sh -c 'mknod /tmp/k c 1 1 && cat /tmp/k'
	check "Docker, $1: exec, kill" 0 'inside' $IN sh -c 'docker run -d --name d1 --network none bb sleep 100 && docker exec d1 echo inside && docker rm -f d1'
	check "Docker, $1: build" 0 'built' $IN sh -c 'mkdir /tmp/ctx; printf "FROM bb\nRUN echo built\n" >/tmp/ctx/Dockerfile; DOCKER_BUILDKIT=0 docker build --network none /tmp/ctx'
	gone "docker-$1"
}

podman_inside() {
	outer "podman-$1" "$CAPS" "$2"
	check "Podman, $1: an image" 0 '' $IN sh -c 'tar -C /img -c . | podman import - bb'
	check "Podman, $1: run" 0 '^hi$' $IN podman run --rm --network none bb echo hi
	check "Podman, $1: limits" 0 '' $IN podman run --rm --network none -m 64m --pids-limit 33 bb true
	check "Podman, $1: exec" 0 'inside' $IN sh -c 'podman run -d --name d1 --network none bb sleep 100 && podman exec d1 echo inside && podman rm -f -t0 d1'
	check "Podman, $1: a user namespace" 0 '100000' $IN podman run --rm --network none --uidmap 0:100000:1000 --gidmap 0:100000:1000 bb cat /proc/self/uid_map
	check "Podman, $1, as a user" 0 '^hi$' $IN setpriv --reuid 4242 --regid 4242 --clear-groups env HOME=/home/nester XDG_RUNTIME_DIR=/tmp/run sh -c \
		'mkdir -p -m 700 /tmp/run; cd; tar -C /img -c . | podman import - bb >/dev/null 2>&1; podman run --rm --network none bb echo hi'
	gone "podman-$1"
}

docker_inside host "$PRIVILEGED"
docker_inside private "$PRIVILEGED"'|.linux.namespaces+=[{type:"cgroup"}]'
podman_inside host "$PRIVILEGED"
podman_inside private "$PRIVILEGED"'|.linux.namespaces+=[{type:"cgroup"}]'

# a CI job: no privileges, a default seccomp filter is left out
outer ci "$FEW" '|.linux.maskedPaths=[]|.linux.readonlyPaths=[]'
check "buildah, chroot" 0 'built' $IN sh -c 'mkdir /tmp/ctx; printf "FROM scratch\nCOPY . /\nRUN echo built; cat /proc/self/uid_map\n" >/tmp/File; buildah --storage-driver vfs bud --isolation chroot --network host -f /tmp/File /img'
U="setpriv --reuid 4242 --regid 4242 --clear-groups env HOME=/home/nester XDG_RUNTIME_DIR=/tmp/run BUILDAH_RUNTIME=/usr/local/bin/under-test"
$IN sh -c 'mkdir -m 700 /tmp/run; chown 4242:4242 /tmp/run'
peer_fails runc crun -- check "buildah, rootless, as a user" 0 'built.*1 +10000 +50000' $IN $U sh -c 'cd; buildah --storage-driver vfs bud --isolation rootless --network host -f /tmp/File /img'
peer_fails runc crun -- check "buildah, oci, as a user" 0 'built.*1 +10000 +50000' $IN $U sh -c 'cd; buildah --storage-driver vfs bud --isolation oci --network host -f /tmp/File /img'
gone ci
done_all
