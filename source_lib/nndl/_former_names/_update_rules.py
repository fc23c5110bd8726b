"""Until version 0.3: the former name of ``nndl._support.update_rules``."""

from ._support.update_rules import UPDATE_RULES, Config, get_rule, in_blocks, prepare, register
