"""Lets chosen system calls of the daemon fail, and checks that it ends well, waits or fails with a reason; never a
wrong success, never a drain without end."""

import errno
import os
import shutil
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

from crash import Finds, Simulator, Spool, breaker, marked_photo, read_counts, violations

BUDGET = float(os.environ.get("SECONDS_AT_MOST", "400"))
# Call, errors, and how many calls fail in a row.
CASES = [
    ("fsync", [errno.EIO, errno.ENOSPC, errno.EDQUOT], [1, 6]),
    ("pwrite", [errno.EIO, errno.ENOSPC, errno.EDQUOT], [1, 10]),
    ("write", [errno.ENOSPC, errno.EIO, errno.EDQUOT], [1, 10]),
    ("rename", [errno.EIO, errno.ENOSPC, errno.EDQUOT], [1, 4]),
    ("create", [errno.EMFILE, errno.ENOSPC, errno.EIO, errno.EDQUOT], [1, 4]),
    ("open", [errno.EMFILE, errno.EIO], [1, 4]),
    ("blob", [errno.EMFILE, errno.EIO], [1, 3]),
    ("unlink", [errno.EIO], [1, 3]),
    ("mkdir", [errno.ENOSPC, errno.EDQUOT], [1, 2]),
]
# What a good job may fail with when this machine failed; anything else is a wrong reason.
MAY_FAIL = {"internal", "output_failed", "disk_full", "not_sent"}
# Ten tries at 15 s, or two minutes without any progress.
LIMIT = 180
ONLY = os.environ.get("KINDS", "").split()
ERRORS = os.environ.get("ERRORS", "").split()


def new_spool(folder, simulator, name, retention):
    spool = Spool(os.path.join(folder, name), simulator.url, retention)
    spool.drop("alone", text=True)
    spool.drop("edit", references=[marked_photo()])
    spool.drop("pair", count=2)
    return spool


def one(folder, library, simulator, finds, number, point):
    kind, place, error, times = point
    where = "%s %d %s x%d" % (kind, place, errno.errorcode[error], times)
    retention = "0s" if number % 3 == 0 else "24h"
    spool = new_spool(folder, simulator, "point-%d" % number, retention)
    environment = {"LD_PRELOAD": library, "BREAK_COUNTS": spool.folder + "/counts", "BREAK_KIND": kind,
                   "BREAK_AT": str(place), "BREAK_HOW": str(error), "BREAK_TIMES": str(times)}
    started = time.monotonic()
    code = spool.run(environment=environment, limit=LIMIT)
    took = time.monotonic() - started
    if code is None:
        finds.add(where, ["drain did not end within %d s" % LIMIT], spool)
    elif code < 0:
        finds.add(where, ["drain died of signal %d" % -code], spool)
    durable = spool.durable_answers()
    if spool.run(limit=60) is None:
        finds.add(where, ["the drain after it did not end within 60 s"], spool)
    spool.run(limit=60)
    finds.add(where, violations(spool, simulator, times, durable, may_fail=MAY_FAIL), spool)
    ends = "%d done, %d failed, %d held" % tuple(len(spool.files(f)) for f in ("done", "failed", "held"))
    print("%-24s exit %s in %4.1f s: %s" % (where, code, took, ends), flush=True)
    shutil.rmtree(spool.folder)


def unread(folder, library, simulator, name):
    """A spool whose daemon was killed when an answer was whole on the disk and not read yet; nil when none was met."""
    # On a busy machine the same call is met at another moment each time.
    for number in 3 * list(range(30, 110)):
        spool = Spool(os.path.join(folder, name), simulator.url)
        spool.drop("pair", count=2)
        spool.run(environment={"LD_PRELOAD": library, "BREAK_COUNTS": spool.folder + "/counts", "BREAK_KIND": "fsync",
                               "BREAK_AT": str(number), "BREAK_HOW": "kill"})
        durable = spool.durable_answers("'intent'")
        if durable:
            return spool, durable
        shutil.rmtree(spool.folder)
    return None, []


def recovery(folder, library, simulator, finds, place):
    """The first try to read a durable answer fails: it is read later, not given up."""
    where = "recovery, blob %d EMFILE" % place
    spool, durable = unread(folder, library, simulator, "recovery-%d" % place)
    if spool is None:
        finds.add(where, ["no kill left a durable answer unread"])
        return
    environment = {"LD_PRELOAD": library, "BREAK_COUNTS": spool.folder + "/counts", "BREAK_KIND": "blob",
                   "BREAK_AT": str(place), "BREAK_HOW": str(errno.EMFILE), "BREAK_TIMES": "1"}
    code = spool.run(environment=environment, limit=LIMIT)
    if code is None:
        finds.add(where, ["drain did not end within %d s" % LIMIT], spool)
    spool.run(limit=60)
    spool.run(limit=60)
    finds.add(where, violations(spool, simulator, 1, durable, may_fail=MAY_FAIL), spool)
    print("%-24s exit %s" % (where, code), flush=True)
    shutil.rmtree(spool.folder)


def main():
    folder = tempfile.mkdtemp(prefix="faults-")
    finds = Finds()
    simulator = Simulator(folder)
    try:
        library = breaker(folder)
        new_spool(folder, simulator, "warm", "24h").run()
        spool = new_spool(folder, simulator, "count", "24h")
        spool.run(environment={"LD_PRELOAD": library, "BREAK_COUNTS": spool.folder + "/counts"})
        counts = read_counts(spool.folder + "/counts")
        points = []
        each = int(os.environ.get("POINTS", "7"))
        for kind, errors, lengths in CASES:
            errors = [error for error in errors if not ERRORS or errno.errorcode[error] in ERRORS]
            if not errors or (ONLY and kind not in ONLY):
                continue
            start = int(os.environ.get("START", int(time.time() / 86400)))
            for index in range(each):
                place = 1 + (int(counts[kind] * (index + 0.5) / each) + start) % max(1, counts[kind])
                points.append((kind, place, errors[index % len(errors)], lengths[(index // len(errors)) % len(lengths)]))
        recoveries = range(1, 9) if not ONLY or "recovery" in ONLY else []
        # Most of the time is spent waiting for the next try: several at once.
        begun = time.monotonic()
        with ThreadPoolExecutor(5) as several:
            def run(number, point):
                if time.monotonic() - begun > BUDGET:
                    print("left out: %s" % (point,), flush=True)
                else:
                    one(folder, library, simulator, finds, number, point)
            for end in [several.submit(recovery, folder, library, simulator, finds, place) for place in recoveries]:
                end.result()
            for end in [several.submit(run, number, point) for number, point in enumerate(points)]:
                end.result()
    finally:
        simulator.stop()
        shutil.rmtree(folder, ignore_errors=True)
    finds.end("faults")


if __name__ == "__main__":
    sys.exit(main())
