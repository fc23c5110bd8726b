"""A submission as bytes, for a worker on another machine, and its report as bytes on the way back.

What travels is JSON and an archive of files: no pickle of ours, and nothing of a student's is executed on the way. A
worker refuses what was packed for other checks or for another release than its own.
"""

from __future__ import annotations

import io
import json
import os
import tarfile
import tempfile
from pathlib import Path

from ..grading import grade
from ..sources import Sources
from .same_versions import WrongVersion, differences, versions

LARGEST = 256 << 20
"""Bytes of a submission that travels; one that is larger is graded where it lies."""


class TooLargeToTravel(Exception):
    """A submission is graded where it lies."""


def pack(folder: Path, student: str, settings: grade.Settings, known_digest: str = "") -> bytes:
    """Return a request to grade one folder, with the folder in it, as it is: links stay links.

    Raises
    ------
    TooLargeToTravel
        If its files are too large.
    OSError
        If something in it cannot be read.
    """
    archive = io.BytesIO()
    left = LARGEST
    with tarfile.open(fileobj=archive, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for path in [folder, *sorted(folder.rglob("*"))]:
            info = tar.gettarinfo(path, arcname=os.path.join("folder", os.path.relpath(path, folder)))
            if info is None or (info.isdev() and not info.isfifo()):
                continue
            left -= info.size
            if left < 0:
                raise TooLargeToTravel
            info.uid = info.gid = 0
            info.uname = info.gname = ""
            if info.isreg():
                with path.open("rb") as file:
                    tar.addfile(info, file)
            else:
                tar.addfile(info)
    asked = {
        "milestone": settings.milestone.name,
        "folder": folder.name,
        "student": student,
        "seed": str(settings.seed),
        "data": settings.data,
        "total_wall": settings.total_wall,
        "known_digest": known_digest,
        "versions": versions(settings),
    }
    head = json.dumps(asked).encode()
    return len(head).to_bytes(8, "big") + head + archive.getvalue()


def grade_parcel(parcel: bytes, sources: Sources | None = None) -> bytes:
    """Grade what `pack` has packed, and return the report as JSON; ``null`` if it is graded already.

    Raises
    ------
    WrongVersion
        If it was packed for other checks than the ones here.
    """
    size = int.from_bytes(parcel[:8], "big")
    asked = json.loads(parcel[8 : 8 + size])
    sources = sources or Sources()
    settings = grade.Settings(
        sources.milestone(asked["milestone"]),
        int(asked["seed"]),
        asked["data"],
        asked["total_wall"],
        sources=sources,
    )
    if differ := differences(versions(settings), asked["versions"]):
        raise WrongVersion(f"this worker has another version of {differ}; install the same on both sides")
    with tempfile.TemporaryDirectory(prefix="autograder-") as name:
        root = Path(name)
        with tarfile.open(fileobj=io.BytesIO(parcel[8 + size :]), mode="r:") as tar:
            _unpack(tar, root)
        folder = root / asked["folder"]
        (root / "folder").rename(folder)
        report = grade.grade_folder(folder, asked["student"], settings, asked["known_digest"])
    return json.dumps(report).encode()


def _unpack(tar: tarfile.TarFile, root: Path) -> None:
    """Write what was packed. Links come last, so that nothing is written through one."""
    members = tar.getmembers()
    for member in sorted(members, key=lambda member: member.issym()):
        path = root / member.name
        if member.isdir():
            path.mkdir()
        elif member.issym():  # never followed: whoever reads a submission refuses links
            path.symlink_to(member.linkname)
        elif member.isfifo():
            os.mkfifo(path)
        else:
            content = tar.extractfile(member)
            path.write_bytes(content.read() if content is not None else b"")
