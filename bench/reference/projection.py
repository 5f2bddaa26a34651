"""Golden principal components by scikit-learn (full SVD in double precision), for main/projection/pca.numeric.test.ts.

Usage: python bench/reference/projection.py main/projection/testing/pca.json
"""

import json
import sys

import numpy as np
from sklearn.decomposition import PCA

CASES = [("tall", 60, 7, 3), ("wide", 9, 20, 4), ("square", 12, 12, 2)]


def oriented(axes):
    """The largest loading of each axis positive, as the product states."""
    largest = axes[np.arange(len(axes)), np.abs(axes).argmax(axis=1)]
    return axes * np.sign(largest)[:, None]


def case(name, rows, columns, count, rng):
    scales = 1.6 ** -np.arange(columns)
    x = (rng.standard_normal((rows, columns)) * scales + 3 * rng.standard_normal(columns)).astype(np.float32)
    pca = PCA(n_components=count, svd_solver="full").fit(x.astype(np.float64))
    axes = oriented(pca.components_)
    return {
        "name": name,
        "rows": rows,
        "columns": columns,
        "count": count,
        "data": [float(v) for v in x.ravel()],
        "mean": pca.mean_.tolist(),
        "axes": axes.ravel().tolist(),
        "variances": pca.explained_variance_.tolist(),
        "shares": pca.explained_variance_ratio_.tolist(),
        "scores": ((x - pca.mean_) @ axes.T).ravel().tolist(),
    }


def main(path):
    rng = np.random.default_rng(11)
    cases = [case(*parts, rng) for parts in CASES]
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"cases": cases}, file)
        file.write("\n")


if __name__ == "__main__":
    main(sys.argv[1])
