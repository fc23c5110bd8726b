"""Mistakes that classes make in convolutional nets."""

from __future__ import annotations

from . import bugs_convolution as cnn_convolution
from . import bugs_nets as cnn_nets
from . import bugs_norms as cnn_norms
from . import bugs_pooling as cnn_pooling

BUGS = (
    *cnn_convolution.FORWARD,
    *cnn_convolution.BACKWARD,
    *cnn_pooling.FORWARD,
    *cnn_pooling.BACKWARD,
    *cnn_nets.BUGS,
    *cnn_norms.BATCH_NORM,
    *cnn_norms.GROUP_NORM,
)
