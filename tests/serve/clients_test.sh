#!/usr/bin/env bash
# A test that needs programs which others wrote: clients_test.sh ROOT TEST.py ARGUMENT...  Their Python environment is made in
# ROOT/build/serve the first time (PyPI).
set -euo pipefail
root=$1 test=$2
shift 2
python=$(cd "$root" && tools/serve/setup build/serve)
exec "$root/$python" "$root/tests/serve/$test" "$@"
