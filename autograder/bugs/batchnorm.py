"""Mistakes that classes make in the milestone batchnorm."""

from __future__ import annotations

from .batchnorm_layers import LAYER_BUGS
from .batchnorm_net import NET_BUGS

BUGS = (*LAYER_BUGS, *NET_BUGS)
