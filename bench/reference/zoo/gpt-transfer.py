"""Parity fixture of the decoder for hyperparameter transfer: query-key norm, residual multipliers, z-loss."""
from torch import nn

from language_common import write_language_fixture

write_language_fixture(
    "gpt-transfer",
    z_weight=1e-2,
    heads=2,
    norm=lambda width: nn.RMSNorm(width, eps=1e-5),
    mlp="gelu",
    hidden=64,
    learned=True,
    tied=False,
    bias=False,
    qk_norm=True,
)
