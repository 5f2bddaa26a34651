"""Parity fixture of TarFlow: blocks of alternating token order, shifted outputs, dropped labels as the mean embedding."""
import torch
from torch import nn

from common import linear, plain, start, write_fixture
from transformer_common import LLAMA, Attention, Block, Mlp, patches, perturb

BATCH, CHANNELS, SIDE, PATCH, WIDTH, HEADS, BLOCKS, LAYERS, CLASSES = 4, 1, 4, 2, 16, 2, 2, 1, 3
VALUES, TOKENS = CHANNELS * PATCH**2, (SIDE // PATCH) ** 2


class FlowBlock(nn.Module):
    def __init__(self, flipped):
        super().__init__()
        self.flipped = flipped
        self.input = nn.Linear(VALUES, WIDTH)
        self.positions = nn.Embedding(TOKENS, WIDTH)
        self.classes = nn.Embedding(CLASSES, WIDTH)
        self.layers = nn.ModuleList(
            Block(WIDTH, Attention(WIDTH, HEADS, causal=True), Mlp(WIDTH, 2 * WIDTH), nn.LayerNorm) for _ in range(LAYERS)
        )
        self.output = nn.Linear(WIDTH, 2 * VALUES)

    def forward(self, x, labels):
        positions = self.positions.weight
        if self.flipped:
            x, positions = x.flip(1), positions.flip(0)
        known = (labels >= 0)[:, None]
        condition = torch.where(known, self.classes(labels.clamp(min=0)), self.classes.weight.mean(0))
        h = self.input(x) + positions + condition[:, None]
        for layer in self.layers:
            h = layer(h)
        h = self.output(h)
        h = torch.cat([torch.zeros_like(h[:, :1]), h[:, :-1]], dim=1)
        alpha, mu = h.chunk(2, dim=-1)
        z = (x - mu) * torch.exp(-alpha)
        return z.flip(1) if self.flipped else z, -alpha.mean(dim=(1, 2))


class Tarflow(nn.Module):
    def __init__(self):
        super().__init__()
        self.blocks = nn.ModuleList(FlowBlock(index % 2 == 1) for index in range(BLOCKS))

    def forward(self, images, labels):
        z, total = patches(images, PATCH), 0
        for block in self.blocks:
            z, change = block(z, labels)
            total = total + change
        return z, total


start()
model = Tarflow()
perturb(model)
with torch.no_grad():
    for block in model.blocks:
        # Moderate slopes, so that the loss is not ruled by a few exponentials.
        block.output.weight.mul_(0.3)
parameters = {}
for index, block in enumerate(model.blocks):
    name = f"blocks.{index}"
    parameters |= linear(f"{name}.proj_in", block.input) | plain(f"{name}.position_embedding", block.positions)
    parameters |= plain(f"{name}.class_embedding", block.classes) | linear(f"{name}.proj_out", block.output)
    for position, layer in enumerate(block.layers):
        parameters |= layer.named(f"{name}.layers.{position}", LLAMA)
batches = [
    {
        "images": torch.randn(BATCH, CHANNELS, SIDE, SIDE),
        "labels": torch.randint(-1, CLASSES, (BATCH,), dtype=torch.int32),
    }
    for _ in range(5)
]


def loss(batch):
    z, change = model(batch["images"], batch["labels"])
    return 0.5 * z.square().mean() - change.mean()


write_fixture("tarflow", model, parameters, batches, loss)
