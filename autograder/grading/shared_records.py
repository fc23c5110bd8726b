"""What a known mistake shows in a case, for all processes of a run: whoever finds it out first tells the others.

Each record is a file in a folder that only the grader's own processes can enter. It holds values only, as messages to a
sandbox do. A file that cannot be read or written costs time, and nothing else: the record is then made once more.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from pathlib import Path
from typing import Any

from ..failures import Failure
from ..judging.check import CaseRecord, Finding
from ..sandbox.inside.protocol import decode, encode

_LARGEST = 4 << 20
"""Bytes of a record that is written down: a larger one takes as long to write as to make."""

_MOST = 128 << 20
"""Bytes that one process writes down in a run."""

_folder: Path | None = None
_written = 0


def share_in(folder: Path | None) -> None:
    """Let this process share what it finds out with others that share in the same folder, or with nobody."""
    global _folder, _written
    _written = 0
    if folder is not None:
        folder.mkdir(mode=0o700, exist_ok=True)
    _folder = folder


def find(name: object) -> CaseRecord | None:
    """Return the record of this name, whose ``repr`` tells it from all others, if somebody has shared it."""
    with contextlib.suppress(Exception):
        return _record(find_values(name))
    return None


def find_values(name: object) -> Any:
    """Return what somebody has shared under this name; None if nobody has."""
    if _folder is not None:
        with contextlib.suppress(Exception):
            return decode(_file(_folder, name).read_bytes(), handles=False)
    return None


def share(name: object, record: CaseRecord, size: int) -> None:
    """Share a record of about so many bytes."""
    if _folder is not None and size <= _LARGEST:
        with contextlib.suppress(Exception):
            share_values(name, _values(record))


def share_values(name: object, values: Any) -> None:
    """Share anything that can be sent to a sandbox."""
    global _written
    if _folder is None or _written > _MOST:
        return
    with contextlib.suppress(Exception):
        data = encode(values)
        _written += len(data)
        descriptor, written = tempfile.mkstemp(dir=_folder)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        os.replace(written, _file(_folder, name))


def _values(record: CaseRecord) -> dict[str, Any]:
    return {
        **vars(record),
        "findings": [vars(finding) for finding in record.findings],
        "failure": None if record.failure is None else record.failure.values(),
        "unjudged": sorted(record.unjudged),
    }


def _record(values: dict[str, Any]) -> CaseRecord:
    return CaseRecord(
        values["index"],
        values["case"],
        [Finding(**finding) for finding in values["findings"]],
        None if values["failure"] is None else Failure.from_values(values["failure"]),
        set(values["unjudged"]),
    )


def _file(folder: Path, name: object) -> Path:
    return folder / hashlib.sha256(repr(name).encode()).hexdigest()
