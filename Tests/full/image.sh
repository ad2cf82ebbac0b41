#!/usr/bin/env bash
# The recipe for a container image without an engine: it is read line by line, the packages that its first stage asks for are to be
# had, its last stage is run in a clean root with the program of the Debian package, and the program runs there as the recipe's user,
# with a read-only root and no rights, until the recipe's own health check is content. That an engine takes the file is not tried.
#
# Usage: bash Tests/full/image.sh     as root. Variables: PROGRAM=file (built with --static-swift-stdlib) instead of building one,
# BASE=folder that debootstrap made. Skipped, with a message, where no namespace can be had. Exit code 1 if anything was not as it
# should be.
set -euo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
cd "$top"
if [ "$(id -u)" != 0 ] || ! unshare --mount --pid --fork true 2>/dev/null || ! command -v debootstrap >/dev/null; then
    echo "skipped: a clean root needs root, namespaces and debootstrap"
    exit 0
fi
work=$(mktemp -d)
root=$work/root
trap 'rm -rf --one-file-system "$work"' EXIT

/usr/bin/python3 - samples/oci/Containerfile "$work" <<'END'
"""Takes the recipe apart: every instruction is one that is known, and goes into a file where it is to be run."""
import json
import re
import sys

recipe, work = sys.argv[1:]
text = re.sub(r"\\\n", "", re.sub(r"(?m)^#.*\n", "", open(recipe).read()))
steps = [line.split(None, 1) for line in text.splitlines() if line.strip()]
known = {"FROM", "WORKDIR", "COPY", "RUN", "USER", "VOLUME", "STOPSIGNAL", "HEALTHCHECK", "ENTRYPOINT", "CMD"}
strange = [name for name, _ in steps if name not in known]
assert not strange, strange
last = max(index for index, (name, _) in enumerate(steps) if name == "FROM")
final = dict()
for name, rest in steps[last:]:
    final.setdefault(name, []).append(rest)
assert len(final["RUN"]) == 1 and final["FROM"] == ["docker.io/library/debian:bookworm-slim"]
uid, gid = final["USER"][0].split(":")
assert int(uid) > 0 and int(gid) > 0, "not as root"
command = json.loads(final["ENTRYPOINT"][0]) + json.loads(final["CMD"][0])
check = json.loads(re.search(r"CMD (\[.*\])", final["HEALTHCHECK"][0]).group(1))
copied = [rest.split() for rest in final["COPY"]]
assert ["--from=build", "/out/darkroom", "/usr/bin/darkroom"] in copied
open(work + "/run", "w").write(final["RUN"][0])
open(work + "/first", "w").write("\n".join(rest for name, rest in steps[:last] if name == "RUN"))
json.dump({"uid": int(uid), "gid": int(gid), "command": command, "check": check}, open(work + "/facts", "w"))
END
fact() { jq -r "$1" "$work/facts"; }
echo "ok      the recipe is taken apart, and does not run as root"

if [ -n "${BASE:-}" ]; then cp -a "$BASE" "$root"; else
    debootstrap --variant=minbase bookworm "$root" http://deb.debian.org/debian >"$work/log" 2>&1 || { tail -n 5 "$work/log"; exit 1; }
fi
cp /etc/resolv.conf "$root/etc/resolv.conf"
inside() {
    unshare --mount --pid --fork --kill-child bash -c '
        root=$1; shift
        mount --make-rprivate / && mount -t proc proc "$root/proc" && mount --rbind /dev "$root/dev"
        exec chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive "$@"
    ' inside "$root" "$@"
}
mkdir -p "$root/src/samples"
cp samples/packages "$root/src/samples/"
inside apt-get -qq update
inside sh -c "cd /src && $(sed 's/apt-get install -y/apt-get install -y -s/; s/&& rm .*//' "$work/first" | head -n 1)" >"$work/log" 2>&1 ||
    { tail -n 5 "$work/log"; exit 1; }
echo "ok      the packages of the first stage are to be had"
inside sh -c "$(cat "$work/run")" >"$work/log" 2>&1 || { tail -n 5 "$work/log"; exit 1; }
echo "ok      the last stage runs"

if [ -z "${PROGRAM:-}" ]; then
    package=$(samples/package-deb "$work" 2>/dev/null)
    dpkg-deb -x "$package" "$work/files"
    PROGRAM=$work/files/usr/bin/darkroom
fi
install -m 755 "$PROGRAM" "$root/usr/bin/darkroom"
unshare --mount --pid --fork --kill-child bash -c '
    root=$1 work=$2
    mount --make-rprivate / && mount --bind "$root" "$root" && mount --bind "$root/var/lib/darkroom" "$root/var/lib/darkroom"
    mount -o bind,remount,ro "$root" && mount -t proc proc "$root/proc" && mount --rbind /dev "$root/dev"
    fact() { jq -r "$1" "$work/facts"; }
    contained() { chroot "$root" /usr/bin/setpriv --reuid="$(fact .uid)" --regid="$(fact .gid)" --clear-groups --no-new-privs \
        --bounding-set=-all --inh-caps=-all /usr/bin/env -i PATH=/usr/bin:/bin "$@"; }
    mapfile -t command < <(fact ".command[]")
    mapfile -t check < <(fact ".check[]")
    ! contained "${check[@]}" || { echo "the check is content before anything runs"; exit 1; }
    contained "${command[@]}" 2>"$work/daemon.log" &
    for _ in $(seq 100); do if contained "${check[@]}" 2>/dev/null; then healthy=yes; break; fi; sleep 0.2; done
    [ "${healthy:-}" = yes ] || { echo "the check was never content"; tail -n 5 "$work/daemon.log"; exit 1; }
    contained darkroom submit --prompt x --size native --id one --wait
    ! grep "no picture is opened" "$work/daemon.log"
' inside "$root" "$work"
echo "ok      it runs as the recipe's user with a read-only root, its check is content, and a job is done"
