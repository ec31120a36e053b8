#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""`generative-model card` of a small training: its digests, its JSON-LD, what is said and what is not.

    tests/unit/card_peers.py build/tools/generative-model

Needs nothing but Python. Prints TAP.
"""
import hashlib
import json
import pathlib
import random
import struct
import subprocess
import sys
import tempfile
import zlib

TOOL = pathlib.Path (sys.argv[1]).resolve ()
SECTIONS = ["Model details", "Intended use", "Factors", "Metrics", "Evaluation data", "Training data",
            "Quantitative analyses", "Ethical considerations", "Caveats and recommendations", "Energy"]

tests = failures = 0


def check (name, good, note=""):
    global tests, failures
    tests += 1
    failures += not good
    print (f"{'ok' if good else 'not ok'} {tests} - {name}{' # ' + str (note)[:300] if note and not good else ''}", flush=True)


def run (folder, *arguments, good=True):
    done = subprocess.run ([str (TOOL), *map (str, arguments)], cwd=folder, capture_output=True, text=True)
    assert not good or done.returncode == 0, done.stderr
    return done


def save_png (path, rows):
    def chunk (kind, data):
        return struct.pack (">I", len (data)) + kind + data + struct.pack (">I", zlib.crc32 (kind + data))
    head = struct.pack (">IIBBBBB", len (rows[0]), len (rows), 8, 0, 0, 0, 0)
    body = zlib.compress (b"".join (b"\0" + bytes (row) for row in rows))
    path.write_bytes (b"\x89PNG\r\n\x1a\n" + chunk (b"IHDR", head) + chunk (b"IDAT", body) + chunk (b"IEND", b""))


def write_data (folder):
    """Bright and dark noise, forty each, one of which is opted out of."""
    chance = random.Random (3)
    for name, low in (("bright", 160), ("dark", 0)):
        (folder / "data" / name).mkdir (parents=True)
        for i in range (40):
            save_png (folder / "data" / name / f"{i:02}.png",
                      [[chance.randrange (low, low + 90) for _ in range (28)] for _ in range (28)])
    (folder / "data" / "opt-outs.txt").write_text ("Disallow: /dark/07\n")
    (folder / "data" / "LICENSE").write_text ("Some licence, 1.0\nand more\n")
    (folder / "settings.json").write_text (json.dumps ({
        "data": {"location": "data", "split": "train", "width": 28, "height": 28, "channels": 1},
        "test": {"split": "test"}, "preset": "classifier", "max-steps": 12, "batch-size": 8,
        "checkpoint": "model", "silent": True}))


def digest (path):
    return hashlib.sha256 (path.read_bytes ()).hexdigest ()


def find (things, **wanted):
    return [t for t in things if all (t.get (k.replace ("at_", "@")) == v for k, v in wanted.items ())]


def properties (thing):
    return {p["propertyID"]: p["value"] for p in thing["additionalProperty"]}


def check_json (folder, card, training):
    check ("it is JSON-LD of schema.org", card["@context"] == "https://schema.org/" and card["@type"] == "SoftwareApplication")
    page = card["mainEntityOfPage"]
    check ("the page by its digest", page["sha256"] == digest (folder / "out" / page["name"]))
    model = find (card["encoding"], name="classifier.onnx")[0]
    check ("the model by its digest and size", model["sha256"] == digest (folder / "model" / "classifier.onnx") and
           model["contentSize"] == f"{(folder / 'model' / 'classifier.onnx').stat ().st_size} B", model)
    inspected = json.loads (run (folder, "inspect", "model/classifier.onnx", "--json").stdout)
    check ("its parameters", model["additionalProperty"]["value"] == inspected["parameters"] > 1000)
    data = find (card["isBasedOn"], at_type="Dataset")[0]
    found = properties (data)
    check ("the data", data["name"] == "data" and data["size"] == "79 items" and
           data["identifier"] == "sha256:" + training["data-found"]["listing-sha256"], data)
    check ("classes and opt-outs of the data", found["data-found.classes.bright"] == 40 and
           found["data-found.classes.dark"] == 39 and found["data-found.left-out.reasons.opted-out-path"] == 1)
    check ("licences, stated and found", data["license"][0] == "CC0-1.0" and
           data["license"][1]["sha256"] == digest (folder / "data" / "LICENSE"), data["license"])
    check ("the licence of the model", card["license"] == "CC-BY-4.0")
    check ("training.json by its digest", properties (card)["training-sha256"] == digest (folder / "model" / "training.json"))
    check ("settings", properties (card)["settings.batch-size"] == 8 and properties (card)["recipe"] == "classifier")
    check_listing (folder, training)


def check_listing (folder, training):
    """The data's digest, made anew."""
    lines = [f"{p.relative_to (folder / 'data')}\t{p.stat ().st_size}\t{p.parent.name}\n"
             for p in sorted ((folder / "data").glob ("*/*.png")) if p.name != "07.png" or p.parent.name != "dark"]
    check ("the digest of the listing", training["data-found"]["listing-sha256"] ==
           hashlib.sha256 ("".join (lines).encode ()).hexdigest ())


def check_figures (folder, card, training):
    observations = card["@reverse"]["observationAbout"]
    accuracy = [o for o in observations if o["measuredProperty"] == "accuracy" and "measurementQualifier" not in o]
    check ("what the training has tested", [o["value"] for o in accuracy] == [training["test"]["last"]["accuracy"]])
    tested = json.loads (run (folder, "test", "model", "data", "split=all", "--json").stdout)
    ours = find (observations, measuredProperty="accuracy-on-test")[0]
    check ("what was measured for it", ours["value"] == tested["accuracy-on-test"] and
           ours["additionalProperty"]["value"] == 79, ours)
    biased = json.loads (run (folder, "bias", "model", "data", "split=all", "--json").stdout)
    groups = biased["bias"]["figures"]["accuracy"]["groups"]
    for name, group in groups.items ():
        one = find (observations, measuredProperty="accuracy", measurementQualifier=name)[0]
        check (f"accuracy of {name}, with its interval", one["value"] == group["mean"] and
               [one["marginOfError"]["minValue"], one["marginOfError"]["maxValue"]] == group["interval"], one)
    energy = find (observations, measuredProperty="energy")[0]
    cost = training["cost"]
    wanted = cost["package-joules"] / 3600 if "package-joules" in cost else cost["wall-seconds"] / 3600 * 50
    check ("the energy, by what it rests on", abs (energy["value"] - wanted) <= 1e-9 * wanted and energy["unitText"] == "Wh")


def check_page (folder, text):
    check ("all sections, in their order", [l[3:] for l in text.splitlines () if l.startswith ("## ")] == SECTIONS)
    check ("what people say", "For tests alone." in text and "- light\n- dark" in text)
    after = text.split ("## Ethical considerations\n\n")[1]
    check ("what nobody has said", after.startswith ("not given\n"))
    check ("names are no markup", "opted-out-path" in text and "|dark | 39 |" in text.replace ("| dark", "|dark"))


def check_refused (folder):
    (folder / "odd.json").write_text ('{"intended-uses": "x"}')
    (folder / "number.json").write_text ('{"factors": 3}')
    (folder / "odd.md").write_text ("no section\n")
    for arguments, why in ((["data"], "training.json"), (["model", "--notes", "odd.json"], 'no section "intended-uses"'),
                           (["model", "--notes", "number.json"], "factors should be a text"),
                           (["model", "--notes", "odd.md"], "it has no section"), (["model", "--watts=-1"], "--watts is -1"),
                           (["model", "nowhere"], "test: "), (["model", "-o", "settings.json/x"], "--output settings.json/x")):
        done = run (folder, "card", *arguments, good=False)
        check (f"{' '.join (arguments)} is refused", done.returncode == 1 and why in done.stderr, done.stderr)


def check_bare (folder):
    """What a training tells may lack anything."""
    (folder / "bare").mkdir ()
    (folder / "bare" / "classifier.onnx").write_bytes ((folder / "model" / "classifier.onnx").read_bytes ())
    (folder / "bare" / "training.json").write_text (json.dumps ({"settings": {}, "data-found": {
        "items": 1, "licence-file": {"name": "LICENSE"}, "left-out": {"items": 1, "opt-outs": [{}]}}}))
    run (folder, "card", "bare", "-o", "bare-card.md")
    text = (folder / "bare-card.md").read_text ()
    check ("what is not told is not given", "`LICENSE`, which begins \"not given\", SHA-256 not given" in text and
           "opt-outs heeded: not given, SHA-256 not given" in text, text)


def main ():
    with tempfile.TemporaryDirectory () as name:
        folder = pathlib.Path (name)
        write_data (folder)
        run (folder, "train", "settings.json")
        training = json.loads ((folder / "model" / "training.json").read_text ())
        (folder / "notes.json").write_text (json.dumps ({"Intended use": "For tests alone.", "factors": ["light", "dark"]}))
        arguments = ["card", "model", "-o", "out", "--notes", "notes.json", "--data-licence=CC0-1.0", "--licence=CC-BY-4.0",
                     "--watts=50", "data", "split=all"]
        printed = run (folder, *arguments).stdout
        text = (folder / "out" / "model-card.md").read_text ()
        check ("the digest is printed", printed.split ()[0] == digest (folder / "out" / "model-card.md"))
        json_text = (folder / "out" / "model-card.jsonld").read_text ()
        run (folder, *arguments)
        check ("the same again is the same", text == (folder / "out" / "model-card.md").read_text () and
               json_text == (folder / "out" / "model-card.jsonld").read_text ())
        check_json (folder, json.loads (json_text), training)
        check_figures (folder, json.loads (json_text), training)
        check_page (folder, text)
        run (folder, "card", "model", "-o", "bare.md")
        check ("without anything said", "energy: not given" in (folder / "bare.md").read_text () or
               "package-joules" in training["cost"])
        check_refused (folder)
        check_bare (folder)
    print (f"1..{tests}")
    sys.exit (failures > 0)


main ()
