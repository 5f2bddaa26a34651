"""Transformer blocks in plain PyTorch, shared by the generators: pre-norm attention and perceptron, with our names."""
import torch
from torch import nn
from torch.nn import functional as F

from common import linear, plain, write_fixture

LLAMA = {"norm1": "input_layernorm", "attention": "self_attn", "output": "o_proj", "norm2": "post_attention_layernorm", "mlp": "mlp"}
AIM = {"norm1": "rms_norm1", "attention": "attention", "output": "out_proj", "norm2": "rms_norm2", "mlp": "ffn"}


def rotate(x, base=10000.0):
    """Rotary embedding, half-split form: x [batch, heads, tokens, width]."""
    tokens, width = x.shape[-2:]
    angles = torch.arange(tokens)[:, None] * base ** (-torch.arange(0, width, 2) / width)
    cosines, sines = angles.cos().repeat(1, 2), angles.sin().repeat(1, 2)
    first, second = x.chunk(2, dim=-1)
    return x * cosines + torch.cat([-second, first], dim=-1) * sines


class Attention(nn.Module):
    def __init__(self, width, heads, kv_heads=None, bias=True, qk_norm=False, rotary=False, causal=False):
        super().__init__()
        self.heads, self.kv_heads, self.head = heads, kv_heads or heads, width // heads
        self.q = nn.Linear(width, width, bias=bias)
        self.k = nn.Linear(width, self.kv_heads * self.head, bias=bias)
        self.v = nn.Linear(width, self.kv_heads * self.head, bias=bias)
        self.o = nn.Linear(width, width, bias=bias)
        self.q_norm = nn.RMSNorm(self.head, eps=1e-5) if qk_norm else None
        self.k_norm = nn.RMSNorm(self.head, eps=1e-5) if qk_norm else None
        self.rotary, self.causal = rotary, causal

    def forward(self, x, allowed=None):
        batch, tokens, width = x.shape
        q = self.q(x).view(batch, tokens, self.heads, self.head).transpose(1, 2)
        k = self.k(x).view(batch, tokens, self.kv_heads, self.head).transpose(1, 2)
        v = self.v(x).view(batch, tokens, self.kv_heads, self.head).transpose(1, 2)
        if self.q_norm is not None:
            q, k = self.q_norm(q), self.k_norm(k)
        if self.rotary:
            q, k = rotate(q), rotate(k)
        mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=allowed, is_causal=self.causal, enable_gqa=self.kv_heads != self.heads)
        return self.o(mixed.transpose(1, 2).reshape(batch, tokens, width))

    def named(self, name, output):
        named = linear(f"{name}.q_proj", self.q) | linear(f"{name}.k_proj", self.k) | linear(f"{name}.v_proj", self.v) | linear(f"{name}.{output}", self.o)
        if self.q_norm is not None:
            named |= plain(f"{name}.q_norm", self.q_norm) | plain(f"{name}.k_norm", self.k_norm)
        return named


class Mlp(nn.Module):
    def __init__(self, width, hidden, kind="gelu", bias=True):
        super().__init__()
        self.kind = kind
        self.gate = nn.Linear(width, hidden, bias=bias) if kind == "swiglu" else None
        self.up = nn.Linear(width, hidden, bias=bias)
        self.down = nn.Linear(hidden, width, bias=bias)

    def forward(self, x):
        if self.kind == "swiglu":
            return self.down(F.silu(self.gate(x)) * self.up(x))
        return self.down(F.gelu(self.up(x), approximate="tanh" if self.kind == "tanh" else "none"))

    def named(self, name):
        gate = linear(f"{name}.gate_proj", self.gate) if self.gate is not None else {}
        return gate | linear(f"{name}.up_proj", self.up) | linear(f"{name}.down_proj", self.down)


class Block(nn.Module):
    def __init__(self, width, attention, mlp, norm):
        super().__init__()
        self.norm1, self.norm2 = norm(width), norm(width)
        self.attention, self.mlp = attention, mlp

    def forward(self, x, allowed=None, multipliers=(1, 1)):
        x = x + multipliers[0] * self.attention(self.norm1(x), allowed)
        return x + multipliers[1] * self.mlp(self.norm2(x))

    def named(self, name, names):
        return (
            plain(f"{name}.{names['norm1']}", self.norm1)
            | self.attention.named(f"{name}.{names['attention']}", names["output"])
            | plain(f"{name}.{names['norm2']}", self.norm2)
            | self.mlp.named(f"{name}.{names['mlp']}")
        )


def perturb(module):
    """Weights large enough that attention is far from even, gains and biases away from 1 and 0: swaps are noticed."""
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            if parameter.dim() == 1 and "norm" in name and name.endswith("weight"):
                parameter.copy_(1 + 0.2 * torch.randn_like(parameter))
            elif parameter.dim() == 1:
                parameter.copy_(0.2 * torch.randn_like(parameter))
            else:
                parameter.copy_(torch.randn_like(parameter) * (1.2 / parameter.shape[-1] ** 0.5))


def patch_embedding(patch):
    """Our names of the convolution that makes tokens of patches."""
    return {
        "embeddings.patch_embed.weight": (patch.weight, lambda weight: weight.reshape(patch.out_channels, -1).T),
        "embeddings.patch_embed.bias": patch.bias,
    }


def write_classifier_fixture(name, model, parameters, shape, classes):
    """The fixture of a classifier of images of this shape, trained on random labels."""
    batches = [
        {"images": torch.randn(*shape), "labels": torch.randint(classes, shape[:1], dtype=torch.int32)} for _ in range(5)
    ]
    write_fixture(name, model, parameters, batches, lambda batch: F.cross_entropy(model(batch["images"]), batch["labels"].long()))


def patches(images, size):
    """[batch, channels, height, width] to [batch, patches, channels * size * size], in (channel, row, column) order."""
    return F.unfold(images, size, stride=size).transpose(1, 2)


def grid_positions(rows, columns, width):
    """Sines and cosines of the column, then of the row."""
    rates = 10000.0 ** (-torch.arange(width // 4) / (width // 4))
    row, column = torch.meshgrid(torch.arange(rows), torch.arange(columns), indexing="ij")
    across, down = column.reshape(-1, 1) * rates, row.reshape(-1, 1) * rates
    return torch.cat([across.sin(), across.cos(), down.sin(), down.cos()], dim=1)
