#!/usr/bin/env python3
# Copyright 2026 The Recurve developers
# SPDX-License-Identifier: ISC
"""Fits the polynomial of dsp/activations.h; plain Python, no package needed.

    python3 tests/reference/fit_activations.py

q(r) = r + r²·P(r) approximates exp(r) − 1 for |r| ≤ ln(2)/2. P is fitted so that the largest error
of q relative to exp(r) − 1 is as small as possible (Remez exchange, in rational arithmetic), then
rounded to float one coefficient at a time, the others being fitted again after each rounding.
"""

import math
import struct
from fractions import Fraction

DEGREE = 4
LIMIT = math.log(2) / 2 * 1.0005  # the rounding of r·log2(e) may fall beyond the half


def f32(value):
    return struct.unpack("f", struct.pack("f", value))[0]


def solve(matrix, right):
    n = len(right)
    rows = [list(map(Fraction, row)) + [Fraction(b)] for row, b in zip(matrix, right)]
    for i in range(n):
        pivot = max(range(i, n), key=lambda r: abs(rows[r][i]))
        rows[i], rows[pivot] = rows[pivot], rows[i]
        for r in range(n):
            if r != i and rows[r][i]:
                factor = rows[r][i] / rows[i][i]
                rows[r] = [a - factor * b for a, b in zip(rows[r], rows[i])]
    return [float(rows[i][n] / rows[i][i]) for i in range(n)]


def error(coefficients, r):
    true = math.expm1(r)
    series = sum(c * r**k for k, c in enumerate(coefficients))
    # The factor sign(r) makes this a weighted error of P, which is what has to alternate.
    return math.copysign(1, r) * (r + r * r * series - true) / true if r else 0.0


def remez(fixed):
    """Fits the coefficients after the fixed ones (lowest orders first)."""
    free = DEGREE + 1 - len(fixed)
    count = free + 1
    points = [LIMIT * math.cos(math.pi * (i + 0.5) / count) or 1e-3 for i in range(count)]
    for _ in range(30):
        matrix, right = [], []
        for i, r in enumerate(points):
            true = math.expm1(r)
            row = [abs(r) * r * r**k / true for k in range(len(fixed), DEGREE + 1)]
            matrix.append(row + [(-1) ** i])
            right.append(-error(list(fixed), r))
        coefficients = list(fixed) + solve(matrix, right)[:free]
        grid = [LIMIT * (2 * i / 4000 - 1) for i in range(4001)]
        values = [error(coefficients, r) for r in grid]
        peaks, sign = [], 0
        for r, e in zip(grid, values):
            if (e > 0) - (e < 0) != sign and e:
                sign = (e > 0) - (e < 0)
                peaks.append((abs(e), r))
            elif peaks and abs(e) > peaks[-1][0]:
                peaks[-1] = (abs(e), r)
        while len(peaks) > count:
            peaks.pop(0 if peaks[0][0] < peaks[-1][0] else -1)
        if len(peaks) < count:
            break
        points = [r for _, r in peaks]
    return coefficients


def main():
    fixed = []
    for k in range(DEGREE + 1):
        fixed.append(f32(remez(fixed)[k]))
    grid = [LIMIT * (2 * i / 20000 - 1) for i in range(20001)]
    print("P, lowest order first:", ", ".join(f"{c:.9g}F" for c in fixed))
    print("largest relative error of q: %.3g" % max(abs(error(fixed, r)) for r in grid))


main()
