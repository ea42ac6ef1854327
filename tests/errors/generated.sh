#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The generated bad documents (generate.py) through errors-test, in a folder that goes away.
#   generated.sh ERRORS-TEST SOURCE-FOLDER
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 "$2/generate.py" "$dir" >&2
"$1" decode "$dir/truncated" "$dir/missing" "$dir/types"
