"""A picture in a solution of a source notebook is not in the release, wherever it stands."""

from __future__ import annotations

import base64
import json

import pytest

from autograder.release.fences import ReleaseError

from .course_files import checked, rewrite, source_cells

PICTURE = bytes(range(256)) * 3
OTHER = bytes(reversed(range(256))) * 3
BASE64 = base64.b64encode(PICTURE).decode()


def attachment(data: bytes) -> dict[str, str]:
    return {"image/png": base64.b64encode(data).decode()}


def cell_named(notebook: dict, name: str) -> dict:
    return next(c for c in notebook["cells"] if c["metadata"].get("nbgrader", {}).get("grade_id") == name)


@pytest.fixture
def drawn(course):
    """The small course, with pictures in the answer to a question and in the output of a solution."""
    notebook = source_cells(course)
    cell_named(notebook, "why").update(
        source="See ![it](attachment:my%20plot.png).", attachments={"my plot.png": attachment(PICTURE)}
    )
    cell_named(notebook, "search")["outputs"] = [
        {"output_type": "display_data", "data": attachment(OTHER), "metadata": {}}
    ]
    notebook["cells"][0].update(source="![a](attachment:a.png)", attachments={"a.png": attachment(b"shown")})
    rewrite(course, notebook)
    return course


def test_attachments_and_outputs_of_solutions_are_left_out_and_others_stay(drawn):
    text = b"\n".join(drawn.release.checked.values()).decode()
    assert BASE64 not in text
    assert base64.b64encode(OTHER).decode() not in text
    first = json.loads(drawn.release.checked["two_layer_net.ipynb"])["cells"][0]
    assert first["attachments"] == {"a.png": attachment(b"shown")}


def test_a_picture_in_a_region_goes_and_one_beside_it_stays(course):
    notebook = source_cells(course)
    cell_named(notebook, "why").update(
        source="![b](attachment:b.png)\n### BEGIN SOLUTION\n![c](attachment:c.png)\n### END SOLUTION",
        attachments={"b.png": attachment(b"shown"), "c.png": attachment(PICTURE)},
    )
    rewrite(course, notebook)
    released = json.loads(checked(course)["two_layer_net.ipynb"])
    assert list(cell_named(released, "why")["attachments"]) == ["b.png"]


@pytest.mark.parametrize("place", ["file", "page", "attachment"])
def test_a_picture_of_a_solution_that_is_elsewhere_is_refused(drawn, place):
    if place == "file":
        (drawn.assignment / "plot.png").write_bytes(OTHER)
    elif place == "page":
        (drawn.assignment / "notes.md").write_text(f"![it](data:image/png;base64,{BASE64})\n")
    else:
        notebook = source_cells(drawn)
        notebook["metadata"]["kept"] = {"by an editor": BASE64[:100] + "\n" + BASE64[100:]}
        rewrite(drawn, notebook)
    with pytest.raises(
        ReleaseError, match=r"picture that belongs to a solution in two_layer_net\.ipynb, cell"
    ):
        checked(drawn)


@pytest.mark.parametrize("link", ["![it](my%20plot.png)", '<img src="my plot.png">'])
def test_a_file_that_only_a_solution_shows_is_refused(drawn, link):
    (drawn.assignment / "my plot.png").write_bytes(b"a plot")
    notebook = source_cells(drawn)
    cell_named(notebook, "why").update(source=link)
    rewrite(drawn, notebook)
    with pytest.raises(ReleaseError, match=r"^my plot\.png: only a solution mentions this file"):
        checked(drawn)
    notebook["cells"][1]["source"] += "\n# see my plot.png"
    rewrite(drawn, notebook)
    assert checked(drawn)["my plot.png"] == b"a plot"
