"""Building the kernels: with sanitizers, with other compilers, and without any."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from nndl.fast import BUILD

SOURCE = Path(__file__).resolve().parents[3] / "source_lib"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (SOURCE / "setup.py").is_file(), reason="the sources of nndl are not here"),
]

EXERCISE = """
import numpy as np
from nndl.fast import cython_layers as fast

rng = np.random.default_rng(0)
for name in ("_kernels_avx2", "_kernels_baseline"):
    fast._kernels = getattr(fast, name, None)
    if fast._kernels is None or not fast._kernels.runs_here():
        continue
    for dtype in np.float32, np.float64:
        for trial in range(150):
            n, channels = rng.integers(1, 5, size=2)
            filters = int(rng.integers(1, 36))
            pad, stride = int(rng.integers(0, 4)), int(rng.integers(1, 5))
            kernel = rng.integers(1, 6, size=2)
            image = np.maximum(1, kernel - 2 * pad) + rng.integers(0, 30, size=2)
            x, w, b = (
                rng.normal(size=s).astype(dtype)
                for s in ((n, channels, *image), (filters, channels, *kernel), (filters,))
            )
            out, cache = fast.conv_forward_fast(x, w, b, {"stride": stride, "pad": pad})
            fast.conv_backward_fast(out, cache)
            window = [int(min(k, size)) for k, size in zip(kernel, image)]
            param = {"pool_height": window[0], "pool_width": window[1], "stride": stride}
            out, cache = fast.max_pool_forward_fast(x, param)
            fast.max_pool_backward_fast(out, cache)
        fast.ADAM_BLOCK = 100
        for size in 1, 7, 99, 100, 101, 1003:
            w, dw, m, v = rng.uniform(size=(4, size)).astype(dtype)
            fast.adam_step(w, dw, m, v, learning_rate=0.1, beta1=0.9, beta2=0.99, epsilon=1e-8, t=2)
    print("exercised", name)
"""


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """Return a copy of the library without anything built."""
    built = shutil.ignore_patterns("*.so", "*.pyd", "*.egg-info", "build", "__pycache__", ".*_cache")
    return Path(shutil.copytree(SOURCE, tmp_path / "source", ignore=built))


def build(sources: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "setup.py", "build_ext", "--inplace"]
    return subprocess.run(
        command, cwd=sources, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )


def exercise(sources: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run all kernels on many shapes in a fresh interpreter."""
    return subprocess.run(
        [sys.executable, "-c", EXERCISE],
        cwd=sources,
        env={**os.environ, "PYTHONPATH": str(sources), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def need(compiler: str) -> None:
    if shutil.which(compiler) is None:
        pytest.skip(f"{compiler} is not installed")


def test_no_access_outside_of_arrays_and_no_undefined_behaviour(sources: Path) -> None:
    need("gcc")
    runtime = subprocess.run(
        ["gcc", "-print-file-name=libasan.so"], capture_output=True, text=True, check=True
    ).stdout.strip()
    if not Path(runtime).is_file():
        pytest.skip("gcc's address sanitizer is not installed")
    flags = "-fsanitize=address,undefined -fno-sanitize-recover=undefined -g1"
    built = build(sources, CC="gcc", CFLAGS=flags, LDFLAGS=flags)
    assert built.returncode == 0, built.stderr
    ran = exercise(
        sources,
        LD_PRELOAD=str(Path(runtime).resolve()),
        ASAN_OPTIONS="detect_leaks=0",  # the interpreter keeps memory to its end
        PYTHONMALLOC="malloc",
        OMP_NUM_THREADS="2",
    )
    assert ran.returncode == 0, ran.stderr[-4000:]
    assert "exercised _kernels_baseline" in ran.stdout


def test_clang_builds_them_too(sources: Path) -> None:
    need("clang")
    built = build(sources, CC="clang", LDSHARED="clang -shared")
    assert built.returncode == 0, built.stderr
    ran = exercise(sources)
    assert ran.returncode == 0, ran.stderr
    assert "exercised _kernels_baseline" in ran.stdout


def test_without_openmp_there_is_one_thread(sources: Path) -> None:
    setup = sources / "nndl" / "fast" / "extensions.py"
    text = setup.read_text(encoding="utf-8")
    assert '"-fopenmp"' in text
    setup.write_text(text.replace('"-fopenmp"', '"-fno-such-flag"'), encoding="utf-8")
    built = build(sources)
    assert built.returncode == 0, built.stderr
    ask = "from nndl.fast import cython_layers as c; print(c._threads(9))"
    told = subprocess.run(
        [sys.executable, "-c", ask],
        cwd=sources,
        env={**os.environ, "PYTHONPATH": str(sources), "OMP_NUM_THREADS": "4"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.split() == ["1"]


@pytest.mark.parametrize("missing", ["compiler", "Cython"])
def test_without_a_compiler_or_cython_the_numpy_layers_answer(sources: Path, missing: str) -> None:
    if missing == "compiler":
        built = build(sources, CC="/no/such/compiler")
    else:
        without = (
            "import sys; sys.modules['Cython'] = None; sys.argv = ['setup.py', 'build_ext', '--inplace']; "
        )
        run = "import runpy; runpy.run_path('setup.py', run_name='__main__')"
        built = subprocess.run(
            [sys.executable, "-c", without + run], cwd=sources, capture_output=True, text=True, check=False
        )
    assert built.returncode == 0, built.stderr
    assert not list(sources.rglob("*.so"))
    ask = (
        "import numpy as np; from nndl import fast_layers as f; print(f.backend()); "
        "f.max_pool_forward_fast(np.ones((1, 1, 2, 2)), {'pool_height': 2, 'pool_width': 2, 'stride': 2})"
    )
    told = subprocess.run(
        [sys.executable, "-c", ask],
        cwd=sources,
        env={**os.environ, "PYTHONPATH": str(sources)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.split() == ["numpy"]
    assert f"run `{BUILD}` in {sources}" in told.stderr
