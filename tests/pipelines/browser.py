# SPDX-License-Identifier: LGPL-2.1-or-later
"""Chromium as tests of pages drive it, by the DevTools protocol, and their lines of TAP."""
import base64
import json
import os
import subprocess
import time

PATIENCE = 60


class Browser:
    """Chromium by its pipe: commands and events, a message each, ended by a zero."""

    def __init__(self, program, profile):
        ours_in, theirs_out = os.pipe()
        theirs_in, ours_out = os.pipe()

        def connect():
            # The numbers that Chromium wants, wherever the ends are now.
            ends = os.dup(theirs_in), os.dup(theirs_out)
            os.dup2(ends[0], 3)
            os.dup2(ends[1], 4)
            os.set_inheritable(3, True)
            os.set_inheritable(4, True)

        self.process = subprocess.Popen(
            [program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
             "--no-first-run", "--remote-debugging-pipe", "--user-data-dir=" + profile, "about:blank"],
            preexec_fn=connect, close_fds=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(theirs_in)
        os.close(theirs_out)
        self.reading, self.writing = os.fdopen(ours_in, "rb"), os.fdopen(ours_out, "wb", buffering=0)
        self.number, self.rest, self.session, self.events = 0, b"", None, []
        target = next(t for t in self.call("Target.getTargets")["targetInfos"] if t["type"] == "page")
        self.session = self.call(
            "Target.attachToTarget", targetId=target["targetId"], flatten=True)["sessionId"]
        for domain in "Page", "Runtime", "Accessibility", "Log":
            self.call(domain + ".enable")

    def read(self):
        while b"\0" not in self.rest:
            piece = os.read(self.reading.fileno(), 1 << 20)
            if not piece:
                raise EOFError("the browser has ended")
            self.rest += piece
        message, self.rest = self.rest.split(b"\0", 1)
        return json.loads(message)

    def call(self, method, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        self.writing.write(json.dumps(message).encode() + b"\0")
        while True:
            answer = self.read()
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]
            if "method" in answer:
                self.events.append(answer)

    def evaluate(self, expression):
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"])
        return answer["result"].get("value")

    def wait(self, expression):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            value = self.evaluate(expression)
            if value:
                return value
            time.sleep(0.05)
        raise TimeoutError(expression + "; the page says: " + self.evaluate("document.body.innerText"))

    def press(self, key):
        printable = len(key) == 1
        names = {"Enter": 13, "Escape": 27, "Tab": 9, "ArrowDown": 40, "ArrowUp": 38}
        event = {"key": key, "code": "Key" + key.upper() if key.isalpha() and printable else key,
                 "windowsVirtualKeyCode": names.get(key, ord(key[0].upper()))}
        if printable or key == "Enter":
            event["text"] = "\r" if key == "Enter" else key
        self.call("Input.dispatchKeyEvent", type="keyDown", **event)
        self.call("Input.dispatchKeyEvent", type="keyUp", key=key, code=event["code"])

    def type(self, text):
        for letter in text:
            self.press(letter)

    def nodes(self):
        """What screen readers are told: (role, name) of all."""
        return [(n["role"]["value"], n.get("name", {}).get("value", ""))
                for n in self.call("Accessibility.getFullAXTree")["nodes"] if not n.get("ignored")]

    def resize(self, width):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1,
                  mobile=width < 600)

    def shoot(self, path):
        shot = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        with open(path, "wb") as file:
            file.write(base64.b64decode(shot["data"]))

    def end(self):
        self.process.terminate()
        self.process.wait()


count = 0
failed = 0


def check(name, value, expected=True):
    global count, failed
    count += 1
    good = value == expected
    failed += not good
    print(f"{'' if good else 'not '}ok {count} {name}")
    if not good:
        print(f"#   {value!r}, and {expected!r} was expected")


def overflow(browser):
    return browser.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


def small_targets(browser):
    """Buttons that a thumb misses (WCAG 2.2, 2.5.8: 24 pixels)."""
    return browser.evaluate("[...document.querySelectorAll('button')].filter(b => b.offsetParent && "
                            "(b.offsetHeight < 24 || b.offsetWidth < 24)).map(b => b.innerText)")


def wrong_of(browser):
    """What the browser has to say of policies, and scripts that fail."""
    policy = [e["params"]["entry"]["text"] for e in browser.events if e["method"] == "Log.entryAdded"
              and "Content Security Policy" in e["params"]["entry"]["text"]]
    return policy + [e["params"]["exceptionDetails"].get("exception", {}).get("description", "a script failed")
                     for e in browser.events if e["method"] == "Runtime.exceptionThrown"]


def finish():
    """The plan; whether anything has failed."""
    print(f"1..{count}")
    return failed > 0
