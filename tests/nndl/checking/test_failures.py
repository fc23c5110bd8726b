"""Which line of a student's an exception is laid to: never one of the package's own."""

from typing import Any

import numpy as np
import pytest

from nndl import fc_net, layers
from nndl.checking.shared.errors.definitions import lines_of, why_missing
from nndl.checking.shared.errors.explained import explain_exception


def explained(call):
    with pytest.raises(Exception) as caught:  # noqa: PT011  whatever it is
        call()
    return explain_exception(caught.value)


def test_what_a_layer_refuses_is_laid_to_who_called_it():
    net = fc_net.FullyConnectedNet([4], 3, 2, normalization="batchnorm")
    net.params["gamma1"] = np.ones(5, np.float32)
    unwritten, lines = explained(lambda: net.loss(np.zeros((2, 3))))
    assert not unwritten
    assert lines[0] == "ValueError: gamma must have shape (4,), but its shape is (5,)"
    assert "`batchnorm_forward`, nndl/layers/batchnorm.py, line " in lines[1].replace("\\", "/")
    called = [line.split(",")[0] for line in lines if line.startswith("called in")]
    functions = ("_normalize", "_block_forward", "loss")
    assert called == [f"called in `FullyConnectedNet.{name}`" for name in functions]


@pytest.mark.parametrize(
    "call",
    [
        lambda: layers.conv_forward_naive(np.zeros((1, 1, 2, 2)), np.zeros((1, 1, 3, 3)), np.zeros(1), {}),
        lambda: layers.spatial_groupnorm_forward(
            np.zeros((1, 3, 1, 1)), np.ones((1, 3, 1, 1)), np.ones((1, 3, 1, 1)), 2, {}
        ),
        lambda: layers.dropout_forward(np.zeros(3), {"p": 2, "mode": "train"}),
    ],
)
def test_no_file_with_an_underscore_is_named(call):
    _, lines = explained(call)
    assert "nndl" in lines[1]
    assert "/_" not in lines[1].replace("\\", "/")


def test_a_stub_is_named_with_its_file(monkeypatch):
    def unwritten(*args):
        raise NotImplementedError("write this part")

    monkeypatch.setattr(layers, "affine_forward", unwritten)
    is_stub, lines = explained(lambda: layers.affine_forward(1))  # type: ignore[call-arg, arg-type]
    assert is_stub
    assert "still raises NotImplementedError: write it first" in lines[0]
    assert "test_failures.py" in lines[0]


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (
            lambda: np.ones((2, 3)) / np.ones((2, 3)).sum(axis=1),
            "keepdims=True leaves that axis there with length 1: (2, 1)",
        ),
        (lambda: np.ones((4, 2, 3)) - np.ones((4, 3)), "(4, 3) lacks axis 1 of (4, 2, 3)"),
    ],
)
def test_an_axis_that_a_sum_took_away_is_named(call, said):
    _, lines = explained(call)
    assert said in lines[0]


def test_an_axis_that_no_sum_took_away_is_not_laid_to_one():
    _, lines = explained(of_something_else)
    assert "(3,) lacks axis 1 of (3, 4)" in lines[0]
    assert "keepdims" not in lines[0]


def test_shapes_that_differ_otherwise_are_given_no_reason():
    _, lines = explained(lambda: np.ones((2, 3)) + np.ones((2, 4)))
    assert "keepdims" not in lines[0]


def test_pictures_that_do_not_fit_a_layer_of_pytorch():
    torch = pytest.importorskip("torch")
    _, lines = explained(lambda: torch.nn.Linear(12, 2)(torch.zeros(3, 4)))
    assert "rows of 4 numbers arrive where the affine layer is made for 12" in lines[0]
    _, lines = explained(lambda: torch.nn.Linear(12, 2)(torch.zeros(2, 12).reshape(-1)))
    assert "does flattening keep the axis of the batch?" not in lines[0]  # no batch is in sight
    assert "were there 2 images" in lines[0]

    def with_all_axes(hidden, w):
        return hidden @ w

    # the last axis is as long as there are classes, but what is missing is the flattening
    _, lines = explained(lambda: with_all_axes(torch.zeros(1, 1, 2, 2), torch.zeros(4, 2)))
    assert "comes into the affine layer with all its axes" in lines[0]
    assert "transposed" not in lines[0]

    def flattened(layer, batch):
        batch = batch.reshape(-1)
        return layer(batch)

    _, lines = explained(lambda: flattened(torch.nn.Linear(12, 2), torch.zeros(2, 3, 2, 2)))
    assert "as many as 2 such rows have together: does flattening keep the axis of the batch?" in lines[0]
    _, lines = explained(lambda: torch.nn.Conv2d(1, 1, 3)(torch.zeros(1, 1, 2, 2)))
    assert "smaller than the filter" in lines[0]

    def convolved(picture, padding):
        return torch.nn.Conv2d(1, 1, 9, padding=padding)(picture)

    _, lines = explained(lambda: convolved(torch.zeros(1, 1, 2, 2), 0))
    assert "it has no padding, as picture is of that size itself" in lines[0]
    _, lines = explained(lambda: convolved(torch.zeros(1, 1, 2, 2), 1))
    assert "no padding" not in lines[0]


class Pictures:
    """What the explanation looks at of a tensor: its shape."""

    shape = (2, 4, 32, 32)

    def method(self):
        """Do nothing."""


class Net:
    """A net as far as an optimizer looks at it."""

    parameters = Pictures.method


def optimizer():
    net: Any = Net()
    return list(net)


NUMBER: Any = 0.1
NUMBERS: Any = 3
PICTURES: Any = Pictures()


def change_in_place(array: Any, other: Any):
    array /= other


def not_flattened():
    hidden = Pictures()
    assert hidden.shape
    raise RuntimeError("mat1 and mat2 shapes cannot be multiplied (256x32 and 4096x6)")


def too_few():
    hidden = Pictures()
    assert hidden.shape
    raise RuntimeError("mat1 and mat2 shapes cannot be multiplied (2x100 and 4096x6)")


def two() -> Any:
    return np.ones(2), 3


def results_in_one():
    out = two()
    return NUMBER * out


def a_whole_shape():
    x: Any = np.ones((2, 3))
    return x / 2 * (x.shape / 2)


def a_number_and_a_text():
    return NUMBERS + "W"


def a_name_for_its_entry():
    params: Any = {"W1": np.ones(2)}
    total = 0.0
    for name in params:
        total += NUMBER * name
    return total


def hidden_name():
    max: Any = np.ones(3).max()
    return max(0, 1)


def called_array():
    rows: Any = np.ones(3)
    return rows(2)


def labels_for_rows():
    scores, labels = np.ones((3, 4)), np.arange(3)
    return scores - labels


def of_a_mean():
    x = np.ones((3, 4))
    mean = x.mean(axis=1)
    return x - mean


def of_something_else():
    x = np.ones((3, 4))
    first = x[:, 0]
    return x - first


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (of_a_mean, "keepdims=True leaves that axis there with length 1: (3, 1)"),
        (
            lambda: NUMBER * {"W1": 1.0},
            "on one side of * stands a whole dict, where one of its values belongs",
        ),
        (lambda: NUMBER - (1.0, 2.0), "on one side of - stands a tuple, where one of its values belongs"),
        (results_in_one, "on one side of * stands a tuple of several results"),
        (a_whole_shape, "on one side of / stands a whole shape, where one of its numbers belongs"),
        (a_number_and_a_text, "on one side of + stands a text"),
        (a_name_for_its_entry, "stands 'W1', the name of an entry, where the entry itself belongs"),
        (hidden_name, "`max` is the name of a variable here, and so hides Python's own max()"),
        (called_array, "`rows` is an array here, and () behind it calls it"),
        (labels_for_rows, "lacks axis 1 of (3, 4): labels has one whole number for each row"),
        (lambda: NUMBER + np.ones(2).sum, "on one side of + stands a function that has not been called"),
        (lambda: list(PICTURES.method), "it has not been called: its parentheses () are missing"),
        (
            lambda: np.ones((2, 3)) * np.ones((3, 4)),
            "the matrix product of (2, 3) and (3, 4) is written with @",
        ),
        (lambda: list(NUMBERS), "range(number) can"),
        (optimizer, "net is a whole net; its parameters are net.parameters()"),
        (not_flattened, "hidden (2, 4, 32, 32) comes into the affine layer with all its axes"),
        (lambda: change_in_place(np.ones(3) > 0, 2), "the array on the left holds yes and no (bool)"),
        (lambda: change_in_place(np.arange(3), 2.0), "the array on the left holds whole numbers (int64)"),
        (
            lambda: change_in_place(np.ones(3), np.ones((1, 3))),
            "has shape (3,) and keeps it, but what it would become has (1, 3); an axis of length 1 is left over",
        ),
        (
            lambda: change_in_place(np.ones(1), np.ones(4)),
            "has shape (1,) and keeps it, but what it would become has",
        ),
        (too_few, "rows of 100 numbers arrive where the affine layer is made for 4096"),
    ],
)
def test_an_error_of_python_is_told_in_plain_words(call, said):
    _, lines = explained(call)
    assert said in lines[0]


SOURCE = """
def forward(x):
    return x

    def backward(x):
        return x

class Net:
    def los(self):
        return 1

if True:
    def forward(x):
        return 2 * x

def predict(net):
    return net

class Other:
    def save(self):
        pass
"""


@pytest.mark.parametrize(
    ("name", "owner", "said"),
    [
        ("backward", "", "it stands in line 5, indented into `forward`: take the indentation away"),
        ("loss", "Net", "is it `los` now?"),
        ("predict", "Net", "it stands in line 16, outside of every class"),
        ("predicts", "", "is it `predict` now?"),
        ("forwards", "", ""),  # a name that stands there twice is no new one
        ("train", "Net", ""),
        ("save", "Net", ""),
    ],
)
def test_what_became_of_a_function_is_read_off_its_file(tmp_path, name, owner, said):
    file = tmp_path / "net.py"
    file.write_text(SOURCE, encoding="utf-8")
    assert why_missing(file, name, owner) == said
    assert lines_of(file, "forward") == [2, 13]
    assert lines_of(file, "Net.los") == [9]
    file.write_text("def (", encoding="utf-8")
    assert (why_missing(file, name, owner), lines_of(file, "forward")) == ("", [])
