"""What one process has found out of a known mistake, the others of the run need not find out again."""

from __future__ import annotations

import numpy as np
import pytest

from autograder.failures import Failure, LimitExceeded, StudentError, WorkerDied
from autograder.grading import class_memory, shared_records
from autograder.grading.class_memory import ClassMemory
from autograder.judging import milestone_content
from autograder.judging.check import CaseRecord, Finding
from autograder.judging.recognise import same_answers
from autograder.judging.run_case import CheckRun
from autograder.sources import Sources

FAILURES = [StudentError("ValueError", "no", "f.py", 3, from_code=True), LimitExceeded("wall", 2.0)]


@pytest.fixture(autouse=True)
def folder(tmp_path):
    shared_records.share_in(tmp_path / "shared")
    yield tmp_path / "shared"
    shared_records.share_in(None)


def record(failure=None):
    finding = Finding("dx", "dx", 0.0, "wrong", np.arange(3.0), np.ones(3))
    return CaseRecord(2, {"n": 3}, [finding], failure, {"dw"})


@pytest.mark.parametrize("failure", [None, *FAILURES])
def test_a_record_comes_back_as_it_was(failure, folder):
    assert shared_records.find("one") is None
    shared_records.share("one", record(failure), 100)
    found = shared_records.find("one")
    assert found is not None
    assert same_answers(found, record(failure))
    assert (found.index, found.case, found.unjudged) == (2, {"n": 3}, {"dw"})
    assert shared_records.find("other") is None
    assert folder.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("failure", [*FAILURES, WorkerDied("it ended", killed=True)])
def test_a_failure_is_made_of_its_values(failure):
    copy = Failure.from_values(failure.values())
    assert (type(copy), str(copy), vars(copy)) == (type(failure), str(failure), vars(failure))


def test_what_cannot_be_read_or_is_large_is_made_again(folder):
    shared_records.share("one", record(), 100)
    (file,) = folder.iterdir()
    file.write_bytes(file.read_bytes()[:-9])
    assert shared_records.find("one") is None
    shared_records.share("large", record(), 1 << 30)
    assert shared_records.find("large") is None


def test_no_process_fills_the_disk(monkeypatch, folder):
    monkeypatch.setattr(shared_records, "_MOST", 100)
    for name in ("one", "two", "three"):
        shared_records.share(name, record(), 100)
    assert len([*folder.iterdir()]) == 1


def test_what_a_process_has_no_room_for_it_reads_again(monkeypatch):
    milestone = Sources().milestone("two_layer_net")
    bug = milestone_content.bugs(milestone)[0]
    check = next(c for c in milestone_content.checks(milestone) if c.name == bug.concerns[0])
    monkeypatch.setattr(class_memory, "_RECORDS", 0)
    memory = ClassMemory(milestone, 7)
    run = CheckRun(check, memory.reference(), 7, milestone)
    first = memory.replay(run, bug, 0)
    assert memory._replays.size == 0
    monkeypatch.setattr(class_memory, "replay_case", pytest.fail)
    assert same_answers(memory.replay(run, bug, 0), first)


def test_nothing_is_shared_where_a_process_is_alone(folder):
    shared_records.share_in(None)
    shared_records.share("one", record(), 100)
    assert shared_records.find("one") is None
    assert list(folder.iterdir()) == []


def test_a_mistake_is_tried_by_one_process_of_a_run_and_by_each_run(monkeypatch):
    milestone = Sources().milestone("two_layer_net")
    bug = milestone_content.bugs(milestone)[0]
    check = next(c for c in milestone_content.checks(milestone) if c.name == bug.concerns[0])

    def shown(seed):
        memory = ClassMemory(milestone, seed)
        return memory.replay(CheckRun(check, memory.reference(), seed, milestone), bug, 0)

    first = shown(5)
    real = class_memory.replay_case
    tried = []

    def counted(*asked):
        tried.append(asked)
        return real(*asked)

    monkeypatch.setattr(class_memory, "replay_case", counted)
    assert same_answers(shown(5), first)
    assert tried == []
    assert not same_answers(shown(6), first)
    assert len(tried) == 1
