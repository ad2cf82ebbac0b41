"""One daemon with as many calls in flight as are asked for; run by many-calls.sh."""

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time

CALLS = int(os.environ.get("CALLS", "1000"))
LATENCY = os.environ.get("LATENCY", "20s")
MODES = os.environ.get("MODES", "plain tls").split()
PROGRAM = os.environ.get("DARKROOM", ".build/release/darkroom")
MOST_MEMORY = 200 << 20
# As in the packaged unit.
MOST_DESCRIPTORS = 65536
MOST_SECONDS = 900


def certificate(folder):
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", folder + "/tls.key", "-out",
         folder + "/tls.pem"], check=True, capture_output=True)


def simulator(folder, mode):
    """A model service of its own process, and its address."""
    command = [PROGRAM, "simulate", "--listen", "127.0.0.1:0", "--latency", LATENCY, "--cached", "--ledger",
               folder + "/simulator.jsonl", "--spool", folder + "/unused"]
    if mode == "tls":
        command += ["--certificate", folder + "/tls.pem", "--key", folder + "/tls.key"]
    log = open(folder + "/simulator.log", "w+")
    process = subprocess.Popen(command, stdout=log, stderr=log)
    for _ in range(300):
        time.sleep(0.1)
        text = open(folder + "/simulator.log").read()
        for word in text.replace('"', " ").split():
            if "://127.0.0.1:" in word:
                return process, word.rstrip("/,.")
    raise SystemExit("the simulator did not start: " + text)


def configuration(folder, address):
    text = {
        "spool": folder + "/spool",
        "models": {"m": {
            "provider": "microsoft-mai", "endpoint": address, "deployment": "mai26", "family": "2.6",
            "key": {"env": "MANY_KEY"}, "concurrency": CALLS, "requests_per_minute": 100_000, "timeout": "10m"}},
        "output": {"size": "native", "format": "jpeg"}, "disk": {"min_free": "1MB"}, "log": {"level": "warning"},
        "network": {"ca_file": folder + "/tls.pem"},
    }
    path = folder + "/darkroom.json5"
    json.dump(text, open(path, "w"))
    return path


def fact(pid, name):
    for line in open("/proc/%d/status" % pid):
        if line.startswith(name + ":"):
            return int(line.split()[1]) * 1024
    return 0


def processor_seconds(pid):
    fields = open("/proc/%d/stat" % pid).read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def lines(path):
    return [json.loads(line) for line in open(path)] if os.path.exists(path) else []


def under_way(folder):
    rows = lines(folder + "/simulator.jsonl")
    began = sum(row["event"] == "accepted" for row in rows)
    return began, began - sum(row["event"] != "accepted" for row in rows)


def run(mode):
    folder = tempfile.mkdtemp(prefix="darkroom-many-")
    wrong = []
    certificate(folder)
    service, address = simulator(folder, mode)
    config = configuration(folder, address)
    inbox = folder + "/spool/inbox"
    environment = dict(os.environ, MANY_KEY="none")
    subprocess.run([PROGRAM, "sweep", "--config", config], env=environment, capture_output=True)
    os.makedirs(inbox, exist_ok=True)
    for number in range(CALLS):
        with open("%s/.j%04d" % (inbox, number), "w") as file:
            file.write("call number %d" % number)
        os.rename("%s/.j%04d" % (inbox, number), "%s/j%04d.txt" % (inbox, number))
    log = open(folder + "/daemon.log", "w")
    daemon = subprocess.Popen([PROGRAM, "run", "--config", config], env=environment, stdout=log, stderr=log)
    most = {"at once": 0, "descriptors": 0, "memory": 0}
    started, spent, before = time.time(), 0, None
    while time.time() - started < MOST_SECONDS and daemon.poll() is None:
        time.sleep(0.5)
        began, now = under_way(folder)
        most["at once"] = max(most["at once"], now)
        try:
            most["descriptors"] = max(most["descriptors"], len(os.listdir("/proc/%d/fd" % daemon.pid)))
            most["memory"] = fact(daemon.pid, "VmHWM")
            spent = processor_seconds(daemon.pid)
        except OSError:
            break
        done = os.listdir(folder + "/spool/done") if os.path.isdir(folder + "/spool/done") else []
        settled = len(done) + sum(
            len(os.listdir(folder + "/spool/" + name)) for name in ("failed", "held")
            if os.path.isdir(folder + "/spool/" + name))
        if began and before is None:
            before = time.time() - started
        if settled >= CALLS:
            break
    daemon.send_signal(signal.SIGTERM)
    daemon.wait(120)
    service.terminate()
    service.wait(60)
    done = [name for name in os.listdir(folder + "/spool/done") if not name.startswith(".")]
    rows = lines(folder + "/simulator.jsonl")
    asked = sum(row["event"] == "accepted" for row in rows)
    if len(done) != CALLS:
        wrong.append("%d of %d jobs are done" % (len(done), CALLS))
    if asked != CALLS:
        wrong.append("%d requests for %d jobs" % (asked, CALLS))
    if most["at once"] < CALLS:
        wrong.append("at most %d calls were in flight at once" % most["at once"])
    if most["memory"] >= MOST_MEMORY:
        wrong.append("the daemon took %d MB" % (most["memory"] >> 20))
    if most["descriptors"] >= MOST_DESCRIPTORS:
        wrong.append("%d descriptors" % most["descriptors"])
    print("%s: %d calls, at most %d in flight at once, daemon %d MB at most, %.1f ms of its processor time a job, "
          "%d descriptors, %.0f s" % (
              mode, asked, most["at once"], most["memory"] >> 20, 1000 * spent / max(1, CALLS), most["descriptors"],
              time.time() - started), flush=True)
    for text in wrong:
        print("WRONG  " + mode + ": " + text, flush=True)
    if wrong and os.environ.get("KEEP"):
        shutil.copytree(folder, os.path.join(os.environ["KEEP"], os.path.basename(folder)), dirs_exist_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
    return not wrong


hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (min(MOST_DESCRIPTORS, hard), hard))
results = [run(mode) for mode in MODES]
sys.exit(0 if all(results) else 1)
