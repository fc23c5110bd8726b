"""The archive that a platform unpacks and runs: the grader, what it grades by, and two scripts.

It holds the solutions and the checks. Whoever has it has them.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import os
import re
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib import resources
from pathlib import Path

from ..milestone import Milestone
from ..release.build import documents_of
from ..reports.report import DISTRIBUTION
from ..sources import Sources

SETTINGS = "settings.json"
COURSE = "course"
"""Names in the archive."""
VISIBILITIES = ("visible", "after_due_date", "after_published", "hidden")
"""When Gradescope shows a check to the student."""
_SCRIPTS = ("setup.sh", "run_autograder", "grade_here")
_SKIPPED = {"__pycache__", "build", "node_modules", ".ipynb_checkpoints", "tests", "course_files"}
_SKIPPED_SUFFIXES = (".pyc", ".so", ".pyd", ".egg-info", ".dist-info")
_NOT_NEEDED = re.compile(r"(?:jupyterlab|notebook|ipywidgets|nndl)\b")
_PACKAGE = Path(__file__).resolve().parents[1]
_DATE = (2026, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class BundleSettings:
    """What the archive says of how to grade.

    Attributes
    ----------
    milestone : str
    visibility : str
        One of `VISIBILITIES`.
    data : str
        Hidden images: ``"offline"`` for drawn ones, or a folder of that machine.
    without_sandbox : bool
        Whether to grade without a sandbox where none can be started.
    """

    milestone: str
    visibility: str = "visible"
    data: str = "offline"
    without_sandbox: bool = False


def read_settings(source: Path) -> BundleSettings:
    """Return the settings in an unpacked archive."""
    return BundleSettings(**json.loads((source / SETTINGS).read_text(encoding="utf-8")))


def write_bundle(path: Path, milestone: Milestone, sources: Sources, settings: BundleSettings) -> list[str]:
    """Write the archive, in one step, and return the names in it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    os.close(handle)
    try:
        with zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in sorted(dict(_files(milestone, sources, settings)).items()):
                member = zipfile.ZipInfo(name, _DATE)
                member.compress_type = zipfile.ZIP_DEFLATED
                member.external_attr = (0o755 if name in _SCRIPTS else 0o644) << 16
                archive.writestr(member, content)
            names = archive.namelist()
        os.chmod(temporary, 0o600)  # solutions are in it
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return names


def _files(milestone: Milestone, sources: Sources, settings: BundleSettings) -> Iterator[tuple[str, bytes]]:
    """Yield names and contents; the folder `COURSE` is a course's, and has the grader's package in it."""
    templates = resources.files(__package__) / "templates"
    for name in _SCRIPTS:
        yield name, (templates / name).read_bytes()
    yield SETTINGS, (json.dumps(asdict(settings), indent=1) + "\n").encode()
    yield "requirements.txt", requirements().encode()
    constraints = sources.constraints.read_bytes() if sources.constraints.is_file() else b""
    yield f"{COURSE}/constraints.txt", constraints
    for place, folder in _folders(milestone, sources).items():
        yield from _tree(folder, f"{COURSE}/{place}")
    for path in sources.project_files(milestone.package):
        inside = (
            "source_lib/" if (path.parent / milestone.package).is_dir() else ""
        )  # the licence lies above it
        yield f"{COURSE}/{inside}{path.name}", path.read_bytes()
    for page, path in documents_of(milestone, sources).items():
        if path.is_file():
            yield f"{COURSE}/{page}", path.read_bytes()
            yield from _tree(path.with_suffix(""), f"{COURSE}/{Path(page).with_suffix('')}")


def _folders(milestone: Milestone, sources: Sources) -> dict[str, Path]:
    """Return which folder goes where in the course."""
    folders = {
        "autograder": _PACKAGE,
        "source_lib/nndl": sources.package_folder("nndl"),  # the grader itself uses it
        f"source_lib/{milestone.package}": sources.package_folder(milestone.package),
        f"assignments/{milestone.name}": sources.assignment_folder(milestone),
        f"kept_releases/{milestone.name}": sources.kept_releases / milestone.name,
    }
    if not milestone.room.startswith(f"{sources.rooms}."):
        spec = importlib.util.find_spec(milestone.room)
        places = list(spec.submodule_search_locations or ()) if spec else []
        folders |= {f"grading/{milestone.name}": Path(place) for place in places}
    return folders


def _tree(folder: Path, name: str) -> Iterator[tuple[str, bytes]]:
    if not folder.is_dir():
        return
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if path.is_file() and not path.is_symlink() and not any(map(_skipped, parts)):
            yield f"{name}/{'/'.join(parts)}", path.read_bytes()


def _skipped(part: str) -> bool:
    return part in _SKIPPED or part.startswith(".") or part.endswith(_SKIPPED_SUFFIXES)


def requirements() -> str:
    """Return what has to be installed for the grader to run, a line each."""
    wanted = dict.fromkeys(
        line
        for distribution in (DISTRIBUTION, "nndl")
        for line in importlib.metadata.requires(distribution) or ()
        if "extra ==" not in line and not _NOT_NEEDED.match(line)
    )
    return "".join(f"{line}\n" for line in wanted)
