#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Metrics of distributions against other programs' on the same features.

usage: metrics.py GENERATIVE_MODEL

numpy's own arithmetic is always compared with, and torch-fidelity, pytorch-fid, clean-fid, prdc,
vendi-score, POT, scikit-image, piq, pytorch-msssim, torch, pystoi, nltk, onnxruntime and tokenizers
where they are installed.
Prints TAP, a line for each figure.
"""
import contextlib
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unicodedata
import wave

import numpy as np


def load(name):
    try:
        return __import__(name, fromlist=["x"])
    except ImportError:
        return None


def draw(seed, n, length, shift, scale):
    """Skewed, with directions of unequal spread, as features are."""
    random = np.random.default_rng(seed)
    spread = np.linspace(0.2, 1.5, length) * scale
    return np.maximum(random.normal(shift, 1, (n, length)) * spread, 0).astype(np.float32)


def ours(program, samples, reference, *words):
    with tempfile.TemporaryDirectory() as folder:
        a, b = pathlib.Path(folder, "a.npy"), pathlib.Path(folder, "b.npy")
        np.save(a, samples)
        np.save(b, reference)
        out = subprocess.run([program, "compare", a, b, "--json", *words], check=True,
                             capture_output=True, text=True).stdout
    return json.loads(out)


def frechet(a, b):
    a, b = a.astype(float), b.astype(float)
    c, d = np.cov(a.T), np.cov(b.T)
    roots = np.linalg.eigvals(c @ d)
    return (((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(c) + np.trace(d)
            - 2 * np.sqrt(np.maximum(roots.real, 0)).sum())


def kernel_distance(a, b):
    a, b = a.astype(float), b.astype(float)
    n, m = len(a), len(b)
    k = lambda x, y: (x @ y.T / x.shape[1] + 1) ** 3
    aa, bb = k(a, a), k(b, b)
    return ((aa.sum() - np.trace(aa)) / n / (n - 1) + (bb.sum() - np.trace(bb)) / m / (m - 1)
            - 2 * k(a, b).mean())


def distances(a, b):
    a, b = a.astype(float), b.astype(float)
    return np.sqrt(np.maximum((a ** 2).sum(1)[:, None] + (b ** 2).sum(1) - 2 * a @ b.T, 0))


def balls(a, b):
    """precision, recall, density, coverage of samples a."""
    own = [np.sort(distances(x, x), axis=1) for x in (a, b)]
    between = distances(b, a)
    return {
        "precision": (between <= own[1][:, 3, None]).any(0).mean(),
        "recall": (between <= own[0][None, :, 3]).any(1).mean(),
        "density": (between < own[1][:, 5, None]).sum() / 5 / len(a),
        "coverage": (between < own[1][:, 5, None]).any(1).mean(),
    }


def unit(x):
    x = x.astype(float)
    norms = np.linalg.norm(x, axis=1, keepdims=True)
    return x / np.where(norms > 0, norms, 1)


def cmmd(a, b):
    a, b = unit(a), unit(b)
    k = lambda x, y: np.exp(-distances(x, y) ** 2 / 200).mean()
    return 1000 * (k(a, a) + k(b, b) - 2 * k(a, b))


def vendi(a):
    values = np.linalg.eigvalsh(unit(a) @ unit(a).T / len(a))
    values = values[values > 1e-300]
    return np.exp(-(values * np.log(values)).sum())


def inception_score(a, parts):
    a = np.exp(a.astype(float) - a.max(1, keepdims=True))
    a /= a.sum(1, keepdims=True)
    scores = []
    for i in range(parts):
        p = a[len(a) * i // parts:len(a) * (i + 1) // parts]
        scores.append(np.exp((p * (np.log(p) - np.log(p.mean(0)))).sum(1).mean()))
    return np.mean(scores), np.std(scores)


class Report:
    """TAP."""

    def __init__(self):
        self.count = 0

    def check(self, name, peer, found, expected, tolerance=1e-6):
        error = abs(found - expected) / max(abs(expected), 1e-3)
        self.count += 1
        print(f"{'ok' if error <= tolerance else 'not ok'} {self.count} {name}, {peer}: "
              f"{found:.9g}, {expected:.9g}")


def with_numpy(report, program):
    for length, n, m, shift in ((64, 700, 700, 0.1), (300, 400, 650, 0.3), (20, 1500, 1300, 0.0)):
        a, b = draw(1, n, length, shift, 1), draw(2, m, length, 0, 1)
        made = ours(program, a, b)
        peer = f"numpy {n}x{length}"
        report.check("frechet", peer, made["frechet"], frechet(a, b))
        if n == m:
            report.check("kernel-distance", peer, made["kernel-distance"], kernel_distance(a, b))
        for name, value in balls(a, b).items():
            report.check(name, peer, made[name], value)
        report.check("cmmd", peer, made["cmmd"], cmmd(a, b))
        report.check("vendi-score", peer, made["vendi-score"], vendi(a))
    scores = draw(3, 1000, 10, 0, 3)
    made = ours(program, scores, scores, "--metrics=inception-score")
    mean, deviation = inception_score(scores, 10)
    report.check("inception-score", "numpy", made["inception-score"], mean)
    report.check("inception-score-deviation", "numpy", made["inception-score-deviation"], deviation)
    # Identical sets, and halves of one.
    same = draw(4, 600, 32, 0, 1)
    made = ours(program, same, same)
    for name, value in (("frechet", 0), ("cmmd", 0), ("sliced-wasserstein", 0), ("precision", 1),
                        ("recall", 1), ("density", 1), ("coverage", 1)):
        report.check(name, "itself", made[name], value)


def statistics_figures(program):
    """Files of statistics, ours read by others and theirs by us: what check() takes."""
    figures = []
    check = lambda *words: figures.append(words)
    a, b = draw(9, 800, 96, 0.3, 1), draw(10, 700, 96, 0, 1)
    fid_score, clean = load("pytorch_fid.fid_score"), load("cleanfid.fid")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        files = {key: folder / key for key in ("a.npy", "b.npy", "ours.npz", "theirs.npz")}
        np.save(files["a.npy"], a)
        np.save(files["b.npy"], b)
        tool = lambda *words: subprocess.run([program, *words], check=True, capture_output=True,
                                             text=True).stdout
        compare = lambda *words: json.loads(tool("compare", *words, "--json"))["frechet"]
        tool("statistics", files["a.npy"], "--out", files["ours.npz"])
        wide = b.astype(float)
        theirs = {"mu": wide.mean(0), "sigma": np.cov(wide, rowvar=False)}
        np.savez(files["theirs.npz"], **theirs)
        expected = compare(files["a.npy"], files["b.npy"], "--metrics=frechet")
        for words in (("ours.npz", "theirs.npz"), ("a.npy", "theirs.npz"), ("ours.npz", "b.npy")):
            check("frechet", " against ".join(words), compare(*(files[w] for w in words)), expected)
        # Half of a set and the other half are all of it.
        half = folder / "half.npy", folder / "other.npy"
        np.save(half[0], a[:333])
        np.save(half[1], a[333:])
        tool("statistics", *half, "--out", folder / "halves.npz")
        check("frechet", "two sets in one file", 1 + compare(folder / "halves.npz",
                                                             files["ours.npz"]), 1)
        if fid_score:
            mu, sigma = fid_score.compute_statistics_of_path(str(files["ours.npz"]), None, 50, 96,
                                                             "cpu")
            check("frechet", "pytorch-fid, of our file", expected,
                  fid_score.calculate_frechet_distance(mu, sigma, theirs["mu"], theirs["sigma"]))
        if clean:
            file = np.load(files["ours.npz"])
            check("frechet", "clean-fid, of our file", expected, clean.frechet_distance(
                file["mu"], file["sigma"], theirs["mu"], theirs["sigma"]))
    return figures


def peers_figures(program):
    """What check() takes, of each package that there is."""
    figures = []
    check = lambda *words: figures.append(words)
    n = 900
    a, b = draw(5, n, 128, 0.2, 1), draw(6, n, 128, 0, 1)
    made = ours(program, a, b)
    fidelity = load("torch_fidelity.metric_fid") and load("torch")
    if fidelity:
        import torch
        from torch_fidelity import metric_fid, metric_isc, metric_kid, metric_prc
        t = [torch.from_numpy(x) for x in (a, b)]
        fid = metric_fid.fid_statistics_to_metric(
            *(metric_fid.fid_features_to_statistics(x) for x in t), verbose=False)
        check("frechet", "torch-fidelity", made["frechet"],
              fid["frechet_inception_distance"])
        kid = metric_kid.kid_features_to_metric(
            *t, kid_subsets=2, kid_subset_size=n, verbose=False, rng_seed=1, kid_kernel="poly",
            kid_kernel_poly_degree=3, kid_kernel_poly_gamma=None, kid_kernel_poly_coef0=1)
        # Theirs are products of float32.
        check("kernel-distance", "torch-fidelity", made["kernel-distance"],
              kid["kernel_inception_distance_mean"], 1e-5)
        prc = metric_prc.prc_features_to_metric(t[0], t[1], prc_neighborhood=3,
                                                prc_batch_size=10000, verbose=False)
        check("precision", "torch-fidelity", made["precision"], prc["precision"])
        check("recall", "torch-fidelity", made["recall"], prc["recall"])
        scores = draw(3, 1000, 10, 0, 3)
        score = metric_isc.isc_features_to_metric(torch.from_numpy(scores), splits=10,
                                                  shuffle=False, rng_seed=1)
        found = ours(program, scores, scores, "--metrics=inception-score")
        check("inception-score", "torch-fidelity", found["inception-score"],
              score["inception_score_mean"])
    prdc = load("prdc")
    if prdc:
        third = prdc.compute_prdc(b, a, 3)
        fifth = prdc.compute_prdc(b, a, 5)
        for name, found in (("precision", third), ("recall", third), ("density", fifth),
                            ("coverage", fifth)):
            check(name, "prdc", made[name], found[name])
    vendi_score = load("vendi_score.vendi")
    if vendi_score:
        check("vendi-score", "vendi-score", made["vendi-score"],
              vendi_score.score_X(a.astype(float)))
    ot = load("ot")
    if ot:
        # Other directions: by how much theirs differ from seed to seed.
        theirs = [ot.sliced_wasserstein_distance(a.astype(float), b.astype(float),
                                                 n_projections=512, seed=seed)
                  for seed in range(8)]
        check("sliced-wasserstein", "POT", made["sliced-wasserstein"], np.mean(theirs),
                     4 * np.std(theirs) / np.mean(theirs))
    return figures


def judge(program, folder, write, samples, references, *words):
    """Tallies of pairs, which write() puts into files."""
    for name, items in (("samples", samples), ("reference", references)):
        (folder / name).mkdir()
        for i, item in enumerate(items):
            write(folder / name / f"{i:02}", item)
    out = subprocess.run([program, "compare", folder / "samples", folder / "reference", "--pairs",
                          "--json", *words], check=True, capture_output=True, text=True).stdout
    return json.loads(out)


def luma(picture):
    wide = picture.astype(np.int64)
    return (19595 * wide[..., 0] + 38470 * wide[..., 1] + 7471 * wide[..., 2] + 32768) >> 16


def draw_pictures():
    """What should be, smooth with edges, and the same with noise, blurred, and otherwise lit."""
    random = np.random.default_rng(7)
    y, x = np.mgrid[:208, :256]
    plain = [127 + 90 * np.sin(x / (7 + c)) * np.cos(y / (11 + 2 * c)) + 30 * ((x + y) % 61 > 30)
             for c in range(3)]
    plain = np.clip(np.stack(plain, -1), 0, 255)
    blurred = (plain + np.roll(plain, 1, 0) + np.roll(plain, 1, 1) + np.roll(plain, 2, 1)) / 4
    changed = [plain + random.normal(0, 12, plain.shape), blurred, plain * 0.8 + 20]
    to_bytes = lambda a: np.clip(np.rint(a), 0, 255).astype(np.uint8)
    return [to_bytes(a) for a in changed], [to_bytes(plain)] * 3


def with_pictures(report, program):
    image = load("PIL.Image")
    if not image:
        return
    samples, references = draw_pictures()
    with tempfile.TemporaryDirectory() as folder:
        made = judge(program, pathlib.Path(folder),
                     lambda path, item: image.fromarray(item).save(f"{path}.png"),
                     samples, references, "--metrics=psnr,ssim,ms-ssim,gmsd,vif")
    pairs = list(zip(samples, references))
    errors = [((a.astype(float) - b) ** 2).mean() for a, b in pairs]
    report.check("psnr", "numpy", made["psnr"]["mean"],
                 np.mean([10 * np.log10(255 ** 2 / e) for e in errors]))
    report.check("psnr-overall", "numpy", made["psnr-overall"],
                 10 * np.log10(255 ** 2 / np.mean(errors)))
    grey = [(luma(a).astype(np.float64), luma(b).astype(np.float64)) for a, b in pairs]
    metrics = load("skimage.metrics")
    if metrics:
        report.check("ssim", "scikit-image", made["ssim"]["mean"], np.mean([
            metrics.structural_similarity(a, b, data_range=255, gaussian_weights=True, sigma=1.5,
                                          use_sample_covariance=False) for a, b in grey]), 1e-5)
    torch = load("torch")
    tensors = [[torch.from_numpy(x)[None, None] for x in pair] for pair in grey] if torch else []
    piq = torch and load("piq")
    if piq:
        report.check("gmsd", "piq", made["gmsd"]["mean"], np.mean([
            piq.gmsd(a, b, data_range=255).item() for a, b in tensors]), 1e-5)
        report.check("vif", "piq", made["vif"]["mean"], np.mean([
            piq.vif_p(a, b, data_range=255).item() for a, b in tensors]), 1e-5)
    msssim = torch and load("pytorch_msssim")
    if msssim:
        report.check("ms-ssim", "pytorch-msssim", made["ms-ssim"]["mean"], np.mean([
            msssim.ms_ssim(a, b, data_range=255).item() for a, b in tensors]), 1e-5)


def write_wave(path, sound, rate=16000):
    with wave.open(f"{path}.wav", "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(sound.tobytes())


def spectra(sound):
    window = np.hanning(2049)[:-1]
    pieces = [sound[i:i + 2048] * window for i in range(0, len(sound) - 2047, 512)]
    return 10 * np.log10(np.maximum(np.abs(np.fft.rfft(pieces)) ** 2, 1e-10))


def with_sounds(report, program):
    random = np.random.default_rng(8)
    time = np.arange(16000) / 16000
    plain = 0.4 * np.sin(2 * np.pi * 220 * time) * np.exp(-time) + random.normal(0, 0.01, 16000)
    changed = [plain + random.normal(0, 0.02, 16000), np.clip(0.6 * plain, -0.1, 0.1)]
    to_words = lambda a: np.rint(a * 32768).astype("<i2")
    samples, reference = [to_words(a) for a in changed], to_words(plain)
    with tempfile.TemporaryDirectory() as folder:
        made = judge(program, pathlib.Path(folder), write_wave, samples, [reference] * 2,
                     "medium=sound")
    b = reference / 32768
    ratios = {"snr": [], "si-sdr": [], "log-spectral-distance": []}
    for a in (s / 32768 for s in samples):
        ratios["snr"].append(10 * np.log10((b ** 2).sum() / ((a - b) ** 2).sum()))
        part = (a @ b) / (b @ b) * b
        ratios["si-sdr"].append(10 * np.log10((part ** 2).sum() / ((a - part) ** 2).sum()))
        ratios["log-spectral-distance"].append(
            np.sqrt(((spectra(a) - spectra(b)) ** 2).mean(1)).mean())
    for name, values in ratios.items():
        report.check(name, "numpy", made[name]["mean"], np.mean(values))


def multi_resolution_stft(torch, a, b):
    """Convergence and magnitude of a sound and its reference, as Yamamoto et al. have them."""
    found = []
    for size, hop, window in ((1024, 120, 600), (2048, 240, 1200), (512, 50, 240)):
        magnitudes = [torch.stft(torch.from_numpy(x), size, hop, window,
                                 torch.hann_window(window, dtype=torch.float64),
                                 return_complex=True).abs().square().clamp(min=1e-8).sqrt()
                      for x in (a, b)]
        x, y = magnitudes
        found.append(((torch.linalg.norm(y - x) / torch.linalg.norm(y)).item(),
                      (y.log() - x.log()).abs().mean().item()))
    return np.mean(found, 0)


def draw_speech(rate):
    """Syllables of harmonics with pauses, and the same in noise that comes and goes, and clipped."""
    random = np.random.default_rng(9)
    time = np.arange(3 * rate) / rate
    voice = sum(np.sin(2 * np.pi * 130 * k * time + k * np.sin(5 * time)) / k
                for k in range(1, 20) if 130 * k < rate / 2)
    plain = 0.1 * voice * np.maximum(np.sin(2 * np.pi * 3 * time), 0) * (time % 1.5 < 1.1)
    noise = random.normal(0, 0.03, len(time)) * (1 + np.sin(2 * np.pi * 7 * time))
    changed = [plain + noise, np.clip(plain + noise / 3, -0.05, 0.05)]
    to_words = lambda a: np.rint(a * 32768).clip(-32768, 32767).astype("<i2")
    return [to_words(a) for a in changed], to_words(plain)


def with_speech(report, program):
    stoi, torch = load("pystoi"), load("torch")
    # A rate below that of the measure, its own, and three above.
    for rate in (8000, 10000, 16000, 44100, 48000):
        samples, reference = draw_speech(rate)
        with tempfile.TemporaryDirectory() as folder:
            made = judge(program, pathlib.Path(folder),
                         lambda path, item: write_wave(path, item, rate), samples,
                         [reference] * 2, "medium=sound",
                         "--metrics=stoi,estoi,multi-resolution-stft")
        pairs = [(a / 32768, reference / 32768) for a in samples]
        if stoi:
            for name, extended in (("stoi", False), ("estoi", True)):
                report.check(name, f"pystoi {rate} Hz", made[name]["mean"], np.mean(
                    [stoi.stoi(b, a, rate, extended=extended) for a, b in pairs]))
        if torch:
            theirs = np.mean([multi_resolution_stft(torch, a, b) for a, b in pairs], 0)
            for name, value in (("-convergence", theirs[0]), ("-magnitude", theirs[1]),
                                ("", theirs.sum())):
                report.check(f"multi-resolution-stft{name}", f"torch {rate} Hz",
                             made[f"multi-resolution-stft{name}"]["mean"], value)


ALONE = re.compile("CJK UNIFIED|HIRAGANA LETTER|THAI CHARACTER|LAO LETTER|KHMER LETTER|MYANMAR LETTER")


def read_words(text):
    """What docs/metrics.md calls words: by a regular expression on the kinds of characters."""
    kinds = "".join(
        "'" if c in "'\u2019" else
        "m" if unicodedata.category(c)[0] == "M" or c in "\u200c\u200d" else
        " " if unicodedata.category(c)[0] not in "LN" else
        "a" if ALONE.match(unicodedata.name(c, "")) else "l" for c in text)
    small = "".join(c.lower() if len(c.lower()) == 1 else c for c in text).replace("\u2019", "'")
    return [small[m.start():m.end()] for m in re.finditer("am*|lm*((?:'(?=l))?[lm]+)*", kinds)]


def rows_of(words, n):
    return [tuple(words[i:i + n]) for i in range(len(words) - n + 1)]


def entropy(rows):
    counts = np.unique([" ".join(row) for row in rows], return_counts=True)[1]
    shares = counts / counts.sum()
    return -(shares * np.log2(shares)).sum()


def write_texts(seed, n):
    """Sentences of words that come as often as in a language, some of other scripts."""
    random = np.random.default_rng(seed)
    words = ["".join(random.choice(list("abcdefghiklmnoprstuvwyäöüßéñ"), 1 + i % 7))
             for i in range(900)]
    words += ["don't", "it\u2019s", "Ångström", "東京", "ひらがな", "カタカナ", "слово", "λόγος",
              "e\u0301te\u0301", "हिन्दी", "ไทย", "3.14", "x_y", "a-b", "\u00bd", "'quoted'"]
    random.shuffle(words)
    chances = 1 / (np.arange(len(words)) + 3)
    texts = []
    for _ in range(n):
        drawn = list(random.choice(words, random.integers(1, 60), p=chances / chances.sum()))
        if random.random() < 0.3:
            drawn += drawn[:8]
        drawn = [w.upper() if random.random() < 0.1 else w for w in drawn]
        texts.append("".join(w + str(random.choice([" ", ", ", ". ", " \u2014 "]))
                             for w in drawn).strip())
    return texts


def with_texts(report, program):
    bleu = load("nltk.translate.bleu_score")
    texts = write_texts(1, 200)
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "texts.txt")
        path.write_text("\n".join(texts) + "\n", encoding="utf-8")
        out = subprocess.run([program, "compare", path, path, "--json", "lines=true", "--metrics",
                              "length,repetition,distinct-1,entropy,self-bleu"], check=True,
                             capture_output=True, text=True).stdout
    made = json.loads(out)["of-samples"]
    words = [read_words(text) for text in texts]
    peer = "numpy, 200 texts"
    report.check("length", peer, made["length"]["mean"], np.mean([len(w) for w in words]))
    report.check("length-characters", peer, made["length-characters"]["mean"],
                 np.mean([len(text) for text in texts]))
    for n in (4, 3, 2):
        rows = [rows_of(w, n) for w in words if len(w) >= n]
        report.check(f"repetition of {n}", peer, made[f"repetition-{n}" if n < 4 else "repetition"]
                     ["mean"], np.mean([1 - len(set(r)) / len(r) for r in rows]))
    for n in (1, 2, 3, 4):
        rows = [row for w in words for row in rows_of(w, n)]
        if n < 4:
            report.check(f"distinct-{n}", peer, made[f"distinct-{n}"], len(set(rows)) / len(rows))
        if n != 3:
            report.check(f"entropy of {n}", peer, made[f"entropy-{n}" if n > 1 else "entropy"],
                         entropy(rows))
    if bleu:
        method = bleu.SmoothingFunction().method1
        report.check("self-bleu", "nltk, 200 texts", made["self-bleu"], np.mean([
            bleu.sentence_bleu([v for k, v in enumerate(words) if k != i], w,
                               smoothing_function=method) for i, w in enumerate(words)]))


WINDOW = 64


def make_language_model(onnx, path, size, **metadata):
    """A layer of attention with random weights, as an ONNX file; its scores of ids by numpy."""
    random = np.random.default_rng(3)
    length = 24
    weights = {name: random.normal(0, scale, shape).astype(np.float32) for name, shape, scale in (
        ("tokens", (size, length), 1), ("places", (WINDOW, length), 0.3),
        ("query", (length, length), 0.4), ("key", (length, length), 0.4),
        ("value", (length, length), 0.4), ("scores", (length, size), 0.5))}
    helper, array = onnx.helper, onnx.numpy_helper.from_array
    node = helper.make_node
    constants = [array(value, name) for name, value in weights.items()] + [
        array(np.array([1], np.int64), "one"), array(np.float32(1), "unit"),
        array(np.float32(-1e9), "never"), array(np.float32(length ** -0.5), "scale")]
    nodes = [
        node("Gather", ["tokens", "input_ids"], ["a"]), node("Gather", ["places", "position_ids"],
                                                              ["b"]),
        node("Add", ["a", "b"], ["x"]),
        node("MatMul", ["x", "query"], ["q"]), node("MatMul", ["x", "key"], ["k"]),
        node("MatMul", ["x", "value"], ["v"]), node("Transpose", ["k"], ["kt"], perm=[0, 2, 1]),
        node("MatMul", ["q", "kt"], ["qk"]), node("Mul", ["qk", "scale"], ["scaled"]),
        node("Shape", ["input_ids"], ["t"], start=1), node("Concat", ["t", "t"], ["tt"], axis=0),
        node("Expand", ["unit", "tt"], ["ones"]), node("Trilu", ["ones"], ["before"], upper=0),
        node("Sub", ["unit", "before"], ["after"]), node("Mul", ["after", "never"], ["causal"]),
        node("Cast", ["attention_mask"], ["mask"], to=1), node("Sub", ["unit", "mask"], ["out"]),
        node("Mul", ["out", "never"], ["padded"]), node("Unsqueeze", ["padded", "one"], ["row"]),
        node("Add", ["scaled", "causal"], ["c"]), node("Add", ["c", "row"], ["d"]),
        node("Softmax", ["d"], ["weights"], axis=-1), node("MatMul", ["weights", "v"], ["seen"]),
        node("Add", ["x", "seen"], ["y"]), node("MatMul", ["y", "scores"], ["logits"])]
    ids = lambda name: helper.make_tensor_value_info(name, 7, ["batch", "length"])
    model = helper.make_model(helper.make_graph(
        nodes, "language", [ids("input_ids"), ids("attention_mask"), ids("position_ids")],
        [helper.make_tensor_value_info("logits", 1, ["batch", "length", size])], constants),
        opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    helper.set_model_props(model, metadata)
    onnx.save(model, str(path))

    def score(ids):
        w = {name: value.astype(float) for name, value in weights.items()}
        x = w["tokens"][ids] + w["places"][:len(ids)]
        qk = (x @ w["query"]) @ (x @ w["key"]).T * length ** -0.5
        qk[np.triu_indices(len(ids), 1)] = -np.inf
        shares = np.exp(qk - qk.max(1, keepdims=True))
        shares /= shares.sum(1, keepdims=True)
        return (x + shares @ (x @ w["value"])) @ w["scores"]
    return score


def add_past(onnx, path, target):
    """The same with what it remembers of the places before as inputs and outputs."""
    helper = onnx.helper
    model = onnx.load(str(path))
    nodes = []
    for node in model.graph.node:
        for i, (name, made) in enumerate((("k", "kt"), ("v", "seen"))):
            if node.output[0] != made:
                continue
            past, present = (f"{kind}.0.{('key', 'value')[i]}" for kind in
                             ("past_key_values", "present"))
            nodes += [helper.make_node("Unsqueeze", [name, "one"], [f"{name}4"]),
                      helper.make_node("Concat", [past, f"{name}4"], [present], axis=2),
                      helper.make_node("Squeeze", [present, "one"], [f"{name}3"])]
            node.input[i] = f"{name}3"
            model.graph.input.append(helper.make_tensor_value_info(past, 1, ["b", 1, "past", 24]))
            model.graph.output.append(
                helper.make_tensor_value_info(present, 1, ["b", 1, "all", 24]))
        nodes.append(node)
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    onnx.save(model, str(target))


def run_by_onnxruntime(onnxruntime, path):
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])

    def score(ids):
        row = np.array([ids])
        return session.run(None, {"input_ids": row, "attention_mask": np.ones_like(row),
                                  "position_ids": np.arange(len(ids))[None]})[0][0].astype(float)
    return score


def find_nats(score, ids):
    """Of each token but the first one, by windows that begin half a window apart."""
    nats, judged, first = [], 1, 0
    while judged < len(ids):
        window = ids[first:first + WINDOW]
        logits = score(window)
        logits = logits - logits.max(1, keepdims=True)
        chances = logits - np.log(np.exp(logits).sum(1, keepdims=True))
        nats += [-chances[i - first - 1, ids[i]] for i in range(judged, first + len(window))]
        judged, first = first + len(window), first + WINDOW // 2
    return nats


def check_perplexity(report, peer, program, model, texts, scores, encode):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "texts.txt")
        path.write_text("\n".join(texts) + "\n", encoding="utf-8")
        out = subprocess.run([program, "compare", path, path, "--json", "lines=true",
                              "--metrics=perplexity", f"--language-model={model}"], check=True,
                             capture_output=True, text=True).stdout
    made = json.loads(out)["of-samples"]
    all_ids = [encode(text) for text in texts]
    for name, score in scores.items():
        nats = [find_nats(score, ids) for ids in all_ids]
        known = [i for i, n in enumerate(nats) if n]
        total, tokens = sum(map(sum, nats)), sum(map(len, nats))
        what = f"{peer}, {name}"
        report.check("perplexity", what, made["perplexity"]["mean"],
                     np.mean([np.exp(np.mean(nats[i])) for i in known]), 1e-5)
        report.check("perplexity-overall", what, made["perplexity-overall"],
                     np.exp(total / tokens), 1e-5)
        report.check("bits-per-character-overall", what, made["bits-per-character-overall"],
                     total / np.log(2) / sum(len(texts[i]) for i in known), 1e-5)
        report.check("perplexity-tokens", what, made["perplexity-tokens"], tokens)


def with_language_models(report, program):
    onnx, runtime, tokenizers = load("onnx"), load("onnxruntime"), load("tokenizers")
    if not onnx:
        return
    load("onnx.numpy_helper")
    texts = write_texts(5, 40) + ["a", "Hello,   world!  \U0001f642 it's 1234567 \u00b5m", "xx" * 400]
    texts[0] = "\t".join(texts[0].split(" ")[:30])
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "bytes.onnx")
        scores = {"numpy": make_language_model(onnx, path, 256, **{
            "generative.tokenizer": "bytes", "generative.context": str(WINDOW)})}
        if runtime:
            scores["onnxruntime"] = run_by_onnxruntime(runtime, path)
        check_perplexity(report, "bytes", program, path, texts, scores,
                         lambda text: list(text.encode()))
        add_past(onnx, path, pathlib.Path(folder, "past.onnx"))
        check_perplexity(report, "bytes, with an empty past", program,
                         pathlib.Path(folder, "past.onnx"), texts, {"numpy": scores["numpy"]},
                         lambda text: list(text.encode()))
        if not tokenizers:
            return
        for kind in ("gpt2", "llama3"):
            tokenizer = make_tokenizer(tokenizers, kind, texts)
            path = pathlib.Path(folder, f"{kind}.onnx")
            tokenizer.save(f"{path}.tokenizer.json")
            pathlib.Path(folder, "config.json").write_text(json.dumps({"n_positions": WINDOW}))
            scores = {"numpy": make_language_model(onnx, path, tokenizer.get_vocab_size())}
            check_perplexity(report, f"tokenizers, {kind}", program, path, texts, scores,
                             lambda text: tokenizer.encode(text).ids)


def make_tokenizer(tokenizers, kind, texts):
    """Trained on the texts: cut as GPT-2 does it, or as Llama 3 does, which has a beginning."""
    before = tokenizers.pre_tokenizers
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE(ignore_merges=kind == "llama3"))
    if kind == "gpt2":
        tokenizer.pre_tokenizer = before.ByteLevel(add_prefix_space=True)
    else:
        tokenizer.normalizer = tokenizers.normalizers.NFC()
        tokenizer.pre_tokenizer = before.Sequence([
            before.Split(tokenizers.Regex(
                r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|"
                r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"), "isolated"),
            before.ByteLevel(add_prefix_space=False, use_regex=False)])
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=600, special_tokens=["<begin>"], show_progress=False,
        initial_alphabet=before.ByteLevel.alphabet())
    tokenizer.train_from_iterator(texts[:30], trainer)
    if kind == "llama3":
        tokenizer.post_processor = tokenizers.processors.TemplateProcessing(
            single="<begin> $A", special_tokens=[("<begin>", tokenizer.token_to_id("<begin>"))])
    return tokenizer


def main():
    report = Report()
    with_numpy(report, sys.argv[1])
    with_pictures(report, sys.argv[1])
    with_sounds(report, sys.argv[1])
    with_speech(report, sys.argv[1])
    with_texts(report, sys.argv[1])
    with_language_models(report, sys.argv[1])
    # Some print of their own accord.
    with contextlib.redirect_stdout(sys.stderr):
        peers = statistics_figures(sys.argv[1]) + peers_figures(sys.argv[1])
    for figure in peers:
        report.check(*figure)
    print(f"1..{report.count}")


if __name__ == "__main__":
    main()
