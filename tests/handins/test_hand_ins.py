"""A corpus of hand-ins by kind, with variations: nothing is lost, no zero is silent, and all ways of grading agree."""

from __future__ import annotations

import base64
import io
import json
import stat
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pytest

from autograder.release.build import Release
from autograder.sources import Sources
from autograder.submission.load import Submission, load

from ..cases.hand_ins import MILESTONE, NOTEBOOK, QUESTIONS, whole
from ..cases.material import (
    PNG,
    Files,
    answered,
    cell_named,
    code_cell,
    dump,
    notebook,
    right,
    settings,
    write,
)
from ..cases.nbgrader_course import NOT_RUN
from ..cases.project import autograder, grade_arguments, read_report, release
from .edits import ANSWER, EDITS, IN_PLACE
from .encodings import ENCODINGS
from .shapes import SHAPES, zipped

WORDS = "Voilà répondu, in my own words {}: l'espérance reste la même."
CODE = right(MILESTONE)
VARIATIONS = 40


@dataclass
class Read:
    """What was read of a hand-in."""

    submission: Submission
    cells: list[dict[str, Any]]

    def text_of(self, name: str) -> str:
        """Return the text in an answer's cell."""
        return next("".join(c["source"]) for c in self.cells if settings(c).get("grade_id") == name)

    @property
    def text(self) -> str:
        """Everything that who grades gets to read."""
        shown = [c for c in self.cells if c["cell_type"] != "raw"]
        return "\n".join("".join(cell["source"]) for cell in shown)

    def is_asked(self, name: str) -> bool:
        """Return whether a human gives an answer's points: nbgrader's rule, and ours."""
        untouched = self.text_of(name) == "".join(cell_named(notebook(MILESTONE), name)["source"])
        return not untouched or name in self.submission.asked[NOTEBOOK]


def read(files: Files, folder: Path) -> Read:
    """Read a hand-in as both ways of grading do."""
    write(folder / "submitted" / MILESTONE, files)
    current = Release.current(Sources().milestone(MILESTONE))
    submission = load(folder / "submitted" / MILESTONE, current, folder / "work")
    found = json.loads((submission.root / NOTEBOOK).read_text(encoding="utf-8"))
    return Read(submission, found["cells"])


def has_code(got: Read) -> bool:
    return all((got.submission.root / name).read_bytes() == str(data).encode() for name, data in CODE.items())


def words(number: int) -> str:
    return WORDS.format(number)


def nb() -> dict[str, Any]:
    return answered(notebook(MILESTONE), WORDS)


def hand_in(stored: bytes) -> Files:
    return {NOTEBOOK: stored, **CODE}


def some_quick(names: Any, *quick: str) -> list[Any]:
    return [pytest.param(n, marks=() if n in quick else pytest.mark.slow) for n in names]


def assert_complete(got: Read) -> None:
    assert has_code(got), got.submission.warnings
    assert not got.submission.not_gradable
    for name, number in QUESTIONS.items():
        assert words(number) in got.text_of(name), got.submission.warnings
        assert got.is_asked(name)


@pytest.mark.parametrize(
    "shape", some_quick(SHAPES, "too_flat", "deep_in_a_zip", "backslashes", "copies", "beside_the_release")
)
def test_any_shape_is_read_in_full(shape, tmp_path):
    got = read(SHAPES[shape](hand_in(dump(nb())), Random(1)), tmp_path)
    assert_complete(got)
    assert got.submission.unread == ()


@pytest.mark.parametrize(
    "encoding", some_quick(ENCODINGS, "utf-16", "cp1252", "crlf", "format 3", "format 4.0")
)
def test_any_encoding_and_format_is_read_in_full(encoding, tmp_path):
    assert_complete(read(hand_in(ENCODINGS[encoding](nb())), tmp_path))


@pytest.mark.parametrize(
    "edit", some_quick(EDITS, "other_ids", "merged_and_stripped", "new_code_cell", "raw_cell")
)
def test_no_edit_loses_an_answer(edit, tmp_path):
    edited = nb()
    EDITS[edit](edited, Random(1))
    got = read(hand_in(dump(edited)), tmp_path)
    assert_not_lost(got, edit)


def assert_not_lost(got: Read, edit: str) -> None:
    for name, number in QUESTIONS.items():
        assert got.is_asked(name), (edit, name, got.submission.repairs)
        assert words(number) in got.text, (edit, name)
        if edit in IN_PLACE:
            assert words(number) in got.text_of(name), (edit, name)
    given = [settings(c)["grade_id"] for c in notebook(MILESTONE)["cells"] if settings(c)]
    assert sorted(settings(c)["grade_id"] for c in got.cells if settings(c)) == sorted(given)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(VARIATIONS))
def test_shapes_encodings_and_edits_together(seed, tmp_path):
    random = Random(seed)
    edit, encoding = random.choice(sorted(EDITS)), random.choice(sorted(ENCODINGS))
    edited = nb()
    EDITS[edit](edited, random)
    files = hand_in(ENCODINGS[encoding](edited))
    for shape in random.sample(sorted(set(SHAPES) - {"beside_the_release", "handed_in_twice"}), 2):
        files = SHAPES[shape](files, random)
    got = read(files, tmp_path)
    if got.submission.unread:  # nested in a way that leaves doubt: then everything is for a human
        assert set(got.submission.asked[NOTEBOOK]) == set(QUESTIONS) or got.submission.not_gradable
    else:
        assert has_code(got), files.keys()
        assert_not_lost(got, edit)


def truncated(data: bytes) -> bytes:
    return data[: len(data) // 2]


def in_conflict(data: bytes) -> bytes:
    return data.replace(b'"cells"', b'<<<<<<< HEAD\n "cells"', 1) + b"\n=======\n>>>>>>> main\n"


UNREADABLE = {
    "truncated": (truncated, "its end is missing"),
    "conflict": (in_conflict, "merge conflict"),
    "empty": (lambda data: b"", "it is empty"),
    "not json": (lambda data: b"<html>Sign in</html>", "Expecting value"),
    "zeros": (lambda data: bytes(1000), "it is empty"),
}


def both_sides(data: bytes) -> bytes:
    """The first answer's line on both sides of a merge."""
    lines = data.split(b"\n")
    where = next(number for number, line in enumerate(lines) if b"in my own words 1" in line)
    theirs = lines[where].replace(b"in my own words", b"in the words of my partner")
    lines[where : where + 1] = [b"<<<<<<< HEAD", lines[where], b"=======", theirs, b">>>>>>> main"]
    return b"\n".join(lines)


def with_widgets(data: bytes) -> bytes:
    whole_notebook = json.loads(data)
    whole_notebook["metadata"]["widgets"] = {"state": {"x": "A" * 21_000_000}}
    return dump(whole_notebook)


DAMAGED = {
    "zeros after it": (lambda data: data + bytes(4096), ""),
    "two marks": (lambda data: b"\xef\xbb\xbf" * 2 + data, ""),
    "cut at the end": (lambda data: data[:-200], "its end is missing"),
    "twice": (lambda data: data + b"\n" + data, "Extra data"),
    "a page around it": (lambda data: b"<pre>" + data + b"</pre>", "Expecting value"),
    "one comma too many": (lambda data: data.replace(b'"nbformat": 4,', b'"nbformat": 4,,'), "Expecting"),
    "both sides of a merge": (both_sides, "merge conflict"),
    "another format": (lambda data: data.replace(b'"nbformat": 4', b'"nbformat": 9'), "format 9"),
    "a second, empty list of cells": (lambda data: data.rstrip()[:-1] + b', "cells": []}', "beside those"),
    "brackets without end": (
        lambda data: data.replace(
            b'"metadata": {', b'"metadata": {"x": ' + b"[" * 100_000 + b"]" * 100_000 + b", ", 1
        ),
        "nested too deeply",
    ),
    "an integer of 6,000 digits": (
        lambda data: data.replace(b'"execution_count": null', b'"execution_count": ' + b"9" * 6000, 1),
        "",
    ),
    "the state of widgets": (with_widgets, ""),
    "a mark is left": (lambda data: data + b"\n>>>>>>> main\n", "merge conflict"),
}


@pytest.mark.parametrize("kind", some_quick(DAMAGED, "zeros after it", "both sides of a merge"))
def test_of_a_damaged_notebook_is_shown_what_can_be_read(kind, tmp_path):
    spoil, why = DAMAGED[kind]
    got = read(hand_in(spoil(dump(nb()))), tmp_path)
    assert has_code(got)
    for name, number in QUESTIONS.items():
        assert words(number) in got.text_of(name)
        assert got.is_asked(name)
    if kind == "both sides of a merge":
        assert "in the words of my partner 1" in got.text
    assert bool(got.submission.unread) == bool(why)
    assert all(NOTEBOOK in line and why in line for line in got.submission.unread)


@pytest.mark.parametrize("kind", some_quick(UNREADABLE, "truncated", "conflict"))
def test_a_notebook_that_cannot_be_read_is_for_a_human_and_the_code_is_graded(kind, tmp_path):
    spoil, why = UNREADABLE[kind]
    got = read(hand_in(spoil(dump(nb()))), tmp_path)
    assert has_code(got)
    assert not got.submission.not_gradable
    assert all(got.is_asked(name) for name in QUESTIONS)
    assert any(NOTEBOOK in line and why in line for line in got.submission.unread), got.submission.unread


def test_a_missing_notebook_is_for_a_human(tmp_path):
    got = read(dict(CODE), tmp_path)
    assert all(got.is_asked(name) for name in QUESTIONS)
    assert any(NOTEBOOK in line and "missing" in line for line in got.submission.unread)


@pytest.mark.parametrize("other", ["my_dropout.py", "layers.py", "work.rar", "code.tar.gz", "code.docx"])
def test_code_that_is_not_where_it_should_be_is_not_graded_with_a_list(other, tmp_path):
    files = whole()
    files[other] = files.pop("nndl/layers/dropout.py")
    got = read(files, tmp_path)
    assert "files not found: nndl/layers/dropout.py" in got.submission.not_gradable
    assert other in got.submission.not_gradable


def stubs() -> Files:
    return {name: release(MILESTONE)[name] for name in CODE}


LAYER, NET = "nndl/layers/dropout.py", "nndl/fc_net.py"


def in_a_cell(kind: str = "code") -> Files:
    edited = nb()
    edited["cells"].append(
        code_cell("added09", f"%%writefile {LAYER}\n" + str(CODE[LAYER])) | {"cell_type": kind}
    )
    return {NOTEBOOK: dump(edited), **stubs()}


def in_a_cell_of_a_damaged_notebook() -> Files:
    files = in_a_cell()
    return files | {NOTEBOOK: bytes(files[NOTEBOOK])[:-300]}  # type: ignore[arg-type]


def in_another_notebook() -> Files:
    return {**hand_in(dump(nb())), **stubs(), "scratch.ipynb": in_a_cell()[NOTEBOOK]}


def beside(name: str) -> Callable[[], Files]:
    return lambda: {NOTEBOOK: dump(nb()), **stubs(), name: CODE[LAYER]}


def in_a_file_of_the_course() -> Files:
    return {NOTEBOOK: dump(nb()), **stubs(), "nndl/layers/__init__.py": CODE[LAYER]}


def in_an_archive() -> Files:
    return {NOTEBOOK: dump(nb()), **stubs(), "w.zip": zipped({"a.py": CODE[LAYER]})}


ELSEWHERE = {
    "a cell": (in_a_cell, f"of {NOTEBOOK}"),
    "a raw cell": (lambda: in_a_cell("raw"), f"of {NOTEBOOK}"),
    "a damaged notebook": (in_a_cell_of_a_damaged_notebook, f"of {NOTEBOOK}"),
    "another notebook": (in_another_notebook, "scratch.ipynb"),
    "a file beside the stub": (beside("nndl/layers/dropout_mine.py"), "in nndl/layers/dropout_mine.py"),
    "another milestone's folder": (beside("batchnorm/nndl/layers/solution.py"), "layers/solution.py"),
    "a text": (beside("code.txt"), "in code.txt"),
    "a name without a suffix": (beside("dropout_final"), "in dropout_final"),
    "a zip": (in_an_archive, "in w.zip/a.py"),
    "a file of the course": (in_a_file_of_the_course, "in nndl/layers/__init__.py"),
}


@pytest.mark.parametrize("kind", some_quick(ELSEWHERE, "a cell", "a file beside the stub"))
def test_finished_code_in_another_place_is_no_zero_in_silence(kind, tmp_path):
    make, where = ELSEWHERE[kind]
    submission = read(make(), tmp_path).submission
    assert "dropout_backward, dropout_forward in " in submission.not_gradable
    assert where in submission.not_gradable
    assert f"its place in {LAYER} is not written" in submission.not_gradable
    assert submission.unread[-1] + "." in submission.not_gradable


def test_if_a_part_is_in_its_place_that_is_graded_and_a_human_looks_at_the_rest(tmp_path):
    submission = read(beside("dropout_mine.py")() | {NET: CODE[NET]}, tmp_path).submission
    assert not submission.not_gradable
    assert "dropout_mine.py" in submission.unread[0]
    assert set(submission.elsewhere) == {"dropout_forward", "dropout_backward"}


@pytest.mark.parametrize("name", some_quick(["code.png", "work.pdf", "all.7z", "locked.zip"], "work.pdf"))
def test_if_nothing_is_written_a_human_opens_what_nobody_could_read(name, tmp_path):
    submission = read(
        {NOTEBOOK: release(MILESTONE)[NOTEBOOK], **stubs(), name: b"binary"}, tmp_path
    ).submission
    assert submission.not_gradable.startswith(
        f"nothing is written in {NET}, {LAYER}; not looked through for code"
    )
    assert name in submission.not_gradable


@pytest.mark.slow
def test_code_among_a_thousand_files_is_found_or_somebody_is_told(tmp_path):
    many: Files = {f"try{number:04}.py": "x = 1\n" for number in range(1000)}
    submission = read(beside("zzz.py")() | many, tmp_path).submission
    assert submission.not_gradable


UNFINISHED = {
    "a stub": "def dropout_forward(x, p):\n    raise NotImplementedError('later')\n",
    "only a docstring": 'def dropout_forward(x, p):\n    """Drop.\n\n    return x\n    """\n    # return x\n    pass\n',
    "another function": "def dropout_forward_old(x, p):\n    return x\n",
    "a method of another class": "class Mine:\n    def dropout_forward(self, x):\n        return x\n",
    "a call": "dropout_forward(x, p)\nout = dropout_backward\n",
}


@pytest.mark.parametrize("kind", some_quick(UNFINISHED, "only a docstring"))
def test_what_is_not_finished_code_of_this_name_is_none(kind, tmp_path):
    submission = read({NOTEBOOK: dump(nb()), **stubs(), "try.py": UNFINISHED[kind]}, tmp_path).submission
    assert submission.not_gradable == ""
    assert submission.unread == ()


def other_milestone(*kept: str) -> Files:
    files = release("cnn")
    return {name: files[name] for name in kept or files}


@pytest.mark.parametrize(
    "make",
    [
        lambda: other_milestone(),
        pytest.param(lambda: other_milestone("cnn.ipynb"), marks=pytest.mark.slow),
        pytest.param(lambda: {"work.ipynb": release("cnn")["cnn.ipynb"]}, marks=pytest.mark.slow),
        pytest.param(lambda: {"cnn (1).ipynb": b"{}", **CODE}, marks=pytest.mark.slow),
        pytest.param(lambda: {"a.zip": zipped(other_milestone("assignment.json"))}, marks=pytest.mark.slow),
    ],
)
def test_the_hand_in_of_another_milestone_is_named(make, tmp_path):
    got = read(make(), tmp_path)
    assert "this is the hand-in of cnn, and not of dropout" in got.submission.not_gradable
    assert all(got.is_asked(name) for name in QUESTIONS)


HELPER = "import my_utils\nfrom .own import twice\nfrom nndl.tools import more\nimport numpy, tqdm, gone\n"


def test_modules_of_the_students_own_come_along(tmp_path):
    own: Files = {
        "my_utils.py": "import deep.er\n",
        "deep/er.py": "x = 1\n",
        "nndl/layers/own.py": "def twice(x): ...\n",
        "nndl/tools/more.py": "y = 1\n",
    }
    others: Files = {"numpy.py": "", "unused.py": "", "tqdm.py": "", "nndl/fast/__init__.py": "evil = 1\n"}
    files = {f"hw/{name}": data for name, data in (hand_in(dump(nb())) | own | others).items()}
    got = read(files | {f"hw/{LAYER}": HELPER + str(CODE[LAYER])}, tmp_path)
    taken = {file.path for file in got.submission.files}
    assert taken == {NOTEBOOK, *CODE, *own}
    for name, text in own.items():
        assert (got.submission.root / name).read_text() == text
        assert any(name in line and "imports it" in line for line in got.submission.warnings)
    missing = [line for line in got.submission.warnings if "was not handed in" in line]
    assert missing == [f"{LAYER} imports gone, which was not handed in"]
    assert not (got.submission.root / "unused.py").exists()
    assert (got.submission.root / "nndl/fast/__init__.py").read_bytes() == release(MILESTONE)[
        "nndl/fast/__init__.py"
    ]


@pytest.mark.parametrize("shape", some_quick(["", "too_deep", "in_a_zip", "too_flat"], ""))
def test_a_picture_beside_the_notebook_comes_along(shape, tmp_path):
    edited = nb()
    cell_named(edited, ANSWER)["source"] = words(1) + "\n\n![](img/my%20plot.png)\n\n[//]: # (And this.)"
    files: Files = hand_in(dump(edited)) | {"img/my plot.png": base64.b64decode(PNG)}
    got = read(SHAPES[shape](files, Random(3)) if shape else files, tmp_path)
    cell = next(c for c in got.cells if settings(c).get("grade_id") == ANSWER)
    assert [bundle["image/png"] for bundle in cell["attachments"].values()] == [PNG]
    assert "attachment:picture-1.png" in cell["source"]
    assert got.submission.unread == ()
    assert not any("left out" in line or "could not be kept" in line for line in got.submission.warnings)
    assert "my plot.png" in {file.path for file in got.submission.files}, "so a new picture is graded again"


def link_in_zip(name: str) -> bytes:
    link = zipfile.ZipInfo(name)
    link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    buffer = io.BytesIO(zipped({n: data for n, data in whole().items() if n != name}))
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr(link, "../../somewhere/else")
    return buffer.getvalue()


@pytest.mark.parametrize("name", [LAYER, pytest.param(NOTEBOOK, marks=pytest.mark.slow)])
def test_a_link_in_an_archive_is_no_text(name, tmp_path):
    got = read({"a.zip": link_in_zip(name)}, tmp_path)
    assert any(f"{name} was not read" in line and "a link" in line for line in got.submission.unread)
    assert name not in {file.path for file in got.submission.files}
    if name == LAYER:
        assert "it is a link" in got.submission.elsewhere["dropout_forward"]


def test_a_notebook_alone_is_not_graded_and_a_human_reads_its_answers(tmp_path):
    got = read({NOTEBOOK: dump(nb())}, tmp_path)
    assert "files not found" in got.submission.not_gradable
    assert words(1) in got.text_of(ANSWER)


def test_two_notebooks_that_differ_are_for_a_human_who_sees_both(tmp_path):
    second = nb()
    cell_named(second, ANSWER)["source"] = "On second thought, it is two."
    got = read(hand_in(dump(nb())) | {"dropout (1).ipynb": dump(second)}, tmp_path)
    assert has_code(got)
    assert all(got.is_asked(name) for name in QUESTIONS)
    assert words(1) in got.text
    assert "On second thought" in got.text
    assert any("dropout (1).ipynb" in line and NOTEBOOK in line for line in got.submission.unread)


def test_two_files_of_code_that_differ_are_for_a_human(tmp_path):
    name = "nndl/layers/dropout.py"
    got = read(
        whole() | {"old/dropout.py": str(CODE[name]).replace("return", "return  # so\n    return", 1)},
        tmp_path,
    )
    assert name in got.submission.not_gradable
    assert "old/dropout.py" in got.submission.not_gradable


def test_code_in_a_merge_conflict_is_for_a_human(tmp_path):
    text = str(CODE[LAYER])
    both = f"<<<<<<< HEAD\n{text}=======\n{text}# theirs\n>>>>>>> main\n"
    submission = read(hand_in(dump(nb())) | {LAYER: both}, tmp_path).submission
    assert submission.not_gradable == (
        f"{LAYER} is in a merge conflict (line 1): it holds two versions, and one must be chosen."
    )


def test_zeros_at_the_end_of_code_are_no_code(tmp_path):
    assert has_code(read(hand_in(dump(nb())) | {LAYER: str(CODE[LAYER]).encode() + bytes(4096)}, tmp_path))


def test_the_work_of_several_assignments_in_one_upload_is_told_apart(tmp_path):
    files = {f"dropout/{name}": data for name, data in whole().items()}
    other: Files = {"hw/fc_net/fc_net.ipynb": dump(nb()), "hw/fc_net/nndl/fc_net.py": "class Other: ...\n"}
    got = read(files | other, tmp_path)
    assert has_code(got)
    assert not got.submission.not_gradable


def test_what_nobody_wrote_stays_a_zero_without_a_human(tmp_path):
    untouched = release(MILESTONE)[NOTEBOOK]
    got = read({NOTEBOOK: untouched, **CODE}, tmp_path)
    assert not any(got.is_asked(name) for name in QUESTIONS)
    assert got.submission.warnings == ()


def test_an_answer_may_be_in_a_document_that_is_not_read(tmp_path):
    got = read({NOTEBOOK: release(MILESTONE)[NOTEBOOK], **CODE, "answers.pdf": b"%PDF"}, tmp_path)
    assert all(got.is_asked(name) for name in QUESTIONS)


def shape_and_edit() -> Files:
    edited = nb()
    EDITS["merged_and_stripped"](edited, Random(2))
    return SHAPES["deep_in_a_zip"](hand_in(ENCODINGS["utf-16"](edited)), Random(2))


def without_code() -> Files:
    return {NOTEBOOK: dump(nb()), "solution.py": str(CODE["nndl/layers/dropout.py"])}


def without_notebook() -> Files:
    return hand_in(truncated(dump(nb())))


@pytest.mark.slow
@pytest.mark.sandbox
@pytest.mark.parametrize("make", [shape_and_edit, without_code, without_notebook, in_a_cell])
def test_both_ways_of_grading_agree(make, new_course, tmp_path):
    course = new_course(MILESTONE)
    course.submit(make())
    status = course.nbgrader("autograde", NOT_RUN)
    got = course.graded()
    out = tmp_path / "reports"
    outcome = autograder(*grade_arguments(MILESTONE, course.root / "submitted", out))
    report = read_report(out / "ada" / f"{MILESTONE}.json")
    assert report["submission"] == got.report["submission"]
    assert (report["verdict"], report["reason"]) == (got.report["verdict"], got.report["reason"])
    assert {entry["name"]: entry["score"] for entry in report["checks"]} == {
        entry["name"]: entry["score"] for entry in got.report["checks"]
    }
    assert set(got.answers.values()) == {(None, True)}
    assert outcome.exit_code == status == (0 if make is shape_and_edit else 3), outcome.output
    if make in (without_code, in_a_cell):
        assert set(got.checks.values()) == {None}
        assert ("solution.py" if make is without_code else f"of {NOTEBOOK}") in outcome.output
    else:
        assert got.points == 34


BOMBS = {
    "large": lambda: zipped({"dropout.ipynb": b" " * 150_000_000}),
    "many": lambda: zipped({f"{number}.txt": b"" for number in range(6000)}),
    "damaged": lambda: zipped({"dropout.ipynb": b"x"})[:-30],
    "nested": lambda: zipped({"a.zip": zipped({"b.zip": zipped({"c.zip": zipped({"x.py": b""})})})}),
    "outside": lambda: zipped({"../../dropout.ipynb": b"{}", "/etc/nndl/fc_net.py": b""}),
}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("kind", some_quick(BOMBS, "damaged", "outside"))
def test_no_archive_does_harm(kind, tmp_path):
    got = read(whole() | {"more.zip": BOMBS[kind]()}, tmp_path)
    assert got.text_of(ANSWER)
    assert {path.name for path in tmp_path.iterdir()} == {"submitted", "work"}
