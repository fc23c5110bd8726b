"""Mistakes that classes make in convolutional nets."""

from __future__ import annotations

from . import cnn_convolution, cnn_nets, cnn_norms, cnn_pooling

BUGS = (
    *cnn_convolution.FORWARD,
    *cnn_convolution.BACKWARD,
    *cnn_pooling.FORWARD,
    *cnn_pooling.BACKWARD,
    *cnn_nets.BUGS,
    *cnn_norms.BATCH_NORM,
    *cnn_norms.GROUP_NORM,
)
