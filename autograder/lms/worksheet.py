"""Who is who in an assignment: Moodle's grading worksheet, Gradescope's metadata, GitHub Classroom's roster."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass

import yaml

from .table import Table, TableError

_FORMS = (
    "%A, %d %B %Y, %I:%M %p",
    "%A, %d %B %Y, %H:%M",
    "%A, %B %d, %Y, %I:%M %p",
    "%d %B %Y, %I:%M %p",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%d/%m/%y, %H:%M",
)


@dataclass(frozen=True)
class Participant:
    """Who a number or a login stands for, and when they handed in, in the time of this place unless it has a zone.

    ``others`` are the ids of those who handed in together with them.
    """

    ids: tuple[str, ...]
    name: str
    handed_in: datetime.datetime | None = None
    others: tuple[str, ...] = ()


def participants(worksheet: Table) -> dict[str, Participant]:
    """Return the participants of a worksheet by their numbers, or of GitHub Classroom's roster by their logins.

    Raises
    ------
    TableError
        If it is neither.
    """
    if worksheet.column("github_username") is not None and worksheet.column("identifier") is not None:
        return {
            worksheet.get(row, "github_username").casefold(): Participant(
                (worksheet.get(row, "identifier"),), worksheet.get(row, "name")
            )
            for row in worksheet.rows
            if worksheet.get(row, "github_username")
        }
    if worksheet.column("Identifier") is None:
        raise TableError("this is not a grading worksheet of Moodle: it has no column Identifier")
    found = {}
    for row in worksheet.rows:
        number = re.search(r"\d+$", worksheet.get(row, "Identifier"))
        if number:
            ids = tuple(worksheet.get(row, name) for name in ("ID number", "Username", "Email address"))
            moment = _moment(worksheet.get(row, "Last modified (submission)"))
            found[number[0]] = Participant(ids, worksheet.get(row, "Full name"), moment)
    return found


def gradescope_participants(text: str) -> dict[str, Participant]:
    """Return who handed in what, of the ``submission_metadata.yml`` in Gradescope's export of submissions.

    Raises
    ------
    TableError
        If it cannot be read.
    """
    try:
        said = yaml.load(text, Loader=yaml.SafeLoader)
        found = {}
        for number, about in said.items():
            people = about[":submitters"]
            ids = [tuple(str(p.get(key) or "") for key in (":sid", ":email")) for p in people]
            moment = about.get(":created_at")
            stamp = moment if isinstance(moment, datetime.datetime) else _moment(str(moment or "")[:19])
            others = tuple(next(filter(None, reversed(other)), "") for other in ids[1:])
            found[str(number)] = Participant(ids[0], str(people[0].get(":name") or ""), stamp, others)
    except (yaml.YAMLError, AttributeError, KeyError, TypeError, IndexError, RecursionError) as error:
        raise TableError(f"submission_metadata.yml cannot be read: {type(error).__name__}") from error
    return found


def _moment(text: str) -> datetime.datetime | None:
    for form in _FORMS:
        try:
            return datetime.datetime.strptime(text, form)
        except ValueError:
            continue
    return None
