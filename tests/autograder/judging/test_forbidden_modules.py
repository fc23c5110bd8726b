"""Files that are forbidden in a check are replaced in a copy, and say why when they are used."""

from __future__ import annotations

import importlib.util
import stat

import pytest

from autograder.judging.forbidden_modules import tree_with_modules_removed


@pytest.fixture
def tree(tmp_path):
    root = tmp_path / "root"
    (root / "nndl").mkdir(parents=True)
    (root / "nndl" / "fast.py").write_text("def convolve(x):\n    return x\n")
    (root / "nndl" / "own.py").write_text("y = 1\n")
    return root


def imported(path):
    spec = importlib.util.spec_from_file_location("forbidden_module", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_forbidden_function_can_be_imported_and_says_why_it_fails(tree):
    with tree_with_modules_removed(tree, ("nndl/fast.py", "nndl/absent.py")) as copy:
        assert copy != tree
        convolve = imported(copy / "nndl" / "fast.py").convolve
        with pytest.raises(RuntimeError, match=r"convolve was called.*own work"):
            convolve([1])
        assert not hasattr(imported(copy / "nndl" / "fast.py"), "__path__")
        assert not (copy / "nndl" / "absent.py").exists()
        assert (copy / "nndl" / "own.py").read_text() == "y = 1\n"
        assert copy.parent.stat().st_mode & stat.S_IROTH
    assert not copy.exists()
    assert imported(tree / "nndl" / "fast.py").convolve(3) == 3


def test_nothing_is_copied_where_nothing_is_forbidden(tree):
    with tree_with_modules_removed(tree, ()) as same:
        assert same == tree
    assert tree.is_dir()
