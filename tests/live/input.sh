#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Bad input: ids, bundles, configs, roots.
. "$(dirname "$0")/../lib/live.sh"

LONG=$(head -c 1024 /dev/zero | tr '\0' a)

# weak_id ID: every command refuses it, and nothing outside of its own place is touched
weak_id() {
	local command
	bundle
	mkdir -p "$T/precious" "$ROOT/.keep"
	echo x >"$T/precious/f"
	cap rt create --bundle "$B" -- "$1"
	[ "$ST" != 0 ] || die "create took it"
	[ "$KIND" != hezi ] || is "$ST" 1
	cap rt run -d --bundle "$B" -- "$1"
	[ "$ST" != 0 ] || die "run took it"
	for command in start state delete; do
		cap rt $command -- "$1"
		[ "$ST" != 0 ] || die "$command took it"
	done
	cap rt kill -- "$1" KILL
	[ "$ST" != 0 ] || die "kill took it"
	cap rt delete --force -- "$1"
	[ -e "$T/precious/f" ] && [ -d "$ROOT/.keep" ] && [ -d "$B/rootfs/bin" ] || die "delete --force removed what is not its own"
	rmdir "$ROOT/.keep"
	nothing_left || die "left: $(leftovers)"
}

weak_id_checked() {
	peer_differs crun "1.8 takes weak ids, and removes the folder above for .."
	weak_id "$1"
}

empty_id() {
	bundle
	cap rt create --bundle "$B" ""
	bad
	says 'container id cannot be empty'
	cap rt state ""
	bad
	says 'container id cannot be empty'
}

id_text() {
	bundle
	cap rt create --bundle "$B" "a/b"
	bad
	says 'invalid container ID format'
}

good_id() {
	bundle
	args true
	cap rt create --bundle "$B" "$1"
	ok
	ID=$1
	cap rt start "$1"
	ok
	wait_status stopped
	cap rt delete "$1"
	ok
}

long_id() {
	# 128 characters work; 1 KB is refused before anything is made
	bundle
	args true
	config 'del(.linux.cgroupsPath)'
	good_id "${PREFIX}$(head -c 100 /dev/zero | tr '\0' b)"
}

duplicate() {
	local pid
	bundle
	sleeper
	pid=$(pid_of)
	create
	bad
	says 'container with given ID already exists' 'already exists'
	cap rt run --bundle "$B" "$ID"
	bad
	alive "$pid" || die "the first one was harmed"
	is "$(status_of)" running
}

# refused TEXT: create and run fail with it and leave nothing
refused() {
	create
	bad
	[ -z "${1:-}" ] || says "$1"
	nothing_left || die "left: $(leftovers)"
	cap rt run --bundle "$B" "$ID"
	bad
	nothing_left || die "left by run: $(leftovers)"
}

no_bundle() {
	bundle
	rm -rf "$B"
	refused 'no such file or directory'
}

bundle_is_file() {
	bundle
	rm -rf "$B"
	echo x >"$B"
	refused 'not a directory'
}

no_config() {
	bundle
	rm "$B/config.json"
	refused 'config.json not found'
}

empty_config() {
	bundle
	: >"$B/config.json"
	refused
}

garbage_config() {
	local text
	for text in '{' '[]' 'null' '"x"' '1' '{"ociVersion":}' '{"ociVersion":"1.0.2"' $'\xff\xfe' 'nonsense'; do
		bundle
		printf '%s' "$text" >"$B/config.json"
		create
		[ "$ST" != 0 ] || die "took $text"
		[ "$KIND" != hezi ] || is "$ST" 1 "status for $text"
		nothing_left || die "left: $(leftovers)"
	done
}

truncated_config() {
	local size n
	bundle
	cp "$B/config.json" "$T/whole.json"
	size=$(stat -c %s "$T/whole.json")
	for n in $(seq 1 97 "$((size - 2))"); do
		head -c "$n" "$T/whole.json" >"$B/config.json"
		create
		[ "$ST" != 0 ] || die "took the first $n bytes"
		[ "$KIND" != hezi ] || is "$ST" 1 "status at $n bytes"
	done
	nothing_left || die "left: $(leftovers)"
}

huge_config() {
	local start=$SECONDS
	peers_differ "no limit"
	bundle
	head -c 100000000 /dev/zero | tr '\0' ' ' >>"$B/config.json"
	refused
	[ $((SECONDS - start)) -lt 10 ] || die "took $((SECONDS - start)) s"
}

trailing_garbage() {
	peers_differ "takes it"
	bundle
	echo '{}' >>"$B/config.json"
	refused
}

config_is_folder() {
	bundle
	rm "$B/config.json"
	mkdir "$B/config.json"
	refused
}

config_is_fifo() {
	peers_differ "waits for ever"
	bundle
	rm "$B/config.json"
	mkfifo "$B/config.json"
	refused
}

missing_rootfs() {
	bundle
	mv "$B/rootfs" "$B/other"
	refused
}

rootfs_is_file() {
	bundle
	mv "$B/rootfs" "$B/other"
	echo x >"$B/rootfs"
	refused
}

# without JQ: a required part is missing
without() {
	bundle
	config "$1"
	refused
}

without_checked() {
	peers_differ "$1"
	without "$2"
}

process_absent() {
	# the spec: optional for create, required for start
	peers_differ "refuses create"
	bundle
	config 'del(.process)'
	must_create
	is "$(status_of)" created
	cap rt start "$ID"
	bad
	cap rt delete --force "$ID"
	ok
}

minimal() {
	# the smallest document that can be started, of the spec's own examples
	peers_differ "wants linux and mounts"
	bundle
	echo '{"ociVersion":"1.0.0","root":{"path":"rootfs"},"process":{"cwd":"/","args":["true"],
		"user":{"uid":0,"gid":0}},"linux":{"namespaces":[{"type":"mount"}]}}' >"$B/config.json"
	cap rt run --bundle "$B" "$ID"
	ok
}

wrong_types() {
	local edit
	for edit in '.process="x"' '.process.args="x"' '.root="rootfs"' '.mounts={}' '.linux.namespaces={}' '.hooks=[]' \
		'.process.user.uid="root"' '.process.env={}' '.linux=[]' '.annotations={"a":1}'; do
		bundle
		config "$edit"
		create
		[ "$ST" != 0 ] || die "took $edit"
		[ "$KIND" != hezi ] || is "$ST" 1 "status for $edit"
		nothing_left || die "left: $(leftovers)"
	done
}

wrong_types_checked() {
	peer_differs crun "takes wrong types"
	wrong_types
}

unknown_keys() {
	bundle
	config '.nonsense={"a":[1,2,{"b":null}]} | .process.nonsense=true | .linux.nonsense=[] | .mounts[0].nonsense=1
		| .solaris={} | .vm={"kernel":{"path":"/x"}}'
	[ "$KIND" = crun ] || config '.windows={"x":1}'
	in_box 'echo fine'
	is "$OUT" fine
}

# runc takes them for the right ones, crun passes over them
odd_keys() {
	peers_differ "runc takes keys in any letters, crun says nothing"
	bundle
	config '.process.args=["/bin/true"] | .linux.resources.CPU={"shares":512} | .process.NoNewPrivileges=true'
	cap rt run --bundle "$B" "$ID"
	ok
	like "$ERR" 'warning.*/process/NoNewPrivileges.*is ignored.*noNewPrivileges'
	like "$ERR" 'warning.*/linux/resources/CPU.*is ignored.*cpu'
}

deep_nesting() {
	bundle
	python3 -c "
import json, sys
text = open(sys.argv[1]).read().rstrip()
open(sys.argv[1], 'w').write(text[:-1] + ', \"x\": ' + '[' * 100000 + ']' * 100000 + '}')" "$B/config.json"
	create
	[ "$ST" = 0 ] || [ "$ST" = 1 ] || die "status $ST"
	[ "$KIND" != hezi ] || bad
}

root_unwritable() {
	bundle
	chmod 755 "$B"
	cap setpriv --reuid 65534 --regid 65534 --clear-groups timeout 20 "$RUNTIME" --root "$T/deny" create --bundle "$B" "$ID"
	bad
	[ ! -e "$T/deny" ] || die "made"
}

root_readonly() {
	bundle
	mkdir "$B/ro"
	cap unshare --mount --propagation private bash -c '
		mount -t tmpfs -o ro t "$1/ro"; shift; exec "$@"' - "$B" \
		timeout 20 "$RUNTIME" --root "$B/ro/root" create --bundle "$B" "$ID"
	bad
	says 'read-only file system'
	nothing_left || die "left: $(leftovers)"
}

root_is_file() {
	bundle
	echo x >"$B/file"
	cap timeout 20 "$RUNTIME" --root "$B/file" create --bundle "$B" "$ID"
	bad
	nothing_left || die "left: $(leftovers)"
}

root_slash() {
	peers_differ "takes / as its root"
	bundle
	cap timeout 20 "$RUNTIME" --root / create --bundle "$B" "$ID"
	bad
	[ ! -e "/$ID" ] || die "made /$ID"
}

half_made_state() {
	# a state folder without a record, as an aborted create leaves: delete --force removes it
	bundle
	mkdir -p "$ROOT/$ID"
	cap rt state "$ID"
	bad
	cap rt delete --force "$ID"
	ok
	[ ! -e "$ROOT/$ID" ] || die "still there"
	must_create
}

broken_record() {
	# a record cut short must be an error or removable, not a crash
	local f
	bundle
	sleeper
	for f in "$ROOT/$ID"/*; do
		[ -f "$f" ] || continue
		cp "$f" "$T/saved"
		: >"$f"
		cap rt state "$ID"
		[ "$ST" -lt 124 ] || die "crash with an empty $(basename "$f")"
		head -c 20 "$T/saved" >"$f"
		cap rt state "$ID"
		[ "$ST" -lt 124 ] || die "crash with a short $(basename "$f")"
		cat "$T/saved" >"$f"
	done
	is "$(status_of)" running
}

for id in . .. a/b /abs ../x 'a b' '*' $'a\nb' 'a:b' 'ü' "$LONG"; do
	t "id $(head -c 12 <<<"$id" | tr '\n' '?') is refused everywhere" weak_id_checked "$id"
done
t "an empty id" empty_id
t "the text for a bad id" id_text
for id in a A.b_c+d-1 0 a..b; do
	t "id $id is fine" good_id "$id"
done
t "a long id is fine" long_id
t "a used id is refused, its container unharmed" duplicate
t "no bundle" no_bundle
t "a bundle that is a file" bundle_is_file
t "no config.json" no_config
t "an empty config.json" empty_config
t "garbage as config.json" garbage_config
t "config.json cut off" truncated_config
t "config.json of 100 MB" huge_config
t "config.json with something after it" trailing_garbage
t "config.json is a folder" config_is_folder
t "config.json is a fifo" config_is_fifo
t "no rootfs" missing_rootfs
t "a rootfs that is a file" rootfs_is_file
t "no root" without 'del(.root)'
t "an empty root.path" without '.root.path=""'
t "no args" without_checked "takes it at create" 'del(.process.args)'
t "empty args" without '.process.args=[]'
t "no cwd" without_checked "takes it" 'del(.process.cwd)'
t "no process" process_absent
t "a minimal document" minimal
t "wrong types" wrong_types_checked
t "unknown keys are ignored" unknown_keys
t "keys in the wrong letters are warned of" odd_keys
t "100000 levels of nesting do not crash it" deep_nesting
t "--root that may not be made" root_unwritable
t "--root on a read-only file system" root_readonly
t "--root is a file" root_is_file
t "--root / is refused" root_slash
t "a half-made state folder can be deleted" half_made_state
t "a broken record does not crash it" broken_record
finish
