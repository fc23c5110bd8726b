"""Until version 0.3: the former name of ``nndl.fast.optim``."""

from .fast.optim import fused_adam
