"""Until version 0.3: the former name of ``nndl.explore.network_visualization.look_inside``."""

from .network_visualization.look_inside import *
