"""The web application: what is taken, what is refused, and that nobody sees what is somebody else's."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import shutil
import threading
import time
import zipfile
from types import SimpleNamespace

import anyio
import pytest
from nbgrader.api import Gradebook
from sqlalchemy import update

from autograder.service import uploads
from autograder.service.identity import Person
from autograder.service.live.overview import overview
from autograder.service.store import Admission
from autograder.service.store.tables import hand_ins
from autograder.service.uploads import RefusedUpload

from .conftest import MILESTONE, archive, sent


def test_a_hand_in_is_taken_once(client, token, service, door):
    ada = token("ada")
    first = sent(client, ada)
    assert first.status_code == 202
    receipt = first.json()["receipt"]
    assert receipt["digest"] == f"sha256={hashlib.sha256(archive()).hexdigest()}"
    assert (receipt["attempt"], receipt["attempts_allowed"], receipt["late"]) == (1, 3, False)
    again = sent(client, ada)
    assert (again.status_code, again.json()) == (200, first.json())
    state = client.get(f"/api/v1/hand-ins/{first.json()['id']}", headers=ada).json()
    assert (state["state"], state["position"], state["result"]) == ("queued", 1, None)
    listed = client.get(f"/api/v1/milestones/{MILESTONE}/hand-ins", headers=ada).json()["hand_ins"]
    assert [one["id"] for one in listed] == [first.json()["id"]]
    assert client.get("/api/v1/me", headers=ada).json()["milestones"][MILESTONE]["attempts_used"] == 1
    assert service.store.audit.notes("ada")[0]["what"] == "handed in"
    assert len(door.queue) >= 1


def test_attempts_run_out_with_the_time_of_the_next(client, token, service):
    ada = token("ada")
    for n in range(3):
        assert sent(client, ada, archive(a=f"x = {n}")).status_code == 202
    refused = sent(client, ada, archive(a="x = 3"))
    assert refused.status_code == 429
    assert 7000 < int(refused.headers["retry-after"]) <= 7201
    assert "all attempts are used" in refused.json()["error"]
    assert refused.json()["what_to_do"]
    assert len(service.store.hand_ins()) == len(list((service.folder / "hand-ins").iterdir())) == 3


def test_nobody_sees_what_is_somebody_elses(client, token):
    id = sent(client, token("ada")).json()["id"]
    assert client.get(f"/api/v1/hand-ins/{id}", headers=token("ben")).status_code == 404
    assert client.get(f"/api/v1/hand-ins/{id}", headers=token("tutor", "assistant")).status_code == 200
    assert client.get(f"/api/v1/hand-ins/{id}").status_code == 401
    assert client.get(f"/api/v1/hand-ins/{id}", headers={"Authorization": "Bearer x"}).status_code == 401


@pytest.mark.parametrize(
    ("data", "headers", "status"),
    [
        (b"no archive", {}, 422),
        (archive(), {"X-Digest": "sha256=00"}, 422),
        (archive(), {"Content-Type": "text/plain"}, 415),
        (b"PK\x01\x02" * 3000, {}, 413),
        (b"", {}, 422),
    ],
)
def test_what_is_no_hand_in_is_refused_in_words(client, token, service, data, headers, status):
    refused = sent(client, token("ada"), data, **headers)
    assert refused.status_code == status
    assert set(refused.json()) == {"error", "what_to_do"}
    assert service.store.hand_ins() == []
    assert [path.name for path in service.folder.iterdir() if path.name.startswith(".upload")] == []


def test_too_large_before_and_while_it_comes(client, token, service):
    service.settings.most_bytes = 1000
    ada = token("ada")
    assert sent(client, ada, b"x" * 2000).status_code == 413

    async def read():
        async def pieces():
            for _ in range(10):
                yield b"x" * 500

        await uploads.receive(pieces(), service.folder, most=1000, seconds=5)

    with pytest.raises(RefusedUpload, match="more than"):
        anyio.run(read)


def test_without_a_length(client, token):
    def pieces():
        yield b"x"

    headers = token("ada") | {"Content-Type": "application/zip"}
    answer = client.post(f"/api/v1/milestones/{MILESTONE}/hand-ins", content=pieces(), headers=headers)
    assert answer.status_code == 411


def test_a_slow_upload_ends_and_leaves_nothing(service):
    async def read():
        async def pieces():
            yield b"x"
            await anyio.sleep(10)

        await uploads.receive(pieces(), service.folder, most=1000, seconds=0.05)

    with pytest.raises(RefusedUpload, match="longer than"):
        anyio.run(read)
    assert [path.name for path in service.folder.iterdir() if path.name.startswith(".upload")] == []


def test_what_killed_processes_left_is_swept_and_nothing_under_way(service):
    folder, now = service.folder, time.time()
    ages = {".upload-left": 3700, ".upload-now": 5, ".upload-slow": 3500, "queue.db": 9999, "uploaded": 9999}
    for name, age in ages.items():
        (folder / name).write_bytes(b"x")
        os.utime(folder / name, (now - age, now - age))
    assert uploads.sweep(folder, seconds=4000.0) == 0  # they may take that long
    assert uploads.sweep(folder, seconds=120.0) == 1
    assert {name for name in ages if (folder / name).exists()} == ages.keys() - {".upload-left"}

    async def upload():
        async def bytes_of_it():
            for _ in range(2):
                assert uploads.sweep(folder, seconds=120.0) == 0
                yield b"PK"

        return await uploads.receive(bytes_of_it(), folder, most=100, seconds=60)

    path, _, size = anyio.run(upload)
    assert path.name.startswith(".upload-")
    assert size == path.stat().st_size


def test_one_upload_at_a_time_for_each_person_and_so_many_in_all(client, token, service, door):
    ada, ben = token("ada"), token("ben")
    with door.uploading(next(iter([type("P", (), {"id": "ada"})()])), 100):
        assert sent(client, ada).status_code == 429
        assert sent(client, ben).status_code == 202
        service.settings.uploads_at_once = 1
        full = sent(client, ben, archive(a="y"))
        assert full.status_code == 503
        assert full.headers["retry-after"]
    assert sent(client, ada).status_code == 202


def test_a_disk_that_is_almost_full_takes_no_more(client, token, service, monkeypatch):
    ada = token("ada")
    assert client.get("/healthz").json()["ok"]
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=80_000_000))
    full = sent(client, ada)
    assert (full.status_code, full.headers["Retry-After"]) == (503, "61")
    assert "no room" in full.json()["error"]
    assert client.get("/healthz").status_code == 503
    assert client.get("/api/v1/me", headers=ada).status_code == 200  # results are still told
    monkeypatch.undo()
    assert sent(client, ada).status_code == 202


def test_nobody_fills_the_disk_alone(client, token, service):
    ada, ben = token("ada"), token("ben")
    first = sent(client, ada)
    assert first.status_code == 202
    service.settings.most_bytes_of_one = len(archive()) + 10
    refused = sent(client, ada, archive(a="x = 2\n"))
    assert refused.status_code == 413
    assert "together" in refused.json()["error"]
    assert sent(client, ben).status_code == 202


def test_a_zip_bomb_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(uploads, "LARGEST_TOGETHER", 2_000_000)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
        for n in range(3):
            file.writestr(f"{n}.py", bytes(700_000))
    path = tmp_path / "bomb.zip"
    path.write_bytes(made.getvalue())
    with pytest.raises(RefusedUpload, match="unpacks to 3 MB, and at most 2 MB are read"):
        uploads.refuse_unreadable(path)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("nndl/net.npz", bytes(30_000_001))
    with pytest.raises(RefusedUpload, match=r"net\.npz.* unpacks to 31 MB, and at most 30 MB of a file"):
        uploads.refuse_unreadable(path)


def test_names_of_ours_are_left_out(tmp_path):
    (tmp_path / "in").mkdir()
    with zipfile.ZipFile(tmp_path / "in" / uploads.NAME, "w") as file:
        for name in ("mine.txt/x", "nndl/mine.txt"):
            file.writestr(name, "x")
    left_out = uploads.unpack(tmp_path / "in", tmp_path / "out", ("mine.txt",))
    assert [path.name for path in (tmp_path / "out").rglob("*") if path.is_file()] == ["mine.txt"]
    assert not (tmp_path / "out" / "mine.txt").exists()
    assert "file of the service" in left_out[0]


def test_nothing_is_unpacked_outside(tmp_path):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as file:
        for name in ("../../out.py", "/etc/out.py", "nndl/fine.py", "C:\\out.py"):
            file.writestr(name, "x")
        link = zipfile.ZipInfo("link.py")
        link.create_system, link.external_attr = 3, 0o120777 << 16
        file.writestr(link, "/etc/passwd")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / uploads.NAME).write_bytes(made.getvalue())
    left_out = uploads.unpack(tmp_path / "in", tmp_path / "a" / "out")
    found = [path.relative_to(tmp_path / "a").as_posix() for path in (tmp_path / "a").rglob("*.py")]
    assert "out/nndl/fine.py" in found
    assert all(name.startswith("out/") for name in found)
    assert any("link.py" in line for line in left_out)
    assert any("../out.py" in line for line in left_out)
    assert not list(tmp_path.rglob("out.py")) or all(
        (tmp_path / "a" / "out") in path.parents for path in tmp_path.rglob("out.py")
    )


def test_a_flood_of_requests_waits(client, token, service, door):
    door.rates.__init__(requests="3/minute", uploads="1/minute", strangers="2/minute")
    ada = token("ada")
    codes = [client.get("/api/v1/me", headers=ada).status_code for _ in range(4)]
    assert codes == [200, 200, 200, 429]
    assert [client.get("/api/v1/me").status_code for _ in range(3)] == [401, 401, 429]
    assert client.get("/api/v1/me", headers=token("ben")).status_code == 200  # nobody else has to


def test_after_the_deadline(client, token, service, gradebook_url):
    with Gradebook(gradebook_url) as gradebook:
        gradebook.update_or_create_assignment(MILESTONE, duedate="2020-01-01 00:00:00 UTC")
    assert sent(client, token("ada")).json()["receipt"]["late"] is True
    object.__setattr__(service.policies[MILESTONE], "accept_late", False)
    refused = sent(client, token("ben"))
    assert refused.status_code == 403
    assert "2020-01-01T00:00:00Z" in refused.json()["error"]


def test_staff_hand_in_nothing_and_unknown_milestones_are_named(client, token):
    assert sent(client, token("tutor", "instructor")).status_code == 403
    unknown = sent(client, token("ada"), milestone="nothing")
    assert unknown.status_code == 404
    assert MILESTONE in unknown.json()["what_to_do"]
    assert client.get("/nowhere").json()["what_to_do"]
    assert client.get("/api/v1/hand-ins/x?wait=soon", headers=token("ada")).status_code == 422


def test_a_milestone_that_was_not_generated_takes_nothing_and_is_not_listed(
    client, token, service, gradebook_url
):
    (service.root / "assignments" / "fc_net").mkdir()
    ada = token("ada")
    assert client.get("/api/v1/me", headers=ada).json()["milestones"].keys() == {MILESTONE}
    refused = sent(client, ada, milestone="fc_net")
    assert refused.status_code == 404
    assert "not released" in refused.json()["error"]
    assert "nbgrader generate_assignment fc_net" in refused.json()["what_to_do"]
    with Gradebook(gradebook_url) as gradebook:
        gradebook.add_assignment("fc_net")  # as formgrader does before anything is generated
    service.deadlines.keep = 0.0
    assert sent(client, ada, milestone="fc_net").status_code == 404
    with Gradebook(gradebook_url) as gradebook:
        gradebook.add_notebook("fc_net", "fc_net")
    assert sent(client, ada, milestone="fc_net").status_code == 202
    assert "fc_net" in client.get("/api/v1/me", headers=ada).json()["milestones"]


def test_points_that_somebody_changed_are_told_beside_the_official_score(
    client, token, service, gradebook_url
):
    ada = token("ada")
    id = sent(client, ada).json()["id"]
    checks = [
        {"name": name, "title": name.title(), "points": 1.0, "max_points": 2.0, "passed": False}
        | {"message": "wrong", "hint": None, "again": False, "bugs": []}
        for name in ("loss", "gradient")
    ]
    service.store.claim(id, "w")
    result = {"score": 2.0, "max_score": 4.0, "checks": checks, "remarks": []}
    service.store.finish(id, "w", result=result, score=2.0, max_score=4.0)

    def told():
        return client.get(f"/api/v1/hand-ins/{id}", headers=ada).json()["result"]

    with Gradebook(gradebook_url) as gradebook:
        for name in ("loss", "gradient", "question"):
            gradebook.add_grade_cell(name, MILESTONE, MILESTONE, max_score=2, cell_type="code")
        gradebook.add_grade_cell("extra", MILESTONE, MILESTONE, max_score=0, cell_type="code")
        gradebook.add_submission(MILESTONE, "ada")
        for name, auto, manual in (("loss", 1.0, 1.5), ("gradient", 1.0, None), ("question", None, 2.0)):
            row = gradebook.find_grade(name, MILESTONE, MILESTONE, "ada")
            row.auto_score, row.manual_score = auto, manual
        gradebook.db.commit()
    assert (told()["not_in_gradebook"], told()["counted_score"]) == (
        1,
        2.0,
    )  # it says something of an earlier one
    service.store.set_recorded([id])
    assert (told()["not_in_gradebook"], told()["score"], told()["counted_score"]) == (0, 2.0, 2.5)
    assert told()["remarks"] == [
        "Somebody of the course has changed points by hand (Loss: 1.5 in place of 1). In the gradebook 2.5 count."
    ]
    object.__setattr__(service.policies[MILESTONE], "shows", "score")
    assert "Loss" not in told()["remarks"][0]
    with Gradebook(gradebook_url) as gradebook:
        gradebook.find_grade("loss", MILESTONE, MILESTONE, "ada").manual_score = None
        gradebook.find_grade("gradient", MILESTONE, MILESTONE, "ada").extra_credit = 0.5
        gradebook.find_submission_notebook(MILESTONE, MILESTONE, "ada").late_submission_penalty = 1.0
        gradebook.db.commit()
    assert told()["counted_score"] == 2.5
    assert "1 points are taken away" in told()["remarks"][1]
    (row,) = (row for row in overview(service, MILESTONE).handed_in if row["student"] == "ada")
    assert (row["score"], row["by_hand"]) == (2.0, 2.5)

    def set_extra(points):
        with Gradebook(gradebook_url) as gradebook:
            gradebook.find_grade("gradient", MILESTONE, MILESTONE, "ada").extra_credit = None
            row = gradebook.find_grade("extra", MILESTONE, MILESTONE, "ada")
            row.auto_score, row.extra_credit = 0.0, points
            gradebook.db.commit()

    # a check that counts nothing, whose extra credit is the grader's own
    checks.append(checks[0] | {"name": "extra", "title": "Extra credit: a third", "points": 1.0})
    result |= {"score": 3.0, "checks": checks}
    with service.store.database.writing() as connection:
        connection.execute(update(hand_ins).values(result=json.dumps(result), score=3.0))
    set_extra(1.0)
    assert told()["counted_score"] == 3.0
    assert not any("by hand" in line for line in told()["remarks"])
    set_extra(1.5)
    assert told()["counted_score"] == 3.5
    object.__setattr__(service.policies[MILESTONE], "shows", "hints")
    assert "(Extra credit: a third: 1.5 in place of 1). In the gradebook 3.5 count." in told()["remarks"][0]


def test_every_answer_has_the_headers_and_the_invitation_has_no_token(client):
    for answer in (client.get("/invitation"), client.get("/nowhere"), client.get("/healthz")):
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert "nndl.submit()" in client.get("/invitation").text
    assert client.get("/healthz").json()["ok"]


def test_a_mistake_of_ours_is_no_traceback(client, token, service, monkeypatch):
    monkeypatch.setattr(type(service.store), "hand_in", lambda *_: 1 / 0)
    answer = client.get("/api/v1/hand-ins/x", headers=token("ada"))
    assert answer.status_code == 500
    assert set(answer.json()) == {"error", "what_to_do"}


def test_what_is_shown_once_it_is_graded(client, token, service):
    ada = token("ada")
    id = sent(client, ada).json()["id"]
    tag = client.get(f"/api/v1/hand-ins/{id}", headers=ada).json()["tag"]
    service.store.claim(id, "w")
    service.progress_of(id).parent.mkdir()
    service.progress_of(id).write_text('{"check": 2, "checks": 9, "check_name": "loss"}')
    state = client.get(f"/api/v1/hand-ins/{id}?wait=20&after={tag}", headers=ada).json()
    assert (state["state"], state["check"], state["checks"]) == ("grading", 2, 9)
    waited = client.get(f"/api/v1/hand-ins/{id}?wait=0.1&after={state['tag']}", headers=ada).json()
    assert waited == state
    check = {"name": "loss", "title": "The loss", "points": 0.0, "max_points": 2.0, "passed": False}
    check |= {"message": "it is too large", "hint": "the mean", "again": False, "bugs": []}
    result = {"score": 1.0, "max_score": 3.0, "checks": [check], "remarks": []}
    service.store.finish(id, "w", result=result, score=1.0, max_score=3.0)
    state = client.get(f"/api/v1/hand-ins/{id}", headers=ada).json()
    assert state["result"]["counted_score"] == 1.0
    told = state["result"]["checks"][0]
    assert (told["message"], told["hint"]) == ("it is too large", None)  # no hint at the first try
    policy = service.policies[MILESTONE]
    object.__setattr__(policy, "shows", "verdicts")
    told = client.get(f"/api/v1/hand-ins/{id}", headers=ada).json()["result"]["checks"][0]
    assert (told["passed"], told["message"]) == (False, None)
    object.__setattr__(policy, "shows", "score")
    assert client.get(f"/api/v1/hand-ins/{id}", headers=ada).json()["result"]["checks"] == []
    second = sent(client, ada, archive(a="x = 2")).json()["id"]
    told = client.get(f"/api/v1/hand-ins/{second}", headers=ada).json()
    assert told["estimate_between"][0] <= told["estimate_seconds"] <= told["estimate_between"][1]


def test_what_came_in_another_way_is_told_where_it_counts(client, token, service):
    def finish(id, score):
        service.store.claim(id, "w")
        result = {"score": score, "max_score": 3.0, "checks": [], "remarks": []}
        service.store.finish(id, "w", result=result, score=score, max_score=3.0)

    ada = token("ada")
    decide = lambda _: Admission(False, 0, None)  # noqa: E731
    finish(service.store.accept("ada", MILESTONE, "0" * 64, 1, 0.0, decide)[0].id, 2.0)
    id = sent(client, ada).json()["id"]
    finish(id, 1.0)
    state = client.get(f"/api/v1/hand-ins/{id}", headers=ada).json()
    assert (state["receipt"]["attempt"], state["result"]["counted_score"]) == (1, 2.0)
    assert state["result"]["remarks"] == ["What counts came in another way, at 1970-01-01T00:00:00Z."]
    history = client.get(f"/api/v1/milestones/{MILESTONE}/hand-ins", headers=ada).json()["hand_ins"]
    assert [one["receipt"]["attempt"] for one in history] == [None, 1]


def test_who_waits_is_told_as_soon_as_something_changes(client, token, service):
    ada = token("ada")
    id = sent(client, ada).json()["id"]
    tag = client.get(f"/api/v1/hand-ins/{id}", headers=ada).json()["tag"]
    later = threading.Timer(0.3, service.store.claim, (id, "w"))
    later.start()
    begun = time.monotonic()
    state = client.get(f"/api/v1/hand-ins/{id}?wait=20&after={tag}", headers=ada).json()
    assert state["state"] == "grading"
    assert time.monotonic() - begun < 10
    later.join()


def test_one_person_waits_with_a_few_requests_at_once(client, token, door):
    ada = token("ada")
    id = sent(client, ada).json()["id"]
    tag = client.get(f"/api/v1/hand-ins/{id}", headers=ada).json()["tag"]
    with contextlib.ExitStack() as others:
        for _ in range(5):
            assert others.enter_context(door.waiting(Person("ada", "student")))
        begun = time.monotonic()
        assert client.get(f"/api/v1/hand-ins/{id}?wait=20&after={tag}", headers=ada).json()["tag"] == tag
        assert time.monotonic() - begun < 10
        with door.waiting(Person("ben", "student")) as may_wait:
            assert may_wait
    assert not door._waiting
