#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# checkpoint and restore. Those with "CRIU" in their names need a kernel that the installed CRIU can work on
# (`criu check`): tests/lab/vm has one. The others play CRIU's part.
. "$(dirname "$0")/../lib/live.sh"

CRIU_WORKS=
if command -v criu >/dev/null && criu check >/dev/null 2>&1; then CRIU_WORKS=1; fi
needs_criu() { [ -n "$CRIU_WORKS" ] || skip "criu check fails on this kernel, or there is no criu"; }
RT_LIMIT=120 # emulated machines are slow

counter() {
	bundle
	mount_add '{"destination":"/out","type":"bind","source":"'"$B"'/vol","options":["bind"]}'
	mkdir "$B/vol"
	sh_args 'i=0; while [ ! -e /out/stop ]; do i=$((i+1)); echo $i >/out/n.new; mv /out/n.new /out/n; sleep 0.05; done; exit 7'
	config '.root.readonly=false'
}
count() { cat "$B/vol/n"; }
counts() { local a; a=$(count); within 10 eval '[ "$(count)" -gt '"$a" ']'; }
# started: the container runs, with nothing of the host for its stdio
started() {
	must_create
	cap rt start "$ID"
	ok
	within 20 test -e "$B/vol/n" || die "it does not run"
}
checkpoint() { cap rt checkpoint --image-path "$B/image" --work-path "$B/work" "$@" "$ID"; }
restore() { cap rt restore -d --bundle "$B" --image-path "$B/image" --work-path "$B/work" "$@" "$ID"; }
gone() {
	cap rt state "$ID"
	bad
	says "does not exist"
	[ -z "$(our_cgroups)" ] || die "cgroups are left: $(our_cgroups)"
}

goes_on() {
	needs_criu
	counter
	started
	checkpoint
	ok
	local n
	n=$(count)
	gone
	sleep 0.3
	is "$(count)" "$n" "the count of a container that is gone"
	restore --pid-file "$B/pid"
	ok
	is "$(status_of)" running
	is "$(cat "$B/pid")" "$(pid_of)"
	counts || die "it does not count"
	[ "$(count)" -gt "$n" ] && [ "$(count)" -lt $((n + 100000)) ] || die "it counts $(count) after $n"
	cap rt exec "$ID" sh -c 'echo $$ && cat /proc/1/comm && touch /dev/shm/x && readlink /proc/1/ns/net'
	ok
	like "$OUT" "sh"
	unlike "$OUT" "$(readlink /proc/self/ns/net)" "its network namespace"
	checkpoint # and again
	ok
	restore
	ok
	counts || die "it does not count"
	is_peer || like "$(cut -d: -f3 "/proc/$(pid_of)/cgroup" | tail -n 1)" "$(cgroup_name)"
}

mounts_again() {
	needs_criu
	counter
	mkdir -p "$B/vol/sub" "$B/other"
	mount_add '{"destination":"/out/sub","type":"bind","source":"'"$B"'/other","options":["rbind","ro"]}'
	mount_add '{"destination":"/etc/file","type":"bind","source":"'"$B"'/config.json","options":["bind"]}'
	started
	local before after
	mounts() { rt exec "$ID" cat /proc/1/mountinfo | sed 's/ - / /; s/master:[0-9]* //' | awk '{print $5, $6}' | sort; }
	before=$(mounts)
	checkpoint
	ok
	# as on another machine: the root as it was before the container was made
	rm -rf "$B/rootfs"
	cp -al "$T/base" "$B/rootfs"
	rmdir "$B/rootfs/proc"
	restore
	ok
	counts || die "it does not count"
	after=$(mounts)
	is "$after" "$before" "the mounts"
	cap rt exec "$ID" sh -c 'cat /proc/kcore | wc -c; touch /out/sub/x 2>&1'
	like "$OUT" "^0"$'\n'".*Read-only"
}

limits_again() {
	needs_criu
	counter
	config '.linux.resources.pids.limit=33|.linux.resources.devices=[{"allow":false,"access":"rwm"},{"allow":true,"type":"c","major":1,"minor":3,"access":"rwm"}]'
	needs_controller pids
	started
	checkpoint
	ok
	restore
	ok
	is "$(reads pids pids.max pids.max)" 33
	cap rt exec "$ID" sh -c 'mknod /tmp/zero c 1 5 && cat /tmp/zero | head -c 1'
	[ "$ST" != 0 ] || die "a device that was forbidden can be used"
}

leave_running() {
	needs_criu
	counter
	started
	checkpoint --leave-running
	ok
	is "$(status_of)" running
	counts || die "it does not count"
	[ -e "$B/image/inventory.img" ] || die "no image"
}

pre_dump() {
	needs_criu
	counter
	started
	cap rt checkpoint --pre-dump --image-path "$B/before" --work-path "$B/work" "$ID"
	ok
	counts || die "it does not count after the pre-dump"
	[ -e "$B/before/pages-1.img" ] || die "no memory in the pre-dump"
	checkpoint --parent-path ../before
	ok
	is "$(readlink "$B/image/parent")" ../before
	restore
	ok
	counts || die "it does not count"
}

of_a_paused_one() {
	needs_criu
	counter
	started
	cap rt pause "$ID"
	ok
	checkpoint
	ok
	gone
	restore
	ok
	is "$(status_of)" running
	counts || die "it does not count"
}

stdio_is_replaced() {
	needs_criu
	bundle
	sh_args 'while read -r line; do echo "got $line"; done; echo end'
	# pipes without a name, as engines make them
	exec 8> >(rt run -d --bundle "$B" "$ID" 2>&1 | cat >"$B/out1")
	within 20 status_is running || die "it does not run: $(cat "$B/out1")"
	echo one >&8
	within 10 grep -q "got one" "$B/out1" || die "no answer: $(cat "$B/out1")"
	checkpoint
	ok
	exec 8>&-
	is "$(jq 'length' "$B/image/descriptors.json")" 3
	like "$(jq -r 'join(" ")' "$B/image/descriptors.json")" '^pipe:\[[0-9]+\] pipe:\[[0-9]+\] pipe:\[[0-9]+\]$'
	(echo two; sleep 1) | rt restore --bundle "$B" --image-path "$B/image" --work-path "$B/work" "$ID" 2>&1 | cat >"$B/out2"
	is "$(cat "$B/out2")" "got two"$'\n'"end"
	gone
}

in_the_foreground() {
	needs_criu
	counter
	started
	checkpoint
	ok
	touch "$B/vol/stop"
	cap rt restore --bundle "$B" --image-path "$B/image" --work-path "$B/work" "$ID"
	is "$ST" 7 "the status of the program"
	gone
}

with_terminal() {
	needs_criu
	bundle
	config '.process.terminal=true'
	sh_args 'while read -r line; do echo "got $line"; done'
	python3 "$LIB/console.py" "$B/console" "$B/in" "$B/seen" &
	local helper=$!
	within 10 test -S "$B/console" || die "no receiver"
	cap rt run -d --bundle "$B" --console-socket "$B/console" "$ID"
	ok
	checkpoint
	ok
	kill $helper 2>/dev/null || true
	wait $helper 2>/dev/null || true
	cap rt restore -d --bundle "$B" --image-path "$B/image" "$ID"
	bad
	says "console.socket"
	rm -f "$B/console"
	python3 "$LIB/console.py" "$B/console" "$B/in" "$B/seen" &
	helper=$!
	within 10 test -S "$B/console" || die "no receiver"
	restore --console-socket "$B/console"
	ok
	cap rt exec "$ID" sh -c 'readlink /proc/1/fd/0; ls -l /dev/console'
	ok
	like "$OUT" "/dev/pts/0|/dev/console"
	kill $helper 2>/dev/null || true
}

in_a_joined_network() {
	needs_criu
	counter
	unshare -n sleep 100 &
	local holder=$! net
	within 10 eval '[ "$(readlink /proc/'$holder'/ns/net)" != "$(readlink /proc/self/ns/net)" ]'
	net=$(readlink /proc/$holder/ns/net)
	ns_path network /proc/$holder/ns/net
	started
	checkpoint
	ok
	restore
	ok
	is "$(readlink "/proc/$(pid_of)/ns/net")" "$net"
	kill -KILL $holder
}

# in_a_user_namespace HOST: root of the container is the host's user HOST
in_a_user_namespace() {
	needs_criu
	counter
	ns_add user
	config --argjson host "$1" '.linux.uidMappings=[{containerID:0,hostID:$host,size:65536}]|.linux.gidMappings=.linux.uidMappings'
	chown -R "$1:$1" "$B/vol" "$B/rootfs"
	# CRIU opens a file anew, which root of the container may not do with one of the host's root: pipes
	rt create --bundle "$B" "$ID" </dev/null > >(cat) 2>&1
	cap rt start "$ID"
	ok
	within 20 test -e "$B/vol/n" || die "it does not run"
	checkpoint
	ok
	rt restore -d --bundle "$B" --image-path "$B/image" --work-path "$B/work" "$ID" </dev/null > >(cat) 2>&1
	is "$(status_of)" running
	counts || die "it does not count"
	is "$(stat -c %u "/proc/$(pid_of)")" "$1"
	[ "$1" = 0 ] || return 0
	cap rt exec "$ID" chmod 0600 /proc/kcore /proc/keys /proc/timer_list /dev/null
	is "$(grep -c "Read-only file system" <<<"$ERR")" 4 "nodes that cannot be changed"
}

hooks_of_both() {
	needs_criu
	counter
	config --arg b "$B" '.hooks.createRuntime=[{path:"/bin/sh",args:["sh","-c","cat >>\($b)/hooks; echo >>\($b)/hooks"]}]
		|.hooks.poststop=[{path:"/bin/sh",args:["sh","-c","echo poststop >>\($b)/hooks"]}]'
	started
	checkpoint
	ok
	is "$(tail -n 1 "$B/hooks")" poststop
	: >"$B/hooks"
	restore
	ok
	is "$(jq -r .id "$B/hooks")" "$ID"
	is "$(jq -r .pid "$B/hooks")" "$(pid_of)"
}

damaged_image() {
	needs_criu
	counter
	started
	checkpoint
	ok
	head -c 30 "$B/image/core-1.img" >"$B/image/core" && mv "$B/image/core" "$B/image/core-1.img"
	restore
	bad
	is_peer || says "criu failed to restore: Error \(criu/.*restore.log"
	gone
	[ -z "$(our_mounts)" ] || die "mounts are left"
}

# wherever a restore is killed, nothing is left after delete --force
killed_restore() {
	needs_criu
	peer_differs runc "leaves what CRIU has made"
	counter
	started
	checkpoint
	ok
	local ms pid
	for ms in 50 300 900 1500 2200; do
		"${RT[@]}" restore -d --bundle "$B" --image-path "$B/image" --work-path "$B/work" "$ID" >/dev/null 2>&1 &
		pid=$!
		sleep "$(printf '0.%03d' $((ms % 1000)))"
		sleep $((ms / 1000))
		kill -KILL $pid 2>/dev/null || true
		wait $pid 2>/dev/null || true
		cap rt delete --force "$ID"
		ok
		within 5 nothing_left || die "after $ms ms: $(leftovers)"
	done
}

id_is_taken() {
	needs_criu
	counter
	started
	checkpoint --leave-running
	ok
	restore
	bad
	says "already exists"
	counts || die "it does not count"
}

# --- without CRIU ------------------------------------------------------------------------------

wrong_states() {
	bundle
	checkpoint
	bad
	says "does not exist"
	args true
	must_create
	checkpoint
	bad
	says "cannot be checkpointed in created state"
	is "$(status_of)" created
	cap rt start "$ID"
	ok
	wait_status stopped
	checkpoint
	bad
	says "cannot be checkpointed in stopped state"
}

wrong_options() {
	peers_differ "texts and checks of hezi's own"
	bundle
	sleeper
	local case option value text
	for case in "--manage-cgroups-mode odd soft,.full" "--network-lock odd iptables" "--empty-ns user network" \
		"--page-server 1.2.3.4 ADDRESS:PORT" "--page-server :80 ADDRESS:PORT" "--page-server a:99999 ADDRESS:PORT" \
		"--status-fd 77 not.open" "--status-fd 0 standard.input" "--parent-path /abs absolute" "--parent-path nowhere ENOENT"; do
		read -r option value text <<<"$case"
		checkpoint "$option" "$value"
		bad
		like "$ERR" "$text" "$option"
		is "$(status_of)" running
	done
	rt delete -f "$ID"
	cap rt restore --bundle "$B" --image-path "$B/nowhere" "$ID"
	bad
	says "nowhere.*ENOENT"
	cap rt restore --lsm-mount-context
	bad
	says "flag needs an argument"
	cap rt restore --bundle "$B/nowhere" --image-path "$B" "$ID"
	bad
	says "nowhere"
	gone
}

missing_criu() {
	peers_differ "a text of hezi's own"
	bundle
	sleeper
	mkdir "$B/empty" "$B/image"
	echo '["/dev/null","/dev/null","/dev/null"]' >"$B/image/descriptors.json"
	PATH_WAS=$PATH
	cap env PATH="$B/empty" "${RT[@]}" checkpoint --image-path "$B/image" "$ID"
	bad
	says 'criu, which is not in \$PATH'
	says 'hint: install CRIU 3.17'
	is "$(status_of)" running
	rt delete -f "$ID"
	cap env PATH="$B/empty" "${RT[@]}" restore --bundle "$B" --image-path "$B/image" "$ID"
	bad
	says 'criu, which is not in \$PATH'
	gone
}

# with_fake HOW: both commands with a criu that does so
with_fake() {
	mkdir -p "$B/bin"
	ln -sf "$LIB/fake-criu.py" "$B/bin/criu"
	FAKE=(env PATH="$B/bin:$PATH" FAKE_CRIU="$1" FAKE_CRIU_LOG="$B/request" "${RT[@]}")
}

failing_criu() {
	peers_differ "texts of hezi's own"
	local how=$1 text=$2
	bundle
	sleeper
	with_fake "$how"
	cap "${FAKE[@]}" checkpoint --image-path "$B/image" "$ID"
	bad
	says "$text"
	is "$(status_of)" running
	rt delete -f "$ID"
	[ -e "$B/image/descriptors.json" ] || die "no descriptors.json"
	cap "${FAKE[@]}" restore --bundle "$B" --image-path "$B/image" "$ID"
	bad
	says "$text"
	gone
	[ -z "$(our_mounts)" ] || die "mounts are left"
}

# what CRIU is asked for
request_of_a_dump() {
	peers_differ "the test plays CRIU for hezi"
	bundle
	mkdir -p "$B/vol/x"
	ln -s /bin "$B/rootfs/link" # leads nowhere but into the container
	mount_add '{"destination":"/inside","type":"bind","source":"'"$B"'/rootfs/link","options":["bind"]}'
	mount_add '{"destination":"/vol","type":"bind","source":"'"$B"'/vol","options":["rbind"]}'
	mount_add '{"destination":"/mnt/a","type":"bind","source":"./vol//x","options":["bind"]}'
	mount_add '{"destination":"/mnt/b","type":"bind","source":"vol/x/../../vol","options":["bind"]}'
	ns_path network /proc/self/ns/net
	config 'del(.linux.sysctl)|.annotations["org.criu.config"]="/some/file"'
	unshare -n sleep 60 &
	local holder=$! pid
	within 5 eval '[ "$(readlink /proc/'$holder'/ns/net)" != "$(readlink /proc/self/ns/net)" ]'
	ns_path network /proc/$holder/ns/net
	sleeper
	pid=$(pid_of)
	with_fake dumps
	cap "${FAKE[@]}" checkpoint --image-path "$B/image" --tcp-established --leave-running --manage-cgroups-mode full "$ID"
	ok
	is "$(status_of)" running
	local line
	for line in "2 $pid" "3 1" "5 1" "13 $B/rootfs" "23 /vol /vol" "34 4" "51 /some/file" \
		"37 net[$(stat -Lc %i "/proc/$pid/ns/net")]:extRootNetNS"; do
		grep -qxF -- "$line" "$B/request" || die "not asked for: $line"$'\n'"$(cat "$B/request")"
	done
	! grep -q "^23 /proc /" "$B/request" || die "/proc is the container's own"
	# stdin is the container's own /dev/null, stdout a file of the test
	is "$(jq -r '.[0]' "$B/image/descriptors.json")" /dev/null
	like "$(jq -r '.[1]' "$B/image/descriptors.json")" '^file\[[0-9a-f]+:[0-9a-f]+\]$'
	cap "${FAKE[@]}" checkpoint --image-path "$B/image" "$ID"
	ok
	gone
	cap "${FAKE[@]}" restore --bundle "$B" --image-path "$B/image" --tcp-close "$ID"
	bad
	says "no restored process"
	gone
	# CRIU searches the mount of a source by the letters of its path
	for line in "23 /vol $B/vol" "23 /mnt/a $B/vol/x" "23 /mnt/b $B/vol" "23 /inside $B/rootfs/bin" "26 1" "52 1"; do
		grep -qxF -- "$line" "$B/request" || die "not asked for: $line"$'\n'"$(cat "$B/request")"
	done
	grep -q "^27 extRootNetNS [0-9]" "$B/request" || die "the network namespace is not handed on"
	grep -q "^27 file\[.* 1$" "$B/request" || die "stdout is not handed on"
	kill -KILL $holder
}

# what takes the place of a pipe: a device node of the host through a mount that cannot be changed, a file as it is
stdio_of_a_restore() {
	peers_differ "the test plays CRIU for hezi"
	local id mounts
	bundle
	args sleep 60
	mkdir "$B/image"
	echo '["pipe:[1]","pipe:[2]","file[1:2]"]' >"$B/image/descriptors.json"
	with_fake restores
	"${FAKE[@]}" restore -d --bundle "$B" --image-path "$B/image" "$ID" </dev/null >"$B/out" 2>/dev/null
	mounts=$(cut -d' ' -f1 /proc/self/mountinfo)
	for fd in 0 2; do
		is "$(stat -L -c %t:%T "/proc/$(pid_of)/fd/$fd")" 1:3
		id=$(sed -n 's/^mnt_id:[^0-9]*//p' "/proc/$(pid_of)/fdinfo/$fd")
		! grep -qx "$id" <<<"$mounts" || die "descriptor $fd is of a mount of the host"
	done
	is "$(stat -L -c %d:%i "/proc/$(pid_of)/fd/1")" "$(stat -c %d:%i "$B/out")"
}

# state, cgroup, hooks and files around processes that come from elsewhere
surroundings_of_a_restore() {
	peers_differ "the test plays CRIU for hezi"
	bundle
	config --arg b "$B" '.hooks.createRuntime=[{path:"/bin/sh",args:["sh","-c","cat >\($b)/hook"]}]
		|.hooks.poststop=[{path:"/bin/sh",args:["sh","-c","echo >\($b)/poststop"]}]'
	[ -n "$V2" ] && ! grep -qw pids /sys/fs/cgroup/cgroup.controllers || limits '{"pids":{"limit":44}}'
	args sleep 60
	mkdir "$B/image"
	echo '["/dev/null","/dev/null","/dev/null"]' >"$B/image/descriptors.json"
	with_fake restores
	cap "${FAKE[@]}" restore -d --bundle "$B" --image-path "$B/image" --pid-file "$B/pid" "$ID"
	ok
	is "$ERR" ""
	is "$(status_of)" running
	is "$(cat "$B/pid")" "$(pid_of)"
	is "$(jq -r .pid "$B/hook")" "$(pid_of)"
	is "$(tr '\0' ' ' <"/proc/$(pid_of)/cmdline")" "sleep 60 "
	like "$(cut -d: -f3 "/proc/$(pid_of)/cgroup" | tail -n 1)" "$(cgroup_name)"
	! jq -e .linux.resources.pids "$B/config.json" >/dev/null || is "$(reads pids pids.max pids.max)" 44
	cap rt kill "$ID" KILL
	ok
	wait_status stopped
	cap rt delete "$ID"
	ok
	[ -e "$B/poststop" ] || die "no poststop hook"
	gone
	# a step that fails when the processes are there already
	cap "${FAKE[@]}" restore -d --bundle "$B" --image-path "$B/image" --pid-file "$B/no/such/pid" "$ID"
	bad
	says "pid file"
	gone
	# one that is no regular file stays
	mkfifo "$B/fifo"
	cap "${FAKE[@]}" restore -d --bundle "$B" --image-path "$B/image" --pid-file "$B/fifo" "$ID"
	bad
	says 'a FIFO that nobody reads'
	[ -p "$B/fifo" ] || die "the FIFO is gone"
	gone
	# the compiler's warnings are told
	config '.process.capabilities.bounding += ["CAP_NONSENSE"]'
	cap "${FAKE[@]}" restore -d --bundle "$B" --image-path "$B/image" "$ID"
	ok
	like "$ERR" 'config.json /process/capabilities/bounding/[0-9]+: unknown capability .*CAP_NONSENSE'
	cap rt delete --force "$ID"
	ok
}

# devices of the host: in a namespace of the test's own
net_devices_are_rejected() {
	peers_differ "the test plays CRIU for hezi"
	bundle
	unshare -n sleep 60 &
	local holder=$!
	within 5 eval '[ "$(readlink /proc/'$holder'/ns/net)" != "$(readlink /proc/self/ns/net)" ]'
	if ! nsenter -t $holder -n ip tuntap add dev tap7 mode tap 2>/dev/null; then
		kill $holder
		skip "no tap devices here"
	fi
	config '.linux.netDevices={tap7:{}}'
	args sleep 60
	cap nsenter -t $holder -n timeout -k 5 30 "${RT[@]}" create --bundle "$B" "$ID"
	kill $holder
	ok
	cap rt start "$ID"
	ok
	with_fake dumps
	cap "${FAKE[@]}" checkpoint --image-path "$B/image" "$ID"
	bad
	says "/linux/netDevices/tap7.*network device of the host"
	is "$(status_of)" running
	[ ! -e "$B/request" ] || die "CRIU was asked"
}
net_devices_joined() {
	peers_differ "the test plays CRIU for hezi"
	bundle
	unshare -n sleep 60 &
	local holder=$!
	within 5 eval '[ "$(readlink /proc/'$holder'/ns/net)" != "$(readlink /proc/self/ns/net)" ]'
	ns_path network /proc/$holder/ns/net
	config 'del(.linux.sysctl)|.linux.netDevices={nosuch7:{}}'
	args sleep 60
	mkdir "$B/image"
	echo '["/dev/null","/dev/null","/dev/null"]' >"$B/image/descriptors.json"
	with_fake restores
	cap "${FAKE[@]}" restore -d --bundle "$B" --image-path "$B/image" "$ID"
	kill $holder
	ok
	is "$(status_of)" running
}

idmapped_is_refused() {
	peers_differ "they restore it without the mapping"
	bundle
	ns_add user
	mkdir "$B/vol"
	config '.linux.uidMappings=[{containerID:0,hostID:100000,size:65536}]|.linux.gidMappings=.linux.uidMappings'
	mount_add '{"destination":"/vol","type":"bind","source":"'"$B"'/vol","options":["bind","idmap"]}'
	chown -R 100000:100000 "$B/rootfs"
	args sleep 60
	create
	[ "$ST" = 0 ] || skip "this file system has no id-mapped mounts"
	cap rt start "$ID"
	ok
	with_fake dumps
	cap "${FAKE[@]}" checkpoint --image-path "$B/image" "$ID"
	bad
	says "/mounts/[0-9]+.*id-mapped"
	is "$(status_of)" running
}

t "a container in the wrong state" wrong_states
t "wrong options" wrong_options
t "no criu" missing_criu
t "a criu that is too old" failing_criu old "criu 3.11.1 is too old"
t "a criu that ends" failing_criu silent "criu ended before it had answered"
t "a criu that cannot be understood" failing_criu garbage "not understood"
t "a criu that says no: the last error before it gives up is shown" failing_criu fails "criu failed to (dump|restore): input/output error[^:]*: Error \(criu/x.c:1\): no such luck"
t "what is asked of criu" request_of_a_dump
t "what a restore puts on stdio" stdio_of_a_restore
t "what a restore makes around the processes" surroundings_of_a_restore
t "id-mapped mounts are refused" idmapped_is_refused
t "network devices are rejected before the container ends" net_devices_are_rejected
t "network devices in a joined namespace stay there" net_devices_joined
t "CRIU: a container goes on where it was" goes_on
t "CRIU: mounts are there again, and mount points are made" mounts_again
t "CRIU: limits and device rules hold again" limits_again
t "CRIU: --leave-running" leave_running
t "CRIU: --pre-dump and --parent-path" pre_dump
t "CRIU: a paused container" of_a_paused_one
t "CRIU: stdio is replaced" stdio_is_replaced
t "CRIU: in the foreground" in_the_foreground
t "CRIU: a terminal" with_terminal
t "CRIU: a joined network namespace" in_a_joined_network
t "CRIU: a user namespace" in_a_user_namespace 100000
t "CRIU: a user namespace of the host's root" in_a_user_namespace 0
t "CRIU: hooks" hooks_of_both
t "CRIU: a damaged image leaves nothing" damaged_image
t "CRIU: a killed restore leaves nothing" killed_restore
t "CRIU: an id that is taken" id_is_taken
finish
