"""The tool that says whether a release can be made."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SPEC = importlib.util.spec_from_file_location("check_release", ROOT / "tools" / "check_release.py")
tool = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(tool)


@pytest.fixture
def copy(tmp_path):
    """Return a folder with the files that name the version."""
    for name in (*tool.versions(ROOT), "SECURITY.md"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, tmp_path / name)
    return tmp_path


def edit(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_one_version_everywhere():
    assert tool.problems(ROOT) == []


@pytest.mark.parametrize("name", list(tool.versions(ROOT)))
def test_another_version_in_one_place_is_told(name, copy):
    version = tool.versions(ROOT)[name]
    edit(copy / name, version, "9.9.9")
    assert any("9.9.9" in problem for problem in tool.problems(copy))


def test_what_is_missing_for_a_tag_is_told(copy):
    version = tool.versions(ROOT)["pyproject.toml"]
    edit(copy / "CHANGELOG.md", f"## [{version}]", f"## [{version}] - soon\n\n## [{version}]")
    told = tool.problems(copy, "v9.9.9")
    assert [problem.partition(" ")[0] for problem in told] == ["the", "CHANGELOG.md", "SECURITY.md"]
    edit(copy / "CHANGELOG.md", f"## [{version}] - soon", f"## [{version}] - 2030-01-31")
    edit(copy / "SECURITY.md", tool.PLACEHOLDER, "security@example.org")
    assert tool.problems(copy, f"v{version}") == []


def test_there_is_one_placeholder_and_it_is_marked():
    text = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    assert text.count(tool.PLACEHOLDER) <= 1
    assert tool.PLACEHOLDER not in text or "placeholder" in text


def test_notes_are_the_newest_section():
    notes = tool.notes(ROOT)
    assert notes.startswith("### ")
    assert "\n## " not in notes
