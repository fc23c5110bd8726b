"""Until version 0.3: the former name of ``nndl.explore.shared.training``."""

from .shared.training import *
