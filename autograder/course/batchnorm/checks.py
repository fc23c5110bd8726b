"""The checks of batch and layer normalization: the layers, and the net that uses them."""

from __future__ import annotations

from .checks_layers import LAYER_CHECKS
from .checks_net import NET_CHECKS

CHECKS = (*LAYER_CHECKS, *NET_CHECKS)
