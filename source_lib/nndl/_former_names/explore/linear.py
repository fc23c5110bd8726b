"""Until version 0.3: the former name of ``nndl.explore.linear_classifier``."""

from .linear_classifier import *
