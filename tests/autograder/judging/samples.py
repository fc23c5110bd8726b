"""A library made of functions that a test writes down, and a check of one of them."""

from __future__ import annotations

import itertools
import sys
import types

from autograder.judging.check import check
from autograder.judging.compare import close
from autograder.judging.judge import run_check
from autograder.library.local import LocalLibrary
from autograder.milestone import Milestone, Public

COUNTER = itertools.count()


def library(*, is_reference=False, returns=None, **functions):
    """Return a library of these functions; ``returns`` says of which a call gives something else than a value."""
    package = types.ModuleType(f"sample_package_{next(COUNTER)}")
    package.__file__ = __file__
    vars(package).update(functions)
    sys.modules[package.__name__] = package
    api = {name: Public("sample", (returns or {}).get(name, "value")) for name in functions}
    return LocalLibrary(package, api, is_reference=is_reference)


def double(x):
    return 2 * x


def run(a_check, student, reference=None, **options):
    return run_check(
        a_check,
        student,
        reference or library(double=double, is_reference=True),
        run_seed=3,
        milestone=Milestone("m", "M"),
        **options,
    )


@check(points=6, parts=("small", "large"), cases=({"n": 2}, {"n": 3}))
def doubles(trial, *, n):
    """`double` doubles."""
    x = trial.draw.normal(n)
    yield from close({"double(x)": trial.both("double", x)}, part="small")
    yield from close({"double(x)": trial.both("double", 1e6 * x)}, part="large")
