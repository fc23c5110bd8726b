"""Who is who in an assignment: Moodle's grading worksheet, Gradescope's metadata, GitHub Classroom's roster."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass
from typing import Any

import yaml

from .table import Table, TableError

_FORMS = (
    "%A, %d %B %Y, %I:%M %p",
    "%A, %d %B %Y, %H:%M",
    "%A, %B %d, %Y, %I:%M %p",
    "%d %B %Y, %I:%M %p",
    "%d %B %Y, %H:%M",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%d/%m/%y, %H:%M",
)


_WITH_ZONE = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.\d+)?(?: ?UTC| ?Z| ?[+-]00:?00)")
_MONTHS = {
    name: english
    for english, others in {
        "January": "januar janvier enero",
        "February": "februar février febrero",
        "March": "märz mars marzo",
        "April": "avril abril",
        "May": "mai mayo",
        "June": "juni juin junio",
        "July": "juli juillet julio",
        "August": "août agosto",
        "September": "septembre septiembre",
        "October": "oktober octobre octubre",
        "November": "novembre noviembre",
        "December": "dezember décembre diciembre",
    }.items()
    for name in others.split()
}


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
    """Return the participants of a worksheet by their numbers, or of GitHub Classroom's tables by their logins.

    Of GitHub Classroom there are two: the roster, and the grades of an assignment, which say when somebody handed in.

    Raises
    ------
    TableError
        If it is neither.
    """
    who = ("roster_identifier", "identifier")
    if worksheet.column("github_username") is not None and worksheet.column(*who) is not None:
        return {
            login.casefold(): Participant(
                (worksheet.get(row, *who),),
                worksheet.get(row, "name") or worksheet.get(row, *who),
                _moment(worksheet.get(row, "submission_timestamp")),
            )
            for row in worksheet.rows
            if (login := worksheet.get(row, "github_username"))
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


class _Loader(yaml.SafeLoader):
    """Reads Ruby's objects as the plain tables that they are written as."""


def _as_plain(loader: Any, _: str, node: Any) -> Any:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    return loader.construct_sequence(node) if isinstance(node, yaml.SequenceNode) else node.value


_Loader.add_multi_constructor("!ruby/", _as_plain)


def gradescope_participants(text: str) -> dict[str, Participant]:
    """Return who handed in what, of the ``submission_metadata.yml`` in Gradescope's export of submissions.

    Raises
    ------
    TableError
        If it cannot be read.
    """
    try:
        said = yaml.load(text, Loader=_Loader)
        found = {}
        for number, about in said.items():
            people = about[":submitters"]
            ids = [tuple(str(p.get(key) or "") for key in (":sid", ":email")) for p in people]
            moment = about.get(":created_at")
            if isinstance(moment, dict):  # a time of Ruby's, with its zone
                moment = moment.get("utc")
            stamp = moment if isinstance(moment, datetime.datetime) else _moment(str(moment or "")[:19])
            others = tuple(next(filter(None, reversed(other)), "") for other in ids[1:])
            found[str(number)] = Participant(ids[0], str(people[0].get(":name") or ""), stamp, others)
    except (yaml.YAMLError, AttributeError, KeyError, TypeError, IndexError, RecursionError) as error:
        raise TableError(f"submission_metadata.yml cannot be read: {type(error).__name__}") from error
    return found


def _moment(text: str) -> datetime.datetime | None:
    if found := _WITH_ZONE.fullmatch(text.strip()):
        return datetime.datetime.fromisoformat(f"{found[1]}T{found[2]}+00:00")
    text = re.sub(r"\w{3,}", lambda word: _MONTHS.get(word[0].casefold(), word[0]), text)
    text = re.sub(
        r"^\w+, (?=\d+[. ])|\bde\b |(?<=\d)\.(?= )", "", text
    )  # the day of the week, and "30. Oktober"
    for form in _FORMS:
        try:
            return datetime.datetime.strptime(text, form)
        except ValueError:
            continue
    return None
