"""Until version 0.3: the former name of ``nndl._support.descent``."""

from ._support.descent import check_linear, check_one_hot, selectors, start
