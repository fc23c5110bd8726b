"""Until version 0.3: the former name of ``nndl.explore.pytorch.autograd``."""

from .pytorch.autograd import *
