"""Until version 0.3: the former name of ``nndl._support.fc_options``."""

from ._support.fc_options import float_dtype, keep_ratio, normalization_kind
from ._support.fc_options import one_of_two_names as agreed
