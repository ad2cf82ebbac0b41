#!/usr/bin/env python3
"""Hands hostile files to the program and tells what became of them; hostile.sh says how to call it."""

import collections
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "support")]
import judges  # noqa: E402
from crash import ENVIRONMENT, SAMPLE, TOP, Simulator, Spool  # noqa: E402

os.environ.setdefault("DARKROOM", os.path.join(TOP, ".build/debug/darkroom"))
DARKROOM = os.environ["DARKROOM"]
SECONDS = 1.0
MEMORY = 64_000_000
MARK = b"HOSTILEMARK"
# What a reason may be when a picture is refused.
CODES = {"reference_unreadable", "reference_too_large"}


class Findings:
    def __init__(self):
        self.lines = []
        self.counts = collections.Counter()

    def add(self, entry, text):
        self.lines.append("%s (%s): %s" % (entry["file"], entry["why"], text))
        print("FINDING", self.lines[-1], flush=True)


def measured(command, folder):
    """Exit code or minus signal, output, errors, processor seconds and largest memory of the process and its workers."""
    with open(folder + "/out", "w+b") as out, open(folder + "/err", "w+b") as err:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=ENVIRONMENT, cwd=folder)
        started = time.monotonic()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0), err.seek(0)
        return (process.returncode, out.read().decode(errors="replace"), err.read().decode(errors="replace"),
                used.ru_utime + used.ru_stime, used.ru_maxrss * 1024, time.monotonic() - started)


def through_verb(files, index, findings, scratch):
    """Each file alone through `darkroom normalize`, under its own odd name where it has one."""
    work = scratch + "/work"
    os.makedirs(work)
    shutil.copy(SAMPLE, work + "/good.jpg")
    base = [measured([DARKROOM, "normalize", "./good.jpg", "-o", "base.jpg", "--max-edge", "64"], work)[4] for _ in range(3)]
    base = sorted(base)[1]
    worst_time = worst_memory = 0
    for entry in index:
        source = os.path.join(files, entry["file"])
        name = entry["name"].replace("/", "_") if entry["fate"] == "accept" else "in" + os.path.splitext(entry["name"])[1]
        path = work + "/" + name
        os.link(source, path)
        result = work + "/result.png"
        if os.path.exists(result):
            os.unlink(result)
        code, out, err, spent, memory, wall = measured([DARKROOM, "normalize", "./" + name, "-o", "result.png"], work)
        growth = memory - base - entry["bytes"]
        taken = code == 0
        findings.counts["verb: " + ("taken" if taken else "refused")] += 1
        if code not in (0, 65):
            findings.add(entry, "verb: ended with %d: %s" % (code, err.strip()[:200]))
        if not taken and (os.path.exists(result) or not err.strip()):
            findings.add(entry, "verb: refused, but %s" % ("wrote a result" if os.path.exists(result) else "said nothing"))
        judge(entry, source, taken, err, findings)
        if taken:
            if subprocess.run([DARKROOM, "inspect", result], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=ENVIRONMENT, check=False).returncode:
                findings.add(entry, "verb: the result is not clean")
            if MARK in open(result, "rb").read():
                findings.add(entry, "verb: the result carries what was hidden in the file")
        if entry["fate"] in ("large", "bounded", "refuse"):
            worst_time, worst_memory = max(worst_time, spent), max(worst_memory, growth)
            if spent > SECONDS:
                findings.add(entry, "verb: %.2f s of processor time (%s)" % (spent, "taken" if taken else err.strip()[:120]))
            if growth > MEMORY:
                findings.add(entry, "verb: %d MB beyond a small picture and the file itself (%s)" % (growth // 1_000_000, "taken" if taken else "refused"))
        elif wall > 20:
            findings.add(entry, "verb: %.0f s" % wall)
        os.unlink(path)
    # A name with libvips' or ImageMagick's options behind it names no file.
    for name in ("./good.jpg[shrink=8]", "./good.jpg[0]", "jpeg:good.jpg"):
        code = measured([DARKROOM, "normalize", name, "-o", "result.png"], work)[0]
        if code != 74:
            findings.add({"file": name, "why": "a file's name with options"}, "verb: ended with %d, not 74" % code)
    print("verb: worst of the bounded ones: %.2f s processor time, %d MB beyond a small picture" % (worst_time, worst_memory // 1_000_000))


def judge(entry, source, taken, said, findings):
    fate = entry["fate"]
    if fate in ("large", "refuse") and taken:
        findings.add(entry, "taken; others say %s" % judges.verdicts(source))
    if fate == "accept" and not taken:
        findings.add(entry, "refused: %s" % said.strip()[:200])
    if fate == "judged" and taken:
        verdicts = judges.verdicts(source)
        said = [verdict for verdict in verdicts.values() if verdict is not None]
        # HEIF has no check sums: a changed pixel or list is another picture to one decoder and an error to the next.
        if not all(said) and not (judges.container(source) == "heif" and any(said)):
            findings.add(entry, "taken, but not by all others: %s" % verdicts)
        findings.counts["damaged, taken by all"] += 1


def through_daemon(files, index, findings, scratch):
    """All of them through the inbox of one running daemon, a good job after every fiftieth."""
    simulator = Simulator(scratch)
    spool = Spool(scratch + "/daemon", simulator.url, workers=2) if os.makedirs(scratch + "/daemon") is None else None
    daemon = spool.start("run")
    photo = open(SAMPLE, "rb").read()
    good, bad = [], {}
    try:
        for number, entry in enumerate(index):
            job = "h%04d" % number
            making = spool.folder + "/making/" + job
            os.makedirs(making)
            name = entry["name"].replace("/", "_") if entry["fate"] == "accept" else "in" + os.path.splitext(entry["name"])[1]
            # A copy: a file that has a second name is refused for that already.
            shutil.copyfile(os.path.join(files, entry["file"]), os.path.join(making, name))
            with open(making + "/job.json", "w") as file:
                json.dump({"prompt": "x " + job, "id": job, "references": [name], "output": {"size": "native", "format": "jpeg"}}, file)
            os.rename(making, spool.path + "/inbox/" + job)
            bad[job] = entry
            if number % 50 == 25:
                good.append("good-%d" % number)
                spool.drop(good[-1], references=[photo])
            # Never so many waiting that the inbox itself is the load.
            while unsettled(spool, bad, good) > 60 and daemon.poll() is None:
                time.sleep(0.2)
        limit = time.monotonic() + 600
        while unsettled(spool, bad, good) and time.monotonic() < limit and daemon.poll() is None:
            time.sleep(0.2)
        settle(spool, bad, good, daemon, findings)
        good.append("good-last")
        spool.drop(good[-1], references=[photo])
        limit = time.monotonic() + 60
        while not os.path.exists(spool.path + "/done/good-last") and time.monotonic() < limit:
            time.sleep(0.2)
        if not os.path.exists(spool.path + "/done/good-last"):
            findings.add({"file": "daemon", "why": "all of them"}, "a good job is not done afterwards")
    finally:
        if daemon.poll() is None:
            daemon.terminate()
            if daemon.wait(60) != 0:
                findings.add({"file": "daemon", "why": "all of them"}, "the daemon ended with %s" % daemon.returncode)
        simulator.stop()


def unsettled(spool, bad, good):
    settled = set(os.listdir(spool.path + "/done") + os.listdir(spool.path + "/failed")) if os.path.exists(spool.path + "/failed") else set()
    return sum(1 for job in list(bad) + good if job not in settled)


def settle(spool, bad, good, daemon, findings):
    if daemon.poll() is not None:
        findings.add({"file": "daemon", "why": "all of them"}, "the daemon died: %s" % daemon.returncode)
    for job in good:
        if not os.path.exists(spool.path + "/done/" + job):
            findings.add({"file": job, "why": "a good job among the others"}, "daemon: not done")
    for job, entry in bad.items():
        done, failed = (os.path.exists("%s/%s/%s" % (spool.path, place, job)) for place in ("done", "failed"))
        findings.counts["daemon: " + ("done" if done else "failed" if failed else "lost")] += 1
        if not done and not failed:
            findings.add(entry, "daemon: the job neither failed nor is done")
        if failed:
            reason = json.load(open("%s/failed/%s/status.json" % (spool.path, job)))["reason"]
            if entry["fate"] == "accept":
                # A daemon may be stricter with names than a person at a terminal; it must say so.
                if reason["code"] != "invalid_manifest" or reason.get("field") != "references[0]":
                    findings.add(entry, "daemon: refused a good picture: %s" % reason)
            elif reason["code"] not in CODES:
                findings.add(entry, "daemon: %s: %s" % (reason["code"], reason["message"][:160]))
        if done and entry["fate"] in ("large", "refuse"):
            findings.add(entry, "daemon: taken")


def main():
    flips = os.environ.get("FLIPS", "200")
    only = os.environ.get("ONLY", "")
    findings = Findings()
    with tempfile.TemporaryDirectory(prefix="darkroom-hostile-") as scratch:
        files = scratch + "/files"
        subprocess.run([sys.executable, "-B", HERE + "/make.py", files, "--flips", flips], check=True)
        index = [entry for entry in json.load(open(files + "/index.json")) if only in entry["name"]]
        parts = os.environ.get("PARTS", "verb daemon").split()
        if "verb" in parts:
            through_verb(files, index, findings, scratch)
        if "daemon" in parts:
            through_daemon(files, index, findings, scratch)
    for planted in ("/tmp/darkroom-hostile-msl", "/tmp/darkroom-hostile-script"):
        if os.path.exists(planted):
            findings.add({"file": planted, "why": "a script in a picture"}, "was carried out")
    print(", ".join("%s %d" % pair for pair in sorted(findings.counts.items())))
    print("%d files, %d findings" % (len(index), len(findings.lines)))
    return 1 if findings.lines else 0


sys.exit(main())
