"""`nndl.submit` against a small service that misbehaves: nothing is lost, and what went wrong is said."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import nndl
from nndl.__main__ import main
from nndl.hand_in.contents import digest
from nndl.hand_in.made_with import MADE_WITH
from nndl.service import access, colab, connection, display, replies, submitting
from nndl.service.problem import Problem
from nndl.service.replies import Result

from .fake_server import RESULT, TOKEN, FakeService, running


def notebook(answer: str = "because", outputs: list[Any] | None = None) -> bytes:
    cells = [
        {"cell_type": "code", "metadata": {}, "source": "1", "outputs": outputs or [], "execution_count": 1},
        {"cell_type": "markdown", "metadata": {"nbgrader": {"grade_id": "why"}}, "source": answer},
    ]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of an assignment in which everything is written."""
    for name, value in (
        ("FIRST_PAUSE", 0.01),
        ("LONGEST_PAUSE", 0.05),
        ("PATIENCE", 1.2),
        ("ANSWER_TIME", 0.4),
    ):
        monkeypatch.setattr(connection, name, value)
    monkeypatch.setattr(submitting, "WAIT", 0)
    monkeypatch.setattr(submitting, "LEAST_PAUSE", 0.01)
    monkeypatch.setattr(submitting, "asked", lambda base: access.asked(base, nobody))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("NNDL_TOKEN", TOKEN)
    monkeypatch.delenv("NNDL_SERVICE", raising=False)
    root = tmp_path / "small"
    (root / "net").mkdir(parents=True)
    (root / "small.ipynb").write_bytes(notebook())
    (root / "net" / "net.py").write_text("def f(x):\n    return 2 * x\n")
    assignment = {
        "milestone": "small",
        "title": "A small assignment",
        "package": "net",
        "version": "0123456789ab",
        "python": "3.11",
        "libraries": ["numpy"],
        "quiet_imports": [],
        "files": [
            {"name": n, "limit": 10**6, "released": digest(n, b"")} for n in ("small.ipynb", "net/net.py")
        ],
        "course_files": {},
        "cells": {"small.ipynb": [{"name": "why", "points": 3, "answer": True, "digest": "0"}]},
    }
    (root / "assignment.json").write_text(json.dumps(assignment))
    return root


def nobody(prompt: str) -> str:
    raise EOFError


@pytest.fixture
def service(folder, monkeypatch):
    with running(FakeService()) as fake:
        monkeypatch.setenv("NNDL_SERVICE", fake.base)
        yield fake


def test_from_the_folder_to_the_official_result(folder, service, capsys):
    assert submitting.send(folder)
    shown = capsys.readouterr().out
    for line in (
        "✓ net/net.py",
        "Queued as number 12, result in 40 seconds …",
        "Grading, check 5 of 9: affine_forward …",
        "Official score: 2.5 of 5; 3 counts",
        "wrong by a factor of two",
        "Hint: read part 2 again",
        "one remark",
        "attempt 3 of 10, received 2026-11-29T08:00:00Z",
    ):
        assert line in shown
    assert "\x1b" not in shown
    assert TOKEN not in shown
    receipt = json.loads((folder.parent / "small-receipt-3.json").read_text())
    assert (receipt["attempt"], receipt["state"], receipt["result"]["score"]) == (3, "done", 2.5)
    sent = folder.parent / "small-submitted.zip"
    assert service.bodies == [sent.read_bytes()]
    with zipfile.ZipFile(sent) as archive:
        assert set(archive.namelist()) == {"assignment.json", MADE_WITH, "small.ipynb", "net/net.py"}


def test_the_same_hand_in_counts_once_also_when_cells_were_run_again(folder, service, capsys):
    nndl.submit(str(folder))
    (folder / "small.ipynb").write_bytes(notebook(outputs=[{"output_type": "stream", "text": "1"}]))
    nndl.submit(str(folder))
    assert "it counts once" in capsys.readouterr().out
    assert len(service.hand_ins) == 1
    (folder / "small.ipynb").write_bytes(notebook("another answer"))
    nndl.submit(str(folder))
    assert len(service.hand_ins) == 2
    assert (folder.parent / "small-receipt-4.json").is_file()


@pytest.mark.parametrize(
    "faults",
    [
        ["drop", "drop"],
        [None, "drop"],
        [None, "late drop"],
        [None, None, "drop", 502],
        ["half", "nonsense"],
        ["drip"],
        [503, 500],
        [None, (429, {"Retry-After": "1"}, b'{"error": "busy"}')],
    ],
    ids=["connecting", "sending", "answer lost", "waiting", "broken answers", "slow", "down", "busy"],
)
def test_a_network_that_fails_for_a_while_changes_nothing(folder, service, capsys, faults):
    service.faults = list(faults)
    assert submitting.send(folder)
    assert "Trying again" in capsys.readouterr().out
    assert len(service.hand_ins) == 1


@pytest.mark.parametrize("fault", ["drop", 503, "half"])
def test_a_network_that_stays_away_says_what_to_do_and_the_same_command_goes_on(
    folder, service, capsys, fault
):
    service.faults = [None, *[fault] * 60]
    assert not submitting.send(folder)
    said = capsys.readouterr().out
    assert "Nothing is lost: run the same command again" in said
    assert (folder.parent / "small-submitted.zip").is_file()
    service.faults = []
    assert submitting.send(folder)
    assert len(service.hand_ins) == 1


def test_a_network_that_drops_after_sending_says_that_it_has_arrived(folder, service, capsys):
    service.faults = [None, None, *["drop"] * 60]
    assert not submitting.send(folder)
    assert "has arrived and will be graded" in capsys.readouterr().out
    assert json.loads((folder.parent / "small-receipt-3.json").read_text())["state"] == "queued"


REFUSALS: list[tuple[Any, str]] = [
    (
        (413, {}, b'{"error": "Your hand-in has 90 MB.", "what_to_do": "At most 50 MB."}'),
        "90 MB. At most 50 MB.",
    ),
    ((429, {"Retry-After": "7200"}, b'{"error": "No attempt is left."}'), "No attempt is left."),
    (
        (403, {}, b'{"error": "The deadline was on Monday.", "what_to_do": "Ask."}'),
        "The deadline was on Monday. Ask.",
    ),
    ((413, {}, b"<html>nginx</html>"), "too large"),
    ((415, {}, b"[]"), "for a zip file"),
    ((302, {"Location": "https://evil.example/"}, b""), "somewhere else"),
    ("huge", "far too large"),
    ((200, {}, b'{"id": "h1"}'), "no receipt"),
    ((202, {}, b'{"id": "h1", "receipt": {"digest": "00"}}'), "not what was sent"),
    ((202, {}, b'{"id": [], "receipt": {"digest": "00"}}'), "no id"),
]


@pytest.mark.parametrize(("fault", "words"), REFUSALS)
def test_a_refusal_is_told_and_not_repeated(folder, service, capsys, fault, words):
    service.faults = [None, fault]
    assert not submitting.send(folder)
    assert words in capsys.readouterr().out
    assert [method for method, _, _ in service.requests].count("POST") == 1


def test_what_could_not_be_graded_is_no_attempt(folder, service, capsys):
    service.states = [{"state": "not_graded", "message": "A disk was full."}]
    assert not submitting.send(folder)
    assert "does not count as an attempt. A disk was full." in capsys.readouterr().out
    service.states = [
        {"state": "not_graded", "message": "We could not grade this. It does not count as an attempt."}
    ]
    assert not submitting.send(folder)
    assert capsys.readouterr().out.count("could not grade this") == 1


@pytest.mark.parametrize(
    "state",
    [{"state": "lost"}, {"state": "done"}, {"state": "done", "result": {"score": "all", "max_score": 1}}],
)
def test_a_state_that_cannot_be_read_is_said(folder, service, capsys, state):
    service.states = [state]
    assert not submitting.send(folder)
    assert "can be read" in capsys.readouterr().out


def test_a_stranger_milestone_is_told_before_anything_is_sent(folder, service, capsys):
    service.milestones = {}
    assert not submitting.send(folder)
    assert "does not grade small" in capsys.readouterr().out
    assert not service.bodies


def test_missing_files_cost_no_attempt(folder, service, capsys):
    (folder / "net" / "net.py").unlink()
    assert main(["submit", str(folder)]) == 1
    assert "net/net.py" in capsys.readouterr().out
    assert not service.requests
    assert main(["submit", str(folder), "--incomplete"]) == 0


def test_the_link_is_asked_for_once_and_kept_for_its_owner_alone(folder, service, monkeypatch):
    monkeypatch.delenv("NNDL_TOKEN")
    asked: list[str] = []

    def answer(prompt: str) -> str:
        asked.append(prompt)
        return f"{service.base}/invitation#{TOKEN}"

    monkeypatch.setattr(submitting, "asked", lambda base: access.asked(base, answer))
    assert submitting.send(folder)
    assert submitting.send(folder)
    assert len(asked) == 1
    assert stat.S_IMODE(access.tokens_file().stat().st_mode) == 0o600
    assert json.loads(access.tokens_file().read_text()) == {service.base: TOKEN}


@pytest.mark.parametrize(
    ("named", "sign_in", "sent"),
    [(True, "jupyterhub", True), (False, "jupyterhub", False), (True, "", False)],
)
def test_the_hubs_token_goes_where_its_administrators_say_and_nowhere_else(
    folder, service, monkeypatch, named, sign_in, sent
):
    monkeypatch.delenv("NNDL_TOKEN")
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", TOKEN)
    monkeypatch.setenv("NNDL_SIGN_IN", sign_in)
    if not named:
        monkeypatch.delenv("NNDL_SERVICE")
        said = json.loads((folder / "assignment.json").read_text()) | {"service": service.base}
        (folder / "assignment.json").write_text(json.dumps(said))
    assert submitting.send(folder) is sent  # without it nobody can be asked for a link
    assert bool(service.requests) is sent


def test_a_file_that_names_a_group_goes_along(folder, service, capsys):
    (folder / "group.txt").write_text("ada\nben\n")
    assert submitting.send(folder)
    assert "group.txt: says who hands in together" in capsys.readouterr().out
    (path,) = folder.parent.glob("*-submitted.zip")
    with zipfile.ZipFile(path) as archive:
        assert archive.read("group.txt") == b"ada\nben\n"


def test_an_expired_token_is_asked_for_anew(folder, service, monkeypatch, capsys):
    monkeypatch.delenv("NNDL_TOKEN")
    access.asked(service.base, lambda _: "an-old-token-000")
    assert not submitting.send(folder)
    assert "This link has expired. Ask for a new one." in capsys.readouterr().out
    monkeypatch.setattr(submitting, "asked", lambda base: access.asked(base, lambda _: TOKEN))
    assert submitting.send(folder)


def test_a_wrong_token_from_the_environment_is_said(folder, service, monkeypatch, capsys):
    monkeypatch.setenv("NNDL_TOKEN", "somebody-elses")
    assert not submitting.send(folder)
    assert "This link has expired" in capsys.readouterr().out


@pytest.mark.parametrize(
    "base",
    [
        "http://grader.example",
        "http://127.0.0.1.evil.example",
        "ftp://localhost",
        "https://a@b",
        "x",
        "https://h/#t",
    ],
)
def test_a_token_is_sent_to_no_address_that_others_can_read(folder, monkeypatch, capsys, base):
    monkeypatch.setenv("NNDL_SERVICE", base)
    monkeypatch.setattr(connection.Connection, "get", lambda *_: pytest.fail("something was sent"))
    assert not submitting.send(folder)
    assert "ddress" in capsys.readouterr().out


def test_where_a_course_has_no_service_one_line_says_so(folder, capsys):
    assert not submitting.send(folder)
    assert capsys.readouterr().out == f"{submitting.NO_SERVICE}\n"


def test_a_service_that_moved_is_found_by_its_link(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("NNDL_TOKEN", raising=False)
    access.asked("https://old.example", lambda _: f"https://New.example:8443/course/invitation#{TOKEN}")
    assert access.stored("https://old.example") == access.Access("https://new.example:8443/course", TOKEN)
    assert access.stored("https://other.example") is None
    assert TOKEN not in repr(access.stored("https://old.example"))
    answers = ["", "https://h/invitation", "https://h/invitation#", "http://h/invitation#" + TOKEN]
    while answers:
        with pytest.raises(Problem):
            access.asked("https://old.example", lambda _: answers.pop())


def test_in_a_notebook_one_line_is_rewritten_and_the_table_is_escaped(folder, service, monkeypatch):
    shown: list[tuple[dict[str, str], dict[str, Any]]] = []

    def show(data: dict[str, str], **how: Any) -> None:
        shown.append((data, how))

    monkeypatch.setattr(display, "_notebook_display", lambda: show)
    assert submitting.send(folder)
    lines = [how for _, how in shown if "display_id" in how]
    assert {how["display_id"] for how in lines[-3:]} == {lines[-1]["display_id"]}
    assert lines[-1]["update"] is True
    table = shown[-1][0]["text/html"]
    assert "&lt;i&gt;halves" in table
    assert "<i>halves" not in table


def test_a_terminal_gets_one_line(monkeypatch, capsys):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    line = display.Line()
    for text in ("a longer text", "short", "short"):
        line.show(text)
    line.end()
    assert capsys.readouterr().out == "\ra longer text\rshort        \n"


def test_a_course_that_shows_the_score_alone():
    assert "Official score: 1 of 2" in display.as_text(Result(1, 2), "below")
    assert "<table" not in display.as_html(Result(1, 2), "below")


def test_in_colab_the_open_notebook_is_handed_in(folder, monkeypatch):
    assert colab.fetch_open_notebook(folder, json.loads((folder / "assignment.json").read_text())) == ""
    answers: list[Any] = [{"ipynb": json.loads(notebook("from colab"))}, {"ipynb": {"cells": []}}, None]
    message = SimpleNamespace(blocking_request=lambda *_, **__: answers.pop(0))
    monkeypatch.setitem(sys.modules, "google", SimpleNamespace())
    monkeypatch.setitem(sys.modules, "google.colab", SimpleNamespace())
    monkeypatch.setitem(sys.modules, "google.colab._message", message)
    assignment = json.loads((folder / "assignment.json").read_text())
    assert "as it is open in Colab" in colab.fetch_open_notebook(folder, assignment)
    assert "from colab" in (folder / "small.ipynb").read_text()
    for _ in range(2):
        assert "download it" in colab.fetch_open_notebook(folder, assignment)


def test_an_old_notebook_is_handed_in_as_it_was_saved(folder, service, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "ipykernel", SimpleNamespace())
    os.utime(folder / "small.ipynb", (0, 0))
    assert submitting.send(folder)
    assert "what you wrote since then is not in it" in capsys.readouterr().out


def test_stopping_loses_nothing(folder, service, monkeypatch, capsys):
    def stopped(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(submitting, "_awaited", stopped)
    assert not submitting.send(folder)
    assert "it goes on" in capsys.readouterr().out


def test_the_command_needs_nothing_but_the_standard_library(folder, service):
    environment = {**os.environ, "PYTHONPATH": str(Path(nndl.__file__).parents[1])}
    code = (
        "import sys; import nndl; from nndl.service import connection; nndl.submit(sys.argv[1]);"
        "assert not {'numpy', 'autograder', 'matplotlib'} & sys.modules.keys()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder)], env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert f"Official score: {RESULT['score']} of 5" in done.stdout


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("def f(x):\n    return 2 x\n", "net/net.py, line 2: this is not valid Python (invalid syntax)"),
        ("<<<<<<< HEAD\nx = 1\n=======\nx = 2\n>>>>>>> b\n", "net/net.py, line 1: this is not valid Python"),
        ("def f(x):\nreturn x\n", "net/net.py, line 2: this is not valid Python (expected an indented block"),
        ("type X = int\n", "net/net.py, line 1: "),
    ],
)
def test_what_python_cannot_read_is_not_sent_unless_that_is_wanted(folder, service, capsys, code, said):
    (folder / "net" / "net.py").write_text(code)
    assert not submitting.send(folder)
    shown = capsys.readouterr().out
    assert f"Nothing was sent, because Python cannot read this: {said}" in shown
    assert "--anyway" in shown
    assert not submitting.send(folder, incomplete=True)
    assert service.bodies == []
    assert submitting.send(folder, anyway=True)
    assert len(service.bodies) == 1


def test_what_the_grader_converts_is_sent(folder, service):
    text = "# größer\ndef f(x):\n    return 2 * x\n"
    for number, encoding in enumerate(("utf-8-sig", "utf-16", "utf-16-le", "latin-1"), 1):
        (folder / "net" / "net.py").write_bytes(text.encode(encoding))
        assert submitting.send(folder), encoding
        assert len(service.bodies) == number


def test_an_untouched_release_is_not_sent_unless_that_is_wanted(folder, service, capsys):
    assignment = json.loads((folder / "assignment.json").read_text())
    for entry in assignment["files"]:
        entry["released"] = digest(entry["name"], (folder / entry["name"]).read_bytes())
    (folder / "assignment.json").write_text(json.dumps(assignment))
    (folder / "small.ipynb").write_bytes(notebook(outputs=[{"output_type": "stream", "text": "1"}]))
    assert not submitting.send(folder)
    assert "as they were released" in capsys.readouterr().out
    assert service.bodies == []
    assert main(["submit", str(folder), "--anyway"]) == 0
    (folder / "small.ipynb").write_bytes(notebook("an answer"))
    assert submitting.send(folder)
    assert len(service.bodies) == 2


@pytest.mark.parametrize(
    ("seconds", "between", "words"),
    [
        (40.0, None, "in 40 seconds"),
        (40.0, (35.0, 45.0), "in 40 seconds"),
        (2.0, (0.4, 9.0), "in 1 to 9 seconds"),
        (100.0, (60.0, 240.0), "in 60 seconds to 4 minutes"),
        (0.6, (0.4, 0.9), "in a few seconds"),
        (0.6, (0.4, 5.5), "in 1 to 6 seconds"),
        (2.0, None, "in a few seconds"),
    ],
)
def test_when_a_result_comes_is_told_as_a_range_where_nobody_can_know_better(seconds, between, words):
    content = {
        "id": "x" * 32, "state": "queued", "position": 3, "estimate_seconds": seconds,
        "estimate_between": between and list(between), "receipt": {"digest": "sha256=0"},
    }  # fmt: skip
    assert submitting.said(replies.state(content, "0")) == f"Queued as number 3, result {words} …"


@pytest.mark.parametrize("between", [[1.0], [1.0, "2"], "12", [float("nan"), 1.0]])
def test_a_range_that_cannot_be_read_is_none(between):
    content = {
        "id": "x" * 32,
        "state": "queued",
        "receipt": {"digest": "sha256=0"},
        "estimate_between": between,
    }
    assert replies.state(content, "0").between is None
