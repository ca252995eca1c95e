#!/usr/bin/env python3
# Copyright 2026 The Recurve developers
# SPDX-License-Identifier: ISC
"""Golden vectors of what PyTorch does not have: normalisation inside the cell, the GRU that resets
before its product, and output feedback. Written from the equations of dsp/NETWORKS.md alone, with
whole matrices and in double precision.

Usage: numpy_cells.py FOLDER (needs python3-numpy). The files in golden/ whose names begin with
"numpy-" were made by it; the tests read them."""

import os
import sys

import numpy as np

import native

FRAMES = 64
GATES = {"rnn": 1, "lstm": 4, "gru": 3, "gru-before": 3}
EPSILON = 1e-5


def sigma(a):
    return 1.0 / (1.0 + np.exp(-a))


def standard(a):
    return (a - a.mean()) / np.sqrt(a.var() + EPSILON)


def standard_gates(kind, a):
    """The sums of all gates; r and z of a GRU together, n by itself."""
    if kind in ("gru", "gru-before"):
        border = 2 * len(a) // 3
        return np.concatenate([standard(a[:border]), standard(a[border:])])
    return standard(a)


def step(kind, norm, cell, x, h, c):
    units = len(h)
    a = cell["w"] @ x
    if norm == "both":
        a = cell["gain_w"] * standard_gates(kind, a)
    a = a + cell["b"]
    if kind == "gru-before":
        gains = cell.get("gain_u", np.ones(3 * units))
        early = cell["u"][: 2 * units] @ h
        if norm:
            early = gains[: 2 * units] * standard(early)
        r = sigma(a[:units] + early[:units])
        z = sigma(a[units : 2 * units] + early[units:])
        late = cell["u"][2 * units :] @ (r * h)
        if norm:
            late = gains[2 * units :] * standard(late)
        n = np.tanh(a[2 * units :] + late)
        return (1.0 - z) * n + z * h, c
    u = cell["u"] @ h
    if norm:
        u = cell["gain_u"] * standard_gates(kind, u)
    if kind == "rnn":
        return np.tanh(a + u), c
    if kind == "gru":
        r = sigma(a[:units] + u[:units])
        z = sigma(a[units : 2 * units] + u[units : 2 * units])
        n = np.tanh(a[2 * units :] + r * (u[2 * units :] + cell["bn"]))
        return (1.0 - z) * n + z * h, c
    i, f, g, o = np.split(a + u, 4)
    c = sigma(f) * c + sigma(i) * np.tanh(g)
    inner = cell["gain_c"] * standard(c) + cell["bias_c"] if norm else c
    return sigma(o) * np.tanh(inner), c


def random_cell(rng, kind, norm, inputs, units):
    rows = GATES[kind] * units

    def single(low, high, *shape):
        return np.float64(np.float32(rng.uniform(low, high, shape)))

    cell = {"w": single(-0.9, 0.9, rows, inputs), "u": single(-0.7, 0.7, rows, units)}
    cell["b"] = single(-0.5, 0.5, rows)
    if kind == "gru":
        cell["bn"] = single(-0.5, 0.5, units)
    if norm:
        cell["gain_u"] = single(0.2, 0.6, rows)
    if norm == "both":
        cell["gain_w"] = single(0.5, 1.5, rows)
    if norm and kind == "lstm":
        cell["gain_c"] = single(0.2, 0.8, units)
        cell["bias_c"] = single(-0.4, 0.4, units)
    return cell


def play(kind, norm, cells, head, x, feedback, skip):
    w, b = head
    states = [(np.zeros(len(w)), np.zeros(len(w))) for _ in cells]
    before = 0.0
    out = []
    for sample in x:
        now = np.array([sample, before]) if feedback else np.array([sample])
        for l, cell in enumerate(cells):
            states[l] = step(kind, norm, cell, now, *states[l])
            now = states[l][0]
        before = w @ now + b + skip * sample
        out.append(before)
    return out


def main(folder):
    rng = np.random.default_rng(2)
    x = np.float64(
        np.float32(0.7 * np.sin(np.arange(FRAMES) * 0.31) + 0.2 * rng.standard_normal(FRAMES))
    )
    units = 9
    for kind in GATES:
        for norm in (None, "recurrent", "both"):
            for layers, feedback in ((1, False), (2, False), (1, True), (2, True)):
                if not norm and not feedback and kind != "gru-before":
                    continue
                if norm == "both" and feedback:
                    continue
                cells = []
                for l in range(layers):
                    inputs = units if l else 1 + feedback
                    cells.append(random_cell(rng, kind, norm, inputs, units))
                head = (
                    np.float64(np.float32(rng.uniform(-0.4, 0.4, units))),
                    np.float64(np.float32(rng.uniform(-0.1, 0.1))),
                )
                skip = 1.0 if feedback else 0.0
                y = play(kind, norm, cells, head, x, feedback, skip)
                described = [
                    native.layer(kind, units, cell, norm=norm, own=feedback and not l)
                    for l, cell in enumerate(cells)
                ]
                described.append(native.dense(*head))
                name = "numpy-%s-%d%s%s.json" % (
                    kind,
                    layers,
                    "-" + norm if norm else "",
                    "-feedback" if feedback else "",
                )
                native.write(os.path.join(folder, name), described, x, y, feedback, skip)


if __name__ == "__main__":
    main(sys.argv[1])
