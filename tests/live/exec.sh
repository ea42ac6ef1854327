#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# exec: one more process in a container.
. "$(dirname "$0")/../lib/live.sh"

running() { bundle; config "${1:-.}"; sleeper; }
ex() { cap rt exec "$@"; }
# errors of exec are 255 (crun: 1)
fails() { if [ "$KIND" = crun ]; then [ "$ST" != 0 ] || die "expected a failure"; else is "$ST" 255; fi; }

basics() {
	running
	ex "$ID" echo hi -x
	ok
	is "$OUT" "hi -x"
	ex "$ID" sh -c 'exit 7'
	is "$ST" 7
	ex "$ID" sh -c 'kill -9 $$'
	is "$ST" 137
}

places() {
	running
	for n in pid mnt net ipc uts; do
		ex "$ID" readlink /proc/self/ns/$n
		is "$OUT" "$(readlink "/proc/$(pid_of)/ns/$n")"
	done
	ex "$ID" cat /proc/self/cgroup
	is "$OUT" "$(cat "/proc/$(pid_of)/cgroup")"
}

options() {
	peer_differs crun "has no --additional-gids"
	running
	ex --cwd /tmp -e A=b -e A=c -u 1000:7 -g 9 -g 11 "$ID" sh -c 'pwd; echo $A; id -u; id -g; id -G'
	ok
	is "$OUT" $'/tmp\nc\n1000\n7\n7 9 11'
	peers_differ "takes odd users"
	for u in abc 1x -1 1:x 4294967295 ' '; do
		ex --user="$u" "$ID" true
		fails
	done
}

# a process that the kernel does not execute has run and ended, with 255 and the reason on its stderr
unexecuted() {
	peer_differs crun "exits with 1, in words of its own"
	old_peer runc "1.1 exits with 1, in other words"
	running
	printf nonsense >"$B/rootfs/tmp/p"
	chmod 755 "$B/rootfs/tmp/p"
	cap rt --log "$B/log" exec "$ID" /tmp/p
	is "$ST" 255
	is "$ERR" "exec /tmp/p: exec format error"
	is_peer || like "$(<"$B/log")" "exec /tmp/p: exec format error .it is neither"
	cap rt --log "$B/log" exec -d --pid-file "$B/pid" "$ID" /tmp/p
	ok
	like "$(<"$B/pid")" '^[0-9]+$'
	within 5 grep -q . "$T/err" || die "no reason"
	# a lookup that fails is an error of exec, which engines turn into 127 and 126
	rm "$B/pid"
	cap rt exec -d --pid-file "$B/pid" "$ID" /tmp/nosuch
	fails
	[ ! -e "$B/pid" ] || die "a pid file"
}

# create has warned of the configuration; exec speaks of its own call only
warnings() {
	local process='{"user":{"uid":0,"gid":0},"args":["true"],"cwd":"/","capabilities":{"bounding":["CAP_KILL","CAP_NONSENSE"]'
	peers_differ "words of their own"
	bundle
	config '.process.capabilities.bounding += ["CAP_NONSENSE"]|.process.capabilities.effective += ["CAP_SYS_TTY_CONFIG"]|.annotations={"module.wasm.image/variant":"x"}
		|.linux.seccomp={defaultAction:"SCMP_ACT_ALLOW",defaultErrnoRet:1,flags:["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"]}'
	args sleep 60
	create
	ok
	like "$ERR" 'CAP_NONSENSE.*' "create's warnings"
	like "$ERR" 'defaultErrnoRet'
	cap rt start "$ID"
	ex "$ID" true
	ok
	is "$OUT$ERR" ""
	ex -d "$ID" true
	ok
	is "$OUT$ERR" ""
	echo "$process}}" >"$B/process.json"
	ex --process "$B/process.json" "$ID"
	ok
	is "$OUT$ERR" "" "the same word in a document"
	echo "$process,\"permitted\":[\"CAP_NONSENSE2\"]}}" >"$B/process.json"
	ex --process "$B/process.json" "$ID"
	ok
	like "$ERR" '/process.json /capabilities/permitted/0: .*CAP_NONSENSE2'
	is "$(wc -l <<<"$ERR")" 1
	ex --process "$B/process.json" --cwd / "$ID"
	ok
	like "$ERR" '.-cwd has no effect'
}

# "--" before or right behind the id ends the options, once; later ones belong to the command
dashes() {
	peer_differs crun "runs --"
	old_peer runc "1.1 runs --"
	running
	local line
	for line in "$ID -- echo x" "-- $ID echo x" "$ID echo x" "--tty=false $ID -- echo x"; do
		ex $line
		ok
		is "$OUT" x "$line"
	done
	ex "$ID" -- echo -- -x
	is "$OUT" "-- -x"
	ex "$ID" echo --
	is "$OUT" "--"
	for line in "$ID -- -- echo" "-- $ID -- echo"; do
		ex $line
		fails
		says 'exec: "--": executable file not found'
	done
	ex "$ID" --
	fails
	ex "$ID" -- -x
	fails
	says 'exec: "-x": executable file not found'
}

# a text that is empty is as good as none
empty_values() {
	peer_differs crun "takes an empty name for one"
	old_peer runc "1.1 does not know --pidfd-socket"
	running '.process.cwd="/tmp"|.process.user={uid:5,gid:6}'
	ex --cwd '' -u '' --apparmor '' --process-label '' --process '' --pid-file '' --console-socket '' \
		--pidfd-socket '' --cgroup '' -c '' "$ID" sh -c 'pwd; id -u; id -g'
	ok
	is "$OUT" $'/tmp\n5\n6'
	ex --cwd=/ --cwd= --user=0 --user= "$ID" sh -c 'pwd; id -u'
	is "$OUT" $'/tmp\n5' "the last one wins"
	peers_differ "wants names"
	ex -e '' -e A=1 -e= "$ID" sh -c 'echo $A'
	ok
	is "$OUT" 1
}

# no_new_privs as the options say, or else as the configuration has it
no_new_privs() {
	local has option want
	peer_differs crun "has no booleans"
	for has in true false; do
		running ".process.noNewPrivileges=$has"
		for option in '' --no-new-privs{,=true,=1,=t,=T,=TRUE,=false,=0,=f,=False}; do
			case $option in
			'') want=$([ $has = true ] && echo 1 || echo 0) ;;
			*=[f0F]*) want=0 ;;
			*) want=1 ;;
			esac
			ex $option "$ID" grep NoNewPrivs /proc/self/status
			is "$OUT" "NoNewPrivs:"$'\t'$want "config $has, option '$option'"
		done
	done
}

# short options in one word, with a value in it or in the next, as crun has them
grouped() {
	peer_differs runc "has no groups"
	old_peer crun "1.8 drops the environment for -e"
	running
	ex -u1:2 -eA=3 "$ID" sh -c 'id -u; id -g; echo $A'
	ok
	is "$OUT" $'1\n2\n3'
	ex -de A=1 "$ID" true
	ok
	is_peer || {
		cap rt exec -debug "$ID" true
		is "$ST" 0 "a global option behind the command"
		cap rt exec -dx "$ID" true
		[ "$ST" != 0 ] || die "-dx is taken"
		says 'flag provided but not defined: -dx'
	}
}

# create makes the working folder, exec does not
cwd_missing() {
	peer_differs crun "ends with 1"
	running
	ex --cwd /none "$ID" true
	fails
	says 'chdir to cwd \("/none"\) set in config.json failed: no such file or directory'
	[ ! -e "$B/rootfs/none" ] || die "exec made the working folder"
}

missing() {
	peer_differs crun "ends with 1"
	running
	ex "$ID" nosuch
	fails
	says 'exec: "nosuch": executable file not found in .PATH'
	ex "$ID" /etc/passwd
	fails
	says 'permission denied'
	ex "$ID" /none
	fails
	says 'exec: "/none": stat /none: no such file or directory' 'no such file or directory'
	ex "$ID" ''
	fails
	says 'exec: "": executable file not found in .PATH'
	ex --cwd rel "$ID" true
	fails
	ex "$ID-x" true
	fails
	says 'does not exist'
}

missing_words() {
	local word
	peer_differs crun "words of its own"
	running
	for word in /none ./none none/such; do
		ex "$ID" $word
		fails
		says "exec: \"$word\": stat $word: no such file or directory"
	done
	ex "$ID" ''
	fails
	says 'exec failed: .*exec: "": executable file not found in .PATH'
	ex -e nonsense "$ID" true
	fails
	says 'invalid environment variable: "nonsense"' "invalid environment variable: (\"nonsense\"|missing '=')"
}

# what the parser refuses is 1, for nothing was tried; what exec itself refuses is 255 and says so
usage_status() {
	peer_differs crun "64, or 1"
	running
	ex
	is "$ST" 1
	ex --nonsense "$ID" true
	is "$ST" 1
	ex --cwd
	is "$ST" 1
	like "$ERR" 'flag needs an argument'
	ex "$ID"
	fails
	says 'exec failed: process args cannot be empty' 'exec failed: (process|exec) args cannot be empty'
	ex -u abc "$ID" true
	fails
	says 'exec failed: '
	ex -d -t "$ID" true
	fails
	says 'exec failed: cannot allocate tty if .* will detach without setting console socket'
	ex --console-socket /none "$ID" true
	fails
	says 'exec failed: cannot use console socket if .* will not detach or allocate tty'
}

cap_names() {
	local cap
	peer_differs runc "warns only"
	peer_differs crun "1.8 says nothing about unknown ones, 1.29 wants the prefix CAP_"
	running
	for cap in CAP_NET_ADMIN cap_net_admin NET_ADMIN net_admin; do
		ex --cap $cap "$ID" grep CapEff /proc/self/status
		ok
		[ $((0x${OUT##*[[:space:]]} & 1 << 12)) != 0 ] || die "$cap is not effective: $OUT"
	done
	ex --cap CAP_NET_ADMN "$ID" true
	fails
	says 'exec failed: unknown capability "CAP_NET_ADMN"'
	says 'did you mean CAP_NET_ADMIN'
}

# as with run: our own stdio, all of what the program wrote, and no waiting for what it leaves behind
foreground() {
	local start
	running
	peer_differs crun "passes its own stdio"
	ex -u 1000:1000 "$ID" sh -c 'echo one; echo two >>/dev/stdout; cat; exit 3' # stdin: /dev/null
	is "$ST" 3
	is "$OUT" $'one\ntwo'
	is "$(head -c 3000000 /dev/zero | rt exec "$ID" sh -c 'cat; sleep 0.1' | wc -c)" 3000000
	is "$(rt exec "$ID" sh -c 'head -c 60000 /dev/zero' </dev/null | { sleep 1; wc -c; })" 60000
	peer_differs runc "waits for the last that holds stdout"
	start=$SECONDS
	ex "$ID" sh -c 'sleep 20 & echo started'
	ok
	is "$OUT" started
	RT_LIMIT=10 ex "$ID" sh -c 'while echo y; do sleep 0.01; done & sleep 0.1'
	ok
	like "$OUT" '^y'
	[ $((SECONDS - start)) -lt 15 ] || die "waited for what was left in the background"
}

# whoever waits for a paused container can stop waiting
paused_wait() {
	local waiting
	peers_differ "can only be killed"
	running
	rt pause "$ID"
	"${RT[@]}" exec --ignore-paused "$ID" touch /tmp/done &
	waiting=$!
	sleep 0.3
	alive $waiting || die "did not wait"
	kill -TERM $waiting
	within 5 dead $waiting || die "SIGTERM does not end it"
	rt resume "$ID"
	sleep 0.2
	[ ! -e "$B/rootfs/tmp/done" ] || die "the program has run all the same"
	is "$(rt ps --format json "$ID")" "[$(pid_of)]" "processes"
}

stopped() {
	peer_differs crun "ends with 1"
	bundle
	args true
	must_create
	rt start "$ID"
	wait_status stopped
	ex "$ID" true
	fails
	says 'cannot exec in a stopped container'
}

created() {
	bundle
	must_create
	ex "$ID" echo in
	ok
	is "$OUT" in
}

document() {
	running
	ex -p <(echo '{"args":["sh","-c","echo $0 $Q; pwd"],"cwd":"/etc","env":["PATH=/bin","Q=1"],"user":{"uid":0,"gid":0}}') "$ID"
	ok
	is "$OUT" $'sh 1\n/etc'
}

# without capabilities of its own it has those of the container; an empty object asks for none
document_caps() {
	local args='"args":["grep","CapEff","/proc/self/status"],"cwd":"/","env":["PATH=/bin"]'
	running
	echo "{$args}" >"$B/process.json"
	ex -p "$B/process.json" "$ID"
	ok
	is "$OUT" $'CapEff:\t0000000020000420'
	echo "{$args,\"capabilities\":{}}" >"$B/process.json"
	ex -p "$B/process.json" "$ID"
	ok
	is "$OUT" $'CapEff:\t0000000000000000'
}

document_alone() {
	peers_differ "say nothing"
	running
	echo '{"args":["sh","-c","pwd; id -u"],"cwd":"/etc","env":["PATH=/bin"],"user":{"uid":0,"gid":0}}' >"$B/p.json"
	ex --process "$B/p.json" --cwd /tmp --user 1000 "$ID"
	ok
	is "$OUT" $'/etc\n0'
	says '--cwd has no effect'
	says '--user has no effect'
}

detached() {
	running
	ex -d --pid-file "$T/pid" "$ID" sleep 100
	ok
	p=$(cat "$T/pid")
	# runc does not wait for execve
	is_peer && within 5 grep -q sleep "/proc/$p/cmdline"
	is "$(tr '\0' ' ' <"/proc/$p/cmdline")" "sleep 100 "
	rm "$T/pid"
	ex -d --pid-file "$T/pid" "$ID" nosuch
	fails
	[ ! -e "$T/pid" ] || die "the pid file is there"
}

no_inheritable() {
	running
	ex --cap CAP_NET_ADMIN "$ID" grep Cap /proc/self/status
	ok
	like "$OUT" 'CapInh:[[:space:]]*0000000000000000'
	eff=$(sed -n 's/CapEff:[[:space:]]*//p' <<<"$OUT")
	[ $((0x$eff & 1 << 12)) != 0 ] || die "CAP_NET_ADMIN is not effective: $eff"
}

nothing_leaks() {
	running
	exec 9</etc 23</
	ex "$ID" sh -c 'ls /proc/self/fd; readlink /proc/self/cwd'
	exec 9<&- 23<&-
	ok
	is "$OUT" $'0\n1\n2\n3\n/'
	for n in 3 4 5 6 7 8; do
		ex --cwd /proc/self/fd/$n "$ID" cat ../../../etc/hostname
		[ "$ST" != 0 ] || die "fd $n leads out"
	done
}

preserved() {
	running
	echo inside >"$T/f"
	OUT=$(rt exec --preserve-fds 1 "$ID" cat /proc/self/fd/3 3<"$T/f")
	is "$OUT" inside
}

# holes among them stay holes, in which nothing of the runtime appears; the others keep their numbers
preserved_holes() {
	local n
	peer_differs runc "passes descriptors of its own"
	running
	echo four >"$T/f4"
	echo nine >"$T/f9"
	for n in 7 8 50 1000 100000; do
		OUT=$("${RT[@]}" exec --preserve-fds $n "$ID" sh -c 'echo $(ls /proc/self/fd); cat <&4; cat <&9' 3<&- 4<"$T/f4" 5<&- 6<&- 7<&- 8<&- 9<"$T/f9" </dev/null)
		is "$OUT" $'0 1 2 3 4 9\nfour\nnine' "--preserve-fds $n" # ls opens 3
	done
	for n in 1 5; do
		OUT=$("${RT[@]}" exec --preserve-fds $n "$ID" sh -c 'for i in 3 4 5 6 7 8; do [ ! -e /proc/self/fd/$i ] || echo $i; done' 3<&- 4<&- </dev/null)
		is "$OUT" "" "none of $n is there"
	done
	old_peer crun "1.8 takes any number"
	cap "${RT[@]}" exec --preserve-fds 4294967295 "$ID" true
	fails
	is_peer || says 'at most 1048576 descriptors can be passed on'
}

user_namespace() {
	running '.linux.namespaces += [{type:"user"}] | .linux.uidMappings = [{containerID:0,hostID:100000,size:65536}]
		| .linux.gidMappings = .linux.uidMappings'
	ex "$ID" sh -c 'id -u; cat /proc/self/uid_map | tr -s " "'
	ok
	is "$OUT" $'0\n 0 100000 65536'
	is "$(rt exec "$ID" readlink /proc/self/ns/user)" "$(readlink "/proc/$(pid_of)/ns/user")"
}

sub_cgroup() {
	peer_differs crun "leads upwards"
	running
	ex --cgroup ../.. "$ID" true
	fails
}

terminal() {
	peer_differs crun "wants a terminal for a detached one too"
	running
	ex -t -d "$ID" true
	fails
	says 'console socket'
	OUT=$(python3 "$LIB/onterm.py" -- "${RT[@]}" exec -t "$ID" sh -c 'tty; test -t 0 && test -t 2 && echo yes')
	like "$OUT" '/dev/pts/[0-9]'
	like "$OUT" yes
}

affinity() {
	local cpus last
	peers_differ "later versions have it"
	cpus=$(sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' /proc/self/status)
	last=${cpus##*[-,]}
	running ".process.execCPUAffinity={final:\"$last\"}"
	ex "$ID" grep Cpus_allowed_list: /proc/self/status
	is "${OUT##*[[:space:]]}" "$last" "final"
	is "$(sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' "/proc/$(pid_of)/status")" "$cpus" "of init"
	ex -p <(echo '{"args":["grep","Cpus_allowed_list:","/proc/self/status"],"cwd":"/","env":["PATH=/bin"],"execCPUAffinity":{"initial":"0"}}') "$ID"
	ok
	cap rt --debug exec -p <(echo '{"args":["true"],"cwd":"/","env":["PATH=/bin"],"execCPUAffinity":{"initial":"0"}}') "$ID"
	ok
	like "$ERR" 'nsexec: affinity: 0x1'
	ex -p <(echo '{"args":["grep","Cpus_allowed_list:","/proc/self/status"],"cwd":"/","env":["PATH=/bin"],"execCPUAffinity":{"final":"8000"}}') "$ID"
	fails
	says '/execCPUAffinity/final: set the CPUs of the process: invalid argument'
	ex -p <(echo '{"args":["true"],"cwd":"/","env":["PATH=/bin"],"execCPUAffinity":{"final":"x"}}') "$ID"
	fails
	says 'a list of CPUs'
}

time_namespace() {
	peers_differ "this version has no time namespace"
	[ -e /proc/self/ns/time ] || skip "this kernel has no time namespaces"
	running '.linux.namespaces+=[{type:"time"}]|.linux.timeOffsets={boottime:{secs:100000}}'
	ex "$ID" sh -c 'readlink /proc/self/ns/time; cut -d. -f1 /proc/uptime'
	ok
	is "$(head -n 1 <<<"$OUT")" "$(readlink "/proc/$(pid_of)/ns/time")"
	[ "$(tail -n 1 <<<"$OUT")" -ge 100000 ] || die "uptime: $OUT"
}

pidfd() {
	local receiver
	peer_differs crun "has no --pidfd-socket"
	old_peer runc "1.1 has no --pidfd-socket"
	running
	python3 -c '
import array, socket, sys
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1])
s.listen(1)
link, _ = s.accept()
body, control, _, _ = link.recvmsg(4096, 1024)
fd = array.array("i", control[0][2])[0]
print(body.decode(), [l.split()[1] for l in open(f"/proc/self/fdinfo/{fd}") if l.startswith("Pid:")][0])' "$B/p.sock" >"$T/pidfd" &
	receiver=$!
	within 5 test -S "$B/p.sock" || die "no receiver"
	ex -d --pid-file "$B/pid" --pidfd-socket "$B/p.sock" "$ID" sleep 60
	ok
	wait $receiver
	is "$(cat "$T/pidfd")" "setns $(cat "$B/pid")"
}

console() {
	local receiver
	running
	python3 "$LIB/console.py" "$B/c.sock" >"$T/console" 2>&1 &
	receiver=$!
	within 5 test -S "$B/c.sock" || die "no receiver"
	ex -d -t --console-socket "$B/c.sock" "$ID" sh -c 'tty; stat -c %u $(tty); sleep 0.2'
	ok
	wait $receiver || die "the receiver failed: $(cat "$T/console")"
	like "$(cat "$T/console")" '/dev/pts/[0-9]'
}

sub_cgroup_v2() {
	local where
	where=$(cg any "$(pid_of)")
	mkdir "$where/sub"
	[ -z "${LIVE_USER:-}" ] || chown -R "$USER_ID" "$where/sub"
	ex --cgroup sub "$ID" cat /proc/self/cgroup
	ok
	like "$OUT" $'(^|\n)0::/(.*/)?sub($|\n)'
	ex --cgroup none "$ID" true
	fails
	rmdir "$where/sub"
}
# systemd in a container does so: its init leaves the cgroup, which then takes no processes
init_moves() {
	local where controller
	[ -n "$V2" ] || skip "cgroup v1 takes processes everywhere"
	paths_only
	running
	where=$(cg any "$(pid_of)")
	controller=$(cut -d' ' -f1 "$where/cgroup.controllers")
	[ -n "$controller" ] || skip "no controller of v2 here"
	old_peer crun "1.8 has another place for it"
	mkdir "$where/init"
	pid_of >"$where/init/cgroup.procs"
	echo "+$controller" >"$where/cgroup.subtree_control"
	ex "$ID" cat /proc/self/cgroup
	ok
	like "$OUT" "0::.*$ID/init"
	ex --cgroup / "$ID" true # where it was told to go it cannot
	fails
	says 'adding pid .* to cgroups.*device or resource busy'
}

sub_cgroup_down() {
	local where
	bundle
	sleeper
	if [ -n "$V2" ]; then
		sub_cgroup_v2
		return
	fi
	where=$(awk -F: '$2 ~ /pids/ {print "/sys/fs/cgroup/pids" $3}' "/proc/$(pid_of)/cgroup")
	[ -d "${where:-/none}" ] || skip "no cgroup v1 with pids here"
	mkdir "$where/sub"
	peer_differs crun "takes no controller"
	ex --cgroup pids:sub "$ID" cat /proc/self/cgroup
	ok
	like "$OUT" ":pids:.*/sub(
|$)"
	ex --cgroup pids:none "$ID" true
	fails
	says 'adding pid .*/none/cgroup.procs: no such file or directory'
	ex --cgroup nonsense:sub "$ID" true
	fails
	says 'unknown controller'
	rmdir "$where/sub"
}

# a create that saw fewer hierarchies has recorded fewer directories
sub_cgroup_of_fewer() {
	local all last where
	[ -z "$V2" ] || skip "cgroup v2 is one hierarchy"
	peers_differ "look at the process"
	bundle
	args sleep 60
	all=($(awk -F: '$2 ~ /^(cpu|cpuacct|freezer|blkio|pids|memory)$/ {print $2}' /proc/self/cgroup))
	[ ${#all[@]} -gt 1 ] || skip "no two hierarchies"
	last=${all[-1]}
	cap unshare -m sh -c 'umount "/sys/fs/cgroup/$0" && exec "$@"' "${all[0]}" "${RT[@]}" create --bundle "$B" "$ID"
	ok
	where=$(cg "$last" "$(pid_of)")
	like "$where" "/$(cgroup_name)$"
	mkdir "$where/sub"
	ex --cgroup "$last:sub" "$ID" cat /proc/self/cgroup
	ok
	like "$OUT" ":$last:.*/$(cgroup_name)/sub(
|$)"
	[ "$(grep -c "/sub$" <<<"$OUT")" = 1 ] || die "other hierarchies too: $OUT"
	rmdir "$where/sub"
}

t "output and exit status" basics
t "process.execCPUAffinity" affinity
t "in a time namespace" time_namespace
t "--pidfd-socket" pidfd
t "--console-socket" console
t "--cgroup: a sub-cgroup" sub_cgroup_down
t "--cgroup: a sub-cgroup, with fewer hierarchies at create" sub_cgroup_of_fewer
t "the container's init has moved to a sub-cgroup" init_moves
t "namespaces and cgroup are the container's" places
t "cwd, env, user, groups" options
t "a cwd that is not there" cwd_missing
t "programs that cannot be run" missing
t "programs that cannot be run: runc's words" missing_words
t "1 for a wrong command line, 255 and \"exec failed\" for the rest" usage_status
t "--cap: names in any case, no unknown ones" cap_names
t "in the foreground" foreground
t "--ignore-paused: SIGTERM ends the waiting" paused_wait
t "not in a stopped container" stopped
t "in a created container" created
t "a process document from a pipe" document
t "a process document without capabilities has the container's" document_caps
t "a process document leaves nothing to options" document_alone
t "detached, with a pid file" detached
t "--cap is never inheritable (CVE-2022-29162)" no_inheritable
t "no descriptor of the host (CVE-2024-21626)" nothing_leaks
t "warnings of the call, and not of the configuration" warnings
t "-- ends the options" dashes
t "a program that the kernel does not execute" unexecuted
t "empty values are not given" empty_values
t "--no-new-privs and its values" no_new_privs
t "short options in one word" grouped
t "descriptors that are to be preserved" preserved
t "holes among the preserved descriptors" preserved_holes
t "in a user namespace" user_namespace
t "--cgroup leads only downwards" sub_cgroup
t "a terminal" terminal
finish
