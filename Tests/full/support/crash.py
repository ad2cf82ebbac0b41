"""What the suites that break the daemon share: a simulator, a spool with jobs, and the invariants."""

import base64
import collections
import ctypes
import hashlib
import json
import os
import shutil
import signal
import sqlite3
import struct
import subprocess
import tempfile
import time
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
SAMPLE = os.path.join(TOP, "samples/jobs/dandelion.jpg")
KINDS = ["fsync", "rename", "unlink", "create", "open", "write", "pwrite", "link", "send", "recv", "mkdir", "blob"]
ENVIRONMENT = {**os.environ, "SWEEP_KEY": "KEYMARK-0123456789", "NO_COLOR": "1"}
ENVIRONMENT.pop("DARKROOM_CONFIG", None)
# What stands in prompts, names of references and metadata, and must stand nowhere else.
MARKS = [b"PROMPTMARK", b"NAMEMARK", b"METAMARK", b"KEYMARK"]


def spellings(mark):
    """The ways in which a mark may stand somewhere: as it is, as UTF-16, in hexadecimal, in base64 whatever came before it."""
    text = mark.decode()
    found = {mark, text.encode("utf-16-le"), text.encode("utf-16-be"), mark.hex().encode(), mark.hex().upper().encode()}
    for before in range(3):
        # Only the letters that no neighbour of the mark has a part in.
        made = base64.b64encode(bytes(before) + mark)
        found.add(made[-(-before * 8 // 6) : (before + len(mark)) * 8 // 6])
    return found


SPELLINGS = {mark.decode(): spellings(mark) for mark in MARKS}


def marks_in(data):
    return [mark for mark, ways in SPELLINGS.items() if any(way in data for way in ways)]


def program():
    return os.environ.get("DARKROOM") or os.path.join(TOP, ".build/debug/darkroom")


def breaker(folder):
    """The library that counts system calls and breaks one."""
    library = os.path.join(folder, "breaker.so")
    source = os.path.join(HERE, "breaker.c")
    compiler = shutil.which("cc") or shutil.which("clang")
    subprocess.run([compiler, "-O1", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    return library


def marked_photo():
    """A photograph whose metadata carry the mark: in EXIF (owner's name), in XMP, and in a comment."""
    photo = open(SAMPLE, "rb").read()
    text = b"METAMARK owner of this picture\0"
    # One field, 0xA430 CameraOwnerName of EXIF 2.3, in the first directory of a TIFF structure.
    exif = b"Exif\0\0MM\0*" + struct.pack(">IHHHIII", 8, 1, 0xA430, 2, len(text), 26, 0) + text
    xmp = (b'http://ns.adobe.com/xap/1.0/\0<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
           b'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" '
           b'xmlns:dc="http://purl.org/dc/elements/1.1/" dc:source="METAMARK"/></rdf:RDF></x:xmpmeta>')
    segments = [(b"\xff\xe1", exif), (b"\xff\xe1", xmp), (b"\xff\xfe", text)]
    made = b"".join(code + struct.pack(">H", len(content) + 2) + content for code, content in segments)
    return photo[:2] + made + photo[2:]


def marked_png():
    """A small picture whose text chunk carries the mark."""
    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
    rows = b"".join(b"\0" + bytes(3 * 96) for _ in range(64))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 96, 64, 8, 2, 0, 0, 0))
            + chunk(b"tEXt", b"Author\0METAMARK") + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


class Simulator:
    def __init__(self, folder, latency="0s", more=(), cached=True):
        more = (["--cached"] if cached else []) + list(more)
        self.ledger = os.path.join(folder, "simulator.jsonl")
        self.log = open(os.path.join(folder, "simulator.log"), "ab")
        self.process = subprocess.Popen(
            [program(), "simulate", "--listen", "127.0.0.1:0", "--latency", latency, "--ledger", self.ledger, *more],
            stdout=subprocess.PIPE, stderr=self.log, env=ENVIRONMENT)
        line = self.process.stdout.readline().decode()
        assert "listening on" in line, "the simulator did not start: " + line
        self.url = line.split()[-1]

    def counts(self):
        """Accepted requests by the digest of their prompt, without those that a rule named `again-…` asked to repeat."""
        digests, again = {}, set()
        for line in self.lines():
            # Only the line of its acceptance names a request's prompt.
            if line.get("prompt_sha256"):
                digests[line["id"]] = line["prompt_sha256"]
            if line.get("fault", "").startswith("again-"):
                again.add(line["id"])
        return collections.Counter(digest for id, digest in digests.items() if id not in again)

    def accepted(self):
        """All accepted requests by the digest of their prompt."""
        return collections.Counter(line["prompt_sha256"] for line in self.lines() if line.get("prompt_sha256"))

    def lost(self):
        """How many answers a rule named `lost-…` kept from arriving."""
        return len({line["id"] for line in self.lines() if line.get("fault", "").startswith("lost-")})

    def lines(self):
        """Every whole line of the ledger so far."""
        if not os.path.exists(self.ledger):
            return []
        with open(self.ledger) as file:
            return [json.loads(line) for line in file if line.endswith("\n")]

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()


class Spool:
    def __init__(self, folder, url, retention="24h", concurrency=2, workers=1, more="", falls_back=False):
        self.folder = folder
        self.path = os.path.join(folder, "spool")
        self.config = os.path.join(folder, "darkroom.json5")
        self.log = os.path.join(folder, "daemon.log")
        self.retention = retention
        self.jobs = {}
        # No two spools of a suite share a prompt: the simulator knows requests by the digest of theirs.
        self.mark = os.urandom(6).hex()
        os.makedirs(self.path + "/inbox", exist_ok=True)
        os.makedirs(folder + "/making", exist_ok=True)
        # The second route is another contract of the same service.
        second = """, fallback: "second" }, default: "mai", second: { provider: "openai", endpoint: "%s", model: "gpt-image-2",
            key: { env: "SWEEP_KEY" }, concurrency: %d""" % (url, concurrency) if falls_back else ""
        with open(self.config, "w") as file:
            file.write(
                """{ spool: "%s", listen: "off", models: { mai: { provider: "microsoft-mai", endpoint: "%s",
                deployment: "d", family: "2.5", key: { env: "SWEEP_KEY" }, requests_per_minute: 60000,
                concurrency: %d %s } }, retention: { inputs: "%s" }, disk: { min_free: "1MB" }, output: { size: "native", format: "jpeg" },
                workers: { count: %d } %s }""" % (self.path, url, concurrency, second, retention, workers, more))

    def drop(self, id, count=1, references=(), bad=False, text=False, output=None):
        """Hands a job over by one rename. `text`: as a plain file, whose job id is made from its name."""
        prompt = "PROMPTMARK %s of %s" % (id, self.mark)
        making = self.folder + "/making/" + id
        if text:
            with open(making + ".txt", "w") as file:
                file.write(prompt)
            name = id + ".txt"
            os.rename(making + ".txt", self.path + "/inbox/" + name)
        else:
            os.makedirs(making)
            names = []
            for index, bytes in enumerate(references):
                names.append("NAMEMARK-%d.%s" % (index, "png" if bytes[:4] == b"\x89PNG" else "jpg"))
                with open(making + "/" + names[-1], "wb") as file:
                    file.write(bytes)
            manifest = {"prompt": prompt, "id": id, "references": names, "count": count,
                        "output": output or {"size": "native", "format": "jpeg"}}
            if not names:
                del manifest["references"]
            if bad:
                manifest["colour"] = "red"
            with open(making + "/job.json", "w") as file:
                json.dump(manifest, file)
            os.rename(making, self.path + "/inbox/" + id)
        self.jobs[id] = {"count": count, "bad": bad, "text": text,
                         "digest": hashlib.sha256(prompt.encode()).hexdigest()}

    def start(self, verb="drain", environment=None):
        log = open(self.log, "ab")
        return subprocess.Popen([program(), verb, "--config", self.config], stdout=log, stderr=log,
                                stdin=subprocess.DEVNULL, env={**ENVIRONMENT, **(environment or {})})

    def run(self, verb="drain", environment=None, limit=60):
        """Its exit code; None when it did not end in time."""
        process = self.start(verb, environment)
        try:
            return process.wait(limit)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return None

    def rows(self, sql):
        """Reads a copy of the ledger, so that looking at it changes nothing."""
        with tempfile.TemporaryDirectory() as copy:
            # A kill while the file is made leaves the journal of SQLite's first steps.
            for suffix in ("", "-wal", "-journal"):
                if os.path.exists(self.ledger + suffix):
                    shutil.copy(self.ledger + suffix, copy + "/ledger" + suffix)
            if not os.path.exists(copy + "/ledger"):
                return []
            connection = sqlite3.connect(copy + "/ledger")
            try:
                return connection.execute(sql).fetchall()
            except sqlite3.OperationalError:
                return []
            finally:
                connection.close()

    @property
    def ledger(self):
        for name in os.listdir(self.path + "/.darkroom") if os.path.isdir(self.path + "/.darkroom") else []:
            if name.startswith("ledger") and not name.endswith(("-wal", "-shm", "-journal")):
                return self.path + "/.darkroom/" + name
        return self.path + "/.darkroom/ledger.sqlite"

    def files(self, folder):
        path = self.path + "/" + folder
        return sorted(os.listdir(path)) if os.path.isdir(path) else []

    def durable_answers(self, states="'intent', 'answered'"):
        """(job, output) whose answer is whole on the disk and explained by the ledger, but not read yet."""
        blobs = set(self.files(".darkroom/blobs"))
        rows = self.rows(
            "SELECT e.job, e.output, e.answer_blob, j.retain_inputs FROM effect e JOIN output o ON o.job = e.job "
            "AND o.position = e.output JOIN job j ON j.id = e.job "
            "WHERE e.state IN (" + states + ") AND o.state IN ('calling', 'answered') AND e.answer_blob IS NOT NULL")
        found = []
        for job, output, blob, _ in rows:
            if blob in blobs:
                if is_answer(self.opened(blob)):
                    found.append((job, output))
        return found

    def opened(self, blob):
        """A work file without its seal, by the age tool: from the root key down to the job's."""
        folder = self.path + "/.darkroom/"
        name = blob.split("_")[0]
        hour = subprocess.run(["age", "-d", "-i", folder + "seal.key", folder + "hours/" + name[:10]], capture_output=True)
        key = subprocess.run(["age", "-d", "-i", "-", folder + "keys/" + name], input=hour.stdout, capture_output=True)
        made = subprocess.run(["age", "-d", "-i", "-", folder + "blobs/" + blob], input=key.stdout, capture_output=True)
        return made.stdout if made.returncode == 0 else b""


def is_answer(text):
    """Whether a document holds a picture, and is none that the service spoiled: that one comes to nothing, and was paid for."""
    try:
        return b'"b64_json"' in text and bool(json.loads(text))
    except ValueError:
        return False


def name_of(spool, outcome_name):
    """The dropped job that an outcome folder belongs to."""
    if outcome_name in spool.jobs:
        return outcome_name
    label = outcome_name.rsplit("-", 1)[0]
    return label if label in spool.jobs and spool.jobs[label]["text"] else None


def jpeg_is_whole(data):
    return data[:2] == b"\xff\xd8" and data[-2:] == b"\xff\xd9"


def violations(spool, simulator, kills, durable=(), may_fail=(), concurrency=2, strays=True,
               may_hold=("outcome_unknown",)):
    """Every broken invariant, as sentences. `may_fail`, `may_hold`: codes that a good job may fail with, or be held for."""
    wrong = []
    seen = {}
    statuses = {}
    for outcome in ("done", "failed", "held"):
        for folder in spool.files(outcome):
            job = name_of(spool, folder)
            if job is None:
                wrong.append("%s/%s belongs to no job" % (outcome, folder))
                continue
            seen.setdefault(job, []).append(outcome + "/" + folder)
            try:
                with open("%s/%s/%s/status.json" % (spool.path, outcome, folder)) as file:
                    status = json.load(file)
            except (OSError, ValueError) as error:
                wrong.append("%s/%s: no readable status: %s" % (outcome, folder, error))
                continue
            statuses[job] = (outcome, folder, status)
    for job in spool.jobs:
        if len(seen.get(job, [])) != 1:
            wrong.append("%s has %d outcomes: %s" % (job, len(seen.get(job, [])), seen.get(job)))
    unknown = 0
    counts, accepted = simulator.counts(), simulator.accepted()
    effects = dict(spool.rows("SELECT job, count(*) FROM effect GROUP BY job"))
    for job, (outcome, folder, status) in statuses.items():
        facts = spool.jobs[job]
        asked = counts.get(facts["digest"], 0)
        reason = (status.get("reason") or {}).get("code")
        if asked > facts["count"]:
            wrong.append("%s was bought %d times, asked for %d" % (job, asked, facts["count"]))
        if accepted[facts["digest"]] > effects.get(folder, 0):
            wrong.append("%s: the ledger knows %d of %d requests" % (
                job, effects.get(folder, 0), accepted[facts["digest"]]))
        if status.get("outcome") != outcome or status.get("job") != folder:
            wrong.append("%s/%s: status says %s, %s" % (outcome, folder, status.get("outcome"), status.get("job")))
        if facts["bad"]:
            if outcome != "failed" or asked:
                wrong.append("%s is a bad job but ended as %s with %d requests" % (job, outcome, asked))
            continue
        if outcome == "failed" and reason not in may_fail:
            wrong.append("%s failed: %s" % (job, status.get("reason")))
        if outcome == "held":
            if reason not in may_hold:
                wrong.append("%s is held: %s" % (job, reason))
            unknown += facts["count"] if reason == "outcome_unknown" else 0
        if outcome == "done":
            unknown += len(status.get("missing") or [])
            wrong += done_violations(spool, job, folder, status, facts, asked, may_fail)
    lost = simulator.lost()
    if unknown > kills * concurrency + lost:
        wrong.append("%d outputs are unknown after %d kills and %d lost answers" % (unknown, kills, lost))
    for job, output in durable:
        folder = [f for f in spool.files("done") if f == job]
        if not folder or not any(f.startswith("%s-%d." % (job, output)) for f in os.listdir(spool.path + "/done/" + job)):
            wrong.append("%s:%d had a durable answer, and it was thrown away" % (job, output))
    for private in ("staging", "claims"):
        if spool.files(".darkroom/" + private):
            wrong.append("%s holds %s" % (private, spool.files(".darkroom/" + private)))
    if spool.files("inbox"):
        wrong.append("the inbox holds %s" % spool.files("inbox"))
    if strays:
        wrong += blob_violations(spool)
    wrong += ledger_violations(spool)
    wrong += audit_violations(spool)
    wrong += privacy_violations(spool)
    return wrong


def done_violations(spool, job, folder, status, facts, asked, may_fail):
    wrong = []
    place = spool.path + "/done/" + folder
    outputs = status.get("outputs") or []
    missing = status.get("missing") or []
    if len(outputs) + len(missing) != facts["count"] or not outputs:
        wrong.append("%s: %d outputs and %d missing of %d" % (job, len(outputs), len(missing), facts["count"]))
    if asked < len(outputs):
        wrong.append("%s: %d outputs of %d requests" % (job, len(outputs), asked))
    for one in missing:
        if one.get("code") != "outcome_unknown" and one.get("code") not in may_fail:
            wrong.append("%s: missing for %s" % (job, one.get("code")))
    expected = {"status.json"}
    for output in outputs:
        name = output["name"]
        expected |= {name, name + ".json"}
        try:
            data = open(place + "/" + name, "rb").read()
            sidecar = json.load(open(place + "/" + name + ".json"))
        except (OSError, ValueError) as error:
            wrong.append("%s: %s" % (job, error))
            continue
        digest = hashlib.sha256(data).hexdigest()
        if digest != output["sha256"] or digest != sidecar["output"]["sha256"]:
            wrong.append("%s: %s has another sha256 than it says" % (job, name))
        if not jpeg_is_whole(data):
            wrong.append("%s: %s is no whole picture" % (job, name))
    if set(os.listdir(place)) != expected:
        wrong.append("%s holds %s" % (job, sorted(os.listdir(place))))
    return wrong


def blob_violations(spool):
    rows = {row[0] for row in spool.rows("SELECT id FROM blob")}
    files = set(spool.files(".darkroom/blobs"))
    wrong = []
    if files - rows:
        wrong.append("%d work files have no row" % len(files - rows))
    if rows - files:
        wrong.append("%d rows have no work file" % len(rows - files))
    return wrong


def ledger_violations(spool):
    wrong = []
    for id, state, owner, staged in spool.rows("SELECT id, state, owner, staged FROM job"):
        if state not in ("done", "failed", "held") or owner or staged:
            wrong.append("ledger: %s is %s, owner %s, staged %s" % (id, state, owner, staged))
        elif not os.path.exists("%s/%s/%s/status.json" % (spool.path, state, id)):
            wrong.append("ledger: %s is %s, and there is no such folder" % (id, state))
    rows = spool.rows("SELECT count(*) FROM job")
    if rows and rows[0][0] != len(spool.jobs):
        wrong.append("ledger: %d jobs of %d" % (rows[0][0], len(spool.jobs)))
    return wrong


def audit_violations(spool):
    """The audit log is whole, holds every event of the ledger once, and waits for none."""
    found = subprocess.run([program(), "audit", "verify", "--config", spool.config, "--json"], capture_output=True, env=ENVIRONMENT)
    try:
        report = json.loads(found.stdout)
    except ValueError:
        return ["audit: %s" % found.stderr.decode()]
    wrong = ["audit: %s" % fault for fault in report["faults"]]
    if report["pending"] or report["unsigned_bytes"]:
        wrong.append("audit: %d events wait, %d bytes are not signed for" % (report["pending"], report["unsigned_bytes"]))
    folder = spool.path + "/.darkroom/audit/"
    lines = [line for name in sorted(os.listdir(folder)) if name.startswith("log-") for line in open(folder + name)]
    numbers = [entry["number"] for entry in map(json.loads, lines) if "number" in entry]
    known = [row[0] for row in spool.rows("SELECT number FROM event ORDER BY number")]
    if numbers != known:
        wrong.append("audit: %d entries of %d events" % (len(numbers), len(known)))
    return wrong


def privacy_violations(spool):
    wrong = []
    held = set(spool.files("held"))
    for folder, _, files in os.walk(spool.path):
        for file in files:
            path = os.path.join(folder, file)
            inside = os.path.relpath(path, spool.path)
            if inside.startswith((".darkroom/blobs/", ".darkroom/keys/")) and spool.retention == "0s" and not held:
                wrong.append("a work file or its key outlives its retention: " + inside)
            data = open(path, "rb").read()
            wrong += ["%s stands in %s" % (mark, inside) for mark in marks_in(data + b"\0" + file.encode())]
    data = open(spool.log, "rb").read() if os.path.exists(spool.log) else b""
    wrong += ["%s stands in the log" % mark for mark in marks_in(data)]
    return wrong


def read_counts(path):
    data = open(path, "rb").read()
    return dict(zip(KINDS, struct.unpack("%dQ" % len(KINDS), data[: 8 * len(KINDS)])))


class Finds:
    """What a suite found; printed as it comes."""

    def __init__(self):
        self.number = 0

    def add(self, where, sentences, spool=None):
        for sentence in sentences:
            self.number += 1
            print("VIOLATION  %s: %s" % (where, sentence), flush=True)
        if sentences and spool and os.environ.get("KEEP"):
            kept = os.path.join(os.environ["KEEP"], where.replace(" ", "-").replace("/", "-"))
            shutil.copytree(spool.folder, kept, dirs_exist_ok=True)
            print("           kept in " + kept, flush=True)

    def end(self, what):
        print("%s: %d violations" % (what, self.number), flush=True)
        raise SystemExit(1 if self.number else 0)
