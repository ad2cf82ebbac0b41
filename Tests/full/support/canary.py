"""Kills a drain at chosen system calls, and looks for what should be gone once every job has come to its end and deadline."""

import math
import os
import shutil
import subprocess
import sys
import tempfile
import time

from crash import ENVIRONMENT, Finds, Simulator, breaker, marks_in, program, violations
from kill_sweep import at, counted, new_spool

BUDGET = float(os.environ.get("SECONDS_AT_MOST", "120"))
ALL = os.environ.get("ALL") == "1"
# The calls that make a step of a job's life durable, and those that send it away.
KINDS = os.environ.get("KINDS", "").split() or ["create", "rename", "unlink", "fsync", "send", "link", "mkdir"]


def verb(spool, *words):
    return subprocess.run([program(), *words, "--config", spool.config], capture_output=True, env=ENVIRONMENT, timeout=60)


def lives_on(spool):
    """What is left of jobs that have all settled, with nothing kept after that."""
    wrong = []
    for kind in ("blobs", "keys", "claims", "staging"):
        files = spool.files(".darkroom/" + kind)
        if files:
            wrong.append("%s holds %d files" % (kind, len(files)))
    for folder, _, files in os.walk(spool.folder):
        for file in files:
            path = os.path.join(folder, file)
            # Memory mapped by the library that kills, and nobody else's.
            if file != "counts":
                data = open(path, "rb").read() + b"\0" + file.encode()
                wrong += ["%s stands in %s" % (mark, os.path.relpath(path, spool.folder)) for mark in marks_in(data)]
    for mark in ("PROMPTMARK", "NAMEMARK", "METAMARK"):
        found = verb(spool, "prove", mark)
        if found.returncode != 0:
            wrong.append("prove finds %s: %s%s" % (mark, found.stdout.decode(), found.stderr.decode()))
    return wrong


def one(folder, library, simulator, finds, point):
    kind, place = point
    spool = new_spool(folder, simulator, "one", "0s")
    killed = spool.run(environment=at(library, spool, kind, place, "kill")) == -9
    durable = spool.durable_answers() if killed else []
    spool.run()
    where = "%s %d" % point
    finds.add(where, violations(spool, simulator, int(killed), durable), spool)
    for job in spool.files("held"):
        verb(spool, "release", "--give-up", job)
    spool.run()
    verb(spool, "sweep")
    finds.add(where, lives_on(spool), spool)
    shutil.rmtree(spool.folder)
    return killed


def main():
    folder = tempfile.mkdtemp(prefix="canary-")
    finds = Finds()
    simulator = Simulator(folder)
    try:
        library = breaker(folder)
        counts = counted(folder, library, simulator, "0s")
        points = [(kind, place) for kind in KINDS for place in range(1, counts[kind] + 2)]
        started = time.monotonic()
        one(folder, library, simulator, finds, points[0])
        each = time.monotonic() - started
        step = 1 if ALL else max(1, math.ceil(len(points) * each / BUDGET))
        chosen = points[int(os.environ.get("START", int(time.time() / 86400))) % step :: step]
        print("%d of %d points, about %.1f s each" % (len(chosen), len(points), each), flush=True)
        kills = sum(one(folder, library, simulator, finds, point) for point in chosen)
        print("%d kills" % kills)
        if kills < len(chosen) // 3:
            finds.add("the suite itself", ["only %d kills met at %d points" % (kills, len(chosen))])
    finally:
        simulator.stop()
        shutil.rmtree(folder, ignore_errors=True)
    finds.end("canary")


if __name__ == "__main__":
    sys.exit(main())
