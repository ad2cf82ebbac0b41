#!/usr/bin/env bash
# Kills the daemon at its system calls, one run a call: fsync, rename, unlink, new files, writes of files and of the
# ledger, link, send and receive; then drains and checks that nothing is lost, doubled, half-made or bought twice.
#
# Usage: bash Tests/full/kill-sweep.sh     Variables: DARKROOM=program, ALL=1 every call instead of every k-th,
# SECONDS_AT_MOST=330, KINDS="fsync rename", START=offset, STATE=file (goes on where it stopped), KEEP=folder for spools
# that broke an invariant. Exit code 1 if any did.
set -euo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
cd "$top"
exec python3 -B Tests/full/support/kill_sweep.py
