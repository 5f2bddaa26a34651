"""Generations of CMA-ES and of CMA-ES with margin: writes main/study/samplers/testing/cma.json.

    python cma.py

Needs cmaes, which Optuna runs. Points are given, best first; with mean, step size and covariance after each generation. With
margin the second and third of the four coordinates are cells of widths 1/5 and 1/2, whose values stand in their middles.
"""
import json
from pathlib import Path

import cmaes
import numpy as np

OUT = Path(__file__).parents[3] / 'main/study/samplers/testing/cma.json'


def generations(optimizer, state, count, population, rng):
    out = []
    for _ in range(count):
        points = np.clip(state._mean + 0.2 * rng.randn(population, state.dim) * [1, 0.1, 0.3, 2], 0, 1)
        optimizer.tell([(x, float(k)) for k, x in enumerate(points)])
        out.append({
            'points': points.tolist(), 'mean': state._mean.tolist(), 'sigma': float(state._sigma),
            'covariance': state._C.tolist(),
            'scales': optimizer._A.tolist() if hasattr(optimizer, '_A') else None,
        })
    return out


def main():
    rng = np.random.RandomState(5)
    bounds = np.array([[0.0, 1.0]] * 4)
    plain = cmaes.CMA(np.full(4, 0.5), 0.2, bounds, 10, 1)
    cells = bounds.copy()
    cells[1] = [0.1, 0.9]
    cells[2] = [0.25, 0.75]
    margin = cmaes.CMAwM(np.full(4, 0.5), 0.2, cells, np.array([0, 0.2, 0.5, 0]), 10, 1)
    OUT.write_text(json.dumps({
        'population': plain.population_size,
        'plain': generations(plain, plain, 5, plain.population_size, rng),
        'margin': generations(margin, margin._cma, 12, plain.population_size, rng),
    }) + '\n')


if __name__ == '__main__':
    main()
