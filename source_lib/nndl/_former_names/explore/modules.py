"""Until version 0.3: the former name of ``nndl.explore.nn_modules``."""

from .nn_modules import *
