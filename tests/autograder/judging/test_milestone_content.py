"""What a milestone's room holds, and the work that does nothing, which is made from the reference."""

from __future__ import annotations

import numpy as np
import pytest

from autograder.judging import milestone_content
from autograder.sources import Sources

DROPOUT = Sources().milestone("dropout")


@pytest.mark.parametrize("milestone", Sources().milestones, ids=lambda milestone: milestone.name)
def test_work_that_does_nothing_fits_the_reference_and_has_a_name_of_its_own(milestone):
    found = milestone_content.pass_throughs(milestone)
    names = [bug.name for bug in milestone_content.known_mistakes(milestone)]
    assert len(names) == len(set(names))
    for bug in found:
        assert bug.edited.sources(), bug.name
        assert bug.simple


def test_a_function_that_does_nothing_gives_its_first_array_back_in_the_form_of_its_results():
    found = {bug.name: bug for bug in milestone_content.pass_throughs(DROPOUT)}
    layer = found["dropout_forward_gives_back_its_input"]
    assert layer.concerns == ("forward_train", "forward_test", "seeds")
    assert "dropout_forward" in layer.explanation
    library, x = layer.edited.library(DROPOUT), np.arange(6.0).reshape(2, 3)
    for mode in ("train", "test"):
        out, cache = library.dropout_forward(x, {"mode": mode, "p": 0.5})
        assert np.array_equal(out, x)
        assert np.array_equal(library.dropout_backward(x + 1, cache), x + 1)
    assert "FullyConnectedNet_drop_out_gives_back_its_input" in found


ODD = """
def works(x: np.ndarray) -> np.ndarray:
    \"\"\"Has a helper inside.\"\"\"
    @decorated
    def inner():
        pass
    ### BEGIN SOLUTION m
    return inner(x)
    ### END SOLUTION

def says(x: np.ndarray) -> np.ndarray:
    \"\"\"Has nothing but this.\"\"\"
    ### BEGIN SOLUTION m
    # write it
    ### END SOLUTION
"""


def test_what_stands_first_in_a_function_may_be_decorated_or_nothing():
    ((name, (edit,)),) = milestone_content._passing_input("f.py", ODD, "m")
    begin, end, new = edit.locate(ODD)
    assert (name, begin, end, new.strip()) == ("works", ODD.index("    @decorated"), begin, "return x")
