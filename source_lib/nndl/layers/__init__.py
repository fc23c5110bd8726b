"""The layers: for each a forward and a backward function, side by side.

``*_forward`` takes arrays with the batch on axis 0 and returns ``(out, cache)``; ``*_backward`` takes the
upstream gradient ``dout`` and that cache, and returns the gradients in the order of the forward's array
arguments. A loss returns ``(loss, dx)``. No function modifies the arrays it is given, and float32
arguments give float32 results.
"""

from .activations import relu_backward, relu_forward
from .affine import affine_backward, affine_forward
from .losses import softmax_loss, svm_loss

__all__ = [
    "affine_backward",
    "affine_forward",
    "relu_backward",
    "relu_forward",
    "softmax_loss",
    "svm_loss",
]
