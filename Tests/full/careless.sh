#!/usr/bin/env bash
# Careless writers against a running daemon: slow ones, ones that open and close again and again, memory-mapped and linked
# ones, temporary names, renames from inside and outside, prompts before their images and after, folders, manifests, some begun
# before the daemon. By the simulator's digests each job is what its writer wrote in the end, none is half of it, none is lost.
#
# Usage: bash Tests/full/careless.sh     Variables: DARKROOM=program, WRITERS=500 (the full count is 10000), AT_ONCE=120,
# KINDS="slow mapped", SEED=number, SECONDS_AT_MOST=420, KEEP=folder for a spool that broke an invariant. Exit code 1 if one did.
set -euo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
cd "$top"
exec python3 -B Tests/full/support/careless.py
