"""Archives in an upload, unpacked in memory and within a budget; nothing of them is ever written to a disk.

Zip and tar, the latter also compressed, are read; of others it is said that they are not.
"""

from __future__ import annotations

import bz2
import io
import lzma
import re
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import Protocol

from .safe_files import RefusedFile

_MOST = 5000
_ARCHIVE = 60_000_000
_UNPACKED = 200_000_000
"""Bytes of an archive, and bytes that are unpacked of all archives of one upload."""
_ARCHIVES = 5
_MEMORY = 150_000_000
"""Bytes that unpacking xz may take beside what comes out of it."""
_COPY_MARKS = r"(?: ?\(\d{1,3}\))?(?:\.(?:txt|download|bak))?$"
_ZIP = re.compile(r"\.zip" + _COPY_MARKS)
_TAR = re.compile(r"\.(?:tar(?:\.(?:gz|bz2|xz))?|tgz|tbz2?|txz)" + _COPY_MARKS)
_SEALED = re.compile(r"\.(?:rar|7z|gz|bz2|xz|zst|zipx|ace|arj)" + _COPY_MARKS)
_UNIX = 3
"""The system that an archive says a member comes from; others have other kinds of files."""
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)

Read = Callable[[int], bytes]
Member = tuple[str, str, Read]
"""The name of a file in an archive, its kind (``"file"``, ``"link"`` or ``"special"``), and what reads it."""


class Budget:
    """How much may still be unpacked of one upload: archives and bytes."""

    def __init__(self) -> None:
        self.archives = _ARCHIVES
        self.bytes = _UNPACKED


def is_archive(name: str) -> bool:
    """Return whether a file of this name, in small letters, is an archive, of a kind that is read or not."""
    return any(kind.search(name) for kind in (_ZIP, _TAR, _SEALED))


def unpacked(name: str, read: Read, budget: Budget) -> Iterator[Member]:
    """Yield the files of an archive; those of a zip archive are unpacked when they are read.

    Parameters
    ----------
    name : str
        Its last name, in small letters, which says of which kind it is.
    read : callable
        Returns its content, if this is not longer than its argument.
    budget : Budget
        What may be unpacked, of which this takes its share.

    Raises
    ------
    RefusedFile
        If it is of another kind, too large or damaged, has too many files, or needs a password.
    """
    if not _ZIP.search(name) and not _TAR.search(name):
        raise RefusedFile("only zip and tar archives are; unpack it, and hand in the files")
    if budget.archives == 0:
        raise RefusedFile(f"only {_ARCHIVES} archives are unpacked")
    budget.archives -= 1
    data = read(_ARCHIVE)
    yield from _of_zip(data, budget) if _ZIP.search(name) else _of_tar(data, budget)


def _of_zip(data: bytes, budget: Budget) -> Iterator[Member]:
    if data.count(b"PK\x01\x02") > _MOST:  # before a list of millions is made
        raise RefusedFile(f"it has more than {_MOST} files")
    try:
        opened = zipfile.ZipFile(io.BytesIO(data))
        members = opened.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, RecursionError) as error:
        raise RefusedFile("it is not a zip archive, or damaged") from error
    if any(member.flag_bits & 1 for member in members):
        raise RefusedFile("it needs a password")
    for member in members:
        if not member.is_dir() and not member.filename.endswith("\\"):
            yield member.filename, _kind(member), partial(read_member, opened, member, budget)


def _kind(member: zipfile.ZipInfo) -> str:
    """Return what a member was before it was packed: `zip -y` on Unix stores links as such, with their target."""
    form = stat.S_IFMT(member.external_attr >> 16) if member.create_system == _UNIX else 0
    return {0: "file", stat.S_IFREG: "file", stat.S_IFLNK: "link"}.get(form, "special")


def read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, budget: Budget, limit: int) -> bytes:
    """Return the content of a file in a zip archive, if it is not longer than ``limit`` and the budget allows it.

    Raises
    ------
    RefusedFile
        If it is longer, or cannot be unpacked.
    """
    _insist_on_a_plain_file(member.filename, _kind(member))
    if member.compress_type not in _METHODS:
        raise RefusedFile("it is packed in a way that is not read")
    allowed = min(limit, budget.bytes)
    try:
        with archive.open(member) as opened:
            data = opened.read(allowed + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError) as error:
        raise RefusedFile("its archive is damaged") from error
    budget.bytes -= min(len(data), budget.bytes)
    if len(data) > allowed:
        raise RefusedFile(f"it has more than the {allowed} bytes that are read")
    return data


def _insist_on_a_plain_file(name: str, kind: str) -> None:
    if ".." in name.replace("\\", "/").split("/"):
        raise RefusedFile("its name is not a plain relative path")
    if kind != "file":
        raise RefusedFile("it is a link, or no ordinary file")


# --- tar ---------------------------------------------------------------------------------------------------------


def _of_tar(data: bytes, budget: Budget) -> Iterator[Member]:
    plain = _decompressed(data, budget)
    members: list[tarfile.TarInfo] = []
    try:
        opened = tarfile.open(fileobj=io.BytesIO(plain), mode="r:")  # noqa: SIM115 -- it is read later
        while (member := opened.next()) is not None:
            members.append(member)
            if len(members) > _MOST:
                raise RefusedFile(f"it has more than {_MOST} files")
    except (tarfile.TarError, ValueError, OSError, EOFError, RecursionError, OverflowError) as error:
        raise RefusedFile("it is not a tar archive, or damaged") from error
    for member in members:
        if not member.isdir():
            kind = "file" if member.isreg() and not member.issparse() else "special"
            kind = "link" if member.issym() or member.islnk() else kind
            yield member.name, kind, partial(_read_of_tar, plain, member, kind)


def _read_of_tar(plain: bytes, member: tarfile.TarInfo, kind: str, limit: int) -> bytes:
    _insist_on_a_plain_file(member.name, kind)
    if member.size > limit:
        raise RefusedFile(f"it has more than the {limit} bytes that are read")
    data = plain[member.offset_data : member.offset_data + member.size]
    if len(data) != member.size:
        raise RefusedFile("its archive is damaged")
    return data


class _Decompressor(Protocol):
    def decompress(self, data: bytes, max_length: int) -> bytes: ...


def _decompressed(data: bytes, budget: Budget) -> bytes:
    """Return the bytes of a tar archive, which the budget must allow as a whole."""
    tools: dict[bytes, Callable[[], _Decompressor]] = {
        b"\x1f\x8b": lambda: zlib.decompressobj(wbits=31),
        b"BZh": bz2.BZ2Decompressor,
        b"\xfd7zXZ": partial(lzma.LZMADecompressor, memlimit=_MEMORY),
    }
    tool = next((make for magic, make in tools.items() if data.startswith(magic)), None)
    try:
        plain = tool().decompress(data, budget.bytes + 1) if tool else data
    except (zlib.error, lzma.LZMAError, OSError, ValueError, EOFError) as error:
        raise RefusedFile("it is damaged") from error
    if len(plain) > budget.bytes:
        raise RefusedFile("it unpacks to more than is read")
    budget.bytes -= len(plain)
    return plain
