"""Build the kernels into this folder: what ``python -m nndl build`` does.

Students need a C compiler for it and nothing else: where Cython is not installed, pip fetches it for the build alone.
Everything happens in a copy, so that no build folders are left in what is handed in.
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]
_PROJECT = ("pyproject.toml", "setup.py")


def build() -> bool:
    """Build the kernels and say how it went; return whether they are there."""
    root = _PACKAGE.parent
    missing = [name for name in _PROJECT if not (root / name).is_file()]
    if missing:
        print(
            f"The kernels are built in the folder of your assignment, but {root} holds no {' and no '.join(missing)}."
        )
        return False
    if sys.platform == "win32":
        print(
            "On Windows there are no kernels: Microsoft's compiler cannot build them. NumPy does the same work."
        )
        return False
    print("Building the kernels takes about a minute.", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "source")
        shutil.copytree(_PACKAGE, copy / _PACKAGE.name, ignore=shutil.ignore_patterns("__pycache__", "*.so"))
        for name in _PROJECT:
            shutil.copy(root / name, copy)
        done = subprocess.run(_command(), cwd=copy, capture_output=True, text=True, check=False)
        built = _kernels(copy)
        for name, data in built.items():
            (_PACKAGE / "fast" / name).write_bytes(data)
    if built:
        print(f"{len(built)} kernels are in {_PACKAGE / 'fast'}. Restart the kernel of your notebook.")
        return True
    print(_why(done.stdout + done.stderr))
    return False


def _command() -> list[str]:
    if importlib.util.find_spec("Cython") and importlib.util.find_spec("setuptools"):
        return [sys.executable, "setup.py", "build_ext", "--inplace"]
    return [sys.executable, "-m", "pip", "wheel", "--no-deps", "--wheel-dir", "wheels", "."]


def _kernels(folder: Path) -> dict[str, bytes]:
    """Return the compiled files that a build has left: beside their sources, or in a wheel."""
    found = {path.name: path.read_bytes() for path in folder.glob("nndl/fast/_kernels_*.so")}
    for wheel in folder.glob("wheels/*.whl"):
        with zipfile.ZipFile(wheel) as packed:
            names = [
                n for n in packed.namelist() if n.startswith("nndl/fast/_kernels_") and n.endswith(".so")
            ]
            found |= {Path(name).name: packed.read(name) for name in names}
    return found


def _why(said: str) -> str:
    """Return what to do after a build without kernels, and the end of what it said."""
    lines = [line for line in said.splitlines() if line.strip()]
    reason = next((line for line in lines if "was not built" in line), "")
    if "No module named pip" in said:
        advice = "Install pip or Cython in this environment (`uv pip install cython setuptools`), and run it again."
    elif reason:
        advice = "Install a C compiler: `sudo apt install gcc` on Debian and Ubuntu, `xcode-select --install` on macOS."
    else:
        advice = "If the network is the reason, install Cython and setuptools where there is one, and run it again."
    end = "\n".join(f"    {line[:200]}" for line in ([reason] if reason else lines[-6:]))
    return f"The kernels could not be built; everything works without them, only slower. {advice}\n{end}"
