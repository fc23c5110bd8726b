"""Who somebody in a file of a learning management system is in the gradebook's roster."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from ..gradebook.scores import Person


class Roster:
    """The students of a course, found by what other systems call them.

    Ids and e-mail addresses count in any capitals. What two people share, as a name can be, finds neither of them:
    nobody is told apart by a guess.

    Parameters
    ----------
    people : iterable of Person
    """

    def __init__(self, people: Iterable[Person]) -> None:
        self.people = list(dict.fromkeys(people))
        self._lms_ids = _index((person.lms_id.strip().casefold(), person) for person in self.people)
        self._ids = [
            self._lms_ids,
            _index((person.id.casefold(), person) for person in self.people),
            _index((person.email.casefold(), person) for person in self.people),
            _index((person.email.casefold().partition("@")[0], person) for person in self.people),
        ]
        self._names = _index(
            (plain_name(first + last), person)
            for person in self.people
            for first, last in {
                (person.first_name, person.last_name),
                (person.last_name, person.first_name),
            }
        )

    def find(self, *ids: str, lms_id: str = "", name: str = "") -> Person | None:
        """Return the one person that what is given points to.

        Parameters
        ----------
        *ids : str
            What may be our id, the LMS's, an e-mail address, or what stands before its ``@``; the first that is known
            counts.
        lms_id : str, optional
            A number that is the LMS's own, and is not compared with ours.
        name : str, optional
            Looked at if there is no id; in either order, without regard to capitals, accents and punctuation.

        Returns
        -------
        Person or None
            None if it is nobody's, or ids point to different people.
        """
        found = {}
        if person := self._lms_ids.get(lms_id.strip().casefold()):
            found[person.id] = person
        for text in ids:
            key = text.strip().casefold()
            if person := next((table[key] for table in self._ids if key in table), None):
                found[person.id] = person
        if found:
            return next(iter(found.values())) if len(found) == 1 else None
        return self._names.get(plain_name(name))


def _index(entries: Iterable[tuple[str, Person]]) -> dict[str, Person]:
    """Return who has each key; keys that are empty, or that several people have, are left out."""
    known: dict[str, set[Person]] = {}
    for key, person in entries:
        known.setdefault(key, set()).add(person)
    return {key: next(iter(people)) for key, people in known.items() if key and len(people) == 1}


def plain_name(name: str) -> str:
    """Return the letters and digits of a name, for comparisons."""
    letters = unicodedata.normalize("NFKD", name.casefold().replace("ß", "ss"))
    return re.sub(r"[\W_]", "", "".join(c for c in letters if not unicodedata.combining(c)))
