"""Parity fixture of the vision transformer: class token, learned positions, exact GELU, layer norm with epsilon 1e-6."""
import torch
from torch import nn

from common import linear, plain, start
from transformer_common import LLAMA, Attention, Block, Mlp, patch_embedding, perturb, write_classifier_fixture

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
parameters = patch_embedding(model.patch) | {"embeddings.cls_token": model.token}
parameters |= plain("embeddings.position_embedding", model.positions)
for layer, block in enumerate(model.blocks):
    parameters |= block.named(f"encoder.layers.{layer}", LLAMA)
parameters |= plain("layernorm", model.norm) | linear("classifier", model.head)
write_classifier_fixture("vit", model, parameters, (BATCH, CHANNELS, HEIGHT, COLUMNS), CLASSES)
