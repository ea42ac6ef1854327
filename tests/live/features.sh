#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# features: the document by itself, against the schema (HEZI_OCI_SCHEMA=DIR), and against what create takes.
. "$(dirname "$0")/../lib/live.sh"

features() { "$RUNTIME" features; }

document() {
	[ "$KIND" != crun ] || "$RUNTIME" features >/dev/null 2>&1 || skip "this crun has no features"
	cap features
	ok
	is "$ERR" "" # CRI-O reads both as one
	jq -e '.ociVersionMin == "1.0.0" and (.hooks | length) == 6 and (.linux.namespaces | length) >= 7' <<<"$OUT" >/dev/null || die "$OUT"
}

no_operands() {
	cap "$RUNTIME" features x
	bad
}

schema() {
	features >/dev/null 2>&1 || [ "$KIND" = hezi ] || skip "no features command"
	[ -d "${HEZI_OCI_SCHEMA:-}" ] || skip "HEZI_OCI_SCHEMA is not set"
	python3 -c 'import jsonschema' 2>/dev/null || skip "python3-jsonschema is not installed"
	features >"$T/features.json"
	python3 - "$HEZI_OCI_SCHEMA" "$T/features.json" <<-'END'
		import json, pathlib, sys
		import jsonschema
		folder = pathlib.Path(sys.argv[1]).resolve()
		schema = json.load(open(folder / "features-schema.json"))
		resolver = jsonschema.RefResolver(folder.as_uri() + "/features-schema.json", schema)
		jsonschema.Draft4Validator(schema, resolver=resolver).validate(json.load(open(sys.argv[2])))
	END
}

sorted_options() {
	peer_differs crun "1.8 has no features, 1.29 does not sort them"
	is "$(features | jq -r '.mountOptions[]')" "$(features | jq -r '.mountOptions[]' | sort -u)"
}

# Every option that is listed is taken on a bind mount or a tmpfs, or is one for other file systems.
options_are_real() {
	[ "$KIND" = hezi ] || skip "uses explain"
	bundle
	for o in $(features | jq -r '.mountOptions[]'); do
		config ".mounts += [{destination:\"/o\",type:\"tmpfs\",source:\"tmpfs\",options:[\"$o\"]}]"
		cap rt explain -b "$B" "$ID"
		[[ $ERR != *"is for bind mounts only"* ]] || { config ".mounts[-1] = {destination:\"/o\",source:\"/usr\",options:[\"bind\",\"$o\"]}"; cap rt explain -b "$B" "$ID"; }
		[[ $ERR == *"nothing to map"* || $ERR == *"user namespace"* ]] || ok # idmap: known, but there are no maps here
		config 'del(.mounts[-1])'
	done
}

# An action of seccomp that is not listed is refused, and the other way round.
actions_are_real() {
	[ "$KIND" = hezi ] || skip "uses the wording of hezi"
	for a in ALLOW ERRNO KILL KILL_PROCESS KILL_THREAD LOG NOTIFY TRACE TRAP; do
		bundle
		config ".linux.seccomp = {defaultAction:\"SCMP_ACT_ALLOW\",listenerPath:\"/none\",syscalls:[{names:[\"getcwd\"],action:\"SCMP_ACT_$a\"}]}"
		cap rt create -b "$B" "$ID"
		if features | jq -e ".linux.seccomp.actions | index(\"SCMP_ACT_$a\")" >/dev/null; then
			unlike "$ERR" 'not supported yet'
		else
			says 'not supported yet'
		fi
	done
}

newer_properties() {
	peer_differs crun "netDevices with 1.1"
	max=$(features | jq -r .ociVersionMax)
	[ "$(printf '%s\n' "$max" 1.3.0 | sort -V | head -n 1)" = 1.3.0 ] && skip "has all of 1.3"
	is "$(features | jq '.linux | has("netDevices") or has("memoryPolicy") or (.intelRdt | has("schemata"))')" false
}

t "a document on stdout, nothing on stderr" document
t "an operand is refused" no_operands
t "the document is what the schema says" schema
t "mount options are sorted, each once" sorted_options
t "each mount option that is listed is known to the compiler" options_are_real
t "the actions of seccomp are those that create takes" actions_are_real
t "no property that its ociVersionMax does not define" newer_properties
finish
