#!/usr/bin/env bash
# Markers stand in prompts, names of references, their EXIF, XMP, comments and text chunks. The daemon is killed at each step of the
# life of such jobs and started again; when all have settled and nothing is kept any more, no byte of the spool, the ledger, its WAL
# and the logs holds a marker, as it is, as UTF-16, in base64 or in hexadecimal, and no work file and no key is left.
#
# Usage: bash Tests/full/canary.sh     Variables: DARKROOM=program, ALL=1 every call instead of every k-th, SECONDS_AT_MOST=120,
# KINDS="fsync rename", START=offset, KEEP=folder for spools that broke the rule. Exit code 1 if one did.
set -euo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
cd "$top"
exec python3 -B Tests/full/support/canary.py
