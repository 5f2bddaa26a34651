"""Parity fixture of Llama: RMS norm, SwiGLU, rotary positions, four query heads on two key heads."""
from torch import nn

from language_common import write_language_fixture

write_language_fixture(
    "llama", heads=4, kv_heads=2, norm=lambda width: nn.RMSNorm(width, eps=1e-5), mlp="swiglu", hidden=64, learned=False, tied=False, bias=False
)
