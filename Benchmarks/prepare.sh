#!/usr/bin/env bash
# Makes what the pixel benchmark needs: test pictures from photographs in Debian packages, and the Python peers.
#
# Usage: Benchmarks/prepare.sh FOLDER     Nothing is installed; packages are unpacked in FOLDER, which may be thrown away.
# Where no package can be had, pictures that the program paints itself stand in; the benchmark says which it used.
set -euo pipefail

folder=${1:?usage: Benchmarks/prepare.sh FOLDER}
here=$(cd "$(dirname "$0")" && pwd)
# Photographs under CC-BY-SA; each package's copyright file, kept beside them, names their authors.
packages=(lomiri-wallpapers-16.04 lomiri-wallpapers-20.04)
python_peers=(pillow numpy opencv-python-headless)

mkdir -p "$folder/photos" "$folder/packages"
folder=$(cd "$folder" && pwd)

fetch() {
    [ ! -e "$folder/photos/$1.done" ] || return 0
    (cd "$folder/packages" && apt-get -qq download "$1") || return 1
    local unpacked
    unpacked=$(mktemp -d -p "$folder")
    dpkg-deb -x "$folder/packages/$1"_*.deb "$unpacked"
    find "$unpacked" -type f \( -name '*.jpg' -o -name '*.png' \) -size +300k -exec mv -t "$folder/photos" {} +
    mv "$unpacked/usr/share/doc/$1/copyright" "$folder/photos/$1.copyright" 2>/dev/null || true
    rm -rf "$unpacked"
    touch "$folder/photos/$1.done"
}

for package in "${packages[@]}"; do
    fetch "$package" || echo "$package cannot be had; going on without its photographs" >&2
done

if [ ! -x "$folder/venv/bin/python" ]; then
    python3 -m venv "$folder/venv"
    "$folder/venv/bin/pip" -q install "${python_peers[@]}" || echo "Python peers cannot be had" >&2
fi

if ! ls "$folder"/photos/*.jpg >/dev/null 2>&1; then
    echo "No photographs: painting pictures instead" >&2
    .build/release/PixelBenchmarks --paint "$folder/photos"
fi
"$folder/venv/bin/python" "$here/peers/make_pictures.py" "$folder"
