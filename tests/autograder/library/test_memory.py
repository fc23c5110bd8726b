"""Memory of large arrays is kept for the next ones."""

from __future__ import annotations

import resource

import numpy as np

from autograder.library.memory import keep_memory_of_large_arrays

NUMBERS = 3 << 20  # of 8 bytes: 24 MiB


def test_a_second_large_array_costs_no_page_faults():
    keep_memory_of_large_arrays()
    np.ones(NUMBERS)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    np.ones(NUMBERS)
    faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
    assert faults < 8 * NUMBERS // resource.getpagesize() / 10
