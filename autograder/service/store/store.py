"""Hand-ins and their results, each with exactly one, and beside them accounts, times and the audit log."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from .accounts import Accounts
from .audit import AuditLog
from .database import Database
from .hand_in import DONE, GRADING, NOT_GRADED, QUEUED, Decide, HandIn, Lateness
from .tables import hand_ins, members
from .times import Times

_FINISHED = (DONE, NOT_GRADED)
_LAST = -1_000_000
"""The priority of what nobody waits for is below this."""


class Store:
    """The database of one service.

    Parameters
    ----------
    url : str
        As SQLAlchemy takes it, such as ``sqlite:////srv/course/service/service.db``.

    Attributes
    ----------
    database : Database
    accounts : Accounts
    times : Times
    audit : AuditLog
    """

    def __init__(self, url: str) -> None:
        self.database = Database(url)
        self.accounts = Accounts(self.database)
        self.times = Times(self.database)
        self.audit = AuditLog(self.database)

    def close(self) -> None:
        """Close all connections."""
        self.database.close()

    def accept(
        self,
        student: str,
        milestone: str,
        digest: str,
        size: int,
        received: float,
        decide: Decide,
        others: Collection[str] = (),
        agreed: bool = False,
    ) -> tuple[HandIn, bool]:
        """Accept a hand-in, and return it and whether it is new: the same archive again is the same hand-in.

        Parameters
        ----------
        student, milestone, digest, size, received
            As in `HandIn`.
        decide : callable
            Called within the transaction, so that no two hand-ins take the same attempt.
        others : collection of str
            The other members of the student's group.
        agreed : bool
            Whether the course says that they are one, so that its hand-ins and attempts are those of all.
        """
        with self.database.writing() as connection:
            earlier = self._hand_ins(connection, of=student, milestone=milestone)
            earlier = [one for one in earlier if one.student == student or one.agreed]
            for one in earlier:
                if one.digest == digest and one.state != NOT_GRADED:
                    return one, False
            admission = decide(earlier)
            new = HandIn(
                secrets.token_hex(16),
                student,
                milestone,
                digest,
                size,
                received,
                admission.late,
                admission.attempt,
                admission.attempts_allowed,
                _priority(connection, student, admission.attempt),
                queued=received if admission.attempt else time.time(),
                members=tuple(sorted(others)),
                agreed=agreed and bool(others),
            )
            row = {name: value for name, value in vars(new).items() if name not in ("members", "agreed")}
            connection.execute(insert(hand_ins).values(**row))
            for other in new.members:
                connection.execute(insert(members).values(hand_in=new.id, student=other, agreed=new.agreed))
        return new, True

    def hand_in(self, id: str) -> HandIn | None:
        """Return one hand-in; None if there is none with this id."""
        with self.database.reading() as connection:
            found = self._hand_ins(connection, id=id)
        return found[0] if found else None

    def hand_ins(self, **where: Any) -> list[HandIn]:
        """Return the hand-ins with these values, by the time they came; a list of values stands for any of them.

        ``of`` is for the hand-ins of a student and those of their group.
        """
        with self.database.reading() as connection:
            return self._hand_ins(connection, **where)

    def _hand_ins(self, connection: Connection, **where: Any) -> list[HandIn]:
        query = select(hand_ins).order_by(hand_ins.c.received, hand_ins.c.id)
        of = where.pop("of", None)
        if of is not None:
            with_them = select(members.c.hand_in).where(members.c.student == of)
            query = query.where((hand_ins.c.student == of) | hand_ins.c.id.in_(with_them))
        for name, value in where.items():
            column = hand_ins.c[name]
            query = query.where(column.in_(value) if isinstance(value, list | tuple) else column == value)
        rows = connection.execute(query).mappings().all()
        together = select(members).where(
            members.c.hand_in.in_(query.with_only_columns(hand_ins.c.id).order_by(None))
        )
        groups: dict[str, list[Any]] = {}
        for member in connection.execute(together) if rows else ():
            groups.setdefault(member.hand_in, []).append(member)
        return [_hand_in(row, groups.get(row["id"], ())) for row in rows]

    def kept_bytes(self, student: str) -> int:
        """Return how many bytes the archives of a student have together."""
        query = select(func.coalesce(func.sum(hand_ins.c.size), 0)).where(hand_ins.c.student == student)
        with self.database.reading() as connection:
            return int(connection.execute(query).scalar_one())

    def handed_in(self) -> dict[str, tuple[int, float]]:
        """Return for each milestone with hand-ins how many students they are from, and when the last one came."""
        query = select(
            hand_ins.c.milestone,
            func.count(hand_ins.c.student.distinct()).label("students"),
            func.max(hand_ins.c.received).label("last"),
        ).group_by(hand_ins.c.milestone)
        with self.database.reading() as connection:
            return {row.milestone: (row.students, row.last) for row in connection.execute(query)}

    def claim(self, id: str, worker: str) -> HandIn | None:
        """Begin to grade a hand-in; None if somebody else does, or it has its result."""
        with self.database.writing() as connection:
            claimed = connection.execute(
                update(hand_ins)
                .where(hand_ins.c.id == id, hand_ins.c.state == QUEUED)
                .values(state=GRADING, worker=worker, started=time.time())
            )
            if claimed.rowcount != 1:
                return None
            return self._hand_ins(connection, id=id)[0]

    def release(self, id: str, worker: str) -> bool:
        """Put a hand-in back into the queue whose worker is no more; return whether it was still that worker's."""
        with self.database.writing() as connection:
            released = connection.execute(
                update(hand_ins)
                .where(hand_ins.c.id == id, hand_ins.c.state == GRADING, hand_ins.c.worker == worker)
                .values(state=QUEUED, worker=None, started=None)
            )
        return bool(released.rowcount == 1)

    def finish(
        self,
        id: str,
        worker: str,
        *,
        result: dict[str, Any] | None = None,
        score: float | None = None,
        max_score: float | None = None,
        message: str | None = None,
    ) -> bool:
        """Give a hand-in its one result, or say why it has none; return whether it was still this worker's."""
        state = NOT_GRADED if result is None else DONE
        with self.database.writing() as connection:
            finished = connection.execute(
                update(hand_ins)
                .where(hand_ins.c.id == id, hand_ins.c.state == GRADING, hand_ins.c.worker == worker)
                .values(
                    state=state,
                    finished=time.time(),
                    result=None if result is None else json.dumps(result),
                    score=score,
                    max_score=max_score,
                    message=message,
                    recorded=False,
                )
            )
        return bool(finished.rowcount == 1)

    def is_sent_again(self, one: HandIn) -> bool:
        """Return whether a student has handed in the same files once more, and they have or get a result."""
        with self.database.reading() as connection:
            return self._is_sent_again(connection, one)

    def _is_sent_again(self, connection: Connection, one: HandIn) -> bool:
        same = self._hand_ins(connection, student=one.student, milestone=one.milestone, digest=one.digest)
        return any(other.state != NOT_GRADED for other in same)

    def again(self, id: str) -> HandIn | None:
        """Put a hand-in that could not be graded back into the queue; None if it is none, or was sent again."""
        with self.database.writing() as connection:
            found = self._hand_ins(connection, id=id, state=NOT_GRADED)
            if not found or self._is_sent_again(connection, found[0]):
                return None
            attempt = found[0].attempt
            priority = 0 if attempt else _priority(connection, found[0].student, attempt)
            fresh = {"started": None, "finished": None, "message": None, "worker": None}
            values = {"state": QUEUED, "priority": priority, "queued": time.time(), **fresh}
            connection.execute(update(hand_ins).where(hand_ins.c.id == id).values(values))
            return self._hand_ins(connection, id=id)[0]

    def set_recorded(self, ids: Sequence[str]) -> None:
        """Note that the gradebook knows what follows from these hand-ins."""
        with self.database.writing() as connection:
            connection.execute(update(hand_ins).where(hand_ins.c.id.in_(list(ids))).values(recorded=True))

    def not_recorded(self, **where: Any) -> int:
        """Return how many finished hand-ins, with these values, the gradebook does not know."""
        query = select(func.count()).where(hand_ins.c.state.in_(_FINISHED), ~hand_ins.c.recorded)
        for name, value in where.items():
            query = query.where(hand_ins.c[name] == value)
        with self.database.reading() as connection:
            return int(connection.execute(query).scalar_one())

    def lateness(self) -> list[Lateness]:
        """Return of each finished hand-in when it came, and whether that was late by the deadlines of then."""
        columns = (hand_ins.c[name] for name in Lateness._fields)
        query = select(*columns).where(hand_ins.c.state.in_(_FINISHED))
        with self.database.reading() as connection:
            return [Lateness(*row) for row in connection.execute(query)]

    def set_late(self, late: Mapping[str, bool]) -> None:
        """Note which hand-ins are late by the deadlines of now; the gradebook is to hear what follows from it."""
        with self.database.writing() as connection:
            for id, value in late.items():
                is_it = hand_ins.c.id == id
                connection.execute(update(hand_ins).where(is_it).values(late=value, recorded=False))

    def erase(self, person: str) -> None:
        """Delete everything about a person: hand-ins, results, tokens, and their lines of the audit log."""
        with self.database.writing() as connection:
            theirs = select(hand_ins.c.id).where(hand_ins.c.student == person)
            connection.execute(
                delete(members).where((members.c.student == person) | members.c.hand_in.in_(theirs))
            )
            connection.execute(delete(hand_ins).where(hand_ins.c.student == person))
            self.accounts.erase(person, connection)
            self.audit.erase(person, connection)


def _priority(connection: Connection, student: str, attempt: int) -> int:
    """Return when it is the turn of what a student hands in: after their other ones; what uses no attempt comes last.

    Of those each has a number of its own, below the one before, because the time in it is not when it was sent here.
    """
    queued = hand_ins.c.state == QUEUED
    if attempt:
        waiting = select(func.count()).where(queued, hand_ins.c.student == student, hand_ins.c.attempt > 0)
        return -int(connection.execute(waiting).scalar_one())
    last = select(func.coalesce(func.min(hand_ins.c.priority), 0)).where(queued, hand_ins.c.attempt == 0)
    return min(_LAST, int(connection.execute(last).scalar_one())) - 1


def _hand_in(row: Any, group: Sequence[Any]) -> HandIn:
    result = None if row["result"] is None else json.loads(row["result"])
    together = tuple(sorted(member.student for member in group))
    return HandIn(
        **{**row, "result": result}, members=together, agreed=any(member.agreed for member in group)
    )
