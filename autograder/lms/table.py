"""CSV files as spreadsheets and learning management systems write them, read and written safely."""

from __future__ import annotations

import csv
import io
import os
import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

_LARGEST = 50_000_000
"""Bytes of a table; one of 10,000 students and 100 columns has a tenth of it."""
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")
"""What a cell begins with that a spreadsheet would compute."""
_HEADING = 100_000
"""Characters among which the first row ends."""
_QUOTED = re.compile(r'"(?:[^"]|"")*"')
_AS_TEXT = re.compile(r'\s*="([^"]*)"\s*\Z')
"""How some systems write an id, so that a spreadsheet keeps its zeros: ``="00123"``."""
_NUMBER = re.compile(r"[-+]?\d+(?:[.,]\d+)?")


_IN_OTHER_LANGUAGES = {
    "first name": ("vorname", "prénom", "nombre"),
    "last name": ("nachname", "nom de famille", "nom", "apellido(s)", "apellidos"),
    "full name": ("vollständiger name", "nom complet", "nombre completo"),
    "username": ("anmeldename", "benutzername", "nom d'utilisateur", "nombre de usuario"),
    "id number": ("id-nummer", "matrikelnummer", "numéro d'identification", "número de id"),
    "email address": ("e-mail-adresse", "adresse de courriel", "dirección de correo", "correo electrónico"),
    "groups": ("gruppen", "groupes", "grupos"),
    "identifier": ("id", "identifiant", "identificador"),
    "grade": ("bewertung", "note", "calificación"),
    "maximum grade": ("bestwertung", "note maximale", "calificación máxima"),
    "grade can be changed": (
        *("bewertung kann geändert werden", "la note peut être modifiée"),
        "la calificación puede ser cambiada",
    ),
    "last modified (grade)": (
        *("zuletzt geändert (bewertung)", "dernière modification (note)"),
        "última modificación (calificación)",
    ),
    "last modified (submission)": (
        *("zuletzt geändert (abgabe)", "dernière modification (travail remis)"),
        "última modificación (entrega)",
    ),
}


class TableError(ValueError):
    """A file is not the table that it should be; the message says what is wrong with it."""


def harmless(text: object) -> str:
    """Return text that no spreadsheet takes for a formula: an apostrophe is put before what could be one."""
    plain = "" if text is None else str(text)
    if len(plain) == 1 or _NUMBER.fullmatch(plain):  # a dash stands for nothing in Moodle's tables
        return plain
    if plain.startswith(_FORMULA) or plain.lstrip(" \u00a0\ufeff").startswith(_FORMULA):
        return "'" + plain
    return plain


def printable(text: str) -> str:
    """Return text of a file without control characters, which could steer a terminal."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def points(value: float, decimals: int = 4) -> str:
    """Return a number of points without needless zeros."""
    return f"{round(value, decimals) + 0.0:.{decimals}f}".rstrip("0").rstrip(".")


@dataclass
class Table:
    """A CSV file: its first row, the others, and how it is written.

    Attributes
    ----------
    header : list of str
    rows : list of list of str
        Each as long as the header.
    delimiter : str
    mark : bool
        Whether a byte order mark comes first, as spreadsheets want it.
    """

    header: list[str]
    rows: list[list[str]] = field(default_factory=list)
    delimiter: str = ","
    mark: bool = False

    def column(self, *names: str) -> int | None:
        """Return the number of the first column with one of these names, in any capitals; None if there is none.

        Moodle's columns are called as its user reads them: German, French and Spanish names are known.
        """
        known = [_plain(name) for name in self.header]
        wanted = [_plain(name) for name in names]
        wanted += [other for name in wanted for other in _IN_OTHER_LANGUAGES.get(name, ())]
        return next((known.index(name) for name in wanted if name in known), None)

    def get(self, row: Sequence[str], *names: str) -> str:
        """Return what a row has in that column, without spaces around it; nothing if there is no such column."""
        number = self.column(*names)
        return "" if number is None else row[number].strip()


def _plain(name: str) -> str:
    return " ".join(name.casefold().replace("_", " ").split())


def read(path: Path) -> Table:
    """Read a CSV file with commas, semicolons or tabs, in UTF-8, UTF-16 or as Windows writes it.

    Raises
    ------
    TableError
        If it is no table, or too large.
    """
    try:
        if path.stat().st_size > _LARGEST:
            raise TableError(f"{path} has more than {_LARGEST} bytes")
        data = path.read_bytes()
    except OSError as error:
        raise TableError(f"{path} cannot be read: {error.strerror or error}") from error
    try:
        return parse(data)
    except TableError as error:
        raise TableError(f"{path}: {error}") from None


def parse(data: bytes) -> Table:
    """Return the table that the bytes of a CSV file hold; see `read`."""
    text, mark = _decoded(data)
    said = re.match(r"\"?sep=([,;\t|])\"?[,;\t]*\r?\n?", text)  # for Excel
    text = text[said.end() :] if said else text
    first = re.split(r"[\r\n]", _QUOTED.sub("", text[:_HEADING]).lstrip("\r\n"), maxsplit=1)[0]
    delimiter = max(",;\t", key=first.count)
    if said and said[1] in first:
        delimiter = said[1]
    try:
        rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if any(row)]
    except csv.Error as error:
        raise TableError(f"it is no CSV file: {error}") from error
    if not rows:
        raise TableError("it is empty")
    width = max(len(row) for row in rows)
    rows = [[_AS_TEXT.sub(r"\1", cell) for cell in row] + [""] * (width - len(row)) for row in rows]
    return Table([name.strip() for name in rows[0]], rows[1:], delimiter, mark)


def text_of(data: bytes) -> str:
    """Return a text file's text: UTF-8 or UTF-16, with a byte order mark or without, or as Windows writes it.

    Raises
    ------
    TableError
        If it is none of these.
    """
    return _decoded(data)[0]


def _decoded(data: bytes) -> tuple[str, bool]:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    else:
        encodings = ["utf-8-sig", "cp1252", "latin-1"]
    for encoding in encodings:
        try:
            return data.decode(encoding), data.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"))
        except UnicodeDecodeError:
            continue
    raise TableError("its text cannot be read")


def written(table: Table) -> bytes:
    """Return the bytes of a table as UTF-8; lines end as RFC 4180 says."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=table.delimiter)
    writer.writerow(table.header)
    writer.writerows(table.rows)
    text = buffer.getvalue()
    return (b"\xef\xbb\xbf" if table.mark else b"") + text.encode("utf-8", errors="backslashreplace")


def write(path: Path, table: Table) -> None:
    """Replace the file ``path`` by a table, in one step: a reader sees the old one or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(written(table))
        os.chmod(temporary, 0o600)  # grades are nobody else's business
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
