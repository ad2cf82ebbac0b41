#!/usr/bin/env bash
# The status page in a real browser: empty, busy and broken, light and dark, wide and on a phone, with and without scripts. Takes a
# picture of each, and checks that nothing was said in the console and that contrast, names, landmarks and width are right.
#
# Usage: bash Tests/full/page.sh     Variables: DARKROOM=program, PICTURES=folder for the pictures. Skipped where there is no Chromium.
# Exit code 1 if anything is amiss.
set -euo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
cd "$top"
if ! command -v chromium >/dev/null; then
    echo "skipped: there is no chromium (Debian package chromium)"
    exit 0
fi
exec python3 -B Tests/full/support/page.py
