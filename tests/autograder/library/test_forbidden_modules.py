"""Files that are forbidden in a check are replaced in a copy, and say why when they are used."""

from __future__ import annotations

import importlib.util

import pytest

from autograder.library.forbidden_modules import with_modules_removed
from autograder.sandbox.tree import Base, Tree


@pytest.fixture
def tree():
    return Tree({"nndl/own.py": b"y = 1\n"}, Base({"nndl/fast.py": b"def convolve(x):\n    return x\n"}))


def imported(path):
    spec = importlib.util.spec_from_file_location("forbidden_module", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_forbidden_function_can_be_imported_and_says_why_it_fails(tree):
    copy = with_modules_removed(tree, ("nndl/fast.py", "nndl/absent.py"))
    convolve = imported(copy.folder / "nndl" / "fast.py").convolve
    with pytest.raises(RuntimeError, match=r"convolve was called.*own work"):
        convolve([1])
    assert not hasattr(imported(copy.folder / "nndl" / "fast.py"), "__path__")
    assert copy.read("nndl/absent.py") is None
    assert copy.read("nndl/own.py") == b"y = 1\n"
    assert imported(tree.folder / "nndl" / "fast.py").convolve(3) == 3


def test_nothing_is_copied_where_nothing_is_forbidden(tree):
    assert with_modules_removed(tree, ()) is tree
