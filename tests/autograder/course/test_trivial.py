"""No work earns no points: constants, random numbers, NaN, nothing or the input itself, from every function at once."""

from __future__ import annotations

import numpy as np
import pytest

from autograder.judging import milestone_content
from autograder.proofs import strength, trivial
from autograder.sources import Sources

TORCH = ("pytorch", "network_visualization")


def case(name, kind, slow):
    marks = [pytest.mark.torch] if name in TORCH else []
    marks += [pytest.mark.slow] if slow else []
    return pytest.param(name, kind, id=f"{name}-{kind}", marks=marks)


NAMES = [milestone.name for milestone in Sources().milestones]
CASES = [
    case(name, kind, slow=kind != list(trivial.KINDS)[i % len(trivial.KINDS)])
    for i, name in enumerate(NAMES)
    for kind in trivial.KINDS
]


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_trivial_code_earns_nothing(name, kind):
    if name in TORCH:
        pytest.importorskip("torch")
    milestone = Sources().milestone(name)
    results = trivial.score(milestone, kind)
    assert {result.verdict for result in results.values()} == {"failed"}
    assert trivial.earned(results) == {}
    assert sum(result.score for result in results.values()) == 0


def test_everything_that_students_write_is_replaced():
    milestone = Sources().milestone("dropout")
    written = {function for _, function in trivial.written_functions(milestone)}
    layer = {"dropout_forward", "dropout_backward"}
    assert written == layer | {"FullyConnectedNet._drop_out", "FullyConnectedNet._drop_out_backward"}


def test_what_is_replaced_has_the_form_of_what_is_right_and_leaves_arguments_alone():
    filled = {kind: trivial._trivial(_double, fill) for kind, fill in trivial.KINDS.items()}
    x = np.full((2, 3), 5.0)
    out, gradients = filled["zeros"](x)
    assert np.array_equal(out, np.zeros((2, 3)))
    assert gradients["dx"].shape == (3,)
    assert np.isnan(filled["nan"](x)[0]).all()
    assert np.array_equal(filled["input"](x)[0], x)
    assert filled["empty"](x)[0].size == 0
    assert np.array_equal(x, np.full((2, 3), 5.0))


def _double(x):
    x *= 2
    return x, {"dx": np.ones(3)}


def test_the_right_answers_earn_points_where_trivial_ones_do_not():
    milestone = Sources().milestone("dropout")
    assert trivial.earned(
        strength.grade_in_process(strength.reference(milestone), milestone, name_bugs=False)
    )


@pytest.mark.parametrize("name", NAMES)
def test_demands_are_a_fifth_of_a_functions_points_at_most(name):
    """What a function's checks ask beyond values: of each check a fifth, or less elsewhere where one asks more."""
    points: dict[str, float] = {}
    demanded: dict[str, float] = {}
    for check in milestone_content.checks(Sources().milestone(name)):
        for function in check.tests or (check.name,):
            points[function] = points.get(function, 0) + check.points
            of_parts = check.points_of_parts
            demanded[function] = demanded.get(function, 0) + sum(of_parts[part] for part in check.demands)
    assert {f: demanded[f] for f in points if demanded[f] > points[f] / 5 + 1e-9} == {}
