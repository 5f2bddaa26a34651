"""Parity fixture of the velocity MLP: flow matching on 2-D points, three Fourier features of the time."""
import math

import torch

from common import linear, start, write_fixture

BATCH, DIMENSION, HIDDEN, LAYERS, FREQUENCIES = 8, 2, 8, 2, 3


class VelocityMlp(torch.nn.Module):
    def __init__(self):
        super().__init__()
        sizes = [DIMENSION + 2 * FREQUENCIES] + [HIDDEN] * LAYERS
        self.hidden = torch.nn.ModuleList(torch.nn.Linear(a, b) for a, b in zip(sizes, sizes[1:]))
        self.output = torch.nn.Linear(HIDDEN, DIMENSION)

    def forward(self, x, t):
        angles = t * math.pi * torch.arange(1, FREQUENCIES + 1)
        state = torch.cat([x, angles.sin(), angles.cos()], dim=1)
        for layer in self.hidden:
            state = torch.nn.functional.silu(layer(state))
        return self.output(state)


start()
model = VelocityMlp()
parameters = {}
for index, layer in enumerate(model.hidden):
    parameters |= linear(f"layer{index + 1}", layer)
parameters |= linear("output", model.output)
batches = [
    {"x0": torch.randn(BATCH, DIMENSION), "x1": torch.randn(BATCH, DIMENSION) + 1, "t": torch.rand(BATCH, 1)}
    for _ in range(5)
]


def loss(batch):
    x0, x1, t = batch["x0"], batch["x1"], batch["t"]
    return torch.nn.functional.mse_loss(model((1 - t) * x0 + t * x1, t), x1 - x0)


write_fixture("velocity-mlp", model, parameters, batches, loss)
