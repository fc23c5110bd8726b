"""Until version 0.3: the former name of ``nndl.explore.batchnorm.normalization``."""

from .batchnorm.normalization import *
