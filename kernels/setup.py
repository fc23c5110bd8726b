"""Build of the kernels as a distribution of their own; how they are compiled is said beside their sources."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path
from types import ModuleType

from setuptools import setup

FAST = Path(__file__).resolve().parents[1] / "source_lib" / "nndl" / "fast"
SOURCES = Path("build/sources")


def by_path(name: str, path: Path) -> ModuleType:
    """Return a module of the library without importing the library."""
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if not FAST.is_dir():
    raise SystemExit(
        "nndl-kernels is built in the repository of the course: its sources are in source_lib/nndl/fast"
    )
fast, kernels = by_path("fast", FAST / "__init__.py"), by_path("extensions", FAST / "extensions.py")
shutil.rmtree(SOURCES, ignore_errors=True)
SOURCES.mkdir(parents=True)
for path in (*FAST.glob("*.pyx"), *(FAST / name for name in fast.SOURCES)):
    shutil.copy(path, SOURCES)
Path("nndl_kernels/_digest.py").write_text(
    f'"""The sources that these kernels were made of."""\n\nDIGEST = "{fast.digest(FAST)}"\n',
    encoding="utf-8",
)
extensions = kernels.extensions("nndl_kernels", SOURCES.as_posix())
if not extensions:
    raise SystemExit("these kernels need Cython, and a compiler with vector types: gcc or clang")
for extension in extensions:
    extension.optional = False  # a wheel without kernels would be of no use
setup(ext_modules=extensions)
