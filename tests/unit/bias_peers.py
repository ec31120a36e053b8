#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""`generative-model bias`, its numbers against numpy's and scipy's.

    tests/unit/bias_peers.py build/tools/generative-model

Needs numpy and scipy. Prints TAP.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

try:
    import numpy as np
    from scipy import stats
except ImportError as missing:
    print (f"1..0 # SKIP {missing}")
    sys.exit (0)

TOOL = pathlib.Path (sys.argv[1]).resolve ()
FIGURES = {"accuracy": "higher", "gate-closed": "lower", "error": "lower"}
SIZES = {"north": 120, "east": 80, "south": 60, "west": 40, "few": 12}
SERVED = {"north": (0.95, 1.0), "east": (0.93, 1.05), "south": (0.70, 1.5), "west": (0.90, 1.1), "few": (0.2, 4.0)}
LEAST = 30
RESAMPLES = 20000
PERMUTATIONS = 4999

tests = failures = 0


def check (name, good, note=""):
    global tests, failures
    tests += 1
    failures += not good
    print (f"{'ok' if good else 'not ok'} {tests} - {name}{' # ' + str (note) if note else ''}", flush=True)


def run (*arguments, good=True):
    done = subprocess.run ([str (TOOL), "bias", *map (str, arguments)], capture_output=True, text=True)
    assert not good or done.returncode == 0, done.stderr
    return done


def make_samples ():
    """Values by figure and group; nobody of the north is ever held by the gate."""
    random = np.random.default_rng (5)
    return {
        "accuracy": {g: (random.random (n) < SERVED[g][0]).astype (float) for g, n in SIZES.items ()},
        "gate-closed": {g: (random.random (n) < 0.25).astype (float) * (g != "north") for g, n in SIZES.items ()},
        "error": {g: random.gamma (2.0, SERVED[g][1], n) for g, n in SIZES.items ()},
    }


def write_lines (path, samples):
    rows = [{"frame": 0, "group": g, **{f: samples[f][g][i] for f in FIGURES}}
            for g, n in SIZES.items () for i in range (n)]
    np.random.default_rng (6).shuffle (rows)
    for i, row in enumerate (rows):
        row["frame"] = i
        if i % 2 == 0:
            row["accuracy"] = bool (row["accuracy"])
    lines = [json.dumps (row) for row in rows]
    lines.append (json.dumps ({"summary": {"frames": len (rows), "accuracy": 1}}))
    path.write_text ("\n".join (lines) + "\n")


def enough (samples):
    return {g: v for g, v in samples.items () if len (v) >= LEAST}


def interval_is_near (ours, theirs, name):
    """Ends of two sets of resamples differ by chance: by a few percent of the width at these numbers."""
    width = theirs[1] - theirs[0]
    off = max (abs (ours[0] - theirs[0]), abs (ours[1] - theirs[1]))
    check (name, off <= 0.06 * width + 1e-12, f"{ours} {theirs}")


def bootstrap (values):
    """Sums of zeros and ones lie on a grid, on which an end jumps by a step: as the mean of several runs."""
    ends = [stats.bootstrap ((values,), np.mean, n_resamples=RESAMPLES, method="percentile", batch=1000,
                             random_state=seed).confidence_interval for seed in range (3)]
    return [float (np.mean ([e.low for e in ends])), float (np.mean ([e.high for e in ends]))]


def check_intervals (figure, groups, samples):
    for g, values in enough (samples).items ():
        ours = groups[g]["interval"]
        check (f"{figure} of {g}: the mean", abs (groups[g]["mean"] - values.mean ()) < 1e-12)
        if len (set (values)) == 1:
            theirs = stats.binomtest (int (values.sum ()), len (values)).proportion_ci (0.95, "exact")
            check (f"{figure} of {g}: the exact interval", np.allclose (ours, [theirs.low, theirs.high], atol=1e-9), ours)
        elif figure == "error":
            interval_is_near (ours, bootstrap (values), f"{figure} of {g}: the interval")
        else:
            theirs, step = bootstrap (values), 1 / len (values)
            check (f"{figure} of {g}: the interval, to a step", np.abs (np.subtract (ours, theirs)).max () <= step + 1e-9,
                   f"{ours} {theirs}")


def check_differences (figure, groups, samples):
    sign = 1 if FIGURES[figure] == "higher" else -1
    means = {g: v.mean () for g, v in enough (samples).items ()}
    best = max (means, key=lambda g: sign * means[g])
    check (f"{figure}: the best", groups[best]["verdict"] == "best", best)
    for g, values in enough (samples).items ():
        if g == best:
            continue
        check (f"{figure} of {g}: how far it is behind",
               abs (groups[g]["difference"] - sign * (means[best] - means[g])) < 1e-12)
        found = stats.bootstrap ((samples[best], values), lambda a, b, axis: sign * (a.mean (axis) - b.mean (axis)),
                                 n_resamples=RESAMPLES, method="percentile", vectorized=True, batch=1000, random_state=1)
        ends = [found.confidence_interval.low, found.confidence_interval.high]
        interval_is_near (groups[g]["difference-interval"], ends, f"{figure} of {g}: the interval of that")


def permute (figure, samples):
    """p of the same test: all dealt anew, the best chosen anew, in errors of each pair, where it is not the best."""
    sign = 1 if FIGURES[figure] == "higher" else -1
    these = dict (sorted (enough (samples).items ()))
    pool, sizes = np.concatenate (list (these.values ())), [len (v) for v in these.values ()]
    cuts = np.cumsum (sizes)[:-1]

    def behind (values):
        parts = np.split (values, cuts)
        means = sign * np.array ([part.mean () for part in parts])
        squares = np.array ([part.var (ddof=1) / len (part) for part in parts])
        difference, error = means.max () - means, np.sqrt (squares + squares[means.argmax ()])
        far = np.where (difference < 1e-12, 0, difference / np.maximum (error, 1e-300))
        return far, np.arange (len (parts)) != means.argmax ()
    (observed, _), random = behind (pool), np.random.default_rng (9)
    drawn = [behind (random.permutation (pool)) for _ in range (PERMUTATIONS)]
    tested = sum (others for _, others in drawn)
    times = sum (others & (far >= observed * (1 - 1e-12)) for far, others in drawn)
    return {g: ((1 + t) / (1 + n), n) for g, t, n in zip (these, times, tested)}


def check_tests (figure, groups, samples):
    theirs = permute (figure, samples)
    for g, (p, n) in theirs.items ():
        if groups[g]["verdict"] == "best":
            check (f"{figure} of {g}: the best is not tested", "p" not in groups[g])
            continue
        # Two shares of those of 4999 draws in which it is not the best, to five deviations.
        near = 5 * np.sqrt (2 * max (p * (1 - p), 1 / n) / n)
        check (f"{figure} of {g}: p", abs (groups[g]["p"] - p) <= near, f"{groups[g]['p']:.4f} {p:.4f}")


def check_holm (figures):
    tested = [g for f in figures.values () for g in f["groups"].values () if "p" in g]
    order = sorted (tested, key=lambda g: g["p"])
    wanted = np.minimum (1, np.maximum.accumulate ([(len (order) - i) * g["p"] for i, g in enumerate (order)]))
    check ("p are adjusted as Holm has it", np.allclose ([g["p-adjusted"] for g in order], wanted, atol=1e-12))
    check ("worse are those of an adjusted p below 0.05",
           all ((g["verdict"] == "worse") == (g["p-adjusted"] < 0.05) for g in order))


def check_errors (folder):
    """Means and errors alone: Student's t distribution."""
    path = folder / "compared.json"
    classes = {"a": (0.9, 0.01), "b": (0.88, 0.01), "c": (0.7, 0.02)}
    of = {c: {"samples": 100, "precision": m, "precision-standard-error": e} for c, (m, e) in classes.items ()}
    path.write_text (json.dumps ({"samples": 300, "precision": 0.8, "halves": 11, "classes": {"of": of}}, indent=2))
    groups = json.loads (run (path, "--json", f"--resamples={RESAMPLES}").stdout)["bias"]["figures"]["precision"]["groups"]
    for c, (mean, error) in classes.items ():
        theirs = stats.t.interval (0.95, 10, mean, error)
        interval_is_near (groups[c]["interval"], theirs, f"precision of {c}: the interval by its error")
    check ("precision: c is worse, and of b that cannot be told",
           [groups[c]["verdict"] for c in "abc"] == ["best", "not told apart", "worse"], groups["b"]["p"])


def main ():
    with tempfile.TemporaryDirectory () as name:
        folder = pathlib.Path (name)
        samples, path = make_samples (), folder / "lines.jsonl"
        write_lines (path, samples)
        arguments = [path, "--by=group", "--lower=error", f"--resamples={RESAMPLES}"]
        text = run (*arguments, "--json").stdout
        check ("the same again is the same", text == run (*arguments, "--json").stdout)
        figures = json.loads (text)["bias"]["figures"]
        check ("all figures", sorted (figures) == sorted (FIGURES), list (figures))
        for figure, found in figures.items ():
            groups = found["groups"]
            few = groups["few"]
            check (f"{figure}: nothing is said of few", few["verdict"] == "too few samples" and
                   not {"interval", "difference", "p"} & set (few) and "few" in found["verdict"])
            check_intervals (figure, groups, samples[figure])
            check_differences (figure, groups, samples[figure])
            check_tests (figure, groups, samples[figure])
        check_holm (figures)
        check ("the south is served worse", figures["accuracy"]["groups"]["south"]["verdict"] == "worse")
        check_errors (folder)
        refused = run (path, "--by=group", "--least=1000")
        check ("too few samples are not judged", "nothing can be said" in refused.stdout)
    print (f"1..{tests}")
    sys.exit (failures > 0)


main ()
