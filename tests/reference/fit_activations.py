#!/usr/bin/env python3
# Copyright 2026 The Recurve developers
# SPDX-License-Identifier: ISC
"""Fits the polynomials of dsp/activations*.h; plain Python, no package needed.

    python3 tests/reference/fit_activations.py

q(r) = r·ln 2 + r²·P(r) approximates 2^r − 1 for |r| ≤ 1/(2·entries), where a table of 2^(j/entries)
takes the rest of the fraction (1, 8 and 16 entries are what instruction sets can look up). P is
fitted to exp(r) − 1, so that the largest error of q relative to it is as small as possible (Remez
exchange, in rational arithmetic), then turned to base 2 and rounded to float. p(r), a whole
polynomial, approximates 2^r in the same way. Of 8 entries q(r) = r·P(r): relative to q where 2^x − 1
is needed, relative to 2^r where only 2^x + 1 is.
"""

import math
import struct
from fractions import Fraction

DEGREE = 0
LIMIT = 0.0


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


def exchanged(points, grid, values):
    """The places of the largest errors of alternating sign, one for each of `points`, or None."""
    peaks, sign = [], 0
    for r, e in zip(grid, values):
        if (e > 0) - (e < 0) != sign and e:
            sign = (e > 0) - (e < 0)
            peaks.append((abs(e), r))
        elif peaks and abs(e) > peaks[-1][0]:
            peaks[-1] = (abs(e), r)
    while len(peaks) > len(points):
        peaks.pop(0 if peaks[0][0] < peaks[-1][0] else -1)
    return [r for _, r in peaks] if len(peaks) == len(points) else None


def error(coefficients, r):
    true = math.expm1(r)
    series = sum(c * r**k for k, c in enumerate(coefficients))
    # The factor sign(r) makes this a weighted error of P, which is what has to alternate.
    return math.copysign(1, r) * (r + r * r * series - true) / true if r else 0.0


def remez():
    """The coefficients of P, lowest order first."""
    count = DEGREE + 2
    points = [LIMIT * math.cos(math.pi * (i + 0.5) / count + 0.05) for i in range(count)]
    for _ in range(30):
        matrix, right = [], []
        for i, r in enumerate(points):
            true = math.expm1(r)
            row = [abs(r) * r * r**k / true for k in range(DEGREE + 1)]
            matrix.append(row + [(-1) ** i])
            right.append(-error([], r))
        coefficients = solve(matrix, right)[: DEGREE + 1]
        grid = [LIMIT * (2 * i / 4000 - 1) for i in range(4001)]
        values = [error(coefficients, r) for r in grid]
        better = exchanged(points, grid, values)
        if not better:
            break
        points = better
    return coefficients


def fit(entries, degree):
    global DEGREE, LIMIT
    DEGREE = degree
    LIMIT = math.log(2) / (2 * entries) * 1.0005  # rounding may fall beyond the half
    ln2 = math.log(2)
    fixed = [f32(c * ln2 ** (k + 2)) for k, c in enumerate(remez())]
    as_exp = [c / ln2 ** (k + 2) for k, c in enumerate(fixed)]
    grid = [LIMIT * (2 * i / 20000 - 1) for i in range(20001)]
    print(f"{entries} entries: P, lowest order first:", ", ".join(f"{c:.9g}F" for c in fixed))
    print("  largest relative error of q: %.3g" % max(abs(error(as_exp, r)) for r in grid))


def power(coefficients, r):
    return sum(c * r**k for k, c in enumerate(coefficients)) / 2**r - 1


def fit_power(low, high, degree):
    """p of low ≤ r ≤ high."""
    count = degree + 2
    middle, half = (low + high) / 2, (high - low) / 2
    points = [middle - half * math.cos(math.pi * i / (count - 1)) for i in range(count)]
    grid = [low + (high - low) * i / 4000 for i in range(4001)]
    for _ in range(20):
        matrix = [
            [r**k / 2**r for k in range(degree + 1)] + [(-1) ** i] for i, r in enumerate(points)
        ]
        coefficients = solve(matrix, [1.0] * count)[: degree + 1]
        better = exchanged(points, grid, [power(coefficients, r) for r in grid])
        if not better:
            break
        points = better
    fixed = [f32(c) for c in coefficients]
    print(f"{low} to {high}: p, lowest order first:", ", ".join(f"{c:.9g}F" for c in fixed))
    print("  largest relative error of p: %.3g" % max(abs(power(fixed, r)) for r in grid))


def fit_product(entries, degree, of_power):
    """P of r·P(r) for |r| ≤ 1/(2·entries), relative to 2^r − 1, or to 2^r if `of_power`."""
    count = degree + 2
    limit = 1.0005 / (2 * entries)
    grid = [limit * (2 * i / 4001 - 1) for i in range(1, 4001)]
    points = [limit * math.cos(math.pi * (i + 0.5) / count + 0.02) for i in range(count)]

    def true(r):
        return math.expm1(r * math.log(2))

    def weight(r):
        # Of either sign where the error of P is, which has to alternate.
        return math.copysign(2**-r, r) if of_power else 1 / true(r)

    def wrong(coefficients, r):
        return (r * sum(c * r**k for k, c in enumerate(coefficients)) - true(r)) * weight(r)

    for _ in range(30):
        matrix = [
            [r ** (k + 1) * weight(r) for k in range(degree + 1)] + [(-1) ** i]
            for i, r in enumerate(points)
        ]
        coefficients = solve(matrix, [true(r) * weight(r) for r in points])[: degree + 1]
        better = exchanged(points, grid, [wrong(coefficients, r) for r in grid])
        if not better:
            break
        points = better
    fixed = [f32(c) for c in coefficients]
    print(f"{entries} entries: P of r·P, lowest order first:", ", ".join(f"{c:.9g}F" for c in fixed))
    kind = "2^r" if of_power else "2^r − 1"
    print(f"  largest error relative to {kind}: %.3g" % max(abs(wrong(fixed, r)) for r in grid))


def table(entries, bits):
    """2^(j/entries) in `bits` bits, so that adding or taking off 1 is exact where it matters, as the
    float's word from which j in the place of the shifted index is taken off; and what that rounding
    has lost, as a part of the rounded value."""
    shift = 24 - entries.bit_length()
    exact = [2.0 ** (j / entries) for j in range(entries)]
    short = [round(e * 2 ** (bits - 1)) / 2 ** (bits - 1) for e in exact]
    words = [struct.unpack("I", struct.pack("f", v))[0] - (j << shift) for j, v in enumerate(short)]
    print(f"{entries} entries, shift {shift}:", ", ".join(f"0x{w % 2**32:08x}U" for w in words))
    rests = [(e - v) / v for e, v in zip(exact, short)]
    print("  lost:", ", ".join(f"{r:.7e}F" for r in rests))


def fit_step(scale, low, width, degree):
    """The coefficients of tanh(scale·(low + d)) for 0 ≤ d ≤ width, least relative error; no constant
    term where low is 0."""
    orders = range(0 if low else 1, degree + 1)
    count = len(orders) + 1
    points = [width / 2 * (1 - math.cos(math.pi * (i + 0.5) / count)) for i in range(count)]
    grid = [width * i / 400 for i in range(1, 401)]

    def wrong(coefficients, d):
        return sum(c * d**k for c, k in zip(coefficients, orders)) / math.tanh(scale * (low + d)) - 1

    for _ in range(10):
        rows = [
            [d**k / math.tanh(scale * (low + d)) for k in orders] + [(-1) ** i]
            for i, d in enumerate(points)
        ]
        coefficients = solve(rows, [1.0] * count)[:-1]
        points = exchanged(points, grid, [wrong(coefficients, d) for d in grid])
        if not points:
            break
    fixed = [f32(c) for c in coefficients]
    return [0.0] * (not low) + fixed, max(abs(wrong(fixed, d)) for d in grid)


def tanh_steps(scale, width, steps, degree):
    fits = [fit_step(scale, j * width, width, degree) for j in range(steps - 1)]
    rows = [row for row, _ in fits] + [[1.0] + [0.0] * degree]
    print(f"tanh in {steps} steps, largest relative error {max(error for _, error in fits):.3g}")
    for k in range(degree + 1):
        terms = (f"{row[k]:.9g}F" if row[k] % 1 else f"{row[k]:.1f}F" for row in rows)
        print("  {" + ", ".join(terms) + "},")


tanh_steps(17 / 16, 1 / 4, 32, 5)
for entries, degree in ((1, 4), (16, 1)):
    fit(entries, degree)
for low, high, degree in ((-1 / 2, 1 / 2, 6), (0, 1 / 16, 3)):
    fit_power(low, high, degree)
for degree, of_power in ((3, False), (2, True)):
    fit_product(8, degree, of_power)
for entries, bits in ((16, 20), (8, 24)):
    table(entries, bits)
words = [struct.unpack("I", struct.pack("f", 2.0 ** (j / 16)))[0] for j in range(16)]
print("16 entries, whole:", ", ".join(f"0x{w:08x}U" for w in words))
