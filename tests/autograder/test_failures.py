"""Every failure has words."""

from __future__ import annotations

from autograder.failures import (
    LIMITS,
    Failure,
    LimitExceeded,
    WorkerDied,
)


def test_every_kind_of_limit_has_words():
    for kind in LIMITS:
        assert not any(c in str(LimitExceeded(kind, 3 << 20)) for c in "{}")
    assert str(LimitExceeded("memory", 256 << 20)) == "the code used more than 256 MiB of memory"
    assert issubclass(WorkerDied, Failure)
