"""Until version 0.3: the former name of ``nndl.explore.batchnorm.one_batch``."""

from .batchnorm.one_batch import *
