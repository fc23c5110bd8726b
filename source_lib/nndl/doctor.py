"""What works on this machine, and what to do about what does not: ``python -m nndl doctor``.

It runs where nothing is installed yet, so it imports nothing that does not come with Python.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

from .fast import BUILD

_ROOT = Path(__file__).resolve().parents[1]
_PYTHON = (3, 11)
_MEMORY, _DISK = (
    2.0,
    1.0,
)  # GB that are enough for every milestone; GB for CIFAR-10 and what it is unpacked from
_INSTALL = "run `python -m pip install -r requirements.txt` in the folder of the assignment"
_OFFLINE = "%env NNDL_DATA=offline"

Finding = tuple[str, str]
"""``ok``, ``note`` or ``wrong``, and a sentence."""


def examine() -> bool:
    """Print a line for each thing that was looked at; return whether nothing has to be mended."""
    signs = {"ok": "✓", "note": "·", "wrong": "✗"}
    findings = [finding for look in _LOOKS for finding in look()]
    for kind, text in findings:
        print(f"{signs[kind]} {text}")
    wrong = sum(kind == "wrong" for kind, _ in findings)
    print(
        f"{wrong} thing{'s' * (wrong != 1)} to mend." if wrong else "Everything is there. Open the notebook."
    )
    return not wrong


def _python() -> list[Finding]:
    here = f"Python {sys.version.split()[0]} ({sys.executable})"
    if sys.version_info < _PYTHON:
        wanted = ".".join(map(str, _PYTHON))
        return [
            ("wrong", f"{here} is too old: install {wanted} or newer, and make the environment anew with it")
        ]
    return [("ok", here)]


def _package() -> list[Finding]:
    own = _ROOT / "nndl"
    if Path.cwd().joinpath("nndl").is_dir() and Path.cwd() != _ROOT:
        return [
            (
                "wrong",
                f"Python uses {own}, not the folder nndl that lies here: edits of files here would have no effect. "
                "Run `python -m pip uninstall nndl`",
            )
        ]
    return [("ok", f"your files are those in {own}")]


def _packages() -> list[Finding]:
    wanted = _requirements()
    missing, other = [], []
    for name, version in wanted.items():
        try:
            found = metadata.version(name)
        except metadata.PackageNotFoundError:
            missing.append(name)
            continue
        if version and found.split("+")[0] != version:
            other.append(f"{name} {found} ({version})")
    findings: list[Finding] = []
    if missing:
        findings.append(("wrong", f"not installed: {', '.join(missing)}; {_INSTALL}"))
    else:
        findings.append(("ok", f"{len(wanted)} packages are installed"))
    if other:
        findings.append(
            ("note", f"in other versions than this course was tried with (in brackets): {', '.join(other)}")
        )
    return findings


def _requirements() -> dict[str, str]:
    """Return what has to be installed, with the version if it is an exact one."""
    try:
        lines = (_ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    except OSError:
        try:
            lines = [line for line in metadata.requires("nndl") or [] if "extra ==" not in line]
        except metadata.PackageNotFoundError:
            lines = ["numpy", "matplotlib"]
    found = {}
    for line in lines:
        if match := re.match(r"([A-Za-z0-9][\w.-]*)\s*(?:==\s*([\w.]+))?", line):
            found[match[1]] = match[2] or ""
    return found


def _data() -> list[Finding]:
    where = os.environ.get("NNDL_DATA", "")
    if where == "offline":
        return [("note", "NNDL_DATA=offline: the drawn image set is used in place of CIFAR-10")]
    if importlib.util.find_spec("pooch") is None:
        return []  # told already
    from .data import cache, sources

    if where:
        try:
            return [("ok", f"CIFAR-10 is in {sources.find_CIFAR10()}")]
        except FileNotFoundError as error:
            return [("wrong", str(error))]
    folder = cache.cache_folder()
    if (folder / sources.FOLDER).is_dir():
        return [("ok", f"CIFAR-10 is in {folder / sources.FOLDER}")]
    existing = next(path for path in (folder, *folder.parents) if path.is_dir())
    free = shutil.disk_usage(existing).free / 1e9
    if free < _DISK:
        return [
            (
                "wrong",
                f"CIFAR-10 does not fit: {existing} has {free:.1f} GB left. Set NNDL_CACHE to another folder",
            )
        ]
    return [
        (
            "note",
            f"CIFAR-10 (170 MB) will be loaded when a notebook first needs it. Without a network, `{_OFFLINE}` in a "
            "cell above the notebook's first one gives a drawn image set in its place",
        )
    ]


def _kernels() -> list[Finding]:
    if importlib.util.find_spec("numpy") is None:
        return []
    # In a process of its own: compiled code of another machine can end the one that loads it.
    ask = [sys.executable, "-c", "from nndl import fast_layers; print(fast_layers.backend())"]
    done = subprocess.run(ask, cwd=_ROOT, capture_output=True, text=True, check=False)
    if done.stdout.strip() == "cython":
        return [("ok", "the compiled kernels for convolution are there")]
    if done.returncode:
        return [
            ("wrong", f"nndl.fast_layers does not load: {(done.stderr.strip().splitlines() or [''])[-1]}")
        ]
    build = f"with a C compiler, `{BUILD}` builds faster kernels"
    return [("note", f"convolutions run on NumPy, which is slower; {build}")]


def _memory() -> list[Finding]:
    size = _free_memory()
    if size is None:
        return []
    if size < _MEMORY:
        return [
            (
                "note",
                f"{size:.1f} GB of memory are free, and training needs up to {_MEMORY:g}: close other programs",
            )
        ]
    return [("ok", f"{size:.1f} GB of memory are free")]


def _free_memory() -> float | None:
    """Return the memory that is free, in GB, or all that there is where only that can be found out."""
    try:
        text = Path("/proc/meminfo").read_text(encoding="ascii")
        return int(re.search(r"MemAvailable:\s+(\d+)", text)[1]) / 1e6  # type: ignore[index]
    except (OSError, TypeError):
        pass
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    except (AttributeError, ValueError, OSError):  # Windows
        return None


_LOOKS: tuple[Callable[[], list[Finding]], ...] = (_python, _package, _packages, _data, _kernels, _memory)
