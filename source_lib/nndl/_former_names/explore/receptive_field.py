"""Until version 0.3: the former name of ``nndl.explore.cnn.receptive_field``."""

from .cnn.receptive_field import *
