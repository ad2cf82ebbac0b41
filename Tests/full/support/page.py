"""The status page as people see it: empty, busy and broken, light and dark, on a desk and in a hand."""

import os
import random
import re
import shutil
import sqlite3
import sys
import tempfile
import time

from browser import Browser
from crash import ENVIRONMENT, Finds, Simulator, Spool, marked_photo

PICTURES = os.environ.get("PICTURES") or tempfile.mkdtemp(prefix="page-pictures-")


def change(file, old, new):
    text = open(file).read()
    with open(file, "w") as out:
        out.write(text.replace(old, new))


class Daemon:
    def __init__(self, spool):
        self.spool = spool
        change(spool.config, 'listen: "off"', 'listen: "127.0.0.1:0"')
        before = os.path.getsize(spool.log) if os.path.exists(spool.log) else 0
        self.process = spool.start("run")
        self.url = wait(lambda: re.search(r"http://127\.0\.0\.1:\d+/", open(spool.log).read()[before:]), "the page").group()

    def end(self):
        self.process.terminate()
        self.process.wait(90)


def wait(found, what, seconds=90):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        value = found()
        if value:
            return value
        time.sleep(0.1)
    raise RuntimeError("did not come: " + what)


def spread(spool):
    """Sets what settled back over the last hour: a plot of one minute shows nothing."""
    dice = random.Random(4)
    ledger = sqlite3.connect(spool.ledger)
    for (id,) in ledger.execute("SELECT id FROM job WHERE settled_at IS NOT NULL").fetchall():
        back, took = int(dice.uniform(0, 59) * 60_000), int(dice.lognormvariate(9.6, 0.5))
        ledger.execute("UPDATE job SET settled_at = settled_at - ?, accepted_at = settled_at - ? - ? WHERE id = ?",
                       (back, back, took, id))
    ledger.commit()
    ledger.close()


def busy_spool(folder, url):
    spool = Spool(os.path.join(folder, "busy"), url, concurrency=4, more=", budget: { per_day: 20 }, page: { pictures: true }")
    for number in range(160):
        spool.drop("shot-%d" % number, references=[marked_photo()] if number % 20 == 0 else [], bad=number % 11 == 5)
    spool.run(limit=300)
    spread(spool)
    return spool


def look(browser, finds, url, name, expects, rejects=()):
    for dark, width in ((False, 1200), (True, 1200), (False, 390), (True, 390)):
        browser.show(url, dark, width)
        where = "%s-%s-%d" % (name, "dark" if dark else "light", width)
        browser.picture(os.path.join(PICTURES, where + ".png"))
        finds.add(where, browser.faults())
        text = browser.evaluate("document.body.innerText")
        finds.add(where, ["does not say: " + word for word in expects if word not in text])
        finds.add(where, ["says: " + word for word in rejects if word in text])
    # Without scripts all of it stands there too.
    browser.show(url, scripts=False)
    text = browser.evaluate("document.body.innerText")
    finds.add(name + " without scripts", ["does not say: " + word for word in expects if word not in text])


def main():
    os.makedirs(PICTURES, exist_ok=True)
    folder = tempfile.mkdtemp(prefix="page-")
    finds = Finds()
    for name in ("slow", "quick"):
        os.mkdir(os.path.join(folder, name))
    slow, quick = Simulator(folder + "/slow", latency="4s"), Simulator(folder + "/quick")
    browser = Browser()
    try:
        empty = Daemon(Spool(os.path.join(folder, "empty"), quick.url))
        wait(lambda: (browser.show(empty.url), "work flows" in browser.evaluate("document.body.innerText"))[1], "the empty page")
        look(browser, finds, empty.url, "empty", ["work flows", "Nothing waits to be deleted."], ["overdue 1"])
        empty.end()

        spool = busy_spool(folder, quick.url)
        change(spool.config, quick.url, slow.url)
        daemon = Daemon(spool)
        for number in range(200, 260):
            spool.drop("shot-%d" % number)
        wait(lambda: (browser.show(daemon.url), "4 of 4" in browser.evaluate("document.body.innerText"))[1], "calls under way")
        look(browser, finds, daemon.url, "busy", ["work flows", "invalid_manifest", "4 of 4", "spent today (UTC) of $20"],
             ["PROMPTMARK", "NAMEMARK"])
        for job in ("shot-5", "shot-6"):
            browser.show(daemon.url + "jobs/" + job)
            wait(lambda: browser.evaluate(
                "[...document.images].every((image) => image.complete && image.naturalWidth > 0)"), "the pictures of a job")
            browser.picture(os.path.join(PICTURES, job + ".png"))
            finds.add(job, browser.faults())
        if browser.evaluate("document.images.length") != 1:
            finds.add(job, ["does not show the output of its job"])

        # It looks anew by itself, and says what it sees.
        browser.show(daemon.url)
        os.rename(spool.path + "/inbox", spool.path + "/gone")
        wait(lambda: "work does not flow" in browser.evaluate("document.body.innerText"), "news on the page")
        look(browser, finds, daemon.url, "broken", ["work does not flow", "Why work does not flow", "inbox"])
        browser.show(daemon.url)
        daemon.process.kill()
        wait(lambda: "the daemon does not answer" in browser.evaluate("document.body.innerText"), "that the daemon is gone")
    finally:
        browser.end()
        slow.stop()
        quick.stop()
        shutil.rmtree(folder, ignore_errors=True)
    print("pictures are in " + PICTURES)
    finds.end("page")


if __name__ == "__main__":
    sys.exit(main())
