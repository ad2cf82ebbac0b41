#!/usr/bin/env bash
# Lets system calls of the daemon fail (full disk, used-up quota, broken disk, no descriptors left) at a few dozen points, then
# drains, and checks: no wrong success, no job lost, nothing bought twice, no drain without end.
#
# Usage: bash Tests/full/faults.sh     Variables: DARKROOM=program, POINTS=7 a kind, KINDS="fsync open", ERRORS="EDQUOT",
# START=offset,
# SECONDS_AT_MOST=400, KEEP=folder for spools that broke an invariant. Exit code 1 if any did.
set -euo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
cd "$top"
exec python3 -B Tests/full/support/faults.py
