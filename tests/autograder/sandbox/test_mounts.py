"""Which files a sandbox shows."""

from __future__ import annotations

import os

import pytest

from autograder.failures import SandboxUnavailable
from autograder.sandbox import mounts
from autograder.sandbox.mounts import (
    PYTHON_PATH,
    library_binds,
    masked_folders,
    program,
    python_executable,
    standard_libraries,
    system_binds,
    within,
)
from autograder.sandbox.shared_objects import needed_by, needs
from autograder.sandbox.whole_folders import shown_whole

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


def test_of_the_machine_only_the_standard_library_is_shown_whole():
    folders = [bind.source for bind in system_binds() if os.path.isdir(bind.source)]
    assert set(folders) <= {*standard_libraries(), "/usr/lib/locale/C.utf8"}
    targets = {bind.target for bind in system_binds()}
    assert {python_executable(), *map(program, mounts.PROGRAMS)} <= targets
    assert len(targets) == len(system_binds())
    assert any("libc.so" in target for target in targets)
    assert not any("libtk" in target for target in targets)


def test_a_project_inside_a_shown_folder_is_masked(monkeypatch):
    inside = os.path.join(mounts.standard_library(), "course")

    class Spec:
        submodule_search_locations = (f"{inside}/autograder",)

    monkeypatch.setattr(mounts, "find_spec", lambda name: Spec)
    monkeypatch.setattr(os.path, "isdir", lambda path: True)
    assert inside in masked_folders(())


def test_a_distribution_without_a_list_of_files_is_shown_by_its_names(tmp_path, monkeypatch):
    """As installed by a system's package manager."""
    (tmp_path / "numpee-1.0.egg-info").mkdir()
    (tmp_path / "numpee-1.0.egg-info" / "PKG-INFO").write_text(
        "Metadata-Version: 2.1\nName: numpee\nVersion: 1\n"
    )
    (tmp_path / "numpee-1.0.egg-info" / "top_level.txt").write_text("numpee\n_numpee\n")
    (tmp_path / "numpee").mkdir()
    (tmp_path / "_numpee.py").write_text("")
    (tmp_path / "secret.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    assert {bind.target for bind in library_binds.__wrapped__(("numpee",))} == {
        f"{PYTHON_PATH}/numpee",
        f"{PYTHON_PATH}/_numpee.py",
    }


@pytest.mark.parametrize("mode", [0o777, 0o757])
@pytest.mark.parametrize("place", ["", "below", "below/file.py"])
def test_what_others_can_write_to_is_not_shown(tmp_path, mode, place):
    (tmp_path / "library" / "below").mkdir(parents=True)
    (tmp_path / "library" / "below" / "file.py").write_text("")
    shown_whole(str(tmp_path / "library"))
    (tmp_path / "library" / place).chmod(mode)
    with pytest.raises(
        SandboxUnavailable, match=r"others than its owner can write to .*library.*; run: chmod"
    ):
        shown_whole(str(tmp_path / "library"))


def test_a_group_of_ones_own_may_write(tmp_path, monkeypatch):
    """Where every user has such a group, pip installs folders that it may write to."""
    library = tmp_path / "library"
    library.mkdir()
    library.chmod(0o775)
    monkeypatch.setattr("autograder.sandbox.whole_folders._is_private", lambda group, owner: True)
    assert shown_whole(str(library)) == []
    monkeypatch.setattr("autograder.sandbox.whole_folders._is_private", lambda group, owner: False)
    with pytest.raises(SandboxUnavailable):
        shown_whole(str(library))


def test_what_a_program_needs_is_found_in_its_own_words():
    needed = {os.path.basename(path) for path in needed_by([python_executable()])}
    assert any(name.startswith("libc.so") for name in needed)
    assert any(name.startswith("ld-") for name in needed)


@pytest.mark.parametrize(
    "content", [b"", b"\x7fELF", b"\x7fELF\x02\x01" + b"\xff" * 200, b"INPUT(libm.so.6)", b"\0" * 99]
)
def test_a_file_that_is_no_shared_object_needs_nothing(content, tmp_path):
    (tmp_path / "lib.so").write_bytes(content)
    assert needs(str(tmp_path / "lib.so")) is None
    assert needed_by([str(tmp_path / "lib.so"), str(tmp_path / "missing.so")]) == set()


def test_folders_are_within_by_component():
    assert within("/usr/lib", "/usr")
    assert within("/usr", "/usr")
    assert not within("/usrlocal", "/usr")
