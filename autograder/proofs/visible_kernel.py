"""A student's kernel, without a notebook: files of the package are edited, and the visible checks run again.

Run as a script with a copy of the package to be edited on the path. Standard input has, as JSON, the milestone, and for
each mistake its edited files and the checks to run (none: all that need no arguments), and whether changes are tried
out. The last line of the output has, for each mistake and check that does not pass, what it says, its trace, and what
that is a digest of.
"""

from __future__ import annotations

import contextlib
import importlib
import inspect
import io
import json
import sys
from pathlib import Path
from typing import Any


def main() -> None:
    """Play what standard input asks for."""
    milestone, mistakes, trials = json.load(sys.stdin)
    progress = importlib.import_module(f"nndl.checking.{milestone}").progress
    module = importlib.import_module("nndl.checking.shared.progress")
    if not trials:
        module.tried_out = lambda *_: []  # type: ignore[attr-defined]
    root = Path(str(module.__file__)).parents[2]
    alone = [name for name, check in progress.checks.items() if not _arguments(check.body)]
    found = {}
    for name, (files, wanted) in mistakes.items():
        right = {file: (root / file).read_text(encoding="utf-8") for file in files}
        for file, text in files.items():
            (root / file).write_text(text, encoding="utf-8")
        found[name] = {
            one: said for one in alone if one in (wanted or alone) and (said := _run(progress, module, one))
        }
        for file, text in right.items():
            (root / file).write_text(text, encoding="utf-8")
    print(json.dumps(found), file=sys.__stdout__)


def _arguments(body: Any) -> bool:
    """Return whether a check wants something from the notebook."""
    return any(p.default is p.empty for p in inspect.signature(body).parameters.values())


def _run(progress: Any, module: Any, name: str) -> dict[str, Any] | None:
    """Return what a check says and the trace of what is wrong; None if it passes without a word."""
    traces: list[Any] = []
    words = [""]
    look_up = module.known_mistake

    def listen(check: str, *rest: Any) -> list[str]:
        if check == name:
            findings = rest[-1]
            traces.append(None if findings.say_little() else findings.trace())
            words.append(findings.words())
        said: list[str] = look_up(check, *rest)
        return said

    module.known_mistake = listen
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            progress.run(name)
    except module.CheckFailed as failed:
        return {"says": failed.lines, "trace": traces[-1] if traces else None, "words": words[-1]}
    finally:
        module.known_mistake = look_up
    # a line, how far the student is, and what else there is to say
    return (
        {"says": printed.getvalue().splitlines(), "trace": None, "words": ""}
        if printed.getvalue().count("\n") > 2
        else None
    )


if __name__ == "__main__":
    main()
