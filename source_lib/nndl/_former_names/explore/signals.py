"""Until version 0.3: the former name of ``nndl.explore.fc_net.signals``."""

from .fc_net.signals import *
