"""Which files a sandbox shows."""

from __future__ import annotations

import os

import pytest

from autograder.sandbox import mounts
from autograder.sandbox.mounts import (
    PYTHON_PATH,
    library_binds,
    masked_folders,
    python_binds,
    python_executable,
    within,
)

from .processes import inside


@pytest.mark.sandbox
def test_installed_packages_look_empty(works):
    folders = masked_folders(("nndl",))
    assert os.path.join(mounts.standard_library(), "site-packages") in folders
    assert inside(f"print(json.dumps([os.listdir(f) for f in {folders!r}]))") == [[] for _ in folders]


@pytest.mark.sandbox
def test_libraries_are_importable_with_what_they_require_and_nothing_else(works):
    pytest.importorskip("matplotlib")
    code = f"""
        import sys
        sys.path.insert(0, {PYTHON_PATH!r})
        import matplotlib, numpy
        found = []
        for name in ("nbgrader", "pytest", "autograder", "nndl", "psutil"):
            try:
                __import__(name)
                found.append(name)
            except ImportError:
                pass
        print(json.dumps([matplotlib.__version__, found]))
    """
    import matplotlib

    assert inside(code, binds=library_binds(("matplotlib",))) == [matplotlib.__version__, []]


def test_library_binds_follow_requirements():
    targets = {bind.target for bind in library_binds(("numpy", "msgpack"))}
    assert {f"{PYTHON_PATH}/numpy", f"{PYTHON_PATH}/msgpack"} <= targets
    assert not any(bind.writable for bind in library_binds(("numpy",)))
    assert not any("pytest" in target or "__editable__" in target for target in targets)
    with pytest.raises(ModuleNotFoundError, match="no_such_library"):
        library_binds(("no_such_library",))


def test_a_prefix_elsewhere_is_shown_without_its_surroundings():
    for bind in python_binds():
        assert not within(bind.source, "/usr")
        assert bind.source in (python_executable(), os.path.dirname(mounts.standard_library()))


def test_a_project_inside_a_shown_folder_is_masked(monkeypatch):
    class Spec:
        submodule_search_locations = ("/usr/share/course/autograder",)

    monkeypatch.setattr(mounts, "find_spec", lambda name: Spec)
    monkeypatch.setattr(os.path, "isdir", lambda path: True)
    assert "/usr/share/course" in masked_folders(())


def test_folders_are_within_by_component():
    assert within("/usr/lib", "/usr")
    assert within("/usr", "/usr")
    assert not within("/usrlocal", "/usr")
