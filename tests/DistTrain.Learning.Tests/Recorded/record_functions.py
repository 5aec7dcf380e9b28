"""Records values of the elementary functions for RecordedFunctionTests: python3 record_functions.py > functions.json

By mpmath at 60 digits. A value is written as the nearest double and the double nearest to what that leaves, so that errors of a small part of a unit in the last place can be told.
"""
import json
import random

import mpmath
from mpmath import mp

mp.dps = 60
random.seed(5)


def softplus(x):
    return mp.log1p(mp.exp(x)) if x < 0 else x + mp.log1p(mp.exp(-x))


def sigmoid(x):
    return 1 / (1 + mp.exp(-x))


def points(low, high, count=300):
    """Even and random points, and small ones of either sign that the range holds."""
    even = [low + (high - low) * i / (count - 1) for i in range(count)]
    other = [random.uniform(low, high) for _ in range(count)]
    small = [sign * 10.0 ** (-e / 4) for e in range(0, 60) for sign in (-1, 1)]
    return sorted(set(even + other + [x for x in small if low <= x <= high]))


def table(function, xs):
    rows = []
    for x in xs:
        exact = function(mp.mpf(x))
        near = float(exact)
        rows.append([x, near, float(exact - mp.mpf(near))])
    return rows


print(json.dumps({
    "version": "mpmath " + mpmath.__version__,
    "sigmoid": table(sigmoid, points(-700, 40) + points(-6, 6)),
    "softplus": table(softplus, points(-700, 700) + points(-6, 6)),
    "erf": table(mp.erf, points(-6.2, 6.2) + points(-1, 1)),
    "expm1": table(mp.expm1, points(-42, 0) + points(-1, 0)),
}))
