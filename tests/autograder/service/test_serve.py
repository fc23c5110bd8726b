"""The commands, the supervisor, and what is kept of a person."""

from __future__ import annotations

import json
import os
import stat
import sys
import threading
import zipfile

import pytest
from click.testing import CliRunner
from filelock import FileLock

from autograder.cli.main import main
from autograder.nbgrader_plugin.course import Course
from autograder.service import identity, personal_data
from autograder.service.processes import serve
from autograder.service.processes.serve import Address
from autograder.service.processes.supervisor import Supervisor
from autograder.service.settings import Service
from autograder.sources import CourseError

from .conftest import MILESTONE, sent


@pytest.fixture
def cli(service, monkeypatch):
    monkeypatch.chdir(service.root)

    def call(*arguments, status=0):
        result = CliRunner().invoke(main, list(arguments))
        assert result.exit_code == status, result.output
        return result.output

    return call


def test_invitations(cli, service):
    person, _, link = cli("invite", "ada").strip().partition(",")
    assert (person, link.startswith("http://127.0.0.1:8017/invitation#")) == ("ada", True)
    token = link.partition("#")[2]
    assert identity.who(service.store, token).role == "student"
    assert cli("invite", "--all").startswith("ben,")  # ada has one
    assert "not in the roster: eve" in cli("invite", "eve", status=2)
    assert cli("invite", "tutor", "--role", "assistant").startswith("tutor,")
    links = service.root / "links.csv"
    old = os.umask(0)
    try:
        assert "1 links are in" in cli("invite", "ben", "--output", str(links))
    finally:
        os.umask(old)
    assert links.read_text().startswith("ben,http")
    assert stat.S_IMODE(links.stat().st_mode) == 0o600
    assert "is there already" in cli("invite", "ben", "--output", str(links), status=2)
    assert cli("invite", "ada", "--revoke") == "ada: 1 revoked\n"
    assert identity.who(service.store, token) is None
    assert "nobody to invite" in cli("invite", status=2)


def test_what_is_kept_can_be_had_and_erased(cli, client, token, service, tmp_path):
    id = sent(client, token("ada")).json()["id"]
    sent(client, token("ben"))
    path = tmp_path / "ada.zip"
    assert "1 hand-ins of ada" in cli("invite", "ada", "--export", str(path))
    with zipfile.ZipFile(path) as archive:
        assert json.loads(archive.read(f"{id}/hand-in.json"))["student"] == "ada"
        assert f"{id}/hand-in.zip" in archive.namelist()
        assert json.loads(archive.read("audit-log.json"))[0]["what"] == "handed in"
        assert b"ben" not in b"".join(archive.read(name) for name in archive.namelist())
    assert "1 hand-ins are erased" in cli("invite", "ada", "--erase")
    assert [one.student for one in service.store.hand_ins()] == ["ben"]
    assert len(list((service.folder / "hand-ins").iterdir())) == 1


def test_what_could_not_be_graded_is_listed_and_graded_again(cli, client, token, service):
    id = sent(client, token("ada")).json()["id"]
    service.store.claim(id, "w")
    service.store.note("ada", "not graded", f"{id}: the disk was full: /tmp")
    service.store.finish(id, "w", message="We could not grade this.")
    listed = cli("requeue")
    assert f"{id}  ada  {MILESTONE}" in listed
    assert "    the disk was full: /tmp" in listed
    assert "1 are in the queue again" in cli("requeue", "--all")
    assert service.store.hand_in(id).state == "queued"
    assert "0 could not be graded" in cli("requeue")
    assert "not in the list" in cli("requeue", id, status=1)


def test_a_backup_has_everything(cli, client, token, service, tmp_path):
    id = sent(client, token("ada")).json()["id"]
    cli("serve", "--backup", str(tmp_path / "copy"))
    assert "is there already" in cli("serve", "--backup", str(tmp_path / "copy"), status=2)
    personal_data.erase(service, "ada")
    service.settings.folder = "copy"
    restored = Service(Course.around(tmp_path))
    restored.settings.folder = "copy"
    one = restored.store.hand_in(id)
    assert (one.student, one.milestone) == ("ada", MILESTONE)
    assert (restored.folder_of("ada", one.digest) / "hand-in.zip").is_file()
    restored.store.close()


@pytest.mark.parametrize("arguments", [{"host": "0.0.0.0"}, {"certificate": "x"}])
def test_no_token_travels_in_the_open(arguments):
    with pytest.raises(CourseError, match="TLS"):
        Address(**arguments)


def test_no_link_is_made_without_tls(service):
    service.settings.url = "http://example.org"
    with pytest.raises(CourseError, match="https"):
        _ = service.base
    with pytest.raises(CourseError, match="no course"):
        Service(Course(None))


def test_what_ends_is_started_again(tmp_path):
    kept = Supervisor([[sys.executable, "-c", "import time; time.sleep(60)"]], tmp_path)
    kept.step()
    first = kept._running[0]
    first.kill()
    first.wait()
    kept.step()
    assert kept._running[0].pid != first.pid
    kept.end()
    assert kept._running[0].poll() is not None


def test_the_graders_begin_with_what_waits(service, client, token, monkeypatch):
    id = sent(client, token("ada")).json()["id"]
    done: list = []

    class Stands:
        def __init__(self, service, executor, local, places):
            self.look_after = lambda send, everything: [
                send(one) for one in service.store.hand_ins(state="queued")
            ]
            self.grade = done.append
            self.start = self.stop = lambda *_: None

    def consume(queue, workers):
        assert workers == 2  # one place, and one that takes long beside it
        while (task := queue.huey.dequeue()) is not None:
            queue.huey.execute(task)

    monkeypatch.setattr(serve, "Grader", Stands)
    monkeypatch.setattr(serve.Queue, "consume", consume)
    serve.grade(service, 1)
    assert set(done) == {id}
    serve.record_apart(service, threading.Event())  # nothing is graded, so nothing is started


def test_the_web_process_listens_where_it_is_told(service, monkeypatch):
    called = {}
    monkeypatch.setattr(serve.uvicorn, "run", lambda app, **options: called.update(options))
    serve.web(service, Address(port=1234))
    assert (called["host"], called["port"], called["access_log"]) == ("127.0.0.1", 1234, False)


def test_a_second_service_in_a_course_is_refused(cli, service, monkeypatch):
    monkeypatch.setattr("autograder.cli.service.serve.require_sandbox", lambda: None)
    with FileLock(service.folder / "serving.lock"):
        assert "is running in" in cli("serve", status=1)
