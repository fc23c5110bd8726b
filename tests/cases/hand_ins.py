"""Hand-ins for the milestone dropout as real courses get them: right code, both questions answered, then one mishap."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from .material import (
    ANSWER,
    PNG,
    Files,
    Notebook,
    answered,
    cell_named,
    dump,
    markdown_cell,
    notebook,
    right,
)
from .project import release

MILESTONE = "dropout"
NOTEBOOK = f"{MILESTONE}.ipynb"
LAYER = "nndl/layers/dropout.py"
QUESTIONS = {"q1_scale": 1, "q2_curves": 2}
"""Question → the number in its answer."""


def whole(nb: Notebook | None = None) -> Files:
    """Return a right and answered hand-in."""
    return {NOTEBOOK: dump(nb or answered(notebook(MILESTONE))), **right(MILESTONE)}


def nothing_wrong() -> Files:
    """All is as it should be: what the others must come to."""
    return whole()


def renamed_copy() -> Files:
    """The browser called the second download "dropout (1).ipynb"."""
    files = whole()
    return {"dropout (1).ipynb": files.pop(NOTEBOOK), **files}


def cp1252() -> Files:
    """An editor stored the notebook in the code page of Western Windows; the answers have a typographic apostrophe."""
    nb = answered(notebook(MILESTONE), f"It’s {ANSWER}")
    stored = json.dumps(nb, ensure_ascii=False, indent=1).encode("cp1252", "ignore")
    return whole() | {NOTEBOOK: stored}


def metadata_stripped() -> Files:
    """A tool took all metadata of the cells and their ids: neither grade ids nor cell ids are left."""
    nb = answered(notebook(MILESTONE))
    nb["nbformat_minor"] = 4
    for cell in nb["cells"]:
        cell["metadata"] = {}
        cell.pop("id", None)
    return whole(nb)


def answer_in_new_cell() -> Files:
    """The released answer cell is as it was; the answer stands in a new cell below it."""
    nb = answered(notebook(MILESTONE))
    cell = cell_named(nb, "q1_scale")
    answer, cell["source"] = cell["source"], cell_named(notebook(MILESTONE), "q1_scale")["source"]
    nb["cells"].insert(nb["cells"].index(cell) + 1, markdown_cell(answer))
    return whole(nb)


def picture_in_answer() -> Files:
    """Two pictures were pasted into an answer: attachments of its cell, one with a blank in its name."""
    nb = answered(notebook(MILESTONE))
    cell = cell_named(nb, "q1_scale")
    cell["source"] = f"![a](attachment:plot.png) ![b](attachment:my%20plot.png) {ANSWER.format(1)}"
    cell["attachments"] = {"plot.png": {"image/png": PNG}, "my plot.png": {"image/png": PNG}}
    return whole(nb)


def leftover_import() -> Files:
    """A layer file still imports what was used to look at things; nothing in it needs the import."""
    files, first = whole(), "import numpy as np\n"
    assert first in str(files[LAYER])
    files[LAYER] = str(files[LAYER]).replace(first, f"import matplotlib.pyplot as plt\n{first}", 1)
    return files


def two_folders_deep() -> Files:
    """The archive had two more levels."""
    return {f"ada/dropout/{name}": data for name, data in whole().items()}


def function_deleted() -> Files:
    """dropout_backward was deleted instead of being left as it was; dropout_forward and the net are right."""
    files = whole()
    code = str(files[LAYER])
    files[LAYER] = code[: code.index("def dropout_backward")]
    return files


def resubmission() -> Files:
    """The first hand-in, without the layer and without answers; a right one follows, both without a timestamp."""
    return whole(notebook(MILESTONE)) | {LAYER: release(MILESTONE)[LAYER]}


def source_edited() -> Files:
    """The released folder with the tasks done; meanwhile the course corrects a question (`correct_a_question`)."""
    return release(MILESTONE) | whole()


def correct_a_question(assignments: Path) -> None:
    """Correct one word of a question in the course's own notebook."""
    path = assignments / MILESTONE / NOTEBOOK
    nb = json.loads(path.read_text(encoding="utf-8"))
    cell = cell_named(nb, "q1_question")
    old = "".join(cell["source"])
    cell["source"] = old.replace("Question 1", "Question 1 (corrected)", 1)
    assert cell["source"] != old
    path.write_text(json.dumps(nb, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


CASES: dict[str, Callable[[], Files]] = {
    make.__name__: make
    for make in (
        nothing_wrong,
        renamed_copy,
        cp1252,
        metadata_stripped,
        answer_in_new_cell,
        picture_in_answer,
        leftover_import,
        two_folders_deep,
        function_deleted,
        resubmission,
        source_edited,
    )
}

FAILS_TODAY: dict[str, str] = {}
"""Case → why it fails today."""
