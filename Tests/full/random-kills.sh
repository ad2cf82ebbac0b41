#!/usr/bin/env bash
# Ends the daemon by kill -9 at random moments while jobs of every sort come in (references, several outputs, bad
# ones), then drains, and checks with the simulator's ledger that nothing is lost, doubled or bought twice.
#
# Usage: bash Tests/full/random-kills.sh     Variables: DARKROOM=program, KILLS=200, JOBS=100, FAULTS=5 (of a
# hundred requests), SEED=number, SECONDS_AT_MOST=420, KEEP=folder for spools that broke an invariant. Exit code 1 if any did.
set -euo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
cd "$top"
exec python3 -B Tests/full/support/random_kills.py
