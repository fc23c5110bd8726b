"""Hand-ins and queue in PostgreSQL, on a real server: counted once, in order, and graded."""

from __future__ import annotations

import threading

import pytest

from autograder.service.queue import Queue, queue_of
from autograder.service.store import Admission, Store

from ...postgresql import server
from .served import Running

__all__ = ["server"]  # a fixture
pytestmark = pytest.mark.slow


@pytest.fixture
def url(server):
    pytest.importorskip("psycopg", reason="needs the Python package psycopg")
    return server.replace("+psycopg2:", "+psycopg:")


def test_the_store_and_the_queue(url):
    store = Store(url)
    decide = lambda earlier: Admission(False, len(earlier) + 1, 10)  # noqa: E731
    made: list = []

    def hand_in(number, group=()):
        made.append(store.accept("ada", "m1", f"{number:02}", 1, float(number), decide, group, True))

    threads = [threading.Thread(target=hand_in, args=(number % 8,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # each archive came twice at the same moment: eight hand-ins, eight attempts
    assert sum(new for _, new in made) == 8
    assert sorted(one.attempt for one in store.hand_ins(student="ada")) == list(range(1, 9))
    hand_in(50, ("ben",))
    shared = made[-1][0]
    assert [one.id for one in store.hand_ins(of="ben")] == [shared.id]
    done: list = []
    queue = Queue(queue_of(None, url), done.append)
    for one in store.hand_ins():
        queue.send(one)
    assert len(queue) == 9
    order = []
    while (task := queue.huey.dequeue()) is not None:
        order.append(task.args[0])
        queue.huey.execute(task)
    assert done == order == [one.id for one in store.times.under_way()]
    claimed = store.claim(order[0], "w")
    assert store.claim(order[0], "v") is None
    assert store.finish(order[0], "w", result={"checks": []}, score=1.0, max_score=2.0)
    assert store.hand_in(order[0]).result == {"checks": []}
    assert store.times.last_seconds("m1")
    assert claimed.attempt == 1
    store.erase("ada")
    assert store.hand_ins() == []
    store.close()


@pytest.mark.sandbox
def test_a_service_on_it(url, tmp_path):
    running = Running(tmp_path, f"c.GradingService.store_url = {url!r}\n")
    try:
        state = running.result(running.hand_in("ada"), "ada")
        assert state["state"] == "done"
        assert not (running.service.folder / "service.db").exists()
        assert not (running.service.folder / "queue.db").exists()
    finally:
        running.end()
