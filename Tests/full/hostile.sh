#!/usr/bin/env bash
# Hands some two thousand hostile files to `darkroom normalize` and to the inbox of a running daemon, good jobs among
# them, and checks: each is refused with a reason (or is a picture that two other decoders take too), oversize ones within a
# second and 64 MB, the daemon lives on, the good jobs are done.
#
# Usage: bash Tests/full/hostile.sh     Variables: DARKROOM=program, FLIPS=200 damaged files a format, PARTS="verb daemon",
# ONLY=word in names, PYTHON=one that has Pillow (it judges damaged files; without it only Debian's decoders do).
# Exit code 1 if anything is amiss.
set -euo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
cd "$top"
exec "${PYTHON:-python3}" -B Tests/full/hostile/check.py
