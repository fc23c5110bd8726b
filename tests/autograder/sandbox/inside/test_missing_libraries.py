"""Imports that are left in a student's file: quiet until they are used, and then the rule is named."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path

import numpy as np
import pytest

from autograder.sandbox.inside import missing_libraries
from autograder.sandbox.inside.missing_libraries import LibraryNotHere

DESCRIPTION = {
    "libraries": ["numpy"],
    "quiet_imports": ["plotting", "bars"],
    "files": [{"name": "handed_in.py"}],
}
RULE = r"it may use NumPy and what comes with Python 3\.\d+, and nothing else"


@pytest.fixture
def run(tmp_path: Path, monkeypatch):
    """Import a file of a submission."""
    (tmp_path / "assignment.json").write_text(json.dumps(DESCRIPTION))
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    missing_libraries.install(str(tmp_path))
    before = set(sys.modules)

    def imported(text: str, name: str = "handed_in"):
        (tmp_path / f"{name}.py").write_text(text)
        importlib.invalidate_caches()
        return importlib.import_module(name)

    yield imported
    for name in set(sys.modules) - before:
        del sys.modules[name]


@pytest.mark.parametrize(
    "line",
    [
        "import plotting",
        "import plotting.curves",
        "import plotting.curves as name",
        "import plotting.a.b as name",
        "from plotting import curves",
        "from plotting.curves import draw as name, other",
        "from plotting import *",
        "import plotting, bars",
        "try:\n    import plotting\nexcept ImportError:\n    raise SystemExit",
        "def f(x: int):\n    from bars import bar",
    ],
)
def test_what_requirements_install_is_imported_quietly(run, line):
    assert run(f"{line}\nvalue = 1\n").value == 1


@pytest.mark.parametrize(
    "use",
    [
        "plotting.draw(1)",
        "name.draw",
        "name(range(3))",
        "[step for step in name]",
        "name[0]",
        "name * 2.0",
        "2.0 * name",
        "np.float64(2) * name",
        "np.ones(3) * name",
        "np.exp(name)",
        "len(name)",
        "float(name)",
        "type('A', (), {'f': name.f})",
    ],
)
def test_the_first_use_names_the_rule(run, use):
    module = run(
        f"import numpy as np\nimport plotting\nfrom plotting import name\ndef f():\n    return {use}\n"
    )
    with pytest.raises(
        LibraryNotHere, match=rf"^plotting[.a-z]+ was used, but graded code has no plotting: {RULE}$"
    ):
        module.f()


def test_a_class_cannot_be_made_from_one(run):
    with pytest.raises(LibraryNotHere, match=RULE):
        run("from plotting import Base\nclass A(Base):\n    pass\n")


def test_any_other_missing_library_is_named_with_the_rule(run):
    with pytest.raises(ModuleNotFoundError, match=f"^graded code has no panels: {RULE}$"):
        run("from panels.frames import Frame\n")


def test_a_file_may_still_do_without(run):
    assert run("try:\n    import panels\nexcept ImportError:\n    panels = None\n").panels is None


def test_a_module_of_the_course_may_import_what_it_shows_things_with(run):
    run("import plotting\n", "of_the_course")
    assert run("from of_the_course import plotting\n").plotting.__name__ == "plotting"


def test_the_courses_own_functions_find_out_that_a_library_is_missing(run):
    module = run("def f():\n    import bars\n", "of_the_course")
    with pytest.raises(ModuleNotFoundError, match=r"^No module named 'bars'$"):
        module.f()


def test_a_library_that_looks_for_another_one_finds_nothing(run):
    with pytest.raises(ModuleNotFoundError, match=r"^No module named 'plotting'$"):
        exec(compile("import plotting", "/elsewhere/library.py", "exec"), {})


def test_what_is_there_is_the_real_thing(run):
    module = run("import numpy as np\nimport math\nfrom collections import deque\n")
    assert module.np is np
