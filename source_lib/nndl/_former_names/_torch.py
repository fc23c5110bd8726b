"""Until version 0.3: the former name of ``nndl.torch_parts._torch``."""

from .torch_parts._torch import USE_GPU, device, dtype, functional, nn, torch
