"""Two implementations of ``nndl.fast_layers``: Cython kernels, if they are built, and NumPy.

The kernels are built into this folder (``build.py``), or come in a wheel ``nndl-kernels``, which holds nothing else.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

BUILD = "python -m nndl build"
"""The command that builds the kernels, as every place that tells it has it."""

SOURCES = ("kernels.pxi", "microkernels.h", "microkernels_body.h")


def digest(folder: Path) -> str:
    """Return a number for the kernels' sources in a folder: compiled ones fit to those that they were made of."""
    whole = hashlib.sha256()
    for name in SOURCES:
        whole.update((folder / name).read_bytes().replace(b"\r\n", b"\n"))
    return whole.hexdigest()
