"""What somebody might hand in: notebooks with anything anywhere, and folders of any shape."""

from __future__ import annotations

import functools
import json
import os
import random
import shutil
import tempfile
from pathlib import Path
from typing import Any

import nbformat

from autograder.release.build import Release
from autograder.sources import Sources
from autograder.submission.load import SubmissionError, load
from autograder.submission.notebook.repair import repair_notebook

MILESTONE = "dropout"
TEXTS = (
    *(
        "",
        "x",
        "\x00",
        "\u202e",
        "# Title",
        "[a](javascript:alert(1))",
        "<script>x</script>",
        "attachment:a.png",
    ),
    *("data:image/png;base64,AAAA", "$\\href{x}{y}$", "](" * 50, "<" * 50, "\ud800", "'\"`"),
)
JSON: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1e308, [], {}, [[]], {"a": {}}, [None], ["x", "y"]),
    *TEXTS,
)
KEYS = (
    "cells",
    "cell_type",
    "metadata",
    "source",
    "outputs",
    "nbgrader",
    "grade_id",
    "id",
    "tags",
    "attachments",
)
NAMES = (
    "a",
    "b c",
    "é",
    "x" * 200,
    ".hidden",
    "nndl",
    "layers",
    "dropout.py",
    "dropout.ipynb",
    "a\nb",
    "-rf",
    "*",
)


@functools.cache
def release() -> Release:
    """Return the release that all uploads are held against."""
    return Release.current(Sources().milestone(MILESTONE))


@functools.cache
def released_notebook() -> str:
    """Return the text of its notebook."""
    return release().files[f"{MILESTONE}.ipynb"].decode()


def scrambled(rng: random.Random) -> dict[str, Any]:
    """Return the released notebook with some of its values replaced, removed, doubled or moved."""
    notebook: dict[str, Any] = json.loads(released_notebook())
    for _ in range(rng.choice((1, 1, 2, 4, 10))):
        places = list(_places(notebook))
        holder, key = rng.choice(places)
        how = rng.randrange(6)
        if how == 0:
            holder[key] = rng.choice(JSON)
        elif how == 1:
            del holder[key]
        elif how == 2 and isinstance(holder, list):
            holder.insert(key, json.loads(json.dumps(holder[key])))
        elif how == 3:
            other, there = rng.choice(places)
            holder[key] = json.loads(json.dumps(other[there]))
        elif how == 4 and isinstance(holder, dict):
            holder[rng.choice(KEYS)] = rng.choice(JSON)
        elif isinstance(holder[key], str):
            at = rng.randrange(len(holder[key]) + 1)
            holder[key] = holder[key][:at] + rng.choice(TEXTS) + holder[key][at:]
    return notebook


def _places(value: Any) -> Any:
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield value, key
        yield from _places(value[key])


def try_notebook(rng: random.Random) -> str:
    """Repair a scrambled notebook: it is one again, with every cell that has points, once."""
    data = json.dumps(scrambled(rng)).encode()
    if rng.random() < 0.15:
        at = rng.randrange(len(data))
        data = (
            data[:at]
            + rng.choice((b"", b"\xff", b"\x00", b"]", b"}", data[:100]))
            + data[at + rng.randrange(9) :]
        )
    released = json.loads(released_notebook())
    try:
        notebook = repair_notebook(data, released).notebook
        text = json.dumps(notebook)
        nbformat.validate(nbformat.reads(text, as_version=4))
    except Exception as error:
        return f"{type(error).__name__}: {error!s:.200} on {_kept(data)}"
    for cell in released["cells"]:
        name = cell["metadata"].get("nbgrader", {}).get("grade_id")
        if (
            name
            and sum(c["metadata"].get("nbgrader", {}).get("grade_id") == name for c in notebook["cells"]) != 1
        ):
            return f"the cell {name} is not there once: {_kept(data)}"
    return ""


def _kept(data: bytes) -> str:
    """Write an input that made trouble to a file, and return where it is."""
    handle, name = tempfile.mkstemp(prefix="fuzz-", suffix=".ipynb")
    with os.fdopen(handle, "wb") as file:
        file.write(data)
    return name


def try_folder(rng: random.Random) -> str:
    """Read a folder of any shape: it is read or refused, and nothing in it is a link's target from outside."""
    with tempfile.TemporaryDirectory(prefix="fuzz-") as name:
        top = Path(name)
        (top / "secret").write_text("other people's work")
        folder = top / "submitted"
        if rng.random() < 0.6:
            release().write(folder)
        else:
            folder.mkdir()
        for _ in range(rng.randrange(8)):
            _put(folder, top / "secret", rng)
        try:
            read = load(folder, release(), top / "work", student="fuzz")
        except SubmissionError:
            return ""
        except Exception as error:
            kept = tempfile.mkdtemp(prefix="fuzz-folder-")
            shutil.copytree(folder, kept, symlinks=True, dirs_exist_ok=True, ignore_dangling_symlinks=True)
            return f"{type(error).__name__}: {error!s:.200} on {kept}"
        for path in read.root.rglob("*"):
            if path.is_symlink() or (path.is_file() and b"other people's work" in path.read_bytes()):
                return f"{path.name} came in from outside"
    return ""


def _put(folder: Path, secret: Path, rng: random.Random) -> None:
    """Put something somewhere into a folder."""
    folders = [folder, *(path for path in folder.rglob("*") if path.is_dir() and not path.is_symlink())]
    files = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    there = rng.choice(folders) / rng.choice(NAMES)
    how = rng.randrange(8)
    if files and how == 0:
        rng.choice(files).write_bytes(rng.choice((b"", b"\xff\xfe", b"def f(:\n", b"\x00" * 100, b"x = 1\r")))
    elif files and how == 1:
        rng.choice(files).unlink()
    elif files and how == 2 and not there.exists():
        rng.choice(files).rename(there)
    elif files and how == 3:
        path = rng.choice(files)
        path.unlink()
        path.symlink_to(rng.choice((secret, Path("/dev/zero"), Path("."), folder)))
    elif os.path.lexists(there):
        return
    elif how == 4:
        there.mkdir()
    elif how == 5:
        os.mkfifo(there)
    elif how == 6:
        there.symlink_to(rng.choice((secret, Path("/"), Path(".."))))
    else:
        there.write_bytes(rng.choice((b"", b"PK\x03\x04" + b"\x00" * 30, b"{}", b"x" * 1000)))
