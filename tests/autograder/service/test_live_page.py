"""The staff's live page: who may see it, what it shows, and that nothing of a student's is markup."""

from __future__ import annotations

import re
import time

import pytest
from sqlalchemy import update
from starlette.testclient import TestClient

from autograder.service import identity
from autograder.service.live.next_words import next_words, span
from autograder.service.live.overview import Overview, overview
from autograder.service.live.page import pages, rising
from autograder.service.live.peak import peak
from autograder.service.not_graded import NOTE
from autograder.service.store import Admission
from autograder.service.store.tables import hand_ins
from autograder.service.web.application import app

from .conftest import MILESTONE

NOW = f"/live/milestones/{MILESTONE}"
HISTORY = f"{NOW}/history"


@pytest.fixture
def browser(door):
    with TestClient(app(door, pages()), raise_server_exceptions=False) as browser:
        yield browser


def csrf(text):
    return re.search(r'name="csrf" value="([^"]+)"', text)[1]


def log_in(browser, invitation, **more):
    form = {"invitation": invitation, "csrf": csrf(browser.get("/live/login").text), **more}
    return browser.post("/live/login", data=form, follow_redirects=False)


@pytest.fixture
def staff(browser, service):
    answer = log_in(
        browser, identity.link(service.base, identity.invite(service.store, "tutor", "assistant"))
    )
    assert (answer.status_code, answer.headers["location"]) == (303, "/live/")
    return browser


@pytest.mark.parametrize("path", ["/live/", NOW, f"{HISTORY}?student=ada"])
def test_nobody_sees_anything_without_a_login(browser, path):
    browser.cookies.set("session", "guessed")
    answer = browser.get(path, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"], answer.text) == (303, "/live/login", "")


def test_a_student_is_not_let_in(browser, service, token):
    refused = log_in(browser, identity.invite(service.store, "ada"))
    assert refused.status_code == 403
    assert "for instructors and assistants" in refused.text
    assert "session" not in browser.cookies
    assert log_in(browser, "https://x/invitation#unknown").status_code == 401
    # a token is for the interface of nndl.submit, and opens no page
    assert browser.get(NOW, headers=token("tutor", "assistant"), follow_redirects=False).status_code == 303


def test_a_form_from_elsewhere_neither_logs_in_nor_out(browser, service):
    invitation = identity.invite(service.store, "tutor", "assistant")
    assert log_in(browser, invitation, csrf="x").status_code == 403
    assert browser.post("/live/login", data={"invitation": invitation}).status_code == 403
    assert log_in(browser, invitation).status_code == 303
    assert browser.post("/live/logout", data={"csrf": "x"}).status_code == 403
    assert browser.get(NOW, follow_redirects=False).status_code == 200
    assert browser.post("/live/login", data={"invitation": "x" * 5000}).status_code == 413


def test_a_session_ends(staff, service, door):
    page = staff.get(NOW)
    kept = staff.cookies["session"]
    left = staff.post("/live/logout", data={"csrf": csrf(page.text)}, follow_redirects=False)
    assert left.headers["location"] == "/live/login"
    staff.cookies.set("session", kept)
    assert staff.get(NOW, follow_redirects=False).status_code == 303
    assert [one["what"] for one in service.store.audit.notes("tutor")] == ["logged in"]


@pytest.mark.parametrize("how", ["time", "revoked", "erased"])
def test_a_session_ends_by_itself(staff, service, door, how):
    assert staff.get(NOW, follow_redirects=False).status_code == 200
    if how == "time":
        door.clock = lambda: time.time() + 13 * 3600
    elif how == "revoked":
        service.store.accounts.revoke("tutor")
    else:
        service.store.erase("tutor")
    assert staff.get(NOW, follow_redirects=False).status_code == 303


def test_the_cookie_is_for_the_server_alone(service, door):
    service.settings.url = "https://grader.example.edu"
    service.__dict__.pop("base", None)
    with TestClient(app(door, pages()), base_url=service.base) as browser:
        answer = log_in(browser, identity.invite(service.store, "tutor", "instructor"))
        said = next(one for one in answer.headers.get_list("set-cookie") if one.startswith("__Host-session="))
        assert {"HttpOnly", "Secure", "SameSite=strict", "Path=/"} <= set(said.split("; "))
        kept = browser.cookies["__Host-session"]
        assert browser.get(NOW).status_code == 200
        assert kept not in (service.folder / "service.db").read_bytes().decode("latin-1")


def test_what_is_shown_is_shown_as_text(staff, graded, service):
    evil = "<script>alert(1)</script>"
    at = time.time() - 2 * 86400
    graded("ada", 0, at, loss=[evil], grad=True)
    for n in range(1, 7):
        graded("ben", n, at + n * 20000, loss=[evil], grad=n > 3)
    graded('"><b>eve', 9, at + 100, loss=True, grad=True)
    page = staff.get(NOW).text
    assert evil not in page
    assert "<b>eve" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "3 / 3</b> students handed in" in page
    assert "33 %" in page
    assert 'role="img" aria-label="loss: ' in page
    assert "1 student failed the same check five times or more in a row" in page
    assert f"{HISTORY}?student=ben" in page
    # the policy of the service's pages refuses these
    assert not re.search(r"<style|style=|<script>|\son\w+=", page)
    told = staff.get(HISTORY, params={"student": "ben"}).text
    assert told.count('<section class="card"') == 6
    assert "style=" not in told
    assert staff.get(HISTORY, params={"student": '"><b>eve'}).text.count("&#34;&gt;&lt;b&gt;eve") >= 2
    assert re.search(r"3</td><td[^>]*>20\d\d-", staff.get("/live/").text)


def not_graded(service, student="ada", digest="00", why="the grading process died twice"):
    decide = lambda earlier: Admission(False, len(earlier) + 1, 10)  # noqa: E731
    one, _ = service.store.accept(student, MILESTONE, digest, 1, time.time(), decide)
    service.store.claim(one.id, "w")
    service.store.audit.note(student, NOTE, f"{one.id}: {why}")
    service.store.finish(one.id, "w", message="We could not grade this.")
    return one.id


def test_what_could_not_be_graded_is_graded_again_with_one_click(staff, service, door):
    id = not_graded(service)
    page = staff.get(NOW).text
    assert "Could not be graded" in page
    assert "the grading process died twice" in page
    (path,) = re.findall(r'action="(/live/hand-ins/[^"]+)"', page)
    assert staff.post(path, data={"csrf": "of another site"}).status_code == 403
    assert service.store.hand_in(id).state == "not_graded"
    answer = staff.post(path, data={"csrf": csrf(page)}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, NOW)
    one = service.store.hand_in(id)
    assert (one.state, one.message, one.started) == ("queued", None, None)
    assert len(door.queue) == 1
    assert service.store.audit.notes("tutor")[-1]["detail"] == id
    assert "Could not be graded" not in staff.get(NOW).text
    assert staff.post(path, data={"csrf": csrf(page)}).status_code == 409


def test_nobody_else_has_something_graded_again(browser, service):
    path = f"/live/hand-ins/{not_graded(service)}/again"
    answer = browser.post(path, data={"csrf": "x"}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/live/login")


def test_what_was_sent_again_is_settled(staff, service):
    id = not_graded(service)
    decide = lambda earlier: Admission(False, len(earlier) + 1, 10)  # noqa: E731
    _, new = service.store.accept("ada", MILESTONE, "00", 1, time.time(), decide)
    assert new
    assert "Could not be graded" not in staff.get(NOW).text
    assert service.store.again(id) is None


def test_a_peak_says_how_long_and_what_would_have_been_enough(staff, service):
    service.workers = 1
    now = time.time()
    assert peak(service, now) is None
    decide = lambda earlier: Admission(False, len(earlier) + 1, 10)  # noqa: E731
    begun = now - 600
    for number in range(10):  # ten at once, each takes 20 s
        one, _ = service.store.accept("ada", MILESTONE, f"{number:02}", 1, begun, decide)
        service.store.claim(one.id, "w")
        service.store.finish(one.id, "w", result={"checks": []}, score=1.0, max_score=2.0)
        at = begun + 20 * number
        with service.store.database.writing() as connection:
            connection.execute(
                update(hand_ins).where(hand_ins.c.id == one.id).values(started=at, finished=at + 20)
            )
    found = peak(service, now)
    assert (found.hand_ins, round(found.longest), found.graders, found.enough) == (10, 200, 1, 4)
    text = staff.get(NOW).text
    assert "waited 3 min" in text
    assert "4 graders at once would have been enough" in text
    service.workers = 4  # as many as that: it waited for another reason
    assert peak(service, now) is None


def test_an_empty_course(staff):
    assert ">none</td>" in staff.get("/live/").text
    page = staff.get(NOW)
    assert "Nobody has handed in yet" in page.text
    assert "There are no results yet" in page.text
    assert "Nothing is handed in yet" in staff.get(HISTORY, params={"student": "ada"}).text
    assert staff.get(HISTORY, params={"student": "nobody"}).status_code == 404
    assert staff.get("/live/milestones/no_such").status_code == 404
    assert "no such milestone" in staff.get("/live/milestones/no_such").text


def test_style_and_script_are_files(browser):
    for name in ("style.css", "live.css", "live.js"):
        assert browser.get(f"/live/static/{name}").status_code == 200
    assert browser.get("/live/static/page.py").status_code == 404
    assert 'src="live/static/live.js"' in browser.get("/invitation").text


def test_too_many_guesses_wait(browser, service):
    service.settings.strangers = "1/hour"
    with TestClient(app(type(browser.app.state.door)(service, browser.app.state.door.queue), pages())) as one:
        assert log_in(one, "guess").status_code == 401
        assert log_in(one, "guess").status_code == 429


def test_what_to_say_names_the_hardest_check_and_its_shared_mistake(service, graded):
    day = 86400.0
    graded("ada", 0, 0.5 * day, loss=["no_mean"], grad=True)
    graded("ben", 1, 0.6 * day, loss=["no_mean"], grad=False)
    graded("ben", 2, 1.6 * day, loss=["no_mean"], grad=True)
    said = next_words(overview(service, MILESTONE, mistakes_since=0.0))
    assert said[:4] == [
        "Explain loss next: 0 % of those who handed in have passed it, the fewest.",
        "2 students make one mistake in loss: wrong",
        "Good news: grad rose from 50 % on 1970-01-01 to 100 %.",
        "Leave out grad: at least nine in ten have passed.",
    ]
    assert not any(name in " ".join(said) for name in ("ada", "ben"))


def test_what_to_say_of_a_queue_and_of_success():
    row = {"student": "ada", "attempts": 1, "score": 2.0, "max_score": 2.0, "last": "2026-11-02T00:00:00Z"}
    rates = {"2026-11-02": {"loss": 1.0}}
    said = next_words(Overview([row], 2, 0, 1, 20.0, rates, [], []))
    assert said[0] == "Everybody who handed in has passed every check: go on."
    assert said[1:] == [
        "1 of 1 student handed in; 1 of them has all points.",
        "2 hand-ins wait for a result; the last results took about 20 s.",
        "1 hand-in could not be graded; this is no attempt: this page lists it.",
    ]
    no_attempt = row | {"student": "ben", "attempts": 0, "score": None}
    nobody = row | {"student": "cem", "attempts": 0, "score": None, "last": None}
    # a hand-in that could not be graded is one, as in the figures above
    said = next_words(Overview([row, no_attempt, nobody], 0, 0, 1, 20.0, rates, [], []))
    assert any(words.startswith("2 of 3 students handed in") for words in said)
    assert next_words(Overview([row], 1, 0, 0, None, {}, [], []))[0] == (
        "1 student handed in; there are no results yet."
    )


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.2, "0 s"), (90, "90 s"), (150, "2 min"), (7100, "118 min"), (7200, "2 h")]
)
def test_durations(seconds, text):
    assert span(seconds) == text


def test_rates_lie_by_their_days():
    rows = rising(
        {"2026-11-01": {"loss": 0.0}, "2026-11-02": {"loss": 0.5}, "2026-11-05": {"loss": 1.0, "new": 0.1}}
    )
    assert [row["check"] for row in rows] == ["new", "loss"]
    (x0, y0), (x1, y1), (x2, y2) = rows[1]["points"]
    assert x1 - x0 == pytest.approx((x2 - x0) / 4)
    assert y0 - y1 == pytest.approx(y1 - y2)
    assert rows[0]["rates"] == [("2026-11-01", 0.0), ("2026-11-02", 0.0), ("2026-11-05", 0.1)]
    assert rising({}) == []


def test_the_address_without_its_last_slash_leads_there_on_whatever_host(browser):
    answer = browser.get("/live", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (307, "/live/")
