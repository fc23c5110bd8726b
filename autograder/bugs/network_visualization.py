"""Mistakes that classes make with gradients of pixels."""

from __future__ import annotations

from . import network_visualization_fooling, network_visualization_saliency, network_visualization_steps

BUGS = (
    *network_visualization_saliency.BUGS,
    *network_visualization_fooling.BUGS,
    *network_visualization_steps.BUGS,
)
