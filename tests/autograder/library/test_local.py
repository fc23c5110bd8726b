"""The interface that checks use, answered in this process: the reference and the named bugs run behind it."""

from __future__ import annotations

import sys
import textwrap
import types
from pathlib import Path

import numpy as np
import pytest

from autograder.failures import (
    Failure,
    ReferenceFailure,
    StudentError,
)
from autograder.library.interface import RemoteObject
from autograder.library.local import LocalLibrary
from autograder.milestone import Public, classes, values, with_cache
from autograder.sandbox.inside.protocol import NotAValue

LAYERS = """
import numpy as np
from .helper import double
from ._support.validate import check_positive

SCALE = 3.0

def twice_forward(x):
    return double(x), (x, x.shape)

def twice_backward(dout, cache):
    x, shape = cache
    return 2 * dout.reshape(shape)

def broken_forward(x):
    return x

def spoil(x):
    x[...] = 0
    return x.sum()

def noise(n):
    return np.random.rand(n)

def stub():
    raise NotImplementedError("write me")

def fail(x):
    return helper_fails(x)

def helper_fails(x):
    raise ValueError(f"bad {x}")  # the line that is shown

def is_refused(x):
    return check_positive(x)  # the student's line

def returns_object():
    return Net()

def returns(what):
    return what

class Net:
    def __init__(self, n, scale=1.0):
        self.params = {"W": np.full((n, n), scale), "b": np.zeros(n)}
        self.reg = 0.0

    def loss(self, x):
        return x @ self.params["W"] + self.params["b"] + self.reg

    def first(self, other):
        return other.params["W"][0]

    def forward_part(self):
        return self

class Strict:
    def __init__(self, reg):
        self.params = {"W": np.ones(2)}
        self.reg = reg + 1

    def loss(self, x):
        return x @ self.params["W"] * self.reg

    def unwritten(self):
        raise NotImplementedError("write me")
"""
API = {
    **with_cache("nndl.layers", "twice_forward", "twice_backward"),
    **with_cache("nndl.layers", "broken_forward"),
    **values(
        "nndl.layers",
        "spoil",
        "noise",
        "stub",
        "fail",
        "is_refused",
        "returns_object",
        "returns",
        "SCALE",
        "missing",
    ),
    **classes("nndl.layers", "Net", "Strict"),
    **values("nndl.absent", "other"),
    **values("nndl.syntax", "broken_import"),
}


@pytest.fixture
def package(tmp_path: Path):
    """A small library under a name of its own, as a copy with a bug has."""
    folder = tmp_path / "nndl_copy"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "layers.py").write_text(LAYERS)
    (folder / "helper.py").write_text("def double(x):\n    return 2 * x\n")
    (folder / "_support").mkdir()
    (folder / "_support" / "__init__.py").write_text("")
    refuses = "def check_positive(x):\n    if x <= 0:\n        raise ValueError(f'{x} is not positive')\n"
    (folder / "_support" / "validate.py").write_text(refuses)
    (folder / "syntax.py").write_text("x = 1\ndef f(:\n")
    sys.path.insert(0, str(tmp_path))
    try:
        import nndl_copy

        yield nndl_copy
    finally:
        sys.path.remove(str(tmp_path))
        for name in [name for name in sys.modules if name.partition(".")[0] == "nndl_copy"]:
            del sys.modules[name]


@pytest.fixture
def lib(package) -> LocalLibrary:
    return LocalLibrary(package, API)


def test_modules_are_found_in_the_package_whatever_its_name(lib, package):
    assert package.__name__ == "nndl_copy"
    np.testing.assert_array_equal(lib.returns(np.ones(2)), np.ones(2))
    assert lib.get("SCALE") == 3.0


def test_forward_keeps_the_cache_inside(lib):
    x = np.arange(4.0)
    out, cache = lib.twice_forward(x)
    np.testing.assert_array_equal(out, 2 * x)
    assert isinstance(cache, RemoteObject)
    np.testing.assert_array_equal(lib.twice_backward(np.ones(4), cache), np.full(4, 2.0))
    kept, shape = lib.fetch(cache)
    np.testing.assert_array_equal(kept, x)
    assert shape == (4,)


def test_forward_without_a_pair_is_the_students_mistake(lib):
    with pytest.raises(StudentError, match=r"broken_forward should return two values.*returned ndarray"):
        lib.broken_forward(np.ones(2))


def test_objects_attributes_and_items(lib):
    net = lib.Net(2, scale=2.0)
    x = np.ones((1, 2))
    np.testing.assert_array_equal(net.loss(x), [[4.0, 4.0]])
    net.set("reg", 1.0)
    np.testing.assert_array_equal(net.loss(x), [[5.0, 5.0]])
    net.set_item("params", "b", np.array([1.0, 2.0]))
    np.testing.assert_array_equal(net.loss(x), [[6.0, 7.0]])
    params = net.get("params")
    params["W"][...] = 0  # a copy
    np.testing.assert_array_equal(net.get("params")["W"], np.full((2, 2), 2.0))
    net.set("params", {"W": np.zeros((2, 2)), "b": np.zeros(2)})
    np.testing.assert_array_equal(net.loss(x), [[1.0, 1.0]])
    assert net.get("reg") == 1.0


def test_an_object_can_be_an_argument_and_a_result(lib):
    net, other = lib.Net(2), lib.Net(2, scale=5.0)
    np.testing.assert_array_equal(net.first(other), [5.0, 5.0])
    same = net.call("forward_part", result="handle")
    np.testing.assert_array_equal(same.get("params")["b"], [0.0, 0.0])
    again = net.get("params", result="handle")
    assert again.fetch().keys() == {"W", "b"}


def test_arguments_are_copied_and_put_shows_what_became_of_them(lib):
    x = np.ones(3)
    assert lib.spoil(x) == 0
    np.testing.assert_array_equal(x, np.ones(3))
    kept = lib.put(x)
    lib.spoil(kept)
    np.testing.assert_array_equal(lib.fetch(kept), np.zeros(3))
    np.testing.assert_array_equal(x, np.ones(3))


def test_errors_say_where_in_the_library(lib):
    with pytest.raises(StudentError) as caught:
        lib.fail(3)
    error = caught.value
    assert (error.type_name, error.message, error.file) == ("ValueError", "bad 3", "nndl_copy/layers.py")
    line = LAYERS.splitlines().index('    raise ValueError(f"bad {x}")  # the line that is shown') + 1
    assert error.line == line
    assert [text.partition(" in ")[2].partition(":")[0] for text in error.traceback_tail.splitlines()] == [
        "fail",
        "helper_fails",
    ]
    assert "worker.py" not in error.traceback_tail
    assert not error.not_implemented
    assert f"layers.py, line {line}" in str(error)


def test_a_value_that_a_given_helper_refuses_is_reported_where_the_student_called_it(lib):
    with pytest.raises(StudentError, match="-1 is not positive") as caught:
        lib.is_refused(-1)
    line = LAYERS.splitlines().index("    return check_positive(x)  # the student's line") + 1
    assert (caught.value.file, caught.value.line) == ("nndl_copy/layers.py", line)
    assert "_support/validate.py:3" in caught.value.traceback_tail


def test_stubs_are_told_apart(lib):
    with pytest.raises(StudentError, match="write me") as caught:
        lib.stub()
    assert caught.value.not_implemented


@pytest.mark.parametrize(
    ("call", "type_name"),
    [
        (lambda lib: lib.missing(), "ImportError"),
        (lambda lib: lib.other(), "ModuleNotFoundError"),
        (lambda lib: lib.broken_import(), "SyntaxError"),
        (lambda lib: lib.Net(), "TypeError"),
        (lambda lib: lib.Net(2).nothing(), "AttributeError"),
        (lambda lib: lib.Net(2).get("nothing"), "AttributeError"),
        (lambda lib: lib.Net(2).set_item("reg", "W", 1), "TypeError"),
        (lambda lib: lib.returns_object(), "TypeError"),
        (lambda lib: lib.put(lib.Net(2)).fetch(), "TypeError"),
        (lambda lib: lib.load_arrays("missing.npz"), "FileNotFoundError"),
    ],
)
def test_failures_of_the_library_are_student_errors(lib, call, type_name):
    with pytest.raises(StudentError) as caught:
        call(lib)
    assert caught.value.type_name == type_name


def test_what_cannot_cross_is_named_with_where_it_came_from(lib):
    net = lib.Net(2)
    with pytest.raises(
        StudentError, match="what came from forward_part cannot be used: an object of type Net"
    ):
        net.call("forward_part")


def test_a_syntax_error_is_located(lib):
    with pytest.raises(StudentError) as caught:
        lib.broken_import()
    assert (caught.value.file, caught.value.line) == ("nndl_copy/syntax.py", 2)


def test_mistakes_of_a_check_are_not_the_students(lib):
    with pytest.raises(AttributeError, match="not a public name"):
        lib.nothing_like_it  # noqa: B018
    with pytest.raises(NotAValue):
        lib.returns(object())
    assert not issubclass(NotAValue, Failure)


def test_random_numbers_continue_per_library_and_leave_ours_alone(package):
    np.random.seed(1)
    ours = np.random.rand(3)
    np.random.seed(1)
    first, second = LocalLibrary(package, API), LocalLibrary(package, API)
    first.seed(5)
    second.seed(5)
    a, b = first.noise(2), second.noise(2)
    c = first.noise(2)
    np.testing.assert_array_equal(a, b)
    assert not np.array_equal(a, c)
    np.testing.assert_array_equal(np.random.rand(3), ours)
    expected = np.random.RandomState(5)
    np.testing.assert_array_equal(np.concatenate([a, c]), expected.rand(4))


def test_load_arrays_reads_beside_the_package(package, tmp_path):
    np.savez(tmp_path / "best.npz", W=np.eye(2))
    np.testing.assert_array_equal(LocalLibrary(package, API).load_arrays("best.npz")["W"], np.eye(2))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    with pytest.raises(StudentError):
        LocalLibrary(package, API, root=elsewhere).load_arrays("best.npz")


def test_random_numbers_are_those_that_its_generator_gives_next(lib):
    lib.seed(5)
    first, second = lib.random_numbers(3), lib.random_numbers(2)
    np.testing.assert_array_equal(np.concatenate([first, second]), np.random.RandomState(5).rand(5))


def test_methods_are_judged_where_the_constructor_stops_with_an_error(lib):
    net = lib.make("Strict", "no number")
    for use in (lambda: net.get("reg"), lambda: net.loss(np.ones(2))):
        with pytest.raises(StudentError, match="can only concatenate str") as caught:
            use()
        assert caught.value.line == LAYERS.split("\n").index("        self.reg = reg + 1") + 1
    with pytest.raises(StudentError, match="write me"):
        net.unwritten()
    net.set("reg", 2.0)
    assert net.loss(np.ones(2)) == 4.0
    assert lib.make("Strict", 3.0).loss(np.ones(2)) == 8.0
    assert lib.make("returns", 3.0).fetch() == 3.0


def test_a_dropped_object_is_freed(lib):
    server = lib._transport._server
    for _ in range(5):
        lib.twice_forward(np.ones(2))
    lib.get("SCALE")
    assert len(server._kept) == 0
    cache = lib.twice_forward(np.ones(2))[1]
    lib.get("SCALE")
    assert len(server._kept) == 1
    assert cache.fetch()


def test_a_reference_that_fails_is_no_failure_of_a_student(package):
    reference = LocalLibrary(package, API, is_reference=True)
    np.testing.assert_array_equal(reference.returns(np.ones(2)), np.ones(2))
    with pytest.raises(ReferenceFailure, match="bad 3") as caught:
        reference.fail(3)
    assert not isinstance(caught.value, Failure)


def test_a_module_without_a_file_can_be_served():
    package = types.ModuleType("made_up")
    module = types.ModuleType("made_up.layers")
    exec(textwrap.dedent("def f(x):\n    return x + 1\n"), module.__dict__)
    sys.modules["made_up"], sys.modules["made_up.layers"] = package, module
    try:
        assert LocalLibrary(package, {"f": Public("nndl.layers")}).f(1) == 2
    finally:
        del sys.modules["made_up"], sys.modules["made_up.layers"]


def test_a_large_array_is_a_copy_on_the_other_side_as_a_small_one_is():
    package = types.ModuleType("large_arrays")
    package.__path__ = []

    def change(x):
        x[:] = 0
        return [x.flags.c_contiguous, x.flags.writeable, x.dtype.str, float(x.sum())]

    vars(package)["change"] = change
    sys.modules["large_arrays"] = package
    try:
        library = LocalLibrary(package, values("large_arrays", "change"))
        for rows in (2, 2000):
            x = np.asfortranarray(np.ones((rows, 100)))
            assert library.change(x) == [True, True, "<f8", 0.0]
            assert library.change({"a": [x]}["a"][0]) == [True, True, "<f8", 0.0]
            assert (x == 1).all()
            kept = library.put(x)
            x[0] = 5
            assert (kept.fetch() == 1).all()
            x[0] = 1
    finally:
        del sys.modules["large_arrays"]
