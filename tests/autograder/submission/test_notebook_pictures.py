"""Pictures in what students write: every kind of reference is shown, and what cannot be kept is named."""

from __future__ import annotations

import time

import nbformat
import pytest
from nbconvert.exporters import HTMLExporter

from autograder.submission.notebook.outputs import inert_markdown
from autograder.submission.notebook.pictures import PictureBudget, illustrated

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def page_of(source, attachments):
    text = illustrated(source, attachments, PictureBudget())
    assert text.lost == []
    safe = inert_markdown(text.source, tuple(text.attachments))
    cell = nbformat.v4.new_markdown_cell(safe, attachments=text.attachments)
    return HTMLExporter().from_notebook_node(nbformat.v4.new_notebook(cells=[cell]))[0]


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("![a](attachment:plot.png)", "plot.png"),
        ("![a](attachment:my%20plot.png)", "my plot.png"),
        ("![a](<attachment:my plot.png>)", "my plot.png"),
        ("![a](attachment:my plot.png)", "my plot.png"),
        ("![a](attachment:plot%20(1).png)", "plot (1).png"),
        ("![a](attachment:Bildschirmfoto%20%C3%BCber.png)", "Bildschirmfoto über.png"),
        ('<img src="attachment:my plot.png" width="300"/>', "my plot.png"),
        ("<img width=3 src='attachment:plot.png'>", "plot.png"),
        ("![a][1]\n\n[1]: attachment:plot.png", "plot.png"),
        ("words, and nothing that refers to the picture", "plot.png"),
    ],
)
def test_a_pasted_picture_is_shown(source, name):
    assert f"data:image/png;base64,{PNG}" in page_of(source, {name: {"image/png": PNG}})


@pytest.mark.parametrize(
    "source",
    [
        "![a](data:image/png;base64,{})",
        '<img src="data:image/png;base64,{}" alt="a">',
        "![a][image1]\n\n[image1]: <data:image/png;base64,{}>",
        "![a][image1]\n\n[image1]: data:image/png;base64,{}",
    ],
)
def test_a_picture_in_the_text_is_shown(source):
    assert f"data:image/png;base64,{PNG}" in page_of(source.format(PNG), None)


@pytest.mark.parametrize(
    "attachments",
    [
        {"a.svg": {"image/svg+xml": "<svg onload=alert(1)>"}},
        {"a.png": {"image/png": '"><script>alert(1)</script>'}},
        {"a.png": {"image/png": "A" * 13_000_000}},
        {"a.png": 7},
    ],
)
def test_what_is_no_harmless_picture_is_named_and_left_out(attachments):
    text = illustrated("![x](attachment:a.png)", attachments, PictureBudget())
    assert text.attachments == {}
    assert text.lost == list(attachments)


@pytest.mark.parametrize(
    "piece",
    ["<img ", "<img src=", "data:image/png;base64,", "attachment:", "![a](attachment:a.png", "[", "A"],
)
def test_time_is_linear(piece):
    def seconds(size):
        text = piece * (size // len(piece))
        start = time.process_time()
        illustrated(text, {f"{n}.png": {"image/png": PNG} for n in range(40)}, PictureBudget())
        return time.process_time() - start

    small, large = seconds(50_000), seconds(400_000)
    assert large < 24 * small + 0.3
