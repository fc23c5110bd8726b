"""Whatever reads a hand-in takes time in proportion to its length: made-up texts, doubled and doubled again."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from autograder.submission import given_release
from autograder.submission.notebook import cells, encodings, outputs, pictures, salvage
from nndl.hand_in.copies import without_copy_marks
from nndl.hand_in.written import functions, is_written

READERS: dict[str, tuple[Callable[[Any], Any], tuple[str, ...]]] = {
    "large outputs": (
        cells._without_large_outputs,
        (
            '"outputs":["a\\"',
            '"outputs":["',
            '"outputs":[',
            '"outputs":[{',
            '"outputs" ',
            '"outputs": ["x",',
            "\\",
        ),
    ),
    "JSON": (
        lambda text: refused(cells.parse_notebook, text.encode()),
        ("[", '{"a":', '"', "\n<", " \n"),
    ),
    "Markdown": (
        lambda text: outputs.inert_markdown(text, ()),
        ("<a ", "<", "](", "](a", "](x/", "\\", "\\href", "attachment:", "[a]: ", "]( \t", "</"),
    ),
    "pictures in a text": (
        lambda text: pictures.illustrated(text, None, pictures.PictureBudget()),
        (
            "<img src=",
            "<img ",
            '<img src="attachment:a',
            "data:image/png;base64,",
            "attachment:x ",
            "<img  src = ",
            "![",
            "![a](b.png) ",
            "![a](<b",
            "[a]: b.png\n",
        ),
    ),
    "a damaged notebook": (
        lambda text: salvage.salvaged_cells('"cells": [' + text),
        (
            "{",
            '{"a":1},',
            "[",
            ",",
            " ",
            '"cells": ',
            "<<<<<<< a\n",
            "=======\n",
            "<<<<<<< a\n=======\n>>>>>>> b\n",
            '{"source":"',
        ),
    ),
    "code in a cell": (
        lambda text: [is_written(body) for _, body in functions(text)],
        (
            "def f(x):\n",
            "class A:\n ",
            "(",
            " ",
            "\n",
            "def f(x):\n  return 1\n",
            "def f(x): '''",
            " def f(): pass",
        ),
    ),
    "a picture": (lambda text: outputs._Budget().image(text + "!"), ("A", " ", "=", "A=", " =")),
    "names of copies": (
        lambda text: without_copy_marks(text + ".ipynb"),
        ("copy of ", " (1)", " - copy", " "),
    ),
    "the release's mark": (
        lambda text: list(given_release._MARK.finditer(text.encode())),
        ('"assignment": {', '"assignment" : ', '"assignment":{a', " "),
    ),
    "encodings": (
        lambda text: encodings.decoded(text.encode("latin-1")),
        ("\xff", "\xc3", "a\0", "\r", "# coding: "),
    ),
}
LENGTH = 30_000


def refused(function: Callable[[Any], Any], value: Any) -> None:
    with pytest.raises((ValueError, RecursionError)):
        function(value)


def seconds(reader: Callable[[Any], Any], text: str) -> float:
    start = time.process_time()
    reader(text)
    return time.process_time() - start


@pytest.mark.parametrize(("reader", "pieces"), READERS.values(), ids=list(READERS))
def test_four_times_the_text_takes_about_four_times_as_long(reader, pieces):
    for piece in pieces:
        text = piece * (LENGTH // len(piece))
        seconds(reader, text)
        once, four_times = seconds(reader, text), seconds(reader, 4 * text)
        # quadratic time would be a factor of 16; 50 ms are what a short run is off by
        assert four_times < 9 * once + 0.05, (piece, once, four_times)
