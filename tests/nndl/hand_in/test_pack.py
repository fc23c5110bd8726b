"""The packer says what of a folder would be read, what is missing and what is left out, and packs exactly that."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nndl
from nndl.__main__ import main
from nndl.hand_in import packer
from nndl.hand_in.contents import digest
from nndl.hand_in.made_with import MADE_WITH
from nndl.hand_in.packer import pack

STUB = 'def f(x):\n    raise NotImplementedError("f: write this part (net/net.py, milestone small)")\n'
WRITTEN = "def f(x):\n    return 2 * x\n"
COURSE = {"net/given.py": b"y = 1\n", "README.md": b"Read me.\n"}
PLACEHOLDER = "YOUR ANSWER HERE"


def cell(kind: str, source: str, name: str = "", outputs: list | None = None) -> dict[str, Any]:
    metadata = {"nbgrader": {"grade_id": name}} if name else {}
    extra = {"outputs": outputs or [], "execution_count": 1} if kind == "code" else {}
    return {"cell_type": kind, "metadata": metadata, "source": source, **extra}


def notebook(answer: str = PLACEHOLDER, outputs: list | None = None) -> bytes:
    cells = [cell("code", "1 + 1", "first", outputs), cell("markdown", answer, "why")]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of an assignment, as it was given."""
    root = tmp_path / "small"
    released = {"small.ipynb": notebook(), "net/net.py": STUB.encode()}
    asked = [{"name": n, "limit": 30_000_000, "released": digest(n, d)} for n, d in released.items()]
    asked[1]["tasks"] = ["f"]
    assignment = {
        "milestone": "small",
        "title": "A small assignment",
        "package": "net",
        "version": "0123456789ab",
        "python": "3.11",
        "libraries": ["numpy"],
        "quiet_imports": ["matplotlib"],
        "files": [*asked, {"name": "best.npz", "limit": 1000}],
        "course_files": {name: digest(name, data) for name, data in COURSE.items()},
        "cells": {
            "small.ipynb": [
                {"name": "first", "points": 0, "answer": False, "digest": sha("1 + 1")},
                {"name": "why", "points": 3, "answer": True, "digest": sha(PLACEHOLDER)},
            ]
        },
    }
    put(root, {"assignment.json": json.dumps(assignment).encode(), **released, **COURSE})
    return root


def put(root: Path, files: dict[str, bytes]) -> None:
    for name, data in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def done(root: Path) -> None:
    """Write everything that is asked for."""
    put(root, {"small.ipynb": notebook("Mine."), "net/net.py": WRITTEN.encode(), "best.npz": b"weights"})


def members(root: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(root.parent / "small.zip") as archive:
        found = {name: archive.read(name) for name in archive.namelist()}
    assert json.loads(found.pop(MADE_WITH)) == {"python": platform.python_version(), "numpy": np.__version__}
    return found


def test_what_is_asked_for_is_packed_and_nothing_else(folder, capsys):
    done(folder)
    put(folder, {"notes.txt": b"x", "env/pyvenv.cfg": b"", "env/lib/big.py": b"x" * 1000, "net/x.pyc": b""})
    assert pack(folder)
    assert members(folder) == {
        name: (folder / name).read_bytes()
        for name in ("assignment.json", "small.ipynb", "net/net.py", "best.npz")
    }
    said = capsys.readouterr().out
    assert "A small assignment, version 0123456789ab" in said
    assert "1 of 1 questions answered" in said
    assert "notes.txt: not asked for" in said
    assert "env/: an environment for Python" in said
    assert "x.pyc" not in said
    assert "README" not in said
    assert "Packed 3 of 3 files" in said


def test_what_is_missing_and_what_is_not_written_is_said(folder, capsys):
    assert not pack(folder)
    said = capsys.readouterr().out
    assert "✗ best.npz: missing" in said
    assert "0 of 1 questions answered" in said
    assert "1 place still to write" in said
    assert said.count("as it was released") == 2
    assert set(members(folder)) == {"assignment.json", "small.ipynb", "net/net.py"}


def test_looking_writes_nothing(folder, capsys):
    assert main(["pack", str(folder), "--look"]) == 1
    assert not (folder.parent / "small.zip").exists()


def test_a_large_notebook_is_packed_without_outputs_and_a_large_file_not_at_all(folder, capsys, monkeypatch):
    done(folder)
    monkeypatch.setattr(packer, "_LARGE_NOTEBOOK", 2000)
    output = {"output_type": "stream", "name": "stdout", "text": "x" * 3000}
    put(folder, {"small.ipynb": notebook("Mine.", [output]), "best.npz": b"x" * 1001})
    assert not pack(folder)
    said = capsys.readouterr().out
    assert "packed without its outputs" in said
    assert "✗ best.npz: 1 KB; too large: at most 1 KB are read" in said
    packed = members(folder)
    assert "best.npz" not in packed
    cells = json.loads(packed["small.ipynb"])["cells"]
    assert [c["source"] for c in cells] == ["1 + 1", "Mine."]
    assert cells[0]["outputs"] == []
    assert b"xxx" in (folder / "small.ipynb").read_bytes(), "the student's own file stays as it is"


@pytest.mark.parametrize(
    ("moves", "name", "taken"),
    [
        ({"small.ipynb": "small (1).ipynb"}, "small.ipynb", "small (1).ipynb"),
        ({"small.ipynb": "Small.IPYNB"}, "small.ipynb", "Small.IPYNB"),
        ({"small.ipynb": "my homework.ipynb"}, "small.ipynb", "my homework.ipynb"),
        ({"net/net.py": "net.py"}, "net/net.py", "net.py"),
        ({"net/net.py": "a/b/net/net.py", "small.ipynb": "a/b/small.ipynb"}, "net/net.py", "a/b/net/net.py"),
        ({"best.npz": "best-copy.npz"}, "best.npz", "best-copy.npz"),
    ],
)
def test_a_file_that_can_only_be_one_is_taken_for_it(folder, capsys, moves, name, taken):
    done(folder)
    for old, new in moves.items():
        (folder / new).parent.mkdir(parents=True, exist_ok=True)
        (folder / old).rename(folder / new)
    assert pack(folder)
    assert members(folder)[name] == (folder / taken).read_bytes()
    assert f"taken from {taken}" in capsys.readouterr().out


def test_a_written_copy_goes_before_the_released_file(folder, capsys):
    done(folder)
    put(folder, {"small.ipynb": notebook(), "small (1).ipynb": notebook("Mine, too.")})
    assert pack(folder)
    assert members(folder)["small.ipynb"] == notebook("Mine, too.")


def test_a_second_version_is_named(folder, capsys):
    done(folder)
    put(folder, {"small (1).ipynb": notebook("Mine, too.")})
    assert pack(folder)
    assert members(folder)["small.ipynb"] == notebook("Mine.")
    assert "there is also small (1).ipynb, which differs" in capsys.readouterr().out


def test_a_changed_file_of_the_course_and_a_link_are_named(folder, capsys):
    done(folder)
    put(folder, {"net/given.py": b"y = 2\n"})
    (folder / "best.npz").unlink()
    (folder / "best.npz").symlink_to(folder / "README.md")
    assert not pack(folder)
    said = capsys.readouterr().out
    assert "net/given.py: it belongs to the course" in said
    assert "best.npz: a link" in said


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("import matplotlib.pyplot as plt", ["net/net.py, line 1 imports matplotlib", "does no harm"]),
        ("from pandas import DataFrame", ["net/net.py, line 1 imports pandas", "remove it"]),
        ("def g(:", ["net/net.py, line 1: this is not valid Python"]),
        ("import os, numpy as np\nfrom net import given\nfrom .given import y", []),
    ],
)
def test_what_would_go_wrong_when_it_is_graded_is_said(folder, capsys, line, words):
    done(folder)
    put(folder, {"net/net.py": f"{line}\n{WRITTEN}".encode()})
    pack(folder)
    said = capsys.readouterr().out
    assert [word for word in words if word not in said] == []
    assert ("Look at:" in said) == bool(words)


def test_code_that_lies_where_it_is_not_graded_is_said(folder, capsys):
    cells = json.loads(notebook("Mine."))
    cells["cells"].append(cell("code", f"%%time\n{WRITTEN}"))
    put(
        folder,
        {"small.ipynb": json.dumps(cells).encode(), "mine.py": WRITTEN.encode(), "old.py": STUB.encode()},
    )
    pack(folder)
    said = capsys.readouterr().out
    assert "f is written in mine.py, where it is not graded: put it into net/net.py" in said
    assert "f is written in cell 3 of small.ipynb" in said
    assert "old.py, where" not in said
    done(folder)
    pack(folder)
    assert "where it is not graded" not in capsys.readouterr().out


def test_modules_and_pictures_of_the_students_own_are_packed(folder, capsys):
    done(folder)
    own = {"mine.py": b"import deep.er", "deep/er.py": b"", "net/near.py": b"", "img/my plot.png": b"\x89PNG"}
    put(folder, {"net/net.py": f"import mine, lost\nfrom .near import x\n{WRITTEN}".encode(), **own})
    put(
        folder, {"small.ipynb": notebook("See ![it](img/my%20plot.png)."), "unused.py": b"", "other.png": b""}
    )
    assert pack(folder)
    packed = members(folder)
    assert {name: packed[name] for name in own} == own
    assert not {"unused.py", "other.png"} & {*packed}
    said = capsys.readouterr().out
    assert "✓ net/near.py: 0 bytes; net/net.py imports it" in said
    assert "✓ img/my plot.png: 4 bytes; small.ipynb shows it" in said
    assert "net/net.py imports lost, which is not here" in said
    assert "imports mine" not in said.partition("Look at:")[2].replace("mine.py", "")
    assert "Packed 3 of 3 files and 4 more of yours" in said
    assert "unused.py: not asked for" in said


def test_a_notebook_that_cannot_be_read_is_said(folder, capsys):
    done(folder)
    put(folder, {"small.ipynb": b"<<<<<<< ours"})
    pack(folder)
    assert "this is not a notebook that can be read" in capsys.readouterr().out


@pytest.mark.parametrize("content", [None, b"{"])
def test_a_folder_without_an_assignment_is_refused(tmp_path, capsys, content):
    if content is not None:
        put(tmp_path, {"assignment.json": content})
    assert not pack(tmp_path)
    assert "Go to the folder that you were given" in capsys.readouterr().out
    assert main(["pack", str(tmp_path)]) == 1


def test_the_command_needs_nothing_but_the_standard_library(folder):
    done(folder)
    # -S: no site-packages, so that an import of NumPy fails
    command = [sys.executable, "-S", "-m", "nndl", "pack", str(folder)]
    environment = {**os.environ, "PYTHONPATH": str(Path(nndl.__file__).parents[1])}
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert "Packed 3 of 3 files" in ran.stdout


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("x = 1\n", True),
        ("def other(x):\n    return f(x)\n", True),
        ("class Net:\n    def f(self, x):\n        return x\n", True),
        ("from .given import y\n\nprint(f(y))\n", True),
        (WRITTEN, False),
        ("from .mine import g, f\n", False),
        ("from .mine import (\n    g,\n    f,\n)\n", False),
        ("f = abs\n", False),
    ],
)
def test_a_function_to_write_that_was_deleted_is_told(text, told, folder, capsys):
    done(folder)
    put(
        folder,
        {"net/net.py": text.encode(), "net/mine.py": b"def f(x):\n    return x\n" if "mine" in text else b""},
    )
    pack(folder)
    said = capsys.readouterr().out
    assert ("f is not in net/net.py any more" in said) == told


def test_a_function_that_was_moved_to_another_file_is_told_where_it_is(folder, capsys):
    done(folder)
    put(folder, {"net/net.py": b"x = 1\n", "mine.py": WRITTEN.encode()})
    pack(folder)
    said = capsys.readouterr().out
    assert "f is written in mine.py, where it is not graded: put it into net/net.py" in said
    assert "any more" not in said
