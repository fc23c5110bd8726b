"""An error is told with the keys and the shapes that it leaves out, and nothing of a submission is run for that."""

from __future__ import annotations

import importlib.util
import sys
from types import TracebackType

import numpy as np
import pytest

from autograder.sandbox.inside.looked_up import beside

pytestmark = pytest.mark.skipif(
    sys.version_info < (3, 11), reason="this Python does not know where in a line"
)

SOURCE = """
import numpy as np

class Net:
    def __init__(self):
        self.params = {"W1": np.zeros((3, 2)), "b1": np.zeros(2)}
        self.empty = {}

    @property
    def computed(self):
        raise SystemExit

    def weights(self, name):
        return self.params[name]

    def bias(self):
        return self.empty["b"]

    def property_key(self):
        return self.computed["b"]

    def scores(self, x):
        return x @ self.params["W1"]

    def window(self, x):
        window = x[:, 3:2]
        return window.max()

    def raises(self, x):
        raise ValueError(f"this is not {len(x)}")

    def other(self, x):
        return np.zeros(3) + x

    def longer(self, x):
        return (
            x
            @ x
        )

class Sly(dict):
    def __getitem__(self, key):
        raise KeyError(key)

    def __iter__(self):
        raise SystemExit

def sly():
    found = Sly()
    return found["a"]

def many():
    grads = {f"W{i}": i for i in range(20)}
    grads["no"] += 1

def numbers():
    return {1: 2}[3]

def local():
    counts = {1: 2, "x" * 50: 3}
    return counts[3]

def index(x):
    return x[7]

class Array:
    __module__ = "numpy"

    @property
    def shape(self):
        raise SystemExit

def like_an_array(x):
    x, y = Array(), x
    return y @ y
"""


@pytest.fixture(scope="module")
def student(tmp_path_factory):
    path = tmp_path_factory.mktemp("own") / "student.py"
    path.write_text(SOURCE, encoding="utf-8")
    spec = importlib.util.spec_from_file_location("student_looked_up", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def said(module, call) -> str:
    with pytest.raises(Exception) as caught:  # noqa: PT011
        call()
    place: TracebackType | None = None
    trace = caught.value.__traceback__
    while trace is not None:
        place = trace if trace.tb_frame.f_globals is vars(module) else place
        trace = trace.tb_next
    return beside(caught.value, place)


@pytest.mark.parametrize(
    ("name", "arguments", "text"),
    [
        ("weights", ("W2",), " (self.params has 'W1', 'b1')"),
        ("bias", (), " (self.empty has no keys)"),
        ("scores", (np.zeros((4, 2)),), " (here x has shape (4, 2), self.params['W1'] has shape (3, 2))"),
        ("window", (np.zeros((2, 5)),), " (here window has shape (2, 0))"),
        ("raises", (np.zeros(3),), ""),
        ("other", (np.zeros(4),), ""),  # NumPy names the shapes itself
        ("longer", (np.zeros((2, 3)),), ""),
    ],
)
def test_what_a_method_stumbles_over(student, name, arguments, text):
    assert said(student, lambda: getattr(student.Net(), name)(*arguments)) == text


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("sly", ""),
        ("many", " (grads has 'W0', 'W1', 'W2', 'W3', 'W4', 'W5', …)"),
        ("numbers", ""),
        ("local", ""),
    ],
)
def test_what_a_function_stumbles_over(student, name, text):
    assert said(student, getattr(student, name)) == text


def test_the_shape_beside_an_index(student):
    assert said(student, lambda: student.index(np.zeros((3, 4)))) == " (here x has shape (3, 4))"


def test_what_is_no_array_is_not_asked_for_its_shape(student):
    """The class says that it is NumPy's, and its property ends the process."""
    assert said(student, lambda: student.like_an_array(np.zeros((3, 4)))) == " (here y has shape (3, 4))"


def test_a_property_is_not_run(student):
    with pytest.raises(SystemExit) as caught:
        student.Net().property_key()
    place = caught.value.__traceback__
    while place.tb_next is not None and place.tb_next.tb_frame.f_code.co_name != "computed":
        place = place.tb_next
    assert beside(KeyError("b"), place) == ""


def test_without_a_place_nothing_is_said():
    assert beside(KeyError("a"), None) == ""
