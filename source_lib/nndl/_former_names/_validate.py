"""Until version 0.3: the former name of ``nndl._support.validate``."""

from ._support.validate import (
    check_array,
    check_choice,
    check_dict,
    check_integer,
    check_key,
    check_labels,
    check_number,
)
