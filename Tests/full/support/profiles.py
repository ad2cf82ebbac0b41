"""Each policy's rows on retention and on the rights of people, held against what is on the disk after real jobs and a day."""

import glob
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile

from clocks import DAY, Clocks, clock_library
from crash import ENVIRONMENT, Finds, Simulator, marked_photo, program, spellings

PROFILES = os.environ.get("PROFILES", "").split() or ["default", "maiimage2", "image2", "gptimg2", "imagen2026", "gptimage2-blog"]
# What the published policies say, as rows of the table of promises.
SESSION = {"maiimage2"}
HISTORY = {"image2", "imagen2026", "gptimage2-blog"}
VOUCHED = {"image2"}
GALLERY = {"gptimg2"}
PERSON, OTHER = "PERSONMARK@here", "somebody-else"


class Case:
    def __init__(self, folder, library, simulator, profile):
        self.profile, self.wrong = profile, []
        self.folder = os.path.join(folder, profile)
        self.path = self.folder + "/spool"
        os.makedirs(self.path + "/inbox")
        self.clocks = Clocks(self.folder, library)
        self.simulator = simulator
        self.config = self.folder + "/darkroom.json5"
        with open(self.config, "w") as file:
            file.write("""{ spool: "%s", listen: "off", policy: "%s", disk: { min_free: "1MB" },
                models: { mai: { provider: "microsoft-mai", endpoint: "%s", deployment: "d", family: "2.5",
                key: { env: "SWEEP_KEY" }, requests_per_minute: 60000 } }, output: { size: "native", format: "jpeg" } }"""
                       % (self.path, profile, simulator.url))

    def expect(self, row, holds, what):
        if not holds:
            self.wrong.append("%s: %s" % (row, what))

    def run(self, *words, raw=False):
        made = subprocess.run([program(), *words, "--config", self.config], capture_output=True, timeout=120,
                              env={**ENVIRONMENT, **self.clocks.environment})
        return made if raw else made.returncode

    def json(self, *words):
        made = self.run(*words, "--json", raw=True)
        try:
            return json.loads(made.stdout)
        except ValueError:
            self.wrong.append("%s: no JSON: %s" % (" ".join(words), made.stderr.decode()))
            return {}

    def drop(self, job, subject=PERSON, **more):
        making = self.path + "/inbox/." + job
        os.makedirs(making)
        with open(making + "/NAMEMARK.jpg", "wb") as file:
            file.write(marked_photo())
        manifest = {"id": job, "prompt": "PROMPTMARK of " + job, "references": ["NAMEMARK.jpg"], "subject": subject, **more}
        if self.profile in VOUCHED:
            manifest["attestations"] = ["rights_in_inputs"]
        with open(making + "/job.json", "w") as file:
            json.dump(manifest, file)
        os.rename(making, self.path + "/inbox/" + job)

    def there(self, kind):
        return sorted(os.listdir(self.path + "/" + kind)) if os.path.isdir(self.path + "/" + kind) else []

    def holds(self, *words):
        """Files of the spool in whose bytes or names one of these stands, in any spelling."""
        ways = [way for word in words for way in spellings(word)]
        found = []
        for folder, _, files in os.walk(self.path):
            for file in files:
                path = os.path.join(folder, file)
                data = open(path, "rb").read() + b"\0" + file.encode()
                if any(way in data for way in ways):
                    found.append(os.path.relpath(path, self.path))
        return found


def retention(case):
    """A day of real jobs: what came from people goes, pictures stay or go as the policy says."""
    case.drop("a")
    case.drop("b", count=2)
    case.drop("c", subject=OTHER)
    drained = case.run("drain", raw=True)
    case.expect("jobs", drained.returncode == 0 and case.there("done") == ["a", "b", "c"], drained.stderr.decode()[-500:])
    case.expect("X2", not case.holds(b"PROMPTMARK", b"NAMEMARK", b"METAMARK", b"PERSONMARK"), "something stands in clear: %s"
                % case.holds(b"PROMPTMARK", b"NAMEMARK", b"METAMARK", b"PERSONMARK"))
    case.expect("R1", bool(case.there(".darkroom/blobs")), "there are no inputs to delete")
    status = json.load(open(case.path + "/done/a/status.json"))
    sidecar = json.load(open(case.path + "/done/a/a-1.jpg.json"))
    case.expect("stamp", sidecar["policy"]["id"] == case.profile and len(sidecar["policy"]["sha256"]) == 64, "the sidecar names no policy")
    case.expect("F3", sidecar["model"] and sidecar["output"]["width"] and sidecar["created"], "the sidecar lacks facts")
    ends = "expires_at" in status["outputs"][0]
    case.expect("R2", ends == (case.profile in SESSION), "expires_at is %s" % ("there" if ends else "missing"))
    saved = case.run("save", "b:2")
    case.expect("R2", saved == 0, "save ends with %d" % saved)
    case.clocks.suspend(DAY - 120_000)
    case.run("sweep")
    case.expect("R1", bool(case.there(".darkroom/blobs")) and case.there("done") == ["a", "b", "c"], "something went too early")
    case.clocks.suspend(180_000)
    report = case.json("sweep")
    case.expect("R1", not case.there(".darkroom/blobs") and case.there(".darkroom/keys") in ([], ["subjects"]),
                "inputs are left a day after")
    case.expect("R1", "oldest_overdue" in json.dumps(report), "the sweep says nothing of what is overdue")
    if case.profile in SESSION:
        case.expect("R2, R3", case.there("done") == ["b"] and case.there("done/b") == ["b-2.jpg", "b-2.jpg.json", "status.json"],
                    "after the session there is %s" % {job: case.there("done/" + job) for job in case.there("done")})
    else:
        case.expect("R4, R5, R6", case.there("done") == ["a", "b", "c"] and "b-1.jpg" in case.there("done/b"), "pictures are gone")
    kept = glob.glob(case.path + "/.darkroom/subjects/*/*")
    case.expect("R5, R6, R10", bool(kept) == (case.profile in HISTORY), "%d sealed documents of subjects" % len(kept))
    case.expect("R10", case.run("prove", "PROMPTMARK", "NAMEMARK", "METAMARK") == 0, "prove finds a mark")
    return drained


def deletion(case):
    """One picture at once."""
    before = "b-2.jpg" in case.there("done/b")
    code = case.run("delete", "b:2")
    case.expect("R7, R9", before and code == 0 and "b-2.jpg" not in case.there("done/b"), "delete ends with %d" % code)


def copies(case):
    """Access and portability: every job is in the package, and its schema is published."""
    package = case.folder + "/package.zip"
    code = case.run("subject", "export", PERSON, "-o", package)
    case.expect("S1", code == 0, "export ends with %d" % code)
    with zipfile.ZipFile(package) as archive:
        case.expect("S2", archive.testzip() is None, "the package is damaged")
        manifest = json.loads(archive.read("manifest.json"))
        jobs = [str(job.get("job") or job.get("id")) for job in manifest.get("jobs", [])]
        case.expect("S1", sorted(jobs) == ["a", "b"], "the package names jobs %s" % jobs)
        told = any(b"PROMPTMARK of a" in archive.read(name) for name in archive.namelist())
        case.expect("S1, R5", told == (case.profile in HISTORY), "the package %s the prompt" % ("tells" if told else "does not tell"))
    schema = case.run("config", "schema", "export", raw=True)
    required = json.loads(schema.stdout).get("required", [])
    case.expect("S2", all(key in manifest for key in required), "the manifest lacks %s" % [k for k in required if k not in manifest])


def corrections(case):
    code = case.run("subject", "amend", PERSON, "--set", "label=LABELMARK")
    told = case.run("subject", "show", PERSON, raw=True).stdout
    case.expect("S3", code == 0 and b"LABELMARK" in told, "amend ends with %d" % code)
    case.expect("S3", not case.holds(b"LABELMARK"), "what was put right stands in clear")


def restriction(case):
    case.run("subject", "restrict", PERSON)
    before = len(case.simulator.lines())
    case.drop("d")
    case.run("drain")
    jobs = {job["job"]: job for job in case.json("jobs").get("jobs", [])}
    case.expect("S4", jobs.get("d", {}).get("waits_for") == "subject_restricted", "the job is %s" % jobs.get("d"))
    case.expect("S4", len(case.simulator.lines()) == before, "a request left for a restricted subject")
    case.run("subject", "unrestrict", PERSON)
    case.run("drain")
    case.expect("S4", "d" in case.there("done"), "the job did not go on")


def objection(case):
    code = case.run("subject", "object", PERSON, "--purpose", "history")
    kept = glob.glob(case.path + "/.darkroom/subjects/*/*")
    left = [file for file in kept if case.profile in HISTORY and file.endswith("d")]
    case.expect("S5", code == 0 and not left, "object ends with %d" % code)
    if case.profile in HISTORY:
        case.drop("e")
        before = len(kept)
        case.run("drain")
        after = len(glob.glob(case.path + "/.darkroom/subjects/*/*"))
        case.expect("S5", after <= before, "history grows against an objection: %d to %d" % (before, after))


def register(case):
    requests = case.json("subject", "show", PERSON).get("requests", [])
    verbs = {request.get("verb") for request in requests}
    case.expect("S9", {"export", "amend", "restrict", "object"} <= verbs, "the register has %s" % verbs)
    case.expect("S9", all(request.get("due") for request in requests), "a request has no due date")


def showing(case):
    case.drop("g", visibility="public")
    case.run("drain")
    index = case.path + "/gallery/index.json"
    shown = len(json.load(open(index)).get("pictures", [])) if os.path.exists(index) else 0
    case.expect("F5", (shown == 1) == (case.profile in GALLERY), "%d pictures are shown" % shown)


def erasure(case):
    """All of the person, at once, and nobody else's."""
    others = {name: open("%s/done/c/%s" % (case.path, name), "rb").read() for name in case.there("done/c")}
    code = case.run("subject", "erase", PERSON, "--reason", "minor", raw=True)
    case.expect("R8, R11", code.returncode == 0, "erase ends with %d: %s" % (code.returncode, code.stderr.decode()[-300:]))
    left = [job for job in case.there("done") if job != "c"]
    case.expect("R8", not left, "outcomes are left: %s" % left)
    case.expect("R8", not case.holds(b"PERSONMARK", b"LABELMARK", b"PROMPTMARK"), "marks are left")
    now = {name: open("%s/done/c/%s" % (case.path, name), "rb").read() for name in case.there("done/c")}
    case.expect("R8", now == others, "somebody else's outcome changed")
    case.expect("F5", not [name for name in case.there("gallery") if name != "index.json"], "the gallery still shows it")
    case.expect("audit", case.run("audit", "verify") == 0, "the audit log does not verify")


def main():
    folder = tempfile.mkdtemp(prefix="profiles-")
    finds = Finds()
    simulator = Simulator(folder)
    try:
        library = clock_library(folder)
        for profile in PROFILES:
            case = Case(folder, library, simulator, profile)
            for part in (retention, deletion, copies, corrections, restriction, objection, register, showing, erasure):
                if case.profile in SESSION and part is deletion and "b" not in case.there("done"):
                    continue
                part(case)
            finds.add(profile, case.wrong, case)
            print("%-15s looked at" % profile, flush=True)
    finally:
        simulator.stop()
        shutil.rmtree(folder, ignore_errors=True)
    finds.end("profiles")


if __name__ == "__main__":
    sys.exit(main())
