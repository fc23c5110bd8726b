"""Until version 0.3: the former name of ``nndl.explore.fc_net.optimizers``."""

from .fc_net.optimizers import *
