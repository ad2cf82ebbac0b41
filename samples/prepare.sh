# Sourced by samples/quickstart and Tests/run: installs what is missing, finds the Swift toolchain.
# shellcheck shell=bash

here_of_packages=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
needed_swift=6.3

say() { printf '%s\n' "$*" >&2; }

# Ends with one sentence that says what to do.
give_up() {
    say "$*"
    exit 1
}

is_installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

# install_packages KIND...: installs those of samples/packages that are not there.
install_packages() {
    local kind package missing=() as_root=()
    command -v dpkg-query >/dev/null || give_up "This script installs Debian packages; elsewhere, install what samples/packages lists by hand."
    while read -r kind package _; do
        case " $* " in *" $kind "*) is_installed "$package" || missing+=("$package") ;; esac
    done <"$here_of_packages/packages"
    [ ${#missing[@]} -gt 0 ] || return 0
    if [ "$(id -u)" != 0 ]; then
        # A person at a terminal may type a password; without one, only a sudo that asks nothing is of use.
        if command -v sudo >/dev/null && { [ -t 0 ] || sudo -n true 2>/dev/null; }; then
            as_root=(sudo)
        else
            give_up "Packages are missing; install them as root, then run this again: apt-get install ${missing[*]}"
        fi
    fi
    say "Installing Debian packages: ${missing[*]}"
    local log
    log=$(mktemp)
    "${as_root[@]}" apt-get -qq update >"$log" 2>&1 || { tail -n 20 "$log" >&2; give_up "apt-get update failed; its message stands above."; }
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o Dpkg::Use-Pty=0 \
        install --no-install-recommends "${missing[@]}" </dev/null >"$log" 2>&1 ||
        { tail -n 20 "$log" >&2; give_up "apt-get install failed; its message stands above."; }
    rm -f "$log"
}

# find_swift: a toolchain of at least $needed_swift on PATH.
find_swift() {
    local folder version trouble=
    for folder in "" /opt/swift/usr/bin /usr/local/swift/usr/bin; do
        [ -z "$folder" ] || [ -x "$folder/swift" ] || continue
        version=$(PATH="${folder:+$folder:}$PATH" swift --version 2>/dev/null |
            sed -n 's/.*Swift version \([0-9][0-9.]*\).*/\1/p' | head -n 1) || version=
        if [ -z "$version" ]; then
            [ -z "$folder" ] && ! command -v swift >/dev/null && continue
            trouble=$(PATH="${folder:+$folder:}$PATH" swift --version 2>&1 | head -n 1) || true
            continue
        fi
        if [ "$(printf '%s\n' "$needed_swift" "$version" | sort -V | head -n 1)" = "$needed_swift" ]; then
            PATH="${folder:+$folder:}$PATH"
            export PATH
            return 0
        fi
    done
    [ -z "$trouble" ] || give_up "Swift is there but does not start: $trouble"
    give_up "Swift $needed_swift or newer is needed: install the toolchain for Debian 12 from swift.org/install/linux and put its usr/bin on PATH."
}
