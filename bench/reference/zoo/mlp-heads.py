"""Parity fixtures of the perceptron heads: mean, gaussian, mixture, quantile, classifier. Densities come from torch.distributions."""
import torch
from torch.distributions import Categorical, MixtureSameFamily, MultivariateNormal

from common import linear, start, write_fixture

BATCH, INPUTS, HIDDEN, LAYERS = 8, 3, 6, 2
DIMENSION, COMPONENTS, LEVELS, CLASSES = 2, 3, [0.1, 0.5, 0.9], 4
LOW, HIGH = -10.0, 6.0


def network(outputs):
    sizes = [INPUTS] + [HIDDEN] * LAYERS
    modules = []
    for a, b in zip(sizes, sizes[1:]):
        modules += [torch.nn.Linear(a, b), torch.nn.SiLU()]
    return torch.nn.Sequential(*modules, torch.nn.Linear(HIDDEN, outputs))


def names(model):
    layers = [module for module in model if isinstance(module, torch.nn.Linear)]
    named = linear("output", layers[-1])
    for index, layer in enumerate(layers[:-1]):
        named |= linear(f"layer{index + 1}", layer)
    return named


def gaussian(raw):
    """mean, bounded log-variances and the entry below the diagonal of the whitening matrix W, for two coordinates."""
    centre, reach = (HIGH + LOW) / 2, (HIGH - LOW) / 2
    log_variance = centre + reach * torch.tanh((raw[..., 2:4] - centre) / reach)
    whitening = torch.diag_embed(torch.exp(-log_variance / 2))
    below = torch.zeros_like(whitening)
    below[..., 1, 0] = raw[..., 4]
    whitening = whitening + below
    return MultivariateNormal(raw[..., :2], precision_matrix=whitening.mT @ whitening)


def gaussian_loss(raw, y):
    return -gaussian(raw).log_prob(y).mean()


def mixture_loss(raw, y):
    weights = Categorical(logits=raw[:, :COMPONENTS])
    parts = gaussian(raw[:, COMPONENTS:].reshape(BATCH, COMPONENTS, 5))
    return -MixtureSameFamily(weights, parts).log_prob(y).mean()


def quantile_loss(raw, y):
    total = 0.0
    for index, level in enumerate(LEVELS):
        error = y - raw[:, index * DIMENSION : (index + 1) * DIMENSION]
        total = total + torch.where(error >= 0, level * error, (level - 1) * error).mean()
    return total / len(LEVELS)


HEADS = {
    "mean": (DIMENSION, torch.nn.functional.mse_loss),
    "gaussian": (5, gaussian_loss),
    "mixture": (COMPONENTS * 6, mixture_loss),
    "quantile": (DIMENSION * len(LEVELS), quantile_loss),
    "classifier": (CLASSES, lambda raw, y: torch.nn.functional.cross_entropy(raw, y.long())),
}

for kind, (outputs, measure) in HEADS.items():
    start()
    model = network(outputs)
    batches = []
    for _ in range(5):
        x = torch.randn(BATCH, INPUTS)
        if kind == "classifier":
            y = torch.randint(CLASSES, (BATCH,), dtype=torch.int32)
        else:
            y = torch.sin(x[:, :2]) + 0.3 * torch.randn(BATCH, DIMENSION)
        batches.append({"x": x, "y": y})
    write_fixture(f"mlp-{kind}", model, names(model), batches, lambda batch: measure(model(batch["x"]), batch["y"]))
