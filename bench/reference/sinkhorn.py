"""Times one peer on Sinkhorn between two clouds: PyTorch tiles, POT, or OTT-JAX; all on the CPU with two threads.

Usage: python sinkhorn.py PEER POINTS.npz EPSILON REPEATS [SECONDS]
PEER is torch, pot or ott; POINTS.npz holds x [n, d] and y [m, d] in float32; EPSILON belongs to the cost ½‖x − y‖²
(the same coupling as with −x·y). OTT-JAX 0.6.0 runs with jax 0.7.2; later ones have lost what it calls. Every peer is given several settings; its fastest counts. Prints one JSON object:
seconds per full iteration (both potentials updated), seconds and iterations to an L1 error of the marginals below
1e-3 (null where that needs more than SECONDS, default 120), peak memory of this process in megabytes, and the setting.
"""
import json
import math
import os
import resource
import sys
import time

PEER, POINTS, EPSILON, REPEATS = sys.argv[1], sys.argv[2], float(sys.argv[3]), int(sys.argv[4])
LIMIT = float(sys.argv[5]) if len(sys.argv) > 5 else 120.0
TOLERANCE, CHECK_EVERY, DENSE_UP_TO = 1e-3, 10, 8192
for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[variable] = "2"

import numpy as np  # noqa: E402  (after the thread settings)

_points = np.load(POINTS)
X, Y = np.ascontiguousarray(_points["x"], np.float32), np.ascontiguousarray(_points["y"], np.float32)
N, M = len(X), len(Y)


def best_of(run):
    """Best wall time of the repeats; a setting slower than ten seconds is timed once."""
    best = math.inf
    for _ in range(REPEATS):
        start = time.perf_counter()
        run()
        best = min(best, time.perf_counter() - start)
        if best > 10:
            break
    return best


def torch_peer():
    import torch

    torch.set_num_threads(2)
    x, y = torch.from_numpy(X) / EPSILON, torch.from_numpy(Y)
    yt, xt = y.T.contiguous(), x.T.contiguous()

    def half(points, fixed, potential, rows):
        return torch.cat([torch.logsumexp(torch.addmm(potential, points[i:i + rows], fixed), dim=1)
                          for i in range(0, len(points), rows)])

    def iterate(f, g, rows):
        sums = half(x, yt, g, rows)
        error = (torch.exp(f + sums) - 1 / N).abs().sum().item()
        f = -math.log(N) - sums
        return f, -math.log(M) - half(y, xt, f, rows), error

    def solve(rows):
        f, g = torch.zeros(N), torch.zeros(M)
        start = time.perf_counter()
        for iteration in range(1, 20001):
            f, g, error = iterate(f, g, rows)
            if iteration > 1 and iteration % CHECK_EVERY == 0 and error < TOLERANCE:
                return time.perf_counter() - start, iteration
            if time.perf_counter() - start > LIMIT:
                return None, iteration

    with torch.no_grad():
        zero = torch.zeros(N), torch.zeros(M)
        times = {rows: best_of(lambda: iterate(*zero, rows)) for rows in (32, 128, 512)}
        rows = min(times, key=times.get)
        seconds, iterations = solve(rows)
    return f"PyTorch {torch.__version__} addmm + logsumexp", times[rows], seconds, iterations, f"{rows} rows"


def pot_peer():
    import ot
    import torch

    torch.set_num_threads(2)
    # POT's metric is the full squared distance, so its regulariser is twice ours.
    regulariser = 2 * EPSILON
    clouds = {"numpy": (X, Y), "torch": (torch.from_numpy(X), torch.from_numpy(Y))}
    runs = {}
    for backend, (x, y) in clouds.items():
        for batch in (100, 1000):
            runs[f"lazy, {backend}, {batch} rows"] = lambda count, threshold, x=x, y=y, batch=batch: (
                ot.bregman.empirical_sinkhorn(x, y, regulariser, isLazy=True, batchSize=batch, numIterMax=count,
                                              stopThr=threshold, log=True, warn=False)[2])
        if max(N, M) <= DENSE_UP_TO:
            def dense(count, threshold, x=x, y=y):
                cost = ot.dist(x, y)
                return ot.bregman.sinkhorn_log([], [], cost, regulariser, numItermax=count, stopThr=threshold,
                                               log=True, warn=False)[1]
            runs[f"dense, {backend}"] = dense
    return timed(f"POT {ot.__version__}", runs, lambda log: log.get("niter", log.get("n_iter")))


def ott_peer():
    import jax
    import ott
    from ott.geometry import pointcloud
    from ott.solvers.linear import sinkhorn
    from ott.problems.linear import linear_problem

    x, y = jax.numpy.asarray(X), jax.numpy.asarray(Y)

    def make(batch):
        def run(count, threshold):
            geometry = pointcloud.PointCloud(x, y, epsilon=2 * EPSILON, batch_size=batch)
            exact = threshold == 0
            solver = sinkhorn.Sinkhorn(threshold=threshold if threshold else -1.0, inner_iterations=1 if exact else CHECK_EVERY,
                                       min_iterations=count if exact else 0, max_iterations=count)
            out = compiled(solver, geometry)
            jax.block_until_ready(out.f)
            return int(out.n_iters)
        compiled = jax.jit(lambda solver, geometry: solver(linear_problem.LinearProblem(geometry)))
        return run

    sizes = [256, 1024, 4096] if N >= 4096 else [256, 1024]
    runs = {f"batches of {size}": make(size) for size in sizes if size <= N}
    if max(N, M) <= DENSE_UP_TO:
        runs["dense"] = make(None)
    return timed(f"OTT-JAX {ott.__version__}, JAX {jax.__version__}", runs, lambda count: count)


def timed(name, runs, iterations_of):
    """Seconds per iteration over a run of several, after a run of the same length that compiles what there is to compile."""
    count = 10 if max(N, M) <= DENSE_UP_TO else 3 if max(N, M) < 30000 else 1
    times = {}
    for setting, run in runs.items():
        start = time.perf_counter()
        run(count, 0)
        first = time.perf_counter() - start
        # Where even this takes long, compiling does not count for much: one run is all it gets.
        times[setting] = (first if first > LIMIT / 2 else best_of(lambda: run(count, 0))) / count
    setting = min(times, key=times.get)
    expected = 40 * times[setting]
    if expected > LIMIT:
        return name, times[setting], None, None, setting
    runs[setting](20000, TOLERANCE)
    start = time.perf_counter()
    count = iterations_of(runs[setting](20000, TOLERANCE))
    return name, times[setting], time.perf_counter() - start, count, setting


try:
    peer, per_iteration, seconds, iterations, setting = {"torch": torch_peer, "pot": pot_peer, "ott": ott_peer}[PEER]()
    print(json.dumps({"peer": peer, "secondsPerIteration": per_iteration, "secondsToTolerance": seconds,
                      "iterations": None if iterations is None else int(iterations),
                      "peakMegabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "setting": setting}))
except ImportError as error:
    print(json.dumps({"peer": PEER, "missing": str(error)}))
