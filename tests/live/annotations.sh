#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Annotations that runtimes honour: docs/annotations.md.
. "$(dirname "$0")/../lib/live.sh"

note() { config --arg k "$1" --arg v "$2" '.annotations[$k]=$v'; }

keeps_groups() {
	peer_differs runc "does not know it"
	bundle
	note run.oci.keep_original_groups "$1"
	sh_args 'grep ^Groups /proc/self/status | tr -s "\t " " "'
	cap setpriv --groups 5,77 "${RT[@]}" run --bundle "$B" "$ID"
	ok
	is "${OUT% }" "Groups:$2"
}

hook_output() {
	local kind want
	peer_differs runc "does not know it"
	peer_differs crun "1.8 runs some of them with other descriptors, 1.29 makes executable files"
	bundle
	args true
	note run.oci.hooks.stdout "$B/out"
	note run.oci.hooks.stderr "$B/err"
	echo before >"$B/out"
	config '.hooks=(["prestart","createRuntime","createContainer","startContainer","poststart","poststop"]
		|map({(.):[{path:"/bin/sh",args:["sh","-c","echo \(.); echo \(.) failed >&2"]}]})|add)'
	cap rt run --bundle "$B" "$ID"
	ok
	is "$OUT" ""
	for kind in prestart createRuntime createContainer startContainer poststart poststop; do
		grep -qx "$kind" "$B/out" || die "nothing of $kind: $(cat "$B/out")"
		grep -qx "$kind failed" "$B/err" || die "no errors of $kind: $(cat "$B/err")"
	done
	is "$(head -n 1 "$B/out")" before "it is appended to"
	is "$(wc -l <"$B/out") $(wc -l <"$B/err")" "7 6"
	is "$(stat -c %a "$B/err")" 600
}

# one of them alone: the other still goes into the error
hook_output_one() {
	peers_differ "keep other parts of the output"
	bundle
	note run.oci.hooks.stdout "$B/out"
	config --arg k "$1" '.hooks={($k):[{path:"/bin/sh",args:["sh","-c","echo said; echo why >&2; exit 3"]}]}'
	cap rt run --bundle "$B" "$ID"
	bad
	says 'exit status 3, output: why'
	is "$(cat "$B/out")" said
}

hook_output_bad() {
	peers_differ "not held to this"
	bundle
	note run.oci.hooks.stdout out
	create
	bad
	says 'not an absolute path'
	bundle
	note run.oci.hooks.stderr "$B/none/file"
	config --arg k "$1" '.hooks={($k):[{path:"/bin/true"}]}'
	create
	bad
	says "$B/none/file"
	nothing_left || die "left: $(leftovers)"
}

hook_output_terminal() {
	peers_differ "not held to this"
	bundle
	note run.oci.hooks.stderr "$B/err"
	config '.process.terminal=true|.process.args=["true"]
		|.hooks={startContainer:[{path:"/bin/sh",args:["sh","-c","echo in the box >&2"]}]}'
	cap python3 "$LIB/onterm.py" -- "${RT[@]}" run --bundle "$B" "$ID"
	ok
	is "$(cat "$B/err")" "in the box"
}

# the descriptors of the files are for the hooks, not for the container
hook_output_not_seen() {
	peers_differ "not held to this"
	bundle
	note run.oci.hooks.stdout "$B/out"
	config '.hooks={startContainer:[{path:"/bin/true"}]}'
	in_box 'ls -l /proc/self/fd'
	unlike "$OUT" "$B/out"
}

pidfd_receiver() {
	peer_differs runc "does not know it"
	bundle
	args sleep 30
	note run.oci.pidfd_receiver "$B/sock"
	python3 - "$B/sock" >"$B/got" <<'P' &
import os, socket, sys
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1])
s.listen(1)
s.settimeout(10)
c, _ = s.accept()
_, fds, _, _ = socket.recv_fds(c, 64, 4)
for line in open(f"/proc/self/fdinfo/{fds[0]}"):
	if line.startswith("Pid:"):
		print(line.split()[1])
P
	within 5 test -S "$B/sock"
	must_create
	wait
	is "$(cat "$B/got")" "$(pid_of)"
}

refused() {
	peers_differ "not held to this"
	bundle
	note "$1" "$2"
	create
	bad
	says "annotation \"$1\" is not supported"
	note "$1" ""
	must_create
}

warned() {
	peers_differ "not held to this"
	bundle
	args true
	note "$1" "$2"
	cap rt --log-level warning run --bundle "$B" "$ID"
	ok
	like "$(timeout 10 "$RUNTIME" explain --bundle "$B" "$ID" 2>&1)" "\"$1\" has no effect"
}

unknown() {
	bundle
	note com.example.whatever "x"
	note run.oci.of-the-future "y"
	in_box true
}

# More than a page, a pipe or a megabyte: what create takes every later command takes too.
long() {
	bundle
	python3 - "$B/config.json" <<'EOF'
import json, sys
config = json.load(open(sys.argv[1]))
config.setdefault("annotations", {}).update(("long.%d" % i, "x" * 100000) for i in range(30))
config["process"]["args"] = ["sleep", "60"]
json.dump(config, open(sys.argv[1], "w"))
EOF
	must_create
	is "$(state | jq -r '.annotations["long.29"]|length')" 100000
	cap rt start "$ID"
	ok
	cap rt kill "$ID" KILL
	ok
	wait_status stopped
	cap rt delete "$ID"
	ok
}

t "annotations of three megabytes" long
t "run.oci.keep_original_groups" keeps_groups 1 " 5 77"
t "no run.oci.keep_original_groups" keeps_groups 0 ""
t "run.oci.hooks.stdout and stderr: all hooks" hook_output
t "run.oci.hooks.stdout alone: a hook of the host" hook_output_one createRuntime
t "run.oci.hooks.stdout alone: a hook in the container" hook_output_one createContainer
t "run.oci.hooks.*: bad paths, for a hook of the host" hook_output_bad createRuntime
t "run.oci.hooks.*: bad paths, for a hook in the container" hook_output_bad startContainer
t "run.oci.hooks.*: the program does not get them" hook_output_not_seen
t "run.oci.hooks.stderr with a terminal" hook_output_terminal
t "run.oci.pidfd_receiver" pidfd_receiver
t "run.oci.handler is refused" refused run.oci.handler wasm
t "run.oci.timens_offset is refused" refused run.oci.timens_offset "1 2 3"
t "module.wasm.image/variant warns" warned module.wasm.image/variant compat
t "unknown ones are ignored" unknown
finish
