"""Toy residual nets steered in every mode, in NumPy alone: main/steering/testing/toy-net.json, and the table of 20 seeds on request.

python toy_net.py OUT.json      one small net with its numbers
python toy_net.py --table       the table of the specification (32 units, 256 rows, 20 seeds)
"""

import json
import sys

import numpy as np

MODES = [
    ("none", None, None),
    ("simultaneous", "simultaneous", True),
    ("causal, targets steered", "steered", True),
    ("causal, clean targets, linear", "clean", True),
    ("causal, clean targets, mean", "clean", False),
]


def make(seed, units, rows, blocks=4):
    random = np.random.default_rng(seed)
    weights = [random.normal(size=(units, units)) * 1.2 / np.sqrt(units) for _ in range(blocks)]
    mu = random.normal(size=units)
    scale = np.exp(np.log(1.5) * random.normal(size=units))
    draws = [random.normal(size=(rows, units)) for _ in range(4)]
    return {
        "weights": weights,
        "source": draws[0],
        "target": scale * draws[1] + mu,
        "heldSource": draws[2],
        "heldTarget": scale * draws[3] + mu,
    }


def fit(source, target, linear):
    a, b = np.sort(source, 0), np.sort(target, 0)
    centred = a - a.mean(0)
    slope = (centred * (b - b.mean(0))).sum(0) / (centred**2).sum(0) if linear else np.ones(a.shape[1])
    return slope, b.mean(0) - slope * a.mean(0)


def maps_of(net, mode, linear):
    source, target, maps = net["source"], net["target"], []
    for weight in net["weights"]:
        slope, shift = fit(source, target, linear)
        maps.append((slope, shift))
        if mode != "simultaneous":
            source = slope * source + shift
        if mode == "steered":
            target = slope * target + shift
        source, target = (z + np.tanh(z @ weight) for z in (source, target))
    return maps


def hooks_of(net, start, maps):
    state, seen = start, []
    for at, weight in enumerate(net["weights"]):
        if maps:
            state = maps[at][0] * state + maps[at][1]
        seen.append(state)
        state = state + np.tanh(state @ weight)
    return seen


def distances(net):
    goals = hooks_of(net, net["heldTarget"], None)
    table = []
    for _, mode, linear in MODES:
        maps = maps_of(net, mode, linear) if mode else None
        reached = hooks_of(net, net["heldSource"], maps)
        table.append([float(np.sqrt(((np.sort(s, 0) - np.sort(t, 0)) ** 2).mean())) for s, t in zip(reached, goals)])
    return table


def main():
    if sys.argv[1] == "--table":
        mean = np.mean([distances(make(seed, 32, 256)) for seed in range(20)], 0)
        for (name, _, _), row in zip(MODES, mean):
            print(f"{name:32}", *(f"{value:6.2f}" for value in row))
        return
    net = make(0, 8, 48)
    # Rounded before anything is computed, so that both sides start from the same numbers.
    net = {name: [np.round(each, 4) for each in values] if name == "weights" else np.round(values, 4) for name, values in net.items()}
    flat = {name: [each.ravel().tolist() for each in values] if name == "weights" else values.ravel().tolist() for name, values in net.items()}
    with open(sys.argv[1], "w") as out:
        json.dump({"units": 8, "rows": 48, **flat, "distances": {name: row for (name, _, _), row in zip(MODES, distances(net))}}, out, separators=(",", ":"))
        out.write("\n")


main()
