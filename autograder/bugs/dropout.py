"""Mistakes that classes make in dropout: in the layer, and in the net that uses it."""

from __future__ import annotations

from .dropout_layer import LAYER_BUGS
from .dropout_net import NET_BUGS

BUGS = (*LAYER_BUGS, *NET_BUGS)
