"""Parity fixture of DiT: adaLN with shift, scale, gate for attention and perceptron, flow matching with classes."""
import math

import torch
from torch import nn
from torch.nn import functional as F

from common import linear, plain, start, write_fixture
from transformer_common import Attention, Mlp, grid_positions, patches, perturb

BATCH, CHANNELS, HEIGHT, COLUMNS, PATCH = 4, 2, 4, 6, 2
WIDTH, LAYERS, HEADS, TIME_FEATURES, CLASSES = 16, 2, 2, 32, 3


def normalised(x):
    return F.layer_norm(x, x.shape[-1:], eps=1e-6)


class DitBlock(nn.Module):
    def __init__(self):
        super().__init__()
        self.modulation = nn.Linear(WIDTH, 6 * WIDTH)
        self.attention = Attention(WIDTH, HEADS)
        self.mlp = Mlp(WIDTH, 2 * WIDTH, "tanh")

    def forward(self, x, c):
        shift1, scale1, gate1, shift2, scale2, gate2 = self.modulation(F.silu(c)).unsqueeze(1).chunk(6, dim=-1)
        x = x + gate1 * self.attention(normalised(x) * (1 + scale1) + shift1)
        return x + gate2 * self.mlp(normalised(x) * (1 + scale2) + shift2)


class Dit(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Linear(CHANNELS * PATCH**2, WIDTH)
        self.time = nn.Sequential(nn.Linear(TIME_FEATURES, WIDTH), nn.SiLU(), nn.Linear(WIDTH, WIDTH))
        self.classes = nn.Embedding(CLASSES + 1, WIDTH)
        self.blocks = nn.ModuleList(DitBlock() for _ in range(LAYERS))
        self.modulation = nn.Linear(WIDTH, 2 * WIDTH)
        self.output = nn.Linear(WIDTH, CHANNELS * PATCH**2)

    def forward(self, x, t, labels):
        half = TIME_FEATURES // 2
        angles = 1000 * t[:, None] * torch.exp(-math.log(10000) * torch.arange(half) / half)
        c = self.time(torch.cat([angles.cos(), angles.sin()], dim=1)) + self.classes(labels)
        x = self.embed(patches(x, PATCH)) + grid_positions(HEIGHT // PATCH, COLUMNS // PATCH, WIDTH)
        for block in self.blocks:
            x = block(x, c)
        shift, scale = self.modulation(F.silu(c)).unsqueeze(1).chunk(2, dim=-1)
        x = self.output(normalised(x) * (1 + scale) + shift)
        return F.fold(x.transpose(1, 2), (HEIGHT, COLUMNS), PATCH, stride=PATCH)


start()
model = Dit()
perturb(model)
parameters = linear("x_embedder", model.embed) | linear("t_embedder.0", model.time[0]) | linear("t_embedder.2", model.time[2])
parameters |= plain("y_embedder", model.classes)
for layer, block in enumerate(model.blocks):
    parameters |= linear(f"blocks.{layer}.modulation", block.modulation)
    parameters |= block.attention.named(f"blocks.{layer}.attn", "o_proj") | block.mlp.named(f"blocks.{layer}.mlp")
parameters |= linear("final_layer.modulation", model.modulation) | linear("final_layer.linear", model.output)
batches = [
    {
        "x0": torch.randn(BATCH, CHANNELS, HEIGHT, COLUMNS),
        "x1": torch.randn(BATCH, CHANNELS, HEIGHT, COLUMNS) + 1,
        "t": torch.rand(BATCH),
        "labels": torch.randint(CLASSES + 1, (BATCH,), dtype=torch.int32),
    }
    for _ in range(5)
]


def loss(batch):
    x0, x1, t = batch["x0"], batch["x1"], batch["t"]
    at = t[:, None, None, None]
    return F.mse_loss(model((1 - at) * x0 + at * x1, t, batch["labels"]), x1 - x0)


write_fixture("dit", model, parameters, batches, loss)
