"""Mistakes that classes make in layers as objects and in the net made of them."""

from __future__ import annotations

from . import bugs_layers as nn_modules_layers
from . import bugs_net as nn_modules_net

BUGS = (*nn_modules_layers.BUGS, *nn_modules_net.BUGS)
