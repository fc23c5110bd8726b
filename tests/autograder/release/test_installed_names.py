"""Which names a requirements.txt brings along."""

from __future__ import annotations

import shutil
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


def test_names_are_read_once_and_again_when_something_is_installed(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    monkeypatch.syspath_prepend(str(tmp_path))
    record = tmp_path / "shown-1.0.dist-info"
    record.mkdir()
    (record / "METADATA").write_text("Metadata-Version: 2.1\nName: shown\nVersion: 1.0\n")
    (record / "RECORD").write_text("shown/__init__.py,,\n")
    read, read_names = [], installed_names._read_names

    def noted(names):
        read.append(names)
        return read_names(names)

    monkeypatch.setattr(installed_names, "_read_names", noted)

    def names():
        installed_names._names_of_all.cache_clear()
        return installed_names.installed_names("shown==1.0  # or later\n")

    assert names() == names() == ("shown",)
    assert len(read) == 1
    (tmp_path / "other.txt").write_text("a file beside it")
    assert names() == ("shown",)
    assert len(read) == 1
    shutil.rmtree(record)
    later = tmp_path / "shown-2.0.dist-info"
    later.mkdir()
    (later / "METADATA").write_text("Metadata-Version: 2.1\nName: shown\nVersion: 2.0\n")
    (later / "RECORD").write_text("renamed.py,,\n")
    assert names() == ("renamed",)
    installed_names._names_of_all.cache_clear()
