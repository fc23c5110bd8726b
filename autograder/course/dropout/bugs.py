"""Mistakes that classes make in dropout: in the layer, and in the net that uses it."""

from __future__ import annotations

from .bugs_layer import LAYER_BUGS
from .bugs_net import NET_BUGS

BUGS = (*LAYER_BUGS, *NET_BUGS)
