"""A course's folder with a gradebook, the service in it, and a grader that does what a test says."""

from __future__ import annotations

import hashlib
import io
import shutil
import zipfile

import pytest
from nbgrader.api import Gradebook
from starlette.testclient import TestClient

from autograder import nbgrader_plugin
from autograder.nbgrader_plugin.course import Course
from autograder.service import identity
from autograder.service.queue import Queue
from autograder.service.settings import Service
from autograder.service.store import Admission
from autograder.service.web.application import app
from autograder.service.web.door import Door

CONFIG = """
from autograder import nbgrader_plugin
c = get_config()
nbgrader_plugin.configure(c)
c.GradingService.policies = {"default": {"attempts": 3, "refill_hours": 2, "shows": "hints"}}
"""
MILESTONE = "two_layer_net"


@pytest.fixture(scope="session")
def empty_gradebook(tmp_path_factory):
    """Nbgrader takes seconds to make one."""
    nbgrader_plugin.install()
    path = tmp_path_factory.mktemp("gradebook") / "gradebook.db"
    with Gradebook(f"sqlite:///{path}"):
        pass
    return path


@pytest.fixture
def gradebook_url(empty_gradebook, tmp_path):
    shutil.copy(empty_gradebook, tmp_path / "gradebook.db")
    return f"sqlite:///{tmp_path / 'gradebook.db'}"


@pytest.fixture
def service(tmp_path, gradebook_url):
    (tmp_path / "nbgrader_config.py").write_text(CONFIG)
    (tmp_path / "assignments" / MILESTONE).mkdir(parents=True)
    with Gradebook(gradebook_url) as gradebook:
        for student in ("ada", "ben"):
            gradebook.add_student(student)
        gradebook.add_assignment(MILESTONE)
        gradebook.add_notebook(MILESTONE, MILESTONE)  # as `nbgrader generate_assignment` does
    service = Service(Course.around(tmp_path))
    yield service
    service.store.close()


@pytest.fixture
def door(service):
    return Door(service, Queue(service.folder / "queue.db"))


@pytest.fixture
def client(door):
    with TestClient(app(door), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def token(service):
    def of(person, role="student"):
        return {"Authorization": f"Bearer {identity.invite(service.store, person, role)}"}

    return of


@pytest.fixture
def graded(service):
    """Hands in and grades at once: each check is right, wrong, or has these mistakes."""

    def make(student, number, received, **passed):
        decide = lambda earlier: Admission(False, len(earlier) + 1, 10)  # noqa: E731
        one, _ = service.store.accept(student, MILESTONE, f"{number:02}", 1, received, decide)
        service.store.claim(one.id, "w")
        checks = [
            {
                "name": name,
                "title": name.title(),
                "passed": right is True,
                "message": "wrong",
                "bugs": right or [],
            }
            if right is not True
            else {"name": name, "title": name.title(), "passed": True, "message": None, "bugs": []}
            for name, right in passed.items()
        ]
        score = float(sum(bool(check["passed"]) for check in checks))
        service.store.finish(one.id, "w", result={"checks": checks}, score=score, max_score=2.0)

    return make


def archive(**files):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as file:
        for name, text in (files or {"a": "x = 1\n"}).items():
            file.writestr(zipfile.ZipInfo(f"nndl/{name}.py"), text)  # always the same time, so the same bytes
    return made.getvalue()


def sent(client, headers, data=None, milestone=MILESTONE, **more):
    data = archive() if data is None else data
    digest = hashlib.sha256(data).hexdigest()
    headers = {"Content-Type": "application/zip", "X-Digest": f"sha256={digest}", **headers, **more}
    return client.post(f"/api/v1/milestones/{milestone}/hand-ins", content=data, headers=headers)
