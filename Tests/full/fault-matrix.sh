#!/usr/bin/env bash
# Every fault of the simulator against every provider, for a picture made from words and for one made from a picture:
# the right outcome and reason, no second call but where the contracts say so, none before its time, none without end.
#
# Usage: bash Tests/full/fault-matrix.sh     Variables: DARKROOM=program, FAULTS="hang redirect", PROVIDERS="openai",
# KINDS="edit", AT_ONCE=4 daemons, KEEP=folder for spools that broke a rule. Exit code 1 if any did.
set -euo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
cd "$top"
exec python3 -B Tests/full/support/fault_matrix.py
