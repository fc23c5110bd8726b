"""Extensions, late days, comments for many and group hand-ins."""

from __future__ import annotations

import datetime
import zipfile
from types import SimpleNamespace

import pytest
from click.testing import CliRunner
from nbgrader.api import Gradebook

from autograder.cli.main import main
from autograder.gradebook import extensions
from autograder.gradebook.comments import add_comment
from autograder.gradebook.extensions import Extension, ExtensionError
from autograder.gradebook.scores import people, results
from autograder.lms import groups, table
from autograder.nbgrader_plugin.late_penalty import LateDays, WholePenalties

from ..lms import big_class
from ..lms.big_class import DUE

MILESTONE = "two_layer_net"
DAY = 86400.0


@pytest.fixture
def url(tmp_path):
    return big_class.make(tmp_path / "gradebook.db", size=20)


def result(url, student):
    with Gradebook(url) as gradebook:
        (found,) = results(gradebook, [MILESTONE], [student])
    return found


# extensions


def test_an_extension_moves_the_due_date_of_one_student(url, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert result(url, "s017").seconds_late == 30 * 3600
    arguments = ["extend", MILESTONE, "s017", "s003", "--days", "2", "--reason", "ill, =1+1"]
    outcome = CliRunner().invoke(main, [*arguments, "--db", url])
    assert outcome.exit_code == 0, outcome.output
    assert result(url, "s017").seconds_late == 0
    assert result(url, "s017").due == DUE + datetime.timedelta(days=2)
    found = extensions.read_extensions(tmp_path / "extensions.csv")
    assert found == [Extension(s, MILESTONE, 2.0, "ill, =1+1") for s in ("s017", "s003")]
    outcome = CliRunner().invoke(main, ["extend", MILESTONE, "s017", "--days", "0", "--db", url])
    assert "taken back" in outcome.output
    outcome = CliRunner().invoke(main, ["extend", MILESTONE, "s003", "--days", "1", "--db", url])
    assert f"s003: 1 day more for {MILESTONE}" in outcome.output
    assert result(url, "s017").seconds_late == 30 * 3600
    assert len(extensions.read_extensions(tmp_path / "extensions.csv")) == 1
    assert (
        CliRunner().invoke(main, ["extend", MILESTONE, "nobody", "--days", "1", "--db", url]).exit_code == 2
    )


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_table_that_a_spreadsheet_has_saved_is_read(tmp_path, encoding):
    text = (
        'sep=;\r\nstudent;assignment;days;reason\r\ns001; dropout;1,5;"ill; ü"\r\n;;;\r\ns002;dropout;2\r\n'
    )
    (tmp_path / "extensions.csv").write_bytes(text.encode(encoding))
    found = extensions.read_extensions(tmp_path / "extensions.csv")
    assert found == [Extension("s001", "dropout", 1.5, "ill; ü"), Extension("s002", "dropout", 2.0)]


def test_open_extensions_are_found(url):
    given = [Extension("s001", MILESTONE, 3), Extension("s002", "dropout", 1), Extension("s003", "other", 1)]
    with Gradebook(url) as gradebook:
        found = extensions.still_open(gradebook, given, DUE + datetime.timedelta(days=2))
    assert [one.student for one, _ in found] == ["s001", "s003"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("student,days\na,1\n", "no column assignment"),
        ("student,assignment,days\na,b,soon\n", "line 2: 'soon'"),
    ],
)
def test_a_table_that_cannot_be_read_is_said(tmp_path, text, why):
    (tmp_path / "extensions.csv").write_text(text)
    with pytest.raises(ExtensionError, match=why):
        extensions.read_extensions(tmp_path / "extensions.csv")


# late days


@pytest.mark.parametrize(
    ("days", "lost"),
    [([0], 0.0), ([2], 0.0), ([5], 0.2), ([3, 1], 0.1), ([1, 1, 1, 2], 0.2), ([9], 1.0), ([3, 0], 0.0)],
)
def test_free_days_are_spent_in_order(days, lost):
    policy = LateDays(free_days=3, share_a_day=0.1, most_days=7)
    assert policy.share_lost(days) == pytest.approx(lost)


def test_free_days_for_one_assignment_may_be_fewer():
    policy = LateDays(free_days=4, free_days_each=1, share_a_day=0.25)
    assert policy.share_lost([3]) == 0.5
    assert policy.share_lost([3, 2]) == 0.25


@pytest.mark.parametrize(("seconds", "days"), [(0, 0), (60, 0), (601, 1), (DAY, 1), (DAY + 601, 2)])
def test_days_are_begun_days_after_the_grace(seconds, days):
    assert LateDays(grace_minutes=10).days(seconds) == days


def test_the_penalty_knows_what_was_late_before(url):
    with Gradebook(url) as gradebook:
        parent = SimpleNamespace(assignment_id=MILESTONE, gradebook=gradebook)
        policy = LateDays(free_days=2, share_a_day=0.1)
        policy.parent = None
        object.__setattr__(policy, "_trait_values", policy._trait_values | {"parent": parent})
        # s017 was two days late with dropout, which is due at the same time and comes first
        assert policy.late_submission_penalty("s017", 10.0, 30 * 3600.0) == 2.0
        assert policy.late_submission_penalty("s000", 10.0, 30 * 3600.0) is None


# comments


def test_one_comment_goes_to_many_and_keeps_what_was_said(url):
    arguments = ["comment", MILESTONE, "why", "See lecture 4.", "--student", "s001", "--student", "s002"]
    for _ in range(2):
        outcome = CliRunner().invoke(main, [*arguments, "--db", url])
        assert outcome.exit_code == 0, outcome.output
    cells = {cell.name: cell for cell in result(url, "s001").cells}
    assert cells["why"].comment == "Seen, 1.\nSee lecture 4."
    with Gradebook(url) as gradebook:
        assert add_comment(gradebook, MILESTONE, ["s001", "s019"], "gradients", "Look at W1.") == ["s019"]
        with pytest.raises(LookupError, match="no cell 'x'"):
            add_comment(gradebook, MILESTONE, ["s001"], "x", "y")
    assert {cell.name: cell.comment for cell in result(url, "s001").cells}["gradients"] == "Look at W1."
    outcome = CliRunner().invoke(main, [*arguments[:4], "--student", "s019", "--db", url])
    assert outcome.exit_code == 3
    assert (
        CliRunner().invoke(main, ["comment", MILESTONE, "x", "y", "--student", "s1", "--db", url]).exit_code
        == 2
    )


# groups


def hand_in(submitted, student, text, stamp="2026-11-01 10:00:00 UTC", members=""):
    folder = submitted / student / MILESTONE
    folder.mkdir(parents=True)
    (folder / "nndl").mkdir()
    (folder / "nndl" / "layers.py").write_text(text)
    (folder / "timestamp.txt").write_text(stamp)
    if members:
        (folder / "group.txt").write_text(members)
    return folder


def test_a_group_is_handed_in_once_and_counts_for_each(url, tmp_path):
    submitted = tmp_path / "submitted"
    hand_in(submitted, "s001", "first", members="- S002@uni.example\n* s003, Ana María\nnobody at all\n")
    hand_in(submitted, "s002", "later", stamp="2026-11-02 10:00:00 UTC")
    hand_in(submitted, "s008", "alone")
    outcome = CliRunner().invoke(main, ["groups", MILESTONE, "--submitted", str(submitted), "--db", url])
    assert outcome.exit_code == 0, outcome.output
    assert "s002's hand-in counts for s001, s003" in outcome.output
    assert "s001: group.txt names 'nobody at all', nobody of the roster" in outcome.output
    assert "s001: s002's later hand-in counts" in outcome.output
    for student in ("s001", "s002", "s003"):
        assert (submitted / student / MILESTONE / "nndl" / "layers.py").read_text() == "later"
    assert groups.leader_of(submitted / "s003" / MILESTONE) == "s002"
    assert groups.leader_of(submitted / "s002" / MILESTONE) is None
    (kept,) = (tmp_path / "submitted_before" / "s001").iterdir()
    assert (kept / "nndl" / "layers.py").read_text() == "first"
    assert (submitted / "s008" / MILESTONE / "nndl" / "layers.py").read_text() == "alone"


def test_groups_of_a_table_and_links_in_hand_ins(url, tmp_path):
    submitted = tmp_path / "submitted"
    folder = hand_in(submitted, "s001", "x")
    (folder / "secret").symlink_to("/etc/passwd")
    with Gradebook(url) as gradebook:
        roster = people(gradebook)
    given = groups.groups_of(table.parse(b"group,student\nG1,s001\nG1,s004\nG2,nobody\n"), roster)
    assert given == {"G1": ["s001", "s004"]}
    for _ in range(2):
        done = groups.share(submitted, MILESTONE, roster, given)
        assert done.groups == {"s001": ["s004"]}
    copy = submitted / "s004" / MILESTONE
    assert sorted(p.name for p in copy.rglob("*") if p.is_file()) == [
        "handed_in_by.txt",
        "layers.py",
        "timestamp.txt",
    ]
    with pytest.raises(table.TableError, match="columns group and student"):
        groups.groups_of(table.parse(b"a,b\n1,2\n"), roster)


GROUP_FILES = {
    "Notepad": ("group.txt", "\ufeffs002\r\ns003\r\n".encode()),
    "PowerShell": ("group.txt", "s002\r\ns003\r\n".encode("utf-16")),
    "Latin letters": ("group.txt", "s002\nAna María Müller-003\n".encode("cp1252")),
    "a download of it": ("Group (1).txt", b"s002\ns003\n"),
    "two suffixes": ("group.txt.txt", b"s002\ns003\n"),
    "a folder": ("two_layer_net/group.txt", b"s002\ns003\n"),
}


@pytest.mark.parametrize("packed", [False, True], ids=["loose", "packed"])
@pytest.mark.parametrize("form", GROUP_FILES)
def test_who_is_in_a_group_is_read_in_every_form(url, tmp_path, form, packed):
    name, data = GROUP_FILES[form]
    submitted = tmp_path / "submitted"
    folder = hand_in(submitted, "s001", "x")
    if packed:
        with zipfile.ZipFile(folder / "hand-in.zip", "w") as archive:
            archive.writestr(name, data)
    else:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(data)
    with Gradebook(url) as gradebook:
        done = groups.share(submitted, MILESTONE, people(gradebook))
    assert done.groups == {"s001": ["s002", "s003"]}
    assert done.notes == []


def test_groups_as_canvas_and_moodle_export_them_and_who_is_nobody(url):
    with Gradebook(url) as gradebook:
        roster = people(gradebook)
    canvas = (
        "name,canvas_user_id,user_id,login_id,sections,group_name,canvas_group_id,group_id\n"
        '"Müller-001, Łukasz",90007,U1,s001,L1,Team 1,5,\nx,90028,U4,other,L1,Team 1,5,\n'
        'Nobody,1,U9,s999,L1,Team 1,5,\n"Müller-005, O\'Brien",90035,U5,s005,L1,,,\n'
    )
    given, notes = groups.read_groups(table.parse(canvas.encode()), roster)
    assert given == {"Team 1": ["s001", "s004"]}
    assert notes == ["row 4 (Nobody): nobody in the roster, or not one alone; left out"]
    moodle = "Vorname;Nachname;ID-Nummer;E-Mail-Adresse;Gruppen\nA;B;;s001@uni.example;G 1\nC;D;s004;;G 1\n"
    assert groups.read_groups(table.parse(moodle.encode()), roster) == ({"G 1": ["s001", "s004"]}, [])


@pytest.mark.parametrize(("penalty", "kept"), [(1.25, 1.25), (99.0, 10.0), (-3.0, 0.0)])
def test_a_penalty_is_recorded_whole_for_points_that_a_human_gives_later(penalty, kept):
    notebook = SimpleNamespace(score=0.0, max_score=10.0)
    assert WholePenalties()._check_late_penalty(notebook, penalty) == kept


def test_a_penalty_may_take_extra_credit_too():
    notebook = SimpleNamespace(score=11.5, max_score=10.0)
    assert WholePenalties()._check_late_penalty(notebook, 11.5) == 11.5
