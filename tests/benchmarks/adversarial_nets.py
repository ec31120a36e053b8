# SPDX-License-Identifier: LGPL-2.1-or-later
"""Generators and discriminators as the presets have them, for 28x28 grey pixels, 32x32 in colour, or
sounds of 8,192 frames."""
import torch
from torch import nn


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
    return g, d


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


def leaky(x):
    return nn.functional.leaky_relu(x, 0.2)


class Equal(nn.Module):
    """A dense layer or a convolution whose weights are of deviation 1, and scaled as they are read."""

    def __init__(self, shape, gain=1., rate=1., bias=True, stride=1):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(shape) / rate)
        self.bias = nn.Parameter(torch.zeros(shape[0])) if bias else None
        self.scale, self.stride = rate * gain / self.weight[0].numel() ** 0.5, stride

    def forward(self, x):
        weight = self.weight * self.scale
        if weight.dim() == 2:
            return nn.functional.linear(x, weight, self.bias)
        return nn.functional.conv2d(x, weight, self.bias, self.stride, (weight.shape[2] - 1) // 2)


class Styled(nn.Module):
    """A modulated convolution, by channels, with noise."""

    def __init__(self, inputs, outputs, latent, kernel=3, plain=False, up=False):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs, kernel, kernel))
        self.plain, self.up = plain, up
        self.style = Equal((inputs, latent))
        nn.init.ones_(self.style.bias)
        self.bias = nn.Parameter(torch.zeros(1, outputs, 1, 1))
        self.strength = nn.Parameter(torch.zeros(1, outputs, 1, 1))
        self.scale = 1 / (inputs * kernel * kernel) ** 0.5

    def forward(self, x, w):
        scales, weight = self.style(w), self.weight * self.scale
        x = x * scales[:, :, None, None]
        if self.plain:
            return nn.functional.conv2d(x, weight, self.bias.flatten())
        y = nn.functional.conv2d(x, weight, None, 1, 1)
        sizes = scales.square() @ (weight.square().sum([2, 3]).t() * 0.5) + 1e-8
        y = y * sizes.rsqrt()[:, :, None, None]
        if self.up:
            y = nn.functional.interpolate(y, scale_factor=2., mode="bilinear")
        noise = torch.randn(len(w), 1, *y.shape[2:])
        return leaky(y + noise * (0.001 * self.strength) + self.bias)


class StyleGenerator(nn.Module):
    def __init__(self, width, doublings, latent=100):
        super().__init__()
        at = [width * min(1 << i, 8) for i in range(doublings, -1, -1)]
        self.mapping = nn.ModuleList(Equal((latent, latent), 2 ** 0.5, 0.01) for _ in range(2))
        self.start = nn.Parameter(torch.randn(1, at[0], 4, 4))
        self.ups = nn.ModuleList(Styled(a, b, latent, up=True) for a, b in zip(at, at[1:]))
        self.same = nn.ModuleList(Styled(a, a, latent) for a in at)
        self.colours = nn.ModuleList(Styled(a, 3, latent, 1, True) for a in at)

    def forward(self, z):
        w = z * (z.square().mean(1, keepdim=True) + 1e-8).rsqrt()
        for layer in self.mapping:
            w = leaky(layer(w))
        x = self.same[0](self.start, w)
        picture = self.colours[0](x, w)
        for up, same, colours in zip(self.ups, self.same[1:], self.colours[1:]):
            x = same(up(x, w), w)
            picture = colours(x, w) + nn.functional.interpolate(picture, scale_factor=2., mode="bilinear")
        return picture


class StyleDiscriminator(nn.Module):
    def __init__(self, width, halvings):
        super().__init__()
        at, gain = [width * min(1 << i, 8) for i in range(halvings + 1)], 2 ** 0.5
        pairs = list(zip(at, at[1:]))
        self.colours = Equal((width, 3, 1, 1))
        self.same = nn.ModuleList(Equal((a, a, 3, 3), gain) for a, _ in pairs)
        self.down = nn.ModuleList(Equal((b, a, 4, 4), gain, stride=2) for a, b in pairs)
        self.shortcuts = nn.ModuleList(Equal((b, a, 1, 1)) for a, b in pairs)
        self.last = nn.ModuleList([Equal((at[-1], at[-1], 3, 3), gain),
                                   Equal((at[-1], at[-1] * 16), gain), Equal((1, at[-1]))])
        self.variety = nn.Parameter(torch.randn(1, at[-1], 1, 1))

    def forward(self, x):
        x = leaky(self.colours(x))
        for same, down, shortcut in zip(self.same, self.down, self.shortcuts):
            y = leaky(down(leaky(same(x))))
            x = (y + shortcut(nn.functional.avg_pool2d(x, 2))) * 0.5 ** 0.5
        apart = (x.var(0, unbiased=False) + 1e-8).sqrt().mean()
        y = leaky(self.last[0](x) + apart * self.variety).flatten(1)
        return self.last[2](leaky(self.last[1](y)))


class ResidualBlock(nn.Module):
    def __init__(self, channels):
        super().__init__()
        many = 2 * channels
        self.layers = nn.Sequential(
            nn.Conv2d(channels, many, 1), nn.LeakyReLU(0.2),
            nn.Conv2d(many, many, 3, 1, 1, groups=max(many // 16, 1)), nn.LeakyReLU(0.2),
            nn.Conv2d(many, channels, 1, bias=False))

    def forward(self, x):
        return x + self.layers(x)


class Started(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.basis = nn.Parameter(torch.randn(1, channels, 4, 4))
        self.dense = nn.Linear(100, channels, bias=False)

    def forward(self, z):
        return self.basis * self.dense(z)[:, :, None, None]


def r3gan(width=16, steps=3):
    at = [width * min(1 << i, 8) for i in range(steps + 1)]
    g, d = [Started(at[-1]), ResidualBlock(at[-1])], [nn.Conv2d(3, width, 1)]
    for a, b in zip(at, at[1:]):
        d += [ResidualBlock(a), nn.AvgPool2d(2), nn.Conv2d(a, b, 1, bias=False)]
    for a, b in zip(at[::-1], at[-2::-1]):
        g += [nn.Conv2d(a, b, 1, bias=False), nn.Upsample(scale_factor=2., mode="bilinear"), ResidualBlock(b)]
    d += [ResidualBlock(at[-1]), nn.Conv2d(at[-1], at[-1], 4, groups=at[-1], bias=False)]
    return (nn.Sequential(*g, nn.Conv2d(width, 3, 1)),
            nn.Sequential(*d, nn.Flatten(), nn.Linear(at[-1], 1, bias=False)))


def stylegan():
    return StyleGenerator(16, 3), StyleDiscriminator(16, 3)
