#!/usr/bin/env bash
# Cuts the power under a working daemon: its spool lies on an ext4 and on an XFS file system in a file, which are shut down at random
# moments without flushing anything, and mounted again. Nothing that was handed over durably is lost, no outcome is torn or lacks
# its sidecar, and nothing is bought twice without being known.
#
# Usage: bash Tests/full/power-cuts.sh     Variables: DARKROOM=program, CUTS=25 on each (the full count is 200), FILESYSTEMS="ext4 xfs",
# SEED=number, SECONDS_AT_MOST=420, KEEP=folder for a spool that broke an invariant. Skipped, with a message, where loop devices can
# not be mounted or the tools of a file system are missing (e2fsprogs, xfsprogs). Exit code 1 if an invariant broke.
set -euo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
cd "$top"
exec python3 -B Tests/full/support/power_cuts.py
