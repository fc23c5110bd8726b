"""Until version 0.3: the former name of ``nndl.torch_parts.weights``."""

from .torch_parts.weights import random_weight, zero_weight
