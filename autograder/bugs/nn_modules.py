"""Mistakes that classes make in layers as objects and in the net made of them."""

from __future__ import annotations

from . import nn_modules_layers, nn_modules_net

BUGS = (*nn_modules_layers.BUGS, *nn_modules_net.BUGS)
