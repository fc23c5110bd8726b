"""The checks of the convolutional nets: layers, normalization of images, a net and what was trained with it."""

from __future__ import annotations

from .checks_layers import conv_backward, conv_forward, max_pool_backward, max_pool_forward
from .checks_nets import convnet_gradients, convnet_loss, convnet_scores, initial_params, trained_convnet
from .checks_norms import (
    spatial_batchnorm_backward,
    spatial_batchnorm_forward,
    spatial_groupnorm_backward,
    spatial_groupnorm_forward,
)

CHECKS = (
    conv_forward,
    conv_backward,
    max_pool_forward,
    max_pool_backward,
    initial_params,
    convnet_scores,
    convnet_loss,
    convnet_gradients,
    trained_convnet,
    spatial_batchnorm_forward,
    spatial_batchnorm_backward,
    spatial_groupnorm_forward,
    spatial_groupnorm_backward,
)
