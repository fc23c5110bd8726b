"""The service's live page in a real browser, under its own content security policy: the login, and how pages look."""

from __future__ import annotations

import random
import socket
import threading
import time

import pytest
import uvicorn
from nbgrader.api import Gradebook
from sqlalchemy import update

from autograder import nbgrader_plugin
from autograder.nbgrader_plugin.course import Course
from autograder.service import identity
from autograder.service.live.page import pages
from autograder.service.not_graded import NOTE
from autograder.service.queue import Queue
from autograder.service.settings import Service
from autograder.service.store import Admission
from autograder.service.store.tables import hand_ins
from autograder.service.web.application import app
from autograder.service.web.door import Door

from .looks import WIDTHS, wrong_with

pytestmark = pytest.mark.slow

MILESTONE = "two_layer_net"
CHECKS = ("affine_forward", "relu_backward", "softmax_loss", "numerical_gradients_of_the_whole_net")
CONFIG = """
from autograder import nbgrader_plugin
c = get_config()
nbgrader_plugin.configure(c)
"""
PATHS = {
    "index": "/live/",
    "live": f"/live/milestones/{MILESTONE}",
    "history": f"/live/milestones/{MILESTONE}/history?student=student01%40example.edu",
    "nothing": f"/live/milestones/{MILESTONE}/history?student=late%40example.edu",
    "refused": "/live/milestones/unknown",
}


def hand_in(service, student, number, received, chance):
    """Hand in and grade at once."""
    store = service.store
    one, _ = store.accept(
        student,
        MILESTONE,
        f"{number:04}",
        1,
        received,
        lambda earlier: Admission(False, len(earlier) + 1, 10),
    )
    if number == 0:
        return
    store.claim(one.id, "w")
    if number == 40:
        store.audit.note(student, NOTE, f"{one.id}: the grading process died twice on this submission")
        store.finish(one.id, "w", message="We could not grade this.")
        return
    checks = [
        {
            "name": name,
            "title": name.replace("_", " "),
            "passed": chance.random() < 0.3 + number / 100,
            "message": "Wrong in 3 of 4 cases:\n    the values are too large, <b>about</b> by the number of rows.",
            "bugs": chance.choice([[], ["mean_left_out"]]),
        }
        for name in CHECKS
    ]
    checks[-1]["passed"] = False
    score = float(sum(check["passed"] for check in checks))
    store.finish(one.id, "w", result={"checks": checks}, score=score, max_score=4.0)


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    """Serve a course whose class has worked for a week."""
    nbgrader_plugin.install()
    root, chance = tmp_path_factory.mktemp("course"), random.Random(5)
    (root / "nbgrader_config.py").write_text(CONFIG)
    (root / "assignments" / MILESTONE).mkdir(parents=True)
    students = [f"student{n:02}@example.edu" for n in range(8)]
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as gradebook:
        gradebook.add_assignment(MILESTONE)
        for student in [*students, "late@example.edu"]:
            gradebook.add_student(student)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    service = Service(Course.around(root))
    service.settings.url = f"http://127.0.0.1:{port}"
    for n in range(60):
        hand_in(service, students[n % 8], n, time.time() - (60 - n) * 9000, chance)
    peak_of_a_day(service, students)
    door = Door(service, Queue(service.folder / "queue.db"))
    server = uvicorn.Server(uvicorn.Config(app(door, pages()), port=port, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    yield service
    server.should_exit = True
    thread.join(20)


def peak_of_a_day(service, students):
    """Twelve at the same moment, each graded for half a minute, by one grader."""
    service.workers = 1
    begun = time.time() - 3000
    for number, student in enumerate([*students, *students[:4]]):
        hand_in(service, student, 100 + number, begun, random.Random(number))
    with service.store.database.writing() as connection:
        rows = service.store.hand_ins(received=begun)
        for number, one in enumerate(rows):
            at = begun + 30 * number
            connection.execute(
                update(hand_ins).where(hand_ins.c.id == one.id).values(started=at, finished=at + 30)
            )


def logged_in(service, view):
    """Go the way of somebody who was invited."""
    view.goto(identity.link(service.base, identity.invite(service.store, "prof", "instructor")))
    view.click("#staff")
    view.wait_for_url("**/live/login")  # the script took the token out of the address line
    view.click("button")
    view.wait_for_url("**/live/")


def test_an_invitation_leads_to_the_live_page_and_out_again(chromium, service):
    context = chromium.new_context()
    try:
        view, complaints, asked = context.new_page(), [], []
        view.on("console", lambda said: complaints.append(said.text))
        view.on("pageerror", lambda error: complaints.append(str(error)))
        view.on("request", lambda request: asked.append(request.url))
        logged_in(service, view)
        view.goto(service.base + PATHS["live"])
        assert view.locator("svg.plot").count() == len(CHECKS)
        view.click("a:has-text('student01@example.edu') >> nth=0")
        assert view.locator("h1").inner_text().startswith("student01@example.edu")
        assert view.evaluate("document.cookie") == ""  # no script reads it
        # the style is there: the policy refused nothing
        assert view.locator(".card").first.evaluate("one => getComputedStyle(one).borderRadius") == "8px"
        view.click("button")
        view.wait_for_url("**/live/login")
        view.goto(service.base + PATHS["live"])
        assert view.url.endswith("/live/login")
        assert complaints == []
        assert [url for url in asked if not url.startswith(service.base)] == []
    finally:
        context.close()


def test_one_click_grades_again_what_could_not_be_graded(chromium, service):
    context = chromium.new_context()
    try:
        view, complaints = context.new_page(), []
        view.on("console", lambda said: complaints.append(said.text))
        logged_in(service, view)
        view.goto(service.base + PATHS["live"])
        assert "died twice" in view.locator("main").inner_text()
        (one,) = service.store.hand_ins(state="not_graded")
        view.click("button:has-text('Grade again')")
        view.wait_for_url("**" + PATHS["live"])
        assert service.store.hand_in(one.id).state == "queued"
        assert view.locator("button:has-text('Grade again')").count() == 0
        assert complaints == []
        service.store.claim(one.id, "w")
        service.store.finish(one.id, "w", message="We could not grade this.")
    finally:
        context.close()


def test_figures_renew_themselves(chromium, service):
    context = chromium.new_context()
    try:
        view = context.new_page()
        logged_in(service, view)
        view.goto(service.base + PATHS["live"])
        before = view.locator("#figures").inner_text()
        service.store.accept(
            "late@example.edu", MILESTONE, "f" * 8, 1, time.time(), lambda earlier: Admission(False, 1, 10)
        )
        view.evaluate("refresh()")
        assert view.locator("#figures").inner_text() != before
    finally:
        service.store.erase("late@example.edu")
        context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_pages_have_no_finding_of_axe_and_fit(chromium, service, axe, width, scheme):
    context = chromium.new_context(viewport=WIDTHS[width], color_scheme=scheme, bypass_csp=True)
    try:
        view = context.new_page()
        view.goto(f"{service.base}/live/login")
        wrong = [("login", line) for line in wrong_with(view, axe)]
        logged_in(service, view)
        for name, path in PATHS.items():
            view.goto(service.base + path)
            wrong += [(name, line) for line in wrong_with(view, axe)]
        assert wrong == []
    finally:
        context.close()
