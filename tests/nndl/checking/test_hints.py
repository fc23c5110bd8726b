"""Hints at the cause of an error: true of the values at hand, and none where they support none."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nndl.checking.shared.errors.explained import explain_exception

ANY: Any = None


def lines_of(call: Any) -> list[str]:
    """Return what is said of the error that a call raises."""
    with pytest.raises(Exception) as caught:  # noqa: PT011  whatever it is
        call()
    return explain_exception(caught.value)[1]


def misspelt_key() -> Any:
    bn_param = {"running_mean": 0.0, "mode": "train"}
    return bn_param["runing_mean"]


def key_of_another_number() -> Any:
    grads = {"W1": 0.0, "W2": 0.0}
    return grads["W3"]


def not_transposed() -> Any:
    dout, w = np.ones((4, 5)), np.ones((6, 5))
    return dout @ w


def not_flattened() -> Any:
    x, w = np.ones((4, 2, 3)), np.ones((6, 5))
    return np.dot(x, w)


def another_batch() -> Any:
    scores, targets = np.ones((3, 4)), np.ones((5, 4))
    return scores - targets


def another_bias() -> Any:
    scores, b1 = np.ones((5, 3)), np.ones(10)
    return scores + b1


def one_past_the_last() -> Any:
    x = np.ones((2, 3))
    return x[0, 3]


def unset() -> Any:
    for n in range(2):
        total += n  # type: ignore[name-defined]  # noqa: F821, F841
    return None


def other_case() -> Any:
    Loss = 1.0
    loss = loss + Loss  # type: ignore[has-type]  # noqa: F821
    return loss


def letters_exchanged() -> Any:
    var = np.ones(3)
    return var + vra  # type: ignore[name-defined]  # noqa: F821


def layer_forward(x: Any, w: Any) -> Any:
    return x, (x, w)


FORWARD: Any = layer_forward
ONES: Any = np.ones(3)


def layer_backward(dout: Any, cache: Any) -> Any:
    x, w = cache
    return dout, x, w


def layer_called_without_weights() -> Any:
    layer_forward = FORWARD
    return layer_forward(1)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (misspelt_key, "`bn_param` has the keys 'running_mean', 'mode': did you mean 'running_mean'?"),
        (key_of_another_number, "`grads` has the keys 'W1', 'W2'"),
        (not_transposed, "it would fit with w transposed, (4, 5) @ (5, 6)"),
        (not_flattened, "as rows of 6 numbers, one for each of the 4 inputs, it fits: reshape it"),
        (another_batch, "one of the two has 3 rows, the other has 5"),
        (another_bias, "b1 has 10 entries, but the other side has 3 columns"),
        (one_past_the_last, "axis 1 has 3 entries, with the numbers 0 to 2; this is one past the last"),
        (unset, "total gets its value in this function, but not before this line"),
        (letters_exchanged, "did you mean var?"),
        (other_case, "there is Loss: upper and lower case letters differ"),
        (layer_called_without_weights, "it is called as layer_forward(x, w)"),
        (lambda: np.ones(3)[0, 1], "the array has 1 axis, but 2 numbers or slices"),
        (lambda: np.ones(3).sum(axis=1), "the array has axis 0 alone"),
        (lambda: np.ones(3)[np.ones(2)], "whole numbers, a slice or a mask"),
        (lambda: list(range(4 / 2)), "/ always makes such a number"),  # type: ignore[call-overload]
        (lambda: np.sum(np.ones(3), axes=0), "did you mean axis=?"),  # type: ignore[call-overload]
        (lambda: max(0, np.ones(3)), "Python's own max() compares its arguments as a whole"),
        (lambda: np.max(0, np.ones(3)), "the second argument of np.max is an axis"),
        (lambda: ("out", "cache").shape, "it is a tuple of several results"),  # type: ignore[attr-defined]
        (lambda: layer_backward(1, (1, 2, 3)), "is it the one that `layer_forward` returned?"),
        (lambda: layer_backward(1, np.ones((4, 3))), "has been given is an array of shape (4, 3)"),
        (lambda: float(np.ones(3)), "one number is needed here"),
        (lambda: ONES - np.ones((2, 3)).sum, "a function that has not been called"),
    ],
)
def test_what_the_values_say(call: Any, said: str) -> None:
    lines = lines_of(call)
    assert any(said in line for line in lines), lines


def shape_taken_apart() -> Any:
    x: Any = np.ones((2, 3, 4))
    n, d = x.shape
    return n, d


def conv_backward(dout: Any, cache: Any) -> Any:
    n, d = dout.shape
    return n, d, cache


def statistic_of_the_other_name() -> Any:
    bn_param = {"running_var": 0.0, "mode": "train"}
    return bn_param["running_mean"]


def mode_of_a_text() -> Any:
    mode: Any = "train"
    return mode.shape


def key_of_a_loop() -> Any:
    params: Any = {"W1": np.ones(2)}
    return [name.sum() for name in params]


def mask_of_two_axes() -> Any:
    mask = np.ones((2, 3), bool)
    return np.ones(3)[mask]


def named_entry_of_an_array() -> Any:
    grads: Any = np.ones(3)
    return grads["W1"]


@pytest.mark.parametrize(
    ("call", "said", "not_said"),
    [
        (shape_taken_apart, "x.shape is (2, 3, 4): an array with 3 axes", "the cache"),
        (lambda: conv_backward(np.ones((1, 2, 3)), (1,)), "dout.shape is (1, 2, 3)", "the cache"),
        (statistic_of_the_other_name, "has the keys 'running_var', 'mode'", "did you mean"),
        (mode_of_a_text, "`mode` is the text 'train'", ".values()"),
        (key_of_a_loop, ".values() the rest", "did you mean"),
        (named_entry_of_an_array, "names such as 'W1' are for a dict", "numbers with a point"),
        (mask_of_two_axes, "is for 2 axes", "with commas"),
    ],
)
def test_nothing_is_said_that_the_values_do_not_bear_out(call: Any, said: str, not_said: str) -> None:
    lines = lines_of(call)
    assert any(said in line for line in lines), lines
    assert not any(not_said in line for line in lines), lines


def test_no_number_is_taken_for_a_misspelt_one() -> None:
    assert not any("did you mean" in line for line in lines_of(key_of_another_number))


def test_a_product_that_fits_in_several_ways_gets_no_hint() -> None:
    def square() -> Any:
        a, b = np.ones((4, 3)), np.ones((4, 3))
        return a @ b

    assert not any("would fit" in line for line in lines_of(square))


def test_what_is_left_of_a_stub_is_told() -> None:
    def unwritten() -> Any:
        """Do nothing."""
        # YOUR CODE HERE
        raise NotImplementedError("write it")

    def left_over() -> Any:
        value = 3
        print(value)
        raise NotImplementedError("write it")

    with pytest.raises(NotImplementedError) as caught:
        unwritten()
    assert "write it first" in explain_exception(caught.value)[1][0]
    with pytest.raises(NotImplementedError) as caught:
        left_over()
    assert "still stands below yours: delete it" in explain_exception(caught.value)[1][0]


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (
            lambda torch: torch.ones(2, requires_grad=False).sum().backward(),
            "nothing that it was computed from requires",
        ),
        (lambda torch: torch.ones(2, requires_grad=True).add_(1), "inside torch.no_grad() only"),
        (lambda torch: torch.ones(2, requires_grad=True).backward(), "backward() starts at one number"),
        (lambda torch: torch.ones(2, requires_grad=True).numpy(), "detach() it first"),
        (
            lambda torch: torch.nn.Conv2d(4, 1, 1)(torch.ones(1, 3, 2, 2)),
            "made for 4 channels, and 3 come in",
        ),
        (lambda torch: torch.nn.Sequential(torch.nn.ReLU), "with parentheses, nn.ReLU()"),
        (
            lambda torch: torch.nn.functional.linear(torch.ones(1, 4), torch.ones(4, 2)),
            "the weights fit rows of 4 numbers when they are transposed",
        ),
    ],
)
def test_what_is_said_of_errors_of_pytorch(call: Any, said: str) -> None:
    torch = pytest.importorskip("torch")
    lines = lines_of(lambda: call(torch))
    assert any(said in line for line in lines), lines
