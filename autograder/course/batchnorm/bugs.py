"""Mistakes that classes make in the milestone batchnorm."""

from __future__ import annotations

from .bugs_layers import LAYER_BUGS
from .bugs_net import NET_BUGS

BUGS = (*LAYER_BUGS, *NET_BUGS)
