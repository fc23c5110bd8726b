"""Which shared objects a program needs, read from the files themselves, so that they can be shown one by one.

Only the headers of ELF files are read: nothing is loaded or run to find out.
"""

from __future__ import annotations

import functools
import os
import re
import struct
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass

LOADED_BY_NAME = ("libgcc_s.so.1",)
"""What the C library opens by itself, when a thread is cancelled or ends."""

_DEFAULT_FOLDERS = ("/lib", "/usr/lib", "/lib64", "/usr/lib64")
_LDCONFIG = ("/sbin/ldconfig", "/usr/sbin/ldconfig")
_CACHED = re.compile(r"\s*(\S+) \(.*\) => (/.*)")
_ORIGIN = re.compile(r"\$ORIGIN|\$\{ORIGIN\}")
_LOAD, _DYNAMIC, _INTERPRETER = 1, 2, 3
_NEEDED, _STRINGS, _RPATH, _RUNPATH = 1, 5, 15, 29
_MOST_TEXT = 1024


@dataclass(frozen=True)
class Needs:
    """What a file asks the loader for.

    Attributes
    ----------
    machine : tuple
        What it runs on; objects of other machines are passed over.
    loader : str
        The program that loads it, for a program.
    names : tuple of str
        The shared objects that it needs.
    folders : tuple of str
        Where it says that they may be.
    """

    machine: tuple[int, int, int]
    loader: str
    names: tuple[str, ...]
    folders: tuple[str, ...]


@functools.cache
def needs(path: str) -> Needs | None:
    """Read what a file needs; None if it is no ELF file of a kind that is known here."""
    try:
        with open(path, "rb") as file:
            return _read(file.fileno(), path)
    except (OSError, OverflowError, struct.error, ValueError, StopIteration):
        return None


def _read(file: int, path: str) -> Needs | None:
    head = os.pread(file, 64, 0)
    magic, width, order = struct.unpack_from("4sBB", head)
    if magic != b"\x7fELF" or width != 2 or order not in (1, 2):  # 64 bits only
        return None
    end = "<" if order == 1 else ">"
    (machine,) = struct.unpack_from(end + "H", head, 18)
    (table,) = struct.unpack_from(end + "Q", head, 32)
    size, count = struct.unpack_from(end + "HH", head, 54)
    # type, flags, offset, address, physical address, size in the file, size in memory, alignment
    headers = list(struct.iter_unpack(end + "IIQQQQQQ", os.pread(file, size * count, table)))
    loader = next((_text(file, h[2]) for h in headers if h[0] == _INTERPRETER), "")
    dynamic = next((header for header in headers if header[0] == _DYNAMIC), None)
    if dynamic is None:
        return Needs((width, order, machine), loader, (), ())
    entries = list(struct.iter_unpack(end + "QQ", os.pread(file, dynamic[5] // 16 * 16, dynamic[2])))
    address = next(value for tag, value in entries if tag == _STRINGS)
    segment = next(h for h in headers if h[0] == _LOAD and h[3] <= address < h[3] + h[5])
    strings = segment[2] + address - segment[3]
    names = tuple(_text(file, strings + value) for tag, value in entries if tag == _NEEDED)
    lines = [_text(file, strings + value) for tag, value in entries if tag in (_RPATH, _RUNPATH)]
    paths = [entry for line in lines for entry in line.split(":") if entry]
    if paths:
        own = os.path.dirname(os.path.realpath(path))
        paths = [os.path.normpath(_ORIGIN.sub(lambda _: own, entry)) for entry in paths]
    return Needs((width, order, machine), loader, names, tuple(paths))


def _text(file: int, start: int) -> str:
    return os.fsdecode(os.pread(file, _MOST_TEXT, start).split(b"\0")[0])


@functools.cache
def _known() -> dict[str, tuple[str, ...]]:
    """Return the machine's own list of shared objects: name → where."""
    command = next((path for path in _LDCONFIG if os.path.exists(path)), None)
    if command is None:
        return {}
    said = subprocess.run([command, "-p"], capture_output=True, text=True, check=False, env={"LC_ALL": "C"})
    known: dict[str, tuple[str, ...]] = {}
    for line in said.stdout.splitlines():
        if found := _CACHED.fullmatch(line):
            known[found[1]] = (*known.get(found[1], ()), found[2])
    return known


def needed_by(files: Iterable[str]) -> set[str]:
    """Return the paths at which the loader finds what files need, and what that needs, and so on.

    An object that cannot be found is left out: as a rule it lies beside the library that needs it, which is shown
    anyway.
    """
    found: set[str] = set()
    pending = list(files)
    seen = set(pending)
    while pending:
        wanted = needs(pending.pop())
        if wanted is None:
            continue
        paths = [wanted.loader] if wanted.loader else []
        for name in (*wanted.names, *LOADED_BY_NAME):
            paths += _located(name, wanted.folders, wanted.machine)
        new = {path for path in paths if path not in seen}
        seen |= new
        found |= new
        pending += new
    return found


@functools.cache
def _located(name: str, folders: tuple[str, ...], machine: tuple[int, int, int]) -> list[str]:
    """Return where the loader may find an object: the first of these folders, or all that the machine knows."""
    if "/" in name:
        return [name] if _fits(name, machine) else []
    own = next((p for f in folders if _fits(p := os.path.join(f, name), machine)), None)
    if own is not None:
        return [own]
    known = _known().get(name) or [os.path.join(folder, name) for folder in _DEFAULT_FOLDERS]
    return [path for path in known if _fits(path, machine)]


def _fits(path: str, machine: tuple[int, int, int]) -> bool:
    there = needs(path)
    return there is not None and there.machine == machine
