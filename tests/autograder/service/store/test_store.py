"""The store: a hand-in is accepted once, graded once, and nobody's token is kept as it is."""

from __future__ import annotations

import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace

import pytest

from autograder.service import identity
from autograder.service.store import Admission, Store


@pytest.fixture
def store(tmp_path):
    store = Store(f"sqlite:///{tmp_path / 'service.db'}")
    yield store
    store.close()


def decide(earlier):
    return Admission(False, len(earlier) + 1, 10)


def hand_in(store, student="ada", digest="00", received=1.0):
    return store.accept(student, "m1", digest, 10, received, decide)


def test_the_same_archive_twice_is_one_hand_in(store):
    first, new = hand_in(store)
    again, not_new = hand_in(store, received=2.0)
    assert (new, not_new) == (True, False)
    assert again == first
    assert hand_in(store, digest="01")[0].attempt == 2
    assert hand_in(store, student="ben")[1]


def test_a_refused_hand_in_leaves_nothing(store):
    def refuse(_):
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        store.accept("ada", "m1", "00", 10, 1.0, refuse)
    assert store.hand_ins() == []


def test_no_two_hand_ins_at_the_same_moment_take_the_same_attempt(store):
    threads = [threading.Thread(target=hand_in, args=(store, "ada", f"{n:02}")) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(one.attempt for one in store.hand_ins()) == list(range(1, 9))


def test_each_is_graded_once(store):
    one, _ = hand_in(store)
    claimed = store.claim(one.id, "w1")
    assert claimed.state == "grading"
    assert store.claim(one.id, "w2") is None
    assert not store.finish(one.id, "w2", message="not mine")
    assert store.release(one.id, "w1")
    assert not store.finish(one.id, "w1", result={})  # it is not this worker's any more
    assert store.claim(one.id, "w2") is not None
    assert store.finish(one.id, "w2", result={"checks": []}, score=3.0, max_score=4.0)
    assert not store.finish(one.id, "w2", message="again")
    done = store.hand_in(one.id)
    assert (done.state, done.score, done.result) == ("done", 3.0, {"checks": []})
    assert store.claim(one.id, "w3") is None


def test_what_could_not_be_graded_may_come_again(store):
    one, _ = hand_in(store)
    store.claim(one.id, "w1")
    store.finish(one.id, "w1", message="our disk was full")
    again, new = hand_in(store)
    assert new
    assert again.id != one.id


def test_one_persons_flood_waits_behind_everybody_else(store):
    flood = [hand_in(store, "ada", f"{n:02}", float(n))[0] for n in range(5)]
    late, _ = hand_in(store, "ben", "00", 100.0)
    assert [one.priority for one in flood] == [0, -1, -2, -3, -4]
    assert [one.id for one in store.times.under_way()] == [
        flood[0].id,
        late.id,
        *(one.id for one in flood[1:]),
    ]
    store.claim(flood[0].id, "w")
    assert store.times.under_way()[0].started is not None  # what is graded now is ahead, too


def test_what_came_in_another_way_waits_behind_all_and_teaches_nothing(store):
    taken = lambda _: Admission(False, 0, None)  # noqa: E731
    newer, _ = store.accept("ada", "m1", "a0", 1, 9.0, taken)
    older, _ = store.accept("ben", "m1", "b0", 1, 5.0, taken)
    mine, _ = hand_in(store, "ada", "a1", 100.0)
    assert mine.priority == 0  # it does not wait behind what its student has not sent
    # as the queue does: by priority, then by when they were sent
    order = sorted([newer, older, mine], key=lambda one: -one.priority)
    assert [one.id for one in store.times.under_way()] == [one.id for one in order] == [
        mine.id, newer.id, older.id,
    ]  # fmt: skip
    for one in (newer, mine):
        store.claim(one.id, "w")
        store.finish(one.id, "w", message="our disk was full")
    assert [one.queued for one in store.times.last_timings()] == [100.0]
    assert store.again(mine.id).priority == 0
    assert store.again(newer.id).priority < older.priority  # it is sent once more


def test_what_is_graded_once_more_waits_from_then_on(store, monkeypatch):
    broken, _ = hand_in(store, "ada", "a", 10.0)
    store.claim(broken.id, "w")
    store.finish(broken.id, "w", message="our disk was full")
    other, _ = hand_in(store, "ben", "b", 20.0)
    monkeypatch.setattr(time, "time", lambda: 100.0)
    again = store.again(broken.id)
    assert (again.received, again.waits_since) == (10.0, 100.0)  # it is as late as it was
    # as the queue has it: behind who came before
    assert [(one.id, one.queued) for one in store.times.under_way()] == [(other.id, 20.0), (broken.id, 100.0)]
    monkeypatch.setattr(time, "time", lambda: 103.0)
    for one in (other, broken):
        store.claim(one.id, "w")
        store.finish(one.id, "w", result={"checks": []})
    assert {one.queued for one in store.times.last_timings()} == {20.0, 100.0}
    assert store.times.timings(50.0) == [(100.0, 103.0, 103.0)]


def test_what_was_collected_in_another_way_waits_from_when_it_was_found(store, monkeypatch):
    monkeypatch.setattr(time, "time", lambda: 100.0)
    one, _ = store.accept("ada", "m1", "a0", 1, 9.0, lambda _: Admission(False, 0, None))
    assert (one.received, one.waits_since) == (9.0, 100.0)
    assert [found.queued for found in store.times.under_way()] == [100.0]


def test_a_database_of_before_is_taken_over(store, tmp_path):
    one, _ = hand_in(store, received=5.0)
    store.close()
    with closing(sqlite3.connect(tmp_path / "service.db")) as database:
        database.execute("ALTER TABLE hand_ins DROP COLUMN queued")
    urls = [f"sqlite:///{tmp_path / 'service.db'}"] * 2
    both = list(ThreadPoolExecutor().map(Store, urls))  # as web process and graders start
    assert [found.queued for found in both[0].times.under_way()] == [5.0]
    assert both[1].hand_in(one.id) == replace(one, queued=None)
    assert hand_in(both[1], "ben")[0].queued == 1.0
    for opened in both:
        opened.close()


def test_tokens(store, tmp_path):
    token = identity.invite(store, "ada")
    assert identity.who(store, token) == identity.Person("ada", "student")
    assert identity.who(store, token + "x") is None
    assert identity.who(store, "x" * 10_000) is None
    newer = identity.invite(store, "ada", "assistant")
    assert identity.who(store, token) is None
    assert identity.who(store, newer).is_staff
    assert store.accounts.people() == {"ada": "assistant"}
    assert store.accounts.revoke("ada") == 1
    assert identity.who(store, newer) is None
    with closing(sqlite3.connect(tmp_path / "service.db")) as database:
        kept = "\n".join(database.iterdump())
    assert newer not in kept
    assert identity.hash_of(newer) in kept
    with pytest.raises(ValueError, match="no role"):
        identity.invite(store, "ada", "king")
    assert identity.link("https://x/y/", "t") == "https://x/y/invitation#t"


def test_erasing_a_person_leaves_the_others(store):
    hand_in(store)
    hand_in(store, "ben")
    identity.invite(store, "ada")
    store.audit.note("ada", "handed in", "m1")
    store.audit.note("ben", "handed in", "m1")
    store.erase("ada")
    assert [one.student for one in store.hand_ins()] == ["ben"]
    assert store.accounts.people() == {}
    assert store.audit.notes("ada") == []
    assert len(store.audit.notes("ben")) == 1
