"""Catalogues of bugs and alternatives: what they say is done, and what is wrong in them is said with its line."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest

from autograder.judging import bug_catalogue
from autograder.judging.bug_catalogue import CatalogueError

SOURCE = '''\
"""A file of a package."""

import os


def forward(x):
    """Return the double."""
    y = x + x

    return y


class Net:
    size = 3

    @property
    def start(self):
        y = 0
        return y

    def loss(self, x):
        y = x + x
        for i in range(3):
            y = y + i
            y = y + i
        return y
'''

BUG = """\
# nets.py forward

## tripled: value
The result is three times x.
? How often is x added?
- y = x + x
+ y = x + x + x
"""


@pytest.fixture
def read(tmp_path):
    """Return a function that reads the text of a catalogue."""

    def bugs(text, *more, kind="bugs"):
        room = tmp_path / "room"
        room.mkdir(exist_ok=True)
        for name, content in zip(("b.txt", "c.txt"), (text, *more), strict=False):
            (room / name).write_text(textwrap.dedent(content), encoding="utf-8")
        return getattr(bug_catalogue, kind)(room.glob("*.txt"))

    return bugs


def applied(edited, source=SOURCE):
    return edited.apply("nets.py", source)


def alternative(read, edits):
    """Return the reference with the edits of an alternative."""
    (one,) = read("## one\n" + textwrap.dedent(edits), kind="alternatives").values()
    return applied(one)


# --- what is read ------------------------------------------------------------------------------------------------


def test_a_bug_has_all_its_words_and_its_edit(read):
    (bug,) = read(BUG)
    assert (bug.name, bug.concerns) == ("tripled", ("value",))
    assert bug.explanation == "The result is three times x."
    assert bug.hint == "How often is x added?"
    assert applied(bug.edited) == SOURCE.replace("y = x + x\n\n", "y = x + x + x\n\n")


def test_words_may_take_several_lines_and_a_bug_several_checks(read):
    (bug,) = read(
        """\
        A text for people, with - and + in it.

        # nets.py forward
        And another one.

        ## tripled: value, gradient
        The result is
        three times x.
        ? How often
        ? is x added?
        - y = x + x
        + y = 3 * x
        """
    )
    assert bug.concerns == ("value", "gradient")
    assert (bug.explanation, bug.hint) == ("The result is three times x.", "How often is x added?")


def test_bugs_stand_in_the_order_of_files_and_lines(read):
    names = [bug.name for bug in read(BUG + BUG.replace("tripled", "a"), BUG.replace("tripled", "b"))]
    assert names == ["tripled", "a", "b"]


def test_an_edit_is_looked_for_in_its_function_only(read):
    assert alternative(read, "@ nets.py Net.loss\n- y = x + x\n+ y = 2 * x\n") == SOURCE.replace(
        "        y = x + x\n", "        y = 2 * x\n"
    )


def test_an_edit_may_stand_in_a_class_or_anywhere_in_the_file(read):
    text = alternative(
        read,
        """\
        @ nets.py Net
        - size = 3
        + size = 4
        @ nets.py
          import os
        + import sys

        + def helper(): ...
          class Net:
        """,
    )
    wanted = SOURCE.replace("size = 3", "size = 4").replace("import os\n", "import os\nimport sys\n")
    assert text == wanted.replace("class Net", "def helper(): ...\nclass Net")


def test_a_decorator_belongs_to_its_function(read):
    assert "@property" not in alternative(read, "@ nets.py Net.start\n- @property\n")


def test_another_place_holds_until_the_entry_ends(read):
    more = (
        BUG + "@ nets.py Net.start\n- y = 0\n+ y = 1\n" + BUG.partition("\n\n")[2].replace("tripled", "again")
    )
    first, second = read(more)
    assert [edit.scope for edit in first.edited.edits] == ["forward", "Net.start"]
    assert [edit.scope for edit in second.edited.edits] == ["forward"]


def test_lines_come_where_a_line_stays_and_go_without_one(read):
    assert alternative(read, "@ nets.py Net.start\n  y = 0\n+ y += 1\n\n- return y\n") == SOURCE.replace(
        "        y = 0\n        return y\n", "        y = 0\n        y += 1\n"
    )


def test_a_line_that_stays_tells_two_equal_lines_apart(read):
    text = alternative(read, "@ nets.py Net.loss\n  for i in range(3):\n-     y = y + i\n")
    assert text == SOURCE.replace("            y = y + i\n", "", 1)


def test_indentation_is_that_of_the_function(read):
    text = alternative(
        read,
        """\
        @ nets.py Net.loss
        - for i in range(3):
        -     y = y + i
        -     y = y + i
        + if x:
        +     y = 6 + y
        """,
    )
    assert "        if x:\n            y = 6 + y\n        return y\n" in text


def test_blank_lines_of_the_reference_do_not_count(read):
    assert "def forward(x):\n    return 2 * x\n" in alternative(
        read, '@ nets.py forward\n- """Return the double."""\n- y = x + x\n- return y\n+ return 2 * x\n'
    )


def test_an_alternative_may_have_a_text(read):
    text = "## other\nAs a teacher would write it.\n@ nets.py Net\n- size = 3\n+ size = 1 + 2\n"
    found = read(text, kind="alternatives")
    assert list(found) == ["other"]
    assert "size = 1 + 2" in applied(found["other"])


def test_the_examples_of_the_documents_can_be_read_and_fit_the_reference(tmp_path):
    contributing = (Path(__file__).parents[3] / "CONTRIBUTING.md").read_text(encoding="utf-8")
    (long,) = re.findall(r"```\n(Mistakes .*?)```", contributing, flags=re.DOTALL)
    (short,) = re.findall(r"example.*?::\n\n(.*?)\n\nWhat a line", bug_catalogue.__doc__, flags=re.DOTALL)
    for number, text in enumerate((long, textwrap.dedent(short))):
        path = tmp_path / f"{number}.txt"
        path.write_text(text, encoding="utf-8")
        for bug in bug_catalogue.bugs([path]):
            assert "layers/affine.py" in bug.edited.sources()


# --- what does not fit the reference -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (
            "@ nets.py forward\n- y = 3\n",
            r"this line stands 0 times in nets\.py forward, .*exactly once:\s+y = 3",
        ),
        ("@ nets.py Net.loss\n- y = y + i\n", r"this line stands 2 times in nets\.py Net\.loss"),
        ("@ nets.py forward\n- y = x + x\n- return x\n", r"these lines stand 0 times"),
        ("@ nets.py forward\n- y = x\n", "this line stands 0 times"),
        ("@ nets.py Net.loss\n- y = x + x\n- for i in range(3):\n- y = y + i\n", "these lines stand 0 times"),
        ("@ nets.py backward\n- y = 3\n", r"nets\.py defines backward 0 times"),
        ("@ nets.py Net.lost\n- y = 3\n", r"nets\.py defines Net\.lost 0 times"),
    ],
)
def test_an_edit_that_does_not_fit_is_said_with_its_line(read, edit, message):
    with pytest.raises(ValueError, match=rf"(?s)one \(room/b\.txt, line 3\): .*{message}"):
        alternative(read, edit)


def test_a_function_that_is_defined_twice_is_refused():
    edit = bug_catalogue.LineEdit("a.py", "f", (("-", "x = 1"),), "here")
    with pytest.raises(ValueError, match=r"a\.py defines f 2 times"):
        edit.locate("def f():\n    x = 1\n\n\ndef f():\n    y = 1\n")


# --- what cannot be read -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("# nets.py forward", "# nets forward", 1, "'nets forward' is not a place; write a file"),
        ("# nets.py forward", "# ../nets.py forward", 1, "is not a place"),
        ("# nets.py forward", "# nets.py forward backward", 1, "is not a place"),
        ("# nets.py forward", "#nets.py forward", 1, "'#nets.py' means nothing here"),
        ("# nets.py forward\n", "", 7, "this edit has no place"),
        ("## tripled", "### tripled", 3, "'###' means nothing here"),
        ("## tripled: value", "## tripled", 3, "the bug tripled has no checks"),
        ("## tripled: value", "## tripled: ", 3, "'' is not a name"),
        ("## tripled: value", "## tripled: value,", 3, "'' is not a name"),
        ("## tripled: value", "## thrice times: value", 3, "'thrice times' is not a name"),
        ("## tripled: value", "", 5, "belongs to no entry: an entry begins with `## name`"),
        ("The result is three times x.\n", "", 3, "the bug tripled has no explanation"),
        ("? How often is x added?\n", "", 3, "the bug tripled has no hint"),
        ("? How", "?How", 5, "'\\?How' means nothing here"),
        ("- y", "-y", 6, "'-y' means nothing here"),
        ("- y", "y", 6, "the explanation belongs in front .* whose mark .* is missing"),
        ("- y", "\ty", 6, "means nothing here"),
        ("- y", " y", 6, "means nothing here"),
        ("- y = x + x\n", "", 6, "does not say where its lines come"),
        ("+ y = x + x + x\n", "+ y = x + x\n", 6, "this edit changes nothing"),
        ("+ y = x + x + x\n", "\n  y = x + x\n", 8, "this edit changes nothing; a blank line ends an edit"),
        ("+ y = x + x + x\n", "+ y = 3 * x\n? Why?\n", 8, "the hint belongs in front of the edits"),
        ("- y = x + x\n+ y = x + x + x\n", "", 3, "tripled edits nothing"),
        (
            "+ y = x + x + x\n",
            "+ y = 3 * x\n# nets.py Net\n- size = 3\n",
            9,
            "another place in the same entry is @",
        ),
        ("+ y = x + x + x\n", "+ y = 3 * x\n@ Net\n- size = 3\n", 8, "'Net' is not a place"),
    ],
)
def test_a_line_that_cannot_be_read_is_said(read, old, new, line, message):
    assert old in BUG
    with pytest.raises(CatalogueError, match=rf"^room/b\.txt, line {line}: .*{message}"):
        read(BUG.replace(old, new))


def test_a_name_that_is_taken_is_said_with_both_places(read):
    message = r"^room/c\.txt, line 3: the name tripled is taken already \(room/b\.txt, line 3\)"
    with pytest.raises(CatalogueError, match=message):
        read(BUG, BUG)


@pytest.mark.parametrize("words", [": value\n", "\n? What?\n"])
def test_an_alternative_has_no_checks_and_no_hint(read, words):
    with pytest.raises(CatalogueError, match=r"^room/b\.txt, line 1: one is an alternative"):
        read(f"## one{words}@ nets.py Net\n- size = 3\n+ size = 4\n", kind="alternatives")


def test_a_file_in_another_encoding_is_said(tmp_path):
    path = tmp_path / "bugs.txt"
    path.write_bytes("Eine Prüfung\n".encode("latin-1"))
    with pytest.raises(CatalogueError, match=r"bugs\.txt: store it as UTF-8"):
        bug_catalogue.bugs([path])


def test_windows_line_ends_and_a_byte_order_mark_are_read(tmp_path):
    path = tmp_path / "bugs.txt"
    path.write_bytes(b"\xef\xbb\xbf" + BUG.replace("\n", "\r\n").encode())
    (bug,) = bug_catalogue.bugs([path])
    assert "y = x + x + x\n" in applied(bug.edited)
