"""Bulk downloads on their way to ``submitted/<student>/<milestone>/``."""

from __future__ import annotations

import datetime
import os
import stat
import zipfile

import pytest
from click.testing import CliRunner

from autograder.cli.main import main
from autograder.gradebook.scores import Person
from autograder.grading.run import find_jobs
from autograder.lms import table, unpack
from autograder.lms.bulk_download import DownloadError
from autograder.lms.upload_names import read_name
from autograder.lms.worksheet import gradescope_participants, participants
from autograder.sources import Sources

from . import big_class, downloads
from .big_class import DUE, SIZE

MILESTONE = "two_layer_net"


@pytest.fixture(scope="module")
def people(found):
    return list(dict.fromkeys(result.student for result in found))


def files(folder):
    return {str(p.relative_to(folder)): p.read_text() for p in sorted(folder.rglob("*")) if p.is_file()}


def placed(submitted, number):
    return files(submitted / f"s{number:03d}" / MILESTONE)


# Canvas


def test_canvas_archive_of_a_class(people, tmp_path):
    downloads.canvas(tmp_path / "submissions.zip")
    submitted = tmp_path / "submitted"
    done = unpack.unpack([tmp_path / "submissions.zip"], people, MILESTONE, submitted, due=DUE)
    assert len(done.placed) == SIZE * 19 // 20
    assert [line.split(":")[:2] for line in done.unmatched] == [["Canvas", " studenttest_99"]]
    for number in range(SIZE):
        if number % 20 == 19:
            assert not (submitted / f"s{number:03d}").exists()
            continue
        mine = placed(submitted, number) if number % 7 else None
        stamp = (submitted / f"s{number:03d}" / MILESTONE / "timestamp.txt").read_text()
        assert stamp == ("2026-11-02 12:00:01 UTC" if number % 20 == 17 else "2026-11-02 12:00:00 UTC") or (
            number % 20 != 17 and stamp < "2026-11-02 12:00:00 UTC"
        )
        if mine is None:
            assert (submitted / f"s{number:03d}" / MILESTONE / "work.zip").is_file()
        else:
            assert mine["layers.py"] == downloads.code(number, 2)
            assert set(mine) == {"layers.py", "two_layer_net.ipynb", "timestamp.txt"}
    assert sum("marked as late" in note for note in done.notes) == SIZE // 20
    assert "s005: layers.py was handed in again; layers-1.py counts" in done.notes
    jobs = find_jobs(submitted, tmp_path / "reports", Sources().milestone(MILESTONE))
    assert len(jobs) == SIZE * 19 // 20
    again = unpack.unpack([tmp_path / "submissions.zip"], people, MILESTONE, submitted, due=DUE)
    assert len(again.unchanged) == SIZE * 19 // 20
    assert not again.placed


def test_what_was_there_before_is_kept(people, tmp_path):
    submitted = tmp_path / "submitted"
    for attempt in (1, 2):
        with zipfile.ZipFile(tmp_path / "d.zip", "w") as archive:
            archive.writestr("x_90007_5_layers.py", downloads.code(1, attempt))
        done = unpack.unpack([tmp_path / "d.zip"], people, MILESTONE, submitted)
        assert list(done.placed) == ["s001"]
    assert placed(submitted, 1)["layers.py"] == downloads.code(1, 2)
    (kept,) = (tmp_path / "submitted_before" / "s001").iterdir()
    assert files(kept)["layers.py"] == downloads.code(1, 1)
    assert any(f"what was there before is kept in {kept}" in note for note in done.notes)


# Moodle


@pytest.mark.parametrize("unpacked", [False, True])
def test_moodles_archive_of_a_class(people, tmp_path, unpacked):
    downloads.moodle(tmp_path / "hw1.zip")
    source = tmp_path / "hw1.zip"
    if unpacked:  # as a browser does it
        zipfile.ZipFile(source).extractall(tmp_path / "hw1")
        source = tmp_path / "hw1"
    known = participants(table.parse(big_class.moodle_worksheet().encode()))
    submitted = tmp_path / "submitted"
    done = unpack.unpack([source], people, MILESTONE, submitted, due=DUE, participants=known)
    assert len(done.placed) == SIZE * 19 // 20
    assert [line.partition(": nobody")[0] for line in done.unmatched] == ["Moodle: Guest Teacher_9999"]
    mine = placed(submitted, 8)
    local = datetime.datetime(2026, 11, 2, 10).astimezone(datetime.UTC)
    assert mine == {
        "nndl/layers.py": downloads.code(8),
        "two_layer_net.ipynb": "{}",
        "timestamp.txt": f"{local:%Y-%m-%d %H:%M:%S} UTC",
    }
    assert "onlinetext.html" in placed(submitted, 9)


def test_names_find_students_without_a_worksheet_unless_two_share_one(people, tmp_path):
    downloads.moodle(tmp_path / "hw1.zip", size=20)
    twin = Person("twin", people[3].first_name, people[3].last_name)
    roster = [person for person in people if person.id < "s020"]
    done = unpack.unpack([tmp_path / "hw1.zip"], [*roster, twin], MILESTONE, tmp_path / "submitted")
    assert len(done.placed) == 18
    assert any("Müller-003" in line.encode().decode() or "4003" in line for line in done.unmatched)


# other forms


@pytest.mark.parametrize(
    ("name", "system", "ids", "file"),
    [
        ("müllerzoë_90012_771234_layers.py", "Canvas", "90012", "layers.py"),
        ("o_brien2_LATE_7_8_a_1_2_b.py", "Canvas", "7", "a_1_2_b.py"),
        ("LATE_7_8_a.py", "Canvas", "7", "a.py"),
        ("müllerzoë_LATE_90012_text.html", "Canvas", "90012", "text.html"),
        ("Zoë Müller_12_assignsubmission_file_/nndl/a.py", "Moodle", "12", "nndl/a.py"),
        ("Zoë_M_12_assignsubmission_file_a.py", "Moodle", "12", "a.py"),
        ("Team 7_3_assignsubmission_file/a.py", "Moodle", "3", "a.py"),
        ("hw 1_zmue_attempt_2026-11-02-09-30-00_a_b.py", "Blackboard", "zmue", "a_b.py"),
        ("hw 1_zmue_attempt_2026-11-02-09-30-00.txt", "Blackboard", "zmue", ""),
        ("12-34 - Zoë Müller - Nov 2, 2026 930 AM/a.py", "Brightspace", "34", "a.py"),
        ("zmue/nndl/a.py", "folders", "zmue", "nndl/a.py"),
        ("zmue.zip", "folders", "zmue", "zmue.zip"),
        ("notes.txt", None, None, None),
    ],
)
def test_names_are_read(name, system, ids, file):
    read = read_name(name)
    if system is None:
        assert read is None
        return
    assert (read.system, read.file) == (system, file)
    assert ids in (read.lms_id, read.participant, *read.ids)
    assert bool(read.late) == ("LATE" in name)


def test_moodle_puts_a_groups_name_before_a_students(people, tmp_path):
    whole = f"{people[4].first_name} {people[4].last_name}"
    with zipfile.ZipFile(tmp_path / "d.zip", "w") as archive:
        archive.writestr(f"Lab-Group 2-{whole}_77_assignsubmission_file_/a.py", "x = 1\n")
        archive.writestr("Lab-Group 2_78_assignsubmission_file_/a.py", "x = 1\n")
    done = unpack.unpack([tmp_path / "d.zip"], people, MILESTONE, tmp_path / "submitted")
    assert list(done.placed) == [people[4].id]
    assert len(done.unmatched) == 1


def test_files_whose_own_names_end_in_numbers_are_all_kept(people, tmp_path):
    with zipfile.ZipFile(tmp_path / "d.zip", "w") as archive:
        for number in (1, 2, 3):
            archive.writestr(f"x_90028_{number}_part-{number}.py", f"{number}\n")
    unpack.unpack([tmp_path / "d.zip"], people, MILESTONE, tmp_path / "submitted")
    files = placed(tmp_path / "submitted", 4)
    assert {files[name] for name in files if name.endswith(".py")} == {"1\n", "2\n", "3\n"}


def test_the_last_of_several_attempts_counts(people, tmp_path):
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        for attempt, hour in ((1, "08"), (2, "21")):
            prefix = f"hw1_s004_attempt_2026-11-02-{hour}-30-00"
            archive.writestr(f"{prefix}_layers.py", downloads.code(4, attempt))
            archive.writestr(f"{prefix}.txt", "Name: ...")
    done = unpack.unpack([tmp_path / "b.zip"], people, MILESTONE, tmp_path / "submitted")
    assert placed(tmp_path / "submitted", 4)["layers.py"] == downloads.code(4, 2)
    assert done.notes == ["s004: 2 attempts; the one of 2026-11-02 21:30:00 counts"]


@pytest.mark.parametrize("around", ["", "hw1/"])
@pytest.mark.parametrize("folder", ["s004", "hw1-s004", "Jürgen Müller-004"])
def test_a_folder_a_student(people, tmp_path, around, folder):
    with zipfile.ZipFile(tmp_path / "f.zip", "w") as archive:
        archive.writestr(f"{around}{folder}/nndl/layers.py", "x = 1\n")
        archive.writestr(f"{around}{folder}/a.ipynb", "{}")
    done = unpack.unpack([tmp_path / "f.zip"], people, MILESTONE, tmp_path / "submitted")
    assert done.unmatched == []
    assert {"nndl/layers.py", "a.ipynb"} <= set(placed(tmp_path / "submitted", 4))


def test_gradescopes_export_of_a_class(people, tmp_path):
    downloads.gradescope(tmp_path / "export.zip")
    submitted = tmp_path / "submitted"
    done = unpack.unpack([tmp_path / "export.zip"], people, MILESTONE, submitted, due=DUE)
    assert len(done.placed) == SIZE * 19 // 20
    assert done.unmatched == []
    assert placed(submitted, 8) == {
        "nndl/layers.py": downloads.code(8),
        "timestamp.txt": "2026-11-02 09:30:00 UTC",
    }
    assert placed(submitted, 18)["group.txt"] == "s019@uni.example\n"
    assert any("s018: handed in with s019@uni.example" in note for note in done.notes)
    ruby = (
        "---\nsubmission_5:\n  :submitters:\n  - :name: A B\n    :sid: '1'\n    :email: s008@uni.example\n"
        "  :created_at: !ruby/object:ActiveSupport::TimeWithZone\n    utc: &1 2026-11-02 09:30:00.5 Z\n"
        "    zone: !ruby/object:ActiveSupport::TimeZone\n      name: Europe/Berlin\n    time: *1\n"
    )
    (known,) = gradescope_participants(ruby).values()
    assert (known.ids[1], known.handed_in.hour) == ("s008@uni.example", 9)
    with zipfile.ZipFile(tmp_path / "bad.zip", "w") as archive:
        archive.writestr("x/submission_metadata.yml", "- [")
    with pytest.raises(DownloadError, match=r"metadata\.yml cannot be read"):
        unpack.unpack([tmp_path / "bad.zip"], people, MILESTONE, submitted)


def test_github_classrooms_repositories_of_a_class(people, tmp_path):
    roster = downloads.classroom(tmp_path / "two-layer-net-submissions")
    known = participants(table.parse(roster.encode()))
    source, submitted = tmp_path / "two-layer-net-submissions", tmp_path / "submitted"
    done = unpack.unpack([source], people, MILESTONE, submitted, participants=known)
    assert done.unmatched == []
    assert len(done.placed) == SIZE * 19 // 20
    assert placed(submitted, 7)["nndl/layers.py"] == downloads.code(7)


def test_github_classrooms_grades_say_when_somebody_handed_in(people, tmp_path):
    grades = (
        '"assignment_name","assignment_url","starter_code_url","github_username","roster_identifier",'
        '"student_repository_name","student_repository_url","submission_timestamp","points_awarded",'
        '"points_available"\n'
        '"net","u","u","Lukasz1","s001@uni.example","net-Lukasz1","u","2026-11-02 09:30:00 UTC","0","100"\n'
        '"net","u","u","ana-maria","","net-ana-maria","u","","",""\n'
    )
    for login in ("Lukasz1", "ana-maria"):
        folder = tmp_path / "net-submissions" / f"net-{login}"
        folder.mkdir(parents=True)
        (folder / "layers.py").write_text(login)
        (folder / ".git").mkdir()
        (folder / ".git" / "config").write_text("of Git")
    known = participants(table.parse(grades.encode()))
    submitted = tmp_path / "submitted"
    done = unpack.unpack([tmp_path / "net-submissions"], people, MILESTONE, submitted, participants=known)
    assert list(done.placed) == ["s001"]
    files = placed(submitted, 1)
    assert files["timestamp.txt"] == "2026-11-02 09:30:00 UTC"
    assert sorted(files) == ["layers.py", "timestamp.txt"]
    assert "net-ana-maria" in done.unmatched[0]


# files that mean harm


def test_nothing_leaves_the_folder_and_limits_hold(people, tmp_path, monkeypatch):
    monkeypatch.setattr(unpack, "_LARGEST", 1000)
    names = [
        "../../../../evil.py",
        "/etc/evil.py",
        "a\\..\\..\\evil.py",
        "a/./b//c.py",
        "bad\nname.py",
        "timestamp.txt",
        unpack.FROM_THE_SERVICE,
        "l" * 400 + ".py",
        "a",
        "a/b.py",
    ]
    with zipfile.ZipFile(tmp_path / "d.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for number, name in enumerate(names):
            archive.writestr(f"x_{90000 + 7}_{number}_{name}" if "/" not in name else f"s001/{name}", "x")
        archive.writestr("s001/big.py", bytes(100_000))
        link = zipfile.ZipInfo("s001/link.py")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    done = unpack.unpack([tmp_path / "d.zip"], people, MILESTONE, tmp_path / "in" / "submitted")
    everything = {str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*") if not p.is_dir()}
    assert all(p == "d.zip" or p.startswith(f"in/submitted/s001/{MILESTONE}/") for p in everything), (
        everything
    )
    folder = tmp_path / "in" / "submitted" / "s001" / MILESTONE
    assert not any(p.is_symlink() for p in folder.rglob("*"))
    assert not (folder / "big.py").exists()
    assert any("big.py was left out: it has more than the 1000 bytes" in note for note in done.notes)
    assert any("link.py: a link; left out" in note for note in done.notes)
    assert (folder / "timestamp.txt").read_text() != "x"
    assert not (folder / unpack.FROM_THE_SERVICE).exists()
    assert all("\n" not in p.name for p in folder.rglob("*"))


def test_a_folder_with_links_and_what_is_no_archive(people, tmp_path):
    source = tmp_path / "unpacked"
    (source / "s001").mkdir(parents=True)
    (source / "s001" / "layers.py").write_text("x")
    (source / "s001" / "passwd").symlink_to("/etc/passwd")
    os.mkfifo(source / "s001" / "pipe")
    done = unpack.unpack([source], people, MILESTONE, tmp_path / "submitted")
    assert set(placed(tmp_path / "submitted", 1)) == {"layers.py"}
    assert len(done.notes) == 2
    (tmp_path / "no.zip").write_bytes(b"PK\x03\x04 no archive")
    with pytest.raises(DownloadError, match="neither a folder nor a zip archive"):
        unpack.unpack([tmp_path / "no.zip"], people, MILESTONE, tmp_path / "submitted")


@pytest.mark.parametrize("student", ["..", "a/b", "", "x" * 300])
def test_ids_that_are_no_folder_names(student, tmp_path):
    assert not unpack.is_folder_name(student)


# the command


def test_the_command_says_what_is_nobodys_and_ends_with_3(gradebook_url, tmp_path):
    downloads.canvas(tmp_path / "submissions.zip", size=20)

    def call(download):
        arguments = ["unpack", MILESTONE, str(download), "--submitted", str(tmp_path / "in")]
        return CliRunner().invoke(main, [*arguments, "--db", gradebook_url])

    outcome = call(tmp_path / "submissions.zip")
    assert outcome.exit_code == 3, outcome.output
    assert "not matched: Canvas: studenttest_99" in outcome.output
    assert "19 hand-ins are in" in outcome.output
    assert "381 students of the roster handed nothing in" in outcome.output
    (tmp_path / "no.zip").write_bytes(b"no")
    assert call(tmp_path / "no.zip").exit_code == 2
