// SPDX-License-Identifier: Apache-2.0

// validate BUNDLE...: what `oci-runtime-tool validate` says of each bundle; status 1 when it finds a fault. Two of its checks are
// left out: the JSON schema, which it wants to download (validate.sh has it from a folder), and the version, of which it knows one only.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	multierror "github.com/hashicorp/go-multierror"
	rspec "github.com/opencontainers/runtime-spec/specs-go"
	"github.com/opencontainers/runtime-tools/validate"
)

func check(bundle string) (faults []error) {
	var spec rspec.Spec
	text, err := os.ReadFile(filepath.Join(bundle, "config.json"))
	if err == nil {
		err = json.Unmarshal(text, &spec)
	}
	if err != nil {
		return []error{err}
	}
	v, err := validate.NewValidator(&spec, bundle, false, "linux")
	if err != nil {
		return []error{err}
	}
	parts := []func() error{v.CheckPlatform, v.CheckRoot, v.CheckMandatoryFields, v.CheckMounts, v.CheckProcess, v.CheckHooks, v.CheckAnnotations}
	if spec.Linux != nil && spec.Linux.Resources != nil { // it does not look
		parts = append(parts, v.CheckLinuxResources)
	}
	for _, part := range parts {
		err := part()
		if list, ok := err.(*multierror.Error); ok { // may be an empty one
			err = list.ErrorOrNil()
		}
		if err != nil {
			faults = append(faults, err)
		}
	}
	return faults
}

func main() {
	failed := false
	for _, bundle := range os.Args[1:] {
		for _, err := range check(bundle) {
			fmt.Printf("%s: %v\n", bundle, err)
			failed = true
		}
	}
	if failed {
		os.Exit(1)
	}
}
