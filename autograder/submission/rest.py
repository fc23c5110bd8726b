"""What is left of an upload when the assignment's files are taken: what it is, and how it is named to people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from nndl.hand_in.made_with import MADE_WITH

from .find import Found
from .notebook.outputs import plain
from .safe_files import RefusedFile
from .upload import Upload, UploadedFile

_NAMED = 10
_NO_WORK = {MADE_WITH, "group.txt", "groups.txt", "handed_in_by.txt"}
"""What says with what, and with whom, somebody worked."""


class Rest:
    """The files of an upload that were not taken.

    Parameters
    ----------
    upload : Upload
    found : mapping of str to Found
        What was taken.
    released : mapping of str to bytes
        The release that the student was given.
    prefix : str
        The folder that holds the hand-in, with ``/`` at its end, or an empty text.

    Attributes
    ----------
    changed : list of UploadedFile
        Files of the course that are not as they were released.
    extra : list of UploadedFile
        Files that the assignment does not have.
    """

    def __init__(
        self, upload: Upload, found: Mapping[str, Found], released: Mapping[str, bytes], prefix: str
    ) -> None:
        self._released = released
        self._by_last_name: dict[str, list[bytes]] = {}
        for name, data in released.items():
            self._by_last_name.setdefault(name.rpartition("/")[2], []).append(data)
        known = set()
        for f in found.values():
            known |= {f.file, *f.rivals, *f.others, *(file for file, _ in f.refused)}
        self.changed: list[UploadedFile] = []
        self.extra: list[UploadedFile] = []
        for file in upload.files:
            name = file.name.removeprefix(prefix)
            if file in known or file.parts[-1] in _NO_WORK:
                continue
            if name not in released:
                self.extra += [] if self._is_copy(file) else [file]
            elif not self._as_released(file, name):
                self.changed.append(file)

    def warnings(self, own_code: Sequence[str]) -> Iterable[str]:
        """Yield what to say of the files that were left out; ``own_code`` are the files that code belongs in."""
        if self.changed:
            yield (
                "these files belong to the course and are not yours to change; the released ones were used: "
                + listed([shown(file.name) for file in self.changed])
            )
        if self.extra:
            own = listed(list(own_code))
            where = f"; code that is to be graded goes into {own}" if own else ""
            names = [
                shown(file.name) + ("" if file.kind == "file" else f" ({file.kind})") for file in self.extra
            ]
            yield f"these were left out, because the assignment has no such files{where}: {listed(names)}"

    def _is_copy(self, file: UploadedFile) -> bool:
        """Return whether a file is one of the release, in some other place."""
        same = self._by_last_name.get(file.name.rpartition("/")[2], ())
        try:
            return bool(same) and file.read(max(map(len, same)) + 1) in same
        except (RefusedFile, FileNotFoundError):
            return False

    def _as_released(self, file: UploadedFile, name: str) -> bool:
        released = self._released[name]
        try:
            content = file.read(len(released) + released.count(b"\n") + 1)
            return content is not None and content.replace(b"\r\n", b"\n") == released.replace(b"\r\n", b"\n")
        except (RefusedFile, FileNotFoundError):
            return False


def shown(name: str) -> str:
    """Return a name with all unprintable characters replaced."""
    text = "".join(c if c.isprintable() else "?" for c in plain(name))
    return text if len(text) <= 80 else text[:77] + "..."


def listed(names: Sequence[str]) -> str:
    """Return names with commas between them, cut if they are many."""
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
