# SPDX-License-Identifier: LGPL-2.1-or-later
"""The nets that inference.py measures: what generators are made of today, in the sizes that a CPU
is asked for. Weights are random, of a fixed seed."""
import math

import torch
import torch.nn.functional as F
from torch import nn


def mlp():
    layers, sizes = [], [100, 256, 512, 1024]
    for a, b in zip(sizes, sizes[1:]):
        layers += [nn.Linear(a, b), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(1024, 784), nn.Tanh())


def dcgan64():
    layers, widths = [nn.ConvTranspose2d(100, 512, 4, 1, 0, bias=False)], [512, 256, 128, 64]
    for a, b in zip(widths, widths[1:]):
        layers += [nn.BatchNorm2d(a), nn.ReLU(), nn.ConvTranspose2d(a, b, 4, 2, 1, bias=False)]
    return nn.Sequential(*layers, nn.BatchNorm2d(64), nn.ReLU(),
                         nn.ConvTranspose2d(64, 3, 4, 2, 1, bias=False), nn.Tanh())


class SuperResolver(nn.Module):
    """After SRVGG: convolutions at the small size, one shuffle, and the picture itself added."""

    def __init__(self, width=64, depth=16, scale=4):
        super().__init__()
        layers = [nn.Conv2d(3, width, 3, 1, 1), nn.PReLU(width)]
        for _ in range(depth):
            layers += [nn.Conv2d(width, width, 3, 1, 1), nn.PReLU(width)]
        layers += [nn.Conv2d(width, 3 * scale * scale, 3, 1, 1), nn.PixelShuffle(scale)]
        self.body, self.scale = nn.Sequential(*layers), scale

    def forward(self, x):
        return self.body(x) + F.interpolate(x, scale_factor=float(self.scale), mode="nearest")


class UNet(nn.Module):
    """pix2pix' generator at 256 pixels."""

    def __init__(self, width=64):
        super().__init__()
        widths = [width, 2 * width, 4 * width] + [8 * width] * 5
        self.down = nn.ModuleList()
        self.up = nn.ModuleList()
        before = 3
        for i, w in enumerate(widths):
            norm = [nn.BatchNorm2d(w)] if 0 < i < 7 else []
            self.down.append(nn.Sequential(*([nn.LeakyReLU(0.2)] if i > 0 else []),
                                           nn.Conv2d(before, w, 4, 2, 1, bias=not norm), *norm))
            before = w
        for i in range(7, 0, -1):
            before = widths[i] if i == 7 else 2 * widths[i]
            self.up.append(nn.Sequential(
                nn.ReLU(), nn.ConvTranspose2d(before, widths[i - 1], 4, 2, 1, bias=False),
                nn.BatchNorm2d(widths[i - 1])))
        self.last = nn.Sequential(nn.ReLU(), nn.ConvTranspose2d(2 * width, 3, 4, 2, 1), nn.Tanh())

    def forward(self, x):
        kept = []
        for layer in self.down:
            x = layer(x)
            kept.append(x)
        for layer, skip in zip(self.up, kept[-2::-1]):
            x = torch.cat([layer(x), skip], 1)
        return self.last(x)


class ModulatedConv(nn.Module):
    def __init__(self, inputs, outputs, kernel, latent, up=False, demodulate=True):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs, kernel, kernel))
        self.style = nn.Linear(latent, inputs)
        nn.init.ones_(self.style.bias)
        self.up, self.demodulate, self.scale = up, demodulate, 1 / math.sqrt(inputs * kernel ** 2)
        taps = torch.tensor([1.0, 3, 3, 1])
        self.register_buffer("blur", (taps[:, None] * taps / 16)[None, None].repeat(outputs, 1, 1, 1))

    def forward(self, x, latent):
        batch, inputs, height, width = map(int, x.shape)
        outputs, kernel = self.weight.shape[0], self.weight.shape[2]
        w = self.weight[None] * (self.scale * self.style(latent))[:, None, :, None, None]
        if self.demodulate:
            w = w * torch.rsqrt(w.square().sum([2, 3, 4], keepdim=True) + 1e-8)
        x = x.reshape(1, batch * inputs, height, width)
        if self.up:
            w = w.transpose(1, 2).reshape(batch * inputs, outputs, kernel, kernel)
            x = F.conv_transpose2d(x, w, stride=2, groups=batch)
            x = x.reshape(batch, outputs, 2 * height + 1, 2 * width + 1)
            return F.conv2d(F.pad(x, [1, 1, 1, 1]), self.blur, groups=outputs)
        w = w.reshape(batch * outputs, inputs, kernel, kernel)
        x = F.conv2d(x, w, padding=kernel // 2, groups=batch)
        return x.reshape(batch, outputs, height, width)


class Synthesis(nn.Module):
    """After StyleGAN2: modulated weights, noise, and pictures that are added up over the sizes."""

    def __init__(self, size=128, latent=512, base=8192):
        super().__init__()
        self.start = nn.Parameter(torch.randn(1, min(512, base // 4), 4, 4))
        self.convs, self.colours = nn.ModuleList(), nn.ModuleList()
        self.noise, self.biases = nn.ParameterList(), nn.ParameterList()
        at, before = 4, self.start.shape[1]
        while at <= size:
            width = min(512, base // at)
            for up in ([False] if at == 4 else [True, False]):
                self.convs.append(ModulatedConv(before, width, 3, latent, up))
                self.noise.append(torch.randn(1, 1, at, at) * 0.1)
                self.biases.append(torch.randn(1, width, 1, 1) * 0.1)
                before = width
            self.colours.append(ModulatedConv(width, 3, 1, latent, demodulate=False))
            at *= 2

    def forward(self, latent):
        x, picture, k = self.start.expand(int(latent.shape[0]), -1, -1, -1), None, 0
        for i, colour in enumerate(self.colours):
            for _ in range(1 if i == 0 else 2):
                x = self.convs[k](x, latent) + self.noise[k] + self.biases[k]
                x = F.leaky_relu(x, 0.2) * math.sqrt(2)
                k += 1
            made = colour(x, latent)
            if picture is not None:
                made = made + F.interpolate(picture, scale_factor=2.0, mode="bilinear")
            picture = made
        return picture


class ResidualUnit(nn.Module):
    def __init__(self, channels, kernel, dilations=(1, 3, 5)):
        super().__init__()
        self.first = nn.ModuleList(nn.Conv1d(channels, channels, kernel, 1, d * (kernel - 1) // 2, d)
                                   for d in dilations)
        self.second = nn.ModuleList(nn.Conv1d(channels, channels, kernel, 1, (kernel - 1) // 2)
                                    for _ in dilations)

    def forward(self, x):
        for a, b in zip(self.first, self.second):
            x = x + b(F.leaky_relu(a(F.leaky_relu(x, 0.1)), 0.1))
        return x


class Vocoder(nn.Module):
    """After HiFi-GAN, its second version: 80 mel bands to sound."""

    def __init__(self, width=128):
        super().__init__()
        self.before, self.ups, self.units = nn.Conv1d(80, width, 7, 1, 3), nn.ModuleList(), nn.ModuleList()
        for rate, kernel in ((8, 16), (8, 16), (2, 4), (2, 4)):
            self.ups.append(nn.ConvTranspose1d(width, width // 2, kernel, rate, (kernel - rate) // 2))
            width //= 2
            self.units.append(nn.ModuleList(ResidualUnit(width, k) for k in (3, 7, 11)))
        self.after = nn.Conv1d(width, 1, 7, 1, 3)

    def forward(self, x):
        x = self.before(x)
        for up, units in zip(self.ups, self.units):
            x = up(F.leaky_relu(x, 0.1))
            x = (units[0](x) + units[1](x) + units[2](x)) / 3
        return torch.tanh(self.after(F.leaky_relu(x)))


class WaveGAN(nn.Module):
    def __init__(self, width=64):
        super().__init__()
        self.dense, layers = nn.Linear(100, 256 * width), []
        widths = [16 * width, 8 * width, 4 * width, 2 * width, width]
        for a, b in zip(widths, widths[1:]):
            layers += [nn.ConvTranspose1d(a, b, 25, 4, 11, output_padding=1), nn.ReLU()]
        self.body = nn.Sequential(*layers, nn.ConvTranspose1d(width, 1, 25, 4, 11, output_padding=1),
                                  nn.Tanh())

    def forward(self, x):
        return self.body(F.relu(self.dense(x).reshape(x.shape[0], -1, 16)))


class Attention(nn.Module):
    def __init__(self, width, heads, context=None):
        super().__init__()
        self.heads = heads
        self.q = nn.Linear(width, width)
        self.k = nn.Linear(context or width, width)
        self.v = nn.Linear(context or width, width)
        self.out = nn.Linear(width, width)

    def forward(self, x, context=None):
        context = x if context is None else context
        q, k, v = (f(t).reshape(t.shape[0], t.shape[1], self.heads, -1).transpose(1, 2)
                   for f, t in ((self.q, x), (self.k, context), (self.v, context)))
        x = F.scaled_dot_product_attention(q, k, v).transpose(1, 2)
        return self.out(x.reshape(x.shape[0], x.shape[1], -1))


class TransformerLayer(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.norm1, self.attention = nn.LayerNorm(width), Attention(width, heads)
        self.norm2 = nn.LayerNorm(width)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        return x + self.mlp(self.norm2(x))


def transformer():
    return nn.Sequential(*(TransformerLayer(384, 6) for _ in range(6)), nn.LayerNorm(384))


class DiffusionBlock(nn.Module):
    """A residual block and a transformer block of Stable Diffusion's U-Net, at 32x32."""

    def __init__(self, width=320, heads=8, context=768, time=1280):
        super().__init__()
        self.norm1, self.conv1 = nn.GroupNorm(32, width), nn.Conv2d(width, width, 3, 1, 1)
        self.time = nn.Linear(time, width)
        self.norm2, self.conv2 = nn.GroupNorm(32, width), nn.Conv2d(width, width, 3, 1, 1)
        self.norm3, self.into = nn.GroupNorm(32, width), nn.Conv2d(width, width, 1)
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(3))
        self.own, self.cross = Attention(width, heads), Attention(width, heads, context)
        self.gate, self.mlp = nn.Linear(width, 8 * width), nn.Linear(4 * width, width)
        self.out = nn.Conv2d(width, width, 1)

    def forward(self, x, time, context):
        h = self.conv1(F.silu(self.norm1(x))) + self.time(F.silu(time))[:, :, None, None]
        x = x + self.conv2(F.silu(self.norm2(h)))
        batch, width, rows, columns = map(int, x.shape)
        t = self.into(self.norm3(x)).permute(0, 2, 3, 1).reshape(batch, rows * columns, width)
        t = t + self.own(self.norms[0](t))
        t = t + self.cross(self.norms[1](t), context)
        a, b = self.gate(self.norms[2](t)).chunk(2, 2)
        t = t + self.mlp(a * F.gelu(b))
        t = t.reshape(batch, rows, columns, width).permute(0, 3, 1, 2)
        return x + self.out(t)


# name: what makes it, and the shapes of its inputs
NETS = {
    "mlp": (mlp, [(1, 100)]),
    "mlp-16": (mlp, [(16, 100)]),
    "dcgan64": (dcgan64, [(1, 100, 1, 1)]),
    "dcgan64-16": (dcgan64, [(16, 100, 1, 1)]),
    "srvgg": (SuperResolver, [(1, 3, 128, 128)]),
    "pix2pix": (UNet, [(1, 3, 256, 256)]),
    "stylegan2": (Synthesis, [(1, 512)]),
    "vocoder": (Vocoder, [(1, 80, 32)]),
    "wavegan": (WaveGAN, [(1, 100)]),
    "transformer": (transformer, [(1, 256, 384)]),
    "diffusion": (DiffusionBlock, [(1, 320, 32, 32), (1, 1280), (1, 77, 768)]),
}


# For GPUs: what they are for.
LARGE = {
    "dcgan64-256": (dcgan64, [(256, 100, 1, 1)]),
    "stylegan2-256": (lambda: Synthesis(256, base=32768), [(1, 512)]),
    "stylegan2-1024": (lambda: Synthesis(1024, base=32768), [(1, 512)]),
    "srvgg-540p": (SuperResolver, [(1, 3, 540, 960)]),
    "hifigan": (lambda: Vocoder(512), [(1, 80, 256)]),
}
ON_DEVICE = ["mlp", "dcgan64", "pix2pix", *LARGE]


def make(name):
    """The net with its weights, and its inputs."""
    build, shapes = NETS[name] if name in NETS else LARGE[name]
    torch.manual_seed(1)
    net = build().eval()
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 1.5)
        if isinstance(module, nn.PReLU):
            nn.init.uniform_(module.weight, 0, 0.5)
    return net, tuple(torch.randn(shape) for shape in shapes)
