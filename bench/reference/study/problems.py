"""The functions that samplers are compared on; main/study/samplers/testing/problems.ts holds the same ones.

Every function is minimised over a box of real numbers. The cliff quadratic has no value beyond its half-spaces.
"""
import math

import numpy as np

A = np.array([
    [10, 3, 17, 3.5, 1.7, 8], [0.05, 10, 17, 0.1, 8, 14], [3, 3.5, 1.7, 10, 17, 8], [17, 8, 0.05, 10, 0.1, 14]])
P = 1e-4 * np.array([
    [1312, 1696, 5569, 124, 8283, 5886], [2329, 4135, 8307, 3736, 1004, 9991],
    [2348, 1451, 3522, 2883, 3047, 6650], [4047, 8828, 8732, 5743, 1091, 381]])
ALPHA = np.array([1, 1.2, 3, 3.2])


def branin(x):
    value = x[1] - 5.1 / (4 * math.pi**2) * x[0] ** 2 + 5 / math.pi * x[0] - 6
    return value**2 + 10 * (1 - 1 / (8 * math.pi)) * math.cos(x[0]) + 10


def hartmann6(x):
    return float(-(ALPHA * np.exp(-(A * (np.asarray(x) - P) ** 2).sum(1))).sum())


def rosenbrock(x):
    x = np.asarray(x)
    return float((100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum())


def make_cliff():
    """A quadratic of ten octaves whose minimum lies half an octave before each of three oblique cliffs."""
    rng = np.random.RandomState(15)
    normals = rng.randn(3, 10)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    return {
        'optimum': rng.uniform(-2, 2, 10).round(6).tolist(),
        'weights': (2.0 ** rng.uniform(-2, 0, 10)).round(6).tolist(),
        'normals': normals.round(6).tolist(),
        'distance': 0.5,
    }


CLIFF = make_cliff()


def cliff(x):
    away = np.asarray(x) - np.array(CLIFF['optimum'])
    if (np.array(CLIFF['normals']) @ away > CLIFF['distance']).any():
        return math.inf
    return float((np.array(CLIFF['weights']) * away**2).sum())


BOXES = {
    'branin': [[-5, 10], [0, 15]],
    'hartmann6': [[0, 1]] * 6,
    'rosenbrock10': [[-5, 10]] * 10,
    'cliff': [[-4, 4]] * 10,
}
FUNCTIONS = {'branin': branin, 'hartmann6': hartmann6, 'rosenbrock10': rosenbrock, 'cliff': cliff}
