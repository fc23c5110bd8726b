"""Bulk downloads of a class in the form that learning management systems give them."""

from __future__ import annotations

import io
import unicodedata
import zipfile
from pathlib import Path

from .big_class import FIRST, SIZE


def name(number: int) -> tuple[str, str]:
    return FIRST[number % len(FIRST)], f"Müller-{number:03d}"


def code(number: int, attempt: int = 1) -> str:
    return f"# student {number}, attempt {attempt}\n"


def canvas(path: Path, size: int = SIZE) -> None:
    """Write Canvas's submissions.zip: flat, with names in small letters and without punctuation.

    Every 20th student handed nothing in, every 17th of twenty is late, every 5th uploaded ``layers.py`` twice in one
    attempt, every 7th handed in an archive.
    """
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(size):
            if number % 20 == 19:
                continue
            first, last = name(number)
            plain = "".join(c for c in (last + first).lower() if c.isalnum() or c == "_")
            mark = "_LATE" if number % 20 == 17 else ""
            prefix = f"{plain}{mark}_{90000 + 7 * number}"
            if number % 7 == 0:
                inner = io.BytesIO()
                with zipfile.ZipFile(inner, "w") as packed:
                    packed.writestr("work/nndl/layers.py", code(number))
                archive.writestr(f"{prefix}_{500000 + 10 * number}_work.zip", inner.getvalue())
                continue
            if number % 5 == 0:
                archive.writestr(f"{prefix}_{500000 + 10 * number}_layers.py", code(number))
            archive.writestr(f"{prefix}_{500001 + 10 * number}_layers-1.py", code(number, 2))
            archive.writestr(f"{prefix}_{500002 + 10 * number}_two_layer_net.ipynb", "{}")
        archive.writestr("studenttest_99_1_layers.py", code(-1))


def moodle(path: Path, size: int = SIZE) -> None:
    """Write Moodle's archive: a folder for each participant, names with accents taken apart, as macOS has them."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(size):
            if number % 20 == 19:
                continue
            first, last = name(number)
            whole = unicodedata.normalize("NFD", f"{first} {last}".replace('"', "").replace(":", ""))
            folder = f"{whole}_{4000 + number}_assignsubmission_file_"
            archive.writestr(f"{folder}/nndl/layers.py", code(number))
            archive.writestr(f"{folder}/two_layer_net.ipynb", "{}")
            if number % 9 == 0:
                archive.writestr(f"{folder[:-5]}onlinetext_/onlinetext.html", "<p>see the file</p>")
        archive.writestr("Guest Teacher_9999_assignsubmission_file_/x.py", "pass")


def gradescope(path: Path, size: int = SIZE) -> None:
    """Write Gradescope's export of submissions: numbered folders, and a file that says whose they are."""
    about = "---\n"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(size):
            if number % 20 == 19:
                continue
            first, last = name(number)
            whole = f"{first} {last}".replace('"', "'")
            about += (
                f"submission_{77000 + number}:\n  :submitters:\n"
                f'  - :name: "{whole}"\n    :sid: "{90000 + 7 * number}"\n'
                f"    :email: s{number:03d}@uni.example\n"
            )
            if number % 20 == 18:
                about += f"  - :name: A Partner\n    :sid: ''\n    :email: s{number + 1:03d}@uni.example\n"
            about += "  :created_at: 2026-11-02 09:30:00.123000000 Z\n  :score: 3.0\n  :status: processed\n"
            archive.writestr(f"assignment_55_export/submission_{77000 + number}/nndl/layers.py", code(number))
        archive.writestr("assignment_55_export/submission_metadata.yml", about)


def classroom(folder: Path, size: int = SIZE) -> str:
    """Make the folders that ``gh classroom clone`` makes, and return GitHub Classroom's roster."""
    roster = ['"identifier","github_username","github_id","name"']
    for number in range(size):
        login = f"Coder-{number}-x" if number % 2 else f"hub{number}"
        roster.append(f'"s{number:03d}","{login}","{1000 + number}",""')
        if number % 20 != 19:
            place = folder / f"two-layer-net-{login.lower()}" / "nndl"
            place.mkdir(parents=True)
            (place / "layers.py").write_text(code(number))
    return "\n".join(roster) + "\n"
