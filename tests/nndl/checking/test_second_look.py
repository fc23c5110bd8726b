"""What is seen when a check runs once more: what came back from a call, and places that are named twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nndl.checking.shared.code import caches, places
from nndl.checking.shared.code.facts import functions_of
from nndl.checking.shared.progress import CheckFailed, Progress

NOTHING: Any = None


class Net:
    """A net whose parts give back something else than its caller takes apart."""

    def alone(self, x: Any) -> Any:
        """Return one array."""
        return x + 1

    def three(self, x: Any) -> Any:
        """Return three values."""
        return x, x, x

    def nothing(self, x: Any) -> Any:
        """Return nothing."""
        self.x = x

    def scores(self, part: str, x: Any) -> Any:
        """Take apart what a part gives."""
        if part == "alone":
            scores, hidden = self.alone(x)
        elif part == "three":
            scores, hidden = self.three(x)
        else:
            scores, hidden = self.nothing(x)
        return scores, hidden


def lines_of(call: Any) -> str:
    progress = Progress("x")

    @progress.check(points=1, where="x")
    def body() -> Any:
        """Do something."""
        yield call()

    with pytest.raises(CheckFailed) as failed:
        body()
    return " ".join(" ".join(line.split()) for line in failed.value.lines)


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ("alone", "`alone` gives back one array of shape (5, 3), and 2 are taken apart here"),
        ("three", "`three` gives back 3 values, and 2 are taken apart here"),
        ("nothing", "`nothing` gives back None, and 2 are taken apart here"),
    ],
)
def test_what_came_back_is_told_where_it_cannot_be_taken_apart(part: str, said: str) -> None:
    assert said in lines_of(lambda: Net().scores(part, np.ones((5, 3))))


def test_what_came_back_is_told_of_a_check_itself() -> None:
    def first() -> Any:
        return Net().nothing(1)[0]

    assert "`nothing` gives back None" in lines_of(first)


def test_nothing_is_told_of_calls_that_an_error_is_not_about() -> None:
    def fails() -> Any:
        out = Net().alone(np.ones(3))
        return out @ np.ones(4)

    assert "gives back" not in lines_of(fails)


def test_what_a_student_prints_is_not_printed_twice(capsys: pytest.CaptureFixture[str]) -> None:
    def prints() -> Any:
        print("here")
        a, b = Net().three(1)
        return a, b

    lines_of(prints)
    assert capsys.readouterr().out.count("here") == 1


def adds_to_places(dx: Any, rows: Any, dout: Any) -> Any:
    """Add at places that have numbers."""
    dx[rows] += dout
    return dx


def adds_at_labels(dx: Any, y: Any) -> Any:
    """Add at one place of each row."""
    rows = np.arange(len(y))
    dx[rows, y] -= 1
    return dx


@pytest.mark.parametrize(
    ("function", "arguments", "told"),
    [
        (adds_to_places, (np.zeros(3), np.array([0, 2, 2]), np.ones(3)), True),
        (adds_to_places, (np.zeros(3), np.array([0, 1, 2]), np.ones(3)), False),
        (adds_to_places, (np.zeros(3), np.array([True, False, True]), np.ones(2)), False),
        (adds_at_labels, (np.zeros((3, 2)), np.array([1, 1, 0])), False),
    ],
)
def test_places_that_are_named_more_than_once(
    function: Any, arguments: Any, told: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = Path(__file__)
    found = list(functions_of(f"`{function.__name__}` in {here.parent.name}/{here.name}", here.parent.parent))
    monkeypatch.setattr(places, "functions_of", lambda where: found)
    said = places.repeated_places("", lambda: function(*arguments))
    assert ["np.add.at adds every time" in line for line in said] == [True] * told


def one_forward(x: Any) -> Any:
    """Return a value and a cache."""
    return x, (x, 1)


def other_forward(x: Any) -> Any:
    """Return a value and another cache."""
    return x, (x, 2)


def one_backward(dout: Any, cache: Any) -> Any:
    """Return a gradient."""
    return dout * cache[1]


def other_backward(dout: Any, cache: Any) -> Any:
    """Return a gradient, by way of another layer."""
    return one_backward(dout, cache)


def _normalize_backward(dout: Any, cache: Any) -> Any:
    return one_backward(dout, cache)


@pytest.mark.parametrize(
    ("forward", "backward", "told"),
    [
        (one_forward, one_backward, False),
        (other_forward, one_backward, True),
        (other_forward, other_backward, False),  # it is its own cache that it hands on
        (one_forward, _normalize_backward, False),
        (other_forward, _normalize_backward, True),
    ],
)
def test_a_cache_of_another_layer_is_seen(forward: Any, backward: Any, told: bool) -> None:
    said = caches.mixed_caches(lambda: backward(1.0, forward(2.0)[1]))
    assert [
        "`one_backward` is handed a cache that `other_forward` has returned" in line for line in said
    ] == [True] * told
