"""Visible checks of the milestone cnn: worked examples, known numbers and numeric gradients, no solution.

A notebook imports this module as ``check``, calls ``check.conv_forward()`` and shows ``check.progress``.
"""

from __future__ import annotations

# Imported in the order of the notebook, in which they are listed for the student.
from .common import progress
from .layers import conv_backward, conv_forward, max_pool_backward, max_pool_forward
from .nets import (
    ACCURACY,
    MOST_FILTERS,
    MOST_HIDDEN_UNITS,
    WIDEST_FILTER,
    convnet_gradients,
    convnet_loss,
    convnet_scores,
    initial_params,
    trained_convnet,
)
from .norms import (
    spatial_batchnorm_backward,
    spatial_batchnorm_forward,
    spatial_groupnorm_backward,
    spatial_groupnorm_forward,
)

__all__ = [
    "ACCURACY",
    "MOST_FILTERS",
    "MOST_HIDDEN_UNITS",
    "WIDEST_FILTER",
    "conv_backward",
    "conv_forward",
    "convnet_gradients",
    "convnet_loss",
    "convnet_scores",
    "initial_params",
    "max_pool_backward",
    "max_pool_forward",
    "progress",
    "spatial_batchnorm_backward",
    "spatial_batchnorm_forward",
    "spatial_groupnorm_backward",
    "spatial_groupnorm_forward",
    "trained_convnet",
]
