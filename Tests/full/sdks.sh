#!/usr/bin/env bash
# The official clients of the model services, and one that speaks to all of them, drive the simulator: pictures, edits, formats,
# chats, lists and errors, at once and asynchronously, with strict types and every warning an error.
#
# Usage: bash Tests/full/sdks.sh     Variables: DARKROOM=program, NEWEST=1 for the newest releases instead of those named below,
# ONLY=word for the checks whose name has it. Exit code 1 if a check failed or the clients could not be installed.
set -euo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
cd "$top"

# Releases that these checks were written with. A release that is no longer there gives way to the newest.
clients=(openai==3.57.0 google-genai==3.6.1 litellm==1.110.2)
optional=(openrouter==1.3.84)

place=.build/sdks
python=$place/venv/bin/python
mkdir -p "$place"

not_run() {
    echo "not run: $1 (see $place/install.log)" >&2
    exit 1
}

# install NAME==VERSION...: these releases, or the newest where that is asked or one of them is not to be had.
install() {
    local pip=("$python" -m pip install --quiet --disable-pip-version-check)
    if [ -z "${NEWEST:-}" ] && "${pip[@]}" "$@" >>"$place/install.log" 2>&1; then return; fi
    "${pip[@]}" "${@%%==*}" >>"$place/install.log" 2>&1
}

wanted="${NEWEST:-} ${clients[*]} ${optional[*]}"
if [ "$(cat "$place/installed" 2>/dev/null)" != "$wanted" ]; then
    rm -rf "$place/venv" "$place/installed"
    : >"$place/install.log"
    python3 -m venv "$place/venv" >>"$place/install.log" 2>&1 || not_run "no virtual environment could be made"
    install "${clients[@]}" || not_run "the clients could not be installed"
    install "${optional[@]}" || echo "without ${optional[*]}: it could not be installed" >&2
    echo "$wanted" >"$place/installed"
fi
# Sockets that a client leaves open are its own affair.
exec "$python" -B -W error -W ignore::ResourceWarning Tests/full/support/sdks.py
