#!/usr/bin/env python3
# Copyright 2026 The Recurve developers
# SPDX-License-Identifier: ISC
"""Golden vectors of the cells that PyTorch has: RNN, LSTM, GRU, stacked and bidirectional.

Usage: torch_cells.py FOLDER (needs python3-torch). The files in golden/ whose names begin with
"torch-" were made by it; the tests read them and need no PyTorch."""

import os
import sys

import numpy as np
import torch

import native

FRAMES = 64
MODULES = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}


def cell_of(module, kind, units, suffix):
    def array(name):
        return getattr(module, name + suffix).detach().double().numpy()

    b_ih = array("bias_ih")
    b_hh = array("bias_hh")
    cell = {"w": array("weight_ih"), "u": array("weight_hh"), "b": b_ih + b_hh}
    if kind == "gru":
        cell["b"][2 * units :] = b_ih[2 * units :]
        cell["bn"] = b_hh[2 * units :]
    return cell


def main(folder):
    rng = np.random.default_rng(1)
    x = np.float32(0.7 * np.sin(np.arange(FRAMES) * 0.31) + 0.2 * rng.standard_normal(FRAMES))
    for kind, make in MODULES.items():
        for layers in (1, 2, 4):
            for both in (False, True):
                torch.manual_seed(1000 + 10 * layers + both)
                units = 5
                module = make(1, units, num_layers=layers, bidirectional=both).double()
                head = torch.nn.Linear(units * (2 if both else 1), 1).double()
                with torch.no_grad():
                    for parameter in list(module.parameters()) + list(head.parameters()):
                        wide = torch.empty_like(parameter).uniform_(-0.9, 0.9)
                        parameter.copy_(wide.float().double())
                    signal = torch.tensor(x, dtype=torch.float64).reshape(FRAMES, 1, 1)
                    y = head(module(signal)[0]).reshape(FRAMES).numpy()
                described = []
                for l in range(layers):
                    forward = cell_of(module, kind, units, "_l%d" % l)
                    backward = cell_of(module, kind, units, "_l%d_reverse" % l) if both else None
                    described.append(native.layer(kind, units, forward, backward))
                described.append(
                    native.dense(head.weight.detach().numpy(), head.bias.detach().numpy())
                )
                name = "torch-%s-%d%s.json" % (kind, layers, "-bidirectional" if both else "")
                native.write(os.path.join(folder, name), described, x, y)


if __name__ == "__main__":
    main(sys.argv[1])
