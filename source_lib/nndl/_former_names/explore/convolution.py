"""Until version 0.3: the former name of ``nndl.explore.cnn.convolution``."""

from .cnn.convolution import *
