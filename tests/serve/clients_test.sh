#!/usr/bin/env bash
# The service beside programs that others wrote: clients_test.sh ROOT FROND WORK TEST.py. Their Python environment is made in
# ROOT/build/serve the first time (PyPI).
set -euo pipefail
root=$1 frond=$2 work=$3 test=$4
python=$(cd "$root" && tools/serve/setup build/serve)
mkdir -p "$work"
"$frond" import "$root/tests/golden/tiny/tiny.safetensors" --arch "$root/tests/golden/tiny/spec.json" -o "$work/$test.safetensors" >/dev/null
[[ "$test" == manifests_test.py ]] && exec "$root/$python" "$root/tests/serve/$test" "$root"
exec "$root/$python" "$root/tests/serve/$test" "$frond" "$work/$test.safetensors"
