#!/usr/bin/env bash
# The page in a real Chromium: page_test.mjs with Playwright and axe-core, which lie in FOLDER.
#   page_test.sh SOURCE FOLDER FROND MODEL PHOTO [SCREENSHOTS]
# Left out (77) where there is no Chromium.
set -euo pipefail
source=$(cd "$1" && pwd)
folder=$2
shift 2
browser=$(command -v chromium || command -v google-chrome || true)
[[ -n "$browser" ]] || { echo "no Chromium here: scripts/setup --all installs it" >&2; exit 77; }
mkdir -p "$folder"
cp --no-preserve=mode "$source"/tests/page/{page_test.mjs,monitor_tests.mjs,watched.mjs,package.json,package-lock.json,.npmrc} "$folder"
if ! cmp -s "$folder"/package-lock.json "$folder"/installed.json; then
  rm -f "$folder"/installed.json
  (cd "$folder" && npm ci --ignore-scripts --prefer-offline >npm.log 2>&1) || { cat "$folder"/npm.log >&2; exit 1; }
  cp "$folder"/package-lock.json "$folder"/installed.json
fi
exec node --test-reporter=spec "$folder"/page_test.mjs "$browser" "$@"
