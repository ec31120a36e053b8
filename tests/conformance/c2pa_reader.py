#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Signed metadata against the reference library of the C2PA (c2pa-python).

usage: c2pa_reader.py GENERATIVE_MODEL

Files of each kind are signed, by the tool and in pipelines, by each algorithm, and again with a
history; the reference library is to say that they are trusted. Files that were changed, cut, put
into another container, signed by another key or by one that has expired, are to be refused by it and
by ours, for the same reason. And what the reference library signs, ours is to read. Prints TAP.
"""
import base64
import hashlib
import io
import json
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile

import c2pa

MEDIA_TYPES = {"jpg": "image/jpeg", "png": "image/png", "wav": "audio/wav", "mp3": "audio/mpeg",
               "flac": "audio/flac", "mp4": "video/mp4", "mov": "video/quicktime"}
ALGORITHMS = ["ES256", "ES384", "ES512", "PS256", "EdDSA"]
C2PA_UUID = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
# The library says of a certificate that has expired what older specifications said of it.
SAME = {"signingCredential.expired": "claimSignature.outsideValidity"}
# It says where a hash is wrong, and not only that one is.
IGNORED = {"signingCredential.untrusted"}

tests = failures = 0
tool = pathlib.Path(sys.argv[1]).resolve()


def check(name, good, note=""):
    global tests, failures
    tests += 1
    failures += not good
    print(f"{'ok' if good else 'not ok'} {tests} - {name}{' # ' + str(note) if note else ''}")
    return good


def run(*arguments, good=True):
    done = subprocess.run([str(a) for a in arguments], capture_output=True, text=True, timeout=120)
    if good and done.returncode != 0:
        raise RuntimeError(f"{arguments}: {done.stderr}")
    return done


def launch(*line):
    run("gst-launch-1.0", "-q", *" ".join(line).split())


def codes(results, kind):
    return sorted({SAME.get(c["code"], c["code"]) for c in results.get(kind, [])} - IGNORED)


def ours(path, authorities="demo/authority.pem"):
    """Its state, and the codes of its failures."""
    done = run(tool, "c2pa", "read", path, "--authorities", authorities, good=False)
    if not done.stdout.startswith("{"):
        return "Error", [], done.returncode
    report = json.loads(done.stdout)
    results = report["validation_results"]["activeManifest"]
    return report["validation_state"], codes(results, "failure"), done.returncode


def theirs(path, authorities="demo/authority.pem"):
    settings = c2pa.Settings.from_dict({
        "trust": {"trust_anchors": pathlib.Path(authorities).read_text()},
        "verify": {"verify_trust": True}})
    context = c2pa.Context(settings=settings)
    try:
        with open(path, "rb") as file:
            report = json.loads(c2pa.Reader(MEDIA_TYPES[path.suffix[1:]], file, context=context).json())
    except c2pa.C2paError as error:
        return "Error", [str(error)]
    results = report.get("validation_results", {}).get("activeManifest", {})
    return report.get("validation_state"), codes(results, "failure")


def sign(source, output, folder="demo", *more):
    run(tool, "c2pa", "sign", source, "--output", output, "--force", "--key", f"{folder}/key.pem",
        "--certificate", f"{folder}/certificate.pem", *more)
    return pathlib.Path(output)


def trusted(name, path, authorities="demo/authority.pem"):
    us, them = ours(path, authorities), theirs(path, authorities)
    check(f"{name} is trusted", us == ("Trusted", [], 0) and them == ("Trusted", []),
          "" if us[0] == them[0] == "Trusted" else f"{us} {them}")


def refused(name, path, code=None):
    us, them = ours(path), theirs(path)
    same = us[0] == "Invalid" and them[0] == "Invalid" and us[1] == them[1]
    both = us[0] in ("Error", "None", "Invalid") and them[0] == "Error"
    check(f"{name} is refused, for the same reason",
          us[2] != 0 and (same or (code is None and both)) and (code is None or code in us[1]),
          f"{us[0]} {us[1]} {them[0]} {them[1]}"[:200])


def place_of_content(path):
    """A byte that somebody sees or hears, and that no header is."""
    data = path.read_bytes()
    kind = path.suffix[1:]
    if kind in ("mp4", "mov"):
        return data.index(next(b for k, b in boxes(data) if k == b"mdat")) + 200
    if kind == "wav":
        return data.index(b"data") + 8 + 100
    if kind == "jpg":
        return data.rindex(b"\xff\xda") + 40
    if kind == "png":
        return data.index(b"IDAT") + 4 + 30
    return len(data) - 100


def change(path, name, places, by=0x01):
    data = bytearray(path.read_bytes())
    for place in places:
        data[place] ^= by
    changed = path.with_name(f"{name}-{path.name}")
    changed.write_bytes(data)
    return changed


def boxes(data):
    at = 0
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at:at + 8])
        if size == 1:
            size = struct.unpack(">Q", data[at + 8:at + 16])[0]
        size = size or len(data) - at
        yield kind, data[at:at + size]
        at += size


def make_media():
    video = "videotestsrc num-buffers=60 ! video/x-raw,width=160,height=120,framerate=30/1 ! "
    film = video + "x264enc ! "
    launch("videotestsrc num-buffers=1 ! video/x-raw,width=160,height=120 ! jpegenc ! filesink location=a.jpg")
    launch("videotestsrc num-buffers=1 ! video/x-raw,width=160,height=120 ! pngenc ! filesink location=a.png")
    launch("audiotestsrc num-buffers=41 samplesperbuffer=333 ! audio/x-raw,format=S16LE,channels=1 ! wavenc ! filesink location=a.wav")
    launch("audiotestsrc num-buffers=40 ! flacenc ! filesink location=a.flac")
    launch("audiotestsrc num-buffers=40 ! lamemp3enc ! filesink location=a.mp3")
    launch("audiotestsrc num-buffers=40 ! lamemp3enc ! id3v2mux ! filesink location=tagged.mp3")
    launch(film, "mp4mux ! filesink location=a.mp4")
    launch(film, "mp4mux faststart=true ! filesink location=fast.mp4")
    launch(film, "mp4mux fragment-duration=500 ! filesink location=fragments.mp4")
    launch(film, "qtmux ! filesink location=a.mov")
    return [pathlib.Path(n) for n in ("a.jpg", "a.png", "a.wav", "a.flac", "a.mp3", "tagged.mp3", "a.mp4",
                                      "fast.mp4", "fragments.mp4", "a.mov")]


def check_files(files):
    pathlib.Path("card.md").write_text("# A card\n")
    for path in files:
        signed = sign(path, f"signed-{path.name}", "demo", "--title", "A – title", "--model", tool,
                      "--prompt", "a bird", "--seed", "7", "--watermark", "com.example.mark", "--watermark-value", "abc",
                      "--card", "card.md", "--card-address", "https://example.org/card.md")
        trusted(path.name, signed)
        again = sign(signed, f"again-{path.name}", "demo", "--title", "changed")
        trusted(f"{path.name}, signed twice", again)
        thrice = sign(again, f"thrice-{path.name}")
        trusted(f"{path.name}, signed three times", thrice)
        edited = sign(path, f"edited-{path.name}", "demo", "--edited")
        trusted(f"{path.name}, edited", edited)


def check_card():
    """The reference library reads the card's hash and address as they are."""
    with open("signed-a.png", "rb") as file:
        report = json.loads(c2pa.Reader("image/png", file).json())
    assertions = report["manifests"][report["active_manifest"]]["assertions"]
    location = next(a["data"]["location"] for a in assertions if a["label"] == "c2pa.external-reference")
    digest = hashlib.sha256(pathlib.Path("card.md").read_bytes())
    hashed = location["hash"]
    hashed = base64.b64decode(hashed) if isinstance(hashed, str) else bytes(hashed)
    check("the card is referred to by its address and its hash",
          location["url"] == "https://example.org/card.md" and location["alg"] == "sha256" and
          hashed == digest.digest() and digest.hexdigest() in json.dumps(assertions), location)


def check_algorithms(files):
    for algorithm in ALGORITHMS:
        folder = f"key-{algorithm}"
        run(tool, "c2pa", "demonstration-key", folder, "--algorithm", algorithm)
        for path in files:
            trusted(f"{path.name} by {algorithm}", sign(path, f"{algorithm}-{path.name}", folder),
                    f"{folder}/authority.pem")


def check_pipelines():
    signer = 'c2pasign key=demo/key.pem certificate=demo/certificate.pem model=test ! filesink location='
    film = "videotestsrc num-buffers=60 ! video/x-raw,width=160,height=120,framerate=30/1 ! x264enc ! "
    sound = "audiotestsrc num-buffers=100 ! voaacenc ! m."
    for name, line in (("mp4mux", "mp4mux name=m"), ("faststart", "mp4mux name=m faststart=true"),
                       ("fragments", "mp4mux name=m fragment-duration=500"),
                       ("reserved", "mp4mux name=m reserved-max-duration=20000000000 reserved-moov-update-period=300000000")):
        for sounds in ("", sound):
            path = pathlib.Path(f"played-{name}{'-sound' if sounds else ''}.mp4")
            launch(film, line, "!", signer + str(path), sounds)
            trusted(f"a film of {line}{' with sound' if sounds else ''}", path)
    launch(film, "qtmux !", signer + "played.mov")
    trusted("a film of qtmux", pathlib.Path("played.mov"))
    for line, suffix in (("videotestsrc num-buffers=1 ! jpegenc", "jpg"), ("videotestsrc num-buffers=1 ! pngenc", "png"),
                         ("audiotestsrc num-buffers=40 ! wavenc", "wav"), ("audiotestsrc num-buffers=40 ! flacenc", "flac"),
                         ("audiotestsrc num-buffers=40 ! lamemp3enc", "mp3")):
        launch(line, "!", signer + f"played.{suffix}")
        trusted(line, pathlib.Path(f"played.{suffix}"))


def check_changed(files):
    for path in files:
        signed = pathlib.Path(f"signed-{path.name}")
        content = place_of_content(signed)
        refused(f"{path.name} with another byte of content", change(signed, "content", [content]),
                "assertion.bmffHash.mismatch" if path.suffix in (".mp4", ".mov") else "assertion.dataHash.mismatch")
        data = signed.read_bytes()
        claim = data.index(b"instanceID") + 30
        refused(f"{path.name} with another claim", change(signed, "claim", [claim]), "claimSignature.mismatch")
        action = data.index(b"c2pa.created") + 20
        refused(f"{path.name} with another action", change(signed, "action", [data.index(b"a bird")]),
                "assertion.hashedURI.mismatch")
        cut = pathlib.Path(f"cut-{signed.name}")
        cut.write_bytes(data[:-len(data) // 10])
        refused(f"{path.name}, cut", cut)
        longer = pathlib.Path(f"longer-{signed.name}")
        longer.write_bytes(data + (struct.pack(">I4s", 16, b"free") + b"moremore" if path.suffix in (".mp4", ".mov")
                                   else b"more and more"))
        refused(f"{path.name} with more at its end", longer)


def check_another_container():
    """The manifest of one film in front of the same pictures, written by another muxer."""
    run("ffmpeg", "-v", "error", "-y", "-i", "signed-a.mp4", "-c", "copy", "remuxed.mp4")
    signed, remuxed = pathlib.Path("signed-a.mp4").read_bytes(), pathlib.Path("remuxed.mp4").read_bytes()
    manifest = next(b for k, b in boxes(signed) if k == b"uuid" and b[8:24] == C2PA_UUID)
    there = [b for _, b in boxes(remuxed)]
    pathlib.Path("grafted.mp4").write_bytes(there[0] + manifest + b"".join(there[1:]))
    refused("a film that another muxer wrote, with the manifest of the first", pathlib.Path("grafted.mp4"),
            "assertion.bmffHash.mismatch")
    none = ours(pathlib.Path("remuxed.mp4"))
    check("a film that another muxer wrote has no manifest", none[0] == "None" and none[2] != 0 and
          theirs(pathlib.Path("remuxed.mp4"))[0] == "Error")


def check_fragments():
    data = pathlib.Path("signed-fragments.mp4").read_bytes()
    parts = list(boxes(data))
    heads = [i for i, (kind, _) in enumerate(parts) if kind == b"moof"]
    # Each has a box of its own in front of it.
    first, second = parts[heads[0] - 1:heads[0] + 2], parts[heads[1] - 1:heads[1] + 2]
    swapped = parts[:heads[0] - 1] + second + first + parts[heads[1] + 2:]
    dropped = parts[:heads[1] - 1] + parts[heads[1] + 2:]
    for name, these in (("swapped", swapped), ("left out", dropped)):
        path = pathlib.Path(f"fragments-{name.replace(' ', '-')}.mp4")
        path.write_bytes(b"".join(b for _, b in these))
        refused(f"fragments that were {name}", path, "assertion.bmffHash.mismatch")


def certificate_of(folder):
    done = subprocess.run(["openssl", "x509", "-in", f"{folder}/certificate.pem", "-outform", "DER"], capture_output=True,
                          check=True)
    return done.stdout


def check_keys(path):
    mine = certificate_of("demo")
    for n in range(40):
        shutil.rmtree("other", ignore_errors=True)
        run(tool, "c2pa", "demonstration-key", "other")
        if len(certificate_of("other")) == len(mine):
            break
    signed = pathlib.Path(f"signed-{path.name}").read_bytes()
    wrong = pathlib.Path(f"wrong-{path.name}")
    wrong.write_bytes(signed.replace(mine, certificate_of("other")))
    refused("a claim signed by another key than its certificate's", wrong, "claimSignature.mismatch")
    run(tool, "c2pa", "demonstration-key", "old", "--days", "-2")
    shutil.copy("old/authority.pem", "old-authority.pem")
    expired = sign(path, f"expired-{path.name}", "old")
    us, them = ours(expired, "old/authority.pem"), theirs(expired, "old/authority.pem")
    check("a certificate that has expired is refused, for the same reason",
          us[0] == them[0] == "Invalid" and us[1] == them[1] == ["claimSignature.outsideValidity"], f"{us} {them}")
    signed = pathlib.Path(f"signed-{path.name}")
    us = run(tool, "c2pa", "read", signed, "--authorities", "other/authority.pem", good=False)
    them = theirs(signed, "other/authority.pem")
    check("a signer whom nobody knows is valid, and not trusted, to both",
          us.returncode == 1 and json.loads(us.stdout)["validation_state"] == "Valid" and them[0] == "Valid", them)


TSA = """
[req]
distinguished_name = name
[name]
[root]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
subjectKeyIdentifier = hash
[tsa]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid:always
[ts]
serial = tsa/serial
crypto_device = builtin
signer_cert = tsa/tsa.pem
signer_key = tsa/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ess_cert_id_alg = sha256
"""


def make_tsa():
    """A time stamp authority of our own; the command that asks it."""
    pathlib.Path("tsa").mkdir()
    pathlib.Path("tsa/tsa.cnf").write_text(TSA)
    pathlib.Path("tsa/serial").write_text("01\n")
    new = ["openssl", "req", "-config", "tsa/tsa.cnf", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    run(*new, "-x509", "-extensions", "root", "-subj", "/O=Test/CN=stamps root", "-keyout", "tsa/root.key", "-out", "tsa/root.pem")
    run(*new, "-subj", "/O=Test/CN=stamps", "-keyout", "tsa/tsa.key", "-out", "tsa/tsa.csr")
    run("openssl", "x509", "-req", "-in", "tsa/tsa.csr", "-CA", "tsa/root.pem", "-CAkey", "tsa/root.key", "-CAcreateserial",
        "-extfile", "tsa/tsa.cnf", "-extensions", "tsa", "-out", "tsa/tsa.pem")
    return "openssl ts -reply -config tsa/tsa.cnf -section ts -queryfile /dev/stdin -chain tsa/root.pem"


def check_stamps(files):
    command = make_tsa()
    both = pathlib.Path("both.pem")
    both.write_text(pathlib.Path("demo/authority.pem").read_text() + pathlib.Path("tsa/root.pem").read_text())
    for path in files:
        signed = sign(path, f"stamped-{path.name}", "demo", "--time-stamp", command)
        trusted(f"{path.name} with a time stamp", signed, both)
        for name, authorities, wanted in (("that is trusted", both, {"timeStamp.validated", "timeStamp.trusted"}),
                                          ("of somebody unknown", "demo/authority.pem", {"timeStamp.untrusted"})):
            report = json.loads(run(tool, "c2pa", "read", signed, "--authorities", authorities).stdout)
            results = report["validation_results"]["activeManifest"]
            said = {c["code"] for kind in ("success", "informational") for c in results[kind] if "timeStamp" in c["code"]}
            check(f"{path.name} has a time stamp {name}", said == wanted, said)
    settings = c2pa.Settings.from_dict({"trust": {"trust_anchors": both.read_text()}})
    with open(f"stamped-{files[0].name}", "rb") as file:
        report = json.loads(c2pa.Reader(MEDIA_TYPES[files[0].suffix[1:]], file, context=c2pa.Context(settings=settings)).json())
    said = codes(report["validation_results"]["activeManifest"], "success")
    check("the reference library finds the same", {"timeStamp.validated", "timeStamp.trusted"} <= set(said), said)
    other = run(tool, "c2pa", "sign", files[0], "--output", "unstamped", "--key", "demo/key.pem", "--certificate",
                "demo/certificate.pem", "--time-stamp", "false", good=False)
    check("what cannot be stamped is not signed", other.returncode == 1 and not pathlib.Path("unstamped").exists(),
          other.stderr.strip())
    # The stamp of another signature.
    stamped = pathlib.Path(f"stamped-{files[0].name}").read_bytes()
    again = sign(files[0], "again.jpg", "demo", "--time-stamp", command).read_bytes()
    token = lambda data: data[data.index(b"tstTokens"):][:6000]
    start = stamped.index(b"tstTokens")
    pathlib.Path("swapped.jpg").write_bytes(stamped[:start] + token(again) + stamped[start + 6000:])
    report = json.loads(run(tool, "c2pa", "read", "swapped.jpg", "--authorities", both, good=False).stdout)
    said = {c["code"] for c in report["validation_results"]["activeManifest"]["informational"]}
    check("the time stamp of another signature is none", "timeStamp.mismatch" in said, said)
    subprocess.run(["gst-launch-1.0", "-q", *"videotestsrc num-buffers=30 ! video/x-raw,width=64,height=48 ! x264enc ! mp4mux ! c2pasign".split(),
                    "key=demo/key.pem", "certificate=demo/certificate.pem", f"time-stamp={command}", "!", "filesink",
                    "location=stamped.mp4"], check=True, timeout=60)
    trusted("a film with a time stamp, as it was written", pathlib.Path("stamped.mp4"), both)
    # Segments of a live stream wait for nobody.
    pathlib.Path("tsa/ask.sh").write_text(f"echo >>tsa/asked\nexec {command}\n")
    subprocess.run(["gst-launch-1.0", "-q", *"videotestsrc num-buffers=90 ! video/x-raw,width=64,height=48,framerate=30/1 ! "
                    "x264enc tune=zerolatency key-int-max=30 ! mp4mux fragment-duration=1000 ! c2pasign live=manifests".split(),
                    "key=demo/key.pem", "certificate=demo/certificate.pem", "time-stamp=sh tsa/ask.sh", "!", "multifilesink",
                    "next-file=buffer", "location=live-%d.m4s"], check=True, timeout=60)
    segments = sorted(pathlib.Path().glob("live-*.m4s"))
    asked = len(pathlib.Path("tsa/asked").read_text().splitlines())
    check("of a live stream, one is asked for its initialization segment alone", len(segments) == 4 and asked == 1, asked)
    read = run(tool, "c2pa", "read", "--live", *segments, "--authorities", both, good=False)
    check("and its segments are trusted", read.returncode == 0 and b"tstTokens" in segments[0].read_bytes(), read.returncode)


def check_read(files):
    """What the reference library signs, ours reads, and takes as history."""
    chain = pathlib.Path("demo/certificate.pem").read_text()
    key = pathlib.Path("demo/key.pem").read_text()
    manifest = {"claim_generator_info": [{"name": "somebody else"}], "title": "theirs", "assertions": [
        {"label": "c2pa.actions", "data": {"actions": [{"action": "c2pa.created",
         "digitalSourceType": "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture"}]}}]}
    info = c2pa.C2paSignerInfo(c2pa.C2paSigningAlg.ES256, chain.encode(), key.encode(), None)
    for path in files:
        output = pathlib.Path(f"theirs-{path.name}")
        try:
            with c2pa.Builder(json.dumps(manifest)) as builder, open(path, "rb") as source, open(output, "w+b") as out:
                builder.sign(c2pa.Signer.from_info(info), MEDIA_TYPES[path.suffix[1:]], source, out)
        except c2pa.C2paError as error:
            check(f"the reference library signs {path.name}", False, str(error)[:200])
            continue
        trusted(f"{path.name} signed by the reference library", output)
        trusted(f"{path.name} signed by it, and again by ours", sign(output, f"after-{path.name}"))


def check_redactions(path):
    """What the reference library takes out of a file's history need not be there."""
    info = c2pa.C2paSignerInfo(c2pa.C2paSigningAlg.ES256, pathlib.Path("demo/certificate.pem").read_bytes(),
                               pathlib.Path("demo/key.pem").read_bytes(), None)
    generator = {"claim_generator_info": [{"name": "somebody else"}]}

    def build(source, output, manifest, intent=None):
        with c2pa.Builder(json.dumps(generator | manifest)) as builder:
            if intent is not None:
                builder.set_intent(intent)
            builder.sign_file(source, output, c2pa.Signer.from_info(info))
        return pathlib.Path(output)

    secret = build(str(path), "secret.jpg", {"title": "secret", "assertions": [
        {"label": "c2pa.actions.v2", "data": {"actions": [{"action": "c2pa.created",
         "digitalSourceType": "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"}]}},
        {"label": "com.example.secret", "data": {"who": "nobody's business"}}]})
    with open(secret, "rb") as file:
        label = json.loads(c2pa.Reader("image/jpeg", file).json())["active_manifest"]
    url = f"self#jumbf=/c2pa/{label}/c2pa.assertions/com.example.secret"
    manifest = {"title": "redacted", "redactions": [url], "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": [
        {"action": "c2pa.redacted", "reason": "c2pa.PII.present", "parameters": {"redacted": url}}]}}]}
    for name, intent in (("update", c2pa.C2paBuilderIntent.UPDATE), ("edit", c2pa.C2paBuilderIntent.EDIT)):
        redacted = build("secret.jpg", f"redacted-{name}.jpg", manifest, intent)
        trusted(f"an {name} that takes something out of its parent", redacted)
        trusted(f"an {name} that takes something out, signed again", sign(redacted, f"again-{name}.jpg"))
        refused(f"an {name} that takes something out, of other content",
                change(redacted, "other", [place_of_content(redacted)]), "assertion.dataHash.mismatch")


def main():
    with tempfile.TemporaryDirectory() as folder:
        import os
        os.chdir(folder)
        run(tool, "c2pa", "demonstration-key", "demo")
        files = make_media()
        check_files(files)
        check_card()
        check_algorithms([files[0], files[6]])
        check_pipelines()
        check_changed(files)
        check_another_container()
        check_fragments()
        check_keys(files[0])
        check_stamps([files[0], files[6]])
        check_read(files)
        check_redactions(files[0])
        os.chdir("/")
    print(f"1..{tests}")
    return failures > 0


sys.exit(main())
