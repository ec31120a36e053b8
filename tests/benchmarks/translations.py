# SPDX-License-Identifier: LGPL-2.1-or-later
"""The nets of pix2pix and cyclegan for colour pictures of 64x64 pixels, and a step of each."""
import itertools

import torch
from torch import nn

EXTENT = 64


class UNet(nn.Module):
    def __init__(self, width=32, levels=4, most=8):
        super().__init__()
        at = [width * min(1 << i, most) for i in range(levels)]
        self.down, self.up, inputs = nn.ModuleList(), nn.ModuleList(), 3
        for i, a in enumerate(at):
            norm = [nn.InstanceNorm2d(a, affine=True)] if i > 0 else []
            self.down.append(nn.Sequential(nn.Conv2d(inputs, a, 4, 2, 1, bias=False), *norm,
                                           nn.LeakyReLU(0.2)))
            inputs = a
        for a in at[-2::-1]:
            self.up.append(nn.Sequential(nn.ConvTranspose2d(inputs, a, 4, 2, 1, bias=False),
                                         nn.InstanceNorm2d(a, affine=True), nn.ReLU()))
            inputs = 2 * a
        self.last = nn.ConvTranspose2d(inputs, 3, 4, 2, 1, bias=False)

    def forward(self, x):
        beside = []
        for down in self.down:
            x = down(x)
            beside.append(x)
        for up, other in zip(self.up, beside[-2::-1]):
            x = torch.cat([up(x), other], 1)
        return torch.tanh(self.last(x))


class Block(nn.Module):
    def __init__(self, a):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(a, a, 3, 1, 1), nn.InstanceNorm2d(a, affine=True), nn.ReLU(),
            nn.Conv2d(a, a, 3, 1, 1), nn.InstanceNorm2d(a, affine=True))

    def forward(self, x):
        return x + self.layers(x)


def residual(width=32, blocks=3):
    def settle(a):
        return [nn.InstanceNorm2d(a, affine=True), nn.ReLU()]

    w = width
    return nn.Sequential(
        nn.Conv2d(3, w, 7, 1, 3), *settle(w),
        nn.Conv2d(w, 2 * w, 4, 2, 1, bias=False), *settle(2 * w),
        nn.Conv2d(2 * w, 4 * w, 4, 2, 1, bias=False), *settle(4 * w),
        *[Block(4 * w) for _ in range(blocks)],
        nn.ConvTranspose2d(4 * w, 2 * w, 4, 2, 1, bias=False), *settle(2 * w),
        nn.ConvTranspose2d(2 * w, w, 4, 2, 1, bias=False), *settle(w),
        nn.Conv2d(w, 3, 7, 1, 3), nn.Tanh())


def patches(channels, width=32):
    return nn.Sequential(
        nn.Conv2d(channels, width, 4, 2, 1, bias=False), nn.LeakyReLU(0.2),
        nn.Conv2d(width, 2 * width, 4, 2, 1, bias=False),
        nn.InstanceNorm2d(2 * width, affine=True), nn.LeakyReLU(0.2),
        nn.Conv2d(2 * width, 4 * width, 3, 1, 1),
        nn.InstanceNorm2d(4 * width, affine=True), nn.LeakyReLU(0.2),
        nn.Conv2d(4 * width, 1, 3, 1, 1))


class Translation:
    """One update of all discriminators, and one of all generators."""

    def __init__(self, batch):
        self.batch = batch
        self.a, self.b = torch.zeros(batch, 3, EXTENT, EXTENT), torch.zeros(batch, 3, EXTENT, EXTENT)

    def optimize(self, generators, discriminators):
        self.judges = list(itertools.chain(*(net.parameters() for net in discriminators)))
        makers = list(itertools.chain(*(net.parameters() for net in generators)))
        self.optimizers = [torch.optim.Adam(weights, 2e-4, (0.5, 0.999), fused=True)
                           for weights in (makers, self.judges)]

        self.nets = (*generators, *discriminators)

    def compile(self):
        for name in ("make", "d_loss", "g_loss"):
            setattr(self, name, torch.compile(getattr(self, name)))

    def arrange(self, form):
        for net in self.nets:
            net.to(memory_format=form)
        self.a, self.b = (x.contiguous(memory_format=form) for x in (self.a, self.b))

    def step(self, samples=None, labels=None):
        makers, judges = self.optimizers
        made = self.make()
        judges.zero_grad(set_to_none=True)
        self.d_loss(*(x.detach() for x in made)).backward()
        judges.step()
        makers.zero_grad(set_to_none=True)
        for p in self.judges:
            p.requires_grad_(False)
        self.g_loss(*made).backward()
        for p in self.judges:
            p.requires_grad_(True)
        makers.step()

    def scores(self, net, real, made):
        return net(torch.cat([real, made])).split(self.batch)


class Paired(Translation):
    def __init__(self, batch):
        super().__init__(batch)
        self.g, self.d = UNet(), patches(6)
        self.optimize([self.g], [self.d])

    def make(self):
        return (self.g(self.a),)

    def d_loss(self, made):
        real, fake = self.scores(self.d, torch.cat([self.a, self.b], 1), torch.cat([self.a, made], 1))
        return nn.functional.softplus(-real).mean() + nn.functional.softplus(fake).mean()

    def g_loss(self, made):
        score = self.d(torch.cat([self.a, made], 1))
        return nn.functional.softplus(-score).mean() + 100 * (made - self.b).abs().mean()


class Unpaired(Translation):
    def __init__(self, batch):
        super().__init__(batch)
        self.g, self.back = residual(), residual()
        self.d, self.back_d = patches(3), patches(3)
        self.optimize([self.g, self.back], [self.d, self.back_d])

    def make(self):
        return self.g(self.a), self.back(self.b)

    def d_loss(self, b, a):
        loss = 0
        for net, real, made in ((self.d, self.b, b), (self.back_d, self.a, a)):
            real, made = self.scores(net, real, made)
            loss = loss + (real - 1).square().mean() / 2 + made.square().mean() / 2
        return loss

    def g_loss(self, b, a):
        judged = (self.d(b) - 1).square().mean() / 2 + (self.back_d(a) - 1).square().mean() / 2
        cycle = (self.back(b) - self.a).abs().mean() + (self.g(a) - self.b).abs().mean()
        same = (self.g(self.b) - self.b).abs().mean() + (self.back(self.a) - self.a).abs().mean()
        return judged + 10 * cycle + 5 * same
