"""Until version 0.3: the former name of ``nndl.explore.cnn.long_training``."""

from .cnn.long_training import *
