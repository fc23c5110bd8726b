"""A submitted notebook against the released one: nothing of the course is changed, nothing of the student's is lost."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograder.submission.notebook.repair import repair_notebook


@pytest.fixture
def released(course) -> dict:
    return json.loads(course.release.files["two_layer_net.ipynb"])


def index(notebook: dict, cell_id: str) -> int:
    return next(i for i, cell in enumerate(notebook["cells"]) if cell["id"] == cell_id)


def text_of(cell: dict) -> str:
    return "".join(cell["source"])


def repaired(notebook: dict, released: dict):
    result = repair_notebook(json.dumps(notebook).encode(), released)
    import nbformat

    nbformat.validate(nbformat.from_dict(result.notebook))
    return result


def protected(notebook: dict) -> dict[str, dict]:
    cells = [c for c in notebook["cells"] if c["metadata"].get("nbgrader", {}).get("grade_id")]
    named = {c["metadata"]["nbgrader"]["grade_id"]: c for c in cells}
    assert len(named) == len(cells), "a grade id stands twice"
    return named


def copy(notebook: dict) -> dict:
    return json.loads(json.dumps(notebook))


def assert_grade_cells_as_released(result, released):
    got, want = protected(result.notebook), protected(released)
    assert got.keys() == want.keys()
    for name, cell in want.items():
        assert got[name]["metadata"] == cell["metadata"]
        assert got[name]["cell_type"] == cell["cell_type"]
        if not cell["metadata"]["nbgrader"]["solution"]:
            assert text_of(got[name]) == text_of(cell)


def test_an_untouched_notebook_needs_no_repair(released):
    result = repaired(released, released)
    assert (result.repairs, result.warnings) == ([], [])
    assert [c["id"] for c in result.notebook["cells"]] == [c["id"] for c in released["cells"]]


def test_answers_and_extra_cells_are_kept(released):
    mine = copy(released)
    mine["cells"][index(mine, "search")]["source"] = "steps = [1]"
    mine["cells"][index(mine, "why")]["source"] = ["Because ", "it was."]
    mine["cells"].insert(
        2,
        {
            "cell_type": "code",
            "id": "mine",
            "metadata": {},
            "source": "1+1",
            "outputs": [],
            "execution_count": 9,
        },
    )
    result = repaired(mine, released)
    assert result.repairs == []
    assert [c["id"] for c in result.notebook["cells"]] == [
        "intro",
        "setup",
        "mine",
        *[c["id"] for c in released["cells"][2:]],
    ]
    assert protected(result.notebook)["search"]["source"] == "steps = [1]"
    assert protected(result.notebook)["why"]["source"] == "Because it was."


def test_deleted_cells_come_back_in_their_place(released):
    mine = copy(released)
    mine["cells"] = [c for c in mine["cells"] if c["id"] not in ("test-scores", "test-predict", "why")]
    result = repaired(mine, released)
    assert_grade_cells_as_released(result, released)
    assert [c["id"] for c in result.notebook["cells"]] == [c["id"] for c in released["cells"]]
    assert len([r for r in result.repairs if "missing and was put back" in r]) == 3


def test_all_cells_deleted(released):
    result = repaired(copy(released) | {"cells": []}, released)
    assert_grade_cells_as_released(result, released)


def test_copies_of_a_test_cell_are_removed(released):
    mine = copy(released)
    test = mine["cells"][index(mine, "test-scores")]
    mine["cells"] += [copy(test) | {"id": "copy1"}, copy(test) | {"id": "copy2"}]
    result = repaired(mine, released)
    assert_grade_cells_as_released(result, released)
    assert len(result.notebook["cells"]) == len(released["cells"])
    assert len([r for r in result.repairs if "cell 'scores': it was there more than once" in r]) == 2


def test_of_two_answers_none_is_lost_and_the_stub_does_not_win(released):
    mine = copy(released)
    answer = mine["cells"][index(mine, "why")]
    mine["cells"] += [
        copy(answer) | {"id": "c1", "source": "first"},
        copy(answer) | {"id": "c2", "source": "second"},
    ]
    result = repaired(mine, released)
    assert_grade_cells_as_released(result, released)
    assert protected(result.notebook)["why"]["source"] == "first"
    assert [text_of(c) for c in result.notebook["cells"] if not c["metadata"]][-1] == "second"


def test_an_edited_test_cell_is_restored(released):
    mine = copy(released)
    mine["cells"][index(mine, "test-scores")]["source"] = "pass"
    result = repaired(mine, released)
    assert_grade_cells_as_released(result, released)
    assert result.repairs == ["cell 'scores': it is read-only; its text was changed and was restored"]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("points", 400),
        ("grade", False),
        ("solution", True),
        ("locked", False),
        ("task", True),
        ("points", "NaN"),
    ],
)
def test_flipped_settings_are_restored_and_named(released, key, value):
    mine = copy(released)
    mine["cells"][index(mine, "test-scores")]["metadata"]["nbgrader"][key] = value
    result = repaired(mine, released)
    assert_grade_cells_as_released(result, released)
    assert result.repairs == [f"cell 'scores': its settings were changed and were restored: {key}"]


def test_settings_that_were_removed_altogether_are_restored(released):
    mine = copy(released)
    for cell in mine["cells"]:
        cell["metadata"] = {}
    mine["cells"][index(mine, "why")]["source"] = "My answer."
    result = repaired(mine, released)
    assert_grade_cells_as_released(result, released)
    assert protected(result.notebook)["why"]["source"] == "My answer."
    assert result.notebook["cells"][index(result.notebook, "training")]["metadata"]["tags"] == [
        "skip-at-grading"
    ]


def test_a_test_cell_turned_into_text_is_restored(released):
    mine = copy(released)
    cell = mine["cells"][index(mine, "test-scores")]
    cell["cell_type"] = "markdown"
    del cell["outputs"], cell["execution_count"]
    result = repaired(mine, released)
    assert_grade_cells_as_released(result, released)
    assert "markdown instead of code" in result.repairs[0]


@pytest.mark.parametrize("tag", ["skip-execution", "raises-exception", "skip-at-grading", "remove-cell"])
def test_tags_that_the_release_does_not_have_are_removed(released, tag):
    mine = copy(released)
    mine["cells"][index(mine, "test-scores")]["metadata"]["tags"] = [tag]
    mine["cells"].append(
        {
            "cell_type": "code",
            "id": "x",
            "metadata": {"tags": [tag]},
            "source": "",
            "outputs": [],
            "execution_count": None,
        }
    )
    result = repaired(mine, released)
    assert_grade_cells_as_released(result, released)
    assert result.notebook["cells"][-1]["metadata"] == {}
    assert len([r for r in result.repairs if tag in r]) == 2


def test_an_invented_grade_cell_carries_no_points(released):
    mine = copy(released)
    extra = copy(mine["cells"][index(mine, "test-scores")]) | {"id": "x"}
    extra["metadata"]["nbgrader"] |= {"grade_id": "bonus", "points": 100}
    mine["cells"].append(extra)
    result = repaired(mine, released)
    assert_grade_cells_as_released(result, released)
    assert "'bonus'" in result.repairs[0]


def test_kernel_and_notebook_metadata_come_from_the_release(released):
    mine = copy(released)
    mine["metadata"] = {
        "kernelspec": {"name": "evil", "display_name": "e", "language": "sh"},
        "widgets": {"x": 1},
    }
    assert repaired(mine, released).notebook["metadata"] == released["metadata"]


def test_cell_ids_stay_unique_and_valid(released):
    mine = copy(released)
    extra = {"cell_type": "raw", "metadata": {}, "source": "x"}
    for cell_id in ("intro", "intro", "not valid!", "a" * 65, "extra-9", "extra-9"):
        mine["cells"].append(extra | {"id": cell_id})
    mine["cells"].append(extra)
    ids = [c["id"] for c in repaired(mine, released).notebook["cells"]]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not json",
        b"\xff\xff",
        b"[]",
        b"null",
        b'{"nbformat": 5, "cells": []}',
        b'{"nbformat": true, "cells": []}',
        b'{"nbformat": 4}',
        b'{"nbformat": 3, "worksheets": 7}',
        b"[" * 100_000,
        b'{"nbformat": 4, "cells": ' + b"9" * 5000 + b"}",
    ],
)
def test_what_is_no_notebook_gives_the_released_one_and_a_warning(released, data):
    result = repair_notebook(data, released)
    assert result.notebook == released
    assert "could not be read" in result.warnings[0]


def test_a_notebook_in_format_3_is_read(released):
    old = {
        "nbformat": 3,
        "nbformat_minor": 0,
        "metadata": {},
        "worksheets": [
            {"metadata": {}, "cells": [{"cell_type": "markdown", "metadata": {}, "source": "My words."}]}
        ],
    }
    result = repaired(old, released)
    assert_grade_cells_as_released(result, released)
    assert "My words." in [text_of(c) for c in result.notebook["cells"]]


OPERATIONS = st.lists(
    st.tuples(
        st.sampled_from(["delete", "copy", "move", "edit", "type", "forget", "tag", "points", "id"]),
        st.integers(0, 30),
        st.integers(0, 30),
    ),
    max_size=12,
)


@given(operations=OPERATIONS)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_done_to_a_notebook_its_grade_cells_come_back(released, operations):
    mine = copy(released)
    cells = mine["cells"]
    for name, first, second in operations:
        if not cells:
            break
        cell = cells[first % len(cells)]
        if name == "delete":
            cells.remove(cell)
        elif name == "copy":
            cells.insert(second % len(cells), copy(cell))
        elif name == "move":
            cells.remove(cell)
            cells.insert(second % (len(cells) + 1), cell)
        elif name == "edit":
            cell["source"] = f"edited {second}"
        elif name == "type":
            cell["cell_type"] = ("code", "markdown", "raw", "other")[second % 4]
        elif name == "forget":
            cell["metadata"].pop("nbgrader", None)
        elif name == "tag":
            cell["metadata"]["tags"] = ["skip-execution"]
        elif name == "points":
            cell["metadata"].setdefault("nbgrader", {})["points"] = second
        elif name == "id":
            cell["id"] = cells[second % len(cells)]["id"]
    result = repaired(mine, released)
    assert_grade_cells_as_released(result, released)
    kept = [text_of(c) for c in result.notebook["cells"]]
    as_given = {text_of(cell) for cell in released["cells"]}
    read_only = {"scores", "predict", "test-scores", "test-predict"}
    for cell in cells:
        names = {cell["metadata"].get("nbgrader", {}).get("grade_id"), cell.get("id")}
        if not names & read_only and text_of(cell) not in as_given:
            assert any(text_of(cell) in text for text in kept), "an answer was lost"


@pytest.mark.parametrize(
    "cell",
    [
        7,
        "text",
        None,
        [],
        {},
        {"cell_type": "other", "source": "kept"},
        {"cell_type": "code", "source": {"a": 1}},
        {"cell_type": "code", "source": ["a", 1], "metadata": 4, "outputs": 4},
        {"cell_type": "markdown", "metadata": {"nbgrader": 4, "tags": 4}, "id": 4},
        {
            "cell_type": "markdown",
            "metadata": {"nbgrader": {"grade_id": [1]}, "tags": [1, {}]},
            "attachments": [1],
        },
        {"cell_type": "markdown", "source": "\ud800"},
        {
            "cell_type": "markdown",
            "source": "x",
            "attachments": {"a.png": {"image/png": "AAAA", "text/html": "x"}},
        },
    ],
)
def test_odd_cells_do_no_harm(released, cell):
    mine = copy(released)
    mine["cells"].insert(1, cell)
    result = repaired(mine, released)
    assert_grade_cells_as_released(result, released)
    json.dumps(result.notebook, ensure_ascii=False).encode("utf-8")
    assert len(result.notebook["cells"]) == len(released["cells"]) + 1


@pytest.mark.parametrize("kind", [None, 3, {"a": []}, [[]]])
def test_a_cell_of_an_odd_type_beside_more_cells_stops_nothing(released, kind):
    notebook = copy(released)
    notebook["cells"][0]["cell_type"] = kind
    notebook["more"] = [{"cell_type": "markdown", "source": "a cell beside the list"}]
    result = repair_notebook(json.dumps(notebook).encode(), released)
    assert_grade_cells_as_released(result, released)


def test_a_notebook_that_was_cut_off_is_told_in_one_line(released):
    mine = copy(released)
    mine["cells"] = mine["cells"][:1]
    result = repaired(mine, released)
    assert_grade_cells_as_released(result, released)
    told = [line for line in result.repairs if "missing" in line]
    assert len(told) == 1
    assert "cells were missing and were put back: " in told[0]
    assert told[0].endswith(" more")
