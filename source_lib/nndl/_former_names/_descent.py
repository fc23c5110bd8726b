"""Until version 0.3: the former name of ``nndl._support.descent``."""

from ._support.descent import check_linear, check_one_hot
from ._support.descent import checked_start as start
from ._support.descent import when_to_record as selectors
