"""Very many small jobs in bursts, with restarts between; counts what came of each, and what a job cost; run by soak.sh."""

import collections
import hashlib
import json
import os
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

from crash import Finds, Simulator, Spool, blob_violations, jpeg_is_whole

JOBS = int(os.environ.get("JOBS", "1500"))
BURST = int(os.environ.get("BURST", "17000"))
RESTARTS = int(os.environ.get("RESTARTS", "4"))
LIMIT = float(os.environ.get("SECONDS_AT_MOST", "420"))
RETENTION = os.environ.get("RETENTION", "20s")
SEED = int(os.environ.get("SEED", str(int(time.time()))))
PROBE = max(100, min(1000, JOBS // 10))
# After so many jobs the daemon is left alone, to see what its memory does.
CALM = 0.55
CONCURRENCY = 8
MOST_GROWTH = 1.2
# What a probe may differ by for want of a quiet machine is tried again, not allowed.
TRIES = 3
OUTCOMES = ("done", "failed", "held")


def seconds(span):
    return float(span[:-1]) * {"s": 1, "m": 60, "h": 3600}[span[-1]]


def most_events():
    with open("/proc/sys/fs/inotify/max_queued_events") as file:
        return int(file.read())


def processor_seconds(pid):
    """Of the daemon and of its image workers."""
    total = 0
    for one in [pid] + children(pid):
        try:
            with open("/proc/%d/stat" % one) as file:
                fields = file.read().rsplit(")", 1)[1].split()
        except OSError:
            continue
        # With what workers took that have ended by now.
        total += sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
    return total


def children(pid):
    found = []
    for task in os.listdir("/proc/%d/task" % pid):
        try:
            with open("/proc/%d/task/%s/children" % (pid, task)) as file:
                found += [int(word) for word in file.read().split()]
        except OSError:
            continue
    return found


def megabytes(pid, name):
    with open("/proc/%d/status" % pid) as file:
        for line in file:
            if line.startswith(name + ":"):
                return int(line.split()[1]) / 1024
    return 0


class Soak:
    def __init__(self, folder, finds):
        self.folder = folder
        self.finds = finds
        self.chance = random.Random(SEED)
        self.state_path = folder + "/state.json"
        self.state = {"mark": os.urandom(6).hex(), "kills": 0, "terms": 0, "lost_events": 0, "probes": {}}
        if os.path.exists(self.state_path):
            with open(self.state_path) as file:
                self.state = json.load(file)
        self.simulator = Simulator(folder)
        more = """, limits: { manifest_bytes: "64kB" }, inbox: { settle: "1s" }"""
        self.spool = Spool(folder, self.simulator.url, retention=RETENTION, concurrency=CONCURRENCY, workers=2, more=more)
        with open(self.spool.config) as file:
            text = file.read()
        # The smallest pictures that any contract knows, made smaller still.
        text = text.replace('provider: "microsoft-mai"', 'provider: "openai"')
        text = text.replace('deployment: "d", family: "2.5"', 'model: "gpt-image-2"')
        text = text.replace('output: { size: "native", format: "jpeg" }',
                            'output: { size: "long=256", format: "jpeg", quality: 60 }')
        with open(self.spool.config, "w") as file:
            file.write(text)
        self.dropped = 0
        self.daemon = None
        self.begun = time.monotonic()
        self.slice = {"jobs": 0, "cpu": 0.0, "at": self.begun}
        self.shown = 0
        self.calm_from = None
        # Of the daemon that is left alone: how many had settled, and what memory it had of its own.
        self.memory = []

    # The daemon

    def start(self):
        before = os.path.getsize(self.spool.log) if os.path.exists(self.spool.log) else 0
        self.daemon = self.spool.start("run")
        self.cpu_seen = 0.0
        # Events can be lost only where there is a watch.
        while self.daemon.poll() is None:
            with open(self.spool.log, "rb") as file:
                file.seek(before)
                if b"the inbox is watched" in file.read():
                    return
            time.sleep(0.05)

    def end(self, how):
        """TERM or KILL; the code of its end."""
        self.account()
        self.daemon.send_signal(how)
        try:
            code = self.daemon.wait(120)
        except subprocess.TimeoutExpired:
            self.daemon.kill()
            code = self.daemon.wait()
            self.finds.add("restart", ["the daemon did not stop within two minutes of TERM"])
        if how == signal.SIGTERM and code != 0:
            self.finds.add("restart", ["the daemon ended with code %d after TERM" % code])
        self.daemon = None

    def account(self):
        """Adds what the daemon has taken of the processor since the last time."""
        if self.daemon and self.daemon.poll() is None:
            now = processor_seconds(self.daemon.pid)
            self.slice["cpu"] += max(0, now - self.cpu_seen)
            self.cpu_seen = now

    def is_late(self):
        return time.monotonic() - self.begun > LIMIT

    # Jobs

    @staticmethod
    def is_bad(number):
        return number % 50 == 49

    def prompt(self, number):
        return "number %d of %s" % (number, self.state["mark"])

    def drop(self, count):
        for number in range(self.dropped, self.dropped + count):
            name = "s%06d.%s" % (number, "txt" if number % 4 == 3 and not self.is_bad(number) else "json")
            path = self.spool.folder + "/making/" + name
            with open(path, "w") as file:
                if name.endswith(".txt"):
                    file.write(self.prompt(number))
                else:
                    manifest = {"prompt": self.prompt(number), "size": "1024x640"}
                    if self.is_bad(number):
                        manifest["colour"] = "red"
                    json.dump(manifest, file)
            os.rename(path, self.spool.path + "/inbox/" + name)
        self.dropped += count

    def settled(self):
        return sum(len(self.spool.files(name)) for name in OUTCOMES)

    def wait(self, count, limit=1800):
        """Until so many have settled; False where nothing moves any more, or time is over."""
        last, moved = -1, time.monotonic()
        while True:
            now = self.settled()
            self.show(now)
            if self.calm_from is not None and self.daemon.poll() is None:
                self.memory.append((now, megabytes(self.daemon.pid, "RssAnon")))
            if now >= count:
                return True
            if now != last:
                last, moved = now, time.monotonic()
            if time.monotonic() - moved > 180:
                self.finds.add("soak", ["nothing has moved for three minutes: %d of %d settled" % (now, count)])
                return False
            if self.daemon.poll() is not None:
                self.finds.add("soak", ["the daemon ended by itself with code %d" % self.daemon.returncode])
                return False
            if self.is_late() and time.monotonic() - self.begun > LIMIT + limit:
                return False
            time.sleep(0.2 if count - now < 500 else 1)

    def show(self, now):
        if now // 10_000 == self.shown // 10_000 and now < self.dropped or now <= self.shown:
            return
        if now // 10_000 == self.shown // 10_000 and now != JOBS:
            return
        self.shown = now
        self.account()
        jobs, seconds = now - self.slice["jobs"], time.monotonic() - self.slice["at"]
        resident, peak = megabytes(self.daemon.pid, "VmRSS"), megabytes(self.daemon.pid, "VmHWM")
        print("%7d settled, %.1f a second, %.1f ms of the processor a job, memory %.0f MB, at most %.0f MB" % (
            now, jobs / seconds, 1000 * self.slice["cpu"] / max(1, jobs), resident, peak), flush=True)
        self.slice = {"jobs": now, "cpu": 0.0, "at": time.monotonic()}

    def save(self):
        with open(self.state_path + ".new", "w") as file:
            json.dump(self.state, file)
        os.rename(self.state_path + ".new", self.state_path)

    # What a job costs

    def probe(self, name):
        """A number of jobs handed to a daemon that has nothing else to do: processor time, then system calls, of each."""
        # What was handed over before is to be deleted by then: it would be counted as well.
        patience = time.monotonic() + seconds(RETENTION) + 60
        while len(self.spool.files(".darkroom/keys")) > len(self.spool.files("held")) and time.monotonic() < patience:
            time.sleep(0.5)
        before = processor_seconds(self.daemon.pid)
        self.drop(PROBE)
        if not self.wait(self.dropped):
            return None
        spent = 1000 * (processor_seconds(self.daemon.pid) - before) / PROBE
        report = self.folder + "/strace.txt"
        tracer = subprocess.Popen(["strace", "-c", "-f", "-o", report, "-p", str(self.daemon.pid)],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(1)
        self.drop(PROBE)
        whole = self.wait(self.dropped)
        tracer.send_signal(signal.SIGINT)
        tracer.wait()
        if not whole:
            return None
        calls = self.calls(report)
        print("%s: %.2f ms of the processor and %.0f system calls a job, memory %.0f MB; most: %s" % (
            name, spent, sum(calls.values()) / PROBE, megabytes(self.daemon.pid, "VmRSS"),
            ", ".join("%s %.1f" % (call, count / PROBE) for call, count in calls.most_common(12))), flush=True)
        return {"cpu": spent, "calls": sum(calls.values()) / PROBE, "memory": megabytes(self.daemon.pid, "VmRSS")}

    @staticmethod
    def calls(report):
        calls = collections.Counter()
        with open(report) as file:
            for line in file:
                words = line.split()
                if len(words) >= 5 and words[0].replace(".", "").isdigit() and words[-1] != "total":
                    calls[words[-1]] += int(words[3])
        return calls

    # Bursts

    def burst(self, count):
        """Hands over all at once, more events than the kernel keeps, while the daemon can not read them."""
        self.daemon.send_signal(signal.SIGSTOP)
        self.drop(count)
        noise = self.spool.path + "/inbox/.noise"
        for _ in range(max(0, most_events() - count) // 2 + 1000):
            # Two events that are not alike: the kernel keeps one of many that are.
            open(noise, "w").close()
            os.remove(noise)
        self.daemon.send_signal(signal.SIGCONT)
        self.state["lost_events"] += 1

    def restarts(self, goal):
        """Ends and starts the daemon now and then until the burst is nearly done."""
        start = self.settled()
        marks = sorted(self.chance.uniform(0.05, 0.95) for _ in range(RESTARTS))
        for place, mark in enumerate(marks):
            if not self.wait(start + int(mark * (goal - start))):
                return
            how = signal.SIGTERM if place % 2 else signal.SIGKILL
            self.state["terms" if place % 2 else "kills"] += 1
            self.save()
            self.end(how)
            self.start()

    def run(self):
        self.dropped = self.found()
        self.start()
        if "first" not in self.state["probes"]:
            self.drop(min(200, PROBE))
            self.wait(self.dropped)
            self.state["probes"]["first"] = self.probe("first")
            self.save()
        while self.dropped < JOBS - 2 * PROBE and not self.is_late() and self.daemon.poll() is None:
            count = min(BURST, JOBS - 2 * PROBE - self.dropped)
            calm = self.dropped >= CALM * JOBS
            if calm and self.calm_from is None:
                self.end(signal.SIGTERM)
                self.start()
                self.calm_from = self.dropped
            self.burst(count)
            if not calm:
                self.restarts(self.dropped)
            if not self.wait(self.dropped):
                break
        # Where time was over before, the next run compares.
        is_whole = self.dropped >= JOBS - 2 * PROBE and self.settled() == self.dropped
        if self.daemon.poll() is None and is_whole:
            self.state["probes"]["last"] = self.compare()
            self.save()
        if self.daemon.poll() is None:
            self.end(signal.SIGTERM)

    def compare(self):
        """The last probe, against the first."""
        first, last = self.state["probes"].get("first"), None
        if not first:
            return None
        for _ in range(TRIES):
            found = self.probe("last")
            if not found:
                return None
            last = {key: min(found[key], (last or found)[key]) for key in found}
            if all(last[key] <= MOST_GROWTH * first[key] for key in ("cpu", "calls")):
                break
        for key, what in (("cpu", "processor time"), ("calls", "system calls")):
            if last[key] > MOST_GROWTH * first[key]:
                self.finds.add("soak", ["a job's %s grew from %.2f to %.2f" % (what, first[key], last[key])])
        return last

    def found(self):
        """How many were dropped by an earlier run of this suite; they come to an end first."""
        if not os.path.exists(self.spool.path + "/.darkroom"):
            return 0
        self.spool.run(limit=1800)
        numbers = [int(name[1:7]) for outcome in OUTCOMES for name in self.spool.files(outcome)]
        return max(numbers, default=-1) + 1

    # The account

    def check(self):
        wrong = []
        places = collections.defaultdict(list)
        for outcome in OUTCOMES:
            for name in self.spool.files(outcome):
                places[int(name[1:7])].append((outcome, name))
        for number in range(self.dropped):
            if len(places[number]) != 1:
                wrong.append("job %d has %d outcomes: %s" % (number, len(places[number]), places[number]))
        if sum(map(len, places.values())) != self.dropped:
            wrong.append("%d outcomes of %d jobs" % (sum(map(len, places.values())), self.dropped))
        asked = self.simulator.accepted()
        counts, unknown = collections.Counter(), 0
        for number, found in places.items():
            for outcome, name in found:
                counts[outcome] += 1
                requests = asked.pop(hashlib.sha256(self.prompt(number).encode()).hexdigest(), 0)
                wrong += self.outcome_violations(number, outcome, name, requests)
                unknown += outcome == "held"
        if asked:
            wrong.append("%d requests belong to no job" % sum(asked.values()))
        if unknown > self.state["kills"] * CONCURRENCY:
            wrong.append("%d jobs are held after %d kills" % (unknown, self.state["kills"]))
        wrong += self.ledger_violations(counts)
        return wrong, counts

    def outcome_violations(self, number, outcome, name, requests):
        place = "%s/%s/%s" % (self.spool.path, outcome, name)
        try:
            with open(place + "/status.json") as file:
                status = json.load(file)
        except (OSError, ValueError) as error:
            return ["%s: no readable status: %s" % (name, error)]
        reason = (status.get("reason") or {}).get("code")
        if self.is_bad(number):
            good = outcome == "failed" and reason == "invalid_manifest" and requests == 0
            return [] if good else ["%s is a bad job, ended as %s (%s), %d requests" % (name, outcome, reason, requests)]
        if outcome == "held":
            good = reason == "outcome_unknown" and requests <= 1
            return [] if good else ["%s is held as %s, %d requests" % (name, reason, requests)]
        if outcome != "done":
            return ["%s failed: %s" % (name, status.get("reason"))]
        wrong = [] if requests == 1 else ["%s was bought %d times" % (name, requests)]
        picture = "%s-1.jpg" % name
        if sorted(os.listdir(place)) != sorted([picture, picture + ".json", "status.json"]):
            return wrong + ["%s holds %s" % (name, sorted(os.listdir(place)))]
        with open(place + "/" + picture, "rb") as file:
            data = file.read()
        if hashlib.sha256(data).hexdigest() != status["outputs"][0]["sha256"] or not jpeg_is_whole(data):
            wrong.append("%s: its picture is not the one that was made" % name)
        return wrong

    def ledger_violations(self, counts):
        wrong = []
        rows = dict(self.spool.rows("SELECT state, count(*) FROM job GROUP BY state"))
        if rows != {key: count for key, count in counts.items() if count}:
            wrong.append("the ledger counts %s, the folders %s" % (rows, dict(counts)))
        open_rows = self.spool.rows("SELECT count(*) FROM job WHERE owner IS NOT NULL OR staged IS NOT NULL")
        if open_rows and open_rows[0][0]:
            wrong.append("%d jobs have an owner or are staged" % open_rows[0][0])
        for private in ("staging", "claims"):
            if self.spool.files(".darkroom/" + private):
                wrong.append("%s holds %d names" % (private, len(self.spool.files(".darkroom/" + private))))
        if self.spool.files("inbox"):
            wrong.append("the inbox holds %d names" % len(self.spool.files("inbox")))
        told = self.log_lines(b"events were lost")
        if told < self.state["lost_events"]:
            wrong.append("events were lost %d times, and the log says so %d times" % (self.state["lost_events"], told))
        return wrong + blob_violations(self.spool)

    def log_lines(self, word):
        with open(self.spool.log, "rb") as file:
            return sum(word in line for line in file)


def main():
    kept = os.environ.get("STATE")
    folder = kept or tempfile.mkdtemp(prefix="soak-")
    os.makedirs(folder, exist_ok=True)
    finds = Finds()
    soak = Soak(folder, finds)
    try:
        soak.run()
        # Work files that a kill left without a row are gone after one more start.
        soak.spool.run(limit=1800)
        wrong, counts = soak.check()
        finds.add("soak", wrong[:50] + (["%d more" % (len(wrong) - 50)] if len(wrong) > 50 else []), soak.spool)
        growth = memory_growth(soak, finds)
        print("%d of %d jobs in, %d done, %d failed, %d held; %d kills, %d ends by TERM, %d times events were lost; %s; "
              "seed %d; %.0f s" % (
                  soak.dropped, JOBS, counts["done"], counts["failed"], counts["held"], soak.state["kills"],
                  soak.state["terms"], soak.state["lost_events"], growth, SEED, time.monotonic() - soak.begun), flush=True)
    finally:
        if soak.daemon and soak.daemon.poll() is None:
            soak.daemon.kill()
        soak.simulator.stop()
        if not kept:
            shutil.rmtree(folder, ignore_errors=True)
    finds.end("soak")


def memory_growth(soak, finds):
    first, last = soak.state["probes"].get("first"), soak.state["probes"].get("last")
    text = "no comparison of the first and the last jobs"
    if first and last:
        text = "last %d jobs to first: processor %.2f, system calls %.2f, memory %.2f" % (
            PROBE, last["cpu"] / first["cpu"], last["calls"] / first["calls"], last["memory"] / first["memory"])
    if soak.memory:
        # The first third is what it takes to hold a burst at all.
        begin, end = soak.memory[0][0], soak.memory[-1][0]
        thirds = [[megabytes for now, megabytes in soak.memory
                   if begin + (end - begin) * part / 3 <= now <= begin + (end - begin) * (part + 1) / 3] for part in range(3)]
        middle, last = (statistics.median(third or [0]) for third in thirds[1:])
        text += ", own memory of the daemon left alone %.0f MB, then %.0f MB" % (middle, last)
        if middle and last > MOST_GROWTH * middle + 4:
            finds.add("soak", ["the daemon's own memory grew from %.0f to %.0f MB" % (middle, last)])
    return text


if __name__ == "__main__":
    sys.exit(main())
