"""Times PyTorch on one Sinkhorn half-iteration: row log-sum-exp of x yᵀ/ε + h over n x n pairs, tile by tile.

Prints one JSON object: seconds per half-iteration (best of the repeats over tile heights and thread settings).
Usage: python sinkhorn.py N D REPEATS
"""
import json
import sys
import time

import torch

N, D, REPEATS = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])


def half_iteration(x, yt, h, rows):
    return torch.cat([torch.logsumexp(torch.addmm(h, x[i:i + rows], yt), dim=1) for i in range(0, N, rows)])


@torch.no_grad()
def seconds(threads, rows):
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    x, yt, h = torch.randn(N, D) / 0.5, torch.randn(N, D).T.contiguous(), torch.randn(N)
    best = float("inf")
    for _ in range(REPEATS + 1):
        start = time.perf_counter()
        half_iteration(x, yt, h, rows)
        best = min(best, time.perf_counter() - start)
    return best


print(json.dumps({"peer": f"PyTorch {torch.__version__} addmm + logsumexp",
                  "settings": {f"{t} thread{'s' if t > 1 else ''}, {r} rows": seconds(t, r)
                               for t in (1, 2) for r in (32, 128, 512)}}))
