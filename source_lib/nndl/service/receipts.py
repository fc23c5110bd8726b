"""What is kept on the student's machine: the zip that was sent, and a receipt for each attempt."""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import asdict
from pathlib import Path

from .replies import State


def receipt_file(archive: Path, state: State) -> Path:
    """Return where the receipt of a hand-in lies: beside what was sent."""
    milestone = archive.stem.removesuffix("-submitted")
    attempt = state.receipt.attempt
    return archive.with_name(
        f"{milestone}-receipt-{attempt if attempt is not None else state.receipt.digest[:12]}.json"
    )


def save(archive: Path, service: str, state: State) -> Path | None:
    """Write the receipt, with the result as soon as there is one; None where nothing can be written."""
    path = receipt_file(archive, state)
    said = {
        "service": service,
        "id": state.id,
        **asdict(state.receipt),
        "state": state.state,
        "result": asdict(state.result) if state.result else None,
        "message": state.message or None,
    }
    with contextlib.suppress(OSError):
        half = path.with_name(f"{path.name}.{os.getpid()}.part")
        half.write_text(json.dumps(said, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        half.replace(path)
        return path
    return None
