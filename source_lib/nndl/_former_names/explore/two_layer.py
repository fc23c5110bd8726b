"""Until version 0.3: the former name of ``nndl.explore.two_layer_net.two_layer``."""

from .two_layer_net.two_layer import *
