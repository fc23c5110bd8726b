"""Small changes of a student's code that are tried out: what is told is true, and nothing is told where none helps."""

from __future__ import annotations

import importlib.util
import sys
import textwrap
from collections.abc import Callable, Iterator
from types import ModuleType

import numpy as np
import pytest

from nndl.checking.shared.model import Check
from nndl.checking.shared.trials import search
from nndl.checking.shared.trials.search import tried_out
from nndl.checking.shared.verdict import Question

X = np.array([[1.0, -2.0, 3.5], [0.5, 4.0, -1.25]])
Y = np.array([0, 2])
RIGHT = {
    "shifted": lambda x, y: x - x.mean(axis=1, keepdims=True),
    "picked": lambda x, y: x[np.arange(len(x)), y],
    "loss": lambda x, y: -np.log(np.exp(x)[np.arange(len(x)), y]).sum() / len(x) + 0.5 * (x**2).sum(),
    "flipped": lambda x, y: x.T @ x,
    "rows": lambda x, y: np.array([row.sum() + 1 for row in x]),
}


@pytest.fixture
def written(tmp_path) -> Iterator[Callable[[str], ModuleType]]:
    """Give a function that writes a student's file and loads it."""

    def write(code: str) -> ModuleType:
        (tmp_path / "lib").mkdir(exist_ok=True)
        file = tmp_path / "lib" / "student_of_trials.py"
        file.write_text("import numpy as np\n\n\n" + textwrap.dedent(code), encoding="utf-8")
        spec = importlib.util.spec_from_file_location("student_of_trials", file)
        module = importlib.util.module_from_spec(spec)
        sys.modules["student_of_trials"] = module
        spec.loader.exec_module(module)
        return module

    yield write
    sys.modules.pop("student_of_trials", None)


def the_check(module: ModuleType, name: str, inputs: int = 2) -> Check:
    """Return a check of one function of the student's, for some inputs."""

    def body() -> Iterator[str | None]:
        for scale in range(1, inputs + 1):
            want = RIGHT[name](scale * X, Y)
            got = getattr(module, name)(scale * X, Y.copy())  # a change may write into it
            yield None if np.shape(got) == np.shape(want) and np.allclose(got, want) else f"{name} is wrong"

    return Check(name, 1, "title", f"`{name}` in lib/student_of_trials.py", (), body)


LOSS = "np.log(np.exp(x)[np.arange(len(x)), y]{})"
LOOP = "out = np.zeros(len(x))\n{}\nreturn out"


@pytest.mark.parametrize(
    ("name", "body", "told"),
    [
        ("shifted", "return x - x.mean(axis=0, keepdims=True)", "along another axis than `axis=0`"),
        (
            "shifted",
            "return np.clip(x, -3, 3) - x.mean(axis=1, keepdims=True)",
            "in the place of `np.clip(…)`",
        ),
        ("shifted", "return x - x.sum(axis=1, keepdims=True) // 3", "with another sign than `//`"),
        ("shifted", "return x - x.sum(axis=1, keepdims=True)", "with another function than `x.sum`"),
        ("shifted", "return x - x.mean(axis=1)", "with keepdims=True in `x.mean(…)`"),
        ("picked", "return x[:, y]", "with one entry of each row, that of `y`"),
        ("picked", "return x[np.arange(len(y)), y - 1]", "without `- 1` behind `y`"),
        ("picked", "return np.sort(x)[np.arange(len(x)), 0] - y", ""),
        ("loss", f"return (-{LOSS.format('')}.sum() + 0.5 * (x**2).sum()) / len(x)", "not for `0.5"),
        ("loss", f"return -{LOSS.format(' + 1e-3')}.sum() / len(x) + 0.5 * (x**2).sum()", "without `+"),
        ("flipped", "return x.reshape(x.shape[1], x.shape[0]) @ x", "with axes moved, where"),
        ("flipped", "return x @ x.T", "with the two sides of `x @ x.T` exchanged"),
        (
            "rows",
            LOOP.format("for r in range(1, 2):\n    out[r] = x[r].sum() + 1"),
            "with another number than `1`",
        ),
        (
            "rows",
            LOOP.format("for c in range(3):\n    out += x[:, c] + 1"),
            "`1` added behind the loop, once",
        ),
        ("rows", LOOP.format("r = 0\nfor row in x:\n    s = row.sum() + 1\nout[r] = s\nr += 1"), ""),
        (
            "rows",
            "out = []\nfor row in x:\n    s = row.sum() + 1\nout.append(s)\nreturn np.array(out)",
            "in the loop",
        ),
        (
            "rows",
            LOOP.format("for r in range(2):\n    out[-1] = x[r].sum() + 1"),
            "with another number than `-1`",
        ),
        (
            "picked",
            "return np.array([row.max() for row, label in zip(x, y)])",
            "the entry of `label` in the place of",
        ),
        ("rows", "return x.sum(axis=1)", "with `x.sum(axis=1)` plus `1`"),
        (
            "shifted",
            "means = np.array([sum(row) / len(row) for row in x])\nreturn x - means",
            "with `means` as a column",
        ),
        ("rows", "return np.zeros(len(x))", ""),
    ],
)
def test_the_place_of_a_mistake_is_told(written, tmp_path, name, body, told):
    module = written(f"def {name}(x, y):\n{textwrap.indent(body, '    ')}\n")
    before = getattr(module, name).__code__
    said = "".join(tried_out(Question(the_check(module, name)), tmp_path))
    assert bool(told) == bool(said), said
    assert told in said
    assert getattr(module, name).__code__ is before


def test_what_is_missing_is_not_told_where_it_may_be_several_things(written, tmp_path):
    module = written("def rows(x, y):\n    one = another = 1\n    return x.sum(axis=1)\n")
    (said,) = tried_out(Question(the_check(module, "rows")), tmp_path)
    assert "line 6: with another function, factor or part beside what stands there" in said


def test_a_change_after_which_another_check_fails_is_none(written, tmp_path):
    module = written(
        "def rows(x, y):\n    return x.sum(axis=1)\n\n\ndef twice(x, y):\n    return 2 * rows(x, y)\n"
    )
    check = the_check(module, "rows")

    def other() -> Iterator[str | None]:
        yield None if np.allclose(module.rows(X, Y), X.sum(axis=1)) else "rows has changed"

    assert tried_out(Question(check), tmp_path) != []
    needed = Check("other", 1, "title", check.where, (), other)
    assert tried_out(Question(check, needs=[needed]), tmp_path) == []
    assert tried_out(Question(check, beside=[needed]), tmp_path) == []


def test_a_check_that_waits_for_what_is_not_written_says_nothing_of_a_change(written, tmp_path):
    module = written("def shifted(x, y):\n    return x - x.max(axis=1, keepdims=True)\n")

    def waiting() -> Iterator[str | None]:
        yield None
        raise NotImplementedError

    later = Check("later", 1, "title", "`g` in lib/student_of_trials.py", (), waiting)
    (said,) = tried_out(Question(the_check(module, "shifted"), beside=[later]), tmp_path)
    assert "`shifted`, line 5: with another function than `x.max`" in said


def test_an_argument_that_is_overwritten_is_told(written, tmp_path):
    module = written(
        """
        def rows(x, y):
            out = []
            for r in range(2):
                x = x[r]
                out.append(x.sum() + 1)
            return np.array(out)
        """
    )
    (said,) = tried_out(Question(the_check(module, "rows")), tmp_path)
    assert "if `x` were not overwritten here" in said


def test_a_change_that_makes_a_loop_without_an_end_ends_the_search(written, tmp_path, monkeypatch):
    monkeypatch.setattr(search, "_LONGEST", 0.2)
    module = written(
        """
        def rows(x, y):
            r = 0
            while r < 2:
                r += 1
            return np.zeros(7)
        """
    )
    assert tried_out(Question(the_check(module, "rows")), tmp_path) == []


def test_methods_and_those_that_call_super_are_tried_out(written, tmp_path):
    module = written(
        """
        class Base:
            def f(self, x):
                return x

        class Net(Base):
            def f(self, x):
                return super().f(x) - 1
        """
    )

    def body() -> Iterator[str | None]:
        yield None if module.Net().f(3) == 3 else "f is wrong"

    check = Check("f", 1, "title", "`f` of `Net` in lib/student_of_trials.py", (), body)
    (said,) = tried_out(Question(check), tmp_path)
    assert said.startswith("tried out in `Net.f`, line 11: without `- 1` behind `super().f(x)`")
    assert module.Net().f(3) == 2


def test_two_mistakes_at_once_have_no_name(written, tmp_path):
    module = written("def loss(x, y):\n    return np.log(x[0, y[0]] ** 2 + 7) / 3 - np.sin(len(y)) * 0.123\n")
    assert tried_out(Question(the_check(module, "loss", inputs=4)), tmp_path) == []
