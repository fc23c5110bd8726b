"""Small changes of a student's code that are tried out: what is told is true, and nothing is told where none helps."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import random
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from nndl.checking.shared.model import Check
from nndl.checking.shared.trials import search
from nndl.checking.shared.trials.guard import Forbidden, nothing_reaches_out
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


def test_a_change_that_makes_a_loop_without_an_end_leaves_time_for_others(written, tmp_path, monkeypatch):
    monkeypatch.setattr(search, "_LONGEST", 0.05)
    module = written(
        """
        def rows(x, y):
            r = 0
            while r < 2:
                r += 1
            return x.sum(axis=0)[:2] + 1
        """
    )

    def body() -> Iterator[str | None]:
        yield None if np.allclose(module.rows(X, Y), X.sum(axis=0)[:2] + 2) else "rows is wrong"

    check = Check("rows", 1, "title", "`rows` in lib/student_of_trials.py", (), body)
    assert tried_out(Question(check), tmp_path) != []


def test_changes_that_make_loops_without_an_end_do_not_go_on(written, tmp_path, monkeypatch):
    monkeypatch.setattr(search, "_LONGEST", 0.05)
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


def quiet(act: Callable[[Path], object], folder: Path) -> None:
    """Do something, and keep to itself that it goes wrong."""
    with contextlib.suppress(Exception):
        act(folder)


@pytest.mark.parametrize(
    "act",
    [
        lambda folder: np.save(folder / "new.npy", X),
        lambda folder: np.savez(folder / "new.npz", X),
        lambda folder: np.memmap(folder / "kept", mode="r+"),
        lambda folder: (folder / "kept").write_text("new"),
        lambda folder: open(folder / "kept", "a").close(),
        lambda folder: os.close(os.open(folder / "kept", os.O_RDWR)),
        lambda folder: (folder / "kept").unlink(),
        lambda folder: (folder / "kept").rename(folder / "moved"),
        lambda folder: (folder / "new").mkdir(),
        lambda folder: subprocess.run(["true"]),
        lambda folder: os.system("true"),
        lambda folder: os.kill(os.getpid(), 0),
    ],
)
def test_nothing_is_written_removed_or_started_in_a_trial(tmp_path, act):
    (tmp_path / "kept").write_text("mine", encoding="utf-8")
    with pytest.raises(Forbidden), nothing_reaches_out():
        act(tmp_path)
    with pytest.raises(Forbidden), nothing_reaches_out():  # a student's code may keep it to itself
        quiet(act, tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["kept"]
    assert (tmp_path / "kept").read_text(encoding="utf-8") == "mine"
    with nothing_reaches_out():
        assert (tmp_path / "kept").read_bytes() == b"mine"
    (tmp_path / "kept").unlink()


def test_pytorch_writes_no_file_in_a_trial(tmp_path):
    torch = pytest.importorskip("torch")
    with pytest.raises(Forbidden), nothing_reaches_out():
        torch.save(torch.ones(2), tmp_path / "new.pt")
    assert not list(tmp_path.iterdir())
    torch.save(torch.ones(2), tmp_path / "new.pt")
    assert torch.equal(torch.load(tmp_path / "new.pt"), torch.ones(2))


@pytest.mark.parametrize(
    "code",
    [
        "KEPT = {'n': 1}\n\n\ndef rows(x, y):\n    mine = KEPT\n    mine['n'] = 1\n    return x.sum(axis=1)\n",
        "n = 0\n\n\ndef rows(x, y):\n    global n\n    n += 1\n    return x.sum(axis=1)\n",
        "KEPT = []\n\n\ndef note():\n    KEPT.append(1)\n\n\ndef rows(x, y):\n    note()\n    return x.sum(axis=1)\n",
        "def rows(x, y):\n    scale = len(open(__file__).read()) * 0\n    return x.sum(axis=1) + scale\n",
        "def rows(x, y):\n    list(map(np.save, [], []))\n    return x.sum(axis=1)\n",
    ],
)
def test_what_reaches_out_of_its_function_is_not_tried_out(written, tmp_path, code):
    module = written(code)
    assert tried_out(Question(the_check(module, "rows")), tmp_path) == []


def test_a_table_of_the_file_that_is_only_read_does_not_hinder(written, tmp_path):
    module = written(
        "KEPT = {'axis': 1}\n\n\ndef rows(x, y):\n    many = x.sum(**KEPT)\n    return many - 1\n"
    )
    (said,) = tried_out(Question(the_check(module, "rows")), tmp_path)
    assert "`many - 1`" in said


def test_a_function_that_writes_is_not_called_for_one_that_looks_alike(written, tmp_path):
    module = written(
        """
        def table_kept(x):
            return x.sum(axis=1) * 3

        def table_keep(x):
            np.save(__file__ + ".npy", x)
            return x.sum(axis=1) + 1

        def rows(x, y):
            return table_kept(x)
        """
    )
    assert "table_kept(x)`" not in "".join(tried_out(Question(the_check(module, "rows")), tmp_path))
    assert [file.name for file in (tmp_path / "lib").glob("*.npy")] == []


def test_an_array_of_the_file_stays_as_it_is(written, tmp_path):
    module = written(
        "ONE = np.ones(2)\n\n\ndef rows(x, y):\n    out = ONE.copy()\n    out += x.sum(axis=1) - 1\n    return out\n"
    )
    (said,) = tried_out(Question(the_check(module, "rows")), tmp_path)
    assert "without `- 1`" in said
    assert module.ONE.flags.writeable
    assert module.ONE.tolist() == [1, 1]


def test_streams_of_random_numbers_stay_as_they_are(written, tmp_path):
    module = written(
        "import random\n\n\ndef rows(x, y):\n    return x.sum(axis=1) + 0 * random.random() * np.random.rand()\n"
    )
    before = random.getstate(), np.random.get_state(legacy=False)["state"]["key"].tolist()
    tried_out(Question(the_check(module, "rows")), tmp_path)
    assert before == (random.getstate(), np.random.get_state(legacy=False)["state"]["key"].tolist())


def test_no_loop_loses_what_ends_it(written, tmp_path):
    module = written(
        """
        def rows(x, y):
            out, r = [], 0
            while r < len(x):
                out.append(x[r].sum() - 1)
                r += 1
            return np.array(out)
        """
    )
    begin = time.monotonic()
    (said,) = tried_out(Question(the_check(module, "rows")), tmp_path)
    assert "with another sign than `-`" in said or "plus" in said or "another number" in said
    assert time.monotonic() - begin < 5


def slow(module: ModuleType, act: Callable[[], object]) -> Check:
    """Return a check that does something and that no change lets pass."""

    def body() -> Iterator[str]:
        module.rows(X, Y)
        act()
        yield "rows is wrong"

    return Check("rows", 1, "title", "`rows` in lib/student_of_trials.py", (), body)


def test_a_student_waits_for_a_while_only_and_is_told(written, tmp_path, monkeypatch):
    monkeypatch.setattr(search, "_WAITING", 1.0)
    monkeypatch.setattr(search, "_TOLD_AFTER", 0.2)
    module = written("def rows(x, y):\n    return (x - 1 + y[:, None]) * 2 / 3\n")
    told: list[str] = []
    begin = time.monotonic()
    assert tried_out(Question(slow(module, lambda: time.sleep(0.1)), says=told.append), tmp_path) == []
    assert time.monotonic() - begin < 3
    assert [line.partition(" (")[0] for line in told] == ["looking for a small change with which it passes"]


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="elsewhere an interrupt ends a trial")
def test_an_interrupt_ends_the_search_and_leaves_all_as_it_is(written, tmp_path):
    module = written("def rows(x, y):\n    return (x - 1 + y[:, None]) * 2 / 3\n")
    calls: list[int] = []

    def interrupt_the_fifth() -> None:
        calls.append(1)
        if len(calls) == 5:
            signal.raise_signal(signal.SIGINT)

    shown, handler, code = sys.stdout, signal.getsignal(signal.SIGINT), module.rows.__code__
    assert tried_out(Question(slow(module, interrupt_the_fifth)), tmp_path) == []
    assert len(calls) == 5
    assert (sys.stdout, signal.getsignal(signal.SIGINT), module.rows.__code__) == (shown, handler, code)
