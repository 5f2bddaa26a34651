"""What Optuna's samplers reach: writes main/study/samplers/testing/optuna.json.

    python samplers.py [--seeds 20] [--only tpe,cma-es,gp,random]

Needs optuna 5.0.0, cmaes, scikit-learn, scipy and torch. Best of 60 evaluations (of 150 on the cliff quadratic, whose
missing values Optuna is given as infinity) for every seed, ascending; and the evaluations of CMA-ES on Rosenbrock's
function until it is below 1e-8. The list of one sampler replaces the one in the file.
"""
import argparse
import json
import warnings
from pathlib import Path

import cmaes
import numpy as np
import optuna
from problems import BOXES, CLIFF, FUNCTIONS, rosenbrock

OUT = Path(__file__).parents[3] / 'main/study/samplers/testing/optuna.json'
BUDGETS = {'branin': 60, 'hartmann6': 60, 'rosenbrock10': 60, 'cliff': 150}
SAMPLERS = {
    'random': lambda seed: optuna.samplers.RandomSampler(seed=seed),
    'tpe': lambda seed: optuna.samplers.TPESampler(seed=seed),
    'cma-es': lambda seed: optuna.samplers.CmaEsSampler(seed=seed),
    'gp': lambda seed: optuna.samplers.GPSampler(seed=seed),
}


def best_of(sampler, name, seed):
    study = optuna.create_study(sampler=SAMPLERS[sampler](seed))
    box = BOXES[name]

    def objective(trial):
        return FUNCTIONS[name]([trial.suggest_float(f'x{k}', *ends) for k, ends in enumerate(box)])

    study.optimize(objective, n_trials=BUDGETS[name])
    return study.best_value


def evaluations_of_cma(seed, limit=20_000):
    """With the start of Optuna's sampler: the middle of the box, a sixth of it, coordinates of the unit cube."""
    box = np.array(BOXES['rosenbrock10'], float)
    optimizer = cmaes.CMA(np.full(10, 0.5), 1 / 6, np.array([[0.0, 1.0]] * 10), 100, seed)
    for evaluation in range(0, limit, optimizer.population_size):
        told = []
        for offset in range(optimizer.population_size):
            x = optimizer.ask()
            value = rosenbrock(box[:, 0] + x * (box[:, 1] - box[:, 0]))
            if value < 1e-8:
                return evaluation + offset + 1
            told.append((x, value))
        optimizer.tell(told)
    return None


def rounded(values):
    return [float(f'{value:.7g}') if np.isfinite(value) else None for value in sorted(values)]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--seeds', type=int, default=20)
    parser.add_argument('--only', default='random,tpe,cma-es,gp')
    options = parser.parse_args()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.simplefilter('ignore')
    for sampler in options.only.split(','):
        best = {}
        for name in BOXES:
            best[name] = rounded([best_of(sampler, name, seed) for seed in range(options.seeds)])
            print(sampler, name, 'median', best[name][len(best[name]) // 2], flush=True)
        # Read late: another process may have written the list of another sampler meanwhile.
        out = json.loads(OUT.read_text()) if OUT.exists() else {}
        out |= {'optuna': optuna.__version__, 'budgets': BUDGETS, 'cliff': CLIFF}
        out.setdefault('best', {})[sampler] = best
        if sampler == 'cma-es':
            out['evaluations'] = {'cma-es': [evaluations_of_cma(seed) for seed in range(options.seeds)]}
        OUT.write_text(json.dumps(out, indent=1) + '\n')


if __name__ == '__main__':
    main()
