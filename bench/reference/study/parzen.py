"""Optuna's Parzen estimators on small examples: writes main/study/samplers/testing/parzen.json.

    python parzen.py

Needs optuna 5.0.0. Kernels (means, widths, weights) and log densities, for few and for many observations, with and without
the magic clip and the end points. Numbers of a log scale are logarithms where they describe kernels.
"""
import json
from pathlib import Path

import numpy as np
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.samplers._tpe.parzen_estimator import _ParzenEstimator, _ParzenEstimatorParameters
from optuna.samplers._tpe.sampler import default_gamma, default_weights

OUT = Path(__file__).parents[3] / 'main/study/samplers/testing/parzen.json'
SPACE = {
    'rate': FloatDistribution(1e-4, 1.0, log=True),
    'share': FloatDistribution(-2.0, 3.0),
    'dropout': FloatDistribution(0.0, 0.5, step=0.1),
    'layers': IntDistribution(1, 9, step=2),
    'width': IntDistribution(8, 512, log=True),
    'kind': CategoricalDistribution(['a', 'b', 'c']),
}


def columns(rng, count):
    return {
        'rate': np.exp(rng.uniform(np.log(1e-4), 0, count)),
        'share': rng.uniform(-2, 3, count),
        'dropout': np.round(rng.randint(0, 6, count) * 0.1, 10),
        'layers': rng.randint(0, 5, count) * 2 + 1,
        'width': np.round(np.exp(rng.uniform(np.log(8), np.log(512), count))),
        'kind': rng.randint(0, 3, count),
    }


# Which of equal observations is called the first decides their widths; numpy's order depends on the machine.
unstable = np.argsort
np.argsort = lambda values, **_: unstable(values, kind='stable')


def main():
    rng = np.random.RandomState(3)
    cases = []
    for count, clip, ends in [(0, True, False), (1, True, False), (4, True, False), (30, True, False), (6, False, True)]:
        seen = columns(rng, count)
        asked = columns(rng, 5)
        parameters = _ParzenEstimatorParameters(1.0, clip, ends, default_weights, True)
        estimator = _ParzenEstimator(seen, SPACE, parameters)
        mixture = estimator._mixture_distribution
        kernels = {}
        for name, of in zip(SPACE, mixture.distributions):
            kernels[name] = (
                {'weights': of.weights.tolist()}
                if name == 'kind'
                else {'means': of.mu.tolist(), 'widths': of.sigma.tolist()}
            )
        cases.append({
            'magicClip': clip, 'endpoints': ends,
            'observations': {key: value.tolist() for key, value in seen.items()},
            'weights': mixture.weights.tolist(), 'kernels': kernels,
            'asked': {key: value.tolist() for key, value in asked.items()},
            'logDensity': estimator.log_pdf(asked).tolist(),
        })
    gamma = {str(n): default_gamma(n) for n in (0, 1, 10, 11, 60, 249, 260, 10_000)}
    OUT.write_text(json.dumps({'gamma': gamma, 'cases': cases}) + '\n')


if __name__ == '__main__':
    main()
