"""A daemon whose file system loses everything that was not synced, again and again; run by power-cuts.sh."""

import fcntl
import hashlib
import json
import os
import random
import shutil
import signal
import sqlite3
import struct
import subprocess
import sys
import tempfile
import threading
import time

from crash import Finds, Simulator, Spool, done_violations, marked_photo, violations

CUTS = int(os.environ.get("CUTS", "25"))
FILESYSTEMS = os.environ.get("FILESYSTEMS", "ext4 xfs").split()
LIMIT = float(os.environ.get("SECONDS_AT_MOST", "420"))
SEED = int(os.environ.get("SEED", str(int(time.time()))))
CONCURRENCY = 4
SIZE = 2 << 30
MAKE = {"ext4": ["mkfs.ext4", "-q", "-F"], "xfs": ["mkfs.xfs", "-q", "-f"]}
# FS_IOC_SHUTDOWN of linux/fs.h, as both file systems take it: everything that is only in memory is gone, the journal's too.
SHUTDOWN = 0x8004587D
WITHOUT_FLUSHING = 2


class Disk:
    """A file system in a file."""

    def __init__(self, folder, kind):
        self.image, self.place = folder + "/disk", folder + "/mount"
        with open(self.image, "wb") as file:
            file.truncate(SIZE)
        subprocess.run(MAKE[kind] + [self.image], check=True, capture_output=True)
        os.makedirs(self.place)
        self.mount()

    def mount(self):
        subprocess.run(["mount", "-o", "loop", self.image, self.place], check=True, capture_output=True)

    def cut(self):
        folder = os.open(self.place, os.O_RDONLY)
        try:
            fcntl.ioctl(folder, SHUTDOWN, struct.pack("I", WITHOUT_FLUSHING))
        finally:
            os.close(folder)

    def unmount(self):
        self.wait(lambda: subprocess.run(["umount", self.place], capture_output=True).returncode == 0)
        # A container that began meanwhile may hold it still: mounting now would show the dead file system once more.
        self.wait(lambda: not subprocess.run(["losetup", "-j", self.image], capture_output=True).stdout)

    @staticmethod
    def wait(is_over):
        for _ in range(600):
            if is_over():
                return
            time.sleep(0.1)
        raise RuntimeError("the file system is still in use after a minute")

    def close(self):
        subprocess.run(["umount", "-l", self.place], capture_output=True)


def missing(kind):
    """Why there is no such file system to try on; None where there is."""
    if not shutil.which(MAKE[kind][0]):
        return "%s is not installed" % MAKE[kind][0]
    folder = tempfile.mkdtemp(prefix="power-cuts-")
    try:
        disk = Disk(folder, kind)
        disk.cut()
        disk.unmount()
        disk.mount()
        disk.unmount()
        return None
    except subprocess.CalledProcessError as error:
        return "a file system in a file can not be mounted: %s" % error.stderr.decode().strip()
    except OSError as error:
        return "a file system can not be shut down: %s" % error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def sync(path):
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


class Upstream(threading.Thread):
    """Hands jobs over so that they are on the disk, one after another, until the power is cut."""

    def __init__(self, trial):
        super().__init__()
        self.trial = trial
        self.ended = False

    def run(self):
        while not self.ended:
            number = self.trial.number
            self.trial.number += 1
            try:
                self.hand_over(number)
            except OSError:
                return
            time.sleep(self.trial.chance.choice([0, 0.1, 0.6]))

    def hand_over(self, number):
        spool, making = self.trial.spool, self.trial.disk.place + "/making"
        id, count, text = "job-%d" % number, 2 if number % 7 == 3 else 1, number % 3 == 1
        prompt = "PROMPTMARK %s of %s" % (id, spool.mark)
        facts = {"count": 1 if text else count, "bad": False, "text": text,
                 "digest": hashlib.sha256(prompt.encode()).hexdigest()}
        self.trial.begun[id] = facts
        if text:
            made, name = making + "/" + id + ".txt", id + ".txt"
            self.write(made, prompt.encode())
        else:
            made, name = making + "/" + id, id
            os.mkdir(made)
            manifest = {"prompt": prompt, "id": id, "count": count}
            if number % 4 == 0:
                self.write(made + "/NAMEMARK.jpg", self.trial.photo)
                manifest["references"] = ["NAMEMARK.jpg"]
            self.write(made + "/job.json", json.dumps(manifest).encode())
            sync(made)
        sync(making)
        os.rename(made, spool.path + "/inbox/" + name)
        sync(spool.path + "/inbox")
        with self.trial.lock:
            # From here on it is promised, but not by a folder of XFS that "syncs" though the power is gone.
            if self.trial.has_power:
                spool.jobs[id] = facts

    @staticmethod
    def write(path, data):
        with open(path, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())


class Trial:
    def __init__(self, folder, kind, chance):
        self.chance = chance
        self.simulator = Simulator(folder, "80ms")
        self.disk = Disk(folder, kind)
        self.spool = Spool(folder, self.simulator.url, concurrency=CONCURRENCY, workers=2)
        shutil.rmtree(self.spool.path)
        outside, self.spool.path = self.spool.path, self.disk.place + "/spool"
        with open(self.spool.config) as file:
            text = file.read().replace('"%s"' % outside, '"%s"' % self.spool.path)
        text = text.replace('size: "native"', 'size: "long=256"')
        with open(self.spool.config, "w") as file:
            file.write(text)
        os.makedirs(self.spool.path + "/inbox")
        os.makedirs(self.disk.place + "/making")
        os.sync()
        self.number = 0
        self.photo = marked_photo()
        self.lock = threading.Lock()
        self.has_power = True
        # Every job whose hand-over began: one that the power cut in two may have come through or not.
        self.begun = {}
        self.looked = set()
        self.accepted = set()

    def cut_once(self):
        """One life of the daemon and its end; sentences about what the disk shows then."""
        self.has_power = True
        upstream = Upstream(self)
        daemon = self.spool.start("run")
        upstream.start()
        time.sleep(self.chance.choice([self.chance.uniform(0.02, 0.4), self.chance.uniform(0.2, 1.5),
                                       self.chance.uniform(1, 3)]))
        with self.lock:
            handed = set(self.spool.jobs)
        inbox = {name.split(".")[0] for name in self.spool.files("inbox")}
        # What was handed over and is gone from the inbox: Darkroom has it.
        self.accepted |= handed - inbox
        with self.lock:
            self.has_power = False
            self.disk.cut()
        daemon.send_signal(signal.SIGKILL)
        daemon.wait()
        upstream.ended = True
        upstream.join()
        self.disk.unmount()
        self.disk.mount()
        return self.look()

    def look(self):
        """What stands in the outcome folders right after a cut, as far as it is new; and whether the ledger is whole."""
        wrong = self.look_at_ledger()
        for outcome in ("done", "failed", "held"):
            for folder in self.spool.files(outcome):
                if (outcome, folder) in self.looked:
                    continue
                self.looked.add((outcome, folder))
                wrong += self.look_at(outcome, folder)
        return wrong

    def look_at_ledger(self):
        try:
            found = self.spool.rows("PRAGMA integrity_check")
        except sqlite3.DatabaseError as error:
            found = [(str(error),)]
        return [] if found in ([], [("ok",)]) else ["after a cut the ledger is damaged: %s" % found[:3]]

    def look_at(self, outcome, folder):
        place = "%s/%s/%s" % (self.spool.path, outcome, folder)
        known = {**self.begun, **self.spool.jobs}
        job = folder if folder in known else folder.rsplit("-", 1)[0]
        if job not in known:
            return ["%s/%s belongs to no job" % (outcome, folder)]
        try:
            with open(place + "/status.json") as file:
                status = json.load(file)
        except (OSError, ValueError) as error:
            return ["after a cut: %s/%s has no readable status: %s" % (outcome, folder, error)]
        if outcome != "done":
            return []
        asked = known[job]["count"]
        return ["after a cut: " + one
                for one in done_violations(self.spool, job, folder, status, known[job], asked, ())]

    def end(self, cuts):
        """Lets everything come to an end and gives every invariant that is broken."""
        if self.spool.run(limit=1800) is None:
            return ["drain did not end"]
        # The work files of the last run are looked at after one more start.
        self.spool.run(limit=60)
        outcomes = {name_or_label for outcome in ("done", "failed", "held")
                    for name in self.spool.files(outcome) for name_or_label in (name, name.rsplit("-", 1)[0])}
        promised = set(self.spool.jobs)
        paid = self.simulator.accepted()
        wrong = ["%s was accepted and is lost" % id for id in self.accepted if id not in outcomes]
        for id, facts in self.begun.items():
            if id not in promised and id in outcomes:
                # The cut came between its rename and the sync, and it came through.
                self.spool.jobs[id] = facts
            elif id not in promised and paid[facts["digest"]]:
                wrong.append("%s was paid for and has no outcome" % id)
        # A job that many cuts in a row have met may have ended the daemon, for all it knows: that waits for a person.
        return wrong + violations(self.spool, self.simulator, cuts, concurrency=CONCURRENCY,
                                  may_hold=("outcome_unknown", "quarantined"))

    def close(self):
        self.simulator.stop()
        self.disk.close()


def run(kind, chance, finds, until):
    folder = tempfile.mkdtemp(prefix="power-cuts-")
    before = finds.number
    trial = Trial(folder, kind, chance)
    cuts = 0
    try:
        while cuts < CUTS and time.monotonic() < until:
            cuts += 1
            finds.add("%s cut %d" % (kind, cuts), trial.cut_once())
        finds.add(kind, trial.end(cuts))
        if finds.number > before and os.environ.get("KEEP"):
            shutil.copytree(folder, os.path.join(os.environ["KEEP"], kind), dirs_exist_ok=True,
                            ignore=shutil.ignore_patterns("disk"))
        print("%s: %d cuts, %d jobs handed over durably, %d seen accepted before a cut; %d done, %d failed, %d held" % (
            kind, cuts, len(trial.spool.jobs), len(trial.accepted), len(trial.spool.files("done")),
            len(trial.spool.files("failed")), len(trial.spool.files("held"))), flush=True)
    finally:
        trial.close()
        shutil.rmtree(folder, ignore_errors=True)
    return cuts


def main():
    finds, chance = Finds(), random.Random(SEED)
    begun = time.monotonic()
    cuts, kinds = 0, list(FILESYSTEMS)
    for place, kind in enumerate(kinds):
        why = missing(kind)
        if why:
            print("skipped: no power is cut on %s: %s" % (kind, why), flush=True)
            continue
        cuts += run(kind, chance, finds, begun + LIMIT * (place + 1) / len(kinds))
    print("%d cuts; seed %d" % (cuts, SEED), flush=True)
    finds.end("power-cuts")


if __name__ == "__main__":
    sys.exit(main())
