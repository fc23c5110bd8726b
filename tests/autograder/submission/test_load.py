"""Hand-ins: what is taken, what is left out and said, notebooks repaired."""

from __future__ import annotations

import json
import os
import re
import socket
import stat
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nbconvert.filters.markdown import markdown2html

from autograder.submission.load import Submission, SubmissionError, load
from autograder.submission.notebook_outputs import inert_markdown, safe_outputs
from autograder.submission.notebook_repair import repair_notebook
from autograder.submission.safe_files import RefusedFile, list_entries, open_folder, read_file

ANSWER = "class TwoLayerNet:\n    pass\n"


@pytest.fixture
def alice(course):
    return course.submit("alice")


@pytest.fixture
def loaded(course, alice, tmp_path):
    def run() -> Submission:
        number = len(list(tmp_path.glob("work*")))
        return load(alice, course.release, tmp_path / f"work{number}")

    return run


def warning(submission: Submission, text: str) -> str:
    found = [w for w in submission.warnings if text in w]
    assert len(found) == 1, submission.warnings
    return found[0]


def test_an_untouched_submission_is_the_release(course, loaded):
    submission = loaded()
    released = course.release.files
    found = {p.relative_to(submission.root).as_posix() for p in submission.root.rglob("*") if p.is_file()}
    assert found == set(released)
    assert submission.student == "alice"
    assert submission.repairs == ()
    assert [f.path for f in submission.files] == ["two_layer_net.ipynb", "nndl/neural_net.py"]
    assert submission.warnings == ("best_net.npz was not read: it is missing; nothing is used instead",)


def test_editable_files_come_from_the_student_and_nothing_else_does(course, alice, loaded):
    (alice / "nndl" / "neural_net.py").write_text(ANSWER)
    (alice / "best_net.npz").write_bytes(b"PK not really")
    (alice / "nndl" / "linear.py").write_text("import os")
    (alice / "nndl" / "helper.py").write_text("x = 1")
    (alice / "numpy").mkdir()
    (alice / "numpy" / "__init__.py").write_text("x = 1")
    (alice / "sitecustomize.py").write_text("x = 1")
    (alice / "setup.py").unlink()
    submission = loaded()
    root = submission.root
    assert (root / "nndl" / "neural_net.py").read_text() == ANSWER
    assert (root / "best_net.npz").read_bytes() == b"PK not really"
    assert submission.artifacts == ("best_net.npz",)
    released = course.release.files
    assert (root / "nndl" / "linear.py").read_bytes() == released["nndl/linear.py"]
    assert (root / "setup.py").exists()
    assert not (root / "nndl" / "helper.py").exists()
    assert not (root / "numpy").exists()
    assert "nndl/linear.py" in warning(submission, "not yours to change")
    left_out = warning(submission, "left out")
    for name in ("nndl/helper.py", "numpy/__init__.py", "sitecustomize.py"):
        assert name in left_out
    assert "goes into nndl/neural_net.py" in left_out


def test_no_solution_of_a_later_milestone_is_in_the_tree(loaded):
    assert "reshape" not in (loaded().root / "nndl" / "layers.py").read_text()


def test_caches_and_course_files_are_ignored_in_silence(alice, loaded):
    before = loaded().warnings
    for name in (
        "__pycache__/a.pyc",
        ".ipynb_checkpoints/two_layer_net-checkpoint.ipynb",
        ".DS_Store",
        "timestamp.txt",
    ):
        path = alice / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("x")
    assert loaded().warnings == before


@pytest.mark.parametrize("content", [b"def f(:\n", b"\xff\xfe\x00\x01", b"x = 1\x00"])
def test_a_file_that_is_not_valid_python_is_kept_for_the_worker_to_report(alice, loaded, content):
    (alice / "nndl" / "neural_net.py").write_bytes(content)
    assert (loaded().root / "nndl" / "neural_net.py").read_bytes() == content


def test_a_missing_file_leaves_the_stub_and_says_so(alice, loaded):
    (alice / "nndl" / "neural_net.py").unlink()
    submission = loaded()
    assert "NotImplementedError" in (submission.root / "nndl" / "neural_net.py").read_text()
    assert "it is missing" in warning(submission, "nndl/neural_net.py was not read")


def test_links_are_not_followed(course, alice, loaded, tmp_path):
    secret = tmp_path / "gradebook.db"
    secret.write_text("everybody's grades")
    (alice / "nndl" / "neural_net.py").unlink()
    (alice / "nndl" / "neural_net.py").symlink_to(secret)
    (alice / "best_net.npz").symlink_to(secret)
    (alice / "elsewhere").symlink_to(tmp_path)
    submission = loaded()
    everything = b"".join(p.read_bytes() for p in submission.root.rglob("*") if p.is_file())
    assert b"everybody" not in everything
    assert "it is a link" in warning(submission, "nndl/neural_net.py was not read")
    assert "it is a link" in warning(submission, "best_net.npz")
    assert "elsewhere (link)" in warning(submission, "left out")
    assert not [p for p in submission.root.rglob("*") if p.is_symlink()]


def test_a_linked_folder_is_not_followed(alice, loaded, tmp_path):
    outside = tmp_path / "outside"
    (alice / "nndl").rename(outside)
    (outside / "neural_net.py").write_text(ANSWER)
    (alice / "nndl").symlink_to(outside)
    submission = loaded()
    assert ANSWER not in (submission.root / "nndl" / "neural_net.py").read_text()
    assert "link" in warning(submission, "nndl/neural_net.py was not read")


@pytest.mark.timeout(30)
def test_pipes_sockets_and_devices_neither_hang_nor_get_in(alice, loaded):
    path = alice / "nndl" / "neural_net.py"
    path.unlink()
    os.mkfifo(path)
    os.mkfifo(alice / "best_net.npz")
    os.mkfifo(alice / "pipe")
    server = socket.socket(socket.AF_UNIX)
    here = os.open(alice, os.O_RDONLY)
    try:
        server.bind(f"/proc/self/fd/{here}/socket")
        submission = loaded()
    finally:
        os.close(here)
        server.close()
    assert "not a regular file" in warning(submission, "nndl/neural_net.py was not read")
    assert "not a regular file" in warning(submission, "best_net.npz")
    left_out = warning(submission, "left out")
    assert "pipe (special)" in left_out
    assert "socket (special)" in left_out
    assert all(stat.S_ISREG(p.stat().st_mode) for p in submission.root.rglob("*") if not p.is_dir())


def test_a_sparse_giant_is_refused_without_being_read(alice, loaded):
    with open(alice / "best_net.npz", "wb") as file:
        file.truncate(1 << 40)
    with open(alice / "nndl" / "neural_net.py", "wb") as file:
        file.truncate(1 << 34)
    submission = loaded()
    assert "more than the 50000000" in warning(submission, "best_net.npz")
    assert "more than the 1000000" in warning(submission, "nndl/neural_net.py was not read")
    assert submission.artifacts == ()


def test_the_limit_is_on_what_arrives(tmp_path):
    (tmp_path / "file").write_bytes(b"12345")
    with open_folder(tmp_path) as folder:
        assert read_file(folder, "file", 5) == b"12345"
        with pytest.raises(RefusedFile):
            read_file(folder, "file", 4)
        with open_folder(Path("/proc")) as proc, pytest.raises(RefusedFile, match="more than the 3 bytes"):
            read_file(proc, "version", 3)  # a file whose size reads as 0


@pytest.mark.parametrize("name", ["../file", "a/../file", "/etc/passwd", "a//b", "", ".", "a\0b"])
def test_only_plain_relative_names_are_opened(tmp_path, name):
    with open_folder(tmp_path) as folder, pytest.raises(RefusedFile, match="plain relative path"):
        read_file(folder, name, 10)


def test_odd_names_are_shown_without_control_characters(alice, loaded):
    (alice / "red\x1b[31m\nname\u202e").write_text("x")
    with open(os.path.join(os.fsencode(alice), b"latin-\xe9"), "wb"):
        pass
    text = warning(loaded(), "left out")
    assert text.isprintable()
    assert "red?[31m?name?" in text
    text.encode("utf-8")


def test_a_folder_with_too_many_files_is_cut_short(alice, loaded):
    many = alice / "many"
    many.mkdir()
    for number in range(5100):
        (many / str(number)).touch()
    submission = loaded()
    warning(submission, "too many files")
    assert len("".join(submission.warnings)) < 2000


def test_files_in_one_subfolder_are_found(alice, loaded):
    inner = alice / "two_layer_net (1)"
    inner.mkdir()
    for path in list(alice.iterdir()):
        if path != inner:
            path.rename(inner / path.name)
    (inner / "nndl" / "neural_net.py").write_text(ANSWER)
    submission = loaded()
    assert (submission.root / "nndl" / "neural_net.py").read_text() == ANSWER
    warning(submission, "subfolder two_layer_net (1)/")


@pytest.mark.parametrize("kind", ["missing", "file", "link"])
def test_a_folder_that_cannot_be_read_is_an_error_and_not_a_grade(course, tmp_path, kind):
    folder = tmp_path / "bob" / "two_layer_net"
    folder.parent.mkdir()
    if kind == "file":
        folder.write_text("x")
    elif kind == "link":
        folder.symlink_to(course.submit("carol"))
    with pytest.raises(SubmissionError, match="cannot be read"):
        load(folder, course.release, tmp_path / "work")


def test_the_digest_is_of_the_files_that_were_taken(alice, loaded):
    first = loaded().digest
    (alice / "unrelated.txt").write_text("x")
    assert loaded().digest == first
    (alice / "nndl" / "neural_net.py").write_text(ANSWER)
    assert loaded().digest != first


# -------------------------------------------------------------------------------------------- the notebook


@pytest.fixture
def released(course) -> dict:
    return json.loads(course.release.files["two_layer_net.ipynb"])


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


def index(notebook: dict, cell_id: str) -> int:
    return next(i for i, cell in enumerate(notebook["cells"]) if cell["id"] == cell_id)


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


@pytest.mark.parametrize(
    "text",
    [
        "plain *text* with $a < b$ and x<5",
        "a<br>b <sub>2</sub> <b>bold</b> <details><summary>s</summary></details>",
        "[web](https://example.org/a?b=c) [here](#top) [file](notes.md) [empty]()",
        "![pasted](attachment:figure.png)",
        "[note]: see below",
        "$\\frac{1}{2}$",
    ],
)
def test_harmless_markdown_stays_as_it_is(text):
    assert inert_markdown(text, ("figure.png",)) == text


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<IMG\nSRC=x onerror=alert(1)",
        "<b onclick=alert(1)>x</b>",
        "<<b>img src=x onerror=alert(1)>",
        "<svg/onload=alert(1)>",
        "<!--[if IE]><script>alert(1)</script>",
        "[x](javascript:alert(1))",
        "[x](JaVaScript&colon;alert(1))",
        "[x](&#106;avascript:alert(1))",
        "[x](<javascript:alert(1)>)",
        "[x](\n javascript:alert(1))",
        "[x]: javascript:alert(1)\n\n[x]",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "<javascript:alert(1)>",
        "![x](attachment:missing.png)",
        "![x](javascript:alert(1))",
        "`<script>` and ```\n<script>alert(1)</script>\n```\n<script>alert(1)</script>",
    ],
)
def test_markdown_that_acts_is_disarmed_and_still_rendered(text):
    class Page(HTMLParser):
        def handle_starttag(self, tag, attrs):
            for name, value in attrs:
                assert not name.startswith("on")
                if name in ("href", "src"):
                    assert not re.match(r"\s*(javascript|data|vbscript):", value or "", re.IGNORECASE)
            assert tag in ("p", "a", "b", "code", "pre", "img", "em", "div", "span")

    Page().feed(markdown2html(inert_markdown(text)))


def test_outputs_keep_text_and_pictures_and_nothing_that_acts():
    outputs = [
        {
            "output_type": "display_data",
            "data": {"text/html": "<script>", "text/plain": "a table"},
            "metadata": {},
        },
        {"output_type": "display_data", "data": {"image/svg+xml": "<svg onload=x>"}, "metadata": {}},
        {"output_type": "display_data", "data": {"application/javascript": "x"}, "metadata": {}},
        {
            "output_type": "execute_result",
            "data": {"image/png": "iVBO\nRw=="},
            "execution_count": 1,
            "metadata": {},
        },
        {"output_type": "display_data", "data": {"image/png": '"><script>'}, "metadata": {}},
        {"output_type": "stream", "name": "other", "text": ["a", "b"]},
        {"output_type": "error", "ename": "E", "evalue": 3, "traceback": ["t", 4]},
        {"output_type": "update_display_data"},
        17,
    ]
    safe = safe_outputs(outputs)
    assert [o["output_type"] for o in safe] == ["display_data", "display_data", "stream", "error"]
    assert safe[0]["data"] == {"text/plain": "a table"}
    assert list(safe[1]["data"]) == ["image/png"]
    assert "script" not in json.dumps(safe)
    assert safe_outputs("no list") == []


def test_outputs_are_capped():
    long = {"output_type": "stream", "name": "stdout", "text": "x" * 10_000_000}
    safe = safe_outputs([long] * 5000)
    assert len(json.dumps(safe)) < 150_000
    assert "was cut" in safe[0]["text"]


def test_empty_folders_count_when_a_submission_is_listed(tmp_path):
    for index in range(6):
        (tmp_path / f"empty{index}").mkdir()
    with open_folder(tmp_path) as folder:
        assert list_entries(folder, most=6) == ([], True)
        assert list_entries(folder, most=5) == ([], False)
