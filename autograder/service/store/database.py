"""Connections to the service's database: many readers, and one writer at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, create_engine, event, inspect, text

from .tables import hand_ins, metadata


class Database:
    """The database at a URL; its tables are made where there are none.

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
        metadata.create_all(self._engine)
        self._add_what_is_new()

    def _add_what_is_new(self) -> None:
        """Give the table of hand-ins of an older version the columns that it lacks; they may be empty."""
        there = {column["name"] for column in inspect(self._engine).get_columns(hand_ins.name)}
        if all(column.name in there for column in hand_ins.columns):
            return
        with self.writing() as connection:  # two processes start at once
            there = {column["name"] for column in inspect(connection).get_columns(hand_ins.name)}
            for column in hand_ins.columns:
                if column.name not in there:
                    kind = column.type.compile(self._engine.dialect)
                    connection.execute(text(f"ALTER TABLE {hand_ins.name} ADD COLUMN {column.name} {kind}"))

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Yield a connection that reads."""
        with self._engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Yield a connection in a transaction that no other writer shares."""
        with self._engine.connect().execution_options(nndl_writes=True) as connection, connection.begin():
            if not self._lite:  # as SQLite does: one writer at a time, and readers go on
                connection.execute(text("LOCK TABLE hand_ins IN EXCLUSIVE MODE"))
            yield connection


def _set_up_sqlite(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # transactions begin as `_begin_sqlite` says
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")  # what is accepted survives a power cut


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("nndl_writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
