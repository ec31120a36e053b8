#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A training step of ours against PyTorch's, in turns.

usage: training_step.py [--device cuda] PROGRAM [PRESET [BATCH [THREADS [fp32]]]]

PROGRAM is the built tests/benchmarks/training-step. PyTorch does what it does best: the same nets,
one forward of the generator a step, Adam fused where it can be, and once more with torch.compile
where a compiler is found; the faster of the two counts. On a GPU (training_cuda.py) each has its
precisions, and THREADS and fp32 mean nothing.
"""
import statistics
import subprocess
import sys
import time

import torch
from torch import nn

ROUNDS, STEPS = 6, 10


def mlp():
    g, d, sizes = [], [], [100, 256, 512, 1024]
    for a, b in zip(sizes, sizes[1:]):
        g += [nn.Linear(a, b), nn.ReLU()]
    g += [nn.Linear(1024, 784), nn.Tanh(), nn.Unflatten(1, (1, 28, 28))]
    sizes = [784, 1024, 512, 256]
    for a, b in zip(sizes, sizes[1:]):
        d += [nn.Linear(a, b), nn.LeakyReLU(0.2)]
    return nn.Sequential(*g), nn.Sequential(nn.Flatten(), *d, nn.Linear(256, 1))


def dcgan():
    g = nn.Sequential(
        nn.Linear(100, 128 * 49, bias=False), nn.Unflatten(1, (128, 7, 7)),
        nn.BatchNorm2d(128), nn.ReLU(),
        nn.ConvTranspose2d(128, 64, 4, 2, 1, bias=False), nn.BatchNorm2d(64), nn.ReLU(),
        nn.ConvTranspose2d(64, 1, 4, 2, 1, bias=False), nn.Tanh())
    d = nn.Sequential(
        nn.Conv2d(1, 64, 4, 2, 1, bias=False), nn.LeakyReLU(0.2),
        nn.Conv2d(64, 128, 4, 2, 1, bias=False), nn.BatchNorm2d(128), nn.LeakyReLU(0.2),
        nn.Flatten(), nn.Linear(128 * 49, 1, bias=False))
    return g.to(memory_format=torch.channels_last), d.to(memory_format=torch.channels_last)


class Shuffle(nn.Module):
    """Of a whole batch alike, which is the least work."""

    def forward(self, x):
        shift = int(torch.randint(-2, 3, ()))
        if shift == 0:
            return x
        padded = nn.functional.pad(x, (2, 2), mode="reflect")
        return padded[..., 2 + shift:2 + shift + x.shape[-1]]


def wavegan(width=16, layers=5):
    channels = width << (layers - 1)
    g = [nn.Linear(100, channels * 8), nn.Unflatten(1, (channels, 8))]
    for i in range(layers):
        out = channels // 2 if i < layers - 1 else 1
        g += [nn.ReLU(), nn.ConvTranspose1d(channels, out, 25, 4, 11, 1)]
        channels = out
    d, channels = [], 1
    for i in range(layers):
        d += [nn.Conv1d(channels, width << i, 25, 4, 11), nn.LeakyReLU(0.2)]
        if i < layers - 1:
            d.append(Shuffle())
        channels = width << i
    return (nn.Sequential(*g, nn.Tanh()),
            nn.Sequential(*d, nn.Flatten(), nn.Linear(channels * 8, 1)))


class Peer:
    def __init__(self, preset, batch, compiled):
        self.g, self.d = {"mlp": mlp, "dcgan": dcgan, "wavegan": wavegan}[preset]()
        shape = (1, 8192) if preset == "wavegan" else (1, 28, 28)
        self.real, self.batch, self.joined = torch.zeros(batch, *shape), batch, preset != "dcgan"
        self.optimizers = [torch.optim.Adam(net.parameters(), 2e-4, (0.5, 0.999), fused=True)
                           for net in (self.g, self.d)]
        self.loss = nn.functional.softplus
        self.losses = (self.d_loss, self.g_loss)
        if compiled:
            self.losses = tuple(torch.compile(f) for f in self.losses)

    def d_loss(self, fake):
        if self.joined:
            real, made = self.d(torch.cat([self.real, fake])).split(self.batch)
        else:
            real, made = self.d(self.real), self.d(fake)
        return self.loss(-real).mean() + self.loss(made).mean()

    def g_loss(self, fake):
        return self.loss(-self.d(fake)).mean()

    def step(self):
        g, d = self.optimizers
        fake = self.g(torch.randn(self.batch, 100))
        d.zero_grad(set_to_none=True)
        self.losses[0](fake.detach()).backward()
        d.step()
        g.zero_grad(set_to_none=True)
        # Only the generator's gradients are wanted.
        for p in self.d.parameters():
            p.requires_grad_(False)
        loss = self.losses[1](fake)
        loss.backward()
        for p in self.d.parameters():
            p.requires_grad_(True)
        g.step()

    def times(self):
        result = []
        for _ in range(STEPS):
            start = time.perf_counter()
            self.step()
            result.append((time.perf_counter() - start) * 1e3)
        return result


def main():
    if sys.argv[1:2] == ["--device"]:
        import training_cuda
        training_cuda.main(sys.argv[2], *sys.argv[3:6])
        return
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    program = sys.argv[1]
    preset = sys.argv[2] if len(sys.argv) > 2 else "mlp"
    batch = int(sys.argv[3]) if len(sys.argv) > 3 else {"mlp": 128, "dcgan": 64, "wavegan": 16}[preset]
    threads = int(sys.argv[4]) if len(sys.argv) > 4 else 2
    torch.set_num_threads(threads)
    runs = {"torch eager": Peer(preset, batch, False)}
    try:
        compiled = Peer(preset, batch, True)
        compiled.step()
        runs["torch compiled"] = compiled
    except Exception as error:  # no compiler here
        print("torch.compile:", str(error).splitlines()[0])
    for peer in runs.values():
        peer.times()
    times = {name: [] for name in ["ours", *runs]}
    for _ in range(ROUNDS):
        lines = subprocess.run([program, preset, str(batch), str(threads), str(STEPS), *sys.argv[5:]],
                               check=True, capture_output=True, text=True).stdout.split()
        times["ours"] += [float(line) for line in lines]
        for name, peer in runs.items():
            times[name] += peer.times()
    for name, t in times.items():
        print(f"{name:15} best {min(t):7.2f} ms  median {statistics.median(t):7.2f} ms")
    best = min(statistics.median(times[name]) for name in runs)
    print(f"{preset}, batch {batch}, {threads} threads, torch {torch.__version__}: "
          f"{best / statistics.median(times['ours']):.2f} times torch's speed")


if __name__ == "__main__":
    main()
