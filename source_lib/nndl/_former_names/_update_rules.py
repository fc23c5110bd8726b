"""Until version 0.3: the former name of ``nndl._support.update_rules``."""

from ._support.update_rules import UPDATE_RULES, Config, get_rule, prepare, register


def in_blocks(*state):
    """Leave a rule as it is.

    Up to version 0.1 this decorator stood above the rules that students write, so it stands in what they handed in
    then. It ran a rule on parts of a large parameter, which is wrong for a rule that is not elementwise.
    """
    return lambda rule: rule
