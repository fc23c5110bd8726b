"""The commands, the supervisor, and what is kept of a person."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
import stat
import sys
import threading
import time
import zipfile
from pathlib import Path

import pytest
import uvicorn
from click.testing import CliRunner
from filelock import FileLock
from nbgrader.api import Gradebook

from autograder.cli.main import main
from autograder.nbgrader_plugin.course import Course
from autograder.service import identity, personal_data
from autograder.service.grader import Grader
from autograder.service.processes import serve
from autograder.service.processes.serve import Address
from autograder.service.processes.sound import require_sound
from autograder.service.processes.supervisor import Supervisor
from autograder.service.queue import Queue
from autograder.service.settings import Service
from autograder.service.web.impatient import Impatient
from autograder.sources import CourseError

from .conftest import MILESTONE, sent
from .running.served import free_port


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
    links_of_all = cli("invite", "--all")
    assert "ben," in links_of_all
    assert "Left out, because they have a link already: ada." in links_of_all
    assert "everybody of the roster has a link" in cli("invite", "--all", status=2)
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
    assert "nothing is kept of nobody" in cli("invite", "nobody", "--erase", status=2)
    assert [one.student for one in service.store.hand_ins()] == ["ben"]
    assert len(list((service.folder / "hand-ins").iterdir())) == 1


def test_what_could_not_be_graded_is_listed_and_graded_again(cli, client, token, service):
    id = sent(client, token("ada")).json()["id"]
    service.store.claim(id, "w")
    service.store.audit.note("ada", "not graded", f"{id}: the disk was full: /tmp")
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
    with Gradebook(f"sqlite:///{tmp_path / 'copy' / 'gradebook.db'}") as gradebook:
        assert {student.id for student in gradebook.students} == {"ada", "ben"}


def test_a_backup_goes_on_where_hand_ins_are_refused_meanwhile(service, tmp_path, monkeypatch):
    _ = service.store
    for name in "abc":
        (service.folder / "hand-ins" / name).mkdir()
        (service.folder / "hand-ins" / name / "hand-in.zip").write_bytes(b"x")
    copied, tree = [], shutil.copytree

    def copy(source, target, **options):
        copied.append(Path(target))
        for other in Path(source).parent.parent.iterdir():
            if other != Path(source).parent:
                shutil.rmtree(other)
        return shutil.copy2(source, target, **options)

    monkeypatch.setattr(shutil, "copytree", lambda a, b, *more: tree(a, b, *(more or (False, None, copy))))
    personal_data.back_up(service, tmp_path / "copy")
    assert [path.is_file() for path in copied] == [True]


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


def test_who_connects_and_asks_nothing_is_sent_away(monkeypatch):
    async def app(scope, receive, send):
        if scope["type"] == "http":
            await asyncio.sleep(0.8)
            await send({"type": "http.response.start", "status": 204})
            await send({"type": "http.response.body"})

    monkeypatch.setattr(Impatient, "seconds", 0.2)
    server = uvicorn.Server(uvicorn.Config(app, port=(port := free_port()), http=Impatient, lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
        waiting, silent, slow = (socket.create_connection(("127.0.0.1", port), 5) for _ in range(3))
        with waiting, silent, slow:
            waiting.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            slow.sendall(b"GET / HTTP/1.1\r\nHost")
            assert [one.recv(100) for one in (silent, slow)] == [b"", b""]
            assert waiting.recv(100).startswith(b"HTTP/1.1 204")  # who waits for an answer may wait
            assert waiting.recv(100) == b""
    finally:
        server.should_exit = True
        thread.join()


def test_a_second_service_in_a_course_is_refused(cli, service, monkeypatch):
    monkeypatch.setattr("autograder.cli.service.serve.require_sandbox", lambda: None)
    with FileLock(service.folder / "serving.lock"):
        assert "is running in" in cli("serve", status=1)


def test_a_port_that_is_taken_is_said_at_once(cli):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert f"cannot listen on 127.0.0.1:{port}" in cli("serve", "--port", port, status=1)


@pytest.mark.parametrize("name", ["service/service.db", "gradebook.db"])
@pytest.mark.parametrize("damage", [lambda data: b"no database" * 999, lambda data: data[: len(data) // 2]])
def test_a_database_that_cannot_be_read_is_named(cli, service, name, damage):
    service.store.close()
    path = service.root / name
    path.write_bytes(damage(path.read_bytes()))
    said = cli("serve", "--port", str(free_port()), status=2)
    assert f"{path} cannot be read" in said
    assert "backup" in said


def test_a_lost_database_is_not_made_anew_beside_its_hand_ins(cli, client, token, service):
    sent(client, token("ada"))
    service.store.close()
    for path in service.folder.glob("service.db*"):
        path.unlink()
    assert "service.db is missing" in cli("serve", "--port", str(free_port()), status=2)


def test_a_broken_queue_is_made_anew_and_nothing_is_lost(client, token, service):
    id = sent(client, token("ada")).json()["id"]
    queue = service.folder / "queue.db"
    queue.write_bytes(b"no database" * 999)
    (said,) = require_sound(service)
    assert "made anew" in said
    assert require_sound(service) == []
    fresh = Queue(queue)
    Grader(service).look_after(fresh.send, everything=True)
    assert len(fresh) == 1
    assert service.store.hand_in(id).state == "queued"
