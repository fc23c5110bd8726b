"""The roster in the gradebook: who is in the course, changed by what a file says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from nbgrader.api import Student

from .scores import Person, people


@dataclass
class RosterChange:
    """What a file changes in the roster.

    Attributes
    ----------
    added : list of Person
    changed : list of tuple
        Old and new, of who differs.
    unchanged : int
        How many are the same.
    not_named : list of Person
        Who is in the gradebook and not in the file; they stay.
    """

    added: list[Person] = field(default_factory=list)
    changed: list[tuple[Person, Person]] = field(default_factory=list)
    unchanged: int = 0
    not_named: list[Person] = field(default_factory=list)


def change_of(gradebook: Any, named: Iterable[Person]) -> RosterChange:
    """Return what these people would change; what they leave empty stays as it is.

    Who has another id in the file, as files of other systems may, is known by the e-mail address.
    """
    named = list(named)
    known = {person.id: person for person in people(gradebook)}
    ids = {person.id for person in named}
    others = [person for person in known.values() if person.email and person.id not in ids]
    shared = Counter(person.email.casefold() for person in (*others, *named))
    by_address = {
        person.email.casefold(): person for person in others if shared[person.email.casefold()] == 2
    }
    change, seen = RosterChange(), set()
    for person in named:
        old = known.get(person.id) or by_address.get(person.email.casefold())
        seen.add(person.id if old is None else old.id)
        if old is None:
            change.added.append(person)
            continue
        new = Person(
            old.id,
            person.first_name or old.first_name,
            person.last_name or old.last_name,
            person.email or old.email,
            person.lms_id or old.lms_id,
        )
        if new == old:
            change.unchanged += 1
        else:
            change.changed.append((old, new))
    change.not_named = [person for id_, person in known.items() if id_ not in seen]
    return change


def apply(gradebook: Any, change: RosterChange) -> None:
    """Write a change into the gradebook."""
    for person in change.added:
        gradebook.db.add(Student(id=person.id, **_columns(person)))
    for _, person in change.changed:
        gradebook.db.query(Student).filter(Student.id == person.id).update(_columns(person))
    gradebook.db.commit()


def _columns(person: Person) -> dict[str, str | None]:
    return {
        "first_name": person.first_name or None,
        "last_name": person.last_name or None,
        "email": person.email or None,
        "lms_user_id": person.lms_id or None,
    }
