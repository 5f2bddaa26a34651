"""Parity fixture of GPT: layer norm, GELU, learned positions, biases, the embedding as output map."""
from torch import nn

from language_common import write_language_fixture

write_language_fixture("gpt", heads=2, norm=nn.LayerNorm, mlp="gelu", hidden=64, learned=True, tied=True)
