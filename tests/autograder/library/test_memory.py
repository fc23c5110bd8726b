"""Memory of large arrays is kept for the next ones."""

from __future__ import annotations

import resource

import numpy as np

from autograder.library import memory
from autograder.library.memory import give_back_now_and_then, keep_memory_of_large_arrays

NUMBERS = 3 << 20  # of 8 bytes: 24 MiB


def test_a_second_large_array_costs_no_page_faults():
    keep_memory_of_large_arrays()
    np.ones(NUMBERS)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    np.ones(NUMBERS)
    faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
    assert faults < 8 * NUMBERS // resource.getpagesize() / 10


def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


def test_free_memory_between_what_is_kept_is_given_back_every_twentieth_time(monkeypatch):
    keep_memory_of_large_arrays()
    monkeypatch.setattr(memory, "_times", 0)
    arrays = [np.ones(1 << 18) for _ in range(40)]  # of 2 MiB
    del arrays[::2]
    for _ in range(19):
        give_back_now_and_then()
    before = resident()
    give_back_now_and_then()
    assert before - resident() > 20 << 20
    assert len(arrays) == 20


def test_another_c_library_has_no_such_function(monkeypatch):
    monkeypatch.setattr(memory, "_times", 19)
    monkeypatch.setattr(memory.ctypes, "CDLL", lambda name: object())
    give_back_now_and_then()
    assert memory._times == 20
