"""Times one PyTorch training step of `monge bench train`.

Prints one JSON object: best milliseconds per step, seconds from start to the end of the first step (imports included),
and the process's peak memory. Every model is the plain PyTorch way of writing what the TypeScript case trains.
Usage: python train.py MODEL eager|compile THREADS SECONDS
"""
import json
import math
import resource
import sys
import time

STARTED = time.perf_counter()

import torch
import torch.nn as nn
import torch.nn.functional as F

MODEL, MODE, THREADS, SECONDS = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
BATCHES = 8


class Mlp(nn.Module):
    """Velocity field 2 -> 3 x 64 -> 2 on a point and 4 pairs of Fourier features of the time; batch 256."""

    def __init__(self):
        super().__init__()
        sizes = [2 + 8] + [64] * 3
        self.hidden = nn.ModuleList(nn.Linear(a, b) for a, b in zip(sizes, sizes[1:]))
        self.output = nn.Linear(64, 2)
        self.register_buffer("rates", torch.arange(1, 5) * torch.pi)

    def forward(self, x, t):
        angle = t * self.rates
        h = torch.cat([x, torch.sin(angle), torch.cos(angle)], dim=1)
        for layer in self.hidden:
            h = F.silu(layer(h))
        return self.output(h)

    def batch(self):
        return torch.randn(256, 2), torch.randn(256, 2), torch.rand(256, 1)

    def loss(self, x0, x1, t):
        return F.mse_loss(self(x0 + t * (x1 - x0), t), x1 - x0)


class Block(nn.Module):
    """Pre-norm transformer block with exact GELU."""

    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x, causal):
        n, t, c = x.shape
        q, k, v = (y.view(n, t, self.heads, -1).transpose(1, 2) for y in self.qkv(self.norm1(x)).chunk(3, dim=-1))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=causal)
        x = x + self.out(y.transpose(1, 2).reshape(n, t, c))
        return x + self.down(F.gelu(self.up(self.norm2(x))))


class Gpt(nn.Module):
    """Width 128, 4 layers, 4 heads, context 128, vocabulary 256, batch 16, the embedding as output map."""

    def __init__(self):
        super().__init__()
        self.tokens, self.positions = nn.Embedding(256, 128), nn.Parameter(torch.randn(128, 128) * 0.02)
        nn.init.normal_(self.tokens.weight, std=0.02)
        self.blocks = nn.ModuleList(Block(128, 4) for _ in range(4))
        self.norm = nn.LayerNorm(128)

    def forward(self, ids):
        x = self.tokens(ids) + self.positions
        for block in self.blocks:
            x = block(x, True)
        return F.linear(self.norm(x), self.tokens.weight)

    def batch(self):
        return torch.randint(0, 256, (16, 128)), torch.randint(0, 256, (16, 128))

    def loss(self, ids, targets):
        return F.cross_entropy(self(ids).reshape(-1, 256), targets.reshape(-1))


class Vit(nn.Module):
    """28 x 28 images, patch 4, width 128, 4 layers, 4 heads, a class token, 10 classes, batch 32."""

    def __init__(self):
        super().__init__()
        self.patch, self.positions = nn.Conv2d(1, 128, 4, 4), nn.Parameter(torch.randn(50, 128) * 0.02)
        self.token = nn.Parameter(torch.randn(1, 128) * 0.02)
        self.blocks = nn.ModuleList(Block(128, 4) for _ in range(4))
        self.norm, self.head = nn.LayerNorm(128), nn.Linear(128, 10)

    def forward(self, images):
        x = self.patch(images).flatten(2).transpose(1, 2)
        x = torch.cat([self.token.expand(len(x), 1, 128), x], dim=1) + self.positions
        for block in self.blocks:
            x = block(x, False)
        return self.head(self.norm(x)[:, 0])

    def batch(self):
        return torch.randn(32, 1, 28, 28), torch.randint(0, 10, (32,))

    def loss(self, images, labels):
        return F.cross_entropy(self(images), labels)


class FlowBlock(nn.Module):
    """One autoregressive transformer of TarFlow on 16 tokens of 4 numbers: width 64, 2 layers of 2 heads, 10 classes."""

    def __init__(self, flip):
        super().__init__()
        self.flip = flip
        self.input, self.positions = nn.Linear(4, 64), nn.Parameter(torch.randn(16, 64) * 0.01)
        self.classes = nn.Parameter(torch.randn(10, 64) * 0.01)
        self.layers = nn.ModuleList(Block(64, 2) for _ in range(2))
        self.output = nn.Linear(64, 8)
        nn.init.zeros_(self.output.weight)

    def forward(self, x, labels):
        positions = self.positions
        if self.flip:
            x, positions = x.flip(1), positions.flip(0)
        condition = torch.where((labels >= 0)[:, None], self.classes[labels.clamp(min=0)], self.classes.mean(0))
        h = self.input(x) + positions + condition[:, None]
        for layer in self.layers:
            h = layer(h, True)
        alpha, mu = F.pad(self.output(h)[:, :-1], (0, 0, 1, 0)).chunk(2, dim=-1)
        z = (x - mu) * torch.exp(-alpha)
        return (z.flip(1) if self.flip else z), -alpha.mean(dim=(1, 2))


class Tarflow(nn.Module):
    """8 x 8 images in 2 x 2 patches, 4 blocks of alternating order, batch 128."""

    def __init__(self):
        super().__init__()
        self.blocks = nn.ModuleList(FlowBlock(index % 2 == 1) for index in range(4))

    def batch(self):
        labels = torch.randint(0, 10, (128,))
        labels[-1] = -1
        return torch.randn(128, 1, 8, 8), labels

    def loss(self, images, labels):
        z = F.unfold(images, 2, stride=2).transpose(1, 2)
        total = 0
        for block in self.blocks:
            z, change = block(z, labels)
            total = total + change
        return 0.5 * z.square().mean() - total.mean()


class UnetBlock(nn.Module):
    """Residual block: GroupNorm, SiLU, convolution, the time added per channel, and the same again."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.norm1, self.conv1 = nn.GroupNorm(8, inputs), nn.Conv2d(inputs, outputs, 3, padding=1)
        self.time = nn.Linear(128, outputs)
        self.norm2, self.conv2 = nn.GroupNorm(8, outputs), nn.Conv2d(outputs, outputs, 3, padding=1)
        self.shortcut = nn.Conv2d(inputs, outputs, 1) if inputs != outputs else nn.Identity()

    def forward(self, x, told):
        h = self.conv1(F.silu(self.norm1(x))) + self.time(F.silu(told))[:, :, None, None]
        return self.shortcut(x) + self.conv2(F.silu(self.norm2(h)))


class Unet(nn.Module):
    """28 x 28 x 1, 32-64-128 channels, one block per level down and two up, batch 16; velocity of flow matching."""

    def __init__(self):
        super().__init__()
        widths = (32, 64, 128)
        self.time1, self.time2 = nn.Linear(32, 128), nn.Linear(128, 128)
        self.input = nn.Conv2d(1, 32, 3, padding=1)
        self.down, self.shrink, self.up, self.grow = (nn.ModuleList() for _ in range(4))
        kept, width = [32], 32
        for level, next_width in enumerate(widths):
            self.down.append(UnetBlock(width, next_width))
            width = next_width
            kept.append(width)
            if level < 2:
                self.shrink.append(nn.Conv2d(width, width, 3, stride=2, padding=1))
                kept.append(width)
        self.middle = nn.ModuleList(UnetBlock(width, width) for _ in range(2))
        for level in reversed(range(3)):
            for _ in range(2):
                self.up.append(UnetBlock(width + kept.pop(), widths[level]))
                width = widths[level]
            if level > 0:
                self.grow.append(nn.Conv2d(width, width, 3, padding=1))
        self.norm, self.output = nn.GroupNorm(8, 32), nn.Conv2d(32, 1, 3, padding=1)

    def forward(self, x, t):
        angles = t * 1000 * torch.exp(-math.log(10_000) * torch.arange(16) / 16)
        told = self.time2(F.silu(self.time1(torch.cat([angles.cos(), angles.sin()], dim=1))))
        kept = [self.input(x)]
        for level, block in enumerate(self.down):
            kept.append(block(kept[-1], told))
            if level < 2:
                kept.append(self.shrink[level](kept[-1]))
        h = kept[-1]
        for block in self.middle:
            h = block(h, told)
        for index, block in enumerate(self.up):
            h = block(torch.cat([h, kept.pop()], dim=1), told)
            if index in (1, 3):
                h = self.grow[index // 2](F.interpolate(h, scale_factor=2, mode="nearest"))
        return self.output(F.silu(self.norm(h)))

    def batch(self):
        return torch.randn(16, 1, 28, 28), torch.randn(16, 1, 28, 28), torch.rand(16, 1)

    def loss(self, x0, x1, t):
        s = t[:, :, None, None]
        return F.mse_loss(self(x0 + s * (x1 - x0), t), x1 - x0)


MODELS = {"mlp": Mlp, "gpt": Gpt, "vit": Vit, "tarflow": Tarflow, "unet": Unet}


def main():
    torch.set_num_threads(THREADS)
    torch.manual_seed(0)
    model = MODELS[MODEL]()
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.01)
    loss = torch.compile(model.loss) if MODE == "compile" else model.loss
    batches = [model.batch() for _ in range(BATCHES)]

    def step(index):
        value = loss(*batches[index % BATCHES])
        optimiser.zero_grad(set_to_none=True)
        value.backward()
        optimiser.step()
        return value

    first_loss = step(0).item()
    first = time.perf_counter() - STARTED
    for index in range(10):
        step(index)
    begin = time.perf_counter()
    step(0)
    window = max(1, round(0.1 / (time.perf_counter() - begin)))
    best, index, end = float("inf"), 0, time.perf_counter() + SECONDS
    while time.perf_counter() < end or index < 3 * window:
        begin = time.perf_counter()
        for _ in range(window):
            step(index)
            index += 1
        best = min(best, (time.perf_counter() - begin) / window)
    print(json.dumps({
        "peer": f"PyTorch {torch.__version__}",
        "milliseconds": best * 1e3,
        "firstStepSeconds": first,
        "peakMegabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "firstLoss": first_loss,
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
    }))


main()
