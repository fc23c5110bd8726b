"""Mistakes that classes make when they put the nets of this course together in PyTorch."""

from __future__ import annotations

from .bugs_nets import BAREBONES, MODULE, PARAMS, SEQUENTIAL
from .bugs_training import OPEN_ENDED, OPTIMIZERS

BUGS = (*BAREBONES, *PARAMS, *MODULE, *SEQUENTIAL, *OPTIMIZERS, *OPEN_ENDED)
