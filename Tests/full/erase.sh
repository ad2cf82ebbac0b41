#!/usr/bin/env bash
# Erases a subject and kills the command at its system calls, one copy of a spool a call; what comes next (the command, a sweep, a
# start of the daemon) has to end it. Then one subject of a hundred among a thousand jobs, with kills at random moments.
#
# Usage: bash Tests/full/erase.sh     Variables: DARKROOM=program, ALL=1 every call instead of every k-th,
# SECONDS_AT_MOST=240, JOBS=1000, SUBJECTS=100, KEEP=folder for spools that broke an invariant. Exit code 1 if any did.
set -euo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
cd "$top"
exec python3 -B Tests/full/support/erase.py
