#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Calibration of scores against scikit-learn on the same scores.

usage: calibration.py GENERATIVE_MODEL

What is fitted, what it makes of scores, and how good that is on the folds that are held out. Prints
TAP, a line for each figure.
"""
import json
import pathlib
import subprocess
import sys
import tempfile
import warnings

import numpy as np
import onnx
from onnx import TensorProto, helper
from sklearn.calibration import CalibratedClassifierCV
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.frozen import FrozenEstimator
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

FOLDS = 5
TOLERANCE = 1e-6
tests = failures = 0


def check(name, ours, theirs, tolerance=TOLERANCE):
    global tests, failures
    ours, theirs = np.asarray(ours, float), np.asarray(theirs, float)
    good = ours.shape == theirs.shape and np.all(
        np.abs(ours - theirs) <= tolerance * np.maximum(1, np.abs(theirs)))
    tests += 1
    failures += not good
    apart = np.abs(ours - theirs).max() if ours.shape == theirs.shape else (ours.shape, theirs.shape)
    print(f"{'ok' if good else 'not ok'} {tests} - {name} # {apart}")


def save_judge(path, probabilities):
    """A model whose scores are, or are not, between 0 and 1; it is never run here."""
    nodes = [helper.make_node("Flatten", ["x"], ["flat"]),
             helper.make_node("ReduceMean", ["flat"], ["mean"], axes=[1], keepdims=1)]
    nodes.append(helper.make_node("Sigmoid" if probabilities else "Identity", ["mean"], ["y"]))
    graph = helper.make_graph(nodes, "judge",
                              [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 1, 8, 8])],
                              [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", 1])])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 8
    helper.set_model_props(model, {"generative.input-range": "0,1", "author": "someone"})
    onnx.save(model, path)


def read(model):
    return {p.key: p.value for p in onnx.load(model).metadata_props}


def parse(text):
    way, *rest = text.split(",")
    return way, {k: [float(n) for n in v.split(":")] for k, v in (r.split("=") for r in rest)}


class Scores(ClassifierMixin, BaseEstimator):
    """Its one feature is its decision."""

    def fit(self, x, y):
        self.classes_ = np.array([0, 1])
        return self

    def decision_function(self, x):
        return x[:, 0]

    def predict(self, x):
        return (x[:, 0] > 0).astype(int)


def platt(x, y, w):
    """The optimum of what Platt asks for: each item counts for both classes, by his targets."""
    real, made = w[y == 1].sum(), w[y == 0].sum()
    target = np.where(y == 1, (real + 1) / (real + 2), 1 / (made + 2))
    return np.r_[x, x], np.r_[np.ones_like(y), np.zeros_like(y)], np.r_[w * target, w * (1 - target)]


def logistic(x, y, w, intercept):
    scale = x.std()
    x, y, w = platt(x / scale, y, w)
    fitted = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-14, max_iter=1000,
                                fit_intercept=intercept)
    fitted.fit(x[:, None], y, sample_weight=w)
    return fitted.coef_[0, 0] / scale, fitted.intercept_[0] if intercept else 0.0


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def fit(way, x, y, w):
    if way == "isotonic":
        fitted = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip").fit(x, y, sample_weight=w)
        return fitted.predict, (fitted.X_thresholds_, fitted.y_thresholds_)
    slope, intercept = logistic(x, y, w, way == "platt")
    return lambda s: sigmoid(slope * s + intercept), (slope, intercept)


def calibration_error(p, y, w):
    bins = np.clip((p * 15).astype(int), 0, 14)
    return sum(abs((w * (p - y))[bins == b].sum()) for b in range(15)) / w.sum()


def compare_figures(name, ours, p, y, w, order=None, tolerance=TOLERANCE):
    check(f"{name}: expected calibration error", ours["calibration-error"], calibration_error(p, y, w))
    check(f"{name}: Brier score", ours["brier"], brier_score_loss(y, p, sample_weight=w))
    check(f"{name}: log loss", ours["log-loss"], log_loss(y, p, sample_weight=w))
    check(f"{name}: AUC", ours["auc"], roc_auc_score(y, p if order is None else order, sample_weight=w),
          tolerance)


def run(program, folder, name, real, made, probabilities, share):
    model = pathlib.Path(folder, "judge.onnx")
    np.save(pathlib.Path(folder, "real.npy"), real[:, None])
    np.save(pathlib.Path(folder, "made.npy"), made[:, None])
    scores = np.r_[real, made].astype(float)
    odds = np.log(scores / (1 - scores)) if probabilities else scores
    y = np.r_[np.ones(len(real)), np.zeros(len(made))].astype(int)
    w = np.where(y == 1, share / len(real), (1 - share) / len(made)) * len(y)
    folds = np.r_[np.arange(len(real)), np.arange(len(made))] % FOLDS
    for way in "platt", "temperature", "isotonic":
        save_judge(model, probabilities)
        out = subprocess.run(
            [program, "calibrate", model, f"{folder}/real.npy", f"{folder}/made.npy", "--json",
             "--method", way, "--real-share", str(share)], check=True, capture_output=True, text=True)
        told = json.loads(out.stdout)
        said = read(model)
        assert said["author"] == "someone", said
        named, numbers = parse(said["generative.calibration"])
        assert named == way and numbers["log-odds"] == [float(probabilities)], said
        _, theirs = fit(way, odds, y, w)
        if way == "platt":
            check(f"{name}: platt", numbers["slope"] + numbers["intercept"], theirs)
            # The same of its own calibration, whose optimiser stops sooner.
            cv = CalibratedClassifierCV(FrozenEstimator(Scores().fit(None, None)), method="sigmoid")
            cv.fit(odds[:, None], y, sample_weight=w)
            a, b = numbers["slope"][0], numbers["intercept"][0]
            check(f"{name}: platt as CalibratedClassifierCV has it", sigmoid(a * odds + b),
                  cv.calibrated_classifiers_[0].calibrators[0].predict(odds), 1e-4)
        elif way == "temperature":
            check(f"{name}: temperature", numbers["temperature"], [1 / theirs[0]])
        else:
            check(f"{name}: isotonic scores", numbers["scores"], theirs[0])
            check(f"{name}: isotonic probabilities", numbers["probabilities"], theirs[1])
        p = np.empty_like(odds)
        for k in range(FOLDS):
            others = folds != k
            p[~others] = fit(way, odds[others], y[others], w[others])[0](odds[~others])
        # Of an isotonic line's level parts some are level but for the last bit.
        compare_figures(f"{name}: {way} on what was held out", told[way], p, y, w,
                        tolerance=1e-3 if way == "isotonic" else TOLERANCE)
    compare_figures(f"{name}: before", told["before"], sigmoid(odds), y, w, odds)


def main():
    program = sys.argv[1]
    warnings.simplefilter("ignore")  # of weights that a frozen estimator has no use for
    random = np.random.default_rng(3)
    normal = lambda n, mean, spread: random.normal(mean, spread, n).astype(np.float32)
    with tempfile.TemporaryDirectory() as folder:
        run(program, folder, "log odds", normal(400, 1.5, 2), normal(700, -0.5, 3), False, 0.5)
        run(program, folder, "probabilities", sigmoid(normal(300, 2, 1.5)).astype(np.float32),
            sigmoid(normal(300, 0, 1)).astype(np.float32), True, 0.5)
        run(program, folder, "a tenth is real", normal(500, 1, 1), normal(250, 0, 1), False, 0.1)
        run(program, folder, "scores that are ties", np.round(normal(200, 2, 2)),
            np.round(normal(200, 0, 2)), False, 0.5)
        run(program, folder, "scores in thousands", 1000 * normal(200, 1, 1), 1000 * normal(200, 0, 1),
            False, 0.5)
    print(f"1..{tests}")
    return failures > 0


sys.exit(main())
