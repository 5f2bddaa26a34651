"""Times PyTorch on the training step of `monge bench train-mlp`: MLP 2 -> 3 x 64 -> 2 on (x, t), batch 256, AdamW.

Prints one JSON object: milliseconds per step (best of the repeats) for each thread setting, and the versions.
Usage: python train_mlp.py STEPS REPEATS
"""
import json
import sys
import time

import torch

STEPS, REPEATS = int(sys.argv[1]), int(sys.argv[2])
BATCH, WIDTH, LAYERS, FREQUENCIES = 256, 64, 3, 4


class Velocity(torch.nn.Module):
    """The same network as nn/velocity-mlp: x and 2·FREQUENCIES Fourier features of t, SiLU between layers."""

    def __init__(self):
        super().__init__()
        sizes = [2 + 2 * FREQUENCIES] + [WIDTH] * LAYERS
        self.hidden = torch.nn.ModuleList(torch.nn.Linear(a, b) for a, b in zip(sizes, sizes[1:]))
        self.out = torch.nn.Linear(WIDTH, 2)
        self.register_buffer("frequencies", torch.arange(1, FREQUENCIES + 1) * 2 * torch.pi)

    def forward(self, x, t):
        angle = t * self.frequencies
        h = torch.cat([x, torch.sin(angle), torch.cos(angle)], dim=1)
        for layer in self.hidden:
            h = torch.nn.functional.silu(layer(h))
        return self.out(h)


def milliseconds_per_step(threads):
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    model = Velocity()
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.01)
    x, t, u = torch.randn(STEPS, BATCH, 2), torch.rand(STEPS, BATCH, 1), torch.randn(STEPS, BATCH, 2)
    best = float("inf")
    for _ in range(REPEATS + 1):
        start = time.perf_counter()
        for i in range(STEPS):
            loss = ((model(x[i], t[i]) - u[i]) ** 2).sum(1).mean()
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            optimiser.step()
        best = min(best, (time.perf_counter() - start) / STEPS * 1e3)
    return best


print(json.dumps({"peer": f"PyTorch {torch.__version__} eager",
                  "settings": {f"{n} thread{'s' if n > 1 else ''}": milliseconds_per_step(n) for n in (1, 2)}}))
