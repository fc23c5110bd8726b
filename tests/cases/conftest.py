"""What the cases share: a machine that has a sandbox, and courses for nbgrader."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from .nbgrader_course import Course, generate
from .project import autograder


@pytest.fixture(scope="session")
def sandboxed() -> None:
    """Skip, with the advice, where no sandbox can run."""
    doctor = autograder("doctor")
    if doctor.exit_code != 0:
        pytest.skip(doctor.output)


@pytest.fixture(scope="session")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Return a course with the release of a milestone, made once; not to be written to."""
    made: dict[str, Path] = {}

    def course(milestone: str) -> Path:
        if milestone not in made:
            made[milestone] = tmp_path_factory.mktemp("generated")
            generate(made[milestone], milestone)
        return made[milestone]

    return course


@pytest.fixture
def new_course(generated: Callable[[str], Path], tmp_path: Path, sandboxed: None) -> Callable[[str], Course]:
    """Return a fresh copy of a course after the release of a milestone."""

    def course(milestone: str) -> Course:
        return Course.copied(generated(milestone), tmp_path / "course", milestone)

    return course
