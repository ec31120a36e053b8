# SPDX-License-Identifier: LGPL-2.1-or-later
"""Metrics of sets of features against others' programs, on the same features: processor seconds and
the most memory, each in a process of its own, one after the other in every round; the least counts.

    set_metrics.py GENERATIVE_MODEL [ROWS [LENGTH [ROUNDS [PEER...]]]]

Ours reads its features from files, which counts. Peers are kid and prc of torch-fidelity, and prdc
(which keeps three matrices of ROWS by ROWS doubles); all of them without names.
"""
import os
import subprocess
import sys
import tempfile
import time

import numpy as np

METRICS = {"kid": "kernel-distance", "prc": "precision", "prdc": "precision"}


def draw(seed, rows, length, shift):
    random = np.random.default_rng(seed)
    spread = np.linspace(0.2, 1, length, dtype=np.float32)
    return np.abs(random.standard_normal((rows, length), dtype=np.float32) * spread
                  + np.float32(shift))


def run_peer(peer, paths):
    """Prints the processor time of the arithmetic alone."""
    a, b = (np.load(path) for path in paths)
    began = time.process_time()
    if peer == "prdc":
        from prdc import compute_prdc
        began = time.process_time()
        compute_prdc(real_features=b, fake_features=a, nearest_k=5)
    else:
        import torch
        from torch_fidelity.metric_kid import kid_features_to_metric
        from torch_fidelity.metric_prc import prc_features_to_metric
        a, b = torch.from_numpy(a), torch.from_numpy(b)
        began = time.process_time()
        if peer == "kid":
            kid_features_to_metric(a, b, kid_subsets=100, kid_subset_size=1000, verbose=False,
                                   rng_seed=1)
        else:
            prc_features_to_metric(a, b, save_cpu_ram=True, verbose=False, prc_neighborhood=3,
                                   prc_batch_size=10000)
    print(time.process_time() - began)


def measure(words):
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    out = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"{' '.join(words)} failed")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, out


def main():
    if sys.argv[1] == "--peer":
        return run_peer(sys.argv[2], sys.argv[3:5])
    program = sys.argv[1]
    rows, length, rounds = (int(sys.argv[i]) if len(sys.argv) > i else value
                            for i, value in ((2, 10000), (3, 2048), (4, 1)))
    with tempfile.TemporaryDirectory() as folder:
        paths = [os.path.join(folder, name) for name in ("a.npy", "b.npy")]
        np.save(paths[0], draw(1, rows, length, 0.05))
        np.save(paths[1], draw(2, rows, length, 0))
        for peer in sys.argv[5:] or METRICS:
            ours, theirs = [], []
            for _ in range(rounds):
                seconds, memory, _ = measure([program, "compare", *paths, "--json",
                                              f"--metrics={METRICS[peer]}"])
                ours.append((seconds, memory))
                _, memory, out = measure([sys.executable, __file__, "--peer", peer, *paths])
                theirs.append((float(out.split()[-1]), memory))
            ours, theirs = min(ours), min(theirs)
            print(f"{METRICS[peer]} of {rows} x {length}: {ours[0]:.1f} s, {ours[1]:.0f} MB; "
                  f"{peer}: {theirs[0]:.1f} s, {theirs[1]:.0f} MB; "
                  f"{theirs[0] / ours[0]:.2f} times as fast", flush=True)
    return None


main()
