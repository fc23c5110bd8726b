"""Build of nndl-autograder; everything is in ``pyproject.toml`` but for what a wheel holds of the course.

In a checkout the notebooks, their documents and the exact versions lie beside the package; in a wheel in the package's
folder ``course_files``, where `autograder.sources` looks for them.
"""

from __future__ import annotations

from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

COURSE_FILES = (
    *("constraints.txt", "LICENSE", "source_lib/pyproject.toml", "source_lib/setup.py"),
    *("assignments/*/*.ipynb", "assignments/*/*.md", "assignments/*/images/*", "docs/*.md", "docs/img/*"),
    "Containerfile",
)


class BuildWithCourse(build_py):
    """Copy the course's files into the package of a wheel."""

    def run(self) -> None:
        """Build the package, then copy the files."""
        super().run()
        if self.editable_mode:
            return
        for pattern in COURSE_FILES:
            for file in sorted(path for path in Path().glob(pattern) if path.is_file()):
                target = Path(self.build_lib, "autograder", "course_files", file)
                target.parent.mkdir(parents=True, exist_ok=True)
                self.copy_file(str(file), str(target))


setup(cmdclass={"build_py": BuildWithCourse})
