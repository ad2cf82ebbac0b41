#!/usr/bin/env bash
# Good pictures stay good: takes photographs and test pictures out of Debian packages, keeps those that two decoders
# read without a word of complaint, runs each through `darkroom normalize`, and checks that it comes out upright, in the right
# colours, and clean by our scanner and by exiftool. At least 99.5 % must.
#
# Usage: bash Tests/full/corpus.sh     Variables: DARKROOM=program, CORPUS=folder (default ~/.cache/darkroom-corpus; about 600 MB),
# MOST_EACH=150 pictures a package, PYTHON=one that has Pillow, pillow-heif and numpy (else a virtual environment is made in
# CORPUS). Skipped where no package can be had. Exit code 1 if too many fail.
set -euo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
cd "$top"
corpus=${CORPUS:-${XDG_CACHE_HOME:-$HOME/.cache}/darkroom-corpus}
bash Tests/full/corpus/gather.sh "$corpus"
exec "${PYTHON:-$corpus/venv/bin/python}" -B Tests/full/corpus/check.py "$corpus"
