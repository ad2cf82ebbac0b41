"""Jumps of the wall clock, suspends and restarts of the machine: what is due goes, and nothing goes before that."""

import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import time

from crash import ENVIRONMENT, HERE, Finds, Simulator, Spool, breaker, marked_photo, program

HOUR = 3600 * 1000
DAY = 24 * HOUR
YEARS = 3652 * DAY
JUMPS = {"-10 y": -YEARS, "-25 h": -25 * HOUR, "-1 h": -HOUR, "+1 h": HOUR, "+25 h": 25 * HOUR, "+10 y": YEARS}
# What the contract allows from "due" to "gone" while a daemon runs, and some for this machine.
LATEST = 60 + 15


def clock_library(folder):
    """The library that gives a process other clocks."""
    library = os.path.join(folder, "clocks.so")
    compiler = shutil.which("cc") or shutil.which("clang")
    source = os.path.join(HERE, "clocks.c")
    subprocess.run([compiler, "-O1", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    return library


class Clocks:
    """The clocks of one spool's machine."""

    def __init__(self, folder, library):
        self.file = folder + "/clocks"
        self.boot = folder + "/boot_id"
        self.wall = self.since_boot = 0
        self.environment = {"LD_PRELOAD": library, "CLOCKS_FILE": self.file, "CLOCKS_BOOT": self.boot}
        open(self.file, "wb").write(bytes(16))
        self.restart()

    def show(self):
        # In place: who has the file mapped sees the new numbers.
        with open(self.file, "r+b") as file:
            file.write(struct.pack("qq", self.wall, self.since_boot))

    def jump(self, milliseconds):
        self.wall += milliseconds
        self.show()

    def suspend(self, milliseconds):
        """Time passes: for the wall and since boot."""
        self.wall += milliseconds
        self.since_boot += milliseconds
        self.show()

    def restart(self):
        """Another boot, whose clock starts anew."""
        self.since_boot = -int(time.clock_gettime(time.CLOCK_BOOTTIME) * 1000) + 5000
        open(self.boot, "w").write("%s\n" % os.urandom(16).hex())
        self.show()


class Case:
    def __init__(self, folder, library, simulator, name, jump):
        self.folder = os.path.join(folder, name.replace(" ", ""))
        self.spool = Spool(self.folder, simulator.url, retention='24h", outputs: "24h')
        self.clocks = Clocks(self.folder, library)
        self.name, self.size = name, jump
        self.wrong = []
        self.spool.drop("edit", references=[marked_photo()])
        self.spool.drop("pair", count=2)
        self.spool.drop("bad", references=[marked_photo()], bad=True)

    def verb(self, *words):
        made = subprocess.run([program(), *words, "--config", self.spool.config, "--json"], capture_output=True,
                              env={**ENVIRONMENT, **self.clocks.environment}, timeout=60)
        try:
            return json.loads(made.stdout)
        except ValueError:
            self.wrong.append("%s: %s" % (" ".join(words), made.stderr.decode()))
            return {}

    def start(self):
        return self.spool.start("run", self.clocks.environment)

    def settled(self):
        return len(self.spool.files("done")) == 2 and len(self.spool.files("failed")) == 1

    def left(self):
        """Work files and pictures that are there."""
        pictures = [name for job in self.spool.files("done") for name in self.spool.files("done/" + job) if name.endswith(".jpg")]
        return len(self.spool.files(".darkroom/blobs")), len(pictures)

    def check_all_there(self, when):
        if self.left() != self.all:
            self.wrong.append("%s: gone too early: of %s (work files, pictures) there are %s" % (when, self.all, self.left()))

    def check_gone(self, when):
        if self.left() != (0, 0):
            self.wrong.append("%s: late: there are still %s (work files, pictures)" % (when, self.left()))

    def take_in(self):
        code = self.spool.run(environment=self.clocks.environment)
        if code != 1 or not self.settled():
            self.wrong.append("the jobs did not settle: drain ended with %s" % code)
        self.all = self.left()
        if not all(self.all):
            self.wrong.append("there is nothing to delete: %s" % (self.all,))


def stopped(case):
    """The wall clock jumps while nothing runs; the boot-time clock tells how late it is."""
    case.take_in()
    case.clocks.jump(case.size)
    case.verb("sweep")
    case.check_all_there("a sweep after the jump")
    case.clocks.suspend(DAY - 2 * 60 * 1000)
    case.verb("sweep")
    case.check_all_there("a sweep two minutes before its time")
    case.clocks.suspend(3 * 60 * 1000)
    case.verb("sweep")
    case.check_gone("a sweep one minute after its time")


def restarted(case):
    """The wall clock jumps while the machine is off; then only the wall can tell, and age never shrinks."""
    case.take_in()
    case.clocks.restart()
    case.clocks.jump(case.size)
    case.verb("sweep")
    if case.size >= DAY:
        return case.check_gone("a sweep after a day that the wall clock tells of")
    case.check_all_there("a sweep after the restart")
    case.clocks.suspend(DAY - max(0, case.size) - 2 * 60 * 1000)
    case.verb("sweep")
    case.check_all_there("a sweep two minutes before its time")
    case.clocks.suspend(3 * 60 * 1000)
    process = case.start()
    try:
        wait(lambda: case.left() == (0, 0), 30)
        case.check_gone("a start one minute after its time")
    finally:
        end(process)


def claimed(case):
    """A hand-over was taken and not accepted when the daemon was killed; the wall clock jumps before the next start."""
    library = breaker(case.folder)
    preload = case.clocks.environment["LD_PRELOAD"] + ":" + library
    for number in range(1, 60):
        case.spool.run(environment={**case.clocks.environment, "LD_PRELOAD": preload, "BREAK_COUNTS": case.folder + "/counts",
                                    "BREAK_KIND": "rename", "BREAK_AT": str(number), "BREAK_HOW": "kill"})
        if case.spool.files(".darkroom/claims") or case.settled():
            break
    before = case.spool.files(".darkroom/claims")
    if not before:
        case.wrong.append("no kill left a claim")
    case.clocks.jump(case.size)
    case.verb("sweep")
    if case.spool.files(".darkroom/claims") != before:
        case.wrong.append("a sweep after the jump took a claim: %s" % before)
    case.take_in()


def running(cases):
    """The wall clock jumps under daemons, which then have a minute from the moment that something is due."""
    for case in cases:
        case.take_in()
    processes = [case.start() for case in cases]
    try:
        time.sleep(3)
        for case in cases:
            case.clocks.jump(case.size)
        for case in cases:
            case.verb("sweep")
            case.check_all_there("a sweep after the jump")
            case.clocks.suspend(DAY - 10 * 60 * 1000)
        # Long enough for each daemon to sweep by itself.
        time.sleep(65)
        for case in cases:
            case.check_all_there("ten minutes before its time")
            case.clocks.suspend(11 * 60 * 1000)
        wait(lambda: all(case.left() == (0, 0) for case in cases), LATEST)
        for case, process in zip(cases, processes):
            case.check_gone("a minute after its time")
            if process.poll() is not None:
                case.wrong.append("the daemon ended with %d" % process.returncode)
    finally:
        for process in processes:
            end(process)


def wait(holds, seconds):
    until = time.monotonic() + seconds
    while not holds() and time.monotonic() < until:
        time.sleep(0.2)


def end(process):
    process.terminate()
    process.wait(60)


def main():
    folder = tempfile.mkdtemp(prefix="clocks-")
    finds = Finds()
    simulator = Simulator(folder)
    try:
        library = clock_library(folder)
        count = 0
        for way in (stopped, restarted, claimed, running):
            cases = [Case(folder, library, simulator, "%s %s" % (way.__name__, name), jump) for name, jump in JUMPS.items()]
            if way is running:
                running(cases)
            else:
                for case in cases:
                    way(case)
            for case in cases:
                finds.add(case.name, case.wrong, case.spool)
            count += len(cases)
        print("%d cases" % count)
    finally:
        simulator.stop()
        shutil.rmtree(folder, ignore_errors=True)
    finds.end("clocks")


if __name__ == "__main__":
    sys.exit(main())
