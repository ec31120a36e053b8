# SPDX-License-Identifier: LGPL-2.1-or-later
"""The page of `generative-serve` in Chromium, as a person uses it: by names and roles as screen readers
have them, in the width of a phone and of a desk.

    serve-page.py CHROMIUM ADDRESS TOKEN SHOTS

The server has the mounts "ball" (WebRTC, pictures and sound), "pictures" (MJPEG alone) and "plain" (a
model of four classes with the parameter "strength"), and the alert "busy", which one session raises.
Pictures of the page go into SHOTS. Prints TAP."""
import json
import os
import sys
import tempfile
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "pipelines"))
from browser import Browser, check, finish, overflow, small_targets, wrong_of  # noqa: E402

# The one of a side: 1 or 2.
SIDE = "document.querySelectorAll('.player')[{}]"


def field(side, label):
    """The field that a label of a side names, as an expression."""
    return (f"[...{SIDE.format(side - 1)}.querySelectorAll('label')].find(l => l.textContent.trim() === "
            f"{json.dumps(label)})?.control")


def put(browser, side, label, value):
    """Give a field a value as its user does."""
    browser.evaluate(f"(() => {{ const f = {field(side, label)}; f.value = {json.dumps(str(value))}; "
                     "f.dispatchEvent(new Event('input', {bubbles: true})); "
                     "f.dispatchEvent(new Event('change', {bubbles: true})); })()")


def click(browser, selector, side=None):
    root = SIDE.format(side - 1) if side else "document"
    browser.evaluate(f"{root}.querySelector({json.dumps(selector)}).click()")


class Server:
    def __init__(self, address, token):
        self.address, self.token = address, token

    def sessions(self):
        request = urllib.request.Request(
            self.address + "v1/sessions", headers={"Authorization": "Bearer " + self.token})
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.load(answer)["data"]

    def wait(self, browser, name, condition):
        """Until a list of sessions is as it should be, which is one check."""
        seen = self.sessions()
        for _ in range(300):
            if condition(seen):
                break
            browser.evaluate("new Promise(done => setTimeout(done, 100))")
            seen = self.sessions()
        check(name, condition(seen) or seen)


def log_in(browser, address, token, shots):
    browser.resize(400)
    browser.call("Page.navigate", url=address)
    browser.wait("document.getElementById('login')?.hidden === false")
    browser.shoot(shots + "/login-400.png")
    check("the field of the token has the focus", browser.evaluate("document.activeElement.id"), "token")
    check("it has a name", ("textbox", "Your token") in browser.nodes())
    browser.type("wrong")
    browser.press("Enter")
    check("a wrong one is told of", bool(browser.wait("document.getElementById('login-error').textContent")))
    browser.type(token)
    browser.press("Enter")
    browser.wait("document.getElementById('studio')?.hidden === false")
    check("the title has the focus", browser.evaluate("document.activeElement.id"), "title")
    check("mounts are listed", browser.evaluate(
        "[...document.querySelector('.player select').options].map(o => o.value)"), ["ball", "pictures", "plain"])


def watch(browser, server, shots):
    put(browser, 1, "Mount", "plain")
    put(browser, 1, "Seed", 7)
    click(browser, ".play", 1)
    browser.wait("document.querySelector('.how').textContent === 'Playing by WebRTC'")
    check("it plays by WebRTC, in its size", browser.wait(
        "(v => v.videoWidth && `${v.videoWidth} x ${v.videoHeight}`)(document.querySelector('video'))"), "160 x 160")
    at = browser.evaluate("document.querySelector('video').currentTime")
    check("time goes on", browser.wait(f"document.querySelector('video').currentTime > {at} + 0.5"))
    server.wait(browser, "what was set before it played is what it plays", lambda all: len(all) == 1 and
                all[0]["parameters"]["seed"] == 7)
    put(browser, 1, "Class", 2)
    put(browser, 1, "strength", 0.75)
    server.wait(browser, "what is set while it plays is, too", lambda all: all[0]["parameters"]["class"] == 2 and
                abs(all[0]["parameters"]["strength"][0] - 0.75) < 1e-6)
    browser.evaluate("document.querySelector('[aria-label=\"strength, slider\"]').value = 0.25")
    browser.evaluate("document.querySelector('[aria-label=\"strength, slider\"]').dispatchEvent(new Event('input'))")
    server.wait(browser, "by a slider as well", lambda all: abs(all[0]["parameters"]["strength"][0] - 0.25) < 1e-6)
    check("its box follows", browser.evaluate(f"{field(1, 'strength')}.value"), "0.25")
    put(browser, 1, "Walk", "loop")
    server.wait(browser, "a choice", lambda all: all[0]["parameters"]["walk"] == "loop")
    click(browser, "[aria-label='Draw a seed']", 1)
    server.wait(browser, "a seed that is drawn", lambda all: all[0]["parameters"]["seed"] not in (0, 7))
    put(browser, 1, "Seed", -1)
    check("a wrong one is not sent", server.sessions()[0]["parameters"]["seed"] >= 0)
    put(browser, 1, "Seed", 11)
    browser.wait("document.querySelector('.measured dd')?.textContent > 0")
    check("an alert is told of", "busy" in browser.wait("document.getElementById('alerts').innerText"))
    check("nothing is wider than a phone", overflow(browser), 0)
    check("buttons are large enough for thumbs", small_targets(browser), [])
    browser.shoot(shots + "/playing-400.png")


def compare(browser, server, shots):
    browser.resize(1400)
    browser.shoot(shots + "/playing-1400.png")
    click(browser, "#compare")
    check("there are two sides", browser.evaluate("document.querySelectorAll('.player').length"), 2)
    put(browser, 2, "Mount", "plain")
    check("the other one is told what the first is", browser.evaluate(f"{field(2, 'Seed')}.value"), "11")
    nodes = browser.nodes()
    check("sides have names", [("region", f"plain, {side}") in nodes for side in ("left", "right")], [True, True])
    browser.resize(400)
    check("on a phone the other one may be out of sight", browser.evaluate(
        f"{SIDE.format(1)}.querySelector('video').getBoundingClientRect().top > innerHeight"))
    click(browser, ".play", 2)
    browser.wait("[...document.querySelectorAll('.how')].every(h => h.textContent === 'Playing by WebRTC')")
    check("and plays", browser.wait(f"{SIDE.format(1)}.querySelector('video').currentTime > 0.5"))
    browser.resize(1400)
    server.wait(browser, "each has a session", lambda all: len(all) == 2)
    put(browser, 1, "Class", 3)
    server.wait(browser, "both are changed", lambda all: [s["parameters"]["class"] for s in all] == [3, 3])
    click(browser, "#same")
    put(browser, 2, "Class", 1)
    server.wait(browser, "or one of them", lambda all: sorted(s["parameters"]["class"] for s in all) == [1, 3])
    check("nothing is wider than a desk", overflow(browser), 0)
    browser.shoot(shots + "/compare-1400.png")
    browser.resize(400)
    check("nor than a phone", overflow(browser), 0)
    browser.shoot(shots + "/compare-400.png")
    click(browser, "#compare")
    server.wait(browser, "one goes", lambda all: len(all) == 1)


def watch_otherwise(browser, server, shots):
    put(browser, 1, "Mount", "pictures")
    browser.wait("document.querySelector('.how').textContent === 'Playing pictures one by one'")
    check("pictures come one by one", browser.evaluate("document.querySelector('.screen img').naturalWidth"), 160)
    server.wait(browser, "the other session is gone", lambda all: [s["protocol"] for s in all] == ["mjpeg"])
    put(browser, 1, "Class", 2)
    server.wait(browser, "they can be told as well", lambda all: all[0]["parameters"]["class"] == 2)
    browser.shoot(shots + "/pictures-400.png")
    click(browser, ".play", 1)
    check("it stops", browser.wait("document.querySelector('.how').textContent === 'Stopped'"))
    browser.evaluate("window.real = RTCPeerConnection; delete window.RTCPeerConnection")
    put(browser, 1, "Mount", "plain")
    click(browser, ".play", 1)
    check("without WebRTC pictures come one by one", browser.wait(
        "document.querySelector('.how').textContent === 'Playing pictures one by one'"))
    click(browser, ".play", 1)
    browser.evaluate("window.RTCPeerConnection = real")
    put(browser, 1, "Mount", "ball")
    click(browser, ".play", 1)
    browser.wait("document.querySelector('.how').textContent === 'Playing by WebRTC'")
    check("sound comes with pictures", browser.wait(
        "document.querySelector('video').srcObject.getTracks().map(t => t.kind).sort().join()"), "audio,video")
    click(browser, ".play", 1)
    server.wait(browser, "nobody watches", lambda all: all == [])


def generate(browser, shots):
    browser.evaluate("document.getElementById('class').value = '1'")
    browser.evaluate("document.getElementById('seed').value = '40'")
    browser.evaluate("document.getElementById('count').value = '3'")
    click(browser, "#making-form [type=submit]")
    check("three are made", browser.wait("document.getElementById('status').textContent === '3 generated'"))
    browser.wait("[...document.querySelectorAll('#results img')].every(i => i.complete && i.naturalWidth === 16)")
    check("each by its seed", browser.evaluate("[...document.querySelectorAll('#results img')].map(i => i.alt)"),
          [f"plain, seed {seed}, class 1" for seed in (42, 41, 40)])
    check("to be downloaded", browser.evaluate("[...document.querySelectorAll('#results a')].map(a => a.download)"),
          ["plain-42.png", "plain-41.png", "plain-40.png"])
    check("nothing is wider than a phone", overflow(browser), 0)
    browser.shoot(shots + "/made-400.png")
    browser.resize(1400)
    browser.shoot(shots + "/made-1400.png")


def name(browser):
    put(browser, 1, "Mount", "plain")
    nodes = browser.nodes()
    for expected in [("heading", "Generative media"), ("heading", "plain"), ("region", "plain"),
                     ("combobox", "Mount"), ("button", "Play plain, left"), ("button", "Compare two"),
                     ("spinbutton", "strength"), ("slider", "strength, slider"), ("combobox", "Class"),
                     ("group", "Parameters"), ("heading", "Generate"), ("list", "What was generated"),
                     ("link", "Download plain, seed 40, class 1"), ("complementary", "The server now")]:
        check("there is a {} called {}".format(*expected), expected in nodes)
    nameless = [role for role, text in nodes if not text and role in
                ("button", "combobox", "spinbutton", "slider", "checkbox", "link", "textbox")]
    check("all that can be used has a name", nameless, [])
    check("there is a live region", "status" in [role for role, _ in nodes])


def reach(browser):
    """What the tabulator comes by, in its order."""
    browser.evaluate("document.getElementById('title').focus()")
    seen = []
    for _ in range(60):
        browser.press("Tab")
        seen.append(browser.evaluate("document.activeElement.getAttribute('aria-label') ?? "
                                     "document.activeElement.labels?.[0]?.textContent.trim() ?? "
                                     "document.activeElement.textContent.trim()"))
    for wanted in ["Compare two", "Mount", "Play plain, left", "Seed", "Class", "strength", "strength, slider", "Generate"]:
        check(f"the tabulator reaches {wanted}", wanted in seen or seen)


def run(browser, address, token, shots):
    server = Server(address, token)
    log_in(browser, address, token, shots)
    watch(browser, server, shots)
    compare(browser, server, shots)
    watch_otherwise(browser, server, shots)
    generate(browser, shots)
    name(browser)
    reach(browser)
    click(browser, "#logout")
    browser.wait("document.getElementById('login')?.hidden === false")
    check("after logging out nothing is known", browser.evaluate("sessionStorage.getItem('token')"), None)
    browser.call("Page.navigate", url="about:blank")
    browser.call("Page.navigate", url=f"{address}#{token}")
    browser.wait("document.getElementById('studio')?.hidden === false")
    check("a token in the address logs in, and is not kept there", browser.evaluate("location.href"), address)
    check("nothing offends the policy, and no script fails", wrong_of(browser), [])


def main():
    program, address, token, shots = sys.argv[1:]
    os.makedirs(shots, exist_ok=True)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        browser = Browser(program, profile)
        try:
            run(browser, address, token, shots)
        finally:
            browser.end()
    return finish()


sys.exit(main())
