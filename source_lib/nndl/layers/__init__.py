"""The layers: for each a forward and a backward function, side by side.

``*_forward`` takes arrays with the batch on axis 0 and returns ``(out, cache)``; ``*_backward`` takes the
upstream gradient ``dout``, in the shape of ``out``, and that cache, and returns the gradients in the order of
the forward's array arguments. A loss returns ``(loss, dx)``. A batch may hold a single input.

Three promises hold for all of them and are made only here. No function modifies the arrays that it is given.
float32 arguments give float32 results. An argument of the wrong type or shape raises a ``TypeError`` or a
``ValueError`` that names it.
"""

from .activations import relu_backward, relu_forward
from .affine import affine_backward, affine_forward
from .batchnorm import batchnorm_backward, batchnorm_backward_alt, batchnorm_forward
from .convolution import conv_backward_naive, conv_forward_naive
from .dropout import dropout_backward, dropout_forward
from .layernorm import layernorm_backward, layernorm_forward
from .losses import softmax_loss, svm_loss
from .pooling import max_pool_backward_naive, max_pool_forward_naive
from .spatial_norm import (
    spatial_batchnorm_backward,
    spatial_batchnorm_forward,
    spatial_groupnorm_backward,
    spatial_groupnorm_forward,
)

__all__ = [
    "affine_backward",
    "affine_forward",
    "batchnorm_backward",
    "batchnorm_backward_alt",
    "batchnorm_forward",
    "conv_backward_naive",
    "conv_forward_naive",
    "dropout_backward",
    "dropout_forward",
    "layernorm_backward",
    "layernorm_forward",
    "max_pool_backward_naive",
    "max_pool_forward_naive",
    "relu_backward",
    "relu_forward",
    "softmax_loss",
    "spatial_batchnorm_backward",
    "spatial_batchnorm_forward",
    "spatial_groupnorm_backward",
    "spatial_groupnorm_forward",
    "svm_loss",
]
