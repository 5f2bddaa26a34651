"""Reference for native-models/optim: AdamW with parameter groups, a clipped norm and a schedule, in double precision.

Trains tanh(x·w1 + b1)·w2 on fixed waves and prints the losses, gradient norms and final parameters as JSON, which is
committed as native-models/optim/adamw-reference.json. Usage: python optimisers.py
"""
import json

import torch

torch.set_default_dtype(torch.float64)
STEPS = 20


def wave(shape, phase, scale):
    count = int(torch.tensor(shape).prod())
    return (scale * torch.sin(1.7 * torch.arange(count) + phase)).reshape(shape)


parameters = {
    "w1": wave((3, 5), 0.1, 0.8),
    "b1": wave((5,), 0.2, 0.3),
    "w2": wave((5, 2), 0.3, 0.8),
}
for tensor in parameters.values():
    tensor.requires_grad_()
x, y = wave((16, 3), 0.4, 1.0), wave((16, 2), 0.5, 1.0)
settings = {
    "w1": dict(lr=0.02, weight_decay=0.1, betas=(0.9, 0.99), eps=1e-8),
    "b1": dict(lr=0.05, weight_decay=0.0, betas=(0.8, 0.95), eps=1e-6),
    "w2": dict(lr=0.01, weight_decay=0.3, betas=(0.95, 0.999), eps=1e-4),
}
optimiser = torch.optim.AdamW([dict(params=[parameters[name]], **settings[name]) for name in parameters])
schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: 1 - step / STEPS)
losses, norms = [], []
for _ in range(STEPS):
    loss = ((torch.tanh(x @ parameters["w1"] + parameters["b1"]) @ parameters["w2"] - y) ** 2).mean()
    optimiser.zero_grad()
    loss.backward()
    norms.append(torch.nn.utils.clip_grad_norm_(list(parameters.values()), 0.3).item())
    losses.append(loss.item())
    optimiser.step()
    schedule.step()
print(
    json.dumps(
        {
            "madeBy": f"bench/reference/optimisers.py, torch {torch.__version__}",
            "losses": losses,
            "gradientNorms": norms,
            "parameters": {name: tensor.detach().flatten().tolist() for name, tensor in parameters.items()},
        },
        indent=1,
    )
)
