"""Decoder-only language models for the generators gpt.py, llama.py and gpt-transfer.py."""
import torch
from torch import nn
from torch.nn import functional as F

from common import linear, plain, start, write_fixture
from transformer_common import LLAMA, Attention, Block, Mlp, perturb

BATCH, VOCABULARY, WIDTH, LAYERS, CONTEXT = 4, 11, 16, 2, 6


class Decoder(nn.Module):
    def __init__(self, heads, norm, mlp, hidden, learned, tied, kv_heads=None, bias=True, qk_norm=False):
        super().__init__()
        self.embed = nn.Embedding(VOCABULARY, WIDTH)
        self.positions = nn.Embedding(CONTEXT, WIDTH) if learned else None
        self.blocks = nn.ModuleList(
            Block(
                WIDTH,
                Attention(WIDTH, heads, kv_heads, bias=bias, qk_norm=qk_norm, rotary=not learned, causal=True),
                Mlp(WIDTH, hidden, mlp, bias=bias),
                norm,
            )
            for _ in range(LAYERS)
        )
        self.norm = norm(WIDTH)
        self.head = None if tied else nn.Linear(WIDTH, VOCABULARY, bias=False)

    def forward(self, ids, multipliers=None):
        x = self.embed(ids)
        if self.positions is not None:
            x = x + self.positions.weight
        for layer, block in enumerate(self.blocks):
            x = block(x, multipliers=(1, 1) if multipliers is None else multipliers[2 * layer : 2 * layer + 2])
        x = self.norm(x)
        return F.linear(x, self.embed.weight) if self.head is None else self.head(x)

    def named(self):
        named = plain("model.embed_tokens", self.embed)
        if self.positions is not None:
            named |= plain("model.embed_positions", self.positions)
        for layer, block in enumerate(self.blocks):
            named |= block.named(f"model.layers.{layer}", LLAMA)
        named |= plain("model.norm", self.norm)
        return named if self.head is None else named | linear("lm_head", self.head)


def write_language_fixture(name, z_weight=None, **options):
    start()
    model = Decoder(**options)
    perturb(model)
    ids = lambda: torch.randint(VOCABULARY, (BATCH, CONTEXT), dtype=torch.int32)
    batches = [{"ids": ids(), "targets": ids()} for _ in range(5)]
    if z_weight is not None:
        for batch in batches:
            batch["multipliers"] = 0.5 + torch.rand(2 * LAYERS)

    def loss(batch):
        logits = model(batch["ids"], batch.get("multipliers"))
        entropy = F.cross_entropy(logits.reshape(-1, VOCABULARY), batch["targets"].reshape(-1).long())
        return entropy if z_weight is None else entropy + z_weight * logits.logsumexp(-1).square().mean()

    write_fixture(name, model, model.named(), batches, loss)
