# Copyright 2026 The Recurve developers
# SPDX-License-Identifier: ISC
"""Model files in the native layout (dsp/NETWORKS.md), for the scripts that make golden vectors."""

import json

import numpy as np

# Where the file keeps a gate: its GRUs have z before r.
FILE_ORDER = {"rnn": [0], "lstm": [0, 1, 2, 3], "gru": [1, 0, 2], "gru-before": [1, 0, 2]}


def numbers(array):
    """Lists of floats with the nine digits that they need."""
    array = np.asarray(array, dtype=np.float32)
    if array.ndim > 1:
        return [numbers(row) for row in array]
    return [float("%.9g" % value) for value in array]


def by_gates(kind, array):
    """[gates·units, ...] with the gates in the file's order."""
    order = FILE_ORDER[kind]
    parts = np.split(np.asarray(array), len(order))
    return np.concatenate([parts[order.index(place)] for place in range(len(order))])


def direction(kind, cell):
    """The arrays of one direction: `cell` has w, u, b, for a gru bn, and gains where normalised."""
    columns = len(cell["b"])
    bias = by_gates(kind, cell["b"])
    if kind == "gru":
        recurrent = np.zeros(columns)
        recurrent[2 * columns // 3 :] = cell["bn"]
        bias = np.stack([bias, recurrent])
    made = {name: numbers(by_gates(kind, cell[name])) for name in ("gain_w", "gain_u") if name in cell}
    made.update({name: numbers(cell[name]) for name in ("gain_c", "bias_c") if name in cell})
    made["weights"] = [
        numbers(by_gates(kind, cell["w"]).T),
        numbers(by_gates(kind, cell["u"]).T),
        numbers(bias),
    ]
    return made


def layer(kind, units, forward, backward=None, norm=None, own=False):
    own = own or backward or norm
    made = {"type": ("recurve-" if own else "") + kind, "activation": "", "shape": [None, None, units]}
    if norm:
        made["norm"] = norm
    made.update(direction(kind, forward))
    if backward:
        made["backward"] = direction(kind, backward)
    return made


def dense(w, b):
    return {
        "type": "dense",
        "activation": "",
        "shape": [None, None, 1],
        "weights": [numbers(np.reshape(w, (-1, 1))), numbers(np.reshape(b, 1))],
    }


def write(path, layers, x, y, feedback=False, skip=0.0):
    root = {"format": "recurve", "version": 2, "in_shape": [None, None, 2 if feedback else 1]}
    if feedback:
        root["feedback"] = True
    root["in_skip"] = int(skip)
    root["metadata"] = {"samplerate": 48000}
    root["layers"] = layers
    root["input_batch"] = numbers(x)
    root["output_batch"] = [float("%.9g" % value) for value in y]
    with open(path, "w", encoding="utf-8") as file:
        json.dump(root, file, separators=(",", ":"))
        file.write("\n")
