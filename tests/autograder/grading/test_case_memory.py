"""A submission that answers as another one did is asked the same, and judged the same, without the check being run."""

from __future__ import annotations

import itertools
import time
from dataclasses import replace

import numpy as np
import pytest

from autograder.failures import LimitExceeded, StudentError, WorkerDied
from autograder.grading.case_memory import CaseMemory
from autograder.judging.check import check
from autograder.judging.compare import claim, close, keep
from autograder.judging.run_case import CheckRun
from autograder.library import conversations
from autograder.library.conversations import Conversations, Said, Turn
from autograder.library.remote.library import RemoteLibrary
from autograder.milestone import Milestone, classes, values
from autograder.sandbox.availability import sandbox_availability
from autograder.sandbox.worker_sandbox import Sandbox
from tests.autograder.judging.samples import library

pytestmark = pytest.mark.sandbox

API = {**values("nndl.small", "double", "count"), **classes("nndl.small", "Net")}
MILESTONE = Milestone("small", "Small", api=API)
RIGHT = """
import os
import time

asked = 0

def double(x):
    global asked
    asked += 1
    return 2 * x

def count():
    return asked

class Net:
    def loss(self, x):
        return x.sum()
"""
IN_OTHER_WORDS = RIGHT.replace("2 * x", "x + x")
WRONG = RIGHT.replace("2 * x", "3 * x")
WRONG_FOR_LARGE = RIGHT.replace("2 * x", "2 * x if x.size < 5 else 5 * x")
WITHOUT_A_NET = RIGHT.replace("x.sum()", "x.total")

runs = itertools.count()


class Net:
    def loss(self, x):
        return x.sum()


def reference():
    return library(double=lambda x: 2 * x, Net=Net)


@check(points=2, parts=("double", "loss"), demands=("unchanged",), cases=({"n": 2}, {"n": 9}))
def small(trial, *, n):
    """Doubles, and sums up."""
    next(runs)
    x = trial.draw.normal(n)
    kept = keep(trial.student, x=x)
    yield from close({"double": (trial.student.double(*kept), 2 * x)})
    yield from kept.unchanged("unchanged")
    net = trial.student.make("Net")
    yield from close({"loss": (net.loss(trial.student.double(x)), 2 * x.sum())}, scale=9.0)


@pytest.fixture
def hand_in(tmp_path):
    """Give what runs all cases of a check on code, and returns the records and how often its body was run."""
    if not sandbox_availability().ok:
        pytest.skip(sandbox_availability().advice)
    numbers = itertools.count()

    def graded(code, memory, a_check=small, limit=10.0, pause=0.0):
        folder = tmp_path / str(next(numbers))
        (folder / "nndl").mkdir(parents=True)
        (folder / "nndl" / "__init__.py").write_text("")
        (folder / "nndl" / "small.py").write_text(code)
        for path in (folder, *folder.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)
        before = next(runs)
        run = CheckRun(a_check, reference(), 3, MILESTONE, memory=memory)
        with RemoteLibrary(folder, MILESTONE) as lib, lib.limits(wall=4 * limit, call=limit):
            records = []
            for index in range(len(a_check.cases)):
                records.append(run.run_case(lib, index))
                time.sleep(pause)
            count = lib.count()
        return records, next(runs) - before - 1, count

    return graded


def shown(records):
    return [(repr(r.findings), repr(r.failure), r.unjudged) for r in records]


@pytest.mark.parametrize("code", [RIGHT, IN_OTHER_WORDS, WRONG, WRONG_FOR_LARGE, WITHOUT_A_NET])
def test_what_is_shown_is_the_same_with_and_without_memory(hand_in, code):
    alone = hand_in(code, None)
    memory = CaseMemory()
    hand_in(RIGHT, memory)
    hand_in(WRONG, memory)
    first, again = hand_in(code, memory), hand_in(code, memory)
    for records, _, asked in (first, again):
        assert shown(records) == shown(alone[0])
        assert asked == alone[2] == 4  # everybody is asked everything once
    assert again[1] == 0
    assert first[1] == {WRONG_FOR_LARGE: 1, WITHOUT_A_NET: 4}.get(
        code, 0
    )  # two of the four with the reference


def test_the_same_is_sent_to_everybody(hand_in, monkeypatch):
    sent: list[bytes] = []
    exchange = Sandbox.exchange

    def noted(box, message, *rest):
        if b"count" not in message:  # which the test asks for, and not the check
            sent.append(message)
        return exchange(box, message, *rest)

    monkeypatch.setattr(Sandbox, "exchange", noted)
    memory = CaseMemory()
    for code in (RIGHT, RIGHT, WITHOUT_A_NET):
        hand_in(code, memory)
    whole = len(sent) // 3
    assert sent[:whole] == sent[whole : 2 * whole] == sent[2 * whole :]


def test_what_is_returned_may_be_changed(hand_in):
    memory = CaseMemory()
    for _ in range(3):
        records, _, _ = hand_in(RIGHT, memory)
        assert len(records[0].findings) == 3
        assert not records[0].unjudged
        records[0].findings.clear()
        records[0].unjudged.add("double")


@pytest.mark.parametrize(
    ("line", "failure"),
    [
        ("time.sleep(9)", LimitExceeded),
        ("os._exit(3)", WorkerDied),
        ("raise ValueError('no')", StudentError),
    ],
)
def test_code_that_ends_where_others_went_on_is_judged_as_alone(hand_in, line, failure):
    code = RIGHT.replace("        return x.sum()", f"        {line}")
    memory = CaseMemory()
    hand_in(RIGHT, memory)
    records, asked_anew, _ = hand_in(code, memory, limit=1.0)
    alone, _, _ = hand_in(code, None, limit=1.0)
    assert [type(record.failure) for record in records] == [failure] * 2
    assert [len(record.findings) for record in records] == [2, 2]
    assert [r.unjudged for r in records] == [r.unjudged for r in alone] == [{"loss"}] * 2
    assert asked_anew >= 2


def test_a_check_that_asks_what_nobody_can_foresee_is_run_each_time(hand_in):
    numbers = itertools.count(1)

    @check(points=1, cases=({},))
    def unforeseen(trial):
        """Asks for something else each time."""
        next(runs)
        x = np.ones(next(numbers))
        yield from close({"first": (trial.student.double(np.ones(1)), 2 * np.ones(1))}, part="result")
        yield from close({"second": (trial.student.double(x)[:1], 2 * np.ones(1))}, part="result")

    memory = CaseMemory()
    for code in (RIGHT, RIGHT, WRONG, RIGHT, WRONG):
        (record,), _, _ = hand_in(code, memory, unforeseen)
        assert record.failure is None
        assert all(finding.passed for finding in record.findings) == (code is RIGHT)


def test_a_library_in_this_process_is_not_remembered():
    memory = CaseMemory()
    run = CheckRun(small, reference(), 3, MILESTONE, memory=memory)
    for _ in range(2):
        before = next(runs)
        assert all(finding.passed for finding in run.run_case(reference(), 0).findings)
        assert next(runs) - before == 2


def turn(message):
    return Turn("call", "f", False, [], message)


def said(*pairs):
    return [Said(turn(message), reply, False) for message, reply in pairs]


def outcome(conversation, *replies):
    """Follow replies through a conversation to what came of them."""
    here, answer = conversation.first, None
    for reply in replies:
        answer = conversations.given(here, reply) if here is not None else None
        if answer is None:
            return None
        here = answer.then
    return answer.outcome


def test_what_came_of_answers_is_found_by_all_of_them():
    known = Conversations()
    about = known.about("a case")
    known.keep(about, said((b"1", b"a"), (b"2", b"b")), "first", 1, is_right=True)
    known.keep(about, said((b"1", b"a"), (b"2", b"c"), (b"3", b"d")), "second", 1, is_right=True)
    known.keep(about, said((b"1", b"x")), "third", 1, is_right=True)
    assert outcome(about, b"a", b"b") == "first"
    assert outcome(about, b"a", b"c", b"d") == "second"
    assert outcome(about, b"x") == "third"
    assert outcome(about, b"a") is outcome(about, b"a", b"d") is outcome(known.about("another"), b"a") is None
    assert known.size == 3 + 8 * (1 + conversations._ITEM)  # what is said twice is kept once
    known.keep(about, said((b"1", b"a"), (b"other", b"b")), "fourth", 1, is_right=True)
    assert not about.repeatable


def test_memory_is_bounded_and_mistakes_take_a_part_of_it():
    known = Conversations(capacity=100_000)
    for number in range(40):
        wrong = said((b"question", bytes([number]) * 2000))
        known.keep(known.about(number), wrong, "wrong", 2000, is_right=False)
    assert known.size <= 100_000 // conversations.OF_MISTAKES
    for number in range(40, 200):
        known.begin()
        known.keep(known.about(number), said((b"question", b"answer")), "right", 2000, is_right=True)
    assert 90_000 < known.size <= 100_000
    assert outcome(known.about(40), b"answer") == "right"
    assert outcome(known.about(199), b"answer") is None


def test_so_many_different_answers_are_remembered_and_no_more():
    known = Conversations()
    about = known.about("a case")
    for number in range(100):
        known.keep(about, said((b"1", str(number).encode())), number, 1, is_right=True)
    assert len(about.first.answers) < 20
    assert outcome(about, b"3") == 3


def test_large_arrays_are_remembered_once(hand_in):
    @check(points=1, cases=({},))
    def large(trial):
        """Doubles many numbers."""
        x = trial.draw.normal(5000)
        yield from close({"result": (trial.student.double(x), 2 * x)})

    memory = CaseMemory()
    hand_in(RIGHT, memory, large)
    one = memory._conversations.size
    assert 5000 * 8 * 3 < one < 5000 * 8 * 4  # what was asked, what was answered, and what was found
    nearly = RIGHT.replace("2 * x", "2 * x * (1 + 1e-14)")
    hand_in(nearly, memory, large)
    assert one + 5000 * 8 * 2 < memory._conversations.size < one + 5000 * 8 * 3
    (record,), _, _ = hand_in(nearly, memory, large)
    assert record.findings[0].passed
    assert record.findings[0].actual is not record.findings[0].expected


def test_checks_with_the_same_body_are_remembered_apart(hand_in):
    def factor(trial, *, by):
        """Multiplies."""
        x = trial.draw.normal(4)
        yield from close({"result": (trial.student.double(x), by * x)})

    twice = check(points=1, cases=({"by": 2},))(factor)
    thrice = replace(check(points=1, cases=({"by": 3},))(factor), name="thrice")
    memory = CaseMemory()
    for a_check, right in ((twice, True), (thrice, False), (twice, True)):
        (record,), _, _ = hand_in(RIGHT, memory, a_check)
        assert (not record.failed_parts()) is right


def test_a_check_that_looks_at_more_than_answers_is_always_run(hand_in):
    moods = iter([True, False])

    @check(points=1, answers_only=False)
    def double(trial):
        """Doubles in time."""
        next(runs)
        trial.student.double(trial.draw.normal(4))
        yield claim("result", "time", next(moods), "too slow", expected="fast", actual="slow")

    memory = CaseMemory()
    assert [bool(hand_in(RIGHT, memory, double)[0][0].failed_parts()) for _ in range(2)] == [False, True]


def test_one_submission_fills_half_of_the_memory_at_most():
    kept = Conversations(100_000)

    def keep_one(case, size):
        said = [Said(Turn("call", "f", False, [], b"question"), b"answer", False)]
        return kept.keep(kept.about(case), said, "outcome", size, is_right=True)

    kept.begin()
    assert keep_one(1, 40_000)
    assert not keep_one(2, 40_000)
    kept.begin()
    assert keep_one(2, 40_000)


def test_who_dies_between_cases_is_judged_as_if_nobody_had_answered_before(hand_in):
    dies = "import threading\n" + RIGHT.replace(
        "    return 2 * x", "    threading.Timer(0.05, os._exit, [0]).start()\n    return 2 * x"
    )

    @check(points=1, cases=({"n": 3}, {"n": 4}))
    def double(trial, *, n):
        """Doubles what it is given to keep."""
        x = trial.draw.normal(n)
        kept = keep(trial.student, x=x)
        yield from close({"result": (trial.student.double(*kept), 2 * x)})

    memory = CaseMemory()
    alone = shown(hand_in(dies, None, double, pause=0.5)[0])
    assert [failure for _, failure, _ in alone] == ["None", "None"]
    hand_in(RIGHT, memory, double)
    assert shown(hand_in(dies, memory, double, pause=0.5)[0]) == alone
