"""Times one peer on Sinkhorn between two clouds: PyTorch tiles, POT, or OTT-JAX; all on the CPU with two threads.

Usage: python sinkhorn.py PEER POINTS.npz EPSILON REPEATS [SECONDS]
PEER is torch, pot or ott; POINTS.npz holds x [n, d] and y [m, d] in float32; EPSILON belongs to the cost ½‖x − y‖²
(the same coupling as with −x·y). OTT-JAX 0.6.0 runs with jax 0.7.2; later ones have lost what it calls.

Every peer is given several settings; its fastest counts, chosen on the first 16,384 points where there are more. Prints
one JSON object: seconds per full iteration (both potentials updated), seconds and iterations to an L1 error of the
marginals below 1e-3 (null where that needs more than SECONDS, default 120), peak memory of this process in megabytes,
and the setting.
"""
import json
import math
import os
import resource
import sys
import time

PEER, POINTS, EPSILON, REPEATS = sys.argv[1], sys.argv[2], float(sys.argv[3]), int(sys.argv[4])
LIMIT = float(sys.argv[5]) if len(sys.argv) > 5 else 120.0
TOLERANCE, CHECK_EVERY, CHOSEN_ON, DENSE, MOST = 1e-3, 10, 16384, 8192, 20000
for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[variable] = "2"

import numpy as np  # noqa: E402  (after the thread settings)

_points = np.load(POINTS)
X, Y = np.ascontiguousarray(_points["x"], np.float32), np.ascontiguousarray(_points["y"], np.float32)


class Torch:
    """Tiles of rows through addmm and logsumexp; kept from one to the next, or each made anew."""

    def __init__(self):
        import torch

        self.torch = torch
        torch.set_num_threads(2)
        torch.set_grad_enabled(False)
        self.name = f"PyTorch {torch.__version__} addmm + logsumexp"
        self.settings = {f"{rows} rows, {'kept' if kept else 'new'} tiles": (rows, kept)
                         for rows in (32, 128, 512) for kept in (True, False)}

    def run(self, x, y, setting, count, threshold, limit=math.inf):
        torch, (n, m), (rows, kept) = self.torch, (len(x), len(y)), setting
        x, y = torch.from_numpy(x) / EPSILON, torch.from_numpy(y)
        xt, yt, f, g = x.T.contiguous(), y.T.contiguous(), torch.zeros(n), torch.zeros(m)

        tiles = [torch.empty(rows, columns) if kept else None for columns in (m, n)]

        def half(points, fixed, potential, tile):
            sums = torch.empty(len(points))
            for i in range(0, len(points), rows):
                block = points[i:i + rows]
                scores = torch.addmm(potential, block, fixed, out=None if tile is None else tile[:len(block)])
                torch.logsumexp(scores, dim=1, out=sums[i:i + rows])
            return sums

        start = time.perf_counter()
        for iteration in range(1, count + 1):
            sums = half(x, yt, g, tiles[0])
            if threshold and iteration > 1 and iteration % CHECK_EVERY == 0 and (
                    torch.exp(f + sums) - 1 / n).abs().sum().item() < threshold:
                return iteration
            f = -math.log(n) - sums
            g = -math.log(m) - half(y, xt, f, tiles[1])
            if time.perf_counter() - start > limit:
                return None
        return count


class Pot:
    """empirical_sinkhorn in its lazy form, on NumPy and on PyTorch arrays; its dense form where the table is small."""

    def __init__(self):
        import ot
        import torch

        self.ot, self.torch = ot, torch
        torch.set_num_threads(2)
        self.name = f"POT {ot.__version__}"
        self.settings = {f"lazy, {backend}, {batch} rows": (backend, batch)
                         for backend in ("numpy", "torch") for batch in (100, 1000)}
        if max(len(X), len(Y)) <= DENSE:
            self.settings.update({f"dense, {backend}": (backend, None) for backend in ("numpy", "torch")})

    def run(self, x, y, setting, count, threshold, limit=math.inf):
        backend, batch = setting
        if backend == "torch":
            x, y = self.torch.from_numpy(x), self.torch.from_numpy(y)
        # POT's metric is the full squared distance, so its regulariser is twice ours.
        options = dict(stopThr=threshold, log=True, warn=False)
        if batch is None:
            log = self.ot.bregman.sinkhorn_log([], [], self.ot.dist(x, y), 2 * EPSILON, numItermax=count, **options)[1]
        else:
            log = self.ot.bregman.empirical_sinkhorn(x, y, 2 * EPSILON, isLazy=True, batchSize=batch,
                                                     numIterMax=count, **options)[2]
        # Both count from 0.
        return log["niter"] + 1


class Ott:
    """The Sinkhorn solver on a point cloud whose cost is made in batches; the whole cost where it is small."""

    def __init__(self):
        import jax
        import ott
        from ott.geometry import pointcloud
        from ott.problems.linear import linear_problem
        from ott.solvers.linear import sinkhorn

        self.jax, self.pointcloud, self.sinkhorn = jax, pointcloud, sinkhorn
        self.name = f"OTT-JAX {ott.__version__}, JAX {jax.__version__}"
        self.settings = {f"batches of {size}": size for size in (256, 1024, 4096) if size <= len(X)}
        if max(len(X), len(Y)) <= DENSE:
            self.settings["dense"] = None
        self.solve = jax.jit(lambda solver, geometry: solver(linear_problem.LinearProblem(geometry)))

    def run(self, x, y, batch, count, threshold, limit=math.inf):
        x, y = self.jax.numpy.asarray(x), self.jax.numpy.asarray(y)
        geometry = self.pointcloud.PointCloud(x, y, epsilon=2 * EPSILON, batch_size=batch)
        exact = threshold == 0
        solver = self.sinkhorn.Sinkhorn(threshold=-1.0 if exact else threshold,
                                        inner_iterations=1 if exact else CHECK_EVERY,
                                        min_iterations=count if exact else 0, max_iterations=count)
        out = self.solve(solver, geometry)
        self.jax.block_until_ready(out.f)
        return int(out.n_iters)


def seconds_per_iteration(peer, x, y, setting):
    """Over a run of several, after one that compiles what there is to compile."""
    count = 10 if len(x) <= DENSE else 3 if len(x) <= CHOSEN_ON else 1
    start = time.perf_counter()
    peer.run(x, y, setting, count, 0)
    best = time.perf_counter() - start
    # Where even this takes long, compiling does not count for much: one run is all it gets.
    for _ in range(REPEATS if best < LIMIT / 2 else 0):
        start = time.perf_counter()
        peer.run(x, y, setting, count, 0)
        best = min(best, time.perf_counter() - start)
    return best / count


def measure():
    peer = {"torch": Torch, "pot": Pot, "ott": Ott}[PEER]()
    few = X[:CHOSEN_ON], Y[:CHOSEN_ON]
    times = {name: seconds_per_iteration(peer, *few, setting) for name, setting in peer.settings.items()}
    name = min(times, key=times.get)
    setting = peer.settings[name]
    per_iteration = times[name] if len(X) <= CHOSEN_ON else seconds_per_iteration(peer, X, Y, setting)
    seconds = iterations = None
    # The same problem takes every peer some forty iterations: no need to wait for what cannot end in time.
    if 40 * per_iteration < LIMIT:
        # Compiled first, where compiling would be much of the time.
        if PEER == "ott" and 40 * per_iteration < LIMIT / 4:
            peer.run(X, Y, setting, MOST, TOLERANCE)
        start = time.perf_counter()
        iterations = peer.run(X, Y, setting, MOST, TOLERANCE, LIMIT)
        seconds = time.perf_counter() - start if iterations is not None else None
    return {"peer": peer.name, "secondsPerIteration": per_iteration, "secondsToTolerance": seconds,
            "iterations": iterations, "setting": name,
            "peakMegabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


try:
    print(json.dumps(measure()))
except ImportError as error:
    print(json.dumps({"peer": PEER, "missing": str(error)}))
