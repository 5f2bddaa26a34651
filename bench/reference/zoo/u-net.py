"""Parity fixtures of the small U-Net: flow matching on images, once plain and once with FiLM, attention and classes."""
import math

import torch
from torch import nn
from torch.nn.functional import mse_loss, scaled_dot_product_attention, silu

from common import linear, plain, start, write_fixture


class ResidualBlock(nn.Module):
    def __init__(self, inputs, outputs, groups, embedding, film):
        super().__init__()
        self.norm1 = nn.GroupNorm(groups, inputs)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.embedding = nn.Linear(embedding, 2 * outputs if film else outputs)
        self.norm2 = nn.GroupNorm(groups, outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1)
        self.shortcut = nn.Conv2d(inputs, outputs, 1) if inputs != outputs else nn.Identity()
        self.film = film

    def forward(self, x, told):
        state = self.conv1(silu(self.norm1(x)))
        told = self.embedding(silu(told))[:, :, None, None]
        if self.film:
            scale, shift = told.chunk(2, dim=1)
            state = self.norm2(state) * (1 + scale) + shift
        else:
            state = self.norm2(state + told)
        return self.shortcut(x) + self.conv2(silu(state))

    def names(self, name):
        named = plain(f"{name}.norm1", self.norm1) | plain(f"{name}.conv1", self.conv1)
        named |= linear(f"{name}.embedding", self.embedding)
        named |= plain(f"{name}.norm2", self.norm2) | plain(f"{name}.conv2", self.conv2)
        return named | (plain(f"{name}.shortcut", self.shortcut) if isinstance(self.shortcut, nn.Conv2d) else {})


class Attention(nn.Module):
    def __init__(self, channels, groups):
        super().__init__()
        self.norm = nn.GroupNorm(groups, channels)
        self.query, self.key, self.value, self.output = (nn.Linear(channels, channels) for _ in range(4))

    def forward(self, x):
        sequence = self.norm(x).flatten(2).mT
        mixed = scaled_dot_product_attention(self.query(sequence), self.key(sequence), self.value(sequence))
        return x + self.output(mixed).mT.reshape(x.shape)

    def names(self, name):
        named = plain(f"{name}.norm", self.norm)
        for part in ("query", "key", "value", "output"):
            named |= linear(f"{name}.{part}", getattr(self, part))
        return named


class UNet(nn.Module):
    """Two levels with one block each on the way down and two on the way up."""

    def __init__(self, channels, widths, groups, embedding, film, attention, classes):
        super().__init__()
        fine, coarse = widths
        self.half = (fine + fine % 2) // 2
        block = lambda inputs, outputs: ResidualBlock(inputs, outputs, groups, embedding, film)
        self.time1, self.time2 = nn.Linear(2 * self.half, embedding), nn.Linear(embedding, embedding)
        self.table = nn.Embedding(classes, embedding) if classes else None
        self.input = nn.Conv2d(channels, fine, 3, padding=1)
        self.down1, self.down2 = block(fine, fine), block(fine, coarse)
        self.shrink = nn.Conv2d(fine, fine, 3, stride=2, padding=1)
        self.middle1, self.middle2 = block(coarse, coarse), block(coarse, coarse)
        self.attention = Attention(coarse, groups) if attention else None
        self.up2 = nn.ModuleList([block(coarse + coarse, coarse), block(coarse + fine, coarse)])
        self.grow = nn.Conv2d(coarse, coarse, 3, padding=1)
        self.up1 = nn.ModuleList([block(coarse + fine, fine), block(fine + fine, fine)])
        self.norm = nn.GroupNorm(groups, fine)
        self.output = nn.Conv2d(fine, channels, 3, padding=1)

    def forward(self, x, t, label=None):
        rates = 1000 * torch.exp(-math.log(10_000) * torch.arange(self.half) / self.half)
        angles = t * rates
        told = self.time2(silu(self.time1(torch.cat([angles.cos(), angles.sin()], dim=1))))
        if self.table is not None:
            told = told + self.table(label.long())
        first = self.input(x)
        second = self.down1(first, told)
        third = self.shrink(second)
        fourth = self.down2(third, told)
        state = self.middle1(fourth, told)
        if self.attention is not None:
            state = self.attention(state)
        state = self.middle2(state, told)
        state = self.up2[0](torch.cat([state, fourth], dim=1), told)
        state = self.up2[1](torch.cat([state, third], dim=1), told)
        state = self.grow(nn.functional.interpolate(state, scale_factor=2, mode="nearest"))
        state = self.up1[0](torch.cat([state, second], dim=1), told)
        state = self.up1[1](torch.cat([state, first], dim=1), told)
        return self.output(silu(self.norm(state)))

    def names(self):
        named = linear("time.linear1", self.time1) | linear("time.linear2", self.time2)
        if self.table is not None:
            named |= plain("class", self.table)
        named |= plain("input", self.input) | plain("down1.sample", self.shrink) | plain("up2.sample", self.grow)
        named |= self.down1.names("down1.block1") | self.down2.names("down2.block1")
        named |= self.middle1.names("middle.block1") | self.middle2.names("middle.block2")
        if self.attention is not None:
            named |= self.attention.names("middle.attention")
        for level, blocks in (("up2", self.up2), ("up1", self.up1)):
            for index, block in enumerate(blocks):
                named |= block.names(f"{level}.block{index + 1}")
        return named | plain("output.norm", self.norm) | plain("output.conv", self.output)


def make(name, rows, channels, size, classes, **options):
    start()
    model = UNet(channels, classes=classes, **options)
    for layer in model.modules():
        if isinstance(layer, nn.GroupNorm):
            # Gains away from 1 and biases away from 0, which would hide a wrong order.
            nn.init.uniform_(layer.weight, 0.5, 1.5)
            nn.init.normal_(layer.bias, std=0.2)
    batches = []
    for _ in range(5):
        batch = {"x0": torch.randn(rows, channels, size, size), "t": torch.rand(rows, 1)}
        batch["x1"] = torch.randn(rows, channels, size, size).cumsum(3) / 2
        if classes:
            batch["label"] = torch.randint(classes, (rows,), dtype=torch.int32)
        batches.append(batch)

    def loss(batch):
        t = batch["t"][:, :, None, None]
        between = (1 - t) * batch["x0"] + t * batch["x1"]
        return mse_loss(model(between, batch["t"], batch.get("label")), batch["x1"] - batch["x0"])

    write_fixture(name, model, model.names(), batches, loss)


make("u-net", 2, 1, 8, 0, widths=(4, 8), groups=2, embedding=8, film=False, attention=False)
make("u-net-class", 2, 2, 4, 3, widths=(4, 4), groups=4, embedding=6, film=True, attention=True)
