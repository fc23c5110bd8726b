"""How the kernels are compiled; for the two ``setup.py`` that do it, which load this file by its path."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

from setuptools import Extension
from setuptools.command.build_ext import build_ext

X86 = platform.machine().lower() in {"x86_64", "amd64"}


class BuildWhatIsPossible(build_ext):
    """Leave out an extension that cannot be built, with one line that says why."""

    def build_extension(self, ext: Extension) -> None:
        """Build one extension if that is possible."""
        try:
            super().build_extension(ext)
        except Exception as error:  # a missing compiler and a failing one raise errors of many types
            print(f"{ext.name} was not built ({error}): nndl works without it, only slower", file=sys.stderr)


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


def extensions(package: str, folder: str) -> list[Extension]:
    """Return one extension with AVX2 instructions, where the processor family has them, and one without.

    Parameters
    ----------
    package : str
        The package that the extensions belong to.
    folder : str
        Where their sources lie.
    """
    if sys.platform == "win32":  # Microsoft's compiler has no vector types
        return []
    try:
        from Cython.Build import cythonize
    except ImportError:
        print(
            "the kernels need Cython, which is not installed: `python -m nndl build` fetches it",
            file=sys.stderr,
        )
        return []
    builds: dict[str, list[str]] = {"baseline": []}
    if X86:
        builds["avx2"] = ["-mavx2", "-mfma"]
    openmp = openmp_flags()
    modules = [
        Extension(
            f"{package}._kernels_{name}",
            [f"{folder}/_kernels_{name}.pyx"],
            include_dirs=[folder],
            depends=[f"{folder}/kernels.pxi", f"{folder}/microkernels.h", f"{folder}/microkernels_body.h"],
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
