#!/usr/bin/env bash
# Fills FOLDER/pictures with the pictures of Debian packages, one folder a package. What is there is not fetched again.
#
# Usage: gather.sh FOLDER
set -euo pipefail
folder=${1:?usage: gather.sh FOLDER}
mkdir -p "$folder"/{pictures,apt/parts,apt/lists/partial,apt/cache,archives}
folder=$(cd "$folder" && pwd)

# Photographs people look at; sources whose test suites hold pictures of many cameras, programs and kinds.
photographs=(lomiri-wallpapers-16.04 lomiri-wallpapers-20.04 mate-backgrounds gnome-backgrounds ukui-wallpapers)
sources=(
    pillow libimage-exiftool-perl vips libjpeg-turbo libwebp libheif libpng1.6 libexif exiv2 giflib skimage gdk-pixbuf
    kimageformats imagemagick
)

# keep UNPACKED PACKAGE: moves its pictures, each under a name that says where it was.
keep() {
    local unpacked=$1 target=$folder/pictures/$2
    mkdir -p "$target"
    python3 - "$unpacked" "$target" <<'END'
import os, re, sys
unpacked, target = sys.argv[1:]
for place, _, names in os.walk(unpacked):
    for name in names:
        path = os.path.join(place, name)
        if re.search(r"\.(jpe?g|jpe|jfif|png|apng|webp|gif|hei[cf]|hif|avif)$", name, re.I) and not os.path.islink(path) and os.path.getsize(path) < 64_000_000:
            flat = re.sub(r"[^A-Za-z0-9._-]", "_", os.path.relpath(path, unpacked))[-180:]
            os.rename(path, os.path.join(target, flat))
END
    rm -rf "$unpacked"
    touch "$target/.done"
}

for package in "${photographs[@]}"; do
    [ ! -e "$folder/pictures/$package/.done" ] || continue
    (cd "$folder/archives" && apt-get -qq -o APT::Sandbox::User=root download "$package") || continue
    unpacked=$(mktemp -d -p "$folder")
    dpkg-deb -x "$folder/archives/$package"_*.deb "$unpacked"
    keep "$unpacked" "$package"
done

# Debian's sources, from the mirror that this machine already uses, without touching its own lists.
mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 2>/dev/null | grep -m 1 '/debian$' || true)
release=$(. /etc/os-release && echo "${VERSION_CODENAME:-bookworm}")
own=(
    -o Dir::Etc::sourcelist=/dev/null -o "Dir::Etc::sourceparts=$folder/apt/parts" -o "Dir::State::lists=$folder/apt/lists"
    -o "Dir::Cache=$folder/apt/cache" -o APT::Sandbox::User=root
)
if [ -n "$mirror" ]; then
    printf 'Types: deb-src\nURIs: %s\nSuites: %s\nComponents: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n' \
        "$mirror" "$release" >"$folder/apt/parts/debian.sources"
    [ -n "$(ls "$folder"/apt/lists/*Sources* 2>/dev/null)" ] || apt-get -qq "${own[@]}" update || true
    for package in "${sources[@]}"; do
        [ ! -e "$folder/pictures/$package/.done" ] || continue
        (cd "$folder/archives" && apt-get -qq "${own[@]}" source --download-only "$package") || continue
        archive=$(ls "$folder/archives/$package"_*.orig.tar.* | grep -v '\.asc$' | head -n 1)
        unpacked=$(mktemp -d -p "$folder")
        tar -xf "$archive" -C "$unpacked"
        keep "$unpacked" "$package"
    done
fi

if [ -z "${PYTHON:-}" ] && [ ! -x "$folder/venv/bin/python" ]; then
    python3 -m venv "$folder/venv"
    "$folder/venv/bin/pip" -q install pillow pillow-heif numpy
fi
