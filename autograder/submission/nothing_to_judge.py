"""Whether a report says anything about a student's work: not if Python cannot read it, or nothing is written yet."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from .submission import Submission

_UNWRITTEN = re.compile(r"(^|\. )Not written yet: ")
_NOT_THERE = re.compile(r"^\S+ was not handed in\b")
_UNREADABLE = re.compile(r"\b(SyntaxError|IndentationError|TabError)\b")
_SECONDS = 20.0
_PARSE = """
import ast, json, resource, sys
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
found = {}
for name, text in json.load(sys.stdin).items():
    try:
        ast.parse(text.encode("latin-1"))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        found[name] = [getattr(error, "lineno", None) or 1, getattr(error, "msg", None) or type(error).__name__]
json.dump(found, sys.stdout)
"""
"""Reads code and runs none of it; in a process of its own, for there is code on which the parser crashes."""


def may_say_nothing(report: Mapping[str, Any]) -> bool:
    """Return whether all checks failed because code could not be read, was not written, or a stored file is missing.

    Code can raise such errors by itself: `nothing_to_judge` looks at the files, and no message of such a report is
    shown, so that nobody learns anything from it without an attempt.
    """
    return bool(report["checks"]) and all(
        check["verdict"] == "failed"
        and not check["score"]
        and any(says.search(check["message"]) for says in (_UNWRITTEN, _UNREADABLE, _NOT_THERE))
        for check in report["checks"]
    )


def nothing_to_judge(report: Mapping[str, Any], submission: Submission) -> str:
    """Return why a hand-in could not be judged although its checks were run; empty if it was.

    Parameters
    ----------
    report : mapping
    submission : Submission
        What the report is about.
    """
    if not may_say_nothing(report) or submission.artifacts:
        return ""
    names = [file.path for file in submission.files if file.path.endswith(".py")]
    unreadable = not_python({name: submission.tree.read(name) or b"" for name in names})
    if unreadable:
        return "Python cannot read this: " + "; ".join(
            f"{name}, line {line} ({reason})" for name, (line, reason) in unreadable.items()
        )
    if any(_UNREADABLE.search(check["message"]) for check in report["checks"]):
        return ""
    return "nothing is written yet in the code that is graded"


def not_python(sources: Mapping[str, bytes]) -> dict[str, tuple[int, str]]:
    """Return of each file that Python cannot read the line, and the reason; nothing where that cannot be said."""
    given = json.dumps({name: data.decode("latin-1") for name, data in sources.items()})
    command = [sys.executable, "-I", "-S", "-c", _PARSE]
    try:
        said = subprocess.run(command, input=given, capture_output=True, text=True, timeout=_SECONDS)
        found = json.loads(said.stdout)
    except (subprocess.SubprocessError, OSError, ValueError):
        return {}
    return {name: (int(line), str(reason)[:200]) for name, (line, reason) in found.items()}
