#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""`generative-model data` on a folder with planted faults, its numbers against others'.

    tests/unit/data_peers.py build/tools/generative-model

Needs numpy, scipy and Pillow; imagehash is asked where it is installed. Prints TAP.
"""
import hashlib
import json
import pathlib
import subprocess
import sys
import tarfile
import tempfile

try:
    import numpy as np
    from PIL import Image, PngImagePlugin
    from scipy import fft, ndimage, special, stats
except ImportError as missing:
    print (f"1..0 # SKIP {missing}")
    sys.exit (0)
try:
    import imagehash
except ImportError:
    imagehash = None

TOOL = pathlib.Path (sys.argv[1]).resolve ()
XMP = ('<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description Iptc4xmpExt:DigitalSourceType='
    '"http://cv.iptc.org/newscodes/digitalsourcetype/{}"/></x:xmpmeta>')
JUMBF = b"\x00\x00\x00\x20jumb\x00\x00\x00\x18jumdc2pa"


def scene (seed, size=(96, 80)):
    """Blocks and discs: smooth enough for a hash, with edges."""
    random = np.random.default_rng (seed)
    y, x = np.mgrid[:size[1], :size[0]]
    picture = np.zeros ((size[1], size[0], 3)) + random.uniform (40, 200, 3)
    for _ in range (14):
        cx, cy, r = random.uniform (0, size[0]), random.uniform (0, size[1]), random.uniform (6, 24)
        picture[(x - cx) ** 2 + (y - cy) ** 2 < r * r] = random.uniform (0, 255, 3)
    picture += random.normal (0, 5, picture.shape)
    return np.clip (picture, 0, 255).astype (np.uint8)


def save (folder, name, array, **options):
    path = folder / name
    path.parent.mkdir (parents=True, exist_ok=True)
    Image.fromarray (array).save (path, **options)
    return path


def make (folder):
    """A folder of two classes with each fault planted once."""
    for i in range (40):
        save (folder, f"{'a' if i < 25 else 'b'}/{i:02}.png", scene (i))
    (folder / "a/00-copy.png").write_bytes ((folder / "a/00.png").read_bytes ())
    save (folder, "a/01-again.jpg", scene (1), quality=60)
    save (folder, "b/blank.png", np.full ((64, 64, 3), 130, np.uint8))
    blurred = ndimage.gaussian_filter (scene (100).astype (float), (6, 6, 0))
    save (folder, "b/blurred.png", blurred.astype (np.uint8))
    y, x = np.mgrid[:80, :96]
    night = np.where ((x // 13 + y // 9) % 3 == 0, 24, 2)[..., None].repeat (3, -1)
    save (folder, "b/dark.png", night.astype (np.uint8))
    save (folder, "b/bright.png", (255 - night[:, ::-1]).astype (np.uint8))
    exif = Image.Exif ()
    exif.get_ifd (0x8825)[1] = "N"
    exif.get_ifd (0x8825)[2] = (47.0, 30.0, 0.0)
    save (folder, "b/place.jpg", scene (103), exif=exif, quality=95)
    empty = Image.Exif ()
    empty[0x010f] = "A maker"
    save (folder, "b/no-place.jpg", scene (104), exif=empty, quality=95)
    text = PngImagePlugin.PngInfo ()
    text.add_itxt ("XML:com.adobe.xmp", XMP.format ("trainedAlgorithmicMedia"))
    save (folder, "b/made.png", scene (105), pnginfo=text)
    save (folder, "b/taken.jpg", scene (106), xmp=XMP.format ("digitalCapture").encode (),
        quality=95)
    save (folder, "b/made.webp", scene (107), lossless=True,
        xmp=XMP.format ("compositeWithTrainedAlgorithmicMedia").encode ())
    told = PngImagePlugin.PngInfo ()
    told.add_text ("parameters", "a cat, Steps: 20, Sampler: Euler")
    save (folder, "b/told.png", scene (108), pnginfo=told)
    jpeg = save (folder, "b/signed.jpg", scene (109), quality=95)
    bytes_ = jpeg.read_bytes ()
    segment = b"JP\x00\x01\x00\x00\x00\x01" + JUMBF
    jpeg.write_bytes (bytes_[:2] + b"\xff\xeb" + (len (segment) + 2).to_bytes (2, "big") + segment +
        bytes_[2:])
    whole = (folder / "a/02.png").read_bytes ()
    (folder / "a/cut.png").write_bytes (whole[:len (whole) // 2])
    (folder / "a/empty.png").write_bytes (b"")
    (folder / "a/none.jpg").write_bytes (b"\xff\xd8\xff\xe1\xff\xff" + b"Exif\0\0II*\0\xff\xff\xff\xff")


EXPECTED = {
    "bad": {"a/cut.png", "a/empty.png", "a/none.jpg"},
    "duplicate": {"a/00.png"},  # "00-copy" sorts before it
    "near-duplicate": {"a/01.png"},
    "blank": {"b/blank.png"},
    "dark": {"b/dark.png"},
    "bright": {"b/bright.png"},
    "place": {"b/place.jpg"},
    "credentials": {"b/signed.jpg"},
    "generated": {"b/made.png", "b/made.webp", "b/told.png"},
}


def run (*arguments, fails=False):
    done = subprocess.run ([TOOL, "data", *map (str, arguments)], capture_output=True, text=True)
    if (done.returncode != 0) != fails:
        raise AssertionError (f"{arguments}: {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stderr if fails else done.stdout


def lines (path):
    return [json.loads (line) for line in path.read_text ().splitlines ()]


def equal (is_, should, what):
    if is_ != should:
        raise AssertionError (f"{what}: {is_}, should be {should}")


def close (is_, should, within, what):
    if not abs (is_ - should) <= within:
        raise AssertionError (f"{what}: {is_}, should be {should} to {within}")


def test_findings (folder, work):
    report = json.loads (run ("inspect", folder, "--json=-"))
    found = {f["name"]: {e["file_name"] for e in f["examples"]} for f in report["findings"]}
    for name, names in EXPECTED.items ():
        equal (found[name], names, name)
    assert "b/blurred.png" in found["blurred"] and "a/05.png" not in found["blurred"]
    copies = [f for f in report["findings"] if f["name"] == "duplicate"][0]["examples"]
    equal (copies[0]["of"], "a/00-copy.png", "of")
    equal (report["classes"], {"a": 30, "b": 26}, "classes")
    p = np.array ([30, 26]) / 56
    close (report["class-balance"], -(p * np.log2 (p)).sum (), 1e-9, "balance")
    equal (sum (report["kinds"].values ()), report["items"], "kinds")
    equal (report["source-types"], {"trainedAlgorithmicMedia": 1, "digitalCapture": 1,
        "compositeWithTrainedAlgorithmicMedia": 1}, "source types")


def luma (path):
    """BT.601 by what Pillow decodes; the scaler that we use may be a level away."""
    return np.asarray (Image.open (path).convert ("RGB"), float) @ [0.299, 0.587, 0.114]


def test_measures (folder, work):
    run ("inspect", folder, f"--items={work}/items.jsonl")
    items = {i["file_name"]: i for i in lines (work / "items.jsonl")[:-1]}
    for name, item in items.items ():
        if name in EXPECTED["bad"]:
            assert item["error"] and "width" not in item, name
            continue
        path = folder / name
        rgb = np.asarray (Image.open (path).convert ("RGB"), float)
        grey = luma (path)
        equal ((item["width"], item["height"]), Image.open (path).size, name)
        equal (item["bytes"], path.stat ().st_size, name)
        equal (item["sha256"], hashlib.sha256 (path.read_bytes ()).hexdigest (), name)
        close (item["brightness"], grey.mean () / 255, 0.004, f"{name} brightness")
        close (item["contrast"], grey.std () / 255, 0.004, f"{name} contrast")
        laplacian = ndimage.laplace (np.rint (grey), mode="mirror").var ()
        close (item["sharpness"], laplacian, 0.05 * laplacian + 2, f"{name} sharpness")
        if not name.endswith (".jpg"):
            most = rgb.max (-1)
            saturation = np.where (most > 0, (most - rgb.min (-1)) / np.maximum (most, 1), 0)
            close (item["saturation"], saturation.mean (), 1e-6, f"{name} saturation")


def test_fingerprints (folder, work):
    """Of pictures of 32 by 32 nothing is scaled: the bits are those of scipy's transform."""
    small = work / "small"
    for i in range (12):
        save (small, f"{i}.png", scene (i, (32, 32))[..., 0])
    run ("inspect", small, f"--items={work}/small.jsonl")
    for item in lines (work / "small.jsonl")[:-1]:
        picture = np.asarray (Image.open (small / item["file_name"]), float)
        low = fft.dctn (picture, type=2)[:8, :8]
        bits = (low > np.median (low)).ravel ()
        equal (item["fingerprint"], f"{int (''.join (map (str, bits.astype (int))), 2):016x}", item)
        if imagehash is not None:
            theirs = imagehash.phash (Image.open (small / item["file_name"]))
            equal (item["fingerprint"], str (theirs), "imagehash")
    """Of larger ones the scaler differs, by a few bits."""
    if imagehash is None:
        return
    for item in lines (work / "items.jsonl")[:-1]:
        if "fingerprint" not in item or "b/dark" in item["file_name"]:
            continue
        theirs = imagehash.phash (Image.open (folder / item["file_name"]))
        assert imagehash.hex_to_hash (item["fingerprint"]) - theirs <= 8, item["file_name"]


def stability (a, b):
    """Ten bins of equal shares of a, by their borders' ranks."""
    a = np.sort (a)
    borders = a[(len (a) * np.arange (1, 10) - 1) // 10]
    p, q = (np.diff ([0, *np.searchsorted (np.sort (x), borders, "right"), len (x)]) / len (x)
        for x in (a, b))
    p, q = np.maximum (p, 1e-4), np.maximum (q, 1e-4)
    return ((q - p) * np.log (q / p)).sum ()


def test_drift (folder, work):
    other = work / "other"
    for i in range (30):
        save (other, f"{i:02}.png", (scene (i + 10) * 0.6).astype (np.uint8))
    report = json.loads (run ("inspect", other, f"--against={folder}", "--json=-",
        f"--items={work}/other.jsonl"))
    equal (report["against"]["common"], 0, "common")
    assert report["against"]["frechet"] > 0
    ours = lines (work / "other.jsonl")[:-1]
    theirs = lines (work / "items.jsonl")[:-1]
    for drift in report["against"]["drift"]:
        a, b = ([i[drift["measure"]] for i in items if drift["measure"] in i]
            for items in (theirs, ours))
        peer = stats.ks_2samp (a, b, method="asymp")
        close (drift["statistic"], peer.statistic, 1e-9, drift["measure"])
        close (drift["probability"], peer.pvalue, 0.02, drift["measure"])
        root = np.sqrt (len (a) * len (b) / (len (a) + len (b)))
        close (drift["probability"],
            special.kolmogorov ((root + 0.12 + 0.11 / root) * peer.statistic), 1e-9, "Stephens")
        close (drift["stability-index"], stability (a, b), 1e-9, drift["measure"])
    same = json.loads (run ("inspect", folder, f"--against={folder}", "--json=-"))
    close (same["against"]["frechet"], 0, 1e-6, "distance to itself")
    close (same["against"]["energy"]["distance"], 0, 1e-3, "energy distance to itself")
    equal (same["against"]["energy"]["probability"], 1, "its probability")
    noise = work / "noise"
    for i in range (20):
        save (noise, f"{i:02}.png",
            np.random.default_rng (i).integers (0, 255, (80, 96, 3)).astype (np.uint8))
    energy = json.loads (run ("inspect", noise, f"--against={folder}", "--json=-"))["against"]["energy"]
    equal ((energy["probability"], energy["permutations"], energy["items"]), (0.001, 999, 20),
        "noise is another distribution")
    for drift in same["against"]["drift"]:
        equal ((drift["statistic"], drift["stability-index"]), (0, 0), drift["measure"])
    for measure in report["measures"]:
        values = np.array ([i[measure["name"]] for i in ours if measure["name"] in i])
        if len (values) == 0:
            continue  # frames, of what are no films
        close (measure["median"], np.median (values), 1e-9, measure["name"])
        close (measure["highest-twentieth"], np.quantile (values, 0.95), 1e-6 * values.max (),
            measure["name"])
        equal (measure["histogram"], np.histogram (values, 24)[0].tolist ()
            if np.ptp (values) > 0 else [len (values)] + [0] * 23, measure["name"])


def test_reserved (folder, work):
    """Rights that are reserved, as XMP says it in one way or another; and where it says the opposite."""
    plus = "http://ns.useplus.org/ldf/vocab/DMI-"
    said = {"attribute": '<r tdm:reservation="1"/>', "element": "<tdm:reservation>1</tdm:reservation>",
        "plus": f"<plus:DataMining>{plus}PROHIBITED-AIMLTRAINING</plus:DataMining>",
        "open": f'<r tdm:reservation="0" plus:DataMining="{plus}ALLOWED"/>', "silent": "<r/>"}
    heap = work / "reserved"
    for seed, (name, words) in enumerate (said.items ()):
        save (heap, f"{name}.jpg", scene (130 + seed), quality=95,
            xmp=f'<x:xmpmeta xmlns:x="adobe:ns:meta/">{words}</x:xmpmeta>'.encode ())
    run ("filter", heap, f"--out={work}/reserved.jsonl", "--without=reserved")
    equal ({line["file_name"]: line["reason"] for line in lines (work / "reserved.jsonl")[:-1]},
        {f"{name}.jpg": "reserved" for name in ("attribute", "element", "plus")}, "left out")


def test_shards (folder, work):
    """What lies in an archive is known as the file that it is."""
    with tarfile.open (work / "shard.tar", "w") as archive:
        for number, path in enumerate (sorted (folder.rglob ("*.*"))):
            archive.add (path, f"{number:04}{path.suffix}")
    run ("inspect", work / "shard.tar", f"--items={work}/shard.jsonl")
    *items, last = lines (work / "shard.jsonl")
    plain = {i["file_name"]: i for i in lines (work / "items.jsonl")[:-1]}
    paths = [str (p.relative_to (folder)) for p in sorted (folder.rglob ("*.*"))]
    for item in items:
        path = paths[int (item["file_name"].split (": ")[1][:4])]
        same = {k: v for k, v in plain[path].items () if k not in ("file_name", "class", "error")}
        equal ({k: v for k, v in item.items () if k not in ("file_name", "error")}, same, path)
    counts = {f["name"]: f["count"] for f in last["summary"]["findings"]}
    for name in ("place", "credentials", "generated", "duplicate", "bad"):
        equal (counts[name], len (EXPECTED[name]), name)


def test_threads (folder, work):
    one, four = (run ("inspect", folder, "--json=-", f"--threads={n}") for n in (1, 4))
    equal (one, four, "report by one thread and by four")


def test_filter (folder, work):
    out = work / "out.jsonl"
    denied = work / "denied.txt"
    denied.write_text ("# not ours\n" + hashlib.sha256 ((folder / "a/07.png").read_bytes ())
        .hexdigest () + "  a/07.png\n")
    run ("filter", folder, f"--out={out}", "--without=duplicate,near-duplicate,blank",
        "--without=generated", "--max=brightness=0.95", "--min=width=70", f"--deny={denied}")
    *items, last = lines (out)
    reasons = {i["file_name"]: i["reason"] for i in items}
    should = {name: "bad" for name in EXPECTED["bad"]}
    should |= {"a/00.png": "duplicate", "a/01.png": "near-duplicate", "b/blank.png": "blank",
        "b/bright.png": "brightness", "a/07.png": "denied"}
    should |= {name: "generated" for name in EXPECTED["generated"]}
    equal (reasons, should, "left out")
    summary = last["summary"]
    equal (summary["kept"], summary["items"] - len (should), "kept")
    equal (sum (summary["reasons"].values ()), len (should), "reasons")
    once = out.read_text ()
    run ("filter", folder, f"--out={out}", "--without=duplicate,near-duplicate,blank",
        "--without=generated", "--max=brightness=0.95", "--min=width=70", f"--deny={denied}")
    equal (out.read_text (), once, "the same again")


def test_refused (folder, work):
    out = work / "never.jsonl"
    (work / "wrong.txt").write_text ("abc\n")
    for words, arguments in [
        ("no finding 'ugly'", ["filter", folder, f"--out={out}", "--without=ugly"]),
        ("no measure 'beauty'", ["filter", folder, f"--out={out}", "--min=beauty=1"]),
        ("no measure 'seconds' of pictures", ["filter", folder, f"--out={out}", "--min=seconds=1"]),
        ("as in sharpness=20", ["filter", folder, f"--out={out}", "--min=width"]),
        ("there is no gate", ["filter", folder, f"--out={out}", "--min=gate=0.5"]),
        ("--out=LIST", ["filter", folder]),
        ("no such file or folder", ["inspect", work / "nowhere"]),
        ('there is no "smell"', ["inspect", folder, "--medium=smell"]),
        ("--distance is at most 7", ["inspect", folder, "--distance=8"]),
        ("nowhere.onnx", ["inspect", folder, f"--gate={work}/nowhere.onnx"]),
        ("wrong.txt, line 1", ["filter", folder, f"--out={out}", f"--deny={work}/wrong.txt"]),
    ]:
        said = run (*arguments, fails=True)
        assert words in said, f"{arguments}: {said}"
    assert not out.exists ()


def test_page (folder, work):
    run ("inspect", folder, f"--html={work}/page.html")
    page = (work / "page.html").read_text ()
    assert page.count ("data:image/png;base64,") > 20 and page.count ("<svg") > 8
    assert "src=\"http" not in page and "b/blurred.png" in page and "a/cut.png" in page


def main ():
    tests = [test_findings, test_measures, test_fingerprints, test_drift, test_reserved, test_shards,
        test_threads, test_filter, test_refused, test_page]
    print (f"1..{len (tests)}")
    failed = False
    with tempfile.TemporaryDirectory () as name:
        work = pathlib.Path (name)
        make (work / "heap")
        for number, test in enumerate (tests, 1):
            try:
                test (work / "heap", work)
                print (f"ok {number} {test.__name__}", flush=True)
            except AssertionError as error:
                failed = True
                print (f"not ok {number} {test.__name__}\n# " + str (error).replace ("\n", "\n# "),
                    flush=True)
    sys.exit (failed)


main ()
