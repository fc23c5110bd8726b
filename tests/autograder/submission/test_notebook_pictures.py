"""Pictures in what students write: every kind of reference is shown, and what cannot be kept is named."""

from __future__ import annotations

import base64
import re
import time

import nbformat
import pytest
from nbconvert.exporters import HTMLExporter

from autograder.submission.notebook.outputs import inert_markdown
from autograder.submission.notebook.pictures import PictureBudget, illustrated, no_files
from nndl.hand_in.pictures import shown_files

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def page_of(source, attachments, files=no_files):
    text = illustrated(source, attachments, PictureBudget(), files)
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
    ("source", "name"),
    [
        ("![](my_plot.png)", "my_plot.png"),
        ('![a](./img/my%20plot.png "the title")', "img/my plot.png"),
        ("![a](<img/my plot.png>)", "img/my plot.png"),
        ("![a](img\\plot.png)", "img/plot.png"),
        ("![a](plot(1).png)", "plot(1).png"),
        ('<img width="300" src="my plot.png" alt="a"/>', "my plot.png"),
        ("<img src=plot.png>", "plot.png"),
        ("![a][1]\n\n[1]: img/plot.png", "img/plot.png"),
        ("[![a](plot.png)](plot.png)", "plot.png"),
    ],
)
def test_a_picture_in_a_file_beside_the_notebook_is_shown(source, name):
    asked: list[str] = []

    def files(wanted: str) -> bytes | None:
        asked.append(wanted)
        return base64.b64decode(PNG) if wanted == name else None

    assert f"data:image/png;base64,{PNG}" in page_of(source, None, files)
    assert asked == [name]


@pytest.mark.parametrize(
    ("source", "content"),
    [
        ("![a](gone.png)", None),
        ("![a](plot.svg)", b"<svg onload=alert(1)>"),
        ("![a](plot.png)", b"<html><script>alert(1)</script>"),
        ("![a](../../../etc/passwd.png)", None),
        ("![a](large.png)", b"\x89PNG\r\n\x1a\n" + bytes(10_000_000)),
    ],
)
def test_a_file_that_is_no_picture_is_named_and_not_shown(source, content):
    text = illustrated(source, None, PictureBudget(), lambda name: content)
    assert text.attachments == {}
    assert text.lost == [source[5:-1]]
    assert text.source == source


def test_pages_of_the_web_are_no_files():
    text = "![a](https://x.org/a.png) ![b](//x.org/b.png) [c](plot.png) ![d](C:\\plot.png) `plot.png`"
    assert shown_files(text) == []


@pytest.mark.parametrize(
    "source",
    [
        "[//]: # (My own words.)",
        "[comment]: # 'My own words.'",
        '   [//]: <> "My own words."',
        "[//]: #\n(My own words.)",
        "Above\n\n[_]: # (\nMy own words.\n)\n",
        "<!-- My own words. -->",
        "<p hidden>My own words.</p>",
    ],
)
def test_an_answer_in_a_comment_is_shown(source):
    shown = re.sub(r"<[^>]*>|<!--.*?-->", "", page_of(source, None))
    assert "My own words." in shown


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
