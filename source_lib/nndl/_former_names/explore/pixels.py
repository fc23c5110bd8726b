"""Until version 0.3: the former name of ``nndl.explore.network_visualization.pixels``."""

from .network_visualization.pixels import *
