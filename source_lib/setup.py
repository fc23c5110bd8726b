"""Build of the optional Cython kernels, and two files beside the package; everything else is in ``pyproject.toml``.

``python -m nndl build`` builds them next to their sources, and fetches Cython for it; where Cython is installed,
``python setup.py build_ext --inplace`` does the same. Where that is not possible (no compiler, a compiler without
vector types) the package installs without them, and the NumPy layers answer.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

FAST = "nndl/fast"
HOOK = "nndl/compat/startup"

# By its path: the package itself needs NumPy, which a build may not have.
_spec = importlib.util.spec_from_file_location("extensions", Path(__file__).parent / FAST / "extensions.py")
kernels = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(kernels)


class BuildWithHook(build_py):
    """Put the files beside the package that find ``nndl.compat`` where a course's folder ``nndl`` hides the package."""

    def run(self) -> None:
        """Build the package, then copy the files."""
        super().run()
        if not self.editable_mode:
            for file in sorted(Path(HOOK).glob("*nndl_compat*.p*")):  # not every release has them
                self.copy_file(str(file), str(Path(self.build_lib, file.name)))


setup(
    ext_modules=kernels.extensions("nndl.fast", FAST),
    cmdclass={"build_ext": kernels.BuildWhatIsPossible, "build_py": BuildWithHook},
)
