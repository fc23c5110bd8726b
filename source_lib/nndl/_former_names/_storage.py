"""Until version 0.3: the former name of ``nndl._support.storage``."""

from ._support.storage import load_arrays, save_arrays
