"""Where code stopped: a line of the student's, what the course's helpers refused, and no type for a check's words."""

from __future__ import annotations

import pytest

from autograder.failures import LimitExceeded, StudentError
from autograder.messages.stopped import at_own_line, in_words

NET = "nndl/fc_net.py:120 in FullyConnectedNet.loss: out, cache = affine_forward(out, W, b)"
AFFINE = "nndl/layers/affine.py:40 in affine_forward: check_array('x', x)"
VALIDATE = "nndl/_support/validate.py:50 in check_array: raise TypeError(message)"
GIVEN = "nndl/layer_utils.py:30 in affine_relu_forward: a, fc_cache = affine_forward(x, w, b)"
OWN = "nndl/my_own_helper.py:3 in helper: return x.T @ y"


def words(*frames, message="x is bad", **options):
    error = StudentError("TypeError", message, "nndl/x.py", 1, "\n".join(frames), from_code=True, **options)
    return in_words(error, "nndl")


@pytest.mark.parametrize(
    ("frames", "said"),
    [
        (
            (NET,),
            "Your code stopped with TypeError: x is bad (nndl/fc_net.py, line 120: `out, cache = affine_fo",
        ),
        ((NET, AFFINE), "(nndl/layers/affine.py, line 40: `check_array('x', x)`)"),
        (
            (NET, AFFINE, VALIDATE),
            "affine_forward cannot use what it is given in nndl/fc_net.py, line 120: `out, cache = affine_forward(out, "
            "W, b)`. It says: x is bad",
        ),
        (
            (GIVEN, AFFINE, VALIDATE),
            "affine_forward cannot use what affine_relu_forward of the course gives it",
        ),
        ((NET, GIVEN), "Your code stopped with TypeError: x is bad (nndl/fc_net.py, line 120:"),
        ((NET, GIVEN, AFFINE), "nndl/layers/affine.py, line 40"),
        (
            (GIVEN,),
            "What your code gives stops with TypeError: x is bad, when the course uses it",
        ),
        ((NET, OWN), "nndl/my_own_helper.py, line 3: `return x.T @ y`"),
        ((), "Your code stopped with TypeError: x is bad (nndl/x.py, line 1)"),
        (("no frame",), "Your code stopped with TypeError: x is bad (nndl/x.py, line 1)"),
    ],
)
def test_the_line_is_the_students(frames, said):
    text = words(*frames)
    assert said in text
    assert "validate.py" not in text
    assert "layer_utils.py" not in text


@pytest.mark.parametrize(
    ("frames", "place"),
    [
        ((NET, AFFINE), ("nndl/layers/affine.py", 40)),
        ((NET, AFFINE, VALIDATE), ("nndl/fc_net.py", 120)),
        ((NET, GIVEN), ("nndl/fc_net.py", 120)),
        ((GIVEN,), (None, None)),
        ((), ("nndl/x.py", 1)),
    ],
)
def test_a_failure_is_placed_at_an_own_line(frames, place):
    error = StudentError("TypeError", "bad", "nndl/x.py", 1, "\n".join(frames), from_code=True)
    placed = at_own_line(error, "nndl")
    assert isinstance(placed, StudentError)
    assert (placed.file, placed.line, placed.message, placed.from_code) == (*place, "bad", True)
    limit = LimitExceeded("wall", 10)
    assert at_own_line(limit, "nndl") is limit


def test_words_of_a_check_are_a_plain_sentence():
    assert in_words(StudentError("ValueError", "loss is not a number: fix that first"), "nndl") == (
        "loss is not a number: fix that first"
    )


def test_an_error_without_a_line_has_its_type():
    error = StudentError("TypeError", "f() missing 1 argument", from_code=True)
    assert in_words(error, "nndl") == "TypeError: f() missing 1 argument"


def test_stubs_and_limits():
    stub = StudentError("NotImplementedError", "f: write this part (x)", "nndl/x.py", 3, "", True, True)
    assert in_words(stub, "nndl") == "Not written yet: f (nndl/x.py, line 3)"
    assert in_words(LimitExceeded("wall", 10), "nndl") == "The code took longer than 10 s"


@pytest.mark.parametrize("frames", [(NET, AFFINE), (NET, GIVEN, AFFINE), (NET, AFFINE, VALIDATE)])
def test_what_was_written_for_an_earlier_milestone_is_not_blamed(frames):
    error = StudentError("ValueError", "bad shapes", "nndl/x.py", 1, "\n".join(frames), from_code=True)
    placed = at_own_line(error, "nndl", "dropout")  # its students write in fc_net.py and are given affine.py
    assert isinstance(placed, StudentError)
    assert (placed.file, placed.line) == ("nndl/fc_net.py", 120)
    said = in_words(placed, "nndl")
    assert "bad shapes (nndl/fc_net.py, line 120: `out, cache" in said
    assert "affine.py" not in said
    assert at_own_line(error, "nndl", "fc_net").traceback_tail == error.traceback_tail  # type: ignore[attr-defined]


CUT = "nndl/layers/convolution.py:40 in conv_backward_naive: dx[:] = padded[:, :, pad:-pad, pad:-pad]"


def test_a_slice_that_is_empty_without_padding_is_told():
    shapes = "could not broadcast input array from shape (2,3,0,0) into shape (2,3,5,7)"
    assert words(CUT, message=shapes).endswith("; the slice pad:-pad is empty where pad is 0")
    assert "slice" not in words(CUT, message=shapes.replace("0,0", "1,1"))
    assert "slice" not in words(CUT.replace(":-pad", ":pad"), message=shapes)


def test_the_first_line_of_a_long_error_is_told():
    text = words(CUT, message="module 'numpy' has no attribute 'int'.\nA page\nabout it")
    assert "has no attribute 'int'. (nndl" in text
    assert "page" not in text


def test_what_numpy_has_no_longer_is_told_with_what_does_the_same():
    text = words(CUT, message="module 'numpy' has no attribute 'product'")
    assert text.endswith("; older versions of NumPy had it, and np.prod does the same")
    assert "np.pad does the same" in words(CUT, message="module 'numpy.lib' has no attribute 'pad'")
    assert "older" not in words(CUT, message="module 'numpy' has no attribute 'produkt'")


def test_what_numpy_calls_otherwise_today_is_told():
    renamed = words(CUT, message="reshape() got an unexpected keyword argument 'newshape'")
    assert renamed.endswith("; older versions of NumPy knew it, and it is called shape today")
    assert "older" not in words(CUT, message="f() got an unexpected keyword argument 'shape'")
    one = "only 0-dimensional arrays can be converted to Python scalars"
    assert "item()" in words(CUT, message=one)
    assert "item()" not in words(CUT, message=f"not {one}")
