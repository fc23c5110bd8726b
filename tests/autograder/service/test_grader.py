"""From the queue to the result: each hand-in gets exactly one, whatever dies on the way."""

from __future__ import annotations

import errno
import logging
import subprocess
import sys
from concurrent.futures import BrokenExecutor, Executor, Future
from types import SimpleNamespace

import pytest

from autograder.cluster.dask_executor import ClusterUnusable
from autograder.judging import second_judgement
from autograder.service import grader as grading
from autograder.service.grader import Grader, is_alive, worker_name
from autograder.service.graders import kept
from autograder.service.graders.kept import Kept, KeptProcesses
from autograder.service.graders.seeds import Seeds
from autograder.service.not_graded import not_graded
from autograder.service.queue import Queue, _Sparing
from autograder.service.store import Admission
from autograder.submission.nothing_to_judge import not_python

from .conftest import MILESTONE


class Here(Executor):
    """Calls in this process what stands for grading."""

    def __init__(self, answer, deaths=0):
        self.answer, self.deaths = answer, deaths

    def submit(self, telling, /, *args, **options):
        future: Future = Future()
        if args[1] is grading.why_nothing:
            future.set_result(telling(*args))
            return future
        told, _, _, student, settings, _ = args
        if self.deaths:
            self.deaths -= 1
            future.set_exception(BrokenExecutor("killed"))
            return future
        try:
            future.set_result(telling(told, self.answer, student, settings))
        except Exception as error:
            future.set_exception(error)
        return future


def report(student, settings, verdict="graded"):
    checks = [
        {
            "name": "loss", "title": "The loss", "points": 2.0, "score": 0.0, "verdict": "failed",
            "message": "it is 3 instead of 4", "bugs": [], "parts": [], "findings": [], "seconds": 0.1,
        }
    ]  # fmt: skip
    from autograder.reports.report import new_report

    made = new_report(
        settings.milestone, student, seed=settings.seed, reason="" if verdict == "graded" else "x"
    )
    if verdict == "graded":
        made |= {"verdict": "graded", "score": 0.0, "checks": checks}
    return made


@pytest.fixture
def hand_in(service):
    def make(digest="00"):
        decide = lambda earlier: Admission(False, len(earlier) + 1, 10)  # noqa: E731
        return service.store.accept("ada", MILESTONE, digest, 1, 1.0, decide)[0]

    return make


def test_one_hand_in_gets_its_result_and_what_it_says_of_the_check(service, hand_in):
    told: list = []

    def answer(student, settings):
        second_judgement.progress.get()(2, 9, "loss")
        told.extend(path.read_text() for path in service.progress_of("").iterdir())
        return report(student, settings)

    grader = Grader(service, executor=lambda _: Here(answer))
    first = hand_in()
    grader.grade(first.id)
    grader.grade(first.id)  # a second message changes nothing
    done = service.store.hand_in(first.id)
    assert (done.state, done.score) == ("done", 0.0)
    assert done.result["checks"][0]["message"] == "it is 3"
    assert '"check": 2' in told[0]
    assert not service.progress_of(first.id).exists()
    second = hand_in("01")
    grader.grade(second.id)
    assert service.store.hand_in(second.id).result["checks"][0]["again"]  # so that hints may be shown


@pytest.mark.parametrize("happens", ["dies", "refuses"])
def test_what_is_graded_when_the_service_ends_is_graded_after_the_next_start(service, hand_in, happens):
    # systemd ends all processes of a service at once, those that grade, too

    class Ends(Here):
        def submit(self, telling, /, *args, **options):
            ending.stop()
            if happens == "refuses":
                raise RuntimeError("cannot schedule new futures after interpreter shutdown")
            return super().submit(telling, *args, **options)

    ending = Grader(service, executor=lambda _: Ends(report, deaths=9))
    one = hand_in()
    ending.grade(one.id)
    assert service.store.hand_in(one.id).state == "queued"
    assert service.store.audit.notes(what="not graded") == []
    Grader(service, executor=lambda _: Here(report)).grade(one.id)
    assert service.store.hand_in(one.id).state == "done"


def test_each_hand_in_has_a_seed_of_its_own(service, hand_in):
    seeds = []

    def answer(student, settings):
        seeds.append(settings.seed)
        return report(student, settings)

    grader = Grader(service, executor=lambda _: Here(answer))
    for digest in ("00", "01", "02"):
        grader.grade(hand_in(digest).id)
    assert len(set(seeds)) == 3


def test_those_that_wait_share_a_seed_and_nobody_who_came_later_gets_it(service, hand_in):
    seeds: dict = {}
    waiting = [hand_in(digest) for digest in ("00", "01", "02")]

    def answer(student, settings):
        seeds.setdefault(settings.seed, 0)
        seeds[settings.seed] += 1
        if len(seeds) == 1 and seeds[settings.seed] == 1:
            late.append(hand_in("03"))  # while the first is graded, and before any reply
        return report(student, settings)

    late: list = []
    grader = Grader(service, executor=lambda _: Here(answer))
    for one in waiting:
        grader.grade(one.id)
    assert list(seeds.values()) == [3]
    grader.grade(late[0].id)
    assert list(seeds.values()) == [3, 1]


def test_what_is_graded_once_more_gets_other_cases():
    seeds = Seeds()
    first = seeds.of("a", "m", lambda: ["b"])
    assert seeds.serves("b", "m")
    assert not seeds.serves("b", "another")
    assert seeds.of("b", "m", list) == first
    assert seeds.of("b", "m", list) != first


def test_a_hand_in_goes_to_the_process_that_has_a_seed_for_it():
    processes = KeptProcesses(lambda: Kept(lambda _: Here(report)))
    first, second = processes.add(2)
    first.seeds.of("a", "m", lambda: ["b"])
    with processes.one("b", "m") as mine, processes.one("c", "m") as other, processes.one("d", "m") as third:
        assert mine is first
        assert other is second
        assert third not in (first, second)


def test_a_process_that_dies_is_replaced(service, hand_in):
    made: list = []

    def executor(_):
        made.append(Here(report, deaths=1 if not made else 0))
        return made[-1]

    one = hand_in()
    Grader(service, executor=executor).grade(one.id)
    assert len(made) == 2
    assert service.store.hand_in(one.id).state == "done"


def test_a_process_is_replaced_before_its_memory_has_grown_far(service, hand_in, monkeypatch):
    monkeypatch.setattr(kept, "_USED_UP", 2)
    made: list = []

    def executor(_):
        made.append(Here(report))
        return made[-1]

    grader = Grader(service, executor=executor)
    for digest in ("00", "01", "02"):
        grader.grade(hand_in(digest).id)
    assert len(made) == 2


@pytest.mark.parametrize("deaths", [2, 0])
def test_what_goes_wrong_on_our_side_is_never_a_zero(service, hand_in, deaths):
    def answer(student, settings):
        return report(student, settings, "not graded")

    one = hand_in()
    Grader(service, executor=lambda _: Here(answer, deaths=deaths)).grade(one.id)
    found = service.store.hand_in(one.id)
    assert (found.state, found.score, found.result) == ("not_graded", None, None)
    assert "does not count as an attempt" in found.message
    assert service.store.audit.notes("ada")[-1]["what"] == "not graded"


def test_a_mistake_of_ours_is_an_answer_too(service, hand_in, monkeypatch):
    monkeypatch.setattr(grading, "result_of", lambda *_: 1 / 0)
    one = hand_in()
    Grader(service, executor=lambda _: Here(report)).grade(one.id)
    assert service.store.hand_in(one.id).state == "not_graded"


def test_what_a_killed_process_left_is_sent_again(service, hand_in):
    gone = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    import psutil

    name = f"{gone.pid}:{psutil.Process(gone.pid).create_time():.2f}"
    assert is_alive(name)
    first, second, third = hand_in("00"), hand_in("01"), hand_in("02")
    service.store.claim(first.id, name)
    grader = Grader(service)
    grader._at_work.add(second.id)
    service.store.claim(second.id, worker_name())
    gone.communicate(b"\n")
    assert not is_alive(name)
    assert not is_alive("nobody")
    sent: list = []
    assert grader.look_after(sent.append) == 1
    assert [one.id for one in sent] == [first.id]
    sent.clear()
    grader.look_after(sent.append, everything=True)
    assert {one.id for one in sent} == {first.id, third.id}


def test_what_a_full_disk_left_is_graded_when_there_is_room(service, hand_in, monkeypatch):
    one = hand_in()
    sent: list = []
    grader = Grader(service, lambda workers: Here(report))

    def full(*_, **__):
        raise OSError(errno.ENOSPC, "no space left on device")

    with monkeypatch.context() as disk:
        disk.setattr(type(service.store), "finish", full)
        disk.setattr(type(service.store.audit), "note", full)
        with pytest.raises(OSError, match="no space"):
            grader.grade(one.id)
    assert service.store.hand_in(one.id).state == "grading"
    assert grader.look_after(sent.append) == 1
    grader.grade(sent[0].id)
    assert service.store.hand_in(one.id).state == "done"


def test_the_same_trouble_is_told_once_in_a_while(caplog):
    record = logging.LogRecord(
        "huey.consumer.Worker", logging.ERROR, "", 0, "Error reading from queue", (), None
    )
    other = logging.LogRecord("huey.consumer.Worker", logging.ERROR, "", 0, "another", (), None)
    sparing = _Sparing()
    assert [sparing.filter(one) for one in (record, record, other, other)] == [True, False, True, False]


def test_messages_hold_ids_and_no_code(tmp_path, service, hand_in):
    done: list = []
    queue = Queue(tmp_path / "queue.db", done.append)
    first, second = hand_in("00"), hand_in("01")
    queue.send(second)
    queue.send(first)
    assert b"pickle" not in (tmp_path / "queue.db").read_bytes()
    other = Queue(tmp_path / "queue.db", done.append)  # another process reads what this one sent
    for _ in range(2):
        task = other.huey.dequeue()
        assert list(task.args) in ([first.id], [second.id])
        other.huey.execute(task)
    assert done == [first.id, second.id]  # the first one of a student has the higher priority
    assert len(other) == 0


def test_periodic_work_can_be_sent(tmp_path):
    called = []
    queue = Queue(tmp_path / "queue.db", look_after=lambda: called.append("look"))
    for task in queue.huey._registry.periodic_tasks:
        queue.huey.enqueue(task)
    while (task := queue.huey.dequeue()) is not None:
        queue.huey.execute(task)
    assert called == ["look"]


class Elsewhere(Executor):
    """Stands for a cluster: takes what can travel, and nothing else."""

    def __init__(self, here=True):
        self.here = here

    def submit(self, function, /, *arguments, **options):
        _, student, settings, _ = arguments
        future: Future = Future()
        future.set_result(report(student, settings))
        return future


def test_a_cluster_grades_what_can_travel(service, hand_in):
    grader = Grader(service, executor=lambda _: Elsewhere(), local=False)
    grader.start(2)  # nothing is prepared here
    one = hand_in()
    grader.grade(one.id)
    assert service.store.hand_in(one.id).state == "done"


def test_without_the_cluster_hand_ins_wait(service, hand_in):
    def gone(_):
        raise ClusterUnusable("no scheduler answers")

    one = hand_in()
    Grader(service, executor=gone, local=False).grade(one.id)
    assert service.store.hand_in(one.id).state == "queued"


@pytest.mark.parametrize(
    ("message", "sources", "why"),
    [
        (
            "Your code stopped with SyntaxError: invalid syntax (nndl/neural_net.py, line 2)",
            {"nndl/neural_net.py": "x = 1\ny = = 2\n"},
            "nndl/neural_net.py, line 2 (invalid syntax)",
        ),
        ("Not written yet: TwoLayerNet.loss", {"nndl/neural_net.py": "x = 1\n"}, "nothing is written yet"),
    ],
)
def test_what_says_nothing_is_no_attempt(service, hand_in, monkeypatch, message, sources, why):
    def answer(student, settings):
        made = report(student, settings)
        made["checks"][0]["message"] = message
        made["checks"].append(
            made["checks"][0] | {"message": "best_net.npz was not handed in: the cell writes it."}
        )
        return made

    monkeypatch.setattr(grading, "apart", lambda *_, **__: handed_in(sources))
    grader = Grader(service, executor=lambda _: Here(answer))
    one = hand_in()
    grader.grade(one.id)
    done = service.store.hand_in(one.id)
    assert (done.state, done.result, done.score) == ("not_graded", None, None)
    assert why in done.message
    assert done.message.endswith("It does not count as an attempt.")
    assert not_graded(service) == []  # nobody of the staff can do anything about it


def test_an_error_that_code_raises_itself_is_an_attempt(service, hand_in, monkeypatch):
    def answer(student, settings):
        made = report(student, settings)
        made["checks"][0]["message"] = (
            "Your code stopped with SyntaxError: [0.25, 3.0] (nndl/neural_net.py, line 2)"
        )
        return made

    monkeypatch.setattr(grading, "apart", lambda *_, **__: handed_in({"nndl/neural_net.py": "x = 1\n"}))
    grader = Grader(service, executor=lambda _: Here(answer))
    one = hand_in()
    grader.grade(one.id)
    assert service.store.hand_in(one.id).state == "done"


def handed_in(sources):
    """Stand for a submission that was read."""
    files = [SimpleNamespace(path=name) for name in sources]
    return SimpleNamespace(
        files=files, artifacts=(), tree=SimpleNamespace(read=lambda name: sources[name].encode())
    )


def test_where_python_cannot_read_a_file_is_told_and_code_is_only_parsed(tmp_path):
    made = tmp_path / "made"
    sources = {
        "fine.py": f"open({str(made)!r}, 'w')\n".encode(),
        "latin.py": "# -*- coding: latin-1 -*-\nx = 'größer'\n".encode("latin-1"),
        "tab.py": b"if x:\n\ty = 1\n        z = 2\n",
        "deep.py": b"x = " + b"(" * 100_000,
        "zero.py": b"x = 1\0",
    }
    found = not_python(sources)
    assert found.keys() == {"tab.py", "deep.py", "zero.py"}
    assert found["tab.py"][0] == 3
    assert not made.exists()
