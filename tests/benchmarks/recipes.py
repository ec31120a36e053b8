# SPDX-License-Identifier: LGPL-2.1-or-later
"""Our recipes as PyTorch has them: what a step minimises, of nets by their roles (onnx_net.py)."""
import math

import torch
from torch import nn

F = nn.functional
TIMES = 1000


def adam(weights, rate=2e-4, beta1=0.5):
    return torch.optim.Adam(list(weights), rate, (beta1, 0.999), fused=True)


class Minimised:
    """One loss over the weights of all nets."""

    logits = ()  # roles of nets whose last Sigmoid or Softmax the loss does without

    def __init__(self, nets, rate=2e-4, beta1=0.5, **settings):
        self.nets, self.count = nets, 0
        self.optimizer = adam((w for net in nets.values() for w in net.parameters()), rate, beta1)
        vars(self).update(settings)
        self.prepare()
        self.losses = self.loss

    def prepare(self):
        pass

    def compile(self):
        self.losses = torch.compile(self.loss)

    def arrange(self, form):
        for net in self.nets.values():
            net.to(memory_format=form)

    def step(self, samples, labels=None):
        self.optimizer.zero_grad(set_to_none=True)
        self.losses(samples, labels).backward()
        self.optimizer.step()
        self.count += 1


class Variational(Minimised):
    logits, beta_warm_up = ("decoder",), 0

    def loss(self, samples, labels):
        mean, log_variance = self.nets["encoder"](samples)
        latents = mean + (log_variance / 2).exp() * torch.randn_like(mean)
        apart = self.apart(self.nets["decoder"](latents), samples)
        divergence = (mean.square() + log_variance.exp() - log_variance - 1).sum() / 2
        return (apart + self.weight() * divergence) / len(samples)

    def apart(self, made, samples):
        return F.binary_cross_entropy_with_logits(made, samples, reduction="sum")

    def weight(self):
        return min(self.count / self.beta_warm_up, 1) if self.beta_warm_up else 1


class SoundVariational(Variational):
    logits = ()

    def apart(self, made, samples):
        return F.mse_loss(made, samples, reduction="sum")


class Autoencoder(Minimised):
    logits = ("decoder",)

    def loss(self, samples, labels):
        made = self.nets["decoder"](self.nets["encoder"](samples))
        return F.binary_cross_entropy_with_logits(made, samples)


class VectorQuantized(Minimised):
    logits = ("decoder",)

    def loss(self, samples, labels):
        made = self.nets["encoder"](samples)
        near, codes = self.nets["quantizer"](made.detach())
        passed = made + (near - made).detach()
        apart = F.binary_cross_entropy_with_logits(self.nets["decoder"](passed), samples)
        return apart + F.mse_loss(near, made.detach()) + 0.25 * F.mse_loss(made, near.detach())


class Masked(Minimised):
    patch, ratio = 7, 0.6

    def loss(self, samples, labels):
        n, extents = len(samples), samples.shape[2:]
        grid = [-(-extent // self.patch) for extent in extents]
        draws = torch.rand(n, math.prod(grid))
        last = draws.kthvalue(round(self.ratio * math.prod(grid)), 1, keepdim=True).values
        mask = (draws <= last).float().view(n, 1, *grid)
        for axis, extent in enumerate(extents, 2):
            mask = mask.repeat_interleave(self.patch, axis).narrow(axis, 0, extent)
        filled = self.nets["decoder"](self.nets["encoder"](samples * (1 - mask)))
        return ((filled - samples).square() * mask).sum() / (mask.sum() * samples.shape[1])


class Classifier(Minimised):
    logits = ("classifier",)

    def loss(self, samples, labels):
        return F.cross_entropy(self.nets["classifier"](samples), labels)


class Diffusion(Minimised):
    """Of v, by a cosine schedule."""

    def prepare(self):
        def cosine(time):
            return math.cos((time / TIMES + 0.008) / 1.008 * math.pi / 2) ** 2

        left, squared = 1.0, []
        for time in range(TIMES):
            left *= 1 - min(1 - cosine(time + 1) / cosine(time), 0.999)
            squared.append(left)
        squared = torch.tensor(squared, dtype=torch.float64)
        self.signal, self.noise = squared.sqrt().float(), (1 - squared).sqrt().float()

    def loss(self, samples, labels):
        times = torch.randint(TIMES, (len(samples),))
        signal, noise = self.signal[times].view(-1, 1, 1, 1), self.noise[times].view(-1, 1, 1, 1)
        drawn = torch.randn_like(samples)
        made = self.nets["denoiser"](signal * samples + noise * drawn, times.float())
        return F.mse_loss(made, signal * drawn - noise * samples)


class Restoration(Minimised):
    """By the mean square; samples are from -1 to 1."""

    def loss(self, samples, labels):
        return F.mse_loss(self.nets["restorer"](self.degrade(samples)), samples)


class Cleaning(Restoration):
    def degrade(self, samples):
        return samples + 0.2 * torch.randn_like(samples)


class Enlarging(Restoration):
    """Downscaled by a cubic kernel, an axis at a time."""

    def prepare(self):
        def cubic(x):
            x = abs(x)
            return (1.5 * x - 2.5) * x * x + 1 if x < 1 else -0.5 * (((x - 5) * x + 8) * x - 4)

        taps = torch.tensor([cubic((i - 3.5) / 2) for i in range(8)])
        taps = (taps / taps.sum()).repeat(3, 1, 1, 1)
        self.rows, self.columns = taps.transpose(2, 3).contiguous(), taps

    def degrade(self, samples):
        x = F.conv2d(F.pad(samples, (0, 0, 3, 3), mode="replicate"), self.rows, None, (2, 1), groups=3)
        return F.conv2d(F.pad(x, (3, 3, 0, 0), mode="replicate"), self.columns, None, (1, 2), groups=3)


class Extending(Restoration):
    """Sounds without the upper half of their band, by a sinc under a Hann window."""

    def prepare(self):
        at = torch.arange(-32, 33)
        taps = torch.sinc(0.95 * at / 2) * (0.5 + 0.5 * torch.cos(math.pi * at / 33))
        self.taps = (taps / taps.sum())[None, None]

    def degrade(self, samples):
        return F.conv1d(F.pad(samples, (32, 32), mode="replicate"), self.taps)


class Inpainting(Restoration):
    """A box of a quarter of the picture is missing, which a fourth channel says."""

    def degrade(self, samples):
        n, _, height, width = samples.shape
        draw = torch.rand(n, 1)
        seen = torch.maximum(
            self.outside(n, height, 0.25 ** draw).view(n, 1, height, 1),
            self.outside(n, width, 0.25 ** (1 - draw)).view(n, 1, 1, width)) > 0
        return torch.cat([samples * seen, seen * 2. - 1], 1)

    def outside(self, n, extent, share):
        places = (torch.arange(extent) + 0.5) / extent
        center = share / 2 + (1 - share) * torch.rand(n, 1)
        return (places - center).abs() - share / 2


class Interpolation(Minimised):
    def loss(self, samples, labels):
        n = samples.shape[1] // 3
        seen = torch.cat([samples[:, :n], samples[:, 2 * n:]], 1)
        return F.mse_loss(self.nets["interpolator"](seen), samples[:, n:2 * n])


class Adversarial:
    """The non-saturating loss; one application of the generator a step."""

    logits = ("discriminator",)

    def __init__(self, nets, rate=2e-4, beta1=0.5, joined=True):
        self.nets, self.joined = nets, joined
        self.g, self.d = nets["generator"], nets["discriminator"]
        self.optimizers = [adam(net.parameters(), rate, beta1) for net in (self.g, self.d)]
        self.losses, self.make = (self.d_loss, self.g_loss), self.g

    def compile(self):
        self.losses = tuple(torch.compile(f) for f in (self.d_loss, self.g_loss))
        self.make = torch.compile(self.g)

    def arrange(self, form):
        for net in self.nets.values():
            net.to(memory_format=form)

    def d_loss(self, real, made):
        if self.joined:
            real, made = self.d(torch.cat([real, made])).split(len(real))
        else:
            real, made = self.d(real), self.d(made)
        return F.softplus(-real).mean() + F.softplus(made).mean()

    def g_loss(self, made):
        return F.softplus(-self.d(made)).mean()

    def step(self, samples, labels=None):
        g, d = self.optimizers
        made = self.make(torch.randn(len(samples), 100))
        d.zero_grad(set_to_none=True)
        self.losses[0](samples, made.detach()).backward()
        d.step()
        g.zero_grad(set_to_none=True)
        # Only the generator's gradients are wanted.
        for p in self.d.parameters():
            p.requires_grad_(False)
        self.losses[1](made).backward()
        for p in self.d.parameters():
            p.requires_grad_(True)
        g.step()
