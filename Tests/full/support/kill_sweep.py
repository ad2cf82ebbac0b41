"""Kills a drain of three jobs at chosen system calls, drains again, and checks that nothing is lost or bought twice."""

import math
import os
import shutil
import sys
import tempfile
import time

from crash import KINDS, Finds, Simulator, Spool, breaker, marked_photo, marked_png, read_counts, violations

BUDGET = float(os.environ.get("SECONDS_AT_MOST", "330"))
ALL = os.environ.get("ALL") == "1"
ONLY = os.environ.get("KINDS", "").split() or ["rename", "unlink", "fsync", "create", "write", "pwrite", "link", "send",
                                               "recv", "mkdir"]
PICTURES = [marked_photo(), marked_png()]


def new_spool(folder, simulator, name, retention):
    spool = Spool(os.path.join(folder, name), simulator.url, retention)
    spool.drop("alone", text=True)
    spool.drop("edit", references=PICTURES)
    spool.drop("pair", count=2)
    return spool


def counted(folder, library, simulator, retention, first=None):
    """How many calls of each kind one run makes; with `first`, a run after a kill there."""
    spool = new_spool(folder, simulator, "count", retention)
    if first:
        spool.run(environment=at(library, spool, *first))
    file = spool.folder + "/counts"
    spool.run(environment={"LD_PRELOAD": library, "BREAK_COUNTS": file})
    counts = read_counts(file)
    shutil.rmtree(spool.folder)
    return counts


def at(library, spool, kind, number, how):
    return {"LD_PRELOAD": library, "BREAK_COUNTS": spool.folder + "/counts", "BREAK_KIND": kind, "BREAK_AT": str(number),
            "BREAK_HOW": how}


def one(folder, library, simulator, finds, number, point, again):
    kind, place, how = point
    # Every third spool keeps nothing after settling.
    retention = "0s" if number % 3 == 0 else "24h"
    where = "%s %d %s%s" % (kind, place, how, " again" if again else "")
    spool = new_spool(folder, simulator, "one", retention)
    kills = 0
    durable = []
    if spool.run(environment=at(library, spool, kind, place, how)) == -9:
        kills += 1
        durable = spool.durable_answers()
    if again:
        code = spool.run(environment=at(library, spool, *again))
        kills += code == -9
        durable = durable + spool.durable_answers() if code == -9 else durable
    if spool.run() is None:
        finds.add(where, ["drain did not end"], spool)
    finds.add(where, violations(spool, simulator, kills, durable), spool)
    shutil.rmtree(spool.folder)
    return kills


def choose(counts, most):
    """Points of every kind; where there are too many, a kind with many calls gives up more of them."""
    points = {}
    for kind in ONLY:
        points[kind] = [(kind, n, "kill") for n in range(1, counts[kind] + 3)]
        if kind in ("write", "pwrite"):
            points[kind] += [(kind, n, "half") for n in range(1, counts[kind] + 1)]
    share = most / sum(math.sqrt(len(those)) for those in points.values())
    chosen = []
    for those in points.values():
        step = 1 if ALL else max(1, math.ceil(math.sqrt(len(those)) / share))
        # Another start each day finds other points.
        chosen += those[int(os.environ.get("START", int(time.time() / 86400))) % step :: step]
    return chosen


def main():
    folder = tempfile.mkdtemp(prefix="kill-sweep-")
    finds = Finds()
    simulator = Simulator(folder)
    try:
        library = breaker(folder)
        new_spool(folder, simulator, "warm", "24h").run()
        started = time.monotonic()
        counts = counted(folder, library, simulator, "24h")
        each = (time.monotonic() - started) * 1.6
        chosen = choose(counts, BUDGET / each)
        print("%s calls; %d cycles of %.2f s" % (counts, len(chosen), each), flush=True)
        state = os.environ.get("STATE")
        done = set(open(state).read().split("\n")) if state and os.path.exists(state) else set()
        kills = 0
        begun = time.monotonic()
        for number, point in enumerate(chosen):
            if str(point) in done:
                continue
            if not ALL and time.monotonic() - begun > BUDGET * 1.2:
                print("stopped after %d of %d cycles: time is up" % (number, len(chosen)))
                break
            again = None
            if number % 10 == 9:
                kind = ONLY[(number // 10) % len(ONLY)]
                again = (kind, 1 + (number * 7) % max(4, counts[kind] // 2), "kill")
            kills += one(folder, library, simulator, finds, number, point, again)
            if state:
                with open(state, "a") as file:
                    file.write(str(point) + "\n")
        print("%d kills" % kills)
        if chosen and kills < len(chosen) // 3:
            finds.add("the sweep itself", ["only %d kills met in %d cycles" % (kills, len(chosen))])
    finally:
        simulator.stop()
        shutil.rmtree(folder, ignore_errors=True)
    finds.end("kill-sweep")


if __name__ == "__main__":
    sys.exit(main())
