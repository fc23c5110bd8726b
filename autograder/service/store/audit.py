"""The audit log: who did what, and when."""

from __future__ import annotations

import time
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from .database import Database
from .tables import audit


class AuditLog:
    """The lines of the audit log.

    Parameters
    ----------
    database : Database
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(self, who: str, what: str, detail: str = "") -> None:
        """Write a line of the audit log."""
        with self._database.writing() as connection:
            connection.execute(insert(audit).values(at=time.time(), who=who, what=what, detail=detail))

    def notes(self, who: str | None = None, what: str | None = None) -> list[dict[str, Any]]:
        """Return the audit log, of everybody or of one person, of everything or of one kind."""
        query = select(audit.c.at, audit.c.who, audit.c.what, audit.c.detail).order_by(audit.c.id)
        if who is not None:
            query = query.where(audit.c.who == who)
        if what is not None:
            query = query.where(audit.c.what == what)
        with self._database.reading() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    def erase(self, person: str, connection: Connection) -> None:
        """Delete the lines of a person, within a transaction."""
        connection.execute(delete(audit).where(audit.c.who == person))
