"""The tables of the service's database. Times are seconds since 1970, in UTC."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Float, Integer, MetaData, String, Table, Text

metadata = MetaData()

tokens = Table(
    "tokens",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("hash", String(64), unique=True, nullable=False),
    Column("person", String(255), index=True, nullable=False),
    Column("role", String(20), nullable=False),
    Column("created", Float, nullable=False),
    Column("revoked", Float),
)
hand_ins = Table(
    "hand_ins",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("student", String(255), index=True, nullable=False),
    Column("milestone", String(255), index=True, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("size", Integer, nullable=False),
    Column("received", Float, index=True, nullable=False),
    Column("queued", Float),
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
    metadata,
    Column("hand_in", String(32), primary_key=True),
    Column("student", String(255), primary_key=True),
    Column("agreed", Boolean, nullable=False),
)
sessions = Table(
    "sessions",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("token_hash", String(64), index=True, nullable=False),
    Column("expires", Float, nullable=False),
)
hub_sessions = Table(
    "hub_sessions",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("person", String(255), index=True, nullable=False),
    Column("expires", Float, nullable=False),
)
audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Float, nullable=False),
    Column("who", String(255), nullable=False),
    Column("what", String(64), nullable=False),
    Column("detail", Text, nullable=False),
)
