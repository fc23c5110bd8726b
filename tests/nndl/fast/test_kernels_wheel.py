"""The distribution nndl-kernels: what is in a wheel, and that students' copies of nndl use it."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from nndl.fast import BUILD, SOURCES, digest

ROOT = Path(__file__).resolve().parents[3]
KERNELS = ROOT / "kernels"
TELL_IT = (
    "source_lib/setup.py",
    "assignments/cnn/README.md",
    "assignments/cnn/cnn.ipynb",
    "assignments/cnn/cnn.py",
    "docs/fast-convolution.md",
    "docs/student-guide.md",
)

pytestmark = pytest.mark.skipif(not KERNELS.is_dir(), reason="the sources of nndl-kernels are not here")


@pytest.mark.parametrize("file", TELL_IT)
def test_every_place_tells_the_one_command(file: str) -> None:
    assert BUILD in (ROOT / file).read_text(encoding="utf-8")


def test_other_sources_have_another_digest(tmp_path: Path) -> None:
    folder = ROOT / "source_lib" / "nndl" / "fast"
    for name in SOURCES:
        shutil.copy(folder / name, tmp_path)
    assert digest(tmp_path) == digest(folder)
    (tmp_path / SOURCES[0]).write_text("other")
    assert digest(tmp_path) != digest(folder)


def environment(folder: Path, *packages: str) -> Path:
    """Return the Python of a new environment with some packages."""
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    python = folder / "bin" / "python"
    installed = subprocess.run(
        [python, "-m", "pip", "install", "-q", "--disable-pip-version-check", *packages],
        capture_output=True,
        text=True,
        check=False,
    )
    if "No matching distribution" in installed.stderr or "Could not find" in installed.stderr:
        pytest.skip(f"{packages[0]} cannot be had here")
    assert installed.returncode == 0, installed.stderr
    return python


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("Cython")
    folder = tmp_path_factory.mktemp("wheel")
    # As much of the repository as the build reads, so that it leaves nothing in it.
    shutil.copytree(KERNELS, folder / "kernels", ignore=shutil.ignore_patterns("build", "*.egg-info"))
    shutil.copytree(ROOT / "source_lib" / "nndl" / "fast", folder / "source_lib" / "nndl" / "fast")
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "./kernels"]
    built = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    (found,) = folder.glob("*.whl")
    return found


@pytest.mark.slow
def test_a_wheel_holds_no_answers(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as packed:
        names = packed.namelist()
        texts = [packed.read(name).decode() for name in names if name.endswith(".py")]
    own = {Path(name).name.partition(".")[0] for name in names if ".dist-info/" not in name}
    assert own == {"__init__", "_digest", "_kernels_avx2", "_kernels_baseline"} or own == {
        "__init__",
        "_digest",
        "_kernels_baseline",  # another family of processors
    }
    assert not any("BEGIN SOLUTION" in text or "def conv" in text for text in texts)


@pytest.mark.slow
@pytest.mark.parametrize("numpy", ["numpy==2.0.2", "numpy"])
def test_a_copy_without_kernels_uses_those_of_the_wheel(wheel: Path, tmp_path: Path, numpy: str) -> None:
    """The oldest NumPy that is allowed, and the newest there is."""
    python = environment(tmp_path / "env", numpy, str(wheel))
    tried = subprocess.run([python, KERNELS / "try_them.py"], capture_output=True, text=True, check=False)
    assert tried.returncode == 0, tried.stderr
    assert "agree with NumPy" in tried.stdout
