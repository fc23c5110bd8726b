"""A group's hand-in is graded once and counts for each member; nobody loses anything because somebody names them."""

from __future__ import annotations

import pytest
from nbgrader.api import Gradebook

from autograder.reports import report as reporting
from autograder.service import personal_data, record
from autograder.service.groups import counting_for, group_of
from autograder.service.policy import Policy
from autograder.service.store import HandIn
from autograder.sources import CourseError

from .conftest import MILESTONE, archive, sent

TABLE = "group,student,milestone\none,ada,\none,ben,\ntwo,eve,{milestone}\ntwo,ada,other\n"


@pytest.fixture
def table(service, gradebook_url):
    with Gradebook(gradebook_url) as gradebook:
        gradebook.add_student("eve")
    (service.root / "groups.csv").write_text(TABLE.format(milestone=MILESTONE))
    service.settings.groups = "groups.csv"


def grade(service, id, score):
    one = service.store.claim(id, "w")
    made = reporting.new_report(service.milestones[one.milestone], one.student, seed=1, reason="")
    service.report_of(one).parent.mkdir(exist_ok=True)
    reporting.write(service.report_of(one), made | {"verdict": "graded", "score": score})
    service.store.finish(id, "w", result={"score": score, "max_score": 9.0, "checks": [], "remarks": []},
                         score=score, max_score=9.0)  # fmt: skip


def answer(client, id, headers):
    return client.get(f"/api/v1/hand-ins/{id}", headers=headers)


def test_a_group_of_the_table_shares_hand_ins_and_attempts(client, service, token, table, monkeypatch):
    ada, ben, eve = token("ada"), token("ben"), token("eve")
    first = sent(client, ada)
    assert first.json()["receipt"]["group"] == ["ada", "ben"]
    again = sent(client, ben)  # the same files by another member are the same hand-in
    assert (again.status_code, again.json()["id"]) == (200, first.json()["id"])
    assert len(list((service.folder / "hand-ins").iterdir())) == 1
    me = client.get("/api/v1/me", headers=ben).json()["milestones"][MILESTONE]
    assert me["attempts_used"] == 1
    second = sent(client, ben, archive(a="x = 2"))
    assert second.json()["receipt"]["attempt"] == 2
    assert "group" not in sent(client, eve, archive(a="x = 3")).json()["receipt"]
    for id, score in ((first.json()["id"], 5.0), (second.json()["id"], 7.0)):
        grade(service, id, score)
    for headers in (ada, ben):
        assert answer(client, first.json()["id"], headers).json()["result"]["counted_score"] == 7.0
    assert answer(client, first.json()["id"], eve).status_code == 404
    listed = client.get(f"/api/v1/milestones/{MILESTONE}/hand-ins", headers=ada).json()["hand_ins"]
    assert [one["id"] for one in listed] == [first.json()["id"], second.json()["id"]]
    autograded: list = []

    def stands(service, student, milestone):
        autograded.append(student)
        return ""

    monkeypatch.setattr(record, "_autograde", stands)
    assert record.record(service) == []
    assert sorted(autograded) == ["ada", "ben"]
    for student in ("ada", "ben"):
        report = reporting.read(service.root / "reports" / student / f"{MILESTONE}.json")
        assert (report["student"], report["score"]) == (student, 7.0)
    marked = service.root / "submitted" / "ada" / MILESTONE / "handed_in_by.txt"
    assert marked.read_text() == "ben\n"
    assert record.record(service) == []


def test_a_group_is_recorded_when_each_member_is(client, service, token, table, monkeypatch):
    id = sent(client, token("ada")).json()["id"]
    grade(service, id, 5.0)
    monkeypatch.setattr(record, "_autograde", lambda _, student, __: "locked" if student == "ben" else "")
    assert len(record.record(service)) == 1
    assert not service.store.hand_in(id).recorded
    monkeypatch.setattr(record, "_autograde", lambda *_: "")
    assert record.record(service) == []
    assert service.store.hand_in(id).recorded


def test_a_name_in_a_file_gives_and_takes_nothing(client, service, token, monkeypatch):
    data = archive(a="x = 1")
    named = sent(client, token("ada"), with_group(data, "Ben Nobody\nben\nzoe\n"))
    assert named.json()["receipt"]["group"] == ["ada", "ben"]
    ben = token("ben")
    me = client.get("/api/v1/me", headers=ben).json()["milestones"][MILESTONE]
    assert me["attempts_used"] == 0
    own = sent(client, ben, archive(a="x = 5")).json()["id"]
    grade(service, named.json()["id"], 3.0)
    grade(service, own, 5.0)
    assert answer(client, own, ben).json()["result"]["counted_score"] == 5.0
    collected = service.root / "submitted" / "ben" / MILESTONE
    collected.mkdir(parents=True)
    (collected / "mine.txt").write_text("collected by nbgrader")
    personal_data.erase(service, "ben")
    monkeypatch.setattr(record, "_autograde", lambda *_: "")
    assert record.record(service) == []
    assert (collected / "mine.txt").is_file()


def with_group(data, text):
    import io
    import zipfile

    made = io.BytesIO(data)
    with zipfile.ZipFile(made, "a") as opened:
        opened.writestr(zipfile.ZipInfo("group.txt"), text)
    return made.getvalue()


def tried(student, score, *, members=(), agreed=False, late=False, received=0.0):
    return HandIn("i", student, "m", "d", 1, received, late, 1, None, 0, "done", score=score,
                  members=members, agreed=agreed)  # fmt: skip


@pytest.mark.parametrize(
    ("policy", "tries", "expected"),
    [
        ("last", [tried("ben", 5.0), tried("ada", 3.0, members=("ben",), received=1.0)], 5.0),
        ("last", [tried("ben", 5.0), tried("ada", 6.0, members=("ben",), received=1.0)], 6.0),
        ("last", [tried("ben", 5.0), tried("ada", 6.0, members=("ben",), late=True)], 5.0),
        ("last", [tried("ben", 5.0), tried("ada", 3.0, members=("ben",), agreed=True, received=1.0)], 3.0),
        ("best", [tried("ada", 3.0, members=("ben",))], 3.0),
    ],
)
def test_what_counts(policy, tries, expected):
    assert counting_for(Policy(counts=policy), "ben", tries).score == expected


def test_a_course_without_groups_and_one_with_a_table_that_is_not_there(service):
    service.settings.groups = ""
    assert group_of(service, "ada", MILESTONE).members == ()
    service.settings.groups = "no.csv"
    with pytest.raises(CourseError, match=r"no\.csv"):
        group_of(service, "ada", MILESTONE)
