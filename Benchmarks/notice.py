#!/usr/bin/env python3
"""How long a hand-over stands in the inbox of an idle daemon, beside a bare inotify loop that renames it away.

Usage: Benchmarks/notice.py [DROPS]     Variable: DARKROOM=program. Prints medians in milliseconds, pairs in turn.
"""
import ctypes
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PROGRAM = os.environ.get("DARKROOM") or os.path.join(TOP, ".build/release/darkroom")
MOVED_TO, CLOSE_WRITE = 0x80, 0x8


def bare_loop(inbox, away):
    """Renames whatever is renamed in, as soon as the kernel says so; in a process of its own."""
    child = os.fork()
    if child:
        return child
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor = libc.inotify_init1(os.O_CLOEXEC)
    libc.inotify_add_watch(descriptor, inbox.encode(), MOVED_TO | CLOSE_WRITE)
    while True:
        data = os.read(descriptor, 65536)
        at = 0
        while at < len(data):
            length = int.from_bytes(data[at + 12:at + 16], sys.byteorder)
            name = data[at + 16:at + 16 + length].rstrip(b"\0").decode()
            at += 16 + length
            if not name.startswith("."):
                os.rename(inbox + "/" + name, away + "/" + name)


def drop(inbox, name):
    """Milliseconds from the rename into the inbox until the name is gone."""
    beside = inbox + "/." + name
    with open(beside, "w") as file:
        file.write("a red fox")
    time.sleep(0.02)
    path = inbox + "/" + name
    begun = time.perf_counter()
    os.rename(beside, path)
    while os.access(path, os.F_OK):
        # Leaves the processor to whoever has to notice.
        os.sched_yield()
    return (time.perf_counter() - begun) * 1000


def main():
    drops = int(sys.argv[1]) if len(sys.argv) > 1 else 51
    with tempfile.TemporaryDirectory(prefix="notice-") as folder:
        bare, away, spool = (folder + "/" + name for name in ("bare", "away", "spool"))
        for path in (bare, away, spool + "/inbox"):
            os.makedirs(path)
        config = folder + "/darkroom.json5"
        with open(config, "w") as file:
            file.write('{ spool: "%s", listen: "off", log: { level: "error" }, output: { size: "native", format: "jpeg" },'
                       ' models: { default: "o", o: { provider: "simulator" } }, disk: { min_free: "1MB" } }' % spool)
        peer = bare_loop(bare, away)
        daemon = subprocess.Popen([PROGRAM, "run", "--config", config])
        try:
            time.sleep(2)
            ours, theirs = [], []
            for number in range(drops + 3):
                theirs.append(drop(bare, "fox-%d.txt" % number))
                ours.append(drop(spool + "/inbox", "fox-%d.txt" % number))
                done = number + 1
                # Idle again before the next one.
                while len(os.listdir(spool + "/done")) < done:
                    time.sleep(0.01)
            ours, theirs = ours[3:], theirs[3:]
            print("darkroom %.2f ms, a bare inotify loop %.2f ms, median difference %.2f ms, %d drops" % (
                statistics.median(ours), statistics.median(theirs),
                statistics.median(a - b for a, b in zip(ours, theirs)), len(ours)))
        finally:
            os.kill(peer, signal.SIGKILL)
            daemon.send_signal(signal.SIGTERM)
            daemon.wait()


if __name__ == "__main__":
    main()
