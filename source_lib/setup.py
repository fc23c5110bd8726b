"""Build of the optional Cython kernels, and two files beside the package; everything else is in ``pyproject.toml``.

``python setup.py build_ext --inplace`` builds them next to their sources. Where that is not possible (no compiler, no
Cython, a compiler without vector types) the package installs without them, and the NumPy layers answer.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.command.build_py import build_py

FAST = "nndl/fast"
HOOK = "nndl/compat/startup"
X86 = platform.machine().lower() in {"x86_64", "amd64"}


class BuildWhatIsPossible(build_ext):
    """Leave out an extension that cannot be built, with one line that says why."""

    def build_extension(self, ext: Extension) -> None:
        """Build one extension if that is possible."""
        try:
            super().build_extension(ext)
        except Exception as error:  # a missing compiler and a failing one raise errors of many types
            print(f"{ext.name} was not built ({error}): nndl works without it, only slower", file=sys.stderr)


class BuildWithHook(build_py):
    """Put the files beside the package that find ``nndl.compat`` where a course's folder ``nndl`` hides the package."""

    def run(self) -> None:
        """Build the package, then copy the files."""
        super().run()
        if not self.editable_mode:
            for file in sorted(Path(HOOK).glob("*nndl_compat*.p*")):  # not every release has them
                self.copy_file(str(file), str(Path(self.build_lib, file.name)))


def openmp_flags() -> list[str]:
    """Return ``["-fopenmp"]`` if the C compiler can build a program with it, otherwise an empty list."""
    compiler = os.environ.get("CC", sysconfig.get_config_var("CC") or "cc").split()
    if shutil.which(compiler[0]) is None:
        return []
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "probe.c")
        source.write_text("#include <omp.h>\nint main(void) { return omp_get_max_threads() < 1; }\n")
        command = [*compiler, "-fopenmp", str(source), "-o", str(Path(folder, "probe"))]
        return (
            ["-fopenmp"] if subprocess.run(command, capture_output=True, check=False).returncode == 0 else []
        )


def extensions() -> list[Extension]:
    """Return one extension with AVX2 instructions, where the processor family has them, and one without."""
    if sys.platform == "win32":  # Microsoft's compiler has no vector types
        return []
    try:
        from Cython.Build import cythonize
    except ImportError:
        return []
    builds = {"baseline": []}
    if X86:
        builds["avx2"] = ["-mavx2", "-mfma"]
    openmp = openmp_flags()
    modules = [
        Extension(
            f"nndl.fast._kernels_{name}",
            [f"{FAST}/_kernels_{name}.pyx"],
            include_dirs=[FAST],
            depends=[f"{FAST}/kernels.pxi", f"{FAST}/microkernels.h", f"{FAST}/microkernels_body.h"],
            # a root that need not report negative numbers to the C library can be a vector instruction
            extra_compile_args=["-O3", "-fno-math-errno", *flags, *openmp],
            extra_link_args=openmp,
        )
        for name, flags in builds.items()
    ]
    modules = cythonize(modules, build_dir="build/cython")
    for module in modules:
        module.optional = True  # cythonize forgets it
    return modules


setup(ext_modules=extensions(), cmdclass={"build_ext": BuildWhatIsPossible, "build_py": BuildWithHook})
