"""scikit-learn on the probes that `monge bench probes` fits: the same rows, grids and validation items, one thread.

Usage: python timing.py rows.npz TRAIN REPEATS RESAMPLES; prints one JSON object.
"""

import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import json
import sys
import time
import warnings

import numpy as np
import sklearn
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import roc_auc_score

warnings.filterwarnings("ignore")
file, train, repeats, resamples = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
arrays = np.load(file)
x, y = arrays["x"].astype(np.float64), arrays["y"]


def split():
    mean, deviation = x[:train].mean(0), x[:train].std(0)
    z = (x - mean) / deviation
    return z[:train], y[:train], z[train:], y[train:]


def best(models):
    z, labels, other, truth = split()
    found = 0.0
    for model in models(z, labels):
        model.fit(z, labels)
        scores = (
            model.decision_function(other) if hasattr(model, "decision_function") else model.predict(other)
        )
        found = max(found, roc_auc_score(truth, scores))
    return found


def squared(z, labels):
    model = LogisticRegression(tol=1e-4, max_iter=1000, warm_start=True)
    for penalty in (100, 10, 1, 0.1, 0.01, 1e-3, 1e-4):
        yield model.set_params(C=1 / (penalty * len(labels)))


def sparse(z, labels):
    largest = np.abs(z.T @ (labels - labels.mean())).max() / len(labels)
    # liblinear is the faster of its solvers here; it penalises the bias, which moves no AUC.
    for k in range(30):
        penalty = largest * 0.01 ** ((k + 1) / 30)
        yield LogisticRegression(l1_ratio=1.0, solver="liblinear", C=1 / (penalty * len(labels)), tol=1e-4)


def discriminant(_z, _labels):
    for shrinkage in (0.9, 0.5, 0.1, 0.02):
        yield LinearDiscriminantAnalysis(solver="lsqr", shrinkage=shrinkage)


def ridge(_z, labels):
    for penalty in (100, 10, 1, 0.1, 0.01, 1e-3):
        yield Ridge(alpha=penalty * len(labels))


def bootstrap():
    random = np.random.default_rng(0)
    truth = y[train:]
    scores = random.normal(size=len(truth)) + truth
    ones, zeros = np.flatnonzero(truth), np.flatnonzero(truth == 0)
    for _ in range(resamples):
        rows = np.concatenate([random.choice(ones, len(ones)), random.choice(zeros, len(zeros))])
        roc_auc_score(truth[rows], scores[rows])
    return roc_auc_score(truth, scores)


def timed(run):
    seconds, value = np.inf, np.nan
    for _ in range(max(2, repeats)):
        start = time.perf_counter()
        value = run()
        seconds = min(seconds, time.perf_counter() - start)
    return {"seconds": seconds, "auc": float(value)}


cases = {"lr-l2": squared, "lr-l1": sparse, "lda": discriminant, "ridge": ridge}
found = {name: timed(lambda models=models: best(models)) for name, models in cases.items()}
found["bootstrap"] = timed(bootstrap)
print(json.dumps({"peer": f"scikit-learn {sklearn.__version__}", "cases": found}))
