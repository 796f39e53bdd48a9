#!/usr/bin/env bash
# What a container would hold, without an engine for containers: assembled, mounted read-only, and started in it as a user
# without rights. container_test.sh ROOT BIN MODEL WORK; leaves with 77 where it may not (not root, no mounts).
set -euo pipefail
root=$1 bin=$2 model=$3 work=$4
(( EUID == 0 )) || { echo "not root"; exit 77; }
chroot / true 2>/dev/null || { echo "no chroot here"; exit 77; }
mkdir -p "$work"
"$root/deploy/container/rootfs" "$bin" "$work/rootfs"
cp "$model" "$work/rootfs/models/leaf.safetensors"
echo secret >"$work/rootfs/models/token"
mount --bind "$work/rootfs" "$work/rootfs" || { echo "no mounts here"; exit 77; }
trap 'kill "$service" 2>/dev/null || true; umount "$work/rootfs"' EXIT
mount -o remount,ro,bind "$work/rootfs"

mkfifo "$work/said" 2>/dev/null || true
chroot --userspec=65532:65532 "$work/rootfs" /usr/bin/frond-serve /models/leaf.safetensors --host 0.0.0.0 --port 0 \
  --token-file /models/token --json >"$work/said" &
service=$!
read -r said <"$work/said"
port=$(sed -nE 's/.*"port":([0-9]+).*/\1/p' <<<"$said")
python3 - "$port" "$root/tests/golden/photos" <<'PYTHON'
import json, pathlib, sys, urllib.error, urllib.request

at = f"http://127.0.0.1:{sys.argv[1]}"
photo = next(pathlib.Path(sys.argv[2]).glob("*.jpg")).read_bytes()
assert urllib.request.urlopen(at + "/v2/health/ready").status == 200
try:
    urllib.request.urlopen(at + "/v2")
    sys.exit("told without the token")
except urllib.error.HTTPError as error:
    assert error.code == 401, error
request = urllib.request.Request(at + "/v1/classify", photo, {"Authorization": "Bearer secret"})
assert json.load(urllib.request.urlopen(request))["results"][0]["labels"]
PYTHON
[[ "$(stat -c %u "/proc/$service")" == 65532 ]]
kill -TERM "$service"
wait "$service"
