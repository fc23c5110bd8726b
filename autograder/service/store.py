"""What the service knows, in a database: hand-ins and their results, tokens, sessions, and the audit log.

SQLite in a file by default; any other database that SQLAlchemy knows, by its URL. Times are seconds since 1970, in UTC.
A hand-in that is committed here is accepted: whatever happens, it gets exactly one result.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Float,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    create_engine,
    delete,
    event,
    func,
    insert,
    select,
    text,
    update,
)

from .pace import Timing, UnderWay
from .policy import DONE, GRADING, NOT_GRADED, QUEUED

_metadata = MetaData()
_FINISHED = (DONE, NOT_GRADED)

tokens = Table(
    "tokens",
    _metadata,
    Column("id", Integer, primary_key=True),
    Column("hash", String(64), unique=True, nullable=False),
    Column("person", String(255), index=True, nullable=False),
    Column("role", String(20), nullable=False),
    Column("created", Float, nullable=False),
    Column("revoked", Float),
)
hand_ins = Table(
    "hand_ins",
    _metadata,
    Column("id", String(32), primary_key=True),
    Column("student", String(255), index=True, nullable=False),
    Column("milestone", String(255), index=True, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("size", Integer, nullable=False),
    Column("received", Float, index=True, nullable=False),
    Column("late", Boolean, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("attempts_allowed", Integer),
    Column("priority", Integer, nullable=False),
    Column("state", String(20), index=True, nullable=False),
    Column("worker", String(64)),
    Column("started", Float),
    Column("finished", Float),
    Column("score", Float),
    Column("max_score", Float),
    Column("result", Text),
    Column("message", Text),
    Column("recorded", Boolean, nullable=False),
)
members = Table(
    "members",
    _metadata,
    Column("hand_in", String(32), primary_key=True),
    Column("student", String(255), primary_key=True),
    Column("agreed", Boolean, nullable=False),
)
sessions = Table(
    "sessions",
    _metadata,
    Column("hash", String(64), primary_key=True),
    Column("token_hash", String(64), index=True, nullable=False),
    Column("expires", Float, nullable=False),
)
hub_sessions = Table(
    "hub_sessions",
    _metadata,
    Column("hash", String(64), primary_key=True),
    Column("person", String(255), index=True, nullable=False),
    Column("expires", Float, nullable=False),
)
audit = Table(
    "audit",
    _metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Float, nullable=False),
    Column("who", String(255), nullable=False),
    Column("what", String(64), nullable=False),
    Column("detail", Text, nullable=False),
)


@dataclass(frozen=True)
class HandIn:
    """One accepted hand-in.

    Attributes
    ----------
    id : str
        Cannot be guessed.
    student, milestone : str
    digest : str
        SHA-256 of the archive, in hexadecimal.
    size : int
        Bytes of the archive.
    received : float
    late : bool
    attempt : int
        The number of this attempt, from 1.
    attempts_allowed : int or None
        As it was when the hand-in came.
    priority : int
        Minus how many of the student's hand-ins were waiting then; higher goes first, then who came first.
    state : {"queued", "grading", "done", "not_graded"}
    worker : str or None
        The process that grades it.
    started, finished : float or None
    score, max_score : float or None
    result : dict or None
        What a student may see of the report at most; see `shown.result_of`.
    message : str or None
        Why it could not be graded.
    recorded : bool
        Whether the gradebook knows what follows from it.
    members : tuple of str
        The others of the student's group.
    agreed : bool
        Whether the course says that they are a group, and not the hand-in alone.
    """

    id: str
    student: str
    milestone: str
    digest: str
    size: int
    received: float
    late: bool
    attempt: int
    attempts_allowed: int | None
    priority: int
    state: str = QUEUED
    worker: str | None = None
    started: float | None = None
    finished: float | None = None
    score: float | None = None
    max_score: float | None = None
    result: dict[str, Any] | None = None
    message: str | None = None
    recorded: bool = False
    members: tuple[str, ...] = ()
    agreed: bool = False

    def is_of(self, student: str) -> bool:
        """Return whether a student has made it, or is of the group."""
        return student == self.student or student in self.members


class Lateness(NamedTuple):
    """What says whether a hand-in is late."""

    id: str
    student: str
    milestone: str
    received: float
    late: bool


@dataclass(frozen=True)
class Admission:
    """What is decided about a hand-in in the moment in which it is accepted."""

    late: bool
    attempt: int
    attempts_allowed: int | None


Decide = Callable[[Sequence[HandIn]], Admission]
"""Says of a hand-in, given the earlier ones of its student and milestone, what number it is, or raises an error."""


class Store:
    """The database of one service.

    Parameters
    ----------
    url : str
        As SQLAlchemy takes it, such as ``sqlite:////srv/course/service/service.db``.
    """

    def __init__(self, url: str) -> None:
        self._lite = url.startswith("sqlite:")
        self._engine = create_engine(url, **({"connect_args": {"timeout": 30}} if self._lite else {}))
        if self._lite:
            event.listen(self._engine, "connect", _set_up_sqlite)
            event.listen(self._engine, "begin", _begin_sqlite)
        _metadata.create_all(self._engine)

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """Yield a connection in a transaction that no other writer shares."""
        with self._engine.connect().execution_options(nndl_writes=True) as connection, connection.begin():
            if not self._lite:  # as SQLite does: one writer at a time, and readers go on
                connection.execute(text("LOCK TABLE hand_ins IN EXCLUSIVE MODE"))
            yield connection

    # --- hand-ins ---------------------------------------------------------------------------------------------

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
        with self._writing() as connection:
            earlier = self._hand_ins(connection, of=student, milestone=milestone)
            earlier = [one for one in earlier if one.student == student or one.agreed]
            for one in earlier:
                if one.digest == digest and one.state != NOT_GRADED:
                    return one, False
            admission = decide(earlier)
            waiting = select(func.count()).where(hand_ins.c.student == student, hand_ins.c.state == QUEUED)
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
                -int(connection.execute(waiting).scalar_one()),
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
        with self._engine.connect() as connection:
            found = self._hand_ins(connection, id=id)
        return found[0] if found else None

    def hand_ins(self, **where: Any) -> list[HandIn]:
        """Return the hand-ins with these values, by the time they came; a list of values stands for any of them.

        ``of`` is for the hand-ins of a student and those of their group.
        """
        with self._engine.connect() as connection:
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
        with self._engine.connect() as connection:
            return int(connection.execute(query).scalar_one())

    def handed_in(self) -> dict[str, tuple[int, float]]:
        """Return for each milestone with hand-ins how many students they are from, and when the last one came."""
        query = select(
            hand_ins.c.milestone,
            func.count(hand_ins.c.student.distinct()).label("students"),
            func.max(hand_ins.c.received).label("last"),
        ).group_by(hand_ins.c.milestone)
        with self._engine.connect() as connection:
            return {row.milestone: (row.students, row.last) for row in connection.execute(query)}

    def claim(self, id: str, worker: str) -> HandIn | None:
        """Begin to grade a hand-in; None if somebody else does, or it has its result."""
        with self._writing() as connection:
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
        with self._writing() as connection:
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
        with self._writing() as connection:
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
        with self._engine.connect() as connection:
            return self._is_sent_again(connection, one)

    def _is_sent_again(self, connection: Connection, one: HandIn) -> bool:
        same = self._hand_ins(connection, student=one.student, milestone=one.milestone, digest=one.digest)
        return any(other.state != NOT_GRADED for other in same)

    def again(self, id: str) -> HandIn | None:
        """Put a hand-in that could not be graded back into the queue; None if it is none, or was sent again."""
        with self._writing() as connection:
            found = self._hand_ins(connection, id=id, state=NOT_GRADED)
            if not found or self._is_sent_again(connection, found[0]):
                return None
            fresh = {"started": None, "finished": None, "message": None, "worker": None, "priority": 0}
            connection.execute(update(hand_ins).where(hand_ins.c.id == id).values(state=QUEUED, **fresh))
            return self._hand_ins(connection, id=id)[0]

    def set_recorded(self, ids: Sequence[str]) -> None:
        """Note that the gradebook knows what follows from these hand-ins."""
        with self._writing() as connection:
            connection.execute(update(hand_ins).where(hand_ins.c.id.in_(list(ids))).values(recorded=True))

    def not_recorded(self, **where: Any) -> int:
        """Return how many finished hand-ins, with these values, the gradebook does not know."""
        query = select(func.count()).where(hand_ins.c.state.in_(_FINISHED), ~hand_ins.c.recorded)
        for name, value in where.items():
            query = query.where(hand_ins.c[name] == value)
        with self._engine.connect() as connection:
            return int(connection.execute(query).scalar_one())

    def lateness(self) -> list[Lateness]:
        """Return of each finished hand-in when it came, and whether that was late by the deadlines of then."""
        columns = (hand_ins.c[name] for name in Lateness._fields)
        query = select(*columns).where(hand_ins.c.state.in_(_FINISHED))
        with self._engine.connect() as connection:
            return [Lateness(*row) for row in connection.execute(query)]

    def set_late(self, late: Mapping[str, bool]) -> None:
        """Note which hand-ins are late by the deadlines of now; the gradebook is to hear what follows from it."""
        with self._writing() as connection:
            for id, value in late.items():
                is_it = hand_ins.c.id == id
                connection.execute(update(hand_ins).where(is_it).values(late=value, recorded=False))

    def under_way(self) -> list[UnderWay]:
        """Return the hand-ins that wait or are graded now, in the order in which they are graded."""
        query = (
            select(hand_ins.c.id, hand_ins.c.milestone, hand_ins.c.started)
            .where(hand_ins.c.state.in_([QUEUED, GRADING]))
            .order_by(hand_ins.c.priority.desc(), hand_ins.c.received, hand_ins.c.id)
        )
        with self._engine.connect() as connection:
            return [UnderWay(*row) for row in connection.execute(query)]

    def waiting(self) -> int:
        """Return how many hand-ins wait for a grader."""
        query = select(func.count()).where(hand_ins.c.state == QUEUED)
        with self._engine.connect() as connection:
            return int(connection.execute(query).scalar_one())

    def timings(self, since: float) -> list[tuple[float, float, float]]:
        """Return of each hand-in with a result when it came, and when grading it began and ended, by the first."""
        columns = hand_ins.c.received, hand_ins.c.started, hand_ins.c.finished
        query = (
            select(*columns)
            .where(hand_ins.c.received >= since, hand_ins.c.state == DONE)
            .order_by(hand_ins.c.received)
        )
        with self._engine.connect() as connection:
            return [(row.received, row.started, row.finished) for row in connection.execute(query)]

    def last_seconds(self, milestone: str, of_the_last: int = 60) -> list[float]:
        """Return how long grading took, for each of the last hand-ins of a milestone."""
        query = (
            select(hand_ins.c.started, hand_ins.c.finished)
            .where(hand_ins.c.milestone == milestone, hand_ins.c.finished.is_not(None))
            .where(hand_ins.c.started.is_not(None))
            .order_by(hand_ins.c.finished.desc())
            .limit(of_the_last)
        )
        with self._engine.connect() as connection:
            # not less than nothing, where somebody has put the clock right meanwhile
            return [max(0.0, row.finished - row.started) for row in connection.execute(query)]

    def last_timings(self, of_the_last: int = 60) -> list[Timing]:
        """Return when the last hand-ins came that were graded, of all milestones, and when they had their result."""
        query = (
            select(hand_ins.c.milestone, hand_ins.c.received, hand_ins.c.finished)
            .where(hand_ins.c.finished.is_not(None), hand_ins.c.started.is_not(None))
            .order_by(hand_ins.c.finished.desc())
            .limit(of_the_last)
        )
        with self._engine.connect() as connection:
            return [Timing(*row) for row in connection.execute(query)]

    # --- tokens -----------------------------------------------------------------------------------------------

    def add_token(self, hash: str, person: str, role: str) -> None:
        """Keep the hash of a new token."""
        with self._writing() as connection:
            connection.execute(
                insert(tokens).values(hash=hash, person=person, role=role, created=time.time())
            )

    def token(self, hash: str) -> tuple[str, str] | None:
        """Return whose token has this hash, and the role; None if there is none that holds."""
        query = select(tokens.c.person, tokens.c.role).where(
            tokens.c.hash == hash, tokens.c.revoked.is_(None)
        )
        with self._engine.connect() as connection:
            row = connection.execute(query).first()
        return None if row is None else (row.person, row.role)

    def revoke(self, person: str) -> int:
        """Revoke all tokens of a person; return how many there were."""
        with self._writing() as connection:
            revoked = connection.execute(
                update(tokens)
                .where(tokens.c.person == person, tokens.c.revoked.is_(None))
                .values(revoked=time.time())
            )
            connection.execute(delete(hub_sessions).where(hub_sessions.c.person == person))
        return int(revoked.rowcount)

    def people(self) -> dict[str, str]:
        """Return who has a token that holds, and the role."""
        query = select(tokens.c.person, tokens.c.role).where(tokens.c.revoked.is_(None)).order_by(tokens.c.id)
        with self._engine.connect() as connection:
            return {row.person: row.role for row in connection.execute(query)}

    # --- browsers that are logged in ----------------------------------------------------------------------------

    def add_session(self, hash: str, token_hash: str, expires: float, now: float) -> None:
        """Keep the hash of a session's id, and whose token began it; sessions that are over are deleted."""
        with self._writing() as connection:
            connection.execute(delete(sessions).where(sessions.c.expires <= now))
            connection.execute(insert(sessions).values(hash=hash, token_hash=token_hash, expires=expires))

    def session(self, hash: str, now: float) -> tuple[str, str] | None:
        """Return whose session this is, and the role; None if it is over, or its token was revoked."""
        query = select(sessions.c.token_hash).where(sessions.c.hash == hash, sessions.c.expires > now)
        with self._engine.connect() as connection:
            token_hash = connection.execute(query).scalar_one_or_none()
        return None if token_hash is None else self.token(token_hash)

    def add_hub_session(self, hash: str, person: str, expires: float, now: float) -> None:
        """Keep the hash of a session's id, and who of the hub began it; sessions that are over are deleted."""
        with self._writing() as connection:
            connection.execute(delete(hub_sessions).where(hub_sessions.c.expires <= now))
            connection.execute(insert(hub_sessions).values(hash=hash, person=person, expires=expires))

    def hub_session(self, hash: str, now: float) -> str | None:
        """Return who of the hub this session is of; None if it is over, or none of these."""
        query = select(hub_sessions.c.person).where(hub_sessions.c.hash == hash, hub_sessions.c.expires > now)
        with self._engine.connect() as connection:
            person = connection.execute(query).scalar_one_or_none()
        return None if person is None else str(person)

    def end_session(self, hash: str) -> None:
        """End a session."""
        with self._writing() as connection:
            connection.execute(delete(sessions).where(sessions.c.hash == hash))
            connection.execute(delete(hub_sessions).where(hub_sessions.c.hash == hash))

    # --- the audit log, and what is kept of a person ------------------------------------------------------------

    def note(self, who: str, what: str, detail: str = "") -> None:
        """Write a line of the audit log."""
        with self._writing() as connection:
            connection.execute(insert(audit).values(at=time.time(), who=who, what=what, detail=detail))

    def notes(self, who: str | None = None, what: str | None = None) -> list[dict[str, Any]]:
        """Return the audit log, of everybody or of one person, of everything or of one kind."""
        query = select(audit.c.at, audit.c.who, audit.c.what, audit.c.detail).order_by(audit.c.id)
        if who is not None:
            query = query.where(audit.c.who == who)
        if what is not None:
            query = query.where(audit.c.what == what)
        with self._engine.connect() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    def erase(self, person: str) -> None:
        """Delete everything about a person: hand-ins, results, tokens, and their lines of the audit log."""
        with self._writing() as connection:
            theirs = select(hand_ins.c.id).where(hand_ins.c.student == person)
            connection.execute(
                delete(members).where((members.c.student == person) | members.c.hand_in.in_(theirs))
            )
            connection.execute(delete(hand_ins).where(hand_ins.c.student == person))
            theirs = select(tokens.c.hash).where(tokens.c.person == person)
            connection.execute(delete(sessions).where(sessions.c.token_hash.in_(theirs)))
            connection.execute(delete(tokens).where(tokens.c.person == person))
            connection.execute(delete(hub_sessions).where(hub_sessions.c.person == person))
            connection.execute(delete(audit).where(audit.c.who == person))


def _hand_in(row: Any, group: Sequence[Any]) -> HandIn:
    result = None if row["result"] is None else json.loads(row["result"])
    together = tuple(sorted(member.student for member in group))
    return HandIn(
        **{**row, "result": result}, members=together, agreed=any(member.agreed for member in group)
    )


def _set_up_sqlite(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # transactions begin as `_begin_sqlite` says
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")  # what is accepted survives a power cut


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("nndl_writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
