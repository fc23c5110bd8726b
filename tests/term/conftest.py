"""The two wheels in an environment of their own: nothing of the repository can be imported there."""

from __future__ import annotations

import site
import subprocess
import sys
import venv
from collections.abc import Callable
from pathlib import Path

import pytest

from .installed import SCRIPTS, Installed

ROOT = Path(__file__).resolve().parents[2]


def tracked_files() -> list[str]:
    """Return the files of the repository, new ones included."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def pip(*arguments: str | Path, **environment: str) -> None:
    """Run pip without a network."""
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q", *map(str, arguments)]
    done = subprocess.run(
        command, env={"PATH": "/usr/bin:/bin", **environment}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def tracked_wheels(tmp_path_factory, change: Callable[[Path], None] = lambda source: None) -> Path:
    """Build the two wheels from a copy of the sources with changes, as `make wheels` does, but without kernels."""
    source, dist = tmp_path_factory.mktemp("sources"), tmp_path_factory.mktemp("dist")
    for name in tracked_files():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_bytes((ROOT / name).read_bytes())
    change(source)
    for project in (source / "source_lib", source):
        pip("wheel", "--no-build-isolation", "--no-deps", "-w", dist, project, CC="false", HOME=str(dist))
    return dist


def install(wheels: Path, folder: Path, home: Path) -> Installed:
    """Install the wheels into an environment; their requirements are those of the environment of the tests."""
    python = folder / "bin" / "python"
    if not python.exists():
        environment(folder)
    pip("--python", python, "install", "--upgrade", "--no-deps", "--no-index", *sorted(wheels.glob("*.whl")))
    for name in SCRIPTS:
        script = folder / "bin" / name
        script.write_text(SCRIPTS[name].format(python=python))
        script.chmod(0o755)
    return Installed(folder, home)


@pytest.fixture(scope="session")
def wheels(tmp_path_factory) -> Path:
    """Return the folder of the two wheels."""
    return tracked_wheels(tmp_path_factory)


@pytest.fixture(scope="session")
def installed(wheels, tmp_path_factory) -> Installed:
    """Install the wheels into a fresh environment."""
    return install(wheels, tmp_path_factory.mktemp("environment"), tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="session")
def student(tmp_path_factory) -> Path:
    """Return an interpreter that finds NumPy and its like, and nothing of ours."""
    folder = tmp_path_factory.mktemp("student")
    return environment(folder)


def environment(folder: Path) -> Path:
    """Make an environment with the requirements of the tests' own, and return its interpreter."""
    venv.create(folder, with_pip=False, symlinks=True)
    # A line in a .pth file adds a folder, and not the editable installs of this repository that it holds.
    (packages,) = (folder / "lib").glob("python*/site-packages")
    (packages / "requirements.pth").write_text("\n".join(site.getsitepackages()) + "\n")
    return folder / "bin" / "python"
