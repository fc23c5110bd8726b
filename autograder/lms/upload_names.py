"""Who handed a file in, and when, by what a learning management system writes into its name.

========================  ==========================================================================================
Canvas                    ``muellerzoe_LATE_90012_771234_layers-1.py``: name, mark, user's id, file's id, file
Moodle                    ``Zoë Müller_4012_assignsubmission_file_/nndl/layers.py``: name, participant, file
Blackboard                ``hw1_zmueller_attempt_2026-11-02-09-30-00_layers.py``: login, time of the attempt, file
Brightspace               ``1234-5678 - Zoë Müller - Nov 2, 2026 930 AM/layers.py``: ids, name, time, file
Gradescope                ``submission_77123/layers.py``: number of the submission; a file beside it says whose it is
a folder a student        ``zmueller/layers.py``
========================  ==========================================================================================
"""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass

_CANVAS = re.compile(
    r"(?:(?!LATE_\d)(?P<name>[^/]*?)_)?(?:(?P<late>LATE)_)?(?P<id>\d+)_(?P<file>\d+)_(?P<rest>[^/]+)"
)
_CANVAS_TEXT = re.compile(
    r"(?:(?!LATE_\d)(?P<name>[^/]*?)_)?(?:(?P<late>LATE)_)?(?P<id>\d+)_(?P<file>)(?P<rest>(?:text|link|url)\.html?)"
)
"""An answer typed into Canvas: there is no file with a number."""
_MOODLE = re.compile(
    r"(?P<name>[^/]+?)_(?P<id>\d+)_assignsubmission_(?P<kind>file|onlinetext)(?:_?/|_)(?P<rest>.+)"
)
_BLACKBOARD = re.compile(
    r"(?P<assignment>[^/]+?)_(?P<login>[^/_]+)_attempt_(?P<time>\d{4}(?:-\d\d){5})(?:_(?P<rest>[^/]+)|\.txt)"
)
_BRIGHTSPACE = re.compile(
    r"(?P<org>\d+)-(?P<id>\d+) - (?P<name>[^/]+?) - (?P<time>[A-Z][a-z]{2} \d{1,2}, \d{4} \d{3,4} [AP]M)/(?P<rest>.+)"
)
_GRADESCOPE = re.compile(r"(?P<id>submission_\d+)/(?P<rest>.+)")
_VERSION = re.compile(r"-\d{1,3}(?=(?:\.[^./]*)?$)")


@dataclass(frozen=True)
class UploadName:
    """What the name of an uploaded file says.

    Attributes
    ----------
    system : str
        Which system wrote it.
    who : str
        What the files of one student have in common, for messages.
    file : str
        The student's own name of the file; empty if the file is the system's own note.
    ids : tuple of str
        What may be an id of theirs.
    lms_id : str
        A number by which only the system knows them.
    participant : str
        Their number in this assignment alone.
    name : str
        Their name.
    late : bool or None
        Whether the system marked it as late; None if it does not say.
    attempt : datetime or None
        When, in the time of the place where it was handed in.
    order : int
        The later of two files of one name has the larger number.
    as_it_is : bool
        Whether a number at the end of the file's name belongs to it.
    """

    system: str
    who: str
    file: str
    ids: tuple[str, ...] = ()
    lms_id: str = ""
    participant: str = ""
    name: str = ""
    late: bool | None = None
    attempt: datetime.datetime | None = None
    order: int = 0
    as_it_is: bool = False

    @property
    def plain_file(self) -> str:
        """The file's name without the number that Canvas adds when it is handed in again."""
        return _VERSION.sub("", self.file) if self.system == "Canvas" and not self.as_it_is else self.file


def read_name(path: str) -> UploadName | None:
    """Return what a name in a bulk download says; None if it says nobody's."""
    path = path.strip("/")
    if found := _MOODLE.fullmatch(path):
        file = found["rest"] if found["kind"] == "file" else "onlinetext.html"
        who = f"{found['name']}_{found['id']}"
        return UploadName("Moodle", who, file, participant=found["id"], name=found["name"])
    if found := _BRIGHTSPACE.fullmatch(path):
        moment = _moment(found["time"], "%b %d, %Y %I%M %p")
        who = f"{found['org']}-{found['id']} - {found['name']}"
        return UploadName(
            "Brightspace", who, found["rest"], lms_id=found["id"], name=found["name"], attempt=moment
        )
    if found := _BLACKBOARD.fullmatch(path):
        moment = _moment(found["time"], "%Y-%m-%d-%H-%M-%S")
        return UploadName(
            "Blackboard", found["login"], found["rest"] or "", ids=(found["login"],), attempt=moment
        )
    if found := _GRADESCOPE.fullmatch(path):
        return UploadName("Gradescope", found["id"], found["rest"], participant=found["id"])
    if found := _CANVAS.fullmatch(path) or _CANVAS_TEXT.fullmatch(path):
        return UploadName(
            "Canvas",
            f"{found['name'] or ''}_{found['id']}".strip("_"),
            found["rest"],
            lms_id=found["id"],
            name=found["name"] or "",
            late=bool(found["late"]),
            order=int(found["file"] or 0),
        )
    folder, slash, rest = path.partition("/")
    if slash and rest:
        return UploadName("folders", folder, rest, ids=(folder,), name=folder)
    stem, dot, suffix = path.rpartition(".")
    if dot and suffix.casefold() == "zip":  # one archive a student
        return UploadName("folders", stem, path, ids=(stem,), name=stem)
    return None


def _moment(text: str, form: str) -> datetime.datetime | None:
    if form.startswith("%b"):  # 930 AM: the hour may have one digit, and stands right before the minutes
        text = re.sub(r"\b(\d)(\d\d) ([AP]M)$", r"0\1\2 \3", text)
    try:
        return datetime.datetime.strptime(text, form)
    except ValueError:
        return None
