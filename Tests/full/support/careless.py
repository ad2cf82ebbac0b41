"""Writers that hand over as programs and people do, and what the model service got of each; run by careless.sh.

What is promised: a file that is renamed in, or has one name, is closed and stays unchanged for the settle time, is whole. A writer
that closes its file, waits longer than that and then goes on can not be told from one that is done; here a writer whose pause got
that long, for want of a processor, is left out of the account and counted as tardy.
"""

import collections
import concurrent.futures
import hashlib
import json
import mmap
import os
import random
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
import zlib

from crash import Finds, Simulator, Spool, blob_violations

WRITERS = int(os.environ.get("WRITERS", "500"))
AT_ONCE = int(os.environ.get("AT_ONCE", "120"))
LIMIT = float(os.environ.get("SECONDS_AT_MOST", "420"))
SEED = int(os.environ.get("SEED", str(int(time.time()))))
SETTLE = 1.0
# A pause this long may have looked like the end.
TARDY = 0.85 * SETTLE
# Of all writers these began before the daemon.
EARLY = 0.05
PICTURES = 24


def picture(number):
    """A PNG of its own pattern that does not compress, so that it has a length to be cut."""
    chance = random.Random(number)
    side = 64 + 4 * number
    rows = b"".join(b"\0" + chance.randbytes(3 * side) for _ in range(side))

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows, 1)) + chunk(b"IEND", b"")


class Writer:
    """One hand-over, from its first byte to its last."""

    def __init__(self, number, kind, bench):
        self.number, self.kind, self.bench = number, kind, bench
        self.name = "w%05d" % number
        self.chance = random.Random(SEED * 1_000_003 + number)
        self.last = None
        self.longest = 0.0
        self.error = None
        words = " ".join("%08x" % self.chance.getrandbits(32) for _ in range(self.chance.randint(20, 1500)))
        self.prompt = "writer %d of %s: %s end" % (number, bench.mark, words)
        self.pictures = []
        self.expects = "done"

    @property
    def digest(self):
        return hashlib.sha256(self.prompt.encode()).hexdigest()

    def run(self):
        try:
            getattr(self, self.kind.replace("-", "_"))()
        except OSError as error:
            # Its file was taken away under its hands.
            self.error = str(error)

    # Habits

    def path(self, name):
        return self.bench.inbox + "/" + name

    def outside(self, name):
        return self.bench.outside + "/" + name

    def any_picture(self):
        self.pictures.append(self.chance.randrange(PICTURES))
        return self.bench.pictures[self.pictures[-1]]

    def text(self):
        return self.prompt.encode()

    def manifest(self, names):
        return json.dumps({"prompt": self.prompt, "size": "1024x640", "references": names}).encode()

    def changed(self, work):
        """Does something that the inbox shows, and keeps the longest time between two such."""
        before = time.monotonic()
        work()
        if self.last is not None:
            self.longest = max(self.longest, time.monotonic() - self.last)
        self.last = before

    def finished(self):
        """What comes next is another file, or another time."""
        self.last = None

    def pause(self, most=0.5):
        time.sleep(self.chance.uniform(0.02, most) * SETTLE)

    def pieces(self, data):
        cuts = sorted(self.chance.randrange(1, len(data)) for _ in range(self.chance.randint(1, 4)))
        return [data[a:b] for a, b in zip([0] + cuts, cuts + [len(data)]) if a < b]

    def write_slowly(self, path, data):
        with open(path, "wb", buffering=0) as file:
            for piece in self.pieces(data):
                self.changed(lambda: file.write(piece))
                self.pause()
            # The daemon counts from the last change, not from the end.
        self.finished()

    def write(self, path, data):
        with open(path, "wb") as file:
            file.write(data)

    # Kinds

    def slow(self):
        self.write_slowly(self.path(self.name + ".txt"), self.text())

    def reopened(self):
        for place, piece in enumerate(self.pieces(self.text())):
            def add():
                with open(self.path(self.name + ".txt"), "ab" if place else "xb") as file:
                    file.write(piece)
            self.changed(add)
            self.pause()

    def rewritten(self):
        """Something else first, whole, then in its place what was meant."""
        self.changed(lambda: self.write(self.path(self.name + ".txt"), b"not this " + os.urandom(40).hex().encode()))
        self.pause()

        def again():
            with open(self.path(self.name + ".txt"), "r+b") as file:
                file.truncate(0)
                file.write(self.text())
        self.changed(again)

    def mapped(self):
        """As long as it should be at once, and filled through memory, which changes no time of the file."""
        data = self.any_picture()
        self.map(self.path(self.name + ".png"), data)
        self.map(self.path(self.name + ".txt"), self.text())

    def map(self, path, data):
        with open(path, "w+b") as file:
            file.truncate(len(data))
            with mmap.mmap(file.fileno(), len(data)) as memory:
                place = 0
                for piece in self.pieces(data):
                    memory[place:place + len(piece)] = piece
                    place += len(piece)
                    self.pause(0.9)

    def kept_open(self):
        """Longer pauses than the settle time, with the file open all the while."""
        with open(self.path(self.name + ".txt"), "wb", buffering=0) as file:
            for piece in self.pieces(self.text()):
                file.write(piece)
                self.pause(2)

    def moded(self):
        """Its mode is set while it is written: it looks as if it had been renamed in."""
        with open(self.path(self.name + ".txt"), "wb", buffering=0) as file:
            for piece in self.pieces(self.text()):
                file.write(piece)
                os.fchmod(file.fileno(), 0o640 + self.chance.randrange(4))
                self.pause()

    def linked(self):
        self.write_slowly(self.path("." + self.name), self.text())
        os.link(self.path("." + self.name), self.path(self.name + ".txt"))
        self.changed(lambda: None)
        self.pause(0.3)
        self.changed(lambda: os.unlink(self.path("." + self.name)))

    def linked_kept(self):
        """Who keeps a second name could change what was checked: refused."""
        self.expects = "failed"
        self.write(self.outside(self.name), self.text())
        os.link(self.outside(self.name), self.path(self.name + ".txt"))

    def synced(self):
        """As rsync does."""
        hidden = self.path(".%s.txt.%06x" % (self.name, self.chance.getrandbits(24)))
        self.write_slowly(hidden, self.text())
        os.rename(hidden, self.path(self.name + ".txt"))

    def part(self):
        suffix = self.chance.choice([".part", ".tmp", ".filepart", ".crdownload"])
        data = self.any_picture()
        self.write_slowly(self.path(self.name + ".png" + suffix), data)
        os.rename(self.path(self.name + ".png" + suffix), self.path(self.name + ".png"))
        self.write_slowly(self.path(self.name + ".txt" + suffix), self.text())
        os.rename(self.path(self.name + ".txt" + suffix), self.path(self.name + ".txt"))

    def renamed(self):
        self.write_slowly(self.outside(self.name), self.text())
        os.rename(self.outside(self.name), self.path(self.name + ".txt"))

    def renamed_open(self):
        """Renamed in before its last bytes are written."""
        with open(self.outside(self.name), "wb", buffering=0) as file:
            pieces = self.pieces(self.text())
            for place, piece in enumerate(pieces):
                file.write(piece)
                if place == 0:
                    os.rename(self.outside(self.name), self.path(self.name + ".txt"))
                self.pause(0.4)

    def copied(self):
        self.write(self.outside(self.name), self.text())
        tool = self.chance.choice([["cp"], ["cp", "-p"], ["install", "-m", "640"]])
        subprocess.run(tool + [self.outside(self.name), self.path(self.name + ".txt")], check=True)

    def prompt_first(self):
        """The image begins before its prompt has settled, and takes its time."""
        data = self.any_picture()
        self.changed(lambda: self.write(self.path(self.name + ".txt"), self.text()))
        self.pause(0.3)
        with open(self.path(self.name + ".png"), "wb", buffering=0) as file:
            for piece in self.pieces(data):
                self.changed(lambda: file.write(piece))
                self.pause()

    def image_first(self):
        data = self.any_picture()
        self.write_slowly(self.path(self.name + ".png"), data)
        self.pause(3)
        self.write_slowly(self.path(self.name + ".txt"), self.text())

    def manifest_first(self):
        """Its images come much later, and slowly."""
        data = [self.any_picture(), self.any_picture()]
        names = [self.name + "-a.png", self.name + "-b.png"]
        self.write_slowly(self.path(self.name + ".json"), self.manifest(names))
        for name, one in zip(names, data):
            self.pause(3)
            self.write_slowly(self.path(name), one)

    def manifest_last(self):
        data = self.any_picture()
        self.write_slowly(self.path(self.name + "-a.png"), data)
        self.pause(2)
        self.write_slowly(self.path(self.name + ".json"), self.manifest([self.name + "-a.png"]))

    def folder(self):
        data = self.any_picture()
        place = self.outside(self.name)
        os.mkdir(place)
        self.write_slowly(place + "/a.png", data)
        self.write(place + "/job.json", self.manifest(["a.png"]))
        os.rename(place, self.path(self.name))

    def folder_in_place(self):
        """Made in the inbox and filled there, its manifest before its image."""
        data = self.any_picture()
        place = self.path(self.name)
        self.changed(lambda: os.mkdir(place))
        self.pause()
        self.changed(lambda: self.write(place + "/job.json", self.manifest(["a.png"])))
        self.pause()
        with open(place + "/a.png", "wb", buffering=0) as file:
            for piece in self.pieces(data):
                self.changed(lambda: file.write(piece))
                self.pause()


KINDS = [
    "slow", "reopened", "rewritten", "mapped", "kept-open", "moded", "linked", "linked-kept", "synced", "part", "renamed",
    "renamed-open", "copied", "prompt-first", "image-first", "manifest-first", "manifest-last", "folder",
    "folder-in-place",
]


class Bench:
    def __init__(self, folder):
        self.folder = folder
        self.simulator = Simulator(folder)
        more = """, inbox: { settle: "%dms" }""" % int(SETTLE * 1000)
        self.spool = Spool(folder, self.simulator.url, retention="2m", concurrency=16, workers=2, more=more)
        with open(self.spool.config) as file:
            text = file.read()
        text = text.replace('provider: "microsoft-mai"', 'provider: "openai"')
        text = text.replace('deployment: "d", family: "2.5"', 'model: "gpt-image-2"')
        text = text.replace('output: { size: "native", format: "jpeg" }',
                            'output: { size: "long=256", format: "jpeg", quality: 60 }')
        with open(self.spool.config, "w") as file:
            file.write(text)
        self.inbox = self.spool.path + "/inbox"
        self.outside = folder + "/making"
        self.mark = self.spool.mark
        self.pictures = [picture(number) for number in range(PICTURES)]
        self.seen = []

    def settled(self):
        return sum(len(self.spool.files(name)) for name in ("done", "failed", "held"))

    def wait(self, daemon, count, limit):
        last, moved = -1, time.monotonic()
        while self.settled() < count and daemon.poll() is None and time.monotonic() - moved < limit:
            now = self.settled()
            if now != last:
                last, moved = now, time.monotonic()
            time.sleep(0.3)

    def calibrate(self, daemon):
        """What each picture becomes on its way, learnt from jobs that are handed over as they should be."""
        for number in range(PICTURES):
            place = self.outside + "/known"
            os.mkdir(place)
            self.put(place + "/a.png", self.pictures[number])
            self.put(place + "/job.json", json.dumps(
                {"prompt": "picture %d of %s" % (number, self.mark), "id": "known-%d" % number, "size": "1024x640",
                 "references": ["a.png"]}).encode())
            os.rename(place, self.inbox + "/known-%d" % number)
        self.wait(daemon, PICTURES, 120)
        requests = self.requests()
        self.known = []
        for number in range(PICTURES):
            digest = hashlib.sha256(("picture %d of %s" % (number, self.mark)).encode()).hexdigest()
            self.known.append((requests.pop(digest, None) or [[None]])[0][0])
        assert len(set(self.known)) == PICTURES and None not in self.known, "the pictures could not be learnt"

    @staticmethod
    def put(path, data):
        with open(path, "wb") as file:
            file.write(data)

    def requests(self):
        """The references of each accepted request, by the digest of its prompt."""
        found = collections.defaultdict(list)
        for line in self.simulator.lines():
            if line.get("prompt_sha256"):
                found[line["prompt_sha256"]].append(line["references"])
        return found


def check(bench, writers):
    wrong, tardy, half = [], 0, 0
    outcomes = collections.defaultdict(list)
    for outcome in ("done", "failed", "held"):
        for name in bench.spool.files(outcome):
            outcomes[name.rsplit("-", 1)[0]].append((outcome, name))
    requests = bench.requests()
    for number in range(PICTURES):
        outcomes.pop("known", None)
        requests.pop(hashlib.sha256(("picture %d of %s" % (number, bench.mark)).encode()).hexdigest(), None)
    for writer in writers:
        found, asked = outcomes.pop(writer.name, []), requests.pop(writer.digest, [])
        if writer.longest > TARDY:
            tardy += 1
            # Whatever it was taken for, it is not unheard of.
            if not found:
                wrong.append("%s (%s, tardy) has no outcome" % (writer.name, writer.kind))
            continue
        if [outcome for outcome, _ in found] != [writer.expects]:
            why = [reason(bench, outcome, name) for outcome, name in found]
            wrong.append("%s (%s) ended as %s %s; its longest pause was %.2f s %s" % (
                writer.name, writer.kind, found, why, writer.longest, writer.error or ""))
            half += any(outcome == "done" or code != "expected" for (outcome, _), code in zip(found, why))
            continue
        if writer.expects == "failed":
            if asked or reason(bench, *found[0]) != "invalid_manifest":
                wrong.append("%s (%s) was to be refused" % (writer.name, writer.kind))
            continue
        if len(asked) != 1:
            wrong.append("%s (%s): what it wrote in the end was asked %d times" % (writer.name, writer.kind, len(asked)))
            half += 1
        elif asked[0] != [bench.known[one] for one in writer.pictures]:
            wrong.append("%s (%s): another picture was sent than it wrote" % (writer.name, writer.kind))
            half += 1
    if requests and len(requests) > tardy:
        wrong.append("%d prompts were sent that nobody wrote in the end" % len(requests))
    if outcomes and len(outcomes) > tardy:
        wrong.append("outcomes of nobody: %s" % sorted(outcomes)[:10])
    left = [name for name in bench.spool.files("inbox") if not name.startswith(".")]
    if left and len(left) > tardy:
        wrong.append("the inbox holds %s" % left[:10])
    return wrong + blob_violations(bench.spool), tardy, half


def reason(bench, outcome, name):
    with open("%s/%s/%s/status.json" % (bench.spool.path, outcome, name)) as file:
        return (json.load(file).get("reason") or {}).get("code")


def main():
    folder = tempfile.mkdtemp(prefix="careless-")
    finds, begun = Finds(), time.monotonic()
    bench = Bench(folder)
    kinds = os.environ.get("KINDS", "").split() or KINDS
    daemon = bench.spool.start("run")
    try:
        bench.calibrate(daemon)
        daemon.send_signal(signal.SIGTERM)
        daemon.wait(60)
        writers = [Writer(number, kinds[number % len(kinds)], bench) for number in range(WRITERS)]
        early = writers[:int(EARLY * WRITERS)]
        pool = concurrent.futures.ThreadPoolExecutor(AT_ONCE)
        under_way = [pool.submit(writer.run) for writer in early]
        # Some are done by the time the daemon starts, some have begun, some not.
        time.sleep(SETTLE)
        daemon = bench.spool.start("run")
        started = len(early)
        while started < len(writers) and time.monotonic() - begun < LIMIT:
            under_way.append(pool.submit(writers[started].run))
            started += 1
            while sum(not one.done() for one in under_way[-4 * AT_ONCE:]) >= AT_ONCE:
                time.sleep(0.01)
        for one in under_way:
            one.result()
        bench.wait(daemon, started + PICTURES, 60)
        # What is late by its own fault gets a little longer.
        time.sleep(3 * SETTLE)
        daemon.send_signal(signal.SIGTERM)
        if daemon.wait(60) != 0:
            finds.add("careless", ["the daemon ended with code %d" % daemon.returncode])
        bench.spool.run(limit=300)
        wrong, tardy, half = check(bench, writers[:started])
        if tardy > 0.1 * started:
            wrong.append("%d of %d writers were too slow for want of a processor to say anything" % (tardy, started))
        finds.add("careless", wrong[:40] + (["%d more" % (len(wrong) - 40)] if len(wrong) > 40 else []), bench.spool)
        print("%d of %d writers of %d kinds: %d half-written or wrong hand-overs were consumed, %d writers were tardy and do not "
              "count; seed %d; %.0f s" % (
                  started, WRITERS, len(kinds), half, tardy, SEED, time.monotonic() - begun), flush=True)
    finally:
        if daemon.poll() is None:
            daemon.kill()
        bench.simulator.stop()
        shutil.rmtree(folder, ignore_errors=True)
    finds.end("careless")


if __name__ == "__main__":
    sys.exit(main())
