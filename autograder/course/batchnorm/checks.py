"""The checks of batch and layer normalization: the layers, and the net that uses them."""

from __future__ import annotations

from . import checks_layers, checks_net

CHECKS = (*checks_layers.CHECKS, *checks_net.CHECKS)
