"""Ends a running daemon at random moments while jobs of every sort come in, then drains and checks the invariants."""

import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time

from crash import Finds, Simulator, Spool, marked_photo, violations

KILLS = int(os.environ.get("KILLS", "200"))
JOBS = int(os.environ.get("JOBS", "100"))
LIMIT = float(os.environ.get("SECONDS_AT_MOST", "420"))
FAULTS = float(os.environ.get("FAULTS", "5"))
FALLS_BACK = os.environ.get("FALLBACK", "") == "1"
SEED = int(os.environ.get("SEED", str(int(time.time()))))


# What goes wrong at the model service, each as often as the others: what is asked again (its name says so), what comes to
# nothing, and what is lost on its way.
ANSWERS = {
    "again-overloaded": {"refuse": "overloaded", "retry_after": "1s"},
    "again-rate-limited": {"refuse": "rate_limited", "retry_after": "1s"},
    "again-server-error": {"refuse": "server_error", "retry_after": "1s"},
    "blocked": {"refuse": "content_blocked_output"},
    "malformed": {"spoil": "malformed_json"},
    "no-picture": {"refuse": "no_image_returned"},
    "lost-before": {"reset": "before"},
    "lost-within": {"reset": "within"},
}
MAY_FAIL = ("content_blocked_output", "bad_response", "no_image_returned", "server_error")


def fault_options(folder):
    """FAULTS of a hundred requests meet one of them."""
    if not FAULTS and not FALLS_BACK:
        return []
    path = os.path.join(folder, "faults.json")
    # The first route serves every other request; what it refuses the second one takes over.
    gone = [{"name": "again-gone", "match": {"provider": "microsoft-mai", "percent": 50, "seed": SEED % 10000 + 99},
             "answer": {"refuse": "model_not_found"}}] if FALLS_BACK else []
    with open(path, "w") as file:
        json.dump(gone + [
            {"name": name, "match": {"percent": FAULTS / len(ANSWERS), "seed": SEED % 10000 + place}, "answer": answer}
            for place, (name, answer) in enumerate(ANSWERS.items()) if FAULTS], file)
    return ["--faults", path]


def drop(spool, number):
    """One job in four has a reference, one in five several outputs, one in ten is bad, one in six a plain text."""
    id = "job-%d" % number
    if number % 10 == 7:
        spool.drop(id, bad=True)
    elif number % 6 == 5:
        spool.drop(id, text=True)
    else:
        references = [marked_photo()] if number % 4 == 0 else []
        spool.drop(id, count=3 if number % 5 == 0 else 1, references=references)


def quarantined(spool):
    reasons = []
    for name in spool.files("held"):
        with open("%s/held/%s/status.json" % (spool.path, name)) as file:
            reasons.append((json.load(file).get("reason") or {}).get("code"))
    return reasons.count("quarantined")


def main():
    chance = random.Random(SEED)
    folder = tempfile.mkdtemp(prefix="random-kills-")
    finds = Finds()
    # Each latency has a simulator and a spool of its own; every other one keeps no inputs.
    latencies = ["50ms", "150ms", "300ms"]
    kills = 0
    begun = time.monotonic()
    try:
        for place, latency in enumerate(latencies):
            home = os.path.join(folder, latency)
            os.makedirs(home)
            simulator = Simulator(home, latency, more=fault_options(home))
            spool = Spool(home, simulator.url, retention="0s" if place % 2 else "24h", concurrency=3, workers=2,
                          falls_back=FALLS_BACK)
            most = -(-KILLS // len(latencies))
            jobs = -(-JOBS // len(latencies))
            dropped = here = 0
            durable = []
            while here < most and time.monotonic() - begun < LIMIT * (place + 1) / len(latencies):
                # Work comes in bit by bit, so that there is something to kill until the end.
                while dropped < jobs and dropped <= jobs * here / (most * 0.9):
                    drop(spool, dropped)
                    dropped += 1
                daemon = spool.start("run" if here % 3 else "drain")
                time.sleep(chance.choice([chance.uniform(0.01, 0.15), chance.uniform(0.05, 0.6), chance.uniform(0.3, 1.5)]))
                if daemon.poll() is None:
                    daemon.send_signal(signal.SIGKILL)
                    here += 1
                else:
                    here += 1 if dropped >= jobs else 0
                daemon.wait()
                durable += spool.durable_answers()
            while dropped < jobs:
                drop(spool, dropped)
                dropped += 1
            kills += here
            if spool.run(limit=max(300, jobs)) is None:
                finds.add(latency, ["drain did not end"], spool)
            # The blobs of the last run are looked at after one more start.
            spool.run(limit=60)
            # A job that many kills in a row have met may have ended the daemon, for all it knows: that waits for a person.
            finds.add(latency, violations(spool, simulator, here, durable, may_fail=MAY_FAIL,
                                         concurrency=6 if FALLS_BACK else 3,
                                         may_hold=("outcome_unknown", "quarantined")), spool)
            print("%s: %d kills, %d jobs: %d done, %d failed, %d held, %d of them quarantined; %d durable answers were met unread" % (
                latency, here, dropped, len(spool.files("done")), len(spool.files("failed")),
                len(spool.files("held")), quarantined(spool), len(durable)), flush=True)
            simulator.stop()
        print("%d kills, %g of 100 requests meet a fault, seed %d" % (kills, FAULTS, SEED))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    finds.end("random-kills")


if __name__ == "__main__":
    sys.exit(main())
