"""What a student's packer finds in a folder is what the grader reads from it; both follow ``assignment.json``."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from autograder.release.build import Release
from autograder.sources import Sources
from autograder.submission.load import load
from nndl.hand_in.find import look_into
from nndl.hand_in.packer import pack

from ...cases import hand_ins
from ...cases.material import Files, answered, dump, notebook, write
from ...cases.tables import parameters

RELEASE = Release(Sources().milestone("dropout"))
NOTEBOOK, LAYER, NET = "dropout.ipynb", "nndl/layers/dropout.py", "nndl/fc_net.py"


def renamed(names: dict[str, str]) -> Files:
    """Return the right hand-in with other names."""
    return {names.get(name, name): data for name, data in hand_ins.whole().items()}


def released() -> Files:
    return dict(RELEASE.files)


def with_others(others: Files | None = None) -> Files:
    return {**released(), **hand_ins.whole(), **(others or {})}


OLD = str(RELEASE.files[LAYER], "utf-8")
UPLOADS: dict[str, Callable[[], Files]] = {
    **{name: make for name, make in hand_ins.CASES.items() if name != "resubmission"},
    "as released": released,
    "other capitals": lambda: renamed({NOTEBOOK: "Dropout.ipynb", LAYER: "nndl/Layers/Dropout.py"}),
    "flat": lambda: renamed({NET: "fc_net.py", LAYER: "dropout.py"}),
    "without the package's folder": lambda: renamed({NET: "fc_net.py", LAYER: "layers/dropout.py"}),
    "copies": lambda: renamed({NOTEBOOK: "dropout (2).ipynb", NET: "nndl/fc_net (1).py"}),
    "copies of Python files": lambda: renamed(
        {NET: "nndl/Copy of fc_net.py", LAYER: "nndl/layers/dropout - Kopie.py"}
    ),
    "other suffixes": lambda: renamed({NET: "nndl/fc_net.py.txt", LAYER: "nndl/layers/dropout (1).py.txt"}),
    "the notebook saved as Python": lambda: {
        **hand_ins.whole(),
        "dropout.py": b"# In[1]:\nprint('dropout')\n",
    },
    "another name": lambda: renamed({NOTEBOOK: "homework_ada.ipynb"}),
    "no notebook": lambda: {n: d for n, d in hand_ins.whole().items() if n != NOTEBOOK},
    "no layer": lambda: {n: d for n, d in with_others().items() if n != LAYER},
    "an environment": lambda: with_others(
        {".venv/pyvenv.cfg": "", f".venv/lib/python3/site-packages/{LAYER}": OLD + "# other\n"}
    ),
    "what tools leave": lambda: with_others(
        {
            f"__MACOSX/._{NOTEBOOK}": b"\x00\x05",
            ".ipynb_checkpoints/dropout-checkpoint.ipynb": dump(answered(notebook("dropout"), "Older {}.")),
            "nndl/__pycache__/fc_net.cpython-311.pyc": b"",
        }
    ),
    "a written copy beside the released notebook": lambda: {
        **with_others(),
        NOTEBOOK: RELEASE.files[NOTEBOOK],
        "dropout (1).ipynb": dump(answered(notebook("dropout"))),
    },
    "notes": lambda: with_others({"notes.md": "Mine.", "scratch.ipynb": "{}", "data.npz": b"PK"}),
}


QUICK = ("renamed_copy", "copies of Python files", "two_folders_deep", "flat", "an environment")


def packed(folder: Path) -> dict[str, str]:
    """Return name → SHA-256 of what the packer finds."""
    found = look_into(folder, RELEASE.assignment).found
    return {
        name: hashlib.sha256((folder / file.file).read_bytes()).hexdigest()
        for name, file in found.items()
        if file.file
    }


def read(folder: Path, workdir: Path) -> dict[str, str]:
    """Return name → SHA-256 of what the grader reads."""
    return {file.path: file.sha256 for file in load(folder, RELEASE, workdir, student="ada").files}


@pytest.mark.parametrize("name", parameters(UPLOADS, {}, QUICK))
def test_both_find_the_same_files(name, tmp_path, capsys):
    folder = tmp_path / "dropout"
    write(folder, UPLOADS[name]())
    (folder / "assignment.json").write_text(json.dumps(RELEASE.assignment))
    found = packed(folder)
    assert found == read(folder, tmp_path / "work")
    pack(folder)
    if found:
        upload = tmp_path / "upload"
        upload.mkdir()
        (tmp_path / "dropout.zip").rename(upload / "dropout.zip")
        assert read(upload, tmp_path / "again") == found, "the packed file is read as the folder is"


def test_both_have_the_same_limits(tmp_path, capsys):
    folder = tmp_path / "dropout"
    large = "#" * (1_000_001)
    write(folder, {**with_others(), LAYER: large, "assignment.json": json.dumps(RELEASE.assignment)})
    assert not pack(folder)
    assert f"✗ {LAYER}: 1 MB; too large: at most 1 MB are read" in capsys.readouterr().out
    assert LAYER not in read(folder, tmp_path / "work")
    limits = {entry["name"]: entry["limit"] for entry in RELEASE.assignment["files"]}
    assert limits == {NOTEBOOK: 100_000_000, LAYER: 1_000_000, NET: 1_000_000}


def test_what_is_too_large_together_is_not_packed(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("nndl.hand_in.packer.LARGEST_TOGETHER", 1_000)
    folder = tmp_path / "dropout"
    write(folder, {**with_others(), "assignment.json": json.dumps(RELEASE.assignment)})
    assert not pack(folder)
    said = capsys.readouterr().out
    assert "Nothing was packed: the files have" in said
    assert f"at most 1 KB are read; the largest is {NOTEBOOK}" in said
    assert not (tmp_path / "dropout.zip").exists()


def test_own_modules_and_pictures_come_along_in_both(tmp_path, capsys):
    nb = answered(notebook("dropout"), "See {}: ![](img/my%20plot.png)")
    own: Files = {
        LAYER: f"import my_utils\nfrom .near import x\n{hand_ins.whole()[LAYER]!s}",
        NOTEBOOK: dump(nb),
        "my_utils.py": "import deep.er\n",
        "deep/er.py": "y = 1\n",
        "nndl/layers/near.py": "x = 1\n",
        "img/my plot.png": b"\x89PNG\r\n\x1a\nrest",
        "unused.py": "z = 1\n",
    }
    folder = tmp_path / "dropout"
    write(folder, with_others(own))
    found = read(folder, tmp_path / "work")
    more = {"my_utils.py", "deep/er.py", "nndl/layers/near.py", "my plot.png"}
    assert {*found} == {NOTEBOOK, LAYER, NET, *more}
    assert pack(folder)
    upload = tmp_path / "upload"
    upload.mkdir()
    (tmp_path / "dropout.zip").rename(upload / "dropout.zip")
    assert read(upload, tmp_path / "again") == found
