"""What people and editors do to a notebook with answers.  No answer may be lost: it is graded, or a human is asked."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from ..cases.material import PNG, Cell, Notebook, cell_named, code_cell, markdown_cell, settings

Edit = Callable[[Notebook, Random], None]
QUESTION, ANSWER = "q1_question", "q1_scale"


def _at(nb: Notebook, name: str) -> int:
    return int(nb["cells"].index(cell_named(nb, name)))


def _take_answer(nb: Notebook) -> str:
    """Empty the answer's cell, and return what stood there."""
    cell = cell_named(nb, ANSWER)
    text, cell["source"] = "".join(cell["source"]), "YOUR ANSWER HERE"
    return text


def no_metadata(nb: Notebook, random: Random) -> None:
    for cell in nb["cells"]:
        cell["metadata"] = {}


def no_ids(nb: Notebook, random: Random) -> None:
    for cell in nb["cells"]:
        cell.pop("id", None)


def other_ids(nb: Notebook, random: Random) -> None:
    for cell in nb["cells"]:
        cell["id"] = f"{random.getrandbits(32):08x}"


def neither_metadata_nor_ids(nb: Notebook, random: Random) -> None:
    no_metadata(nb, random)
    (no_ids if random.random() < 0.5 else other_ids)(nb, random)


def new_cell_below(nb: Notebook, random: Random) -> None:
    text = _take_answer(nb)
    nb["cells"].insert(_at(nb, ANSWER) + 1, markdown_cell(text))


def new_cell_above(nb: Notebook, random: Random) -> None:
    text = _take_answer(nb)
    nb["cells"].insert(_at(nb, QUESTION), markdown_cell(text))


def new_cell_at_the_end(nb: Notebook, random: Random) -> None:
    nb["cells"].append(markdown_cell(_take_answer(nb)))


def new_code_cell(nb: Notebook, random: Random) -> None:
    text = _take_answer(nb)
    nb["cells"].insert(_at(nb, ANSWER) + 1, code_cell("added02", text))


def comment_at_the_end(nb: Notebook, random: Random) -> None:
    nb["cells"].append(code_cell("added03", "# " + _take_answer(nb)))


def raw_cell(nb: Notebook, random: Random) -> None:
    text = _take_answer(nb)
    nb["cells"].insert(_at(nb, ANSWER) + 1, markdown_cell(text) | {"cell_type": "raw"})


def answer_turned_into(kind: str) -> Edit:
    def edit(nb: Notebook, random: Random) -> None:
        cell = cell_named(nb, ANSWER)
        cell["cell_type"] = kind
        if kind == "code":
            cell |= {"outputs": [], "execution_count": None}

    edit.__name__ = f"answer_turned_into_{kind}"
    return edit


def deleted_and_rewritten(nb: Notebook, random: Random) -> None:
    where = _at(nb, ANSWER)
    nb["cells"][where] = markdown_cell("".join(nb["cells"][where]["source"]))


def _merged(nb: Notebook, first: str, second: str) -> None:
    upper, lower = cell_named(nb, first), cell_named(nb, second)
    upper["source"] = "".join(upper["source"]) + "\n\n" + "".join(lower["source"])
    nb["cells"].remove(lower)


def merged_with_the_question(nb: Notebook, random: Random) -> None:
    _merged(nb, QUESTION, ANSWER)


def merged_and_stripped(nb: Notebook, random: Random) -> None:
    _merged(nb, QUESTION, ANSWER)
    no_metadata(nb, random)
    no_ids(nb, random)


def merged_with_the_cell_below(nb: Notebook, random: Random) -> None:
    where = _at(nb, ANSWER)
    below: Cell = nb["cells"].pop(where + 1)
    cell_named(nb, ANSWER)["source"] = (
        "".join(nb["cells"][where]["source"]) + "\n\n" + "".join(below["source"])
    )


def typed_into_the_question(nb: Notebook, random: Random) -> None:
    text = _take_answer(nb)
    cell = cell_named(nb, QUESTION)
    lines = "".join(cell["source"]).split("\n")
    lines.insert(random.randint(1, len(lines)), text)
    cell["source"] = "\n".join(lines)


def typed_into_another_cell(nb: Notebook, random: Random) -> None:
    text = _take_answer(nb)
    others = [c for c in nb["cells"] if c["cell_type"] == "markdown" and not settings(c)]
    cell = random.choice(others)
    cell["source"] = "".join(cell["source"]) + "\n\n" + text


def typed_into_read_only_code(nb: Notebook, random: Random) -> None:
    text = _take_answer(nb)
    cell = random.choice([c for c in nb["cells"] if settings(c).get("locked") and c["cell_type"] == "code"])
    cell["source"] = "".join(cell["source"]) + "\n# " + text


def copied_from_the_other_answer(nb: Notebook, random: Random) -> None:
    """The first answer is a copy of the second one's cell, with its name, and another text."""
    where = _at(nb, ANSWER)
    text = "".join(nb["cells"][where]["source"])
    other = cell_named(nb, "q2_curves")
    nb["cells"][where] = other | {"source": text, "id": "added04"}


def shuffled(nb: Notebook, random: Random) -> None:
    random.shuffle(nb["cells"])


def picture_instead_of_words(nb: Notebook, random: Random) -> None:
    """The words stay as the picture's title, so that they can be looked for."""
    text = "".join(cell_named(nb, ANSWER)["source"])
    cell_named(nb, ANSWER)["source"] = f"![{text}](data:image/png;base64,{PNG})"


def pasted_without_words(nb: Notebook, random: Random) -> None:
    """A picture is pasted below the untouched stub, and not referred to; the words are in its name."""
    text = _take_answer(nb)
    cell_named(nb, ANSWER)["attachments"] = {f"{text}.png": {"image/png": PNG}}
    nb["cells"].append(markdown_cell(text))


EDITS: dict[str, Edit] = {
    edit.__name__: edit
    for edit in (
        no_metadata,
        no_ids,
        other_ids,
        neither_metadata_nor_ids,
        new_cell_below,
        new_cell_above,
        new_cell_at_the_end,
        new_code_cell,
        comment_at_the_end,
        raw_cell,
        answer_turned_into("raw"),
        answer_turned_into("code"),
        deleted_and_rewritten,
        merged_with_the_question,
        merged_and_stripped,
        merged_with_the_cell_below,
        typed_into_the_question,
        typed_into_another_cell,
        typed_into_read_only_code,
        copied_from_the_other_answer,
        shuffled,
        picture_instead_of_words,
        pasted_without_words,
    )
}
IN_PLACE = {
    *("no_metadata", "no_ids", "other_ids", "neither_metadata_nor_ids", "answer_turned_into_raw"),
    *("answer_turned_into_code", "deleted_and_rewritten", "merged_with_the_question", "merged_and_stripped"),
    *("merged_with_the_cell_below", "copied_from_the_other_answer", "picture_instead_of_words"),
}
"""Edits after which the answer must be in its own cell again."""
