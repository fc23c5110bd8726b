"""Files that are not what they seem, graded to the end: nothing outside is read, nothing shadows, nothing hangs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from autograder.grading.grade import Settings, grade_folder
from autograder.release.build import Release
from autograder.sources import Sources
from autograder.submission.load import load

pytestmark = pytest.mark.sandbox

REFERENCE = Path(__file__).resolve().parents[2] / "source_lib" / "nndl"
SETTINGS = Settings(Sources().milestone("two_layer_net"), seed=3, data="offline", total_wall=10.0)
STUDENT = "student-of-this-test"


def grade(folder: Path) -> dict:
    report = grade_folder(folder, STUDENT, SETTINGS)
    assert report is not None
    return report


@pytest.fixture
def folder(tmp_path: Path, sandboxed: None) -> Path:
    folder = tmp_path / STUDENT / "two_layer_net"
    (folder / "nndl").mkdir(parents=True)
    return folder


def symlink(path: Path) -> None:
    path.symlink_to(REFERENCE / "neural_net.py")


def hard_to_resolve(path: Path) -> None:
    path.symlink_to(os.path.relpath(REFERENCE / "neural_net.py", path.parent))


def loop(path: Path) -> None:
    path.symlink_to(path.name)


def named_pipe(path: Path) -> None:
    os.mkfifo(path)


def device(path: Path) -> None:
    try:
        os.mknod(path, 0o20644, os.makedev(1, 5))  # endless zeros
    except PermissionError:
        pytest.skip("only root makes device files")


def sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(1 << 30)


def binary(path: Path) -> None:
    path.write_bytes(b"\x00\xff" * 500)


def directory(path: Path) -> None:
    path.mkdir()
    (path / "neural_net.py").write_text("x = 1\n")


SLOW = (
    hard_to_resolve,
    loop,
    device,
    binary,
    directory,
)  # read as the others are, which `test_safe_files` tries


@pytest.mark.parametrize(
    "make", [symlink, named_pipe, sparse, *(pytest.param(make, marks=pytest.mark.slow) for make in SLOW)]
)
def test_odd_files_earn_nothing_and_hold_nothing_up(folder, make):
    make(folder / "nndl" / "neural_net.py")
    report = grade(folder)
    assert (report["verdict"], report["score"]) == ("graded", 0)


def test_a_linked_package_is_not_followed(folder):
    (folder / "nndl").rmdir()
    (folder / "nndl").symlink_to(REFERENCE)
    report = grade(folder)
    assert (report["verdict"], report["score"]) == ("graded", 0)


def test_shadows_change_nothing(folder):
    (folder / "nndl" / "neural_net.py").write_text((REFERENCE / "neural_net.py").read_text())
    honest = grade(folder)
    assert honest["verdict"] == "graded"
    assert honest["score"] > 0
    evil = "raise SystemExit('a shadow was imported')\n"
    for name in (
        "numpy",
        "msgpack",
        "socket",
        "struct",
        "json",
        "sitecustomize",
        "usercustomize",
        "autograder",
    ):
        (folder / f"{name}.py").write_text(evil)
        (folder / name).mkdir()
        (folder / name / "__init__.py").write_text(evil)
        (folder / "nndl" / f"{name}.py").write_text(evil)
    (folder / "nndl" / "__init__.py").write_text(evil)
    (folder / "nndl" / "_support").mkdir()
    (folder / "nndl" / "_support" / "validate.py").write_text(evil)
    (folder / "pyvenv.cfg").write_text("home = /\n")
    (folder / "evil.pth").write_text("import os; os._exit(0)\n")
    shadowed = grade(folder)
    assert (shadowed["verdict"], shadowed["score"]) == ("graded", honest["score"])


def test_neither_a_name_nor_the_solution_goes_into_the_sandbox(folder, tmp_path):
    (folder / "nndl" / "neural_net.py").write_text("x = 1\n")
    workdir = tmp_path / "work"
    workdir.mkdir()
    submission = load(folder, Release.current(SETTINGS.milestone), workdir, student=STUDENT)
    # mount tables show where a bound folder comes from
    assert STUDENT not in os.path.relpath(submission.root, tmp_path)
    for path in submission.root.rglob("*"):
        assert not path.is_symlink()
        if path.suffix in (".py", ".ipynb"):
            text = path.read_text()
            assert "BEGIN SOLUTION" not in text, path
            assert "BEGIN HIDDEN" not in text, path
