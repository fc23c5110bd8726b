"""Shapes of an upload: the same files in other folders, under other names, in archives.  Each must be read in full."""

from __future__ import annotations

import io
import unicodedata
import zipfile
from collections.abc import Callable
from random import Random

from ..cases.material import Files
from ..cases.project import release

Shape = Callable[[Files, Random], Files]
_FOLDERS = (
    "ada",
    "dropout",
    "Homework 3",
    "ada_lovelace",
    "submission",
    "dropout (2)",
    "Übung",
    "x.y",
    "MyWork",
)
_COPY_NAMES = (
    *(
        "{0} (1){1}",
        "{0}(2){1}",
        "{0}-Copy1{1}",
        "{0} - Copy{1}",
        "{0} - Copy (2){1}",
        "{0} copy{1}",
        "{0} copy 2{1}",
    ),
    *(
        "Copy of {0}{1}",
        "Kopie von {0}{1}",
        "{0} - Kopie{1}",
        "Copie de {0}{1}",
        "Copia de {0}{1}",
        "{0} - Copia{1}",
    ),
    *("{0} 2{1}", "{0}_1{1}", "{0}-2{1}", "{0}{1}.txt", "{0} (1){1}.txt", "{0}{1} (1)", "Copy (2) of {0}{1}"),
)


def _data(content: str | bytes) -> bytes:
    return content if isinstance(content, bytes) else content.encode()


def zipped(files: Files) -> bytes:
    """Return a zip archive of files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, _data(content))
    return buffer.getvalue()


def too_deep(files: Files, random: Random) -> Files:
    above = "/".join(random.choice(_FOLDERS) for _ in range(random.randint(1, 6)))
    return {f"{above}/{name}": data for name, data in files.items()}


def too_flat(files: Files, random: Random) -> Files:
    return {name.rpartition("/")[2]: data for name, data in files.items()}


def without_the_package(files: Files, random: Random) -> Files:
    return {name.removeprefix("nndl/"): data for name, data in files.items()}


def in_a_zip(files: Files, random: Random) -> Files:
    return {random.choice(("ada.zip", "Dropout.ZIP", "work/hand in.zip")): zipped(files)}


def deep_in_a_zip(files: Files, random: Random) -> Files:
    clutter: Files = {f"__MACOSX/._{name.rpartition('/')[2]}": b"\0\5\26\7" for name in files}
    return {"dropout.zip": zipped(too_deep(files, random) | clutter)}


def zip_in_a_zip(files: Files, random: Random) -> Files:
    return {"outer.zip": zipped({"inner/dropout.zip": zipped(files), ".DS_Store": b"x"})}


def code_in_a_zip(files: Files, random: Random) -> Files:
    code = {name: data for name, data in files.items() if name.endswith(".py")}
    return {name: data for name, data in files.items() if name not in code} | {"nndl.zip": zipped(code)}


def backslashes(files: Files, random: Random) -> Files:
    above = random.choice(("", "ada\\", "C:\\Users\\ada\\dropout\\"))
    return {above + name.replace("/", "\\"): data for name, data in files.items()}


def other_capitals(files: Files, random: Random) -> Files:
    change = random.choice((str.upper, str.title))
    return {change(name): data for name, data in files.items()}


def copies(files: Files, random: Random) -> Files:
    changed: Files = {}
    for name, data in files.items():
        folder, slash, last = name.rpartition("/")
        stem, dot, suffix = last.rpartition(".")
        changed[folder + slash + random.choice(_COPY_NAMES).format(stem, dot + suffix)] = data
    return changed


def dots_and_blanks(files: Files, random: Random) -> Files:
    """What Windows does not allow at the end of a name, some tools leave there."""
    return {name + random.choice((".", " ", ". ", "..")): data for name, data in files.items()}


def accents_in_two_characters(files: Files, random: Random) -> Files:
    above = unicodedata.normalize("NFD", random.choice(("Übung é", "📚 devoir n°1 ✅", "가나")))
    return {f"{above}/{name}": data for name, data in files.items()}


def notebook_of_another_name(files: Files, random: Random) -> Files:
    name = random.choice(
        ("Untitled3.ipynb", "final.ipynb", "ada_12345_678_dropout.ipynb", "work/my homework.ipynb")
    )
    return {name if key.endswith(".ipynb") else key: data for key, data in files.items()}


def among_clutter(files: Files, random: Random) -> Files:
    clutter: Files = {
        "__MACOSX/._dropout.ipynb": b"\0\5\26\7",
        ".DS_Store": b"x",
        ".ipynb_checkpoints/dropout-checkpoint.ipynb": _data(release("dropout")["dropout.ipynb"]),
        "nndl/__pycache__/fc_net.cpython-311.pyc": b"x",
        ".venv/lib/python3.12/site-packages/nndl/layers/dropout.py": "x = 1\n",
        "env/pyvenv.cfg": "home = /usr/bin\n",
        "env/lib/nndl/fc_net.py": "x = 1\n",
        ".git/HEAD": "x",
    }
    return clutter | files


def inside_an_environment(files: Files, random: Random) -> Files:
    """Somebody made the environment right in the folder of the assignment, and handed in both."""
    env: Files = {"pyvenv.cfg": "home = /usr/bin\n", "lib/python3.12/site-packages/nndl/fc_net.py": "x = 1\n"}
    env["Lib/nndl/layers/dropout.py"] = "x = 2\n"
    return random.choice((dict, lambda both: too_deep(both, random)))(env | files)


def beside_the_release(files: Files, random: Random) -> Files:
    """The release as it was unpacked lies at the top, and the work in a folder of it."""
    return dict(release("dropout")) | {f"mine/{name}": data for name, data in files.items()}


def handed_in_twice(files: Files, random: Random) -> Files:
    """The same files once in their place and once in an archive."""
    return files | {"dropout.zip": zipped(files)}


SHAPES: dict[str, Shape] = {
    shape.__name__: shape
    for shape in (
        too_deep,
        too_flat,
        without_the_package,
        in_a_zip,
        deep_in_a_zip,
        zip_in_a_zip,
        code_in_a_zip,
        backslashes,
        other_capitals,
        copies,
        dots_and_blanks,
        accents_in_two_characters,
        notebook_of_another_name,
        among_clutter,
        inside_an_environment,
        beside_the_release,
        handed_in_twice,
    )
}
