#!/usr/bin/env bash
# The Debian package in a clean root: built, looked at by lintian, installed, upgraded, removed and purged; and the first five minutes
# of somebody who just installed it, with the daemon started by the unit's own ExecStart line, as its user, under the unit's
# restrictions (support/under_unit.py says which). No systemd runs in the root: that units start is not tried.
#
# Usage: bash Tests/full/package.sh     as root. Variables: PACKAGE=file instead of building one, BASE=folder that debootstrap made,
# SECONDS_AT_MOST=420, KEEP=1 leaves the root where it is. Skipped, with a message, where no namespace can be had.
# Exit code 1 if anything was not as it should be.
set -euo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
cd "$top"

if [ "$(id -u)" != 0 ] || ! unshare --mount --pid --fork true 2>/dev/null; then
    echo "skipped: a clean root needs root and namespaces"
    exit 0
fi
for tool in debootstrap lintian systemd-analyze; do
    command -v "$tool" >/dev/null || { echo "skipped: $tool is missing"; exit 0; }
done
/usr/bin/python3 -c 'import seccomp' 2>/dev/null || { echo "skipped: python3-seccomp is missing"; exit 0; }

work=$(mktemp -d)
root=$work/root
daemon=
finish() {
    [ -z "$daemon" ] || kill -9 "$daemon" 2>/dev/null || true
    [ -z "${simulator:-}" ] || kill -9 "$simulator" 2>/dev/null || true
    if [ -n "${KEEP:-}" ]; then echo "kept: $work"; else rm -rf --one-file-system "$work"; fi
}
trap finish EXIT

failed=0
# holds WHAT COMMAND...: one line for what must be so.
holds() {
    local what=$1
    shift
    if "$@" >"$work/said" 2>&1; then
        echo "ok      $what"
    else
        failed=$((failed + 1))
        echo "FAILED  $what"
        tail -n 8 "$work/said" | sed 's/^/        /'
    fi
}
# fails COMMAND...: it ends with another code than 0.
fails() { ! "$@"; }
# eventually SECONDS COMMAND...: looks again and again until it is so.
eventually() {
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        [ $SECONDS -lt $end ] || return 1
        sleep 0.1
    done
}
# inside COMMAND...: as root in the clean root, which has its own /proc.
inside() {
    unshare --mount --pid --fork --kill-child bash -c '
        root=$1; shift
        mount --make-rprivate /
        mount -t proc proc "$root/proc"
        mount --rbind /dev "$root/dev"
        exec chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"
    ' inside "$root" "$@"
}
# as_daemon COMMAND...: as the daemon's user.
as_daemon() { inside setpriv --reuid=darkroom --regid=darkroom --init-groups --no-new-privs "$@"; }
# under_unit UNIT COMMAND...: as the unit says.
under_unit() {
    local unit=$1
    shift
    unshare --mount --pid --fork --kill-child /usr/bin/python3 -B Tests/full/support/under_unit.py \
        "$root/lib/systemd/system/$unit" "$root" "$@"
}
# status JOB OUTCOME WORD...: all these words stand in its status.json.
status() {
    local file=$root/var/lib/darkroom/$2/$1/status.json word
    shift 2
    for word in "$@"; do grep -q -- "$word" "$file" || return 1; done
}
spool=$root/var/lib/darkroom

echo "1. The package"
if [ -n "${PACKAGE:-}" ]; then
    first=$PACKAGE
else
    first=$(samples/package-deb "$work" 2>"$work/build.log") || { tail -n 20 "$work/build.log"; exit 1; }
fi
dpkg-deb -x "$first" "$work/files"
second=$(samples/package-deb --version 0.1.0-2 --program "$work/files/usr/bin/darkroom" "$work/second" 2>/dev/null)
holds "lintian finds no error and no warning" lintian --allow-root --fail-on error,warning "$first"
holds "systemd-analyze gives the daemon 1.5 at most" \
    systemd-analyze security --offline=true --threshold=15 "$work/files/lib/systemd/system/darkroom.service"
holds "systemd-analyze gives the sweep 0.6 at most" \
    systemd-analyze security --offline=true --threshold=6 "$work/files/lib/systemd/system/darkroom-sweep.service"

echo "2. A clean root"
if [ -n "${BASE:-}" ]; then
    cp -a "$BASE" "$root"
else
    debootstrap --variant=minbase bookworm "$root" http://deb.debian.org/debian >"$work/debootstrap.log" 2>&1 ||
        { tail -n 5 "$work/debootstrap.log"; exit 1; }
fi
cp /etc/resolv.conf "$root/etc/resolv.conf"
# Nothing may start: there is no systemd, and nothing should try.
printf '#!/bin/sh\necho started >>/started\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
chmod +x "$root/usr/sbin/policy-rc.d"
cp "$first" "$root/first.deb"
cp "$second" "$root/second.deb"
inside apt-get -qq update >"$work/apt.log" 2>&1 || { tail -n 5 "$work/apt.log"; exit 1; }
holds "it is installed with what it depends on" inside apt-get -y -qq install --no-install-recommends /first.deb

echo "3. Minute 1: it is there, and nothing else is"
holds "it says its version" inside darkroom --version
holds "it helps" inside darkroom --help
holds "there is no Swift" fails inside sh -c 'ls /usr/lib/swift || ldd /usr/bin/darkroom | grep -i swift'
holds "all its libraries are there" fails inside sh -c 'ldd /usr/bin/darkroom | grep "not found"'
holds "the manual page is there" gzip -t "$root/usr/share/man/man1/darkroom.1.gz"
holds "the guides are there, and every link of README and guides leads to one" python3 - "$root/usr/share/doc/darkroom" <<'END'
import pathlib, re, sys
docs = pathlib.Path(sys.argv[1])
pages = [docs / "README.md", *(docs / "guides").glob("*.md")]
lost = [(page.name, link) for page in pages for link in re.findall(r"\]\(([^):#]+)\)", page.read_text()) if not (page.parent / link).exists()]
sys.exit(f"{lost}" if lost or len(pages) < 20 else 0)
END
holds "its user has no shell and no password" inside sh -c 'getent passwd darkroom | grep -q /usr/sbin/nologin && getent shadow darkroom | grep -q ":[!*]"'
holds "the spool belongs to it, the keys' folder to root" inside sh -c \
    '[ "$(stat -c %U:%a /var/lib/darkroom)" = darkroom:755 ] && [ "$(stat -c %U:%a /etc/darkroom/keys)" = root:700 ]'
holds "nothing was started" [ ! -e "$root/started" ]

echo "4. Minute 2: is all well?"
holds "the configuration is good" inside darkroom config check
holds "the doctor says that a job could run" as_daemon darkroom doctor
holds "the doctor says so under the unit's restrictions" under_unit darkroom.service /usr/bin/darkroom doctor

echo "5. Minute 3: the first picture, by the unit's own ExecStart line"
line=$(sed -n 's/^ExecStart=//p' "$root/lib/systemd/system/darkroom.service")
start() {
    # shellcheck disable=SC2086
    under_unit darkroom.service $line 2>"$work/daemon.log" &
    daemon=$!
}
stop() {
    local inner=$daemon
    # From the shell that waits to the daemon itself, and not on to its workers.
    until [ "$(cat "/proc/$inner/comm")" = darkroom ]; do inner=$(pgrep -P "$inner") || return 1; done
    kill -TERM "$inner"
    wait "$daemon"
    daemon=
}
start
holds "it runs" eventually 60 grep -q "darkroom is running" "$work/daemon.log"
holds "the image workers are locked" fails grep -q "no picture is opened" "$work/daemon.log"
cp "$root"/usr/share/doc/darkroom/examples/jobs/dandelion.* "$spool/inbox/"
holds "an example job copied into the inbox comes back" eventually 90 sh -c "ls $spool/done/dandelion-*/status.json"
picture=$(ls "$spool"/done/dandelion-*/dandelion-*-1.png)
holds "4K: 3840 pixels wide" [ "$(vipsheader -f width "$picture")" = 3840 ]
holds "with a document" grep -q '"simulated": true' "$picture.json"
holds "and with XMP that says that a machine made it" grep -qa compositeWithTrainedAlgorithmicMedia "$picture"
holds "verify knows it" as_daemon darkroom verify "${picture#"$root"}"
holds "a HEIF and an AVIF go through too" sh -c "
    cp '$picture' '$work/p.png' && heif-enc -q 60 -o '$work/ref.heic' '$work/p.png' >/dev/null &&
    mkdir -p '$spool/inbox/.made' && cp '$work/ref.heic' '$spool/inbox/.made/ref.heic' &&
    echo '{ \"id\": \"codecs\", \"prompt\": \"x\", \"references\": [\"ref.heic\"], \"output\": { \"format\": \"avif\", \"size\": \"native\" } }' >'$spool/inbox/.made/job.json' &&
    chown -R --reference='$spool/inbox' '$spool/inbox/.made' && mv '$spool/inbox/.made' '$spool/inbox/codecs'"
holds "and come back" eventually 90 [ -e "$spool/done/codecs/codecs-1.avif" ]

echo "6. Minute 4: broken on purpose"
echo '{ "prompt": "x", "seeed": 7 }' >"$spool/inbox/.bad" && mv "$spool/inbox/.bad" "$spool/inbox/bad.json"
holds "a bad job fails" eventually 30 sh -c "ls $spool/failed/bad-*/status.json"
holds "and names the field" status "$(basename "$spool"/failed/bad-*)" failed invalid_manifest seeed
head -c 100000 "$root/usr/share/doc/darkroom/examples/jobs/dandelion.jpg" >"$spool/inbox/half.jpg"
echo '{ "id": "twice", "prompt": "x", "output": { "size": "native" } }' >"$spool/inbox/.twice" && mv "$spool/inbox/.twice" "$spool/inbox/one.json"
holds "a job with an id of its own is done" eventually 60 [ -e "$spool/done/twice/status.json" ]
echo '{ "id": "twice", "prompt": "x", "output": { "size": "native" } }' >"$spool/inbox/.twice" && mv "$spool/inbox/.twice" "$spool/inbox/two.json"
holds "a second copy says whose duplicate it is" eventually 60 sh -c "grep -l '\"duplicate_of\": \"twice\"' $spool/done/twice-*/status.json"
holds "half a file waits" [ -e "$spool/inbox/half.jpg" ]
rm "$spool/inbox/half.jpg"
holds "status, a job's story and a contact sheet are to be had" as_daemon sh -c \
    'darkroom status && darkroom show twice && cd /tmp && darkroom contact-sheet -o - --format html | grep -q "<figure"'
holds "it stops in order" stop
holds "and says so" grep -q "darkroom has stopped" "$work/daemon.log"

echo "7. Minute 5: a key, one route, a price"
"$work/files/usr/bin/darkroom" simulate --listen 127.0.0.1:0 --cached >"$work/simulator.log" 2>&1 &
simulator=$!
eventually 30 grep -sq "listening on" "$work/simulator.log"
url=$(sed -n 's/.*listening on \(http[^ ]*\).*/\1/p' "$work/simulator.log")
install -m 0640 -g "$(stat -c %g "$spool")" /dev/null "$root/etc/darkroom/keys/mai-key"
echo "key-of-a-simulator" >"$root/etc/darkroom/keys/mai-key"
chmod 755 "$root/etc/darkroom/keys" # as a credential it would be read by systemd; here the daemon reads the file
chown "$(stat -c %u "$spool")" "$root/etc/darkroom/keys/mai-key" && chmod 0400 "$root/etc/darkroom/keys/mai-key"
sed -i "s|^    default: \"offline\",|    default: \"mai\", mai: { provider: \"microsoft-mai\", endpoint: \"$url\", deployment: \"d\", family: \"2.6\", key: { file: \"/etc/darkroom/keys/mai-key\" } },|" \
    "$root/etc/darkroom/darkroom.json5"
sed -i 's|^  sidecar: |  on_settled: ["/usr/bin/mkdir", "-p", "/var/lib/darkroom/told"],\n&|' "$root/etc/darkroom/darkroom.json5"
holds "the configuration is good" as_daemon darkroom config check
cp "$root/usr/share/doc/darkroom/examples/jobs/dandelion.jpg" "$root/tmp/photo.jpg"
holds "a dry run shows model, price and what would be removed" as_daemon sh -c \
    'darkroom submit --prompt x --reference /tmp/photo.jpg --dry-run | tee /tmp/dry && grep -qi "mai" /tmp/dry'
start
holds "the daemon takes the new configuration" eventually 60 grep -q "darkroom is running" "$work/daemon.log"
holds "a job with a ceiling is done" as_daemon darkroom submit --prompt x --reference /tmp/photo.jpg --id real --max-cost 0.50 --size native --wait
holds "its story has cost and deadline" as_daemon sh -c 'darkroom show real | tee /tmp/story && grep -qi "dollars\|cost" /tmp/story'
holds "a command was told of it, under the unit's restrictions" eventually 30 [ -d "$spool/told" ]
holds "the key is in no file of the spool" fails grep -rq "key-of-a-simulator" "$spool"

echo "8. Upgrade, remove, purge"
stop || true
cp "$root/etc/darkroom/darkroom.json5" "$work/configured"
holds "it is upgraded" inside apt-get -y -qq install /second.deb
holds "what was configured is kept" cmp "$work/configured" "$root/etc/darkroom/darkroom.json5"
holds "jobs are still there" as_daemon darkroom show real
holds "the sweep runs under its unit" under_unit darkroom-sweep.service /usr/bin/darkroom sweep
holds "it is removed" inside apt-get -y -qq remove darkroom
holds "configuration and spool are kept" [ -e "$root/etc/darkroom/darkroom.json5" ] && [ -e "$spool/done/real" ]
holds "purging keeps a spool that holds outcomes" inside dpkg --purge darkroom
holds "and deletes configuration and keys" [ ! -e "$root/etc/darkroom" ]
holds "outcomes are there" [ -e "$spool/done/real/status.json" ]
rm -rf "$spool"
holds "it is installed again" inside apt-get -y -qq install /second.deb
holds "purging a spool without anybody's things deletes it" inside apt-get -y -qq purge darkroom
holds "so that nothing is left" inside sh -c '! find / -xdev \( -path /proc -o -path /dev -o -path "/var/lib/dpkg" -o -path "/var/log" -o -path "/tmp" \) -prune -o -name "*darkroom*" -print | grep .'

[ "$failed" = 0 ] || { echo "$failed things were not as they should be"; exit 1; }
echo "all as it should be"
