#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What the runtime writes, by the judgement of others: the schemas of the runtime-spec, and the checks of oci-runtime-tool.
. "$(dirname "$0")/../lib/live.sh"

GO=/usr/share/gocode/src/github.com/opencontainers
SCHEMA=${HEZI_OCI_SCHEMA:-$GO/runtime-spec/schema}

# fits SCHEMA FILE
fits() {
	[ -e "$SCHEMA/$1" ] || skip "no $1 (set HEZI_OCI_SCHEMA, or install golang-github-opencontainers-specs-dev)"
	python3 -c 'import jsonschema' 2>/dev/null || skip "python3-jsonschema is not installed"
	python3 -W ignore - "$SCHEMA" "$1" "$2" <<-'END'
		import json, pathlib, sys
		import jsonschema
		folder = pathlib.Path(sys.argv[1]).resolve()
		schema = json.load(open(folder / sys.argv[2]))
		resolver = jsonschema.RefResolver(folder.as_uri() + "/" + sys.argv[2], schema)
		jsonschema.Draft4Validator(schema, resolver=resolver).validate(json.load(open(sys.argv[3])))
	END
}

spec() {
	mkdir -p "$T/spec/rootfs"
	rm -f "$T/spec/config.json"
	(cd "$T/spec" && "$RUNTIME" spec "$@") || die "spec fails"
}

spec_schema() { spec "$@"; fits config-schema.json "$T/spec/config.json"; }

spec_validates() {
	peers_differ "ambient capabilities that are not inheritable"
	command -v go >/dev/null && [ -d "$GO/runtime-tools/validate" ] || skip "golang-go and golang-github-opencontainers-runtime-tools-dev are not installed"
	spec "$@"
	(cd "$(dirname "$LIB")/oci/validate" && GO111MODULE=off GOPATH=/usr/share/gocode GOCACHE="$T/go" GOFLAGS='' go build -o "$T/validate" .) || die "go build"
	cap "$T/validate" "$T/spec"
	ok
}

state_schema() {
	bundle
	args sleep 60
	config '.annotations={"com.example":"x"}'
	must_create
	state >"$T/state.json"
	fits state-schema.json "$T/state.json"
	rt start "$ID"
	state >"$T/state.json"
	fits state-schema.json "$T/state.json"
	rt kill "$ID" KILL
	wait_status stopped
	state >"$T/state.json"
	fits state-schema.json "$T/state.json"
}

features_schema() {
	"$RUNTIME" features >"$T/features.json" 2>/dev/null || skip "no features command"
	fits features-schema.json "$T/features.json"
}

t "spec fits the schema" spec_schema
t "spec --rootless fits the schema" spec_schema --rootless
t "spec passes the checks of oci-runtime-tool" spec_validates
t "spec --rootless passes the checks of oci-runtime-tool" spec_validates --rootless
t "state fits the schema: created, running, stopped (ST-5)" state_schema
t "features fits the schema (FE-2)" features_schema
finish
