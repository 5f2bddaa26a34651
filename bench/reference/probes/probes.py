"""Writes main/probes/testing/probes.json: what scikit-learn and NumPy make of small data, for the parity tests of probes and texts.

Run from the project's folder: python bench/reference/probes/probes.py (scikit-learn 1.9, NumPy 2).
"""

import json
import pathlib

import numpy as np
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import roc_auc_score, silhouette_score

random = np.random.default_rng(7)
n, d = 90, 12
labels = random.integers(0, 2, n)
direction = random.normal(size=d)
scales = 10.0 ** random.uniform(-1, 2, d)
x = (random.normal(size=(n, d)) + np.outer(labels - 0.5, direction)) * scales + random.normal(size=d) * 5
x = x.astype(np.float32).astype(np.float64)
z = (x - x.mean(0)) / x.std(0)


def flat(values):
    return np.asarray(values, dtype=np.float64).ravel().tolist()


def logistic(penalty, **kind):
    solver = "saga" if kind.get("l1_ratio") else "lbfgs"
    model = LogisticRegression(C=1 / (penalty * n), tol=1e-12, max_iter=1_000_000, solver=solver, **kind)
    model.fit(z, labels)
    return {"penalty": penalty, "weights": flat(model.coef_), "bias": float(model.intercept_[0])}


lda = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=0.1).fit(z, labels)
ridge = Ridge(alpha=0.1 * n).fit(z, labels)
means = [z[labels == label].mean(0) for label in (0, 1)]
within = sum(np.cov(z[labels == label].T, ddof=0) * (labels == label).sum() for label in (0, 1)) / (n - 2)
theta = means[1] - means[0]
scores = np.round(z @ theta, 1)  # with ties
texts = [
    "The city of Paris is in France.",
    "The city of Paris is not in France.",
    "Fifty-one is larger than fifty-two.",
    "La ciudad de Bogotá está en Colombia, está.",
    "two two two larger",
    "x y",
]
vectorizer = TfidfVectorizer(ngram_range=(1, 2))
weights = vectorizer.fit_transform(texts)
text_labels = np.array([1, 0, 0, 1, 0, 1])
judge = LogisticRegression(C=1.0, tol=1e-12, max_iter=100_000).fit(weights, text_labels)

pathlib.Path("main/probes/testing").mkdir(parents=True, exist_ok=True)
pathlib.Path("main/probes/testing/probes.json").write_text(
    json.dumps(
        {
            "columns": d,
            "x": flat(x),
            "labels": labels.tolist(),
            "standardised": flat(z[:3]),
            "logisticL2": [logistic(penalty) for penalty in (1.0, 0.01)],
            "logisticL1": [logistic(penalty, l1_ratio=1.0) for penalty in (0.1, 0.02)],
            "lda": {"shrinkage": 0.1, "weights": flat(lda.coef_)},
            "ridge": {"penalty": 0.1, "weights": flat(ridge.coef_), "intercept": float(ridge.intercept_)},
            "massMean": {
                "weights": flat(theta),
                "inside": flat(np.linalg.pinv(within, rcond=1e-3, hermitian=True) @ theta),
            },
            "auc": {"scores": flat(scores), "value": float(roc_auc_score(labels, scores))},
            "silhouette": float(silhouette_score(z, labels)),
            "texts": {
                "texts": texts,
                "labels": text_labels.tolist(),
                "features": vectorizer.get_feature_names_out().tolist(),
                "rows": flat(weights.toarray()),
                "scores": flat(judge.decision_function(weights)),
            },
        }
    )
    + "\n"
)
