"""Parity fixture of an AIMv2 encoder with grid positions and full attention under its attention pooling head."""
import torch
from torch import nn
from torch.nn import functional as F

from common import linear, plain, start
from transformer_common import AIM, Attention, Block, Mlp, grid_positions, patch_embedding, perturb, write_classifier_fixture

BATCH, CHANNELS, HEIGHT, COLUMNS, PATCH, WIDTH, HIDDEN, HEADS, CLASSES = 4, 2, 4, 6, 2, 16, 24, 2, 3


class Probe(nn.Module):
    def __init__(self):
        super().__init__()
        rms = lambda width: nn.RMSNorm(width, eps=1e-5)
        self.patch = nn.Conv2d(CHANNELS, WIDTH, PATCH, stride=PATCH)
        self.patch_norm = rms(WIDTH)
        self.block = Block(WIDTH, Attention(WIDTH, HEADS, bias=False), Mlp(WIDTH, HIDDEN, "swiglu", bias=False), rms)
        self.norm = rms(WIDTH)
        self.query = nn.Parameter(torch.empty(1, 1, WIDTH))
        self.k = nn.Linear(WIDTH, WIDTH, bias=False)
        self.v = nn.Linear(WIDTH, WIDTH, bias=False)
        self.output = nn.Linear(WIDTH, CLASSES)

    def forward(self, images):
        x = self.patch_norm(self.patch(images).flatten(2).transpose(1, 2))
        x = self.norm(self.block(x + grid_positions(HEIGHT // PATCH, COLUMNS // PATCH, WIDTH)))
        split = lambda y: y.unflatten(2, (HEADS, WIDTH // HEADS)).transpose(1, 2)
        query = split(self.query.expand(len(x), 1, WIDTH))
        pooled = F.scaled_dot_product_attention(query, split(self.k(x)), split(self.v(x)))
        return self.output(pooled.transpose(1, 2).flatten(2).mean(1))


start()
model = Probe()
perturb(model)
parameters = patch_embedding(model.patch) | {"head.cls_token": model.query}
parameters |= plain("embeddings.rms_norm", model.patch_norm) | model.block.named("encoder.layers.0", AIM) | plain("rms_norm", model.norm)
parameters |= linear("head.k_proj", model.k) | linear("head.v_proj", model.v) | linear("head.output_proj", model.output)
write_classifier_fixture("aimv2-probe", model, parameters, (BATCH, CHANNELS, HEIGHT, COLUMNS), CLASSES)
