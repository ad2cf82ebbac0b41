#!/usr/bin/env bash
# A thousand paid calls in flight at once, each 20 seconds long, by one daemon: over plain HTTP and over TLS. Checks that each
# is answered once and done, and reports the daemon's peak memory, its processor time a call, and its descriptors.
#
# Usage: bash Tests/full/many-calls.sh     Variables: DARKROOM=program, CALLS=1000, LATENCY=20s, MODES="plain tls",
# KEEP=folder for spools that broke a rule. Exit code 1 if any did.
set -euo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
cd "$top"
exec python3 -B Tests/full/support/many_calls.py
