"""Times ott-jax's OTCP.fit_transport on given residuals and reference points; on the CPU with two threads.

Usage: python conformal.py PROBLEM.npz EPSILON TOLERANCE REPEATS ANSWER.npz
PROBLEM.npz holds residuals [n, d] and reference [m, d] in float32; EPSILON belongs to the cost |z − u|². OTT-JAX 0.6.0
runs with jax 0.7.2; later ones have lost what it calls.

The whole of fit_transport is compiled before it is timed. Each setting's fastest run counts. Writes each setting's column
potential g [m], divided by EPSILON and less |u|²/EPSILON, to ANSWER.npz, so that the caller can judge all marginals in one
way, and prints one JSON object: per setting seconds and iterations, the first being the defaults.
"""
import json
import os
import resource
import sys
import time

PROBLEM, EPSILON, TOLERANCE, REPEATS, ANSWER = (
    sys.argv[1], float(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4]), sys.argv[5])
for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[variable] = "2"
MOST = 5000

import numpy as np  # noqa: E402  (after the thread settings)


def settings(acceleration):
    """Keyword arguments of fit_transport, the defaults first. Without logarithms (lse_mode=False) it took three times as long."""
    return {
        "defaults": {},
        "checked every iteration": {"inner_iterations": 1},
        "momentum": {"momentum": acceleration.Momentum(start=20)},
    }


def measure():
    import jax
    import jax.numpy as jnp
    import ott
    from ott.solvers.linear import acceleration
    from ott.tools.conformal import OTCP

    problem = np.load(PROBLEM)
    residuals, reference = jnp.asarray(problem["residuals"]), jnp.asarray(problem["reference"])
    n, m = len(residuals), len(reference)
    nothing = jnp.zeros((n, 1))
    weights = jnp.full(m, 1.0 / m)
    timings, potentials = [], {}
    for number, (name, options) in enumerate(settings(acceleration).items()):
        def fit(x, y, points, options=options):
            method = OTCP(model=lambda x: jnp.zeros((len(x), y.shape[1])),
                          sampler=lambda rng, shape: (points, weights))
            return method.fit_transport(x, y, epsilon=EPSILON, n_target=m, threshold=TOLERANCE,
                                        max_iterations=MOST, **options).sinkhorn_output

        compiled = jax.jit(fit)
        out = jax.block_until_ready(compiled(nothing, residuals, reference))
        best = float("inf")
        for _ in range(REPEATS):
            start = time.perf_counter()
            out = jax.block_until_ready(compiled(nothing, residuals, reference))
            best = min(best, time.perf_counter() - start)
        g = np.asarray(out.g, np.float64) - np.square(np.asarray(reference, np.float64)).sum(1)
        potentials[f"g{number}"] = (g / EPSILON).astype(np.float32)
        timings.append({"setting": name, "seconds": best, "iterations": int(out.n_iters)})
    np.savez(ANSWER, **potentials)
    return {"peer": f"OTT-JAX {ott.__version__}, JAX {jax.__version__}", "timings": timings,
            "peakMegabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


try:
    print(json.dumps(measure()))
except ImportError as error:
    print(json.dumps({"missing": str(error)}))
