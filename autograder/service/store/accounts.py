"""Who may come in: tokens, and browsers that are logged in. Only hashes of secrets are kept."""

from __future__ import annotations

import time

from sqlalchemy import Connection, delete, insert, select, update

from .database import Database
from .tables import hub_sessions, sessions, tokens


class Accounts:
    """The tokens and sessions of everybody.

    Parameters
    ----------
    database : Database
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def add_token(self, hash: str, person: str, role: str) -> None:
        """Keep the hash of a new token."""
        with self._database.writing() as connection:
            connection.execute(
                insert(tokens).values(hash=hash, person=person, role=role, created=time.time())
            )

    def token(self, hash: str) -> tuple[str, str] | None:
        """Return whose token has this hash, and the role; None if there is none that holds."""
        query = select(tokens.c.person, tokens.c.role).where(
            tokens.c.hash == hash, tokens.c.revoked.is_(None)
        )
        with self._database.reading() as connection:
            row = connection.execute(query).first()
        return None if row is None else (row.person, row.role)

    def revoke(self, person: str) -> int:
        """Revoke all tokens of a person; return how many there were."""
        with self._database.writing() as connection:
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
        with self._database.reading() as connection:
            return {row.person: row.role for row in connection.execute(query)}

    def add_session(self, hash: str, token_hash: str, expires: float, now: float) -> None:
        """Keep the hash of a session's id, and whose token began it; sessions that are over are deleted."""
        with self._database.writing() as connection:
            connection.execute(delete(sessions).where(sessions.c.expires <= now))
            connection.execute(insert(sessions).values(hash=hash, token_hash=token_hash, expires=expires))

    def session(self, hash: str, now: float) -> tuple[str, str] | None:
        """Return whose session this is, and the role; None if it is over, or its token was revoked."""
        query = select(sessions.c.token_hash).where(sessions.c.hash == hash, sessions.c.expires > now)
        with self._database.reading() as connection:
            token_hash = connection.execute(query).scalar_one_or_none()
        return None if token_hash is None else self.token(token_hash)

    def add_hub_session(self, hash: str, person: str, expires: float, now: float) -> None:
        """Keep the hash of a session's id, and who of the hub began it; sessions that are over are deleted."""
        with self._database.writing() as connection:
            connection.execute(delete(hub_sessions).where(hub_sessions.c.expires <= now))
            connection.execute(insert(hub_sessions).values(hash=hash, person=person, expires=expires))

    def hub_session(self, hash: str, now: float) -> str | None:
        """Return who of the hub this session is of; None if it is over, or none of these."""
        query = select(hub_sessions.c.person).where(hub_sessions.c.hash == hash, hub_sessions.c.expires > now)
        with self._database.reading() as connection:
            person = connection.execute(query).scalar_one_or_none()
        return None if person is None else str(person)

    def end_session(self, hash: str) -> None:
        """End a session."""
        with self._database.writing() as connection:
            connection.execute(delete(sessions).where(sessions.c.hash == hash))
            connection.execute(delete(hub_sessions).where(hub_sessions.c.hash == hash))

    def erase(self, person: str, connection: Connection) -> None:
        """Delete the tokens and sessions of a person, within a transaction."""
        theirs = select(tokens.c.hash).where(tokens.c.person == person)
        connection.execute(delete(sessions).where(sessions.c.token_hash.in_(theirs)))
        connection.execute(delete(tokens).where(tokens.c.person == person))
        connection.execute(delete(hub_sessions).where(hub_sessions.c.person == person))
