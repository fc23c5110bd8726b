"""Until version 0.3: the former name of ``nndl.torch_parts.data``."""

from .torch_parts.data import NUM_TRAIN, cifar10_loaders, default_loaders, make_loaders
