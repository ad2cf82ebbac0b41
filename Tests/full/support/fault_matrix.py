"""Every fault x provider x {generate, edit}: one daemon a scenario, one simulator for all, told apart by markers."""

import concurrent.futures
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

from crash import ENVIRONMENT, Simulator, marked_photo, program

# How long a call may take in scenarios about time, and in all others: this machine may be busy.
SHORT, LONG = 3, 60
# How long a drain may take beyond that.
SLACK = 60
MOST_MEMORY = 256 << 20

ROUTES = {
    "microsoft-mai": 'deployment: "d", family: "2.6"',
    "openai": 'model: "gpt-image-2"',
    "azure-openai": 'deployment: "d", family: "gpt-image-2"',
    "google-gemini": 'model: "gemini-3-pro-image"',
    "openrouter": 'model: "microsoft/mai-image-2.6"',
}


class Expected:
    """What must become of a job: its outcome and reason, and of each call its class and whether it counts as paid."""

    def __init__(self, outcome, *calls, reason=None, gap=0, short=False, source=None):
        self.outcome, self.calls, self.gap, self.short, self.source = outcome, calls, gap, short, source
        self.reason = reason or (calls[-1] if outcome != "done" else None)


BILLED = {"success": "yes", "bad_response": "possible", "content_blocked_output": "possible",
          "no_image_returned": "possible", "server_error": "possible", "outcome_unknown": "possible"}
# Answers that are none: a redirect and a web page cost nothing, what stood in a picture's place was drawn.
BILLED_BY_NAME = {"html": "no", "redirect": "no", "bad_base64": "yes", "no_picture": "yes"}
# The usage that Gemini's refusals carry is booked.
BILLED_AT_GEMINI = {"content_blocked_input": "yes", "content_blocked_output": "yes", "no_image_returned": "yes"}
# Failures at OpenRouter are free, as its terms say.
FREE_AT_OPENROUTER = {"content_blocked_output", "no_image_returned", "server_error"}


def billed(scenario, call, provider):
    """What a call is booked as: by what came, by the provider's terms, and by its class."""
    if provider == "openrouter" and call in FREE_AT_OPENROUTER:
        return "no"
    if provider == "google-gemini" and call in BILLED_AT_GEMINI:
        return BILLED_AT_GEMINI[call]
    if call == "bad_response" and scenario in BILLED_BY_NAME:
        return BILLED_BY_NAME[scenario]
    return BILLED.get(call, "no")


def failed(name, **more):
    return Expected("failed", name, **more)


# OpenRouter tells what became of a call whose answer was lost, where the answer's head came and named it.
LOOKED_UP = {"outcome_unknown", "edge_timeout", "gzip_bomb", "huge", "too_slow", "reset_within", "close_within",
             "close_after"}

DONE = Expected("done", "success")
HELD = Expected("held", "outcome_unknown")
SPOILED = failed("bad_response")


def twice(first, gap):
    # What a failed call may have cost is a guess, and so is the sum.
    source = "estimate" if BILLED.get(first) else "usage"
    return Expected("done", first, "success", gap=gap, source=source)


# Name: what the simulator does, and what must follow.
MATRIX = {
    **{name: ({"refuse": name}, failed(name)) for name in [
        "invalid_request", "payload_too_large", "content_blocked_input", "content_blocked_output",
        "no_image_returned", "auth", "permission", "account_blocked", "model_not_found"]},
    "quota_exhausted": ({"refuse": "quota_exhausted"}, Expected("waits", "quota_exhausted")),
    "outcome_unknown": ({"refuse": "outcome_unknown"}, HELD),
    "edge_timeout": ({"refuse": "outcome_unknown", "status": 524}, HELD),
    "retry_seconds": ({"refuse": "rate_limited", "retry_after": "2s", "retry_after_as": "seconds", "once": True},
                      twice("rate_limited", 2)),
    "retry_date": ({"refuse": "rate_limited", "retry_after": "2s", "retry_after_as": "date", "once": True},
                   twice("rate_limited", 2)),
    "retry_milliseconds": ({"refuse": "rate_limited", "retry_after": "1700ms", "retry_after_as": "milliseconds",
                            "once": True}, twice("rate_limited", 1.7)),
    "retry_info": ({"refuse": "rate_limited", "retry_after": "2300ms", "retry_after_as": "retry_info", "once": True},
                   twice("rate_limited", 2.3)),
    "retry_text": ({"refuse": "rate_limited", "retry_after": "2s", "retry_after_as": "text", "once": True},
                   twice("rate_limited", {"azure-openai": 2})),
    "retry_unsaid": ({"refuse": "rate_limited", "once": True}, twice("rate_limited", 1)),
    "overloaded_once": ({"refuse": "overloaded", "retry_after": "2s", "once": True}, twice("overloaded", 2)),
    "server_error_once": ({"refuse": "server_error", "once": True}, twice("server_error", 1)),
    "server_error": ({"refuse": "server_error"}, Expected("failed", "server_error", "server_error", gap=1)),
    **{name + "_final": ({"refuse": name, "headers": {"x-should-retry": "false"}}, failed(name))
       for name in ["server_error", "overloaded", "rate_limited"]},
    "truncated_json": ({"spoil": "truncated_json"}, SPOILED),
    "malformed_json": ({"spoil": "malformed_json"}, SPOILED),
    "bad_base64": ({"spoil": "bad_base64"}, SPOILED),
    "no_picture": ({"spoil": "no_picture"}, SPOILED),
    "html": ({"spoil": "html"}, SPOILED),
    "redirect": ({"redirect": "/redirected"}, SPOILED),
    "wrong_type": ({"spoil": "wrong_type"}, DONE),
    "usage_missing": ({"spoil": "usage_missing"}, Expected("done", "success", source="estimate")),
    "several_pictures": ({"spoil": "several_pictures"}, DONE),
    "escaped_slashes": ({"spoil": "escaped_slashes"}, DONE),
    **{name: ({"spoil": name}, DONE) for name in [
        "base64_lines", "base64_data_url", "base64_unpadded", "base64_url_safe", "second_place", "bare_picture"]},
    **{name: ({"spoil": name}, SPOILED) for name in ["event_stream", "empty"]},
    "gzip_bomb": ({"spoil": "gzip_bomb"}, HELD),
    "huge": ({"spoil": "huge"}, HELD),
    "delay": ({"delay": "1s"}, DONE),
    "slow": ({"bytes_per_second": "1MB"}, DONE),
    "too_slow": ({"bytes_per_second": "20kB"}, Expected("held", "outcome_unknown", short=True)),
    "hang": ({"hang": True}, Expected("held", "outcome_unknown", short=True)),
    "reset_before": ({"reset": "before"}, HELD),
    "reset_within": ({"reset": "within"}, HELD),
    "reset_after": ({"reset": "after"}, DONE),
    "close_before": ({"close": "before"}, HELD),
    "close_within": ({"close": "within"}, HELD),
    "close_after": ({"close": "after"}, HELD),
}


def fault_file(path):
    rules = []
    for name, (answer, _) in MATRIX.items():
        answer = dict(answer)
        rule = {"name": name, "match": {"marker": name}}
        if answer.pop("once", False):
            rule.update(times=1, per_prompt=True)
        rules.append({**rule, "answer": answer})
    with open(path, "w") as file:
        json.dump(rules, file, indent=1)


def expected(name, provider):
    """What differs between the contracts."""
    wanted = MATRIX[name][1]
    if name == "account_blocked" and provider == "openai":
        return failed("permission")
    # A picture without any document around it has no usage beside it.
    if name == "bare_picture":
        return Expected("done", "success", source="estimate")
    if name == "server_error_once" and provider == "openrouter":
        return Expected("done", "server_error", "success", gap=1, source="usage")
    return wanted


class Scenario:
    def __init__(self, folder, simulator, name, provider, kind):
        self.name, self.provider, self.kind, self.simulator = name, provider, kind, simulator
        self.wanted = expected(name, provider)
        self.id = "%s-%s-%s" % (name, provider, kind)
        self.folder = os.path.join(folder, self.id)
        self.spool = self.folder + "/spool"
        self.prompt = "a mill [[fault:%s]] %s" % (name, self.id)
        self.faults = []
        self.memory = 0

    def check(self, holds, what, *facts):
        if not holds:
            self.faults.append("%s: %s" % (what, " ".join(map(str, facts))))

    def prepare(self):
        os.makedirs(self.folder + "/making")
        os.makedirs(self.spool + "/inbox")
        self.config = self.folder + "/darkroom.json5"
        with open(self.config, "w") as file:
            file.write(
                """{ spool: "%s", listen: "off", models: { m: { provider: "%s", endpoint: "%s", %s, timeout: "%ds",
                key: { env: "SWEEP_KEY" }, requests_per_minute: 60000 } }, disk: { min_free: "1MB" },
                output: { size: "native", format: "jpeg" }, workers: { count: 1 } }""" % (
                    self.spool, self.provider, self.simulator.url, ROUTES[self.provider],
                    SHORT if self.wanted.short else LONG))
        manifest = {"prompt": self.prompt, "id": "j"}
        if self.kind == "edit":
            manifest["references"] = ["a.jpg"]
            with open(self.folder + "/making/a.jpg", "wb") as file:
                file.write(marked_photo())
        with open(self.folder + "/making/job.json", "w") as file:
            json.dump(manifest, file)
        os.rename(self.folder + "/making", self.spool + "/inbox/j")

    def drain(self):
        log = open(self.folder + "/daemon.log", "ab")
        process = subprocess.Popen([program(), "drain", "--config", self.config], stdout=log, stderr=log,
                                   stdin=subprocess.DEVNULL, env=ENVIRONMENT)
        limit = (SHORT if self.wanted.short else LONG) + SLACK
        until = time.monotonic() + limit
        while time.monotonic() < until:
            self.look(process.pid)
            if process.poll() is not None:
                return True
            if self.wanted.outcome == "waits" and self.waits():
                # It would wait until there is a new quota.
                time.sleep(2)
                process.send_signal(signal.SIGTERM)
                process.wait(SLACK)
                return True
            time.sleep(0.02)
        process.kill()
        process.wait()
        self.check(False, "the drain did not end within %d s" % limit)
        return False

    def look(self, pid):
        """The most memory that the daemon itself has had so far."""
        try:
            for line in open("/proc/%d/status" % pid):
                if line.startswith("VmHWM:"):
                    self.memory = max(self.memory, int(line.split()[1]) * 1024)
        except OSError:
            pass

    def mine(self):
        digest = hashlib.sha256(self.prompt.encode()).hexdigest()
        lines = self.simulator.lines()
        accepted = [line for line in lines if line.get("prompt_sha256") == digest]
        ends = {line["id"]: line for line in lines if "id" in line and line["event"] != "accepted"}
        return accepted, ends

    def waits(self):
        accepted, ends = self.mine()
        return accepted and accepted[-1]["id"] in ends

    def run(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        self.prepare()
        if not self.drain():
            return
        wanted = self.wanted
        accepted, ends = self.mine()
        self.check(len(accepted) == len(wanted.calls), "calls", len(accepted), "instead of", len(wanted.calls))
        self.check(all(line["kind"] == self.kind and line["provider"] == self.provider for line in accepted),
                   "another kind of call", accepted)
        gap = wanted.gap.get(self.provider, 1) if isinstance(wanted.gap, dict) else wanted.gap
        for before, after in zip(accepted, accepted[1:]):
            rested = (after["at"] - ends[before["id"]]["at"]) / 1000
            self.check(rested >= gap, "called again after", rested, "instead of", gap)
        found = [name for name in ("done", "failed", "held") if os.path.isdir("%s/%s/j" % (self.spool, name))]
        if wanted.outcome == "waits":
            self.check(found == [], "settled instead of waiting", found)
            return self.check_waiting()
        self.check(found == [wanted.outcome], "outcome", found, "instead of", wanted.outcome)
        if len(found) == 1:
            self.check_status(json.load(open("%s/%s/j/status.json" % (self.spool, found[0]))))
        self.check(self.memory < MOST_MEMORY, "memory", self.memory)

    def check_waiting(self):
        shown = subprocess.run([program(), "show", "j", "--config", self.config, "--json"], capture_output=True,
                               text=True, env=ENVIRONMENT).stdout
        self.check(self.wanted.reason in shown, "not shown with its reason", shown[:300])

    def check_status(self, status):
        wanted = self.wanted
        code = (status.get("reason") or {}).get("code")
        self.check(code == wanted.reason, "reason", code, "instead of", wanted.reason)
        calls = [(call.get("class"), call.get("billed")) for call in status.get("attempts", [])]
        hoped = [(name, billed(self.name, name, self.provider)) for name in wanted.calls]
        if self.provider == "openrouter" and self.name in LOOKED_UP:
            hoped = [(name, "yes") for name, _ in hoped]
        self.check(calls == hoped, "attempts", calls, "instead of", hoped)
        if wanted.outcome == "done":
            self.check(len(status["outputs"]) == 1, "outputs", len(status["outputs"]))
            source = (status.get("cost") or {}).get("source")
            hoped = wanted.source or "usage"
            self.check(source == hoped, "cost from", source, "instead of", hoped)


def main():
    folder = tempfile.mkdtemp(prefix="fault-matrix-")
    simulator = None
    names = os.environ.get("FAULTS", " ".join(MATRIX)).split()
    providers = os.environ.get("PROVIDERS", " ".join(ROUTES)).split()
    kinds = os.environ.get("KINDS", "generate edit").split()
    begun = time.monotonic()
    try:
        fault_file(folder + "/faults.json5")
        simulator = Simulator(folder, more=["--faults", folder + "/faults.json5"])
        scenarios = [Scenario(folder, simulator, name, provider, kind)
                     for name in names for provider in providers for kind in kinds]
        wrong, memory, lock = 0, 0, threading.Lock()
        with concurrent.futures.ThreadPoolExecutor(int(os.environ.get("AT_ONCE", "4"))) as pool:
            running = {pool.submit(scenario.run): scenario for scenario in scenarios}
            for future in concurrent.futures.as_completed(running):
                scenario = running[future]
                if future.exception():
                    scenario.faults.append(repr(future.exception()))
                memory = max(memory, scenario.memory)
                for fault in scenario.faults:
                    print("FAILED  %s: %s" % (scenario.id, fault), flush=True)
                wrong += bool(scenario.faults)
                keep = os.environ.get("KEEP")
                if scenario.faults and keep:
                    shutil.copytree(scenario.folder, os.path.join(keep, scenario.id), dirs_exist_ok=True)
                shutil.rmtree(scenario.folder, ignore_errors=True)
        refused = [line for line in simulator.lines() if line["event"] == "refused"]
        for line in refused[:20]:
            print("FAILED  a request broke its contract:", line, flush=True)
        print("%d scenarios, %d wrong, %d requests against a contract, daemon at most %d MB, %d s" % (
            len(scenarios), wrong, len(refused), memory >> 20, time.monotonic() - begun))
        sys.exit(1 if wrong or refused else 0)
    finally:
        if simulator:
            simulator.stop()
        shutil.rmtree(folder, ignore_errors=True)


main()
