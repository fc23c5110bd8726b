"""The steps of the Containerfile, as far as a machine without a container engine can take them."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from .conftest import ROOT, environment, pip

pytestmark = [pytest.mark.slow, pytest.mark.sandbox]

FILE = ROOT / "Containerfile"


def instructions() -> list[tuple[str, str]]:
    """Return the instructions, without comments, each with its argument."""
    text = re.sub(r"^#.*\n", "", FILE.read_text(encoding="utf-8"), flags=re.MULTILINE).replace("\\\n", " ")
    return [
        (line.split(maxsplit=1)[0], line.split(maxsplit=1)[1]) for line in text.splitlines() if line.strip()
    ]


def of(kind: str) -> list[str]:
    return [argument for name, argument in instructions() if name == kind]


def test_nothing_in_it_is_beyond_these_tests():
    assert {name for name, _ in instructions()} == {
        "ARG", "FROM", "RUN", "COPY", "WORKDIR", "EXPOSE", "ENTRYPOINT", "CMD",
    }  # fmt: skip
    assert len(of("RUN")) == 2
    assert of("ARG") == ["PYTHON=3.12"]
    # a first process that takes leave of what killed ones have left; `autograder serve` waits for its own alone
    assert of("ENTRYPOINT") == ['["tini", "--"]']
    (base,) = of("FROM")
    assert re.fullmatch(r"docker\.io/library/python:\$\{PYTHON\}-slim-\w+", base)


def test_the_packages_of_the_system_exist_and_hold_what_the_sandbox_needs():
    (apt, _) = of("RUN")
    packages = re.search(r"install -y --no-install-recommends ([\w -]+?) &&", apt)[1].split()
    assert "tini" in packages
    if shutil.which("apt-get") is None or not list(Path("/var/lib/apt/lists").glob("*Packages*")):
        pytest.skip("this machine has no list of Debian packages")
    done = subprocess.run(
        ["apt-get", "install", "--simulate", *packages], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    for program in ("bwrap", "prlimit", "setpriv", "choom"):
        assert shutil.which(program), program


def test_the_wheels_install_as_it_says_and_its_command_runs(wheels, installed, tmp_path):
    (copied,) = of("COPY")
    *patterns, target = copied.split()
    assert [
        len(list(folder.glob(pattern))) for folder, pattern in zip((wheels, ROOT), patterns, strict=True)
    ] == [2, 1]
    (_, install) = of("RUN")
    ours, rest = (re.sub(r"\s+", " ", part).strip() for part in install.split("&&"))
    begins = "python -m pip install --no-cache-dir "
    (options,) = re.findall(
        rf"{begins}(--no-index --no-deps) --find-links {target.rstrip('/')} nndl nndl-autograder", ours
    )
    # with the extra the command `autograder serve` has what it needs
    assert rest == f'{begins}-c {target}{patterns[1]} "nndl-autograder[service]"'
    python = environment(tmp_path / "fresh")
    of_others = tmp_path / "dist"  # a release has wheels for other machines, too
    shutil.copytree(wheels, of_others)
    for path in wheels.glob("nndl-*.whl"):
        shutil.copy(path, of_others / f"{'-'.join(path.name.split('-')[:2])}-cp39-cp39-macosx_11_0_arm64.whl")
    pip("--python", python, "install", *options.split(), "--find-links", of_others, "nndl", "nndl-autograder")
    (command,) = of("CMD")
    said = installed.run(tmp_path, *re.findall(r'"([^"]+)"', command))
    assert "Submissions can be sandboxed here" in said
