"""``utils.solver``: the Solver, with the state of its update rules under C147's keys."""

from typing import Any as _Any
from unittest.mock import patch as _patch

import numpy as np

from ...solver import DivergenceError
from .. import settings as _settings
from ..shared import solver as _shared
from . import optim

_RULES = {"rmsprop": optim.rmsprop, "adam": optim.adam}


class Solver(_shared.Solver):
    """As :class:`nndl.solver.Solver`; RMSProp and Adam keep their state under C147's keys.

    ``optim_config`` is read, and ``optim_configs`` kept, as :mod:`nndl.optim` does under C147's names.
    """

    def _step(self, *args: _Any) -> None:
        if _settings.students_optim is not None:  # the rules are the student's own, and so are their keys
            return super()._step(*args)
        with _patch.dict(optim.UPDATE_RULES, _RULES):
            super()._step(*args)
