"""Parity fixtures of SupportNet and KeyNet. The key of a SupportNet is its input gradient, so training uses create_graph."""
import torch
from torch.nn.functional import linear as apply_linear
from torch.nn.functional import softplus

from common import linear, start, write_fixture

SLOPE, SHARPNESS, SCORE_WEIGHT, KEY_WEIGHT = 0.1, 20.0, 0.01, 1.0


class Trunk(torch.nn.Module):
    """Hidden layers with re-injection at the named ones; `rectifier` acts on all weights but those of the input."""

    def __init__(self, inputs, outputs, widths, injected, rectifier=lambda weight: weight):
        super().__init__()
        self.rectifier = rectifier
        sizes = list(widths) + [outputs]
        self.first = torch.nn.Linear(inputs, sizes[0])
        self.rest = torch.nn.ModuleList(torch.nn.Linear(a, b) for a, b in zip(sizes, sizes[1:]))
        self.inject = torch.nn.ModuleDict(
            {str(layer): torch.nn.Linear(inputs, widths[layer - 1], bias=False) for layer in injected}
        )

    def forward(self, x):
        state = self.first(x)
        for index, layer in enumerate(self.rest):
            # PyTorch's softplus becomes linear beyond its threshold of 20; the exact function is wanted.
            state = SLOPE * state + (1 - SLOPE) * softplus(state, beta=SHARPNESS, threshold=1e9)
            state = apply_linear(state, self.rectifier(layer.weight), layer.bias)
            if str(index + 2) in self.inject:
                state = state + self.inject[str(index + 2)](x)
        return state

    def names(self):
        named = linear("layer1", self.first)
        for index, layer in enumerate(self.rest):
            named |= linear("output" if index == len(self.rest) - 1 else f"layer{index + 2}", layer)
        for key, layer in self.inject.items():
            named |= linear(f"layer{key}.input", layer)
        return named


def support_prediction(trunk, x, homogeneous):
    x = x.detach().requires_grad_(True)
    if homogeneous:
        length = torch.linalg.vector_norm(x, dim=1, keepdim=True)
        score = length * trunk(x / length)
    else:
        score = trunk(x)
    keys = [
        torch.autograd.grad(score[:, head].sum(), x, create_graph=True)[0] for head in range(score.shape[1])
    ]
    return score, torch.stack(keys, dim=1)


def key_prediction(trunk, x):
    key = trunk(x).reshape(len(x), -1, x.shape[1])
    return torch.einsum("nd,ncd->nc", x, key), key


def measure(prediction, x, target):
    score, key = prediction
    best = torch.einsum("nd,ncd->nc", x, target)
    return SCORE_WEIGHT * ((score - best) ** 2).mean() + KEY_WEIGHT * ((key - target) ** 2).mean()


def batches_of(rows, dimension, heads):
    keys = torch.randn(heads, 6, dimension)
    for _ in range(5):
        x = torch.randn(rows, dimension)
        x = x / x.norm(dim=1, keepdim=True)
        best = torch.einsum("nd,ckd->nck", x, keys).argmax(dim=2)
        yield {"x": x, "key": torch.stack([keys[head][best[:, head]] for head in range(heads)], dim=1)}


start(1)
convex = Trunk(5, 1, [8, 8, 8], [3], rectifier=softplus)
write_fixture(
    "support-net", convex, convex.names(), list(batches_of(8, 5, 1)),
    lambda batch: measure(support_prediction(convex, batch["x"], True), batch["x"], batch["key"]),
)

start(2)
router = Trunk(4, 3, [8, 6], [2])
write_fixture(
    "support-net-router", router, router.names(), list(batches_of(6, 4, 3)),
    lambda batch: measure(support_prediction(router, batch["x"], False), batch["x"], batch["key"]),
)

start(3)
mapper = Trunk(5, 10, [8, 8, 8], [3])
write_fixture(
    "key-net", mapper, mapper.names(), list(batches_of(8, 5, 2)),
    lambda batch: measure(key_prediction(mapper, batch["x"]), batch["x"], batch["key"]),
)
