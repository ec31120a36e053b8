# SPDX-License-Identifier: LGPL-2.1-or-later
"""The page of `generative-model review` in Chromium, as a person uses it: by keys alone, by names and
roles as screen readers have them, in the width of a phone and of a desk.

    review-page.py CHROMIUM ADDRESS#TOKEN FOLDER

FOLDER is where items are held: 1 a picture, 2 a sound, 3 a text, 4 a picture. Pictures of the page
go into FOLDER/shots. Prints TAP."""
import json
import os
import sys
import tempfile

from browser import Browser, check, finish, overflow, small_targets, wrong_of


def decision(folder, number):
    with open(f"{folder}/{number:06d}.decision.json", encoding="utf-8") as file:
        return json.load(file)


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
    check("nothing offends the policy, and no script fails", wrong_of(browser), [])


def main():
    program, address, folder = sys.argv[1:]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        browser = Browser(program, profile)
        try:
            run(browser, address, folder)
        finally:
            browser.end()
    return finish()


sys.exit(main())
