"""The hand-in that counts lies where nbgrader looks, with its report; what was there from elsewhere is kept."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import threading
import time
import zipfile

import pytest

from autograder.reports import report as reporting
from autograder.service import record, uploads
from autograder.service.queue import Queue
from autograder.service.store import Admission
from autograder.service.uploads import NAME

from .conftest import MILESTONE, archive


@pytest.fixture
def graded(service):
    def make(text, score, received=0.0):
        data = archive(fc_net=text)
        digest = hashlib.sha256(data).hexdigest()
        service.folder_of("ada", digest).mkdir()
        (service.folder_of("ada", digest) / NAME).write_bytes(data)
        decide = lambda earlier: Admission(False, len(earlier) + 1, 10)  # noqa: E731
        one, _ = service.store.accept("ada", MILESTONE, digest, len(data), received, decide)
        service.store.claim(one.id, "w")
        if score is None:
            service.store.finish(one.id, "w", message="no")
            return one
        made = reporting.new_report(service.milestones[MILESTONE], "ada", seed=1, reason="")
        reporting.write(service.report_of(one), made | {"verdict": "graded", "score": max(score, 0.0)})
        if score < 0:  # there was nothing to judge in it
            service.store.finish(one.id, "w", message="nothing")
            return one
        service.store.finish(one.id, "w", result={"checks": []}, score=score, max_score=9.0)
        return one

    return make


@pytest.fixture
def autograded(monkeypatch):
    called: list = []

    def stands(service, student, milestone):
        called.append((student, milestone))
        return ""

    monkeypatch.setattr(record, "_autograde", stands)
    return called


def test_the_one_that_counts_is_landed_and_recorded(service, graded, autograded):
    submitted = service.root / "submitted" / "ada" / MILESTONE
    graded("x = 1", None)
    assert record.record(service) == []
    assert (submitted / "nndl" / "fc_net.py").read_text() == "x = 1"  # for a human to look at
    assert autograded == []
    graded("x = 2", 5.0, 3600.0)
    graded("x = 3", 4.0, 7200.0)
    assert record.record(service) == []
    assert (submitted / "nndl" / "fc_net.py").read_text() == "x = 2"  # the best
    assert (submitted / "timestamp.txt").read_text() == "1970-01-01 01:00:00.000000 UTC\n"
    assert reporting.read(service.root / "reports" / "ada" / f"{MILESTONE}.json")["score"] == 5.0
    assert autograded == [("ada", MILESTONE)]
    assert record.record(service) == []  # nothing is left to do
    assert len(autograded) == 1


def test_what_came_another_way_is_kept(service, graded, autograded):
    submitted = service.root / "submitted" / "ada" / MILESTONE
    submitted.mkdir(parents=True)
    (submitted / "mine.txt").write_text("collected by nbgrader")
    graded("x = 1", 1.0)
    assert record.record(service) == []
    kept = service.folder / "handed-in-elsewhere" / "ada" / f"{MILESTONE}-0" / "mine.txt"
    assert kept.read_text() == "collected by nbgrader"
    (note,) = service.store.audit.notes("ada", record.REPLACED)
    assert f"handed-in-elsewhere/ada/{MILESTONE}-0" in note["detail"]


def collected(service, text, at="1970-01-01 00:30:00 UTC"):
    submitted = service.root / "submitted" / "ada" / MILESTONE
    (submitted / "nndl").mkdir(parents=True)
    (submitted / "nndl" / "fc_net.py").write_text(text)
    if at:
        (submitted / "timestamp.txt").write_text(at)
    return submitted


@pytest.mark.parametrize(
    ("counts", "score", "at", "expected"),
    [
        ("best", 7.0, "1970-01-01 00:30:00 UTC", "collected"),
        ("best", 5.0, "1970-01-01 00:30:00 UTC", "sent"),
        ("last", 7.0, "1970-01-01 00:30:00 UTC", "sent"),
        ("last", 5.0, "1970-01-01 01:30:00 UTC", "collected"),
        ("last", 5.0, "", "collected"),  # by the time of its folder
        ("last_before_deadline", 5.0, "1970-01-01 01:30:00 UTC", "sent"),
        ("last_before_deadline", 5.0, "1970-01-01 01:05:00 UTC", "collected"),
    ],
)
def test_which_one_counts_is_one_rule_for_all_ways(
    service, graded, autograded, monkeypatch, counts, score, at, expected
):
    object.__setattr__(service.policies[MILESTONE], "counts", counts)
    monkeypatch.setattr(type(service.deadlines), "is_late", lambda _, __, ___, at: at > 3600.0 + 600.0)
    submitted = collected(service, "collected", at)
    graded("sent", 6.0, 3600.0)
    assert record.record(service) == []
    assert (submitted / "nndl" / "fc_net.py").read_text() == "sent"  # until the other one is graded
    (other,) = service.store.hand_ins(student="ada", state="queued")
    assert (other.attempt, len(Queue(service.queue))) == (0, 1)
    service.store.claim(other.id, "w")
    made = reporting.new_report(service.milestones[MILESTONE], "ada", seed=1, reason="")
    reporting.write(service.report_of(other), made | {"verdict": "graded", "score": score})
    service.store.finish(other.id, "w", result={"checks": []}, score=score, max_score=9.0)
    assert record.record(service) == []
    assert (submitted / "nndl" / "fc_net.py").read_text() == expected
    told = reporting.read(service.root / "reports" / "ada" / f"{MILESTONE}.json")["score"]
    assert told == (score if expected == "collected" else 6.0)
    if expected == "collected" and at:
        assert (submitted / "timestamp.txt").read_text().startswith(at[:19])


def test_a_time_that_is_still_to_come_is_now(service, graded, autograded):
    collected(service, "collected", "9998-01-01 00:00:00 UTC")
    graded("sent", 6.0, 3600.0)
    before = time.time()
    assert record.record(service) == []
    (other,) = service.store.hand_ins(student="ada", state="queued")
    assert before - 1 <= other.received <= time.time()


def test_the_same_files_from_elsewhere_are_taken_in_once(service, graded, autograded):
    submitted = collected(service, "collected")
    graded("sent", 6.0, 3600.0)
    assert record.record(service) == []
    shutil.rmtree(submitted)
    collected(service, "collected")
    graded("sent, too", 7.0, 7200.0)
    assert record.record(service) == []
    assert len(service.store.audit.notes("ada", record.REPLACED)) == 2
    assert len(service.store.audit.notes("ada", record.TAKEN_IN)) == 1


def test_more_than_an_upload_holds_is_kept_and_not_taken_in(service, graded, autograded):
    submitted = collected(service, "collected")
    for number in range(2001):
        (submitted / f"{number}.txt").write_text("")
    graded("sent", 6.0, 3600.0)
    assert record.record(service) == []
    assert service.store.hand_ins(state="queued") == []
    assert (service.folder / "handed-in-elsewhere" / "ada" / f"{MILESTONE}-0" / "2000.txt").exists()
    assert not list(service.folder.glob(".upload-*"))


def test_an_odd_file_is_left_out_alone(service, graded, autograded):
    submitted = collected(service, "collected")
    (submitted / "a\nlink.py").symlink_to("/etc/passwd")
    os.mkfifo(submitted / "pipe.py")
    (submitted / "old.zip").write_bytes(b"PK nothing")
    with open(submitted / "weights.npz", "wb") as file:
        file.truncate(30_000_001)
    open(os.fsencode(submitted) + b"/\xff.py", "wb").close()
    with zipfile.ZipFile(submitted / "more.zip", "w") as file:
        file.writestr("a.py", "y" * 1000)
        file.writestr("b.py", "right")
    damaged = bytearray((submitted / "more.zip").read_bytes())
    damaged[60] ^= 1
    (submitted / "more.zip").write_bytes(damaged)
    graded("sent", 6.0, 3600.0)
    assert record.record(service) == []
    (other,) = service.store.hand_ins(student="ada", state="queued")
    with zipfile.ZipFile(service.folder_of("ada", other.digest) / NAME) as file:
        assert file.namelist() == ["more.zip/b.py", "nndl/fc_net.py"]
    (note,) = service.store.audit.notes("ada", record.REPLACED)
    for said in (
        "a?link.py: it is a link",
        "pipe.py: it is not a regular file",
        "old.zip: it is not a zip archive",
        "weights.npz: it has 30000001 bytes",
        "?.py: its name is no Unicode",
        "more.zip/a.py: its archive is damaged",
    ):
        assert said in note["detail"]
    assert "\n" not in note["detail"]


def test_what_is_too_much_is_not_packed_to_its_end(tmp_path, monkeypatch):
    (tmp_path / "in").mkdir()
    monkeypatch.setattr(uploads, "LARGEST_TOGETHER", 2500)
    for number in range(9):
        (tmp_path / "in" / f"{number}.txt").write_text("x" * 1000)
    read = []
    look_into = uploads.look_into

    def watched(folder):
        upload = look_into(folder)
        for file in upload.files:

            def noted(most, of=file.read):
                read.append(most)
                return of(most)

            object.__setattr__(file, "read", noted)
        return upload

    monkeypatch.setattr(uploads, "look_into", watched)
    with pytest.raises(uploads.RefusedUpload, match="more than"):
        uploads.pack(tmp_path / "in", tmp_path)
    assert len(read) == 3
    assert not list(tmp_path.glob(".upload-*"))
    (tmp_path / "in" / "deeper" / ("d/" * 12)).mkdir(parents=True)
    monkeypatch.setattr(uploads, "LARGEST_TOGETHER", 25_000)
    *_, left_out = uploads.pack(tmp_path / "in", tmp_path)
    assert left_out == ["what is beyond so many names, or folders, as are looked at"]


def test_a_full_disk_leaves_nothing_behind(service, graded, autograded, monkeypatch):
    collected(service, "collected")
    graded("sent", 6.0, 3600.0)

    def full(*_):
        raise OSError("No space left on device")

    monkeypatch.setattr(uploads, "keep", full)
    assert "No space left" in record.record(service)[0]
    assert not list(service.folder.glob(".upload-*"))


def test_a_mark_is_believed_of_a_hand_in_of_that_student_only(service, graded, autograded):
    theirs, _ = service.store.accept("ben", MILESTONE, "b0", 1, 0.0, lambda _: Admission(False, 1, 10))
    for number, said in enumerate(("forged", theirs.id, "\0", [], "9" * 2000)):
        shutil.rmtree(service.root / "submitted", ignore_errors=True)
        submitted = collected(service, f"collected {number}")
        (submitted / ".from-the-service.json").write_text(json.dumps({"id": said}))
        graded(f"sent {number}", 5.0 + number, 3600.0 + number)
        assert record.record(service) == []
        assert (service.folder / "handed-in-elsewhere" / "ada" / f"{MILESTONE}-{number}").is_dir()
    assert len(service.store.audit.notes("ada", record.TAKEN_IN)) == 5


def test_what_could_not_be_recorded_is_tried_again(service, graded, monkeypatch):
    monkeypatch.setattr(record, "_autograde", lambda *_: "another run is working on this course")
    one = graded("x = 1", 1.0)
    assert "another run" in record.record(service)[0]
    assert not service.store.hand_in(one.id).recorded
    for _ in range(3):
        record.record(service)
    assert [note["what"] for note in service.store.audit.notes("operator")].count("not recorded") == 1
    service.report_of(one).unlink()
    assert "cannot be read" in record.record(service)[0]
    monkeypatch.setattr(record, "land", lambda *_: 1 / 0)
    (service.root / "submitted" / "ada" / MILESTONE / ".from-the-service.json").unlink()
    assert "ZeroDivisionError" in record.record(service)[0]


def test_an_extension_counts_for_what_came_before_it(service, graded, autograded, monkeypatch):
    submitted = service.root / "submitted" / "ada" / MILESTONE
    deadlines = {"ada": 1800.0}
    monkeypatch.setattr(
        type(service.deadlines), "of", lambda self, student, milestone: deadlines.get(student)
    )
    graded("x = 1", 2.0)
    graded("x = 2", 5.0, 3600.0)
    record.correct_lateness(service)
    assert [one.late for one in service.store.hand_ins(student="ada")] == [False, True]
    record.record(service)
    assert (submitted / "nndl" / "fc_net.py").read_text() == "x = 1"  # the one in time
    record.correct_lateness(service)
    record.record(service)
    assert len(autograded) == 1  # nothing has changed
    deadlines["ada"] = 7200.0
    record.correct_lateness(service)
    assert record.record(service) == []
    assert (submitted / "nndl" / "fc_net.py").read_text() == "x = 2"
    assert len(autograded) == 2


def test_what_changes_nothing_is_not_recorded_once_more(service, graded, autograded):
    graded("x = 1", 5.0)
    assert record.record(service) == []
    worse = graded("x = 2", 4.0, 3600.0)
    assert service.store.not_recorded() == service.store.not_recorded(milestone=MILESTONE) == 1
    assert record.record(service) == []
    assert len(autograded) == 1  # the first one still counts, and the gradebook has it
    assert service.store.hand_in(worse.id).recorded
    assert service.store.not_recorded() == 0


def test_the_program_goes_on_while_more_comes_and_ends_at_a_failure(service, graded, autograded, monkeypatch):
    monkeypatch.setattr(record, "_LOOK_EVERY", 0.01)
    graded("x = 1", 1.0)
    later: list = []

    def stands(service, student, milestone):
        autograded.append((student, milestone))
        if not later:
            later.append(graded("x = 2", 2.0, 3600.0))
        return ""

    monkeypatch.setattr(record, "_autograde", stands)
    assert record.record_until_idle(service, threading.Event(), linger=0.2) == []
    assert len(autograded) == 2
    assert service.store.not_recorded() == 0
    monkeypatch.setattr(record, "_autograde", lambda *_: "the gradebook is locked")
    graded("x = 3", 3.0, 7200.0)
    assert "locked" in record.record_until_idle(service, threading.Event(), linger=60)[0]


def test_who_waits_for_a_grader_goes_first_but_not_for_ever(service, graded, autograded, monkeypatch):
    monkeypatch.setattr(record, "_LOOK_EVERY", 0.01)
    graded("x = 1", 1.0)
    decide = lambda earlier: Admission(False, len(earlier) + 1, 10)  # noqa: E731
    service.store.accept("grace", MILESTONE, "00", 1, 1.0, decide)
    assert service.store.times.waiting() == 1
    monkeypatch.setattr(record, "_PATIENCE", 1e6)
    end = threading.Event()
    threading.Timer(0.2, end.set).start()
    assert record.record(service, end) == []
    assert autograded == []
    monkeypatch.setattr(record, "_PATIENCE", 0.0)
    assert record.record(service, threading.Event()) == []
    assert len(autograded) == 1


def test_notebooks_are_not_run_for_the_gradebook(service, monkeypatch):
    asked = []

    def autograde(api, milestone, student, force, create):
        asked.append((api.config.SandboxedExecute.enabled, api.config.RecordScores.reuse_reports, force))
        return {"success": True}

    monkeypatch.setattr("nbgrader.apps.api.NbGraderAPI.autograde", autograde)
    assert record._autograde(service, "ada", MILESTONE) == ""
    assert asked == [(False, True, False)]


def test_answers_beside_code_that_says_nothing_are_there_for_a_human(service, graded, autograded):
    submitted = service.root / "submitted" / "ada" / MILESTONE
    graded("x = ", -1.0)
    assert record.record(service) == []
    assert autograded == [("ada", MILESTONE)]  # no points, and the notebook with its answers
    graded("x = 1", 2.0, 3600.0)
    graded("y = ", -1.0, 7200.0)
    assert record.record(service) == []
    assert (submitted / "nndl" / "fc_net.py").read_text() == "x = 1"
    assert len(autograded) == 2
