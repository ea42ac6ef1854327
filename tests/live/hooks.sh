#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The six kinds of hooks: order, place, state on stdin, time-outs, failures (SPEC rows HK-*).
. "$(dirname "$0")/../lib/live.sh"

# hook KIND SCRIPT [JQ-OBJECT-TO-ADD]: appends a shell hook; the script knows $B and $KINDNAME
hook() {
	local extra='{}'
	[ $# -lt 3 ] || extra=$3
	config --arg k "$1" --arg s "$2" --arg b "$B" --argjson extra "$extra" \
		'.hooks[$k] += [{path:"/bin/sh",args:["sh","-c",$s],
		env:["B="+$b,"K="+$k,"PATH=/usr/bin:/bin"]} + $extra]'
}
# note KIND: a hook that notes that it ran and keeps its stdin
note() {
	if [ "$1" = startContainer ]; then
		hook "$1" 'cat >/tmp/$K.json; echo $K >>/tmp/order'
	else
		hook "$1" 'cat >$B/$K.json; echo $K >>$B/rootfs/tmp/order'
	fi
}
json_of() { if [ "$1" = startContainer ]; then cat "$B/rootfs/tmp/$1.json"; else cat "$B/$1.json"; fi; }
order_is() { is "$(tr '\n' ' ' <"$B/rootfs/tmp/order")" "$1" "order"; }
ALL="prestart createRuntime createContainer startContainer poststart poststop"

all_noted() {
	local k
	for k in $ALL; do note "$k"; done
	sh_args 'echo program >>/tmp/order; sleep 60'
}

order() {
	bundle
	all_noted
	must_create
	peers_differ "runs poststart in create, or beside startContainer"
	order_is "prestart createRuntime createContainer "
	cap rt start "$ID"
	ok
	within 5 grep -q program "$B/rootfs/tmp/order" || die "the program did not run"
	is "$(sed '/program/d' "$B/rootfs/tmp/order" | tail -n 2 | tr '\n' ' ')" "startContainer poststart "
	is "$(grep -n startContainer "$B/rootfs/tmp/order" | cut -d: -f1)" 4 "startContainer comes before the program"
	rt kill "$ID" KILL
	wait_status stopped
	[ ! -e "$B/poststop.json" ] || die "poststop ran before delete"
	cap rt delete "$ID"
	ok
	is "$(tail -n 1 "$B/rootfs/tmp/order")" poststop
}

order_in_run() {
	bundle
	all_noted
	sh_args 'echo program >>/tmp/order'
	cap rt run --bundle "$B" "$ID"
	ok
	like "$(tr '\n' ' ' <"$B/rootfs/tmp/order")" '^prestart createRuntime createContainer .*startContainer .*poststop $'
}

listed_order() {
	local i
	bundle
	for i in 1 2 3 4 5; do hook createRuntime "cat >/dev/null; echo $i >>\$B/seq"; done
	for i in 1 2 3 4 5; do hook poststop "cat >/dev/null; echo $i >>\$B/seq2"; done
	must_create
	rt delete --force "$ID"
	is "$(tr '\n' ' ' <"$B/seq")" "1 2 3 4 5 "
	is "$(tr '\n' ' ' <"$B/seq2")" "1 2 3 4 5 "
}

whole_life() {
	all_noted
	must_create
	PID=$(pid_of)
	cap rt start "$ID"
	ok
	rt kill "$ID" KILL
	wait_status stopped
	cap rt delete "$ID"
	ok
}

state_on_stdin() {
	local k
	old_peer crun "1.8 gives startContainer no state"
	bundle
	config '.annotations={"org.example":"x"}'
	whole_life
	for k in $ALL; do
		json_of "$k" >"$B/j"
		is "$(jq -r .id "$B/j")" "$ID" "$k: id"
		[ $k$KIND = startContainercrun ] || is "$(jq -r .bundle "$B/j")" "$B" "$k: bundle"
		is "$(jq -r '.annotations["org.example"]' "$B/j")" x "$k: annotations"
		like "$(jq -r .ociVersion "$B/j")" '^1\.' "$k: ociVersion"
	done
	is "$(jq .pid "$B/prestart.json")" "$PID" prestart
	is "$(jq .pid "$B/createRuntime.json")" "$PID" createRuntime
	is "$(jq .pid "$B/poststart.json")" "$PID" poststart
}

state_status() {
	local pair
	peers_differ "statuses of their own"
	bundle
	whole_life
	for pair in prestart:creating createRuntime:creating createContainer:creating \
		startContainer:created poststart:running poststop:stopped; do
		is "$(json_of "${pair%:*}" | jq -r .status)" "${pair#*:}" "${pair%:*}"
	done
}

state_pid_inside() {
	# in the container's namespaces the pid is the container's view
	peers_differ "pid 0, or the host's, in container hooks"
	bundle
	whole_life
	is "$(json_of startContainer | jq .pid)" 1 startContainer
	is "$(json_of createContainer | jq .pid)" 1 createContainer
}

places() {
	bundle
	hook createRuntime 'readlink /proc/self/ns/mnt >$B/rt.mnt; p=$(sed "s/.*\"pid\": *\([0-9]*\).*/\1/"); readlink /proc/$p/ns/net >$B/rt.net'
	hook createContainer 'readlink /proc/self/ns/mnt >$B/cc.mnt; readlink /proc/self/ns/net >$B/cc.net; ls $B/rootfs >$B/cc.ls'
	hook startContainer 'ls / >/tmp/sc.ls; readlink /proc/self/ns/mnt >/tmp/sc.mnt; pwd >/tmp/sc.pwd'
	hook poststart 'readlink /proc/self/ns/mnt >$B/ps.mnt'
	hook poststop 'readlink /proc/self/ns/mnt >$B/pt.mnt'
	sleeper
	local pid
	pid=$(pid_of)
	is "$(cat "$B/rt.mnt")" "$(readlink /proc/self/ns/mnt)" "createRuntime"
	is "$(cat "$B/rt.net")" "$(readlink "/proc/$pid/ns/net")" "the namespaces are there at createRuntime"
	is "$(cat "$B/cc.mnt")" "$(readlink "/proc/$pid/ns/mnt")" "createContainer"
	is "$(cat "$B/cc.net")" "$(readlink "/proc/$pid/ns/net")" "createContainer"
	like "$(cat "$B/cc.ls")" home "before pivot_root the host's files are seen"
	within 5 test -s "$B/rootfs/tmp/sc.mnt" || die "startContainer did not run"
	is "$(cat "$B/rootfs/tmp/sc.mnt")" "$(readlink "/proc/$pid/ns/mnt")" "startContainer"
	unlike "$(cat "$B/rootfs/tmp/sc.ls")" 'lib64|boot'
	is "$(cat "$B/ps.mnt")" "$(readlink /proc/self/ns/mnt)" "poststart"
	rt delete --force "$ID"
	is "$(cat "$B/pt.mnt")" "$(readlink /proc/self/ns/mnt)" "poststop"
}

# hooks of the host run in the bundle, whatever the caller's directory; those in the container are told by the peers
directories() {
	local k dir
	bundle
	config '.process.cwd="/var"'
	for k in $ALL; do
		if [ $k = startContainer ]; then dir=/tmp; else dir='$B'; fi
		hook $k "echo \"\$PWD \$(readlink /proc/self/cwd)\" >$dir/\$K.pwd"
	done
	args true
	for dir in / "$T"; do
		(cd $dir && rt create --bundle "$B" "$ID" </dev/null >/dev/null 2>&1 && cd /var && rt start "$ID" && within 5 status_is stopped && rt delete "$ID") ||
			die "no life from $dir"
		peer_differs runc "takes the caller's directory in start and delete"
		for k in prestart createRuntime poststart poststop; do is "$(<"$B/$k.pwd")" "$B $B" "$k"; done
		is_peer || is "$(<"$B/createContainer.pwd")" "$B/rootfs $B/rootfs"
		is "$(<"$B/rootfs/tmp/startContainer.pwd")" "/var /var"
		rm "$B"/*.pwd "$B"/rootfs/tmp/*.pwd
	done
	(cd / && rt run --bundle "$B" "$ID" </dev/null)
	for k in prestart createRuntime poststart poststop; do is "$(<"$B/$k.pwd")" "$B $B" "$k in run"; done
}

# a bundle that is gone keeps no poststop hook back
directory_gone() {
	peers_differ "runs none, or in the caller's directory"
	bundle
	hook poststop "pwd >$B.away/gone.pwd"
	args true
	must_create
	mv "$B" "$B.away"
	cap rt delete --force "$ID"
	ok
	is "$(<"$B.away/gone.pwd")" /
	mv "$B.away" "$B"
}

# files for their output need not be regular: a FIFO that nobody reads hangs nothing, /dev/stderr is the caller's
output_kinds() {
	local k
	peers_differ "have no such annotations, or hang"
	bundle
	mkfifo -m 666 "$B/fifo"
	args true
	for k in createRuntime createContainer; do
		config 'del(.hooks)|.annotations={"run.oci.hooks.stdout":"'"$B"'/fifo"}'
		hook $k 'echo from the hook'
		cap rt run --bundle "$B" "$ID"
		bad
		says 'open the file for the output of hooks ".*/fifo": no such device or address'
		cat "$B/fifo" >"$B/read" &
		cap rt run --bundle "$B" "$ID"
		wait
		ok
		is "$(<"$B/read")" "from the hook" "$k"
		[ -p "$B/fifo" ] || die "the FIFO is gone"
		config '.annotations={"run.oci.hooks.stdout":"/dev/stdout"}'
		cap rt run --bundle "$B" "$ID"
		ok
		is "$OUT" "from the hook" "$k"
	done
}

program_hooks_can_mount() {
	# what createContainer mounts in the rootfs is seen inside (before pivot_root, in the container's namespace)
	bundle
	hook createContainer 'mount -t tmpfs t $B/rootfs/mnt && echo from hook >$B/rootfs/mnt/f'
	in_box 'cat /mnt/f'
	is "$OUT" "from hook"
	[ ! -e "$B/rootfs/mnt/f" ] || die "the mount reached the host"
}

create_container_place() {
	peer_differs crun "starts it elsewhere"
	bundle
	hook createContainer 'touch ./tmp/by-hook'
	in_box 'ls /tmp'
	is "$OUT" by-hook
}

start_container_env() {
	# a hook that has no environment of its own gets the program's, as with runc
	peer_differs crun "1.8 gives an empty one"
	bundle
	printf '#!/bin/sh\necho "$ONE $HOME" >/tmp/env\n' >"$B/rootfs/show"
	chmod +x "$B/rootfs/show"
	config '.process.env=["ONE=two","PATH=/bin"]|.hooks.startContainer=[{path:"/show"}]'
	in_box 'cat /tmp/env'
	is "$OUT" "two /root"
}

env_is_the_hooks() {
	bundle
	hook createRuntime 'env | sort >$B/env'
	FROM_CALLER=1 create
	ok
	unlike "$(cat "$B/env")" FROM_CALLER
	like "$(cat "$B/env")" "K=createRuntime"
}

# files of hooks.d count on PATH
env_of_the_caller() {
	local kind
	bundle
	args true
	for kind in prestart createRuntime poststart poststop; do
		config --arg k $kind --arg s "env >$B/env.$kind" '.hooks[$k]=[{path:"/bin/sh",args:["sh","-c",$s]}]'
	done
	FROM_CALLER=1 cap rt run --bundle "$B" "$ID"
	ok
	for kind in prestart createRuntime poststart poststop; do
		like "$(<"$B/env.$kind")" "FROM_CALLER=1"$'\n' "$kind"
		like "$(<"$B/env.$kind")" "PATH=$PATH"$'\n' "$kind"
	done
	config '.hooks={createRuntime:[.hooks.createRuntime[0]+{env:[]}]}'
	FROM_CALLER=1 cap rt run --bundle "$B" "$ID"
	ok
	unlike "$(<"$B/env.createRuntime")" FROM_CALLER "with an empty environment"
}

# nothing of the caller is in the container's namespaces
env_of_create_container() {
	peer_differs crun "gives it the caller's"
	bundle
	args true
	config --arg s "env >$B/env" '.hooks.createContainer=[{path:"/bin/sh",args:["sh","-c",$s]}]'
	FROM_CALLER=1 cap rt run --bundle "$B" "$ID"
	ok
	unlike "$(<"$B/env")" FROM_CALLER
}

args_given() {
	bundle
	printf '#!/bin/sh\necho "$#:$1:$2" >"$1.out"\n' >"$B/hook"
	chmod +x "$B/hook"
	config --arg b "$B" '.hooks.createRuntime=[{path:($b+"/hook"),args:["name",($b+"/x"),"two words"]}]'
	must_create
	is "$(cat "$B/x.out")" "2:$B/x:two words"
}

stdout_is_not_mixed() {
	bundle
	hook createRuntime 'echo noise; echo noise >&2'
	hook poststop 'echo noise; echo noise >&2'
	in_box 'echo program'
	is "$OUT" program
}

no_stdin_reader() {
	local i k
	peer_differs crun "dies of SIGPIPE now and then"
	bundle
	config '.annotations={"big":"'"$(head -c 60000 /dev/zero | tr '\0' x)"'"}'
	for k in $ALL; do hook $k 'exec true'; done
	for i in $(seq 15); do
		run_sh 'exit 3'
		is "$ST" 3 "run $i"
	done
}

# a failing hook of create: create fails, everything goes, poststop hooks run
fails_in_create() {
	local kind=$1
	bundle
	note poststop
	hook "$kind" 'echo to stdout; echo to stderr >&2; exit 7'
	hook "$kind" 'touch $B/second'
	create
	bad
	says "error running $kind hook #0.*exit status 7.*to stdout.*to stderr" "error running ($kind )?hook #0.*exit status 7.*to stdout.*to stderr"
	[ ! -e "$B/second" ] || die "the next hook ran"
	nothing_left || die "left: $(leftovers)"
	peers_differ "does not run the poststop hooks then, or is known to vary"
	is "$(jq -r .status "$B/poststop.json")" stopped
}

fails_in_start() {
	# startContainer, poststart: start fails, the container is stopped and destroyed, poststop hooks run
	local kind=$1
	bundle
	note poststop
	args sleep 60
	hook "$kind" 'exit 7'
	peers_differ "start succeeds, or create fails"
	must_create
	cap rt start "$ID"
	bad
	like "$ERR" "error running $kind hook #0"
	cap rt state "$ID"
	bad
	nothing_left || die "left: $(leftovers)"
	is "$(jq -r .status "$B/poststop.json")" stopped
}

fails_in_start_program() {
	# the program must not have run when a startContainer hook failed
	bundle
	sh_args 'touch /tmp/ran; sleep 60'
	hook startContainer 'exit 1'
	must_create
	cap rt start "$ID"
	sleep 0.2
	[ ! -e "$B/rootfs/tmp/ran" ] || die "the program ran"
}

fails_in_poststop() {
	peer_differs runc "skips the rest of the hooks"
	bundle
	hook poststop 'exit 9'
	hook poststop 'touch $B/second'
	must_create
	cap rt delete --force "$ID"
	ok
	[ -e "$B/second" ] || die "the next hook did not run"
	nothing_left || die "left: $(leftovers)"
}

timeout_create() {
	local start=$SECONDS
	bundle
	hook createRuntime 'exec sleep 50' '{"timeout":1}'
	create
	bad
	[ $((SECONDS - start)) -lt 10 ] || die "took $((SECONDS - start)) s"
	nothing_left || die "left: $(leftovers)"
}

timeout_children() {
	local start=$SECONDS
	peers_differ "leaves the hook's children running, or waits for them"
	bundle
	hook createRuntime 'sleep 50; touch $B/late' '{"timeout":1}'
	create
	bad
	[ $((SECONDS - start)) -lt 10 ] || die "took $((SECONDS - start)) s"
	within 2 nothing_left || die "left: $(leftovers)"
}

timeout_is_not_hit() {
	bundle
	hook createRuntime 'sleep 0.2; touch $B/done' '{"timeout":10}'
	must_create
	[ -e "$B/done" ] || die "did not run"
}

timeout_poststop() {
	local start=$SECONDS
	bundle
	hook poststop 'exec sleep 50' '{"timeout":1}'
	hook poststop 'touch $B/second'
	must_create
	cap rt delete --force "$ID"
	[ $((SECONDS - start)) -lt 10 ] || die "took $((SECONDS - start)) s"
	peer_differs runc "skips the rest of the hooks"
	ok
	[ -e "$B/second" ] || die "the next hook did not run"
}

missing_program() {
	bundle
	config '.hooks.createRuntime=[{path:"/no/such/hook"}]'
	create
	bad
	says 'no such file or directory'
	nothing_left || die "left: $(leftovers)"
}

relative_path() {
	local k
	peers_differ "checks only part of the hooks"
	for k in $ALL; do
		bundle
		config --arg k "$k" '.hooks[$k]=[{path:"bin/true"}]'
		create
		bad
		nothing_left || die "left: $(leftovers)"
	done
}

bad_timeout() {
	local k
	peers_differ "checks only part of the hooks"
	for k in $ALL; do
		bundle
		hook "$k" true '{"timeout":0}'
		create
		bad
		hook "$k" true '{"timeout":-1}'
		create
		bad
	done
}

network_in_create() {
	# what engines do: the hook sets the new network namespace up through the pid
	bundle
	hook createRuntime 'p=$(sed "s/.*\"pid\": *\([0-9]*\).*/\1/"); nsenter -t $p -n sysctl -qw net.ipv4.ip_default_ttl=77 || nsenter -t $p -n sh -c "echo 77 >/proc/sys/net/ipv4/ip_default_ttl"'
	in_box 'cat /proc/sys/net/ipv4/ip_default_ttl'
	is "$OUT" 77
}

hook_fds() {
	bundle
	hook createRuntime 'ls -1 /proc/self/fd >$B/fds'
	rt create --bundle "$B" "$ID" 9</etc </dev/null
	peers_differ "leaks descriptors into hooks"
	is "$(tr '\n' ' ' <"$B/fds")" "0 1 2 3 "
}

t "the bundle is the directory of the host's hooks" directories
t "poststop without the bundle" directory_gone
t "files for the output of hooks that are no regular ones" output_kinds
t "order over a whole life" order
t "order in run" order_in_run
t "hooks of one kind run in the listed order" listed_order
t "id, bundle, annotations and pid on stdin" state_on_stdin
t "status on stdin: creating, created, running, stopped" state_status
t "pid on stdin of container hooks is the container's view" state_pid_inside
t "each kind runs in its namespaces" places
t "mounts of createContainer are seen inside" program_hooks_can_mount
t "createContainer hooks start in the rootfs" create_container_place
t "a startContainer hook without an environment has the program's" start_container_env
t "a hook with an environment has only that" env_is_the_hooks
t "a hook of the host without an environment has the caller's" env_of_the_caller
t "a createContainer hook without an environment has none" env_of_create_container
t "a hook's arguments" args_given
t "a hook's output is not the container's" stdout_is_not_mixed
t "hooks that do not read stdin do no harm" no_stdin_reader
for k in prestart createRuntime createContainer; do
	t "a failing $k hook fails create" fails_in_create $k
done
t "a failing startContainer hook fails start" fails_in_start startContainer
t "a failing poststart hook fails start" fails_in_start poststart
t "no program after a failing startContainer hook" fails_in_start_program
t "a failing poststop hook only warns" fails_in_poststop
t "a hook past its time-out is ended, and fails" timeout_create
t "a hook past its time-out is ended with its children" timeout_children
t "a time-out that is not reached" timeout_is_not_hit
t "a poststop hook past its time-out" timeout_poststop
t "a missing hook program fails create" missing_program
t "relative hook paths are refused" relative_path
t "time-outs of 0 or less are refused" bad_timeout
t "a hook sets up the network namespace" network_in_create
t "a hook gets no stray descriptors" hook_fds
finish
