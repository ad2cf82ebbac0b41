#!/usr/bin/env bash
# The wall clock jumps by -10 years, -25 hours, -1 hour, +1 hour, +25 hours and +10 years: under a running daemon, while none
# runs, and while the machine is off. Inputs and outputs never end before their time by the boot-time clock (where the machine
# was off, by the wall clock, and age never shrinks), and end within a minute of it, or at the first sweep.
#
# Usage: bash Tests/full/clocks.sh     Variables: DARKROOM=program, KEEP=folder for spools that broke the rule. Exit code 1 if one did.
set -euo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
cd "$top"
exec python3 -B Tests/full/support/clocks.py
