"""Which names a requirements.txt brings along."""

from __future__ import annotations

from typing import Any

from autograder.release import installed_names


class Distribution:
    """Stands for an installed one."""

    requires = (
        "numpy>=2",
        "pytest; extra == 'test'",
        'sphinx>=8; python_version >= "3" and extra == "docs"',
        "tqdm; extra == 'fast' or python_version >= '3'",
        "old; python_version < '3'",
        "typing; python_version >= '3'",
    )
    files = ()

    def read_text(self, name: str) -> str | None:
        return "shown/__init__.py,sha256=x,1\nalone.py,,\n../../bin/program,,\n" if name == "RECORD" else None


SHOWN: Any = Distribution()


def test_what_only_an_extra_requires_is_left_out():
    assert [*installed_names._required(SHOWN)] == ["numpy", "tqdm", "typing"]


def test_names_are_those_of_the_record():
    assert set(installed_names._top_level(SHOWN)) == {"shown", "alone", ".."}
