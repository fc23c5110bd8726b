"""Until version 0.3: the former name of ``nndl._support.progress``."""

from ._support.progress import progress_bar
