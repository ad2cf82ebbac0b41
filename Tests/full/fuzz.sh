#!/usr/bin/env bash
# Feeds damaged pictures to the scanner and to the room that writes marks, damaged texts to the manifest reader, and damaged answers
# to the reader of each provider's adapter, under the address sanitizer, led by coverage (libFuzzer of the Swift toolchain). What it
# learns stays in the folder.
#
# Usage: bash Tests/full/fuzz.sh [MINUTES [FOLDER]]     MINUTES for each target (3), FOLDER .build/fuzz.
# Variables: ONLY="scanner manifest embedder mai openai azure gemini openrouter" picks some. Exit code 1 if one crashed, ran for more than ten seconds or
# took more than a gigabyte at once; its input is then FOLDER/NAME-crash-*, and FOLDER/NAME <that file> does it again.
set -euo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
cd "$top"
# shellcheck source=samples/prepare.sh
. samples/prepare.sh
find_swift

minutes=${1:-3}
folder=${2:-.build/fuzz}
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
# The sentence of a failed check is all that is needed; the toolchain's own crash reporter takes minutes.
export SWIFT_BACKTRACE=enable=no

flags=(-swift-version 6 -strict-memory-safety -package-name darkroom -parse-as-library -O -g -wmo
    -sanitize=fuzzer,address -I "$folder" -enable-upcoming-feature MemberImportVisibility
    -enable-upcoming-feature InternalImportsByDefault -enable-upcoming-feature ExistentialAny)
objects=()

# room NAME: compiles one room with the fuzzer's counters in it.
room() {
    swiftc "${flags[@]}" -module-name "$1" -emit-module -emit-module-path "$folder/$1.swiftmodule" \
        -emit-object -o "$folder/$1.o" Sources/"$1"/*.swift
    objects+=("$folder/$1.o")
}

# shim NAME [FLAGS]: compiles a C room, and makes the module that Swift imports.
shim() {
    local name=$1 file
    shift
    mkdir -p "$folder/modules/$name"
    printf 'module %s { umbrella "%s"\nexport * }\n' "$name" "$top/Sources/$name/include" >"$folder/modules/$name/module.modulemap"
    for file in "Sources/$name"/*.c; do
        clang -O1 -g -fsanitize=address,fuzzer-no-link -I"Sources/$name/include" "$@" -c "$file" \
            -o "$folder/$name-$(basename "$file").o"
        objects+=("$folder/$name-$(basename "$file").o")
    done
    flags+=(-Xcc "-fmodule-map-file=$folder/modules/$name/module.modulemap" -Xcc "-I$top/Sources/$name/include")
}

# target NAME FILE [FLAGS]: compiles one fuzzer over the rooms.
target() {
    local name=$1 file=$2
    shift 2
    swiftc "${flags[@]}" -use-ld=lld -module-name "Fuzz${file%.swift}" -o "$folder/$name" \
        "Tests/full/support/fuzz/$file" Tests/full/support/fuzz/Check.swift "${objects[@]}" "$@"
}

# fuzz NAME WORDS: runs one fuzzer for its time on what it knows already and on the seeds.
fuzz() {
    local name=$1 words=$2 code=0
    case " ${ONLY:-$all} " in *" $name "*) ;; *) return 0 ;; esac
    mkdir -p "$folder/$name.corpus"
    rm -f "$folder/$name-"*
    nice -n 19 "$folder/$name" "$folder/$name.corpus" "$folder/seeds/$name" -dict="$folder/seeds/$words.words" \
        -max_total_time=$((minutes * 60)) -max_len=65536 -timeout=10 -rss_limit_mb=2048 -malloc_limit_mb=1024 -use_value_profile=1 \
        -artifact_prefix="$folder/$name-" -print_final_stats=1 >"$folder/$name.log" 2>&1 </dev/null || code=$?
    # A run without a single input is a failure too.
    local runs
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$folder/$name.log")
    if [ "$code" != 0 ] || [ "${runs:-0}" = 0 ]; then
        echo "$name: ended with code $code after ${runs:-0} inputs"
        grep -a -E 'Fatal error|ERROR: |SUMMARY: |artifact_prefix' "$folder/$name.log" | head -n 5
        failed=1
    else
        echo "$name: $runs inputs without a fault;" \
            "$(grep -a -o 'cov: [0-9]* ft: [0-9]* corp: [0-9]*' "$folder/$name.log" | tail -n 1)"
    fi
}

failed=0
all="scanner manifest embedder mai openai azure gemini openrouter"
python3 Tests/full/support/fuzz_seeds.py "$folder/seeds"
for name in Documents Domain; do room "$name"; done
target manifest Manifest.swift
for name in Inspection Provenance; do room "$name"; done
target scanner Scanner.swift
target embedder Embedder.swift
for name in CBase64 CDiskShim CLinuxShim CCurlShim; do shim "$name"; done
for name in Disk Policies Settings Transport Providers; do room "$name"; done
for name in mai openai azure gemini openrouter; do target "$name" Answers.swift -D "${name^^}" -lcurl -lssl -lcrypto; done
fuzz scanner pictures
fuzz manifest manifest
fuzz embedder pictures
for name in mai openai azure gemini openrouter; do fuzz "$name" answers; done
exit "$failed"
