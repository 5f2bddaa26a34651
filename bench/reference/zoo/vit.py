"""Parity fixture of the vision transformer: class token, learned positions, exact GELU, layer norm with epsilon 1e-6."""
import torch
from torch import nn
from torch.nn import functional as F

from common import linear, plain, start, write_fixture
from transformer_common import LLAMA, Attention, Block, Mlp, perturb

BATCH, CHANNELS, HEIGHT, COLUMNS, PATCH, WIDTH, LAYERS, HEADS, HIDDEN, CLASSES = 4, 1, 8, 4, 2, 16, 2, 2, 32, 3


class Vit(nn.Module):
    def __init__(self):
        super().__init__()
        self.patch = nn.Conv2d(CHANNELS, WIDTH, PATCH, stride=PATCH)
        self.token = nn.Parameter(torch.empty(1, WIDTH))
        self.positions = nn.Embedding((HEIGHT // PATCH) * (COLUMNS // PATCH) + 1, WIDTH)
        norm = lambda width: nn.LayerNorm(width, eps=1e-6)
        self.blocks = nn.ModuleList(Block(WIDTH, Attention(WIDTH, HEADS), Mlp(WIDTH, HIDDEN), norm) for _ in range(LAYERS))
        self.norm = norm(WIDTH)
        self.head = nn.Linear(WIDTH, CLASSES)

    def forward(self, images):
        x = self.patch(images).flatten(2).transpose(1, 2)
        x = torch.cat([self.token.expand(len(x), 1, WIDTH), x], dim=1) + self.positions.weight
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x)[:, 0])


start()
model = Vit()
perturb(model)
parameters = {
    "embeddings.patch_embed.weight": (model.patch.weight, lambda weight: weight.reshape(WIDTH, -1).T),
    "embeddings.patch_embed.bias": model.patch.bias,
    "embeddings.cls_token": model.token,
} | plain("embeddings.position_embedding", model.positions)
for layer, block in enumerate(model.blocks):
    parameters |= block.named(f"encoder.layers.{layer}", LLAMA)
parameters |= plain("layernorm", model.norm) | linear("classifier", model.head)
batches = [
    {"images": torch.randn(BATCH, CHANNELS, HEIGHT, COLUMNS), "labels": torch.randint(CLASSES, (BATCH,), dtype=torch.int32)}
    for _ in range(5)
]
write_fixture("vit", model, parameters, batches, lambda batch: F.cross_entropy(model(batch["images"]), batch["labels"].long()))
