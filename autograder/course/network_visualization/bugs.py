"""Mistakes that classes make with gradients of pixels."""

from __future__ import annotations

from . import bugs_fooling as network_visualization_fooling
from . import bugs_saliency as network_visualization_saliency
from . import bugs_steps as network_visualization_steps

BUGS = (
    *network_visualization_saliency.BUGS,
    *network_visualization_fooling.BUGS,
    *network_visualization_steps.BUGS,
)
