"""A package is imported piece by piece: what is intact can be used, what is not says why when it is used."""

from __future__ import annotations

import contextlib
import itertools
import sys
import textwrap
from pathlib import Path

import pytest

from autograder.sandbox.inside import piecewise, statements

LAYERS = """
def forward(x):
    return 2 * x

def backward(dout):
    return dout / 2
"""
NET = """
from .layers import backward, forward

class Net:
    def loss(self, x):
        return forward(x)

    def grad(self, x):
        return backward(x)
"""
_numbers = itertools.count()


@pytest.fixture(params=["as it is", "compiled by the grader"])
def package(tmp_path, monkeypatch, request):
    """Write a package under a new name, with ``__init__``, ``layers`` and ``net`` unless said; return a loader."""
    monkeypatch.setattr(statements, "compiled", {})
    name = f"piecewise_package_{next(_numbers)}"
    finder = piecewise.Finder(name)
    monkeypatch.syspath_prepend(str(tmp_path))
    sys.meta_path.insert(0, finder)

    def write(**files):
        for stem, text in {"__init__": "", "layers": LAYERS, "net": NET, **files}.items():
            if text is not None:
                path = tmp_path / name / f"{stem}.py"
                path.parent.mkdir(exist_ok=True)
                source = text if isinstance(text, bytes) else textwrap.dedent(text).encode()
                path.write_bytes(source)
                if request.param != "as it is":
                    with contextlib.suppress(SyntaxError, ValueError):
                        compiled = statements.compile_file(source, str(path))
                        statements.compiled[statements.digest(source, str(path))] = compiled
        return lambda module="net": piecewise.load(f"{name}.{module}")

    yield write
    sys.meta_path.remove(finder)
    for loaded in [m for m in sys.modules if m.partition(".")[0] == name]:
        del sys.modules[loaded]


def test_what_is_right_runs_as_ever(package):
    load = package(
        layers='"""The layers."""\nfrom __future__ import annotations\nimport os.path, math as m\n'
        'SIZE: int = 3\n"""A note on SIZE."""\ndef f(x: not_defined) -> int:\n    return m.floor(x)\n'
    )
    module = load("layers")
    assert module.__doc__ == "The layers."
    assert module.f(2.5) == 2
    assert module.f.__annotations__["x"] == "not_defined"
    assert module.os.path is not None
    assert module.SIZE == 3
    assert module.__annotations__ == {"SIZE": "int"}


def test_a_deleted_function_costs_what_calls_it(package):
    load = package(layers=LAYERS.partition("def backward")[0])
    net = load().Net()
    assert net.loss(3) == 6
    with pytest.raises(ImportError, match=r"^backward is missing in \w+/layers\.py: "):
        net.grad(3)
    with pytest.raises(ImportError, match=r"^backward is missing"):
        piecewise.public(load("layers"), "backward").fail()


def test_a_deleted_function_that_all_lists_is_missing_for_a_star_import(package):
    load = package(
        layers="__all__ = ['forward', 'backward']\n" + LAYERS.partition("def backward")[0],
        net=NET.replace("backward, forward", "*", 1),
    )
    assert load().Net().loss(3) == 6
    with pytest.raises(ImportError, match="backward is missing"):
        load().Net().grad(3)


@pytest.mark.parametrize("imported", ["backward, forward", "*"])
def test_a_file_with_a_syntax_error_costs_what_calls_it(package, imported):
    load = package(
        layers=LAYERS.replace("dout / 2", "(dout / 2"),
        net=NET.replace("backward, forward", imported, 1) + "\n    def size(self):\n        return 7\n",
    )
    net = load().Net()
    assert net.size() == 7
    for method in (net.loss, net.grad):
        with pytest.raises(SyntaxError, match="was never closed") as caught:
            method(3)
        assert caught.value.filename.endswith("layers.py")
        assert caught.value.lineno == 6
    with pytest.raises(SyntaxError):
        piecewise.public(load("layers"), "forward").fail()


@pytest.mark.parametrize(
    "text", [b"def f(\x00): pass", b"# coding: nothing\n", b"x = '\xff'\n", b"x = " + b"(" * 5000]
)
def test_no_bytes_break_more_than_their_own_file(package, text):
    net = package(layers=text)().Net()
    with pytest.raises((SyntaxError, ValueError, MemoryError, RecursionError)):
        net.loss(3)


def test_a_module_that_raises_keeps_everything_else_and_the_place_of_the_error(package):
    load = package(
        layers=LAYERS.replace("def backward", "SCALE = 1 / 0\nassert forward(1) == 3\ndef backward")
        + "\ndef scaled(x):\n    return SCALE * x\n"
    )
    net = load().Net()
    assert (net.loss(3), net.grad(4)) == (6, 2)
    with pytest.raises(ZeroDivisionError) as caught:
        load("layers").scaled(1)
    places = [(Path(entry.path).name, entry.lineno + 1) for entry in caught.traceback]
    assert places[-1] == ("layers.py", 5)


def test_a_module_that_ends_the_program_does_not(package):
    load = package(layers="import sys\nsys.exit()\n" + LAYERS)
    assert load().Net().loss(3) == 6


def test_a_deleted_file_costs_what_calls_it(package):
    load = package(layers=None, net=NET + "\n    def size(self):\n        return 7\n")
    net = load().Net()
    assert net.size() == 7
    with pytest.raises(ModuleNotFoundError, match=r"^\w+/layers\.py is missing"):
        net.loss(3)
    with pytest.raises(ModuleNotFoundError, match="is missing"):
        piecewise.public(load("layers"), "forward").fail()


def test_a_deleted_file_can_be_imported_whole(package):
    load = package(layers=None, net="from . import layers\ndef loss(x):\n    return layers.forward(x)\n")
    with pytest.raises(ImportError, match="layers is missing in"):
        load().loss(3)


def test_a_missing_library_costs_what_uses_it(package):
    load = package(
        layers="import no_such_library.part as part\n" + LAYERS + "\ndef show():\n    part.plot()\n"
    )
    assert load().Net().loss(3) == 6
    with pytest.raises(ModuleNotFoundError, match="No module named 'no_such_library'"):
        load("layers").show()


def test_an_import_that_may_fail_fails_as_ever(package):
    load = package(
        net="try:\n    from .fast import f\nexcept ImportError:\n    def f():\n        return 'slow'\n"
        "try:\n    from .layers import fast\nexcept ImportError:\n    fast = None\n"
    )
    assert load().f() == "slow"
    assert load().fast is None


def test_a_class_of_a_missing_base_has_what_it_defines_itself(package):
    load = package(
        layers="class Other:\n    pass\n",
        net="from .layers import Base\nclass Net(Base):\n    def size(self):\n        return 7\n"
        "class Whole(Base):\n    def __init__(self):\n        self.kept = 1\n",
    )
    assert load().Net.size(None) == 7
    whole = load().Whole()
    assert whole.kept == 1
    assert not hasattr(whole, "__array__")
    for use in (load().Net, lambda: whole.inherited):
        with pytest.raises(ImportError, match=r"Base is missing in \w+/layers\.py"):
            use()


def test_every_module_has_the_same_placeholder(package):
    load = package(
        layers="",
        net="from .layers import forward\n",
        other="from .layers import forward as again\nTABLE = {1: again}\n",
    )
    assert load().forward is load("other").again is load("other").TABLE[1] is load("layers").forward


def test_modules_that_import_each_other_are_told_so(package):
    load = package(
        layers="from .net import Net\n" + LAYERS + "\ndef net():\n    return Net()\n",
    )
    assert load().Net().loss(3) == 6
    with pytest.raises(ImportError, match="circular import"):
        load("layers").net()


@pytest.mark.parametrize(
    "use", ["f(1)", "f.x", "f[0]", "f + 1", "1 - f", "f @ f", "-f", "list(f)", "np.exp(f)", "np.ones(3) * f"]
)
def test_every_use_of_a_placeholder_says_why(package, use):
    load = package(layers="import numpy as np\nf = 1 / 0\ndef g():\n    return " + use + "\n")
    with pytest.raises(ZeroDivisionError):
        load("layers").g()


def test_what_was_defined_before_stays(package):
    load = package(layers=LAYERS + "\nforward = 1 / 0\nif True:\n    a = 1\n    b = 1 / 0\n    c = 2\n")
    assert load().Net().loss(3) == 6
    assert load("layers").a == 1
    with pytest.raises(ZeroDivisionError):
        load("layers").c + 1


@pytest.mark.parametrize(
    "statement",
    [
        "try:\n    from . import compiled\nexcept ImportError:\n    compiled = None\n",
        "compiled = None\nwith suppress(ImportError):\n    from . import compiled\n",
    ],
)
@pytest.mark.parametrize("kernels", ["from . import _kernels\n", "from ._kernels import fast\n"])
def test_a_module_that_does_without_another_one_is_told_that_it_is_not_there(package, statement, kernels):
    load = package(
        fast=f"from contextlib import suppress\n{statement}\nWHICH = 'plain' if compiled is None else 'fast'\n",
        compiled=f"{kernels}\ndef speed():\n    return 1\n",
    )
    assert load("fast").WHICH == "plain"
    assert load("compiled").speed() == 1


def test_what_is_wrong_inside_of_such_a_statement_is_still_a_placeholder(package):
    load = package(
        fast="try:\n    from . import layers\nexcept ImportError:\n    layers = None\n",
        layers="size = 1 / 0\ndef f():\n    return 2\n",
    )
    assert load("fast").layers.f() == 2
