"""Parity fixture of AIMv2 pre-training: prefix attention in the encoder, a causal decoder, text and pixel losses."""
import torch
from torch import nn
from torch.nn import functional as F

from common import linear, plain, start, write_fixture
from transformer_common import AIM, Attention, Block, Mlp, patch_embedding, patches, perturb

BATCH, CHANNELS, HEIGHT, COLUMNS, PATCH = 4, 2, 4, 6, 2
WIDTH, HIDDEN, LAYERS, HEADS = 16, 24, 2, 2
DECODER_WIDTH, DECODER_HIDDEN, DECODER_LAYERS = 12, 20, 1
VOCABULARY, WORDS, PADDING, PIXEL_WEIGHT = 7, 4, 0, 0.4
TOKENS = (HEIGHT // PATCH) * (COLUMNS // PATCH)


def rms(width):
    return nn.RMSNorm(width, eps=1e-5)


class Pretraining(nn.Module):
    def __init__(self):
        super().__init__()
        self.patch = nn.Conv2d(CHANNELS, WIDTH, PATCH, stride=PATCH)
        self.patch_norm = rms(WIDTH)
        self.positions = nn.Embedding(TOKENS, WIDTH)
        self.blocks = nn.ModuleList(
            Block(WIDTH, Attention(WIDTH, HEADS, bias=False), Mlp(WIDTH, HIDDEN, "swiglu", bias=False), rms) for _ in range(LAYERS)
        )
        self.norm = rms(WIDTH)
        self.projection = nn.Linear(WIDTH, DECODER_WIDTH)
        self.words = nn.Embedding(VOCABULARY, DECODER_WIDTH)
        self.start = nn.Parameter(torch.empty(1, DECODER_WIDTH))
        self.word_positions = nn.Embedding(WORDS + 1, DECODER_WIDTH)
        self.decoder = nn.ModuleList(
            Block(
                DECODER_WIDTH,
                Attention(DECODER_WIDTH, HEADS, bias=False, causal=True),
                Mlp(DECODER_WIDTH, DECODER_HIDDEN, "swiglu", bias=False),
                rms,
            )
            for _ in range(DECODER_LAYERS)
        )
        self.decoder_norm = rms(DECODER_WIDTH)
        self.pixel_head = nn.Linear(DECODER_WIDTH, CHANNELS * PATCH**2, bias=False)
        self.text_head = nn.Linear(DECODER_WIDTH, VOCABULARY, bias=False)

    def forward(self, images, captions, prefix):
        x = self.patch_norm(self.patch(images).flatten(2).transpose(1, 2)) + self.positions.weight
        i, j = torch.arange(TOKENS)[:, None], torch.arange(TOKENS)[None, :]
        allowed = ((j <= i) | (j < prefix[:, None, None]))[:, None]
        for block in self.blocks:
            x = block(x, allowed)
        text = torch.cat([self.start.expand(len(x), 1, DECODER_WIDTH), self.words(captions)], dim=1) + self.word_positions.weight
        x = torch.cat([self.projection(self.norm(x)), text], dim=1)
        for block in self.decoder:
            x = block(x)
        x = self.decoder_norm(x)
        return self.pixel_head(x[:, :TOKENS]), self.text_head(x[:, TOKENS:])


def pixel_loss(predicted, images, prefix):
    target = patches(images, PATCH)
    target = (target - target.mean(-1, keepdim=True)) / (target.var(-1, keepdim=True, unbiased=True) + 1e-6).sqrt()
    errors = [
        F.mse_loss(predicted[row, place], target[row, place + 1])
        for row in range(len(images))
        for place in range(TOKENS - 1)
        if place + 1 >= prefix[row]
    ]
    return torch.stack(errors).mean()


start()
model = Pretraining()
perturb(model)
parameters = patch_embedding(model.patch) | {"decoder.bos": model.start}
parameters |= plain("embeddings.rms_norm", model.patch_norm) | plain("embeddings.position_embedding", model.positions)
for layer, block in enumerate(model.blocks):
    parameters |= block.named(f"encoder.layers.{layer}", AIM)
parameters |= plain("rms_norm", model.norm) | linear("decoder.projection", model.projection)
parameters |= plain("decoder.token_embedding", model.words) | plain("decoder.position_embedding", model.word_positions)
for layer, block in enumerate(model.decoder):
    parameters |= block.named(f"decoder.layers.{layer}", AIM)
parameters |= plain("decoder.rms_norm", model.decoder_norm)
parameters |= linear("decoder.pixel_head", model.pixel_head) | linear("decoder.text_head", model.text_head)


def caption_batch():
    captions = torch.randint(1, VOCABULARY, (BATCH, WORDS), dtype=torch.int32)
    lengths = torch.randint(1, WORDS + 1, (BATCH, 1))
    return torch.where(torch.arange(WORDS) < lengths, captions, PADDING).int()


batches = [
    {
        "images": torch.randn(BATCH, CHANNELS, HEIGHT, COLUMNS),
        "captions": caption_batch(),
        "prefix": torch.randint(1, TOKENS, (BATCH,), dtype=torch.int32),
    }
    for _ in range(5)
]


def loss(batch):
    predicted, logits = model(batch["images"], batch["captions"], batch["prefix"])
    text = F.cross_entropy(
        logits[:, :WORDS].reshape(-1, VOCABULARY), batch["captions"].reshape(-1).long(), ignore_index=PADDING
    )
    return text + PIXEL_WEIGHT * pixel_loss(predicted, batch["images"], batch["prefix"])


write_fixture("aimv2", model, parameters, batches, loss)
