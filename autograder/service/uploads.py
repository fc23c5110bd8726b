"""Uploads, bounded in size, time and what they unpack to, before anybody looks at them; and how they are unpacked."""

from __future__ import annotations

import contextlib
import hashlib
import math
import os
import tempfile
import time
import zipfile
from collections.abc import AsyncIterator, Collection
from pathlib import Path, PurePosixPath

import anyio

from nndl.hand_in.packer import LARGEST_FILE, LARGEST_TOGETHER

from ..submission.rest import shown
from ..submission.safe_files import RefusedFile, open_folder
from ..submission.upload import look_into

NAME = "hand-in.zip"
_MOST_FILES = 2000
_LONGEST_NAME = 1000
"""Bytes of a name in an archive."""
_BEGINS = ".upload-"
_SURELY_LEFT = 3600.0
"""Seconds after which nobody writes to an upload any more, if uploads may not take longer than half of that."""


class RefusedUpload(Exception):
    """An upload is not taken.

    Attributes
    ----------
    status : int
        The HTTP status that says so.
    what_to_do : str
    """

    def __init__(self, status: int, error: str, what_to_do: str) -> None:
        super().__init__(error)
        self.status = status
        self.what_to_do = what_to_do


def sweep(folder: Path, seconds: float) -> int:
    """Delete uploads that processes have left which were killed; return how many that were.

    Parameters
    ----------
    folder : Path
        Where they are received.
    seconds : float
        How long one upload may take: one that is under way is younger than that.
    """
    before, swept = time.time() - max(_SURELY_LEFT, 2 * seconds), 0
    for path in folder.glob(f"{_BEGINS}*"):
        with contextlib.suppress(OSError):  # somebody else was quicker
            if path.lstat().st_mtime < before:
                path.unlink()
                swept += 1
    return swept


async def receive(
    stream: AsyncIterator[bytes], folder: Path, *, most: int, seconds: float
) -> tuple[Path, str, int]:
    """Write an upload to a new file; return the file, its SHA-256 and its size.

    Raises
    ------
    RefusedUpload
        If it is larger than ``most`` bytes, or takes longer than so many seconds.
    """
    handle, name = tempfile.mkstemp(dir=folder, prefix=_BEGINS)
    digest, size, done = hashlib.sha256(), 0, False
    try:
        with os.fdopen(handle, "wb") as file:
            try:
                with anyio.fail_after(seconds):
                    async for piece in stream:
                        size += len(piece)
                        if size > most:
                            raise too_large(most)
                        digest.update(piece)
                        file.write(piece)
            except TimeoutError:
                raise RefusedUpload(
                    408,
                    f"The upload took longer than {seconds:g} seconds.",
                    "Try again with a better connection.",
                ) from None
            file.flush()
            os.fsync(file.fileno())
        done = True
        return Path(name), digest.hexdigest(), size
    finally:
        if not done:
            os.unlink(name)


def too_large(most: int) -> RefusedUpload:
    """Return what is said of an upload with more than ``most`` bytes."""
    return RefusedUpload(
        413,
        f"The archive has more than {most // 1_000_000} MB.",
        "Leave out data sets and other large files; `python -m nndl pack` takes what is graded and nothing else.",
    )


def refuse_unreadable(path: Path) -> None:
    """Look at an archive's list of files, and refuse what would not be unpacked.

    Raises
    ------
    RefusedUpload
        If it is no zip archive, or unpacks to too much.
    """
    what_to_do = "Make the archive with nndl.submit() or `python -m nndl pack`."
    with open(path, "rb") as file:
        # each file of an archive has such an entry: counted before a list of millions is made
        if file.read().count(b"PK\x01\x02") > _MOST_FILES:
            raise RefusedUpload(413, f"The archive has more than {_MOST_FILES} files.", what_to_do)
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, RecursionError):
        raise RefusedUpload(422, "This is no zip archive, or it is damaged.", what_to_do) from None
    if not members:
        raise RefusedUpload(422, "The archive is empty.", what_to_do)
    large = max(members, key=lambda member: member.file_size)
    if large.file_size > LARGEST_FILE:
        size, most = _mb(large.file_size), _mb(LARGEST_FILE)
        said = f"{shown(large.filename)} unpacks to {size}, and at most {most} of a file are read."
        raise RefusedUpload(413, said, what_to_do)
    if (together := sum(member.file_size for member in members)) > LARGEST_TOGETHER:
        said = f"The archive unpacks to {_mb(together)}, and at most {_mb(LARGEST_TOGETHER)} are read."
        raise RefusedUpload(413, said, what_to_do)


def _mb(size: int) -> str:
    return f"{math.ceil(size / 1_000_000)} MB"


def keep(path: Path, folder: Path) -> None:
    """Move an upload into a folder of its own, for good: it is there after a power cut, too."""
    folder.mkdir(mode=0o700, exist_ok=True)
    os.replace(path, folder / NAME)
    for one in (folder, folder.parent):
        descriptor = os.open(one, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def pack(folder: Path, into: Path, ours: Collection[str] = ()) -> tuple[Path, str, int, list[str]]:
    """Write the files of a folder into an archive, as `receive` does with an upload; return what was left out, too.

    The same files make the same archive. Links, special files, files that are too large, and those whose name no
    archive can hold are left out.

    Parameters
    ----------
    folder : Path
        Files that came in another way.
    into : Path
        Where the archive is made.
    ours : collection of str
        Names in the folder that are no part of it.

    Raises
    ------
    RefusedUpload
        If it is more than an upload may hold, which is known before all of it is packed.
    """
    left_out, together, count = [], 0, 0
    handle, name = tempfile.mkstemp(dir=into, prefix=_BEGINS)
    try:
        with os.fdopen(handle, "w+b") as made, open_folder(folder) as opened:
            with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
                upload = look_into(opened)
                if not upload.complete:
                    left_out.append("what is beyond so many names, or folders, as are looked at")
                left_out += [f"{shown(name)}: {why}" for name, why in upload.sealed]
                for file in upload.files:
                    if file.name in ours:
                        continue
                    try:
                        _insist_on_a_name(file.name)
                        content = file.read(LARGEST_FILE)
                    except (RefusedFile, FileNotFoundError) as error:
                        left_out.append(f"{shown(file.name)}: {error}")
                        continue
                    together, count = together + len(content), count + 1
                    if together > LARGEST_TOGETHER or count > _MOST_FILES:
                        most = f"{_MOST_FILES} files, or more than {_mb(LARGEST_TOGETHER)} together"
                        raise RefusedUpload(413, f"They are more than {most}.", "Keep what is to be graded.")
                    archive.writestr(zipfile.ZipInfo(file.name), content)
            made.flush()
            os.fsync(made.fileno())
            made.seek(0)
            digest = hashlib.file_digest(made, "sha256").hexdigest()
        refuse_unreadable(Path(name))
    except BaseException:
        os.unlink(name)
        raise
    return Path(name), digest, os.path.getsize(name), left_out


def _insist_on_a_name(name: str) -> None:
    try:
        long = len(name.encode()) > _LONGEST_NAME
    except UnicodeEncodeError:
        raise RefusedFile("its name is no Unicode") from None
    if long:
        raise RefusedFile("its name is too long")


def unpack(folder: Path, into: Path, ours: Collection[str] = ()) -> list[str]:
    """Write the files of the archive in ``folder`` into a new folder, within limits; return what was left out.

    Links, special files, and names that lead out of the folder are left out, and what has one of these names, which
    are for files of ours.
    """
    left_out = []
    into.mkdir(parents=True)
    with open_folder(folder) as opened:
        upload = look_into(opened)
        left_out += [f"{name}: {why}" for name, why in upload.sealed]
        for file in upload.files:
            parts = PurePosixPath(file.name.replace("\\", "/")).parts
            inside = PurePosixPath(*parts[1:]) if parts and parts[0] == NAME else PurePosixPath(*parts)
            try:
                if not inside.parts or inside.is_absolute() or {"..", "/"} & set(parts):
                    raise RefusedFile("its name is not a plain relative path")
                if inside.parts[0] in ours:
                    raise RefusedFile("this name is for a file of the service")
                if file.kind != "file":
                    raise RefusedFile("it is a link, or no ordinary file")
                content = file.read(LARGEST_FILE)
                place = into / inside
                place.parent.mkdir(parents=True, exist_ok=True)
                with open(place, "xb") as opened_file:
                    opened_file.write(content)
            except (RefusedFile, OSError, ValueError) as error:
                left_out.append(f"{file.name}: {error}")
    return left_out
