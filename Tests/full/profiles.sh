#!/usr/bin/env bash
# Each policy that Darkroom brings, with real jobs, a day that passes (by the boot-time clock), and a person who asks for all that is theirs:
# what is on the disk is what the policy's rows on retention (R) and on rights (S) say, no more and no less.
#
# Usage: bash Tests/full/profiles.sh     Variables: DARKROOM=program, PROFILES="maiimage2 default", KEEP=folder for spools that broke
# a promise. Exit code 1 if one did.
set -euo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
cd "$top"
exec python3 -B Tests/full/support/profiles.py
