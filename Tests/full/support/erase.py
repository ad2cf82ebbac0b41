"""Erases subjects, killed at each system call, and checks that all of one is gone and nothing of anybody else."""

import hashlib
import io
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import zipfile

from crash import ENVIRONMENT, Finds, Simulator, Spool, breaker, marked_photo, program, read_counts

BUDGET = float(os.environ.get("SECONDS_AT_MOST", "240"))
ALL = os.environ.get("ALL") == "1"
JOBS = int(os.environ.get("JOBS", "1000"))
SUBJECTS = int(os.environ.get("SUBJECTS", "100"))
KINDS = ["fsync", "rename", "unlink", "pwrite", "write", "create", "mkdir"]


def call(spool, *words, environment=None, limit=120):
    return subprocess.run([program(), *words, "--config", spool.config], capture_output=True, timeout=limit,
                          env={**ENVIRONMENT, **(environment or {})})


def ledger(spool, sql):
    return spool.rows(sql)


def outcomes(spool, prefix=None, but=None):
    """Digests of what stands in the outcome folders."""
    found = {}
    for outcome in ("done", "failed", "held"):
        top = os.path.join(spool.path, outcome)
        for job in os.listdir(top):
            if (prefix and not job.startswith(prefix)) or (but and job.startswith(but)):
                continue
            for file in os.listdir(os.path.join(top, job)):
                path = os.path.join(top, job, file)
                found[os.path.join(outcome, job, file)] = hashlib.sha256(open(path, "rb").read()).hexdigest()
    return found


def holding(spool, needles):
    """Files below the spool, with names that hold or contain one of the needles."""
    found = []
    for folder, folders, files in os.walk(spool.path):
        for name in folders + files:
            path = os.path.join(folder, name)
            if any(needle.decode() in name for needle in needles):
                found.append(path)
            elif name in files:
                data = open(path, "rb").read()
                found += [path for needle in needles if needle in data][:1]
    return [os.path.relpath(path, spool.path) for path in found]


def broken(spool, needles, others, own):
    """What is not as it has to be after an erasure."""
    faults = ["%s still holds something of the subject" % path for path in holding(spool, needles)]
    if outcomes(spool, prefix=own):
        faults.append("outcome folders of the subject are there")
    if outcomes(spool, but=own) != others:
        faults.append("outcome folders of others have changed")
    states = ledger(spool, "SELECT state FROM request WHERE verb = 'erase'")
    if not states or any(state != ("closed",) for state in states):
        faults.append("the request stands at %s" % states)
    if os.listdir(spool.path + "/.darkroom/staging"):
        faults.append("something is left in staging")
    for words in (("audit", "verify"), ("account", "check")):
        checked = call(spool, *words)
        if checked.returncode:
            faults.append("%s: %s" % (" ".join(words), checked.stdout.decode()[:300]))
    key = call(spool, "audit", "show", "key").stdout.decode().strip()
    folder = spool.path + "/.darkroom/receipts"
    receipts = os.listdir(folder) if os.path.exists(folder) else []
    if not receipts:
        faults.append("there is no receipt")
    for name in receipts:
        path = folder + "/" + name
        if not name.endswith(".json"):
            faults.append("half a receipt is left")
        elif call(spool, "audit", "verify", "--receipt", path, "--key", key).returncode:
            faults.append("the receipt is not good")
    return faults


# MARK: killed at each call


def template(folder, simulator):
    spool = Spool(os.path.join(folder, "template"), simulator.url)
    for subject in ("ann", "bob"):
        for number in (1, 2):
            spool.drop("%s-%d" % (subject, number), references=[marked_photo()] if number == 1 else [])
            path = spool.path + "/inbox/%s-%d/job.json" % (subject, number)
            manifest = json.load(open(path))
            manifest["subject"] = subject + "@canary"
            json.dump(manifest, open(path, "w"))
    assert spool.run() == 0
    for words in (["amend", "ann@canary", "--set", "label=CANARYLABEL"], ["amend", "bob@canary", "--set", "label=BOB"]):
        assert call(spool, "subject", *words).returncode == 0
    return spool


def copy(spool, folder):
    """The same spool elsewhere; its paths stand in its configuration only."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(spool.folder, folder, symlinks=True)
    other = Spool.__new__(Spool)
    other.__dict__.update(spool.__dict__)
    other.folder, other.path = folder, folder + "/spool"
    other.config, other.log = folder + "/darkroom.json5", folder + "/daemon.log"
    text = open(other.config).read().replace(spool.path, other.path)
    open(other.config, "w").write(text)
    return other


def killed(folder, library, first, needles, others, finds, number, point):
    kind, place, how = point
    spool = copy(first, folder + "/one")
    code = call(spool, "subject", "erase", "ann@canary", environment={
        "LD_PRELOAD": library, "BREAK_KIND": kind, "BREAK_AT": str(place), "BREAK_HOW": how}).returncode
    # Whoever comes next: the command again, a sweep, or the daemon.
    begun = ledger(spool, "SELECT 1 FROM request WHERE verb = 'erase'")
    ways = [("subject", "erase", "ann@canary"), ("sweep",), ("drain",)]
    way = ways[number % 3] if begun else ways[0]
    ended = call(spool, *way)
    if ended.returncode not in (0, 65) or (way[0] == "subject" and not begun and ended.returncode):
        finds.add(str(point), ["%s ended with %d: %s" % (way, ended.returncode, ended.stderr.decode()[-300:])], spool)
    finds.add("%s then %s" % (point, way[0]), broken(spool, needles, others, "ann"), spool)
    return code == -9


def sweep_of_kills(folder, library, simulator, finds):
    first = template(folder, simulator)
    reference = ledger(first, "SELECT subject_ref FROM job WHERE id = 'ann-1'")[0][0]
    digests = [row[0] for row in ledger(first, "SELECT sha256 FROM output WHERE job LIKE 'ann-%'")]
    needles = [b"ann@canary", reference.encode(), b"CANARYLABEL"] + [digest.encode() for digest in digests]
    others = outcomes(first, but="ann")
    counted = copy(first, folder + "/count")
    started = time.monotonic()
    counts_file = folder + "/counts"
    assert call(counted, "subject", "erase", "ann@canary",
                environment={"LD_PRELOAD": library, "BREAK_COUNTS": counts_file}).returncode == 0
    finds.add("without a kill", broken(counted, needles, others, "ann"), counted)
    each = (time.monotonic() - started) * 1.8
    counts = read_counts(counts_file)
    points = [(kind, n, how) for kind in KINDS for n in range(1, counts[kind] + 1)
              for how in (["kill", "half"] if kind in ("write", "pwrite") else ["kill"])]
    step = 1 if ALL else max(1, round(len(points) * each / BUDGET))
    chosen = points[int(time.time() / 86400) % step::step]
    print("%s calls; %d of %d points" % (counts, len(chosen), len(points)), flush=True)
    kills = sum(killed(folder, library, first, needles, others, finds, number, point)
                for number, point in enumerate(chosen))
    print("%d kills" % kills, flush=True)
    if kills < len(chosen) // 2:
        finds.add("the sweep of kills", ["only %d kills met at %d points" % (kills, len(chosen))])


# MARK: one of a hundred among a thousand


def one_of_many(folder, simulator, finds):
    spool = Spool(os.path.join(folder, "many"), simulator.url, concurrency=16)
    each = JOBS // SUBJECTS
    with open(spool.path + "/inbox/.all", "w") as file:
        for number in range(each):
            for subject in range(SUBJECTS):
                file.write(json.dumps({
                    "prompt": "MARK-OF-%d picture %d" % (subject, number), "id": "s%d-%d" % (subject, number),
                    "subject": "person-%d@canary" % subject, "output": {"size": "native", "format": "jpeg"}}) + "\n")
    os.rename(spool.path + "/inbox/.all", spool.path + "/inbox/all.jsonl")
    started = time.monotonic()
    code = spool.run(limit=1200)
    print("%d jobs of %d subjects in %.0f s" % (JOBS, SUBJECTS, time.monotonic() - started), flush=True)
    if code != 0:
        return finds.add("the jobs", ["drain ended with %s" % code], spool)
    chosen = SUBJECTS // 2
    name, own = "person-%d@canary" % chosen, "s%d-" % chosen
    reference = ledger(spool, "SELECT subject_ref FROM job WHERE id = '%s0'" % own)[0][0]
    others, mine = outcomes(spool, but=own), outcomes(spool, prefix=own)
    rows = "SELECT * FROM job WHERE id NOT LIKE '%s%%' ORDER BY id" % own
    before = ledger(spool, rows)
    exported = call(spool, "subject", "export", name, "-o", "-")
    package = zipfile.ZipFile(io.BytesIO(exported.stdout))
    manifest = json.loads(package.read("manifest.json"))
    faults = [] if package.testzip() is None else ["the package is torn"]
    if sorted(job["id"] for job in manifest["jobs"]) != sorted(own + str(number) for number in range(each)):
        faults.append("the package does not hold every job")
    for path, digest in mine.items():
        if hashlib.sha256(package.read("jobs/" + path.split("/", 1)[1])).hexdigest() != digest:
            faults.append("%s is another file in the package" % path)
    kills = 0
    while True:
        process = subprocess.Popen([program(), "subject", "erase", name, "--config", spool.config],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=ENVIRONMENT)
        try:
            process.wait(0.02 + random.random() * 0.1 + kills * 0.01)
            break
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            kills += 1
    call(spool, "sweep")
    faults += broken(spool, [name.encode(), reference.encode(), b"MARK-OF-%d " % chosen], others, own)
    if ledger(spool, rows) != before:
        faults.append("rows of other subjects' jobs have changed")
    print("one of %d erased, after %d kills" % (SUBJECTS, kills))
    finds.add("one of many", faults, spool)


def main():
    folder = tempfile.mkdtemp(prefix="erase-")
    finds = Finds()
    simulator = Simulator(folder)
    try:
        sweep_of_kills(folder, breaker(folder), simulator, finds)
        one_of_many(folder, simulator, finds)
    finally:
        simulator.stop()
        shutil.rmtree(folder, ignore_errors=True)
    finds.end("erase")


if __name__ == "__main__":
    sys.exit(main())
