# SPDX-License-Identifier: LGPL-2.1-or-later
"""The page of `generative-model review` in Chromium, as a person uses it: by keys alone, by names and
roles as screen readers have them, in the width of a phone and of a desk.

    review-page.py CHROMIUM ADDRESS#TOKEN FOLDER

FOLDER is where items are held: 1 a picture, 2 a sound, 3 a text, 4 a picture. Pictures of the page
go into FOLDER/shots. Prints TAP."""
import base64
import json
import os
import subprocess
import sys
import tempfile
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


def decision(folder, number):
    with open(f"{folder}/{number:06d}.decision.json", encoding="utf-8") as file:
        return json.load(file)


def overflow(browser):
    return browser.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


def small_targets(browser):
    """Buttons that a thumb misses (WCAG 2.2, 2.5.8: 24 pixels)."""
    return browser.evaluate("[...document.querySelectorAll('button')].filter(b => b.offsetParent && "
                            "(b.offsetHeight < 24 || b.offsetWidth < 24)).map(b => b.innerText)")


def run(browser, address, folder):
    shots = folder + "/shots"
    os.makedirs(shots, exist_ok=True)
    page, token = address.split("#")

    # Logging in, by keys.
    browser.resize(400)
    browser.call("Page.navigate", url=page)
    browser.wait("document.getElementById('login')?.hidden === false")
    browser.shoot(shots + "/login-400.png")
    check("the field of the token has the focus", browser.evaluate("document.activeElement.id"), "token")
    check("it has a name", ("textbox", "Your token") in browser.nodes())
    browser.type("wrong")
    browser.press("Enter")
    check("a wrong one is told of", browser.wait("document.getElementById('login-error').textContent"),
          "That is not a token of this page")
    browser.type(token)
    browser.press("Enter")
    browser.wait("document.querySelectorAll('.item').length == 4")
    browser.wait("document.querySelector('.item[data-number=\"3\"] pre').textContent")
    browser.wait("[...document.images].every(i => i.complete && i.naturalWidth > 0)")

    # What it looks like.
    check("nothing is wider than a phone", overflow(browser), 0)
    check("buttons are large enough for thumbs", small_targets(browser), [])
    browser.shoot(shots + "/items-400.png")
    browser.resize(1400)
    check("nothing is wider than a desk", overflow(browser), 0)
    browser.shoot(shots + "/items-1400.png")

    # What it is called.
    nodes = browser.nodes()
    for expected in [("heading", "Held for review"), ("list", "Items that wait for a decision"),
                     ("button", "Approve item 1"), ("button", "Reject item 1"),
                     ("image", "Picture 1, held for nsfw"), ("region", "Text 3, held for badword")]:
        check("there is a {} called {}".format(*expected), expected in nodes)
    check("there is a live region", "status" in [role for role, _ in nodes])
    check("all buttons have names", [n for n in nodes if n[0] == "button" and not n[1]], [])
    check("what is held cannot add elements",
          browser.evaluate("document.querySelectorAll('.item script, pre b').length"), 0)

    # By keys alone.
    where = "document.activeElement.closest('.item')?.dataset.number"
    browser.press("a")
    check("nothing is approved without a focus", os.path.exists(f"{folder}/000001.decision.json"), False)
    browser.press("j")
    check("j goes to the first", browser.evaluate(where), "1")
    browser.press("ArrowDown")
    browser.press("j")
    browser.press("k")
    check("arrows and letters go on and back", browser.evaluate(where), "2")
    browser.press("r")
    check("r asks why", browser.evaluate("document.activeElement.tagName"), "INPUT")
    browser.press("Enter")
    check("not without a reason", os.path.exists(f"{folder}/000002.decision.json"), False)
    browser.type("a jar")
    check("letters are letters there", browser.evaluate("document.activeElement.value"), "a jar")
    browser.press("Escape")
    check("Escape leaves it", browser.evaluate("document.activeElement.dataset.number"), "2")
    browser.press("r")
    browser.shoot(shots + "/reject-1400.png")
    browser.press("Enter")
    browser.wait("document.querySelectorAll('.item').length == 3")
    check("it is rejected", [decision(folder, 2)[k] for k in ("decision", "reason", "by")],
          ["reject", "a jar", "anna"])
    check("no item gets the focus by itself", browser.evaluate("document.activeElement.id"), "title")
    browser.press("a")
    browser.press("j")
    check("j goes to the one behind", browser.evaluate(where), "3")
    check("and nothing unseen is approved", os.path.exists(f"{folder}/000003.decision.json"), False)
    browser.press("a")
    browser.wait("document.querySelectorAll('.item').length == 2")
    check("it is approved", decision(folder, 3)["decision"], "approve")
    check("it is told of", browser.wait("document.getElementById('status').textContent"), "3 approved")

    # Somebody else is first, and something comes.
    with open(f"{folder}/000001.decision.json", "w", encoding="utf-8") as file:
        json.dump({"decision": "reject", "by": "bert"}, file)
    browser.wait("document.querySelectorAll('.item').length == 1")
    check("others' decisions are told of",
          "1 was rejected by bert" in browser.evaluate("document.getElementById('status').textContent"))
    with open(f"{folder}/000005.txt", "w", encoding="utf-8") as file:
        file.write("late")
    with open(f"{folder}/part", "w", encoding="utf-8") as file:
        json.dump({"number": 5, "media": "000005.txt", "label": "late"}, file)
    os.rename(f"{folder}/part", f"{folder}/000005.json")
    browser.wait("document.querySelectorAll('.item').length == 2")
    check("what comes is told of", browser.evaluate("document.getElementById('status').textContent"),
          "New: Text 5: late")
    browser.evaluate("document.getElementById('shortcuts').click()")
    browser.evaluate("document.querySelector('.item').focus()")
    browser.press("a")
    browser.press("j")
    check("keys can be put away", browser.evaluate(where), "4")
    browser.resize(400)
    browser.shoot(shots + "/later-400.png")

    # The end of the session.
    browser.evaluate("document.getElementById('logout').click()")
    browser.wait("document.getElementById('login')?.hidden === false")
    check("nothing of it stays", browser.evaluate("document.querySelectorAll('.item').length"), 0)
    browser.call("Page.navigate", url="about:blank")
    browser.call("Page.navigate", url=address)
    browser.wait("document.querySelectorAll('.item').length == 2")
    check("a token in the address logs in, and is not kept there", browser.evaluate("location.href"), page)
    wrong = [e["params"]["entry"]["text"] for e in browser.events if e["method"] == "Log.entryAdded"
             and "Content Security Policy" in e["params"]["entry"]["text"]]
    check("nothing offends the policy", wrong, [])
    check("no script fails", [e for e in browser.events if e["method"] == "Runtime.exceptionThrown"], [])


def main():
    program, address, folder = sys.argv[1:]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        browser = Browser(program, profile)
        try:
            run(browser, address, folder)
        finally:
            browser.end()
    print(f"1..{count}")
    return failed > 0


sys.exit(main())
