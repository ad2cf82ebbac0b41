"""A headless Chromium that is spoken to over two pipes (Chrome DevTools Protocol), and what a page is checked for."""

import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time

# Of what the axe rules ask of every page: names, landmarks, headings, tables, contrast (WCAG 2.2, 1.4.3), width.
CHECKS = """(() => {
  const wrong = [];
  const all = (what) => [...document.querySelectorAll(what)];
  const named = (element) => (element.getAttribute("aria-label") || element.alt || element.textContent || "").trim();
  if (!document.documentElement.lang) wrong.push("the page says no language");
  if (!document.title.trim()) wrong.push("the page has no title");
  if (all("h1").length !== 1) wrong.push(all("h1").length + " first headings");
  for (const part of ["header", "main", "footer"])
    if (all("body > " + part).length !== 1) wrong.push("no landmark " + part);
  let level = 0;
  for (const heading of all("h1,h2,h3,h4")) {
    const now = Number(heading.tagName[1]);
    if (now > level + 1) wrong.push("heading out of order: " + heading.textContent);
    if (!heading.textContent.trim()) wrong.push("an empty heading");
    level = now;
  }
  for (const element of all("a, button, nav, [role=img], meter, [tabindex], img"))
    if (!named(element)) wrong.push("without a name: " + element.outerHTML.slice(0, 80));
  for (const cell of all("th")) if (!cell.scope) wrong.push("a head of a table without its scope");
  for (const wide of all("*")) {
    const style = getComputedStyle(wide);
    if (wide.scrollWidth > wide.clientWidth + 1 && style.overflowX === "auto" && wide.tabIndex < 0)
      wrong.push("scrolls and can not be reached by keys: " + wide.className);
  }
  const ids = all("[id]").map((element) => element.id);
  if (new Set(ids).size !== ids.length) wrong.push("an id stands twice");
  if (document.documentElement.scrollWidth > innerWidth)
    wrong.push("wider than the window: " + document.documentElement.scrollWidth + " of " + innerWidth);
  const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = (colour) => {
    const [r, g, b] = colour.map((value) => value / 255).map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = numbers(getComputedStyle(at).backgroundColor);
      if (colour.length < 4 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  let texts = 0;
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const element = walk.currentNode.parentElement, text = walk.currentNode.textContent.trim();
    if (!text || ["SCRIPT", "NOSCRIPT", "STYLE"].includes(element.tagName)) continue;
    texts += 1;
    const style = getComputedStyle(element), size = parseFloat(style.fontSize);
    const [a, b] = [light(numbers(style.color)), light(behind(element))];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const least = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
    if (contrast < least) wrong.push("contrast " + contrast.toFixed(2) + ": " + text.slice(0, 40));
  }
  if (texts < 3) wrong.push("an empty page");
  return JSON.stringify(wrong);
})()"""


class Browser:
    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="browser-")
        to_browser, self.out = os.pipe()
        self.into, from_browser = os.pipe()

        def plumb():
            # Its ends are descriptors 3 and 4; they are moved out of each other's way first.
            a, b = os.dup(to_browser), os.dup(from_browser)
            high = max(a, b, 10)
            a, b = os.dup2(a, high + 1), os.dup2(b, high + 2)
            os.dup2(a, 3)
            os.dup2(b, 4)
        self.process = subprocess.Popen(
            [shutil.which("chromium") or "chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
             "--disable-dev-shm-usage", "--remote-debugging-pipe", "--user-data-dir=" + self.folder, "about:blank"],
            close_fds=False, preexec_fn=plumb, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_browser)
        os.close(from_browser)
        self.rest, self.number, self.said = b"", 0, []
        target = self.ask("Target.createTarget", {"url": "about:blank"})["targetId"]
        self.session = None
        self.session = self.ask("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.ask(domain + ".enable", {})

    def message(self, limit):
        """The next message; None where none comes in time."""
        until = time.monotonic() + limit
        while b"\0" not in self.rest:
            if not select.select([self.into], [], [], max(0, until - time.monotonic()))[0]:
                return None
            piece = os.read(self.into, 1 << 20)
            if not piece:
                raise RuntimeError("the browser ended")
            self.rest += piece
        one, self.rest = self.rest.split(b"\0", 1)
        message = json.loads(one)
        self.notice(message)
        return message

    def notice(self, message):
        method, facts = message.get("method"), message.get("params", {})
        if method == "Runtime.exceptionThrown":
            self.said.append(facts["exceptionDetails"].get("text", "exception"))
        elif method == "Runtime.consoleAPICalled":
            self.said.append("console: %s" % [value.get("value") for value in facts["args"]])
        elif method == "Log.entryAdded":
            self.said.append("log: " + facts["entry"]["text"])

    def ask(self, method, parameters):
        self.number += 1
        order = {"id": self.number, "method": method, "params": parameters}
        if getattr(self, "session", None):
            order["sessionId"] = self.session
        os.write(self.out, json.dumps(order).encode() + b"\0")
        until = time.monotonic() + 60
        while time.monotonic() < until:
            message = self.message(60)
            if message and message.get("id") == self.number:
                if "error" in message:
                    raise RuntimeError("%s: %s" % (method, message["error"]))
                return message["result"]
        raise RuntimeError(method + " was not answered")

    def evaluate(self, text):
        return self.ask("Runtime.evaluate", {"expression": text, "awaitPromise": True, "returnByValue": True})["result"].get("value")

    def show(self, url, dark=False, width=1200, scripts=True):
        """Loads a page for a reader with such a screen, and waits until it is there."""
        self.said = []
        self.ask("Emulation.setScriptExecutionDisabled", {"value": not scripts})
        self.ask("Emulation.setEmulatedMedia", {"features": [
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]})
        self.ask("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600})
        self.ask("Page.navigate", {"url": url})
        until = time.monotonic() + 30
        while time.monotonic() < until:
            message = self.message(5)
            if message and message.get("method") == "Page.loadEventFired":
                return
        raise RuntimeError("the page did not load")

    def picture(self, file):
        size = self.ask("Page.getLayoutMetrics", {})["cssContentSize"]
        data = self.ask("Page.captureScreenshot", {
            "format": "png", "captureBeyondViewport": True,
            "clip": {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}})["data"]
        with open(file, "wb") as out:
            out.write(base64.b64decode(data))

    def faults(self):
        """What the page lacks, and what the browser said against it."""
        return json.loads(self.evaluate(CHECKS)) + self.said

    def end(self):
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
