#!/usr/bin/env bash
# Very many small jobs, dropped in bursts of more events than the kernel keeps, with restarts by TERM and kill -9 between:
# what went in is done, failed or held, to the job, by the folders, by the ledger and by the simulator's ledger; memory,
# processor time and system calls of a job are at the end what they were at the start.
#
# Usage: bash Tests/full/soak.sh     Variables: DARKROOM=program, JOBS=1500 (the full count is 100000; a release build does
# about forty a second on two cores), BURST=17000 jobs at once, RESTARTS=4 a burst, STATE=folder (goes on where it stopped),
# SECONDS_AT_MOST=420, RETENTION=20s, SEED=number, KEEP=folder for a spool that broke an invariant. Exit code 1 if one did.
set -euo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
cd "$top"
exec python3 -B Tests/full/support/soak.py
