"""Hand in and get the official result: look, pack, send, wait, show."""

from __future__ import annotations

import hashlib
import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ..hand_in.packer import NoAssignment, Packed, look, read_assignment, says_the_same, write_zip
from . import replies
from .access import Access, asked, service_of, stored
from .colab import fetch_open_notebook
from .connection import Connection, Reply, in_words
from .display import Line, headline, show_result
from .problem import Problem
from .receipts import save

NO_SERVICE = (
    "Your course has no grading service for this. `nndl.pack()` in a notebook, or `python -m nndl pack` in a terminal, "
    "puts your files into a zip file; hand that in as your course says."
)
WAIT = 20
"""Seconds that the service may wait for news before it answers."""
LEAST_PAUSE = 1.0
"""Seconds between two questions, if the service answers at once that nothing is new."""
_STALE_AFTER = 60.0
_WIDE = 1.5
"""A range that ends at more times its beginning is told as one."""
_SOON = 3.0
"""Seconds that nobody counts."""


def send(folder: str | os.PathLike[str] = ".", *, incomplete: bool = False, anyway: bool = False) -> bool:
    """Hand in the files of an assignment, wait for the official result and show it; see `nndl.submit`.

    Parameters
    ----------
    folder : path
    incomplete : bool, default False
        Whether to hand in although files are missing.
    anyway : bool, default False
        Whether to hand in whatever is there, also what nothing can be judged of.

    Returns
    -------
    bool
        Whether there is a result.
    """
    root = Path(folder).resolve()
    line = Line()
    try:
        assignment = read_assignment(root)
        base = service_of(assignment)
        if not base:
            print(NO_SERVICE)
            return False
        _about_the_notebook(root, assignment)
        packed = look(root, assignment)
        print()
        _refuse(packed, incomplete=incomplete or anyway, anyway=anyway)
        return _send(root, assignment, base, line, packed)
    except (NoAssignment, Problem) as problem:
        line.end()
        print(problem)
        return False


def _refuse(packed: Packed, *, incomplete: bool, anyway: bool) -> None:
    """Raise a `Problem` if handing this in would give no result that says anything."""
    if not packed.files:
        raise Problem("There is nothing to hand in.")
    if packed.too_large:
        raise Problem(f"Nothing was sent: {packed.too_large}.", "Make it smaller, or leave it out.")
    if packed.missing and not incomplete:
        raise Problem(
            f"Nothing was sent, because this is missing: {', '.join(packed.missing)}.",
            "To hand in without it: nndl.submit(incomplete=True), or python -m nndl submit --incomplete.",
        )
    as_it_is = "To hand it in as it is: nndl.submit(anyway=True), or python -m nndl submit --anyway."
    if packed.unreadable and not anyway:
        raise Problem(
            f"Nothing was sent, because Python cannot read this: {'; '.join(packed.unreadable)}.",
            f"Mend it and save the file. {as_it_is}",
        )
    if packed.untouched and not anyway:
        raise Problem(
            "Nothing was sent, because all files are as they were released: nothing of yours is in them.",
            f"Is this the folder that you worked in, and is everything saved? {as_it_is}",
        )


def _send(root: Path, assignment: dict[str, Any], base: str, line: Line, packed: Packed) -> bool:
    milestone = str(assignment["milestone"])
    archive = _zip(root, milestone, packed.files)
    data = archive.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    print(f"To be sent to {base}: {archive} (digest {digest[:12]}…). It stays there.", flush=True)
    try:
        return _exchange(base, milestone, archive, data, digest, line)
    except KeyboardInterrupt:
        line.end()
        print("Stopped. Run the same command again, and it goes on; what has arrived is graded all the same.")
        return False


def _exchange(base: str, milestone: str, archive: Path, data: bytes, digest: str, line: Line) -> bool:
    """Send what is packed, wait for its result and show it."""
    connection, me = _introduced(base, line)
    own = replies.standing(me.content, milestone)
    if own is None:
        raise Problem(f"{base} does not grade {milestone}.", "Is it the right address? Ask your instructor.")
    line.show("Sending …")
    sent = connection.post(
        f"/api/v1/milestones/{quote(milestone, safe='')}/hand-ins",
        data,
        {"Content-Type": "application/zip", "X-Digest": f"sha256={digest}"},
    )
    state = replies.State(
        replies.name_of(sent.content), replies.QUEUED, replies.receipt(sent.content, digest)
    )
    kept = save(archive, base, state)
    again = "The service has this already; it counts once" if sent.status == 200 else "It has arrived"
    line.show("Sent.")
    line.end()
    saved = f"; receipt in {kept}" if kept else "; the receipt could not be saved: copy this line"
    print(f"{again}: {state.receipt}{saved}", flush=True)
    state = _awaited(connection, state, digest, line)
    kept = save(archive, base, state) or kept
    below = f"Receipt: {state.receipt}" + (f"\nSaved in {kept}" if kept else "")
    if standing := str(own):
        below += (
            f"\nBefore this: {standing}" if sent.status != 200 else f"\n{standing[:1].upper()}{standing[1:]}"
        )
    if state.result is None:
        line.show("Could not be graded.")
        line.end()
        why = state.message or "Your instructor sees it in their list."
        # the service says so itself, in its own words
        said = (
            ""
            if "count as an attempt" in why
            else "We could not grade this; it does not count as an attempt. "
        )
        print(f"{said}{why}\n{below}")
        return False
    if left := state.result.not_in_gradebook:
        results = "This result is" if left == 1 else f"{left} results of yours are"
        below += f"\n{results} not yet in your course's gradebook; that takes care of itself."
    line.show(f"Done. {headline(state.result)}")
    line.end()
    show_result(state.result, below)
    return True


def _introduced(base: str, line: Line) -> tuple[Connection, Reply]:
    """Return a connection in the student's name, and what the service knows of them."""
    access = stored(base)
    new = access is None
    access = access or asked(base)
    while True:
        connection = _connection(access, line)
        try:
            return connection, connection.get("/api/v1/me")
        except Problem as problem:
            if problem.status != 401 or new or os.environ.get("NNDL_TOKEN"):
                raise
            line.end()
            print(problem)
            access, new = asked(base), True


def _connection(access: Access, line: Line) -> Connection:
    line.show("Connecting …")
    return Connection(access, line.show)


def _zip(root: Path, milestone: str, files: dict[str, bytes]) -> Path:
    """Write what is to be sent; the zip file of the last time is sent again while nothing has changed."""
    name = f"{milestone}-submitted"
    for place in (root.parent, root):
        path = place / f"{name}.zip"
        if path.is_file() and says_the_same(path, root, files):
            return path
    try:
        return write_zip(root, name, files)
    except OSError as error:
        raise Problem(f"The zip file cannot be written ({error}).", "Make room on this disk.") from error


def _awaited(connection: Connection, state: replies.State, digest: str, line: Line) -> replies.State:
    """Wait for the end, and tell what happens."""
    path = f"/api/v1/hand-ins/{quote(state.id, safe='')}"
    try:
        while True:
            before = time.monotonic()
            after = f"&after={quote(state.tag, safe='')}" if state.tag else ""
            new = replies.state(connection.get(f"{path}?wait={WAIT}{after}", WAIT).content, digest)
            if new.finished:
                return new
            line.show(said(new))
            if not new.tag or new.tag == state.tag:
                time.sleep(max(0.0, LEAST_PAUSE - (time.monotonic() - before)))
            state = new
    except Problem as problem:
        raise Problem(
            f"{problem} Your hand-in has arrived and will be graded ({state.receipt}).",
            "The same command shows the result.",
            problem.status,
        ) from problem


def said(state: replies.State) -> str:
    """Return where a hand-in is, in words."""
    if state.state == replies.QUEUED:
        number = f" as number {state.position}" if state.position is not None else ""
        when = f", result {_when(state)}" if state.estimate is not None else ""
        return f"Queued{number}{when} …"
    of = f" {state.check} of {state.checks}" if state.check is not None and state.checks is not None else ""
    name = f": {state.check_name}" if state.check_name else ""
    return f"Grading{f', check{of}' if of else ''}{name} …"


def _when(state: replies.State) -> str:
    """Return when a result comes: between two times, where these differ by much; of the next moments only that."""
    if max(state.between or [state.estimate or 0.0]) <= _SOON:
        return "in a few seconds"
    if state.between is not None:
        first, last = (in_words(max(0.0, one)) for one in state.between)
        count, _, unit = first.removeprefix("in ").partition(" ")
        until, _, other = last.removeprefix("in ").partition(" ")
        if state.between[1] > _WIDE * state.between[0] and first != last:
            return f"in {count}{'' if unit == other else ' ' + unit} to {until} {other}"
    return in_words(state.estimate or 0.0)


def _about_the_notebook(root: Path, assignment: dict[str, Any]) -> None:
    """Say which state of an open notebook is handed in: the saved one."""
    if "ipykernel" not in sys.modules:
        return
    if fetched := fetch_open_notebook(root, assignment):
        print(fetched)
        return
    for name in assignment["cells"]:
        path = root / name
        age = time.time() - path.stat().st_mtime if path.is_file() else 0.0
        if age > _STALE_AFTER:
            when = (
                datetime.fromtimestamp(path.stat().st_mtime, UTC).astimezone().strftime("%H:%M:%S on %d %B")
            )
            print(f"{name} is handed in as it was saved at {when}; what you wrote since then is not in it.")
