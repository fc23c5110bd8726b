"""Try an installed wheel with the library of this repository: run after each build, on each system.

The library is copied without kernels of its own, so that those of the wheel must answer.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

LIBRARY = Path(__file__).resolve().parents[1] / "source_lib" / "nndl"
ASK = """
import numpy as np
import nndl_kernels
from nndl import fast_layers as fast
from nndl.fast import cython_layers, numpy_layers as slow

assert fast.backend() == "cython", fast.backend()
assert cython_layers._kernels.__name__.startswith("nndl_kernels."), cython_layers._kernels
random = np.random.default_rng(0)
for dtype in np.float32, np.float64:
    x, w, b = (random.normal(size=size).astype(dtype) for size in ((5, 3, 9, 8), (4, 3, 3, 3), 4))
    param = {"stride": 2, "pad": 1}
    out, cache = fast.conv_forward_fast(x, w, b, param)
    want, other = slow.conv_forward_fast(x, w, b, param)
    near = dict(rtol=1e-4, atol=1e-4) if dtype == np.float32 else {}
    np.testing.assert_allclose(out, want, **near)
    for a, e in zip(fast.conv_backward_fast(out, cache), slow.conv_backward_fast(out, other), strict=True):
        np.testing.assert_allclose(a, e, **near)
print("the kernels of the wheel agree with NumPy", np.__version__)
"""


def main() -> None:
    """Run the trial in a process that sees the copy."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(LIBRARY, Path(folder, "nndl"), ignore=shutil.ignore_patterns("*.so", "__pycache__"))
        subprocess.run([sys.executable, "-c", ASK], cwd=folder, check=True)


if __name__ == "__main__":
    main()
